//go:build slow

package engine_test

import "testing"

// TestTrajectoryOfPyTorchPortable is TestTrajectoryOfPyTorch, all 20 steps, on
// the kernel that is too slow for it.
func TestTrajectoryOfPyTorchPortable(t *testing.T) { compareTrajectories(t, "portable", 20) }
