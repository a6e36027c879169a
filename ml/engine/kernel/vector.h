// The vector kernels' interface: a table of chunk functions for each target,
// with the meaning that arithmetic.go gives them. The structs are those of
// arithmetic.go, conv.go, elementwise.go and optimizer.go, field by field.

#include <stddef.h>
#include <stdint.h>

typedef struct {
	uint32_t key0, key1, threshold;
	float scale, keep;
} dropout_mask;

typedef struct {
	int32_t act, drop;
	dropout_mask mask;
} epilogue;

typedef struct {
	ptrdiff_t h, w, c, kernel, stride, pad_top, pad_left, oh, ow;
} window;

typedef struct {
	window in;
	ptrdiff_t f, pool, pointwise, ph, pw, xh, xw, copied, g_top, g_left, gh, gw, columns, column_step;
	ptrdiff_t winograd, th, tw, bh, bw, tile_block, group;
	ptrdiff_t before, behind;
	ptrdiff_t at_x, at_g, at_row, at_columns, at_dx, at_tiles, at_sums, at_du, all;
} conv_plan;

typedef struct {
	float rate, momentum, decay;
	int32_t nesterov;
} sgd_step;

typedef struct {
	float rate, rho, rest, momentum, epsilon, decay;
} rmsprop_step;

typedef struct {
	float rate, beta1, rest1, beta2, rest2, epsilon, decay, shrink;
} adam_step;

// FUNCTIONS lists name, arguments and parameters of every chunk function.
#define FUNCTIONS(F) \
	F(pack, (dst, k, k0, rows, n, src, row_step, column_step), float *dst, ptrdiff_t k, ptrdiff_t k0, ptrdiff_t rows, ptrdiff_t n, const float *src, ptrdiff_t row_step, ptrdiff_t column_step) \
	F(pack_winograd, (side, taps, dst, k, k0, rows, n, src, tap_step, row_step, column_step), ptrdiff_t side, ptrdiff_t taps, float *dst, ptrdiff_t k, ptrdiff_t k0, ptrdiff_t rows, ptrdiff_t n, const float *src, ptrdiff_t tap_step, ptrdiff_t row_step, ptrdiff_t column_step) \
	F(gemm, (m, n, k, a, lda, packed, e, bias, c, ldc, first), ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, ptrdiff_t lda, const float *packed, const epilogue *e, const float *bias, float *c, ptrdiff_t ldc, ptrdiff_t first) \
	F(gemm_transpose, (m, n, k, a, lda, b, ldb, c, ldc), ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, ptrdiff_t lda, const float *b, ptrdiff_t ldb, float *c, ptrdiff_t ldc) \
	F(conv_forward, (p, n, x, before, packed, bias, plus, y, arg, scratch, e, first), const conv_plan *p, ptrdiff_t n, const float *x, const float *before, const float *packed, const float *bias, const float *plus, float *y, uint8_t *arg, float *scratch, const epilogue *e, ptrdiff_t first) \
	F(conv_backward, (p, n, x, before, y, behind, arg, dy, dx, packed, dw, db, scratch, e, first), const conv_plan *p, ptrdiff_t n, const float *x, const float *before, const float *y, const float *behind, const uint8_t *arg, const float *dy, float *dx, const float *packed, float *dw, float *db, float *scratch, const epilogue *e, ptrdiff_t first) \
	F(depthwise_forward, (g, act, n, x, w, bias, y), const window *g, ptrdiff_t act, ptrdiff_t n, const float *x, const float *w, const float *bias, float *y) \
	F(depthwise_backward, (g, act, n, x, w, y, dy, dx, dw, db), const window *g, ptrdiff_t act, ptrdiff_t n, const float *x, const float *w, const float *y, const float *dy, float *dx, float *dw, float *db) \
	F(norm_moments, (rows, c, x, mean, squares), ptrdiff_t rows, ptrdiff_t c, const float *x, float *mean, float *squares) \
	F(norm_apply, (rows, c, x, skip, norm, act, y), ptrdiff_t rows, ptrdiff_t c, const float *x, const float *skip, const float *norm, ptrdiff_t act, float *y) \
	F(norm_sums, (rows, c, x, y, dy, norm, act, g, sum, product), ptrdiff_t rows, ptrdiff_t c, const float *x, const float *y, const float *dy, const float *norm, ptrdiff_t act, float *g, float *sum, float *product) \
	F(norm_grad, (rows, c, x, dy, norm, act, dx), ptrdiff_t rows, ptrdiff_t c, const float *x, const float *dy, const float *norm, ptrdiff_t act, float *dx) \
	F(max_pool_forward, (g, n, x, y, arg), const window *g, ptrdiff_t n, const float *x, float *y, uint8_t *arg) \
	F(max_pool_backward, (g, n, arg, dy, dx), const window *g, ptrdiff_t n, const uint8_t *arg, const float *dy, float *dx) \
	F(average_pool_forward, (g, n, x, y), const window *g, ptrdiff_t n, const float *x, float *y) \
	F(average_pool_backward, (g, n, dy, dx), const window *g, ptrdiff_t n, const float *dy, float *dx) \
	F(activate, (n, act, x, y), ptrdiff_t n, ptrdiff_t act, const float *x, float *y) \
	F(activate_grad, (n, act, y, dy, dx), ptrdiff_t n, ptrdiff_t act, const float *y, const float *dy, float *dx) \
	F(add, (n, act, a, b, y), ptrdiff_t n, ptrdiff_t act, const float *a, const float *b, float *y) \
	F(dropout, (n, m, first, x, y), ptrdiff_t n, const dropout_mask *m, ptrdiff_t first, const float *x, float *y) \
	F(gradient, (n, e, first, y, dy, dx), ptrdiff_t n, const epilogue *e, ptrdiff_t first, const float *y, const float *dy, float *dx) \
	F(sum_parts, (n, dst, parts, count, step), ptrdiff_t n, float *dst, const float *parts, ptrdiff_t count, ptrdiff_t step) \
	F(sgd, (n, p, w, g, velocity), ptrdiff_t n, const sgd_step *p, float *w, const float *g, float *velocity) \
	F(rmsprop, (n, p, w, g, square, velocity), ptrdiff_t n, const rmsprop_step *p, float *w, const float *g, float *square, float *velocity) \
	F(adam, (n, p, w, g, m, v), ptrdiff_t n, const adam_step *p, float *w, const float *g, float *m, float *v)

typedef struct {
	ptrdiff_t panel; // columns of a packed matrix side by side
#define POINTER(name, arguments, ...) void (*name)(__VA_ARGS__);
	FUNCTIONS(POINTER)
#undef POINTER
} kernel_table;

// call_NAME calls the function of a table: Go cannot call through a pointer.
#define CALL(name, arguments, ...) \
	static inline void call_##name(const kernel_table *table_, __VA_ARGS__) { table_->name arguments; }
FUNCTIONS(CALL)
#undef CALL

#if defined(__x86_64__)
extern const kernel_table kernels_avx512, kernels_avx2;
#elif defined(__aarch64__)
extern const kernel_table kernels_neon;
#endif
