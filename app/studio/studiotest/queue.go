// Package studiotest helps to test what is built on a studio.
package studiotest

import (
	"sync"
	"testing"
	"time"
)

// patience is how long Until waits before the test fails.
const patience = 60 * time.Second

// Queue stands for the window's thread: what jobs post to it runs on the
// test's goroutine, when the test says so. Pass Post as Config.Dispatch.
type Queue struct {
	mu    sync.Mutex
	posts []func()
}

// Post takes a function from any goroutine.
func (q *Queue) Post(f func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.posts = append(q.posts, f)
}

// Run runs what was posted, and what that posts.
func (q *Queue) Run() {
	for {
		q.mu.Lock()
		if len(q.posts) == 0 {
			q.mu.Unlock()
			return
		}
		f := q.posts[0]
		q.posts = q.posts[1:]
		q.mu.Unlock()
		f()
	}
}

// Until runs what is posted until done says so.
func (q *Queue) Until(t testing.TB, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		q.Run()
		if done() {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited %v for %s", patience, what)
		}
	}
}
