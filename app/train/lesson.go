package train

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"slices"
	"strings"

	"atelier/app/widgets"
	"atelier/ml/dataset"
	"atelier/ml/engine"
	mlfigures "atelier/ml/figures"
	"atelier/ml/fit"
	"atelier/ml/metrics"
	"atelier/ml/modelfile"
	"atelier/ml/nn"
)

// lessonInput is what the steps of the lesson work on.
type lessonInput struct {
	Data  *dataset.Data
	Setup setup
	Live  liveView
	Model *modelfile.Model
}

// lessonResult is what a step shows: text in columns, a picture or a figure.
type lessonResult struct {
	Text    string
	Picture image.Image
	Figure  mlfigures.Figure
}

// lessonAction is a button of a step.
type lessonAction struct {
	Label string
	Do    func(*Tab)
}

// lessonStep is one step of the article, done on the real data.
type lessonStep struct {
	Title string
	About string
	// Keras are the lines of Python that the step stands for.
	Keras func(lessonInput) []string
	// Run does the step. It works off the window's thread.
	Run    func(context.Context, lessonInput) (lessonResult, error)
	Action *lessonAction
	// Follows keeps the result in line with the run under way.
	Follows bool
}

func lines(text ...string) func(lessonInput) []string {
	return func(lessonInput) []string { return text }
}

// lessonSteps walks through the article.
func lessonSteps() []lessonStep {
	return []lessonStep{
		{
			Title: "Read the data",
			About: "The pictures come as rows of a table: first the label, a number for each kind of clothes, then the 784 grey values of a picture of 28×28. This is the head of the training table.",
			Keras: lines(`train = pd.read_csv("fashion-mnist_train.csv")`, `test = pd.read_csv("fashion-mnist_test.csv")`, "train.head()"),
			Run:   headOfTable,
		},
		{
			Title: "Make arrays",
			About: "Tables become arrays of numbers: one for the pictures and one for the labels. Networks compute with arrays, not with tables.",
			Keras: lines(`X = np.array(train.iloc[:, 1:])`, `y = np.array(train.iloc[:, 0])`, "X.shape, y.shape"),
			Run: func(_ context.Context, in lessonInput) (lessonResult, error) {
				pixels := in.Data.Train.H * in.Data.Train.W
				return lessonResult{Text: fmt.Sprintf("X       (%d, %d)\ny       (%d,)\nX_test  (%d, %d)\ny_test  (%d,)",
					in.Data.Train.Len(), pixels, in.Data.Train.Len(), in.Data.Test.Len(), pixels, in.Data.Test.Len())}, nil
			},
		},
		{
			Title: "One-hot labels",
			About: "A label such as 9 is not nine times a label 1. So each becomes a row with a 1 in the place of its class and 0 elsewhere: what the network should answer if it were perfectly sure.",
			Keras: lines("y = to_categorical(y, num_classes=10)"),
			Run:   oneHotRows,
		},
		{
			Title: "Reshape",
			About: "A row of 784 numbers becomes a square again, with one channel, because a convolution looks at neighbours above and below too.",
			Keras: lines("X = X.reshape(-1, 28, 28, 1)"),
			Run: func(_ context.Context, in lessonInput) (lessonResult, error) {
				set := in.Data.Train
				return lessonResult{
					Text:    fmt.Sprintf("(%d, %d)  →  (%d, %d, %d, 1)", set.Len(), set.H*set.W, set.Len(), set.H, set.W),
					Picture: widgets.GrayImage(set.Image(0), set.W),
				}, nil
			},
		},
		{
			Title: "Normalise",
			About: "Grey values from 0 to 255 become numbers from 0 to 1. Small numbers of one size make training steady.",
			Keras: lines(`X = X.astype("float32") / 255`),
			Run:   normalised,
		},
		{
			Title: "Split",
			About: "A part of the training pictures is set aside. The network never learns from it, so it tells after each epoch how well it does on pictures it does not know.",
			Keras: func(in lessonInput) []string {
				return []string{fmt.Sprintf("X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=%g, random_state=%d)", in.Setup.Recipe.Validation, in.Setup.Recipe.Seed)}
			},
			Run: splitCounts,
		},
		{
			Title: "Build the network",
			About: "Layer after layer: convolutions find patterns, pooling makes the maps smaller, dropout keeps the network from learning by heart, dense layers decide.",
			Keras: func(in lessonInput) []string { return in.Setup.Network.KerasLines() },
			Run: func(_ context.Context, in lessonInput) (lessonResult, error) {
				return lessonResult{Text: in.Setup.Network.Summary(), Figure: mlfigures.Network{Network: in.Setup.Network}}, nil
			},
			Action: &lessonAction{"Set up the article's network and recipe", func(t *Tab) {
				in, classes := t.shape()
				t.edit.Replace(articleSetup(in, classes))
			}},
		},
		{
			Title: "Compile",
			About: "The network needs a measure of how wrong it is, the loss, and a rule that makes it less wrong, the optimizer.",
			Keras: func(in lessonInput) []string {
				return []string{fmt.Sprintf(`model.compile(loss="categorical_crossentropy", optimizer=%s, metrics=["accuracy"])`, kerasOptimizer(in.Setup.Recipe))}
			},
			Run: untrainedLoss,
		},
		{
			Title: "Fit",
			About: "Now it learns: batch after batch it guesses, measures how wrong it was, and changes every weight a little. When all training pictures have had their turn, an epoch is over.",
			Keras: func(in lessonInput) []string {
				r := in.Setup.Recipe
				return []string{fmt.Sprintf("history = model.fit(X_train, y_train, batch_size=%d, epochs=%d, validation_data=(X_val, y_val))", r.Batch, r.Epochs)}
			},
			Run: func(_ context.Context, in lessonInput) (lessonResult, error) {
				if in.Live.Phase == idle {
					return lessonResult{Text: "Nothing has been trained yet: press the button."}, nil
				}
				return lessonResult{Text: wholeLog(in.Live)}, nil
			},
			Action:  &lessonAction{"Train now", (*Tab).Train},
			Follows: true,
		},
		{
			Title: "Compare the curves",
			About: "Both curves should go the right way together. When the training still gets better while the validation gets worse, the network has begun to learn by heart. " + keepAccuracyApart,
			Keras: lines(`plt.plot(history.history["loss"])`, `plt.plot(history.history["val_loss"])`, `plt.legend(["Training", "Validation"])`),
			Run: func(_ context.Context, in lessonInput) (lessonResult, error) {
				if len(in.Live.Run.History) == 0 {
					return lessonResult{Text: "There is no finished epoch yet: train first (step Fit)."}, nil
				}
				return lessonResult{Text: verdict(in.Live.Run.History), Figure: lossFigure(in.Live, curveOptions{})}, nil
			},
		},
		{
			Title: "Evaluate",
			About: "The test pictures were in neither part. They give the figure that counts: how good the network is on clothes that nobody has shown it.",
			Keras: lines(`loss, accuracy = model.evaluate(X_test, y_test)`),
			Run:   testFigures,
		},
		{
			Title: "Predict",
			About: "For a single picture the network answers with ten probabilities. The largest is its choice.",
			Keras: lines("probabilities = model.predict(X_test[:1])", "np.argmax(probabilities)"),
			Run:   firstPrediction,
		},
	}
}

func headOfTable(_ context.Context, in lessonInput) (lessonResult, error) {
	set := in.Data.Train
	const rows, shown = 5, 3
	size := set.H * set.W
	var b strings.Builder
	fmt.Fprintf(&b, "%5s", "label")
	width := func(column int) int { return len(fmt.Sprintf("pixel%d", column+1)) }
	columns := make([]int, 0, 2*shown)
	for i := range shown {
		columns = append(columns, i)
	}
	for i := size - shown; i < size; i++ {
		columns = append(columns, i)
	}
	for i, c := range columns {
		if i == shown {
			b.WriteString("  …")
		}
		fmt.Fprintf(&b, " %*s", width(c), fmt.Sprintf("pixel%d", c+1))
	}
	for row := range min(rows, set.Len()) {
		fmt.Fprintf(&b, "\n%5d", set.Label(row))
		for i, c := range columns {
			if i == shown {
				b.WriteString("  …")
			}
			fmt.Fprintf(&b, " %*d", width(c), set.Image(row)[c])
		}
	}
	fmt.Fprintf(&b, "\n\n%d rows × %d columns", set.Len(), size+1)
	return lessonResult{Text: b.String(), Picture: strip(set, rows)}, nil
}

// strip draws the first pictures of a set side by side.
func strip(set *dataset.Set, count int) image.Image {
	count = min(count, set.Len())
	pictures := make([]*image.Gray, count)
	for i := range pictures {
		pictures[i] = &image.Gray{Pix: set.Image(i), Stride: set.W, Rect: image.Rect(0, 0, set.W, set.H)}
	}
	return widgets.Sheet(pictures, count)
}

func oneHotRows(_ context.Context, in lessonInput) (lessonResult, error) {
	var b strings.Builder
	for row := range min(5, in.Data.Train.Len()) {
		label := in.Data.Train.Label(row)
		fmt.Fprintf(&b, "%d  →  [", label)
		for c := range in.Data.Classes {
			fmt.Fprintf(&b, " %d", map[bool]int{true: 1}[c == label])
		}
		fmt.Fprintf(&b, " ]   %s\n", in.Data.Classes[label])
	}
	return lessonResult{Text: b.String()}, nil
}

func normalised(_ context.Context, in lessonInput) (lessonResult, error) {
	set := in.Data.Train
	low, high, sum := byte(255), byte(0), 0.0
	for _, v := range set.Images {
		low, high = min(low, v), max(high, v)
		sum += float64(v)
	}
	mean := sum / float64(max(1, len(set.Images)))
	values := make([]float32, set.H*set.W)
	dataset.Normalise(values, set.Image(0))
	middle := set.H / 2 * set.W
	var some strings.Builder // in lines that are not too long for large letters
	for i, v := range values[middle+5 : middle+15] {
		fmt.Fprintf(&some, "%.3f", v)
		some.WriteString(map[bool]string{true: "\n", false: "  "}[i%5 == 4])
	}
	return lessonResult{Text: fmt.Sprintf(
		"before  smallest %3d    largest %3d    mean %.1f\nafter   smallest %.1f    largest %.1f    mean %.4f\n\nfrom the middle of the first picture:\n%s",
		low, high, mean, float64(low)/255, float64(high)/255, mean/255, strings.TrimSpace(some.String()))}, nil
}

func splitCounts(_ context.Context, in lessonInput) (lessonResult, error) {
	r := in.Setup.Recipe
	train, val := dataset.Split(in.Data.Train, r.Validation, r.Stratified, r.Seed)
	counts := func(indices []int) []int {
		out := make([]int, len(in.Data.Classes))
		for _, i := range indices {
			out[in.Data.Train.Label(i)]++
		}
		return out
	}
	a, b := counts(train), counts(val)
	var text strings.Builder
	fmt.Fprintf(&text, "%-16s %8s %10s\n", "", "training", "validation")
	fmt.Fprintf(&text, "%-16s %8d %10d\n", "all", len(train), len(val))
	for c, name := range in.Data.Classes {
		fmt.Fprintf(&text, "%-16s %8d %10d\n", name, a[c], b[c])
	}
	return lessonResult{Text: text.String()}, nil
}

// kerasOptimizer is the Keras expression of a recipe's optimiser.
func kerasOptimizer(r fit.Recipe) string {
	o := r.Optimizer.WithDefaults()
	class := map[string]string{engine.SGD: "SGD", engine.RMSProp: "RMSprop", engine.Adam: "Adam", engine.AdamW: "AdamW"}[o.Name]
	text := fmt.Sprintf("%s(learning_rate=%g", class, r.LearningRate)
	if o.Momentum > 0 {
		text += fmt.Sprintf(", momentum=%g", o.Momentum)
	}
	if o.Nesterov {
		text += ", nesterov=True"
	}
	if r.Optimizer.WeightDecay > 0 {
		text += fmt.Sprintf(", weight_decay=%g", r.Optimizer.WeightDecay)
	}
	return text + ")"
}

// lessonPictures bounds how many pictures a step of the lesson judges before
// there is a trained model.
const lessonPictures = 1000

// untrainedLoss measures what the fresh network makes of some pictures: about
// what guessing gives.
func untrainedLoss(ctx context.Context, in lessonInput) (lessonResult, error) {
	weights, err := engine.NewWeights(in.Setup.Network, in.Setup.Recipe.Seed)
	if err != nil {
		return lessonResult{}, err
	}
	indices := make([]int, min(lessonPictures, in.Data.Test.Len()))
	for i := range indices {
		indices[i] = i
	}
	p, err := predictions(ctx, in.Setup.Network, weights, in.Data, indices)
	if err != nil {
		return lessonResult{}, err
	}
	return lessonResult{Text: fmt.Sprintf(
		"Before any training, on %d test pictures:\nloss      %.4f\naccuracy  %.1f %%    (guessing gives %.1f %%)",
		p.Len(), p.Loss(), 100*p.Accuracy(), 100/float64(len(in.Data.Classes)))}, nil
}

func predictions(ctx context.Context, n nn.Network, w engine.Weights, d *dataset.Data, indices []int) (metrics.Predictions, error) {
	predictor, err := engine.NewPredictor(n, w, engine.Options{Background: true})
	if err != nil {
		return metrics.Predictions{}, err
	}
	defer predictor.Close()
	probs, err := fit.Probabilities(ctx, predictor, d.Test, indices, len(d.Classes), nil)
	if err != nil {
		return metrics.Predictions{}, err
	}
	labels := make([]uint8, 0, len(indices))
	for _, i := range indices {
		labels = append(labels, d.Test.Labels[i])
	}
	return metrics.New(probs, labels, len(d.Classes))
}

// fits reports whether a model can judge the pictures of d.
func fits(m *modelfile.Model, d *dataset.Data) bool {
	return m != nil && slices.Equal(m.Classes, d.Classes) && m.Network.Input == dataShape(d)
}

const noModel = "There is no trained model for these pictures yet: train first (step Fit)."

func testFigures(ctx context.Context, in lessonInput) (lessonResult, error) {
	if !fits(in.Model, in.Data) {
		return lessonResult{Text: noModel}, nil
	}
	indices := make([]int, in.Data.Test.Len())
	for i := range indices {
		indices[i] = i
	}
	p, err := predictions(ctx, in.Model.Network, in.Model.Weights, in.Data, indices)
	if err != nil {
		return lessonResult{}, err
	}
	interval := metrics.Wilson(p.Correct(), p.Len())
	return lessonResult{Text: fmt.Sprintf("loss      %.4f\naccuracy  %.4f    %d of %d\n\nThe true accuracy lies between %.2f and %.2f %% (95 %%).",
		p.Loss(), p.Accuracy(), p.Correct(), p.Len(), 100*interval.Low, 100*interval.High)}, nil
}

func firstPrediction(ctx context.Context, in lessonInput) (lessonResult, error) {
	if !fits(in.Model, in.Data) {
		return lessonResult{Text: noModel}, nil
	}
	p, err := predictions(ctx, in.Model.Network, in.Model.Weights, in.Data, []int{0})
	if err != nil {
		return lessonResult{}, err
	}
	row := p.Row(0)
	order := make([]int, len(row))
	for c := range order {
		order[c] = c
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(row[b], row[a]) })
	var text strings.Builder
	for _, c := range order {
		fmt.Fprintf(&text, "%-14s %6.2f %%  %s\n", in.Data.Classes[c], 100*row[c], strings.Repeat("█", int(row[c]*30+0.5)))
	}
	fmt.Fprintf(&text, "\nanswer: %s, truth: %s", in.Data.Classes[p.Predicted(0)], in.Data.Classes[in.Data.Test.Label(0)])
	return lessonResult{Text: text.String(), Picture: widgets.GrayImage(in.Data.Test.Image(0), in.Data.Test.W)}, nil
}
