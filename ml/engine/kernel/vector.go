//go:build cgo && (amd64 || arm64)

package kernel

/*
#cgo CFLAGS: -O3
#include "vector.h"

#cgo noescape call_pack
#cgo nocallback call_pack
#cgo noescape call_pack_winograd
#cgo nocallback call_pack_winograd
#cgo noescape call_gemm
#cgo nocallback call_gemm
#cgo noescape call_gemm_transpose
#cgo nocallback call_gemm_transpose
#cgo noescape call_conv_forward
#cgo nocallback call_conv_forward
#cgo noescape call_conv_backward
#cgo nocallback call_conv_backward
#cgo noescape call_depthwise_forward
#cgo nocallback call_depthwise_forward
#cgo noescape call_depthwise_backward
#cgo nocallback call_depthwise_backward
#cgo noescape call_norm_moments
#cgo nocallback call_norm_moments
#cgo noescape call_norm_apply
#cgo nocallback call_norm_apply
#cgo noescape call_norm_sums
#cgo nocallback call_norm_sums
#cgo noescape call_norm_grad
#cgo nocallback call_norm_grad
#cgo noescape call_max_pool_forward
#cgo nocallback call_max_pool_forward
#cgo noescape call_max_pool_backward
#cgo nocallback call_max_pool_backward
#cgo noescape call_average_pool_forward
#cgo nocallback call_average_pool_forward
#cgo noescape call_average_pool_backward
#cgo nocallback call_average_pool_backward
#cgo noescape call_activate
#cgo nocallback call_activate
#cgo noescape call_activate_grad
#cgo nocallback call_activate_grad
#cgo noescape call_add
#cgo nocallback call_add
#cgo noescape call_dropout
#cgo nocallback call_dropout
#cgo noescape call_gradient
#cgo nocallback call_gradient
#cgo noescape call_sum_parts
#cgo nocallback call_sum_parts
#cgo noescape call_sgd
#cgo nocallback call_sgd
#cgo noescape call_rmsprop
#cgo nocallback call_rmsprop
#cgo noescape call_adam
#cgo nocallback call_adam
*/
import "C"

import "unsafe"

// vector is the arithmetic in C: one table of functions a target. A call does
// a whole chunk, so that what it costs to enter C does not matter.
type vector struct {
	title string
	lanes int
	table *C.kernel_table
}

// The structs below have the same layout on both sides.
var (
	_ = [1]struct{}{}[unsafe.Sizeof(convPlan{})-unsafe.Sizeof(C.conv_plan{})]
	_ = [1]struct{}{}[unsafe.Sizeof(window{})-unsafe.Sizeof(C.window{})]
	_ = [1]struct{}{}[unsafe.Sizeof(epilogue{})-unsafe.Sizeof(C.epilogue{})]
	_ = [1]struct{}{}[unsafe.Sizeof(sgdStep{})-unsafe.Sizeof(C.sgd_step{})]
	_ = [1]struct{}{}[unsafe.Sizeof(rmsPropStep{})-unsafe.Sizeof(C.rmsprop_step{})]
	_ = [1]struct{}{}[unsafe.Sizeof(adamStep{})-unsafe.Sizeof(C.adam_step{})]
)

// What C takes for what Go has: a slice is the address of its first element,
// nil for a nil one.
func cFloats(s []float32) *C.float      { return (*C.float)(unsafe.SliceData(s)) }
func cBytes(s []uint8) *C.uint8_t       { return (*C.uint8_t)(unsafe.SliceData(s)) }
func cInt(n int) C.ptrdiff_t            { return C.ptrdiff_t(n) }
func cPlan(p *convPlan) *C.conv_plan    { return (*C.conv_plan)(unsafe.Pointer(p)) }
func cWindow(g *window) *C.window       { return (*C.window)(unsafe.Pointer(g)) }
func cEpilogue(e *epilogue) *C.epilogue { return (*C.epilogue)(unsafe.Pointer(e)) }
func cMask(m *mask) *C.dropout_mask     { return (*C.dropout_mask)(unsafe.Pointer(m)) }

func (v vector) name() string { return v.title }

func (v vector) packed(k, n int) int { return k * ceilDiv(n, v.lanes) * v.lanes }

func (v vector) pack(dst []float32, k, k0, rows, n int, src []float32, rowStep, columnStep int) {
	C.call_pack(v.table, cFloats(dst), cInt(k), cInt(k0), cInt(rows), cInt(n), cFloats(src), cInt(rowStep), cInt(columnStep))
}

func (v vector) packWinograd(side, taps int, dst []float32, k, k0, rows, n int, src []float32, tap0, tapStep, rowStep, columnStep int) {
	C.call_pack_winograd(v.table, cInt(side), cInt(taps), cFloats(dst), cInt(k), cInt(k0), cInt(rows), cInt(n), cFloats(src[tap0:]), cInt(tapStep), cInt(rowStep), cInt(columnStep))
}

func (v vector) gemm(m, n, k int, a []float32, lda int, packed []float32, _, column0 int, e *epilogue, bias, c []float32, ldc, first int) {
	C.call_gemm(v.table, cInt(m), cInt(n), cInt(k), cFloats(a), cInt(lda), cFloats(packed[column0*k:]), cEpilogue(e), cFloats(bias), cFloats(c), cInt(ldc), cInt(first))
}

func (v vector) gemmTranspose(m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int) {
	C.call_gemm_transpose(v.table, cInt(m), cInt(n), cInt(k), cFloats(a), cInt(lda), cFloats(b), cInt(ldb), cFloats(c), cInt(ldc))
}

func (v vector) convForward(p *convPlan, n int, x, before, packed, bias, plus, y []float32, arg []uint8, scratch []float32, e *epilogue, first int) {
	C.call_conv_forward(v.table, cPlan(p), cInt(n), cFloats(x), cFloats(before), cFloats(packed), cFloats(bias), cFloats(plus), cFloats(y), cBytes(arg), cFloats(scratch), cEpilogue(e), cInt(first))
}

func (v vector) convBackward(p *convPlan, n int, x, before, y, behind []float32, arg []uint8, dy, dx, packed, dw, db []float32, scratch []float32, e *epilogue, first int) {
	C.call_conv_backward(v.table, cPlan(p), cInt(n), cFloats(x), cFloats(before), cFloats(y), cFloats(behind), cBytes(arg), cFloats(dy), cFloats(dx), cFloats(packed), cFloats(dw), cFloats(db), cFloats(scratch), cEpilogue(e), cInt(first))
}

func (v vector) depthwiseForward(g *window, act Activation, n int, x, w, bias, y []float32) {
	C.call_depthwise_forward(v.table, cWindow(g), cInt(int(act)), cInt(n), cFloats(x), cFloats(w), cFloats(bias), cFloats(y))
}

func (v vector) depthwiseBackward(g *window, act Activation, n int, x, w, y, dy, dx, dw, db []float32) {
	C.call_depthwise_backward(v.table, cWindow(g), cInt(int(act)), cInt(n), cFloats(x), cFloats(w), cFloats(y), cFloats(dy), cFloats(dx), cFloats(dw), cFloats(db))
}

func (v vector) normMoments(rows, c int, x, mean, squares []float32) {
	C.call_norm_moments(v.table, cInt(rows), cInt(c), cFloats(x), cFloats(mean), cFloats(squares))
}

func (v vector) normApply(rows, c int, x, skip, norm []float32, act Activation, y []float32) {
	C.call_norm_apply(v.table, cInt(rows), cInt(c), cFloats(x), cFloats(skip), cFloats(norm), cInt(int(act)), cFloats(y))
}

func (v vector) normSums(rows, c int, x, y, dy, norm []float32, act Activation, g, sum, product []float32) {
	C.call_norm_sums(v.table, cInt(rows), cInt(c), cFloats(x), cFloats(y), cFloats(dy), cFloats(norm), cInt(int(act)), cFloats(g), cFloats(sum), cFloats(product))
}

func (v vector) normGrad(rows, c int, x, dy, norm []float32, act Activation, dx []float32) {
	C.call_norm_grad(v.table, cInt(rows), cInt(c), cFloats(x), cFloats(dy), cFloats(norm), cInt(int(act)), cFloats(dx))
}

func (v vector) maxPoolForward(g *window, n int, x, y []float32, arg []uint8) {
	C.call_max_pool_forward(v.table, cWindow(g), cInt(n), cFloats(x), cFloats(y), cBytes(arg))
}

func (v vector) maxPoolBackward(g *window, n int, arg []uint8, dy, dx []float32) {
	C.call_max_pool_backward(v.table, cWindow(g), cInt(n), cBytes(arg), cFloats(dy), cFloats(dx))
}

func (v vector) averagePoolForward(g *window, n int, x, y []float32) {
	C.call_average_pool_forward(v.table, cWindow(g), cInt(n), cFloats(x), cFloats(y))
}

func (v vector) averagePoolBackward(g *window, n int, dy, dx []float32) {
	C.call_average_pool_backward(v.table, cWindow(g), cInt(n), cFloats(dy), cFloats(dx))
}

func (v vector) activate(act Activation, x, y []float32) {
	C.call_activate(v.table, cInt(len(x)), cInt(int(act)), cFloats(x), cFloats(y))
}

func (v vector) activateGrad(act Activation, y, dy, dx []float32) {
	C.call_activate_grad(v.table, cInt(len(y)), cInt(int(act)), cFloats(y), cFloats(dy), cFloats(dx))
}

func (v vector) add(act Activation, x, other, y []float32) {
	C.call_add(v.table, cInt(len(x)), cInt(int(act)), cFloats(x), cFloats(other), cFloats(y))
}

func (v vector) dropout(m *mask, first int, x, y []float32) {
	C.call_dropout(v.table, cInt(len(x)), cMask(m), cInt(first), cFloats(x), cFloats(y))
}

func (v vector) gradient(e *epilogue, first int, y, dy, dx []float32) {
	C.call_gradient(v.table, cInt(len(y)), cEpilogue(e), cInt(first), cFloats(y), cFloats(dy), cFloats(dx))
}

func (v vector) sumParts(dst, parts []float32, count, step int) {
	C.call_sum_parts(v.table, cInt(len(dst)), cFloats(dst), cFloats(parts), cInt(count), cInt(step))
}

func (v vector) sgd(p *sgdStep, w, g, velocity []float32) {
	C.call_sgd(v.table, cInt(len(w)), (*C.sgd_step)(unsafe.Pointer(p)), cFloats(w), cFloats(g), cFloats(velocity))
}

func (v vector) rmsProp(p *rmsPropStep, w, g, square, velocity []float32) {
	C.call_rmsprop(v.table, cInt(len(w)), (*C.rmsprop_step)(unsafe.Pointer(p)), cFloats(w), cFloats(g), cFloats(square), cFloats(velocity))
}

func (v vector) adam(p *adamStep, w, g, m, second []float32) {
	C.call_adam(v.table, cInt(len(w)), (*C.adam_step)(unsafe.Pointer(p)), cFloats(w), cFloats(g), cFloats(m), cFloats(second))
}
