package train

// historyLimit bounds how many steps can be undone.
const historyLimit = 200

// history is a linear undo history of values. Values must not be changed after
// they are handed in: every step is a new value.
type history[T any] struct {
	now          T
	past, future []T
	tag          string
}

func newHistory[T any](first T) *history[T] { return &history[T]{now: first} }

// Now is the present value.
func (h *history[T]) Now() T { return h.now }

// Set makes v the present value. Consecutive sets with the same tag count as
// one step, so that typing "128" into a field is undone at once; an empty tag
// is always a step of its own.
func (h *history[T]) Set(v T, tag string) {
	if tag == "" || tag != h.tag || len(h.past) == 0 {
		h.past = append(h.past, h.now)
		if len(h.past) > historyLimit {
			h.past = h.past[1:]
		}
	}
	h.now, h.tag, h.future = v, tag, nil
}

// CanUndo and CanRedo say whether there is a step to take.
func (h *history[T]) CanUndo() bool { return len(h.past) > 0 }
func (h *history[T]) CanRedo() bool { return len(h.future) > 0 }

// Undo steps back and reports whether there was a step.
func (h *history[T]) Undo() bool {
	if !h.CanUndo() {
		return false
	}
	last := len(h.past) - 1
	h.future = append(h.future, h.now)
	h.now, h.past, h.tag = h.past[last], h.past[:last], ""
	return true
}

// Redo steps forward again and reports whether there was a step.
func (h *history[T]) Redo() bool {
	if !h.CanRedo() {
		return false
	}
	last := len(h.future) - 1
	h.past = append(h.past, h.now)
	h.now, h.future, h.tag = h.future[last], h.future[:last], ""
	return true
}
