package studio_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"atelier/app/settings"
	"atelier/app/studio"
	"atelier/assets"
	"atelier/ml/dataset"
	"atelier/ml/dataset/download"
	"atelier/ml/engine"
	"atelier/ml/modelfile"
	"atelier/ml/nn"
)

func sample(t *testing.T) *dataset.Data {
	t.Helper()
	d, err := dataset.Sample()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// model returns an untrained model for some classes.
func model(t *testing.T, classes ...string) *studio.Model {
	t.Helper()
	net := nn.Network{Name: "small", Input: nn.Shape{H: 28, W: 28, C: 1}, Layers: nn.Layers{nn.Flatten{}, nn.Dense{Units: len(classes), Activation: nn.Softmax}}}
	w, err := engine.NewWeights(net, 1)
	if err != nil {
		t.Fatal(err)
	}
	return &studio.Model{Model: &modelfile.Model{Network: net, Weights: w, Classes: classes}, Name: "test"}
}

// record returns the changes that s announces.
func record(s *studio.Studio) func() []studio.Change {
	var mu sync.Mutex
	var seen []studio.Change
	s.Subscribe(func(c studio.Change) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, c)
	})
	return func() []studio.Change {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(seen)
	}
}

func TestAnotherDatasetNeverKeepsAStaleModel(t *testing.T) {
	s := studio.New(studio.Config{Folder: t.TempDir()})
	fashion := sample(t)
	bundled, own := model(t, fashion.Classes...), model(t, fashion.Classes...)
	s.SetBuiltin(bundled)
	s.SetData(fashion)
	if s.Model() != bundled {
		t.Fatal("the built-in model does not serve the data that it fits")
	}
	s.SetModel(own)
	if err := s.ModelFits(); err != nil {
		t.Fatal(err)
	}

	other := *fashion
	other.Name, other.Classes = "Cups", []string{"cup", "mug"}
	seen := record(s)
	s.SetData(&other)
	if s.Model() != nil {
		t.Error("a model for ten garments is still current for cups and mugs")
	}
	if want := []studio.Change{studio.DataChanged, studio.ModelChanged}; !slices.Equal(seen(), want) {
		t.Errorf("announced %v, want %v", seen(), want)
	}
	if err := s.ModelFits(); err == nil || !strings.Contains(err.Error(), "Train") {
		t.Errorf("error %v does not say what to do", err)
	}
	s.SetModel(nil)
	if s.Model() != nil {
		t.Error("the built-in model was taken for classes that it does not know")
	}
	s.SetData(fashion)
	s.SetModel(nil)
	if s.Model() != bundled {
		t.Error("the built-in model did not come back with its data")
	}
}

func TestAJobReplacesItsPredecessor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := studio.New(studio.Config{Folder: t.TempDir()})
		var order []string
		first := s.Go("load", "First", func(ctx context.Context, progress func(int64, int64)) error {
			<-ctx.Done()
			time.Sleep(time.Second) // it takes its time to end
			order = append(order, "first ended")
			return ctx.Err()
		})
		synctest.Wait()
		second := s.Go("load", "Second", func(ctx context.Context, progress func(int64, int64)) error {
			order = append(order, "second ran")
			progress(1, 2)
			return nil
		})
		<-second.Done()
		if !slices.Equal(order, []string{"first ended", "second ran"}) {
			t.Errorf("order %v", order)
		}
		if !errors.Is(first.Err(), context.Canceled) {
			t.Errorf("the first ended with %v", first.Err())
		}
		if n := len(s.Jobs()); n != 0 {
			t.Errorf("%d jobs are left", n)
		}
	})
}

func TestAFailingJobIsReportedOnceAndNeverTakesTheProgramDown(t *testing.T) {
	s := studio.New(studio.Config{Folder: t.TempDir()})
	var mu sync.Mutex
	var problems []studio.Problem
	s.OnProblem(func(p studio.Problem) {
		mu.Lock()
		defer mu.Unlock()
		problems = append(problems, p)
	})
	j := s.Go("a", "Counting", func(context.Context, func(int64, int64)) error { panic("off by one") })
	<-j.Done()
	if err := j.Err(); err == nil || !strings.Contains(err.Error(), "off by one") {
		t.Errorf("the panic became %v", err)
	}
	cancelled := s.Go("b", "Waiting", func(ctx context.Context, _ func(int64, int64)) error { <-ctx.Done(); return ctx.Err() })
	cancelled.Cancel()
	<-cancelled.Done()
	deadline := time.Now().Add(10 * time.Second)
	for time.Now().Before(deadline) {
		mu.Lock()
		n := len(problems)
		mu.Unlock()
		if n > 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(problems) != 1 || problems[0].Doing != "Counting" {
		t.Errorf("reported %v, want the panic alone", problems)
	}
}

func TestClosingFinishesGuardedWork(t *testing.T) {
	s := studio.New(studio.Config{Folder: t.TempDir()})
	running, saved := true, false
	s.AddGuard(studio.Guard{
		Active: func() (string, bool) { return "Training stops and is saved.", running },
		Finish: func(context.Context) (string, error) { running, saved = false, true; return "saved", nil },
	})
	job := s.Go("x", "Waiting", func(ctx context.Context, _ func(int64, int64)) error { <-ctx.Done(); return ctx.Err() })
	if got := s.Unfinished(); !slices.Equal(got, []string{"Training stops and is saved."}) {
		t.Errorf("unfinished: %v", got)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case <-job.Done():
	default:
		t.Error("a job outlived the studio")
	}
	if !saved || len(s.Unfinished()) != 0 {
		t.Error("the run was not saved")
	}
}

func TestALiveViewShowsTheLatestAtItsPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := studio.New(studio.Config{Folder: t.TempDir()})
		var mu sync.Mutex
		var shown []int
		live := studio.NewLive(s, func(v int) {
			mu.Lock()
			defer mu.Unlock()
			shown = append(shown, v)
		})
		for v := range 1000 {
			live.Put(v)
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if n := len(shown); n < 9 || n > 12 {
			t.Errorf("%d of 1000 values in a second were shown, want about 10", n)
		}
		if last := shown[len(shown)-1]; last != 999 {
			t.Errorf("the last value shown is %d, want 999", last)
		}
		live.Stop()
		live.Put(7)
		time.Sleep(time.Second)
		if shown[len(shown)-1] == 7 {
			t.Error("a stopped view was drawn")
		}
	})
}

func TestRequestsReachTheTabThatAnswers(t *testing.T) {
	s := studio.New(studio.Config{Folder: t.TempDir()})
	if s.Send(studio.ShowSamples{}) || studio.Handles[studio.ShowSamples](s) {
		t.Error("a request was answered by nobody")
	}
	var front studio.Place
	var got studio.ShowSamples
	s.OnShow(func(p studio.Place) { front = p })
	studio.Handle(s, studio.Browse, func(r studio.ShowSamples) { got = r })
	if !s.Send(studio.ShowSamples{Title: "Shirts", Indices: []int{3}}) || front != studio.Browse || got.Title != "Shirts" {
		t.Errorf("front %q, got %+v", front, got)
	}
}

func TestFilesAreSortedByWhatTheyHold(t *testing.T) {
	dir := t.TempDir()
	write := func(path string) string {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	csv, idx := write("fashion-mnist_train.csv"), write("data/train-images-idx3-ubyte.gz")
	photo, note, net := write("photos/shirt.JPG"), write("note.txt"), write("best.SafeTensors")
	write("own/cups/1.png")
	write("own/mugs/1.png")
	f := studio.SortFiles([]string{csv, filepath.Dir(idx), photo, filepath.Dir(photo), note, net, filepath.Join(dir, "own"), filepath.Join(dir, "gone.png")})
	if want := []string{csv, filepath.Dir(idx), filepath.Join(dir, "own")}; !slices.Equal(f.Datasets, want) {
		t.Errorf("datasets %q, want %q", f.Datasets, want)
	}
	if want := []string{net}; !slices.Equal(f.Models, want) {
		t.Errorf("models %q, want %q", f.Models, want)
	}
	if want := []string{photo, filepath.Dir(photo), note, filepath.Join(dir, "gone.png")}; !slices.Equal(f.Pictures, want) {
		t.Errorf("pictures %q, want %q", f.Pictures, want)
	}
}

func TestOpeningADatasetRemembersItAndKeepsTheOldOneOnFailure(t *testing.T) {
	store := settings.New()
	s := studio.New(studio.Config{Folder: t.TempDir(), Settings: store})
	old := sample(t)
	s.SetData(old)

	bad := filepath.Join(t.TempDir(), "fashion-mnist_train.csv")
	if err := os.WriteFile(bad, []byte("a,b\n1,2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	j := s.OpenData(bad)
	<-j.Done()
	if j.Err() == nil || s.Data() != old || len(s.Recent()) != 0 {
		t.Errorf("a bad file: error %v, recent %v", j.Err(), s.Recent())
	}

	good := filepath.Join(t.TempDir(), "mine")
	if err := os.Mkdir(good, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, set := range map[string]*dataset.Set{"fashion-mnist_train.csv": old.Train, "fashion-mnist_test.csv": old.Test} {
		f, err := os.Create(filepath.Join(good, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := dataset.WriteCSV(f, set); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	j = s.OpenData(good)
	<-j.Done()
	if j.Err() != nil {
		t.Fatal(j.Err())
	}
	if s.Data().Train.Len() != old.Train.Len() || !slices.Equal(s.Recent(), []string{good}) {
		t.Errorf("%d pictures, recent %v", s.Data().Train.Len(), s.Recent())
	}

	again := studio.New(studio.Config{Folder: t.TempDir(), Settings: store})
	<-again.StartData("").Done()
	if d := again.Data(); d == nil || d.Source.Dir != good {
		t.Errorf("the next start did not open %s", good)
	}
}

// The page of Browse without a dataset tells what went wrong and offers a way
// out; a dialog over it would say the same again.
func TestAFailureThatLeavesNoDatasetIsKeptForBrowse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := studio.New(studio.Config{Folder: t.TempDir()})
		var problems []studio.Problem
		s.OnProblem(func(p studio.Problem) { problems = append(problems, p) })
		var shown []studio.Place
		s.OnShow(func(p studio.Place) { shown = append(shown, p) })

		gone := filepath.Join(t.TempDir(), "gone")
		j := s.StartData(gone)
		<-j.Done()
		synctest.Wait()
		if j.Err() == nil || s.DataProblem() == nil || s.DataProblem().Path != gone || !strings.Contains(s.DataProblem().Err.Error(), gone) {
			t.Fatalf("error %v, kept %v", j.Err(), s.DataProblem())
		}
		if len(problems) != 0 || !slices.Equal(shown, []studio.Place{studio.Browse}) {
			t.Errorf("problems %v, shown %v: want Browse alone", problems, shown)
		}

		<-s.OpenSample().Done()
		if d := s.Data(); d == nil || !d.Source.Sample || s.DataProblem() != nil {
			t.Fatalf("data %v, kept %v after opening the sample", d, s.DataProblem())
		}
		<-s.OpenData(gone).Done()
		synctest.Wait()
		if len(problems) != 1 || s.DataProblem() != nil {
			t.Errorf("problems %v, kept %v: with a dataset open the failure belongs in a dialog", problems, s.DataProblem())
		}
	})
}

func TestTheErrorNamesTheVariableThatIsWrong(t *testing.T) {
	t.Setenv(dataset.EnvVar, filepath.Join(t.TempDir(), "gone"))
	s := studio.New(studio.Config{Folder: t.TempDir()})
	<-s.StartData("").Done()
	if p := s.DataProblem(); p == nil || !strings.Contains(p.Err.Error(), dataset.EnvVar) {
		t.Errorf("kept %v, want an error that names %s", p, dataset.EnvVar)
	}
}

// A dataset that was open last and has been damaged since must not be tried at
// every start once the user has chosen the sample instead.
func TestTheSampleIsChosenForTheNextStartToo(t *testing.T) {
	store := settings.New()
	bad := filepath.Join(t.TempDir(), "fashion-mnist_train.csv")
	if err := os.WriteFile(bad, []byte("a,b\n1,2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	store.SetString("studio.data", bad)
	s := studio.New(studio.Config{Folder: t.TempDir(), Settings: store})
	<-s.StartData("").Done()
	if s.DataProblem() == nil {
		t.Fatal("a damaged dataset was opened")
	}
	<-s.OpenSample().Done()
	again := studio.New(studio.Config{Folder: t.TempDir(), Settings: store})
	<-again.StartData("").Done()
	if again.Data() == nil {
		t.Errorf("the next start has no dataset: %v", again.DataProblem())
	}
}

// serveSample is a remote that holds the files of the built-in sample.
func serveSample(t *testing.T) download.Remote {
	t.Helper()
	files, err := fs.Sub(assets.Sample, "sample")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.FileServerFS(files))
	t.Cleanup(server.Close)
	r := download.Remote{Base: server.URL + "/", Client: server.Client()}
	for _, f := range dataset.PublishedFiles {
		packed, err := fs.ReadFile(files, f.Name)
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		r.Files = append(r.Files, dataset.PublishedFile{
			Name: f.Name, Size: int64(len(packed)),
			MD5: fmt.Sprintf("%x", md5.Sum(packed)), SHA256: fmt.Sprintf("%x", sha256.Sum256(content)),
		})
	}
	return r
}

func TestDownloadsLieWhereTheyAreLookedFor(t *testing.T) {
	if dir := studio.New(studio.Config{}).DataDir(); dir != dataset.UserDir() {
		t.Errorf("downloads go to %s, but %s is looked into", dir, dataset.UserDir())
	}
}

func TestADownloadIsOpenedWhateverElseIsNamed(t *testing.T) {
	t.Setenv(dataset.EnvVar, filepath.Join(t.TempDir(), "gone"))
	s := studio.New(studio.Config{Folder: t.TempDir(), Remote: serveSample(t)})
	j := s.Download()
	<-j.Done()
	if j.Err() != nil {
		t.Fatal(j.Err())
	}
	for _, opening := range s.Jobs() {
		<-opening.Done()
	}
	if d := s.Data(); d == nil || d.Source.Dir != s.DataDir() {
		t.Errorf("data %v, problem %v", d, s.DataProblem())
	}
}

// offline is a connection that comes up after the first request.
type offline struct {
	http.RoundTripper
	asked atomic.Bool
}

func (o *offline) RoundTrip(r *http.Request) (*http.Response, error) {
	if !o.asked.Swap(true) {
		return nil, errors.New("no route to host")
	}
	return o.RoundTripper.RoundTrip(r)
}

func TestADownloadTellsWhyItTriesAgain(t *testing.T) {
	r := serveSample(t)
	r.Client.Transport = &offline{RoundTripper: r.Client.Transport}
	r.Pause = time.Millisecond
	s := studio.New(studio.Config{Folder: t.TempDir(), Remote: r})
	var mu sync.Mutex
	var notices []string
	s.OnNotice(func(text string) {
		mu.Lock()
		defer mu.Unlock()
		notices = append(notices, text)
	})
	j := s.Download()
	<-j.Done()
	if j.Err() != nil {
		t.Fatal(j.Err())
	}
	mu.Lock()
	defer mu.Unlock()
	if len(notices) == 0 || !strings.Contains(notices[0], "no route to host") {
		t.Errorf("notices %q: want the reason of the second try first", notices)
	}
}

func TestAFolderOfPicturesIsConvertedOnce(t *testing.T) {
	pictures := t.TempDir()
	old := sample(t)
	for i := range 20 {
		class := filepath.Join(pictures, []string{"cups", "mugs"}[i%2])
		if err := os.MkdirAll(class, 0o755); err != nil {
			t.Fatal(err)
		}
		img := &image.Gray{Pix: old.Train.Image(i), Stride: 28, Rect: image.Rect(0, 0, 28, 28)}
		f, err := os.Create(filepath.Join(class, fmt.Sprintf("%d.png", i)))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(png.Encode(f, img), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	s := studio.New(studio.Config{Folder: t.TempDir()})
	open := func() *dataset.Data {
		t.Helper()
		j := s.OpenData(pictures)
		<-j.Done()
		if j.Err() != nil {
			t.Fatal(j.Err())
		}
		return s.Data()
	}
	first := open()
	kept, err := filepath.Glob(filepath.Join(s.Folder(), "cache", "*"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept %v, %v: want one file of converted pictures", kept, err)
	}
	if second := open(); second == first || !slices.Equal(second.Train.Images, first.Train.Images) {
		t.Error("the second opening did not give the same pictures anew")
	}
}
