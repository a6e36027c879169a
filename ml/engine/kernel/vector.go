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

// f is the address of a slice's first element, nil for an empty one.
func f(s []float32) *C.float { return (*C.float)(unsafe.SliceData(s)) }

func b(s []uint8) *C.uint8_t { return (*C.uint8_t)(unsafe.SliceData(s)) }

func i(n int) C.ptrdiff_t { return C.ptrdiff_t(n) }

func cPlan(p *convPlan) *C.conv_plan    { return (*C.conv_plan)(unsafe.Pointer(p)) }
func cWindow(g *window) *C.window       { return (*C.window)(unsafe.Pointer(g)) }
func cEpilogue(e *epilogue) *C.epilogue { return (*C.epilogue)(unsafe.Pointer(e)) }
func cMask(m *mask) *C.dropout_mask     { return (*C.dropout_mask)(unsafe.Pointer(m)) }

func (v vector) name() string { return v.title }

func (v vector) packed(k, n int) int { return k * ceilDiv(n, v.lanes) * v.lanes }

func (v vector) pack(dst []float32, k, k0, rows, n int, src []float32, rowStep, columnStep int) {
	C.call_pack(v.table, f(dst), i(k), i(k0), i(rows), i(n), f(src), i(rowStep), i(columnStep))
}

func (v vector) packWinograd(dst []float32, k, k0, rows, n int, src []float32, tap0, tapStep, rowStep, columnStep int) {
	C.call_pack_winograd(v.table, f(dst), i(k), i(k0), i(rows), i(n), f(src[tap0:]), i(tapStep), i(rowStep), i(columnStep))
}

func (v vector) gemm(m, n, k int, a []float32, lda int, packed []float32, _, column0 int, e *epilogue, bias, c []float32, ldc, first int) {
	C.call_gemm(v.table, i(m), i(n), i(k), f(a), i(lda), f(packed[column0*k:]), cEpilogue(e), f(bias), f(c), i(ldc), i(first))
}

func (v vector) gemmTranspose(m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int) {
	C.call_gemm_transpose(v.table, i(m), i(n), i(k), f(a), i(lda), f(b), i(ldb), f(c), i(ldc))
}

func (v vector) convForward(p *convPlan, n int, x, packed, bias, y []float32, arg []uint8, scratch []float32, e *epilogue, first int) {
	C.call_conv_forward(v.table, cPlan(p), i(n), f(x), f(packed), f(bias), f(y), b(arg), f(scratch), cEpilogue(e), i(first))
}

func (v vector) convBackward(p *convPlan, n int, x, y []float32, arg []uint8, dy, dx, packed, dw, db []float32, scratch []float32, e *epilogue, first int) {
	C.call_conv_backward(v.table, cPlan(p), i(n), f(x), f(y), b(arg), f(dy), f(dx), f(packed), f(dw), f(db), f(scratch), cEpilogue(e), i(first))
}

func (v vector) depthwiseForward(g *window, act Activation, n int, x, w, bias, y []float32) {
	C.call_depthwise_forward(v.table, cWindow(g), i(int(act)), i(n), f(x), f(w), f(bias), f(y))
}

func (v vector) depthwiseBackward(g *window, act Activation, n int, x, w, y, dy, dx, dw, db []float32) {
	C.call_depthwise_backward(v.table, cWindow(g), i(int(act)), i(n), f(x), f(w), f(y), f(dy), f(dx), f(dw), f(db))
}

func (v vector) normMoments(rows, c int, x, mean, squares []float32) {
	C.call_norm_moments(v.table, i(rows), i(c), f(x), f(mean), f(squares))
}

func (v vector) normApply(rows, c int, x, mean, scale, shift []float32, act Activation, y []float32) {
	C.call_norm_apply(v.table, i(rows), i(c), f(x), f(mean), f(scale), f(shift), i(int(act)), f(y))
}

func (v vector) normSums(rows, c int, x, y, dy, mean []float32, act Activation, sum, product []float32) {
	C.call_norm_sums(v.table, i(rows), i(c), f(x), f(y), f(dy), f(mean), i(int(act)), f(sum), f(product))
}

func (v vector) normGrad(rows, c int, x, y, dy, mean, scale, slope, shift []float32, act Activation, dx []float32) {
	C.call_norm_grad(v.table, i(rows), i(c), f(x), f(y), f(dy), f(mean), f(scale), f(slope), f(shift), i(int(act)), f(dx))
}

func (v vector) maxPoolForward(g *window, n int, x, y []float32, arg []uint8) {
	C.call_max_pool_forward(v.table, cWindow(g), i(n), f(x), f(y), b(arg))
}

func (v vector) maxPoolBackward(g *window, n int, arg []uint8, dy, dx []float32) {
	C.call_max_pool_backward(v.table, cWindow(g), i(n), b(arg), f(dy), f(dx))
}

func (v vector) averagePoolForward(g *window, n int, x, y []float32) {
	C.call_average_pool_forward(v.table, cWindow(g), i(n), f(x), f(y))
}

func (v vector) averagePoolBackward(g *window, n int, dy, dx []float32) {
	C.call_average_pool_backward(v.table, cWindow(g), i(n), f(dy), f(dx))
}

func (v vector) activate(act Activation, x, y []float32) {
	C.call_activate(v.table, i(len(x)), i(int(act)), f(x), f(y))
}

func (v vector) activateGrad(act Activation, y, dy, dx []float32) {
	C.call_activate_grad(v.table, i(len(y)), i(int(act)), f(y), f(dy), f(dx))
}

func (v vector) add(act Activation, x, other, y []float32) {
	C.call_add(v.table, i(len(x)), i(int(act)), f(x), f(other), f(y))
}

func (v vector) dropout(m *mask, first int, x, y []float32) {
	C.call_dropout(v.table, i(len(x)), cMask(m), i(first), f(x), f(y))
}

func (v vector) gradient(e *epilogue, first int, y, dy, dx []float32) {
	C.call_gradient(v.table, i(len(y)), cEpilogue(e), i(first), f(y), f(dy), f(dx))
}

func (v vector) sumParts(dst, parts []float32, count, step int) {
	C.call_sum_parts(v.table, i(len(dst)), f(dst), f(parts), i(count), i(step))
}

func (v vector) sgd(p *sgdStep, w, g, velocity []float32) {
	C.call_sgd(v.table, i(len(w)), (*C.sgd_step)(unsafe.Pointer(p)), f(w), f(g), f(velocity))
}

func (v vector) rmsProp(p *rmsPropStep, w, g, square, velocity []float32) {
	C.call_rmsprop(v.table, i(len(w)), (*C.rmsprop_step)(unsafe.Pointer(p)), f(w), f(g), f(square), f(velocity))
}

func (v vector) adam(p *adamStep, w, g, m, second []float32) {
	C.call_adam(v.table, i(len(w)), (*C.adam_step)(unsafe.Pointer(p)), f(w), f(g), f(m), f(second))
}
