package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"atelier/ml/dataset"
)

// Comparison is what Rival found: medians over the rounds, and how many times
// as fast we are.
type Comparison struct {
	Rounds       int     `json:"rounds"`
	Ours         Result  `json:"ours"`
	Rival        Result  `json:"rival"`
	Train        float64 `json:"train_ratio"`
	Evaluate     float64 `json:"evaluate_ratio"`
	PredictOne   float64 `json:"predict_one_ratio"`
	Ceiling      Ceiling `json:"ceiling"`
	CeilingShare float64 `json:"ceiling_share"` // Ours.TrainGFLOPS of Ceiling.Best
}

// Rival measures our program and another one alternately, so that both meet the
// same disturbances, the given number of times each.
//
// The other program is started as
//
//	PATH bench --seconds S --threads N [--network FILE.json]
//
// (with the network's description when it is not the article's), and must print
// a line of JSON with the keys of Result. report, which may be nil, is told of
// every measurement.
func Rival(ctx context.Context, data *dataset.Data, c Config, path string, rounds int, report func(who string, r Result)) (Comparison, error) {
	c = c.withDefaults()
	if rounds < 1 {
		return Comparison{}, fmt.Errorf("%d rounds measure nothing: choose 1 or more", rounds)
	}
	if report == nil {
		report = func(string, Result) {}
	}
	ceiling, err := products(ctx, c.Options, c.Time)
	if err != nil {
		return Comparison{}, err
	}
	rival, clean, err := newRival(c, path, ceiling.Threads)
	if err != nil {
		return Comparison{}, err
	}
	defer clean()
	var ours, theirs []Result
	for range rounds {
		r, err := Measure(ctx, data, c)
		if err != nil {
			return Comparison{}, err
		}
		report("ours", r)
		ours = append(ours, r)
		if r, err = rival(ctx); err != nil {
			return Comparison{}, err
		}
		report("rival", r)
		theirs = append(theirs, r)
	}
	a, b := medians(ours), medians(theirs)
	return Comparison{
		Rounds: rounds, Ours: a, Rival: b,
		Train:      a.TrainImagesPerSecond / b.TrainImagesPerSecond,
		Evaluate:   a.EvaluateImagesPerSecond / b.EvaluateImagesPerSecond,
		PredictOne: b.PredictOneMS / a.PredictOneMS,
		Ceiling:    ceiling, CeilingShare: a.TrainGFLOPS / ceiling.Best(),
	}, nil
}

// newRival returns a function that runs the other program once, and one that
// removes what that needed.
func newRival(c Config, path string, threads int) (run func(context.Context) (Result, error), clean func(), err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, nil, err
	}
	if _, err := os.Stat(path); err != nil {
		return nil, nil, fmt.Errorf("the rival program: %w", err)
	}
	args := []string{"bench", "--seconds", strconv.FormatFloat(c.Time.Seconds(), 'g', -1, 64), "--threads", strconv.Itoa(threads)}
	clean = func() {}
	if c.Network.Name != "article" {
		f, err := os.CreateTemp("", "atelier-network-*.json")
		if err != nil {
			return nil, nil, err
		}
		clean = func() { os.Remove(f.Name()) }
		if err := errors.Join(json.NewEncoder(f).Encode(c.Network), f.Close()); err != nil {
			clean()
			return nil, nil, err
		}
		args = append(args, "--network", f.Name())
	}
	return func(ctx context.Context) (Result, error) {
		var complaints bytes.Buffer
		cmd := exec.CommandContext(ctx, path, args...)
		cmd.Stderr = &complaints
		out, err := cmd.Output()
		if err != nil {
			return Result{}, fmt.Errorf("%s %s failed: %w: %s", path, strings.Join(args, " "), err, lastLine(complaints.String()))
		}
		return parseRival(bytes.NewReader(out), path)
	}, clean, nil
}

// parseRival finds the line with the figures.
func parseRival(out io.Reader, path string) (Result, error) {
	for s := bufio.NewScanner(out); s.Scan(); {
		var r Result
		if json.Unmarshal(s.Bytes(), &r) == nil && r.TrainImagesPerSecond > 0 && r.EvaluateImagesPerSecond > 0 && r.PredictOneMS > 0 {
			return r, nil
		}
	}
	return Result{}, fmt.Errorf("%s printed no line of JSON with train_images_per_second, evaluate_images_per_second and predict_one_ms", path)
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}

// medians takes the median of each figure on its own.
func medians(rs []Result) Result {
	of := func(figure func(Result) float64) float64 {
		values := make([]float64, len(rs))
		for i, r := range rs {
			values[i] = figure(r)
		}
		return middle(values)
	}
	m := rs[len(rs)-1]
	m.TrainImagesPerSecond = of(func(r Result) float64 { return r.TrainImagesPerSecond })
	m.EvaluateImagesPerSecond = of(func(r Result) float64 { return r.EvaluateImagesPerSecond })
	m.PredictOneMS = of(func(r Result) float64 { return r.PredictOneMS })
	m.TrainGFLOPS = of(func(r Result) float64 { return r.TrainGFLOPS })
	m.PeakRSSMB = of(func(r Result) float64 { return r.PeakRSSMB })
	return m
}
