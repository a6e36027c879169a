package train

import (
	"fmt"
	"time"

	"atelier/ml/fit"
)

// keepAccuracyApart explains Keras's training accuracy.
const keepAccuracyApart = "The training figures are means over the epoch, taken with dropout on while the network still learns; the validation figures come after it. That is why the training accuracy is often the lower one."

// verdict puts the gap between training and validation into words.
func verdict(history []fit.Epoch) string {
	n := len(history)
	switch {
	case n == 0:
		return "Too early to say: the first epoch is not done yet."
	case !history[n-1].Validated:
		return "Without validation pictures nobody can tell whether the network learns or only remembers."
	case n == 1:
		return fmt.Sprintf("Too early to say. After one epoch it gets %.1f %% of unseen pictures right.", 100*history[0].ValAccuracy)
	}
	best := 0
	for i, e := range history {
		if e.ValLoss < history[best].ValLoss {
			best = i
		}
	}
	last := history[n-1]
	// One worse epoch is noise; two in a row while the training loss still
	// falls is learning by heart.
	if n-1-best >= 2 && last.Loss < history[best].Loss {
		return fmt.Sprintf("Overfitting since epoch %d: the training loss still falls, but the loss on unseen pictures rises.", history[best].Epoch+1)
	}
	before := history[n-2]
	switch gain := last.ValLoss - before.ValLoss; {
	case n-1-best >= 2:
		return fmt.Sprintf("Not getting better since epoch %d. A smaller learning rate may help.", history[best].Epoch)
	case gain < -0.002*before.ValLoss:
		return "Learning: the loss on unseen pictures still falls. More epochs will help."
	case gain > 0:
		return "The last epoch was a little worse on unseen pictures. One epoch may be chance."
	default:
		return "Hardly improving: the loss on unseen pictures is almost flat."
	}
}

// inTime writes a duration as people say it.
func inTime(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	switch {
	case d < 0:
		return ""
	case s < 1:
		return "less than 1 s"
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min %02d s", s/60, s%60)
	}
	return fmt.Sprintf("%d h %02d min", s/3600, s/60%60)
}
