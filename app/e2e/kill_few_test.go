//go:build e2e && !slow

package e2e

// kills is how often TestKill kills the program: a few in each run of the
// tests, more with the tag slow.
const kills = 4
