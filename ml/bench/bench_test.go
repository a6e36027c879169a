package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"atelier/ml/bench"
	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/nn"
)

func sample(t *testing.T) *dataset.Data {
	t.Helper()
	data, err := dataset.Sample()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func quick() bench.Config {
	return bench.Config{
		Network: nn.Network{Name: "tiny", Input: nn.Shape{H: 28, W: 28, C: 1}, Layers: nn.Layers{
			nn.Conv2D{Filters: 2, Kernel: 3, Stride: 4}, nn.Flatten{}, nn.Dense{Units: 10, Activation: nn.Softmax},
		}},
		Batch:   8,
		Time:    time.Millisecond,
		Options: engine.Options{Threads: 2},
	}
}

func TestMeasureFillsTheContractsKeys(t *testing.T) {
	r, err := bench.Measure(context.Background(), sample(t), quick())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"train_images_per_second", "evaluate_images_per_second", "predict_one_ms", "threads"} {
		if v, ok := m[key].(float64); !ok || v <= 0 {
			t.Errorf("%s is %v, want a positive number", key, m[key])
		}
	}
	if _, ok := m["peak_rss_mb"]; !ok {
		t.Error("peak_rss_mb is missing")
	}
	if m["kernel"] == "" || r.Threads != 2 {
		t.Errorf("kernel %v with %d threads", m["kernel"], r.Threads)
	}
}

func TestMeasureRefusesANetworkForOtherPictures(t *testing.T) {
	c := quick()
	c.Network.Input = nn.Shape{H: 32, W: 32, C: 1}
	if _, err := bench.Measure(context.Background(), sample(t), c); err == nil || !strings.Contains(err.Error(), "28×28×1") {
		t.Fatalf("the error should name the dataset's shape, and is %v", err)
	}
}

func TestMeasureStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := bench.Measure(ctx, sample(t), quick()); err == nil {
		t.Fatal("a cancelled measurement should fail")
	}
}

func TestSweepMeasuresEachValueOnce(t *testing.T) {
	for d, want := range map[bench.Dimension]string{
		bench.Threads: "1,2", bench.Width: "×1,×2,×4", bench.Images: "6000",
		bench.Augment: "none,shift and flip,rotation and scale,erasing,mixup,redraw,wobble,thickness,tone,background,outlier",
	} {
		var rows []bench.Row
		var values []string
		err := bench.Sweep(context.Background(), sample(t), quick(), d, func(r bench.Row) {
			rows = append(rows, r)
			values = append(values, r.Value)
			if first := rows[0]; r.Relative != r.MicrosecondsPerImage/first.MicrosecondsPerImage {
				t.Errorf("%s %s takes %v times as long as %s, but says %v", d, r.Value, r.MicrosecondsPerImage/first.MicrosecondsPerImage, first.Value, r.Relative)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(values, ","); got != want {
			t.Errorf("%s: measured %s, want %s", d, got, want)
		}
		var table bytes.Buffer
		if err := bench.WriteTable(&table, rows); err != nil {
			t.Fatal(err)
		}
		if lines := strings.Count(table.String(), "\n"); lines != len(rows)+1 {
			t.Errorf("%s: a table of %d lines for %d rows", d, lines, len(rows))
		}
	}
	if err := bench.Sweep(context.Background(), sample(t), quick(), "depth", func(bench.Row) {}); err == nil {
		t.Error("an unknown dimension should be refused")
	}
}

func TestSgemm(t *testing.T) {
	if testing.Short() {
		t.Skip("several products of large matrices")
	}
	c, err := bench.Sgemm(context.Background(), engine.Options{}, time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if c.GFLOPS <= 0 || c.Best() < c.GFLOPS || c.MemoryGBS <= 0 || c.Threads < 1 {
		t.Errorf("%+v", c)
	}
}

// TestRival compares with a script that claims fixed figures.
func TestRival(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in for a rival is a shell script")
	}
	script := func(text string) string {
		path := filepath.Join(t.TempDir(), "rival")
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o700); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var told []string
	c, err := bench.Rival(context.Background(), sample(t), quick(), script(
		`echo starting; echo '{"train_images_per_second": 2, "evaluate_images_per_second": 4, "predict_one_ms": 1000}'`,
	), 2, func(who string, r bench.Result) { told = append(told, who) })
	if err != nil {
		t.Fatal(err)
	}
	if c.Train != c.Ours.TrainImagesPerSecond/2 || c.Evaluate != c.Ours.EvaluateImagesPerSecond/4 || c.PredictOne != 1000/c.Ours.PredictOneMS {
		t.Errorf("the ratios do not follow from the figures: %+v", c)
	}
	if got := strings.Join(told, " "); got != "ours rival ours rival" {
		t.Errorf("measured in the order %s", got)
	}
	for text, want := range map[string]string{
		"echo broken >&2; exit 3": "broken",
		"echo '{}'":               "train_images_per_second",
	} {
		if _, err := bench.Rival(context.Background(), sample(t), quick(), script(text), 1, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error of %q should contain %q, and is %v", text, want, err)
		}
	}
	if _, err := bench.Rival(context.Background(), sample(t), quick(), filepath.Join(t.TempDir(), "none"), 1, nil); err == nil {
		t.Error("a rival that does not exist should be refused")
	}
}
