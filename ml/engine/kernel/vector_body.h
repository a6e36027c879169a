// The vector kernels, for one target. The including file sets the target,
// LANES (floats a vector), STRIP (pixels a strip: 2·STRIP sums stay in
// registers beside two vectors of weights and a broadcast), SINGLE (pixels a strip
// of one vector: enough sums to hide the latency of an addition), ROOT (the square
// root of a vector), TABLE (the name of the table that it defines) and, where
// the target has them, LOAD_PART and STORE_PART (the first n < LANES floats).

#include "vector.h"
#include <string.h>

typedef float vf __attribute__((vector_size(4 * LANES)));
typedef int32_t vi __attribute__((vector_size(4 * LANES)));
typedef uint32_t vu __attribute__((vector_size(4 * LANES)));
typedef uint8_t vb __attribute__((vector_size(LANES)));

// The same where memory need not be aligned.
typedef float vf_at __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef uint8_t vb_at __attribute__((vector_size(LANES), aligned(1), may_alias));

#define INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

// HIDE keeps the compiler from computing a pointer's offsets ahead of a loop:
// one register that moves is better than sixteen that do not fit.
#define HIDE(p) __asm__("" : "+r"(p))

enum { PANEL = 2 * LANES };

INLINE ptrdiff_t least(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }
INLINE ptrdiff_t most(ptrdiff_t a, ptrdiff_t b) { return a > b ? a : b; }

INLINE vf load(const float *p) { return *(const vf_at *)p; }
INLINE void store(float *p, vf v) { *(vf_at *)p = v; }
INLINE vf splat(float v) { return v - (vf){0}; }
INLINE vf choose(vi condition, vf yes, vf no) { return (vf)(((vi)yes & condition) | ((vi)no & ~condition)); }

// The first n lanes only; n is LANES in all but the last vector of a row.
INLINE vf load_part(const float *p, ptrdiff_t n)
{
	if (n >= LANES)
		return load(p);
#ifdef LOAD_PART
	return LOAD_PART(p, n);
#else
	vf v = {0};
	memcpy(&v, p, 4 * (n & (LANES - 1)));
	return v;
#endif
}

INLINE void store_part(float *p, vf v, ptrdiff_t n)
{
	if (n >= LANES)
		store(p, v);
	else
#ifdef STORE_PART
		STORE_PART(p, n, v);
#else
		memcpy(p, &v, 4 * (n & (LANES - 1)));
#endif
}

// WHOLE_OR_PART runs code twice over, with lanes a constant where a whole
// vector is left, so that the usual case has no branches.
#define WHOLE_OR_PART(left, ...) \
	do { \
		if ((left) >= LANES) { \
			enum { lanes = LANES }; \
			__VA_ARGS__ \
		} else { \
			const ptrdiff_t lanes = (left); \
			__VA_ARGS__ \
		} \
	} while (0)

INLINE vi load_bytes(const uint8_t *p, ptrdiff_t n)
{
	if (n >= LANES)
		return __builtin_convertvector(*(const vb_at *)p, vi);
	vb b = {0};
	memcpy(&b, p, n & (LANES - 1));
	return __builtin_convertvector(b, vi);
}

INLINE void store_bytes(uint8_t *p, vi v, ptrdiff_t n)
{
	vb b = __builtin_convertvector(v, vb);
	if (n >= LANES)
		*(vb_at *)p = b;
	else
		memcpy(p, &b, n & (LANES - 1));
}

// ---- Activations and dropout ------------------------------------------------

enum { LINEAR, RELU, LEAKY_RELU, TANH, SIGMOID };

// DEAD is the winner of a pool through which no gradient flows.
enum { DEAD = 4 };

#define LEAKY_SLOPE 0.2f

// exponential is eˣ: reduced to ±ln2/2, then the polynomial of Cephes' expf.
INLINE vf exponential(vf x)
{
	x = choose(x > 88.0f, splat(88.0f), x);
	x = choose(x < -87.0f, splat(-87.0f), x);
	const float round = 12582912.0f; // 1.5·2²³: adding it rounds to an integer
	vf n = (x * 1.44269504f + round) - round;
	vf r = x - n * 0.693359375f + n * 2.12194440e-4f;
	vf p = r * 1.9875691500e-4f + 1.3981999507e-3f;
	p = p * r + 8.3334519073e-3f;
	p = p * r + 4.1665795894e-2f;
	p = p * r + 1.6666665459e-1f;
	p = p * r + 5.0000001201e-1f;
	p = p * (r * r) + r + 1.0f;
	vi power = (__builtin_convertvector(n, vi) + 127) << 23;
	return p * (vf)power;
}

// tangent is tanh x as a quotient of polynomials, within 3e-7 of it: the
// approximation of Eigen, constant beyond the limits.
INLINE vf tangent(vf x)
{
	const float limit = 7.90531110763549805f;
	x = choose(x > limit, splat(limit), x);
	x = choose(x < -limit, splat(-limit), x);
	vf s = x * x;
	vf p = s * -2.76076847742355e-16f + 2.00018790482477e-13f;
	p = p * s - 8.60467152213735e-11f;
	p = p * s + 5.12229709037114e-8f;
	p = p * s + 1.48572235717979e-5f;
	p = p * s + 6.37261928875436e-4f;
	p = p * s + 4.89352455891786e-3f;
	vf q = s * 1.19825839466702e-6f + 1.18534705686654e-4f;
	q = q * s + 2.26843463243900e-3f;
	q = q * s + 4.89352518554385e-3f;
	return x * p / q;
}

INLINE vf activation(ptrdiff_t act, vf z)
{
	switch (act) {
	case RELU:
		return choose(z < 0.0f, (vf){0}, z); // NaN stays
	case LEAKY_RELU:
		return choose(z < 0.0f, z * LEAKY_SLOPE, z);
	case TANH:
		return tangent(z);
	case SIGMOID:
		return 1.0f / (1.0f + exponential(-z));
	}
	return z;
}

// times_derivative is g·act'(z) from y = act(z).
INLINE vf times_derivative(ptrdiff_t act, vf y, vf g)
{
	switch (act) {
	case RELU:
		return choose(y <= 0.0f, (vf){0}, g);
	case LEAKY_RELU:
		return choose(y <= 0.0f, g * LEAKY_SLOPE, g);
	case TANH:
		return g * (1.0f - y * y);
	case SIGMOID:
		return g * (y * (1.0f - y));
	}
	return g;
}

// factors is what the elements from first on are multiplied by.
INLINE vf factors(const dropout_mask *m, ptrdiff_t first)
{
	vu h;
	UNROLL
	for (int i = 0; i < LANES; i++)
		h[i] = i;
	h = (h + (uint32_t)first) * 0x9e3779b1u + m->key0;
	h ^= h >> 16;
	h *= 0x85ebca6bu;
	h ^= h >> 13;
	h += m->key1;
	h *= 0xc2b2ae35u;
	h ^= h >> 16;
	vi dropped = (vi)(h >> 8) < (vi)(m->threshold - (vu){0});
	return (vf)((vi)splat(m->scale) & ~dropped);
}

INLINE vf finish(const epilogue *e, vf z, ptrdiff_t first)
{
	z = activation(e->act, z);
	if (e->drop)
		z *= factors(&e->mask, first);
	return z;
}

// before_finish is the gradient of finish's input from that of its output y.
INLINE vf before_finish(const epilogue *e, vf y, vf g, ptrdiff_t first)
{
	if (e->drop) {
		g *= factors(&e->mask, first);
		y *= e->mask.keep;
	}
	return times_derivative(e->act, y, g);
}

// ---- The two inner loops ----------------------------------------------------

// ending is what becomes of a strip's sums: a panel's bias is added, and nothing
// stays below the least value.
typedef struct {
	float bias[PANEL], least;
} ending;

// strip computes, for pixels t < T and nv vectors v of output channels,
//
//	out[t][v] = Σ over i < taps, j < run of x[t·step + i·tap_step + j] · w[i·run + j][v]
//
// with all sums in registers, and ends them where an end is given. w is one panel:
// nv vectors a row.
INLINE void strip(const int T, const int nv, ptrdiff_t taps, ptrdiff_t tap_step, ptrdiff_t run,
	const float *x, ptrdiff_t step, const float *w, float *out, ptrdiff_t out_step, const ending *end)
{
	vf sum[SINGLE][2];
	UNROLL
	for (int t = 0; t < T; t++)
		UNROLL
		for (int v = 0; v < nv; v++)
			sum[t][v] = (vf){0};
	for (ptrdiff_t i = 0; i < taps; i++) {
		// Few enough pointers for the integer registers: three pixels each.
		const float *at[(SINGLE + 2) / 3];
		UNROLL
		for (int t = 0; t < T; t += 3)
			at[t / 3] = x + t * step;
		for (ptrdiff_t j = 0; j < run; j++) {
			vf weights[2];
			UNROLL
			for (int v = 0; v < nv; v++)
				weights[v] = *(const vf *)(w + v * LANES);
			w += nv * LANES;
			UNROLL
			for (int t = 0; t < T; t++) {
				float pixel = at[t / 3][t % 3 * step];
				UNROLL
				for (int v = 0; v < nv; v++)
					sum[t][v] += pixel * weights[v];
			}
			UNROLL
			for (int t = 0; t < T; t += 3)
				at[t / 3]++;
		}
		x += tap_step;
	}
	vf shift[2];
	UNROLL
	for (int v = 0; end && v < nv; v++)
		shift[v] = load(end->bias + v * LANES);
	UNROLL
	for (int t = 0; t < T; t++)
		UNROLL
		for (int v = 0; v < nv; v++) {
			vf z = sum[t][v];
			if (end) {
				z += shift[v];
				z = choose(z < end->least, splat(end->least), z); // NaN stays
			}
			store(out + t * out_step + v * LANES, z);
		}
}

// outer adds, for rows t < T and nv vectors v of columns,
//
//	dst[t][v] += Σ over r < rows, c < columns of x[r·x_row + c·x_step + t] · g[r·g_row + c·g_step][v]
//
// with all sums in registers; only the first width columns are stored.
INLINE void outer(const int T, const int nv, ptrdiff_t rows, ptrdiff_t columns, const float *x, ptrdiff_t x_row, ptrdiff_t x_step,
	const float *g, ptrdiff_t g_row, ptrdiff_t g_step, float *dst, ptrdiff_t dst_step, ptrdiff_t width)
{
	vf sum[STRIP][2];
	UNROLL
	for (int t = 0; t < T; t++)
		UNROLL
		for (int v = 0; v < nv; v++)
			sum[t][v] = (vf){0};
	for (ptrdiff_t r = 0; r < rows; r++) {
		const float *xp = x + r * x_row, *gp = g + r * g_row;
		for (ptrdiff_t c = 0; c < columns; c++) {
			vf gradient[2];
			UNROLL
			for (int v = 0; v < nv; v++)
				gradient[v] = load(gp + v * LANES);
			UNROLL
			for (int t = 0; t < T; t++)
				UNROLL
				for (int v = 0; v < nv; v++)
					sum[t][v] += xp[t] * gradient[v];
			xp += x_step;
			gp += g_step;
		}
	}
	UNROLL
	for (int t = 0; t < T; t++)
		UNROLL
		for (int v = 0; v < nv; v++) {
			float *to = dst + t * dst_step + v * LANES;
			ptrdiff_t n = width - v * LANES;
			store_part(to, load_part(to, n) + sum[t][v], n);
		}
}

typedef void strip_function(ptrdiff_t taps, ptrdiff_t tap_step, ptrdiff_t run, const float *x, ptrdiff_t step,
	const float *w, float *out, ptrdiff_t out_step, const ending *end);
typedef void outer_function(ptrdiff_t rows, ptrdiff_t columns, const float *x, ptrdiff_t x_row, ptrdiff_t x_step,
	const float *g, ptrdiff_t g_row, ptrdiff_t g_step, float *dst, ptrdiff_t dst_step, ptrdiff_t width);

#define STRIP_INSTANCE(name, T, nv, end_of_sums) \
	static void name##_##T##_##nv(ptrdiff_t taps, ptrdiff_t tap_step, ptrdiff_t run, const float *x, ptrdiff_t step, \
		const float *w, float *out, ptrdiff_t out_step, const ending *end) \
	{ \
		(void)end; \
		strip(T, nv, taps, tap_step, run, x, step, w, out, out_step, end_of_sums); \
	}
#define OUTER_INSTANCE(T, nv) \
	static void outer_##T##_##nv(ptrdiff_t rows, ptrdiff_t columns, const float *x, ptrdiff_t x_row, ptrdiff_t x_step, \
		const float *g, ptrdiff_t g_row, ptrdiff_t g_step, float *dst, ptrdiff_t dst_step, ptrdiff_t width) \
	{ \
		outer(T, nv, rows, columns, x, x_row, x_step, g, g_row, g_step, dst, dst_step, width); \
	}
#define SINGLE_INSTANCES(T) STRIP_INSTANCE(strip, T, 1, NULL) STRIP_INSTANCE(ended_strip, T, 1, end)
#define DOUBLE_INSTANCES(T) STRIP_INSTANCE(strip, T, 2, NULL) STRIP_INSTANCE(ended_strip, T, 2, end)
#define OUTER_INSTANCES(T) OUTER_INSTANCE(T, 1) OUTER_INSTANCE(T, 2)
#define SINGLE_STRIPS(T) strip_##T##_1,
#define DOUBLE_STRIPS(T) strip_##T##_2,
#define ENDED_SINGLE_STRIPS(T) ended_strip_##T##_1,
#define ENDED_DOUBLE_STRIPS(T) ended_strip_##T##_2,
#define OUTERS(T) {outer_##T##_1, outer_##T##_2},

#define UP_TO_6(F) F(1) F(2) F(3) F(4) F(5) F(6)
#define UP_TO_12(F) UP_TO_6(F) F(7) F(8) F(9) F(10) F(11) F(12)
#define UP_TO_14(F) UP_TO_12(F) F(13) F(14)
#define UP_TO_(n, F) UP_TO_##n(F)
#define UP_TO(n, F) UP_TO_(n, F)

UP_TO(SINGLE, SINGLE_INSTANCES)
UP_TO(STRIP, DOUBLE_INSTANCES)
UP_TO(STRIP, OUTER_INSTANCES)
static strip_function *const strips[2][SINGLE] = {{UP_TO(SINGLE, SINGLE_STRIPS)}, {UP_TO(STRIP, DOUBLE_STRIPS)}};
static strip_function *const ended_strips[2][SINGLE] = {{UP_TO(SINGLE, ENDED_SINGLE_STRIPS)}, {UP_TO(STRIP, ENDED_DOUBLE_STRIPS)}};
static outer_function *const outers[STRIP][2] = {UP_TO(STRIP, OUTERS)};

// parts is how many parts of at most limit n has, part the size of the first of as
// many equal ones.
INLINE ptrdiff_t parts(ptrdiff_t n, ptrdiff_t limit) { return (n + limit - 1) / limit; }

INLINE ptrdiff_t part(ptrdiff_t n, ptrdiff_t limit) { return parts(n, parts(n, limit)); }

INLINE ptrdiff_t part_of(ptrdiff_t n) { return part(n, STRIP); }

// strip_of is that of pixels for a panel of nv vectors.
INLINE ptrdiff_t strip_of(ptrdiff_t n, int nv) { return part(n, nv == 1 ? SINGLE : STRIP); }

// ahead is memory that is needed soon. It is fetched into the second-level cache
// bit by bit, in so many calls of the loops below, so that it arrives while the
// processor multiplies: it cannot fetch much at a time.
typedef struct {
	ptrdiff_t calls;
	int count;
	struct {
		const float *at, *end;
		ptrdiff_t step;
	} of[4];
} ahead;

// fetch_soon adds size floats.
INLINE void fetch_soon(ahead *a, const float *from, ptrdiff_t size)
{
	a->of[a->count].at = from;
	a->of[a->count].end = from + size;
	a->of[a->count++].step = size / most(a->calls, 1) + 1;
}

INLINE void fetch(ahead *a)
{
	for (int i = 0; a && i < a->count; i++) {
		const float *to = a->of[i].at + least(a->of[i].step, a->of[i].end - a->of[i].at);
		for (; a->of[i].at < to; a->of[i].at += 16)
			__builtin_prefetch(a->of[i].at, 0, 2);
	}
}

// outers_of is how often outer_product fetches, strips_of how often row does for
// all panels of n pixels.
INLINE ptrdiff_t outers_of(ptrdiff_t m, ptrdiff_t n) { return parts(m, STRIP) * parts(n, PANEL); }

INLINE ptrdiff_t strips_of(ptrdiff_t n, ptrdiff_t columns)
{
	ptrdiff_t rest = columns % PANEL, single = rest > 0 && rest <= LANES;
	return parts(n, STRIP) * (parts(columns, PANEL) - single) + parts(n, SINGLE) * single;
}

// ended_row computes n pixels of one panel.
static void ended_row(ptrdiff_t n, int nv, ptrdiff_t taps, ptrdiff_t tap_step, ptrdiff_t run, const float *x, ptrdiff_t step,
	const float *w, float *out, ptrdiff_t out_step, const ending *end, ahead *next)
{
	while (n > 0) {
		ptrdiff_t t = strip_of(n, nv);
		fetch(next);
		(end ? ended_strips : strips)[nv - 1][t - 1](taps, tap_step, run, x, step, w, out, out_step, end);
		x += t * step;
		out += t * out_step;
		n -= t;
	}
}

INLINE void row(ptrdiff_t n, int nv, ptrdiff_t taps, ptrdiff_t tap_step, ptrdiff_t run, const float *x, ptrdiff_t step,
	const float *w, float *out, ptrdiff_t out_step, ahead *next)
{
	ended_row(n, nv, taps, tap_step, run, x, step, w, out, out_step, NULL, next);
}

// outer_product adds to the m rows and n columns of dst.
static void outer_product(ptrdiff_t m, ptrdiff_t n, ptrdiff_t rows, ptrdiff_t columns, const float *x, ptrdiff_t x_row, ptrdiff_t x_step,
	const float *g, ptrdiff_t g_row, ptrdiff_t g_step, float *dst, ahead *next)
{
	ptrdiff_t ld = n;
	while (m > 0) {
		ptrdiff_t t = part_of(m);
		for (ptrdiff_t j = 0; j < n; j += PANEL) {
			fetch(next);
			outers[t - 1][n - j > LANES](rows, columns, x, x_row, x_step, g + j, g_row, g_step, dst + j, ld, n - j);
		}
		x += t;
		dst += t * ld;
		m -= t;
	}
}

// ---- Packing and matrix products --------------------------------------------

// A packed matrix is panels of PANEL columns, row by row; a last panel of at
// most LANES columns is LANES wide. What is missing is zero.

INLINE int panel_vectors(ptrdiff_t columns) { return columns > LANES ? 2 : 1; }

static void pack(float *dst, ptrdiff_t k, ptrdiff_t k0, ptrdiff_t rows, ptrdiff_t n, const float *src, ptrdiff_t row_step, ptrdiff_t column_step)
{
	for (ptrdiff_t j = 0; j < n; j += PANEL) {
		ptrdiff_t columns = least(PANEL, n - j), width = panel_vectors(columns) * LANES;
		float *to = dst + j * k + k0 * width;
		const float *from = src + j * column_step;
		if (column_step == 1) {
			for (ptrdiff_t i = 0; i < rows; i++, to += width, from += row_step) {
				memcpy(to, from, 4 * columns);
				memset(to + columns, 0, 4 * (width - columns));
			}
			continue;
		}
		for (ptrdiff_t c = 0; c < width; c++)
			for (ptrdiff_t i = 0; i < rows; i++)
				to[i * width + c] = c < columns ? from[i * row_step + c * column_step] : 0;
	}
}

// bias_panel copies a panel's bias, or zeros.
INLINE void bias_panel(float *to, const float *bias, ptrdiff_t columns)
{
	memset(to, 0, 4 * PANEL);
	if (bias)
		memcpy(to, bias, 4 * columns);
}

static void gemm(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, ptrdiff_t lda, const float *packed, const epilogue *e,
	const float *bias, float *c, ptrdiff_t ldc, ptrdiff_t first)
{
	float tile[SINGLE * PANEL], shift[PANEL];
	for (ptrdiff_t j = 0; j < n; j += PANEL) {
		ptrdiff_t columns = least(PANEL, n - j);
		int nv = panel_vectors(columns);
		bias_panel(shift, bias ? bias + j : NULL, columns);
		for (ptrdiff_t i = 0; i < m;) {
			ptrdiff_t t = strip_of(m - i, nv);
			strips[nv - 1][t - 1](1, 0, k, a + i * lda, lda, packed + j * k, tile, PANEL, NULL);
			for (ptrdiff_t r = 0; r < t; r++, i++)
				for (ptrdiff_t v = 0; v < columns; v += LANES) {
					ptrdiff_t at = i * ldc + j + v;
					vf z = load(tile + r * PANEL + v) + load(shift + v);
					WHOLE_OR_PART(columns - v, store_part(c + at, finish(e, z, first + at), lanes););
				}
		}
	}
}

static void gemm_transpose(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, ptrdiff_t lda, const float *b, ptrdiff_t ldb, float *c, ptrdiff_t ldc)
{
	for (ptrdiff_t i = 0; i < m; i++)
		memset(c + i * ldc, 0, 4 * n);
	for (ptrdiff_t i = 0; i < m;) {
		ptrdiff_t t = part_of(m - i);
		for (ptrdiff_t j = 0; j < n; j += PANEL)
			outers[t - 1][n - j > LANES](1, k, a + i, 0, lda, b + j, 0, ldb, c + i * ldc + j, ldc, n - j);
		i += t;
	}
}

// ---- Convolution ------------------------------------------------------------

// The numbers of a batch normalisation are rows of c floats each. A column's
// are loaded for use on many rows.
typedef struct {
	vf mean, scale, beta, slope, offset;
} norm_column;

INLINE norm_column load_norm(const float *norm, ptrdiff_t c, ptrdiff_t lanes)
{
	return (norm_column){load_part(norm, lanes), load_part(norm + c, lanes), load_part(norm + 2 * c, lanes),
		load_part(norm + 3 * c, lanes), load_part(norm + 4 * c, lanes)};
}

INLINE vf normalised(const norm_column *n, vf x) { return (x - n->mean) * n->scale + n->beta; }

// before_activation and before_norm lead from the gradient of
// act(normalised(x)) back to that of x.
INLINE vf before_activation(const norm_column *n, ptrdiff_t act, vf x, vf g)
{
	return act == LINEAR ? g : times_derivative(act, activation(act, normalised(n, x)), g);
}

INLINE vf before_norm(const norm_column *n, vf x, vf g) { return n->scale * g + (n->slope * (x - n->mean) + n->offset); }

// normalised_pixels copies n pixels of c channels, normalised and activated.
INLINE void normalised_pixels(ptrdiff_t n, ptrdiff_t c, const float *x, const float *norm, ptrdiff_t act, float *to, ptrdiff_t lanes)
{
	norm_column column = load_norm(norm, c, lanes);
	for (ptrdiff_t i = 0; i < n; i++)
		store_part(to + i * c, activation(act, normalised(&column, load_part(x + i * c, lanes))), lanes);
}

// padded_image returns an image, normalised if so planned, with its padding in
// place.
INLINE const float *padded_image(const conv_plan *p, const float *x, const float *before, float *scratch)
{
	if (!p->copied)
		return x;
	const window *g = &p->in;
	float *to = scratch + p->at_x;
	ptrdiff_t rows = least(g->h, p->xh - g->pad_top), columns = least(g->w, p->xw - g->pad_left);
	if (before) {
		for (ptrdiff_t r = 0; r < rows; r++) {
			float *at = to + ((r + g->pad_top) * p->xw + g->pad_left) * g->c;
			const float *from = x + r * g->w * g->c;
			for (ptrdiff_t j = 0; j < g->c; j += LANES)
				WHOLE_OR_PART(g->c - j,
					if (p->before == 1 + RELU)
						normalised_pixels(columns, g->c, from + j, before + j, RELU, at + j, lanes);
					else
						normalised_pixels(columns, g->c, from + j, before + j, p->before - 1, at + j, lanes););
		}
		return to;
	}
	for (ptrdiff_t r = 0; r < rows; r++)
		memcpy(to + ((r + g->pad_top) * p->xw + g->pad_left) * g->c, x + r * g->w * g->c, 4 * columns * g->c);
	return to;
}

// padded_images returns n images like that, one behind the other.
INLINE const float *padded_images(const conv_plan *p, ptrdiff_t n, const float *x, const float *before, float *scratch)
{
	if (!p->copied)
		return x;
	for (ptrdiff_t i = 0; i < n; i++)
		padded_image(p, x + i * p->in.h * p->in.w * p->in.c, before, scratch + i * p->xh * p->xw * p->in.c);
	return scratch + p->at_x;
}

// plus_part adds what stands at plus, if anything does.
INLINE vf plus_part(vf z, const float *plus, ptrdiff_t at, ptrdiff_t lanes) { return plus ? z + load_part(plus + at, lanes) : z; }

// finish_pixels finishes n pixels of a panel: bias, what is added, activation,
// mask.
INLINE void finish_pixels(ptrdiff_t n, ptrdiff_t columns, const float *sums, const float *shift, const float *plus, float *y, ptrdiff_t f,
	const epilogue *e, ptrdiff_t first)
{
	if (f < LANES) { // the few channels of several pixels fill a vector
		for (ptrdiff_t c = 0; c < n; c++)
			store_part(y + c * f, plus_part(load(sums + c * PANEL) + load(shift), plus, c * f, f), f);
		for (ptrdiff_t i = 0; i < n * f; i += LANES)
			WHOLE_OR_PART(n * f - i, store_part(y + i, finish(e, load_part(y + i, lanes), first + i), lanes););
		return;
	}
	for (ptrdiff_t c = 0; c < n; c++)
		for (ptrdiff_t v = 0; v < columns; v += LANES) {
			ptrdiff_t at = c * f + v;
			vf z = load(sums + c * PANEL + v) + load(shift + v);
			WHOLE_OR_PART(columns - v, store_part(y + at, finish(e, plus_part(z, plus, at, lanes), first + at), lanes););
		}
}

// largest returns the largest of four cells and which it is.
INLINE vf largest(const vf cells[4], vi *winner)
{
	vf best = cells[0];
	*winner = (vi){0};
	UNROLL
	for (int i = 1; i < 4; i++) {
		vi better = cells[i] > best;
		best = choose(better, cells[i], best);
		*winner = (*winner & ~better) | (better & i);
	}
	return best;
}

// mark_dead replaces the winner where a ReLU, or the mask behind it, lets no
// gradient through, so that the backward pass needs neither y nor the mask.
INLINE vi mark_dead(const epilogue *e, vf y, vi winner)
{
	if (e->act != RELU)
		return winner;
	vi dead = y <= 0.0f;
	return (winner & ~dead) | (dead & DEAD);
}

// pool_pixels does that for n pooled pixels from two rows of sums. Every
// activation is increasing, so it may follow the pool.
INLINE void pool_pixels(ptrdiff_t n, ptrdiff_t columns, const float *top, const float *bottom, const float *shift, float *y, uint8_t *arg,
	ptrdiff_t f, const epilogue *e, ptrdiff_t first)
{
	for (ptrdiff_t c = 0; c < n; c++)
		for (ptrdiff_t v = 0; v < columns; v += LANES) {
			const float *a = top + 2 * c * PANEL + v, *b = bottom + 2 * c * PANEL + v;
			vf cells[4] = {load(a), load(a + PANEL), load(b), load(b + PANEL)};
			vi winner;
			vf z = largest(cells, &winner) + load(shift + v);
			WHOLE_OR_PART(columns - v,
				z = finish(e, z, first + c * f + v);
				store_part(y + c * f + v, z, lanes);
				if (arg)
					store_bytes(arg + c * f + v, mark_dead(e, z, winner), lanes););
		}
}

INLINE void unpool_channels(const conv_plan *p, ptrdiff_t rows, const float *y, const float *behind, const uint8_t *arg, const float *dy, float *g, float *db,
	const epilogue *e, ptrdiff_t first, ptrdiff_t lanes)
{
	ptrdiff_t f = p->f, below = p->gw * f, scale = p->pool + 1, act = p->behind - 1;
	vf sum = {0};
	if (behind) { // then there is neither activation nor pool nor mask
		norm_column norm = load_norm(behind, f, lanes);
		for (ptrdiff_t r = 0; r < rows; r++) {
			float *to = g + ((r + p->g_top) * p->gw + p->g_left) * f;
			for (ptrdiff_t c = 0; c < p->pw; c++, to += f) {
				ptrdiff_t at = (r * p->pw + c) * f;
				vf x = load_part(y + at, lanes), d = load_part(dy + at, lanes);
				if (act == RELU)
					d = before_activation(&norm, RELU, x, d);
				else
					d = before_activation(&norm, act, x, d);
				d = before_norm(&norm, x, d);
				sum += d;
				store_part(to, d, lanes);
			}
		}
		store_part(db, load_part(db, lanes) + sum, lanes);
		return;
	}
	for (ptrdiff_t r = 0; r < rows; r++) {
		float *to = g + ((r * scale + p->g_top) * p->gw + p->g_left) * f;
		for (ptrdiff_t c = 0; c < p->pw; c++, to += scale * f) {
			ptrdiff_t at = (r * p->pw + c) * f;
			vf d = load_part(dy + at, lanes);
			if (!p->pool) {
				d = before_finish(e, load_part(y + at, lanes), d, first + at);
				sum += d;
				store_part(to, d, lanes);
				continue;
			}
			vi winner = load_bytes(arg + at, lanes);
			if (e->act == RELU)
				d = choose(winner == DEAD, (vf){0}, e->drop ? d * e->mask.scale : d);
			else
				d = before_finish(e, load_part(y + at, lanes), d, first + at);
			sum += d;
			store_part(to, choose(winner == 0, d, (vf){0}), lanes);
			store_part(to + f, choose(winner == 1, d, (vf){0}), lanes);
			store_part(to + below, choose(winner == 2, d, (vf){0}), lanes);
			store_part(to + below + f, choose(winner == 3, d, (vf){0}), lanes);
		}
	}
	store_part(db, load_part(db, lanes) + sum, lanes);
}

// unpool writes the gradient of the convolution's output, before activation,
// pool and mask or the batch normalisation behind, for so many rows of dy, into the map g and adds it to db.
static void unpool(const conv_plan *p, ptrdiff_t rows, const float *y, const float *behind, const uint8_t *arg, const float *dy, float *g, float *db,
	const epilogue *e, ptrdiff_t first)
{
	for (ptrdiff_t j = 0; j < p->f; j += LANES)
		WHOLE_OR_PART(p->f - j,
			unpool_channels(p, rows, y + j, behind ? behind + j : NULL, arg ? arg + j : NULL, dy + j, g + j, db + j, e, first + j, lanes););
}

#include "vector_winograd.h"

// ---- Convolution, plainly -----------------------------------------------------

// PIXELS is how many pixels are convolved with one panel before the next.
enum { PIXELS = 4 * STRIP };

static void conv_forward(const conv_plan *p, ptrdiff_t n, const float *x, const float *before, const float *packed, const float *bias,
	const float *plus, float *y, uint8_t *arg, float *scratch, const epilogue *e, ptrdiff_t first)
{
	const window *g = &p->in;
	if (p->winograd) {
		WINOGRAD(p->winograd, g->kernel, winograd_forward, p, n, x, before, packed, bias, plus, y, arg, scratch, e, first);
		return;
	}
	ptrdiff_t run = g->kernel * g->c, k = g->kernel * run, image = p->ph * p->pw * p->f;
	ptrdiff_t row_step = g->stride * p->xw * g->c, step = g->stride * g->c;
	ptrdiff_t used = p->pool ? 2 * p->pw : p->pw; // columns of the convolution
	float *sums = scratch + p->at_row, *below = sums + used * PANEL;
	// Where no more than a bias and a ReLU follows the sums, the strips do it.
	int strips_end = !p->pool && !plus && !e->drop && (e->act == LINEAR || e->act == RELU), bare = !bias && e->act == LINEAR;
	ending end = {.least = e->act == RELU ? 0.0f : -__builtin_inff()};
	for (ptrdiff_t i = 0; i < n; i++) {
		const float *from = padded_image(p, x + i * g->h * g->w * g->c, before, scratch);
		ahead next = {p->ph * (p->pool + 1) * strips_of(used, p->f)};
		if (i + 1 < n) {
			fetch_soon(&next, x + (i + 1) * g->h * g->w * g->c, g->h * g->w * g->c);
			fetch_soon(&next, y + (i + 1) * image, image);
		}
		for (ptrdiff_t r = 0; r < p->ph; r++)
			for (ptrdiff_t c = 0, pixels; c < p->pw; c += pixels) {
				// The few pixels stay in the first-level cache for all panels.
				pixels = p->pool || p->f <= LANES ? p->pw : part(p->pw - c, PIXELS);
				for (ptrdiff_t j = 0; j < p->f; j += PANEL) {
					ptrdiff_t columns = least(PANEL, p->f - j), at = i * image + (r * p->pw + c) * p->f + j;
					int nv = panel_vectors(columns);
					const float *w = packed + j * k, *corner = from + r * (p->pool + 1) * row_step + c * step;
					bias_panel(end.bias, bias ? bias + j : NULL, columns);
					if (strips_end && columns == nv * LANES) {
						ended_row(pixels, nv, g->kernel, p->xw * g->c, run, corner, step, w, y + at, p->f, bare ? NULL : &end, &next);
						continue;
					}
					row(p->pool ? used : pixels, nv, g->kernel, p->xw * g->c, run, corner, step, w, sums, PANEL, &next);
					if (p->pool) {
						row(used, nv, g->kernel, p->xw * g->c, run, corner + row_step, step, w, below, PANEL, &next);
						pool_pixels(pixels, columns, sums, below, end.bias, y + at, arg ? arg + at : NULL, p->f, e, first + at);
					} else {
						finish_pixels(pixels, columns, sums, end.bias, plus ? plus + at : NULL, y + at, p->f, e, first + at);
					}
				}
			}
	}
}

// phase is how many rows (or columns) of the window meet an input row at
// residue r modulo the stride.
INLINE ptrdiff_t phase(const window *g, ptrdiff_t r)
{
	return most((g->kernel - r + g->stride - 1) / g->stride, 0);
}

// input_gradient convolves the padded output gradient with the turned kernel:
// for each residue of the input's position by the stride a convolution of
// stride 1.
static void input_gradient(const conv_plan *p, const float *map, const float *packed, float *dx, float *sums, ahead *next)
{
	const window *g = &p->in;
	ptrdiff_t s = g->stride, f = p->f, c = g->c;
	ptrdiff_t packed_width = (c + LANES - 1) / LANES * LANES;
	for (ptrdiff_t pr = 0; pr < s; pr++)
		for (ptrdiff_t pc = 0; pc < s; pc++) {
			ptrdiff_t rows = phase(g, pr), columns = phase(g, pc), run = columns * f, k = rows * run;
			ptrdiff_t r0 = (pr - g->pad_top % s + s) % s, c0 = (pc - g->pad_left % s + s) % s;
			ptrdiff_t pixels = c0 < g->w ? (g->w - c0 + s - 1) / s : 0;
			for (ptrdiff_t j = 0; j < c; j += PANEL) {
				ptrdiff_t width = least(PANEL, c - j);
				int nv = panel_vectors(width);
				for (ptrdiff_t r = r0; r < g->h; r += s) {
					ptrdiff_t from = ((r + g->pad_top) / s + p->g_top - (rows - 1)) * p->gw + (c0 + g->pad_left) / s + p->g_left - (columns - 1);
					float *to = dx + (r * g->w + c0) * c + j;
					if (width == nv * LANES) {
						row(pixels, nv, rows, p->gw * f, run, map + from * f, f, packed + j * k, to, s * c, next);
						continue;
					}
					row(pixels, nv, rows, p->gw * f, run, map + from * f, f, packed + j * k, sums, PANEL, next);
					for (ptrdiff_t i = 0; i < pixels; i++)
						memcpy(to + i * s * c, sums + i * PANEL, 4 * width);
				}
			}
			packed += k * packed_width;
		}
}

// add_columns computes g·wᵀ for every pixel of some rows of the output's
// gradient and adds the results to the padded input's, where the window was.
static void add_columns(const conv_plan *p, ptrdiff_t rows, const float *map, const float *packed, float *padded, float *column)
{
	const window *g = &p->in;
	ptrdiff_t run = g->kernel * g->c, size = g->kernel * run, ld = p->column_step, step = g->stride * g->c;
	for (ptrdiff_t r = 0; r < rows; r++) {
		for (ptrdiff_t j = 0; j < size; j += PANEL)
			row(g->ow, panel_vectors(size - j), 1, 0, p->f, map + r * p->gw * p->f, p->f, packed + j * p->f, column + j, ld, NULL);
		for (ptrdiff_t kh = 0; kh < g->kernel; kh++) {
			float *to = padded + (r * g->stride + kh) * p->xw * g->c;
			const float *from = column + kh * run;
			if (run < LANES) {
				for (ptrdiff_t i = 0; i < run; i++)
					for (ptrdiff_t c = 0; c < g->ow; c++)
						to[c * step + i] += from[c * ld + i];
				continue;
			}
			// Windows that overlap are apart in time: a sum that is just being
			// stored cannot be loaded at once.
			for (ptrdiff_t phase = 0; phase < g->kernel; phase++)
				for (ptrdiff_t c = phase; c < g->ow; c += g->kernel)
					for (ptrdiff_t i = 0; i < run; i += LANES)
						WHOLE_OR_PART(run - i,
							store_part(to + c * step + i, load_part(to + c * step + i, lanes) + load_part(from + c * ld + i, lanes), lanes););
		}
	}
}

// unpad copies the padded gradient's part within the input map to dx.
static void unpad(const conv_plan *p, const float *padded, float *dx)
{
	const window *g = &p->in;
	ptrdiff_t rows = least(g->h, p->xh - g->pad_top), columns = least(g->w, p->xw - g->pad_left);
	if (rows < g->h || columns < g->w)
		memset(dx, 0, 4 * g->h * g->w * g->c);
	for (ptrdiff_t r = 0; r < rows; r++)
		memcpy(dx + r * g->w * g->c, padded + ((r + g->pad_top) * p->xw + g->pad_left) * g->c, 4 * columns * g->c);
}

// backward_by_columns is convBackward for one image with few channels: row by
// row of dy, so that the many channels of the output's gradient stay in the
// first-level cache. last: no image follows.
static void backward_by_columns(const conv_plan *p, const float *from, const float *y, const float *behind, const uint8_t *arg,
	const float *dy, float *dx, const float *packed, float *dw, float *db, float *scratch, const epilogue *e, ptrdiff_t first, int last)
{
	const window *g = &p->in;
	ptrdiff_t run = g->kernel * g->c, image_row = p->xw * g->c, rows = p->pool + 1, columns = p->pool ? 2 * p->pw : g->ow;
	float *map = scratch + p->at_g, *padded = scratch + p->at_dx;
	if (dx)
		memset(padded, 0, 4 * p->xh * image_row);
	for (ptrdiff_t r = 0; r < p->ph; r++) {
		ptrdiff_t size = p->pw * p->f, at = r * size, top = r * rows * g->stride * image_row;
		ahead next = {g->kernel * outers_of(run, p->f)};
		if (r + 1 < p->ph || !last) { // the next image follows this one
			if (!arg || e->act != RELU)
				fetch_soon(&next, y + at + size, size);
			fetch_soon(&next, dy + at + size, size);
		}
		unpool(p, 1, y + at, behind, arg ? arg + at : NULL, dy + at, map, db, e, first + at);
		for (ptrdiff_t kh = 0; kh < g->kernel; kh++)
			outer_product(run, p->f, rows, columns, from + top + kh * image_row, g->stride * image_row, g->stride * g->c,
				map, p->gw * p->f, p->f, dw + kh * run * p->f, &next);
		if (dx)
			add_columns(p, rows, map, packed, padded + top, scratch + p->at_columns);
	}
	if (dx)
		unpad(p, padded, dx);
}

// backward_by_pixels is convBackward for one image and windows of one pixel: row
// by row, so that the output's gradient stays in the first-level cache. last: no
// image follows.
static void backward_by_pixels(const conv_plan *p, const float *from, const float *y, const float *behind, const float *dy, float *dx,
	const float *packed, float *dw, float *db, float *scratch, const epilogue *e, ptrdiff_t first, int last)
{
	ptrdiff_t c = p->in.c, f = p->f, pixels = p->pw;
	float *gradient = scratch + p->at_g, *sums = scratch + p->at_row;
	for (ptrdiff_t r = 0; r < p->ph; r++) {
		ptrdiff_t at = r * pixels * f;
		ahead next = {outers_of(c, f) + (dx ? strips_of(pixels, c) : 0)};
		if (r + 1 < p->ph || !last) { // the next image follows this one
			fetch_soon(&next, from + (r + 1) * pixels * c, pixels * c);
			fetch_soon(&next, y + at + pixels * f, pixels * f);
			fetch_soon(&next, dy + at + pixels * f, pixels * f);
			if (dx)
				fetch_soon(&next, dx + (r + 1) * pixels * c, pixels * c);
		}
		unpool(p, 1, y + at, behind, NULL, dy + at, gradient, db, e, first + at);
		outer_product(c, f, 1, pixels, from + r * pixels * c, 0, c, gradient, 0, f, dw, &next);
		for (ptrdiff_t j = 0; dx && j < c; j += PANEL) {
			float *to = dx + r * pixels * c + j;
			ptrdiff_t width = least(PANEL, c - j);
			int nv = panel_vectors(width);
			if (width == nv * LANES) {
				row(pixels, nv, 1, 0, f, gradient, f, packed + j * f, to, c, &next);
				continue;
			}
			row(pixels, nv, 1, 0, f, gradient, f, packed + j * f, sums, PANEL, &next);
			for (ptrdiff_t i = 0; i < pixels; i++)
				memcpy(to + i * c, sums + i * PANEL, 4 * width);
		}
	}
}

static void conv_backward(const conv_plan *p, ptrdiff_t n, const float *x, const float *before, const float *y, const float *behind,
	const uint8_t *arg, const float *dy, float *dx, const float *packed, float *dw, float *db, float *scratch, const epilogue *e, ptrdiff_t first)
{
	const window *g = &p->in;
	if (p->winograd) {
		WINOGRAD(p->winograd, g->kernel, winograd_backward, p, n, x, before, y, behind, arg, dy, dx, packed, dw, db, scratch, e, first);
		return;
	}
	ptrdiff_t run = g->kernel * g->c, in = g->h * g->w * g->c, out = p->ph * p->pw * p->f;
	float *map = scratch + p->at_g;
	ptrdiff_t rows = p->pool ? 2 * p->ph : g->oh, columns = p->pool ? 2 * p->pw : g->ow;
	for (ptrdiff_t i = 0; i < n; i++) {
		const float *from = padded_image(p, x + i * in, before, scratch), *yi = y + i * out, *dyi = dy + i * out;
		const uint8_t *winners = arg ? arg + i * out : NULL;
		float *dxi = dx ? dx + i * in : NULL;
		if (p->columns) {
			backward_by_columns(p, from, yi, behind, winners, dyi, dxi, packed, dw, db, scratch, e, first + i * out, i + 1 == n);
			continue;
		}
		if (p->pointwise) {
			backward_by_pixels(p, from, yi, behind, dyi, dxi, packed, dw, db, scratch, e, first + i * out, i + 1 == n);
			continue;
		}
		unpool(p, p->ph, yi, behind, winners, dyi, map, db, e, first + i * out);
		for (ptrdiff_t kh = 0; kh < g->kernel; kh++)
			outer_product(run, p->f, rows, columns, from + kh * p->xw * g->c, g->stride * p->xw * g->c, g->stride * g->c,
				map + (p->g_top * p->gw + p->g_left) * p->f, p->gw * p->f, p->f, dw + kh * run * p->f, NULL);
		if (dx) {
			ahead next = {g->h * g->stride * strips_of(g->w / g->stride, g->c)};
			if (i + 1 < n) {
				fetch_soon(&next, x + (i + 1) * in, in);
				fetch_soon(&next, y + (i + 1) * out, out);
				fetch_soon(&next, dy + (i + 1) * out, out);
				fetch_soon(&next, dxi + in, in);
			}
			input_gradient(p, map, packed, dxi, scratch + p->at_row, &next);
		}
	}
}

// ---- Depthwise convolution and pooling --------------------------------------

// reach is the part of a window's cells along one axis that lies within the
// map: cell k is at start + k.
typedef struct {
	ptrdiff_t start, from, to;
} reach;

INLINE reach reach_of(ptrdiff_t o, ptrdiff_t stride, ptrdiff_t pad, ptrdiff_t kernel, ptrdiff_t size)
{
	ptrdiff_t start = o * stride - pad;
	return (reach){start, most(0, -start), least(kernel, size - start)};
}

// EACH_PIXEL visits the output's pixels of n images: rows and columns reach
// over the input, in and out are the places of the window's corner and of the
// pixel.
#define EACH_PIXEL(g, n) \
	for (ptrdiff_t i_ = 0; i_ < (n); i_++) \
		for (ptrdiff_t r_ = 0; r_ < (g)->oh; r_++) \
			for (ptrdiff_t c_ = 0; c_ < (g)->ow; c_++)
#define PIXEL(g) \
	reach rows = reach_of(r_, (g)->stride, (g)->pad_top, (g)->kernel, (g)->h); \
	reach columns = reach_of(c_, (g)->stride, (g)->pad_left, (g)->kernel, (g)->w); \
	ptrdiff_t in = ((i_ * (g)->h + rows.start) * (g)->w + columns.start) * (g)->c; \
	ptrdiff_t out = ((i_ * (g)->oh + r_) * (g)->ow + c_) * (g)->c
#define EACH_CHANNELS(c, ...) \
	for (ptrdiff_t j = 0; j < (c); j += LANES) \
		WHOLE_OR_PART((c) - j, __VA_ARGS__)
#define EACH_CELL(g, kh, kw) \
	for (ptrdiff_t kh = rows.from; kh < rows.to; kh++) \
		for (ptrdiff_t kw = columns.from; kw < columns.to; kw++)

// EACH_WINDOW visits pixels and their channels, twice over in the code: the usual
// window of 2×2 has constant bounds.
#define EACH_WINDOW(g, n, ...) \
	EACH_PIXEL(g, n) \
	{ \
		PIXEL(g); \
		if ((g)->kernel == 2 && rows.from == 0 && rows.to == 2 && columns.from == 0 && columns.to == 2) { \
			rows = columns = (reach){0, 0, 2}; \
			EACH_CHANNELS((g)->c, __VA_ARGS__); \
		} else { \
			EACH_CHANNELS((g)->c, __VA_ARGS__); \
		} \
	}

// load_ahead loads and asks the caches for what is so many floats further on: a pool
// does too little to wait for memory.
INLINE vf load_ahead(const float *p, ptrdiff_t further, ptrdiff_t lanes)
{
	__builtin_prefetch(p + further, 0, 2);
	return load_part(p, lanes);
}

// Windows of 3×3 keep their weights, and the sums of their gradients, in
// registers while one vector of channels passes over a row: the rows that a
// row's windows meet stay in the first-level cache for the other channels.
enum { SIDE = 3, TAPS = SIDE * SIDE };

// AHEAD is how many rows ahead of the last of three the caches are asked for: rows
// are passed over once for each vector of channels, in steps that the processor
// does not foresee.
enum { AHEAD = 4 };

// A slide is a row of 3×3 windows with stride 1 over three rows of a map. Rows
// outside the map stand for the nearest one within, with weights of zero.
typedef struct {
	const float *rows[SIDE];
	int within[SIDE];
} slide;

INLINE slide slide_at(const float *map, ptrdiff_t start, ptrdiff_t high, ptrdiff_t row_size)
{
	slide s;
	UNROLL
	for (int k = 0; k < SIDE; k++) {
		ptrdiff_t row = least(most(start + k, 0), high - 1);
		s.rows[k] = map + row * row_size;
		s.within[k] = row == start + k;
	}
	return s;
}

// slide_weighted computes a row of outs pixels of a depthwise convolution from rows
// of wide pixels, with pad columns of zeros before them. Each column of the input is
// loaded once and adds to the three outputs whose windows meet it.
INLINE void slide_weighted(slide s, ptrdiff_t wide, ptrdiff_t pad, ptrdiff_t c, const vf taps[TAPS], vf bias, ptrdiff_t act, float *y,
	ptrdiff_t outs, ptrdiff_t lanes)
{
	vf weights[TAPS], sums[SIDE - 1] = {bias, bias}; // of the outputs that are not complete
	UNROLL
	for (int k = 0; k < TAPS; k++)
		weights[k] = s.within[k / SIDE] ? taps[k] : (vf){0};
	ptrdiff_t out = pad - (SIDE - 1); // the output that a column completes
	for (ptrdiff_t q = 0; q < wide; q++, out++) {
		vf x[SIDE], parts[SIDE];
		__builtin_prefetch(s.rows[2] + (AHEAD * wide + q) * c, 0, 2);
		__builtin_prefetch(y + (AHEAD * outs + q) * c, 1, 2);
		UNROLL
		for (int k = 0; k < SIDE; k++)
			x[k] = load_part(s.rows[k] + q * c, lanes);
		UNROLL
		for (int k = 0; k < SIDE; k++)
			parts[k] = x[0] * weights[k] + (x[1] * weights[SIDE + k] + x[2] * weights[2 * SIDE + k]);
		if (out >= 0 && out < outs)
			store_part(y + out * c, activation(act, sums[0] + parts[2]), lanes);
		sums[0] = sums[1] + parts[1];
		sums[1] = bias + parts[0];
	}
	for (; out < outs; out++) {
		store_part(y + out * c, activation(act, sums[0]), lanes);
		sums[0] = sums[1];
		sums[1] = bias;
	}
}

// slide_gradient adds to the gradients of the weights what a row of outs pixels
// with the gradients d brings.
INLINE void slide_gradient(slide s, ptrdiff_t wide, ptrdiff_t pad, ptrdiff_t c, const float *d, ptrdiff_t outs, vf sums[TAPS], vf *bias,
	ptrdiff_t lanes)
{
	vf near[SIDE] = {{0}}; // the gradients of the outputs whose first, second, third column this is
	for (ptrdiff_t out = 0; out < pad; out++) {
		near[2] = near[1];
		near[1] = load_part(d + out * c, lanes);
		*bias += near[1];
	}
	for (ptrdiff_t q = 0; q < wide; q++) {
		ptrdiff_t out = q + pad;
		near[0] = out < outs ? load_part(d + out * c, lanes) : (vf){0};
		*bias += near[0];
		__builtin_prefetch(s.rows[2] + (AHEAD * wide + q) * c, 0, 2);
		UNROLL
		for (int r = 0; r < SIDE; r++) {
			vf x = s.within[r] ? load_part(s.rows[r] + q * c, lanes) : (vf){0};
			UNROLL
			for (int k = 0; k < SIDE; k++)
				sums[r * SIDE + k] += x * near[k];
		}
		near[2] = near[1];
		near[1] = near[0];
	}
}

INLINE void load_taps(const window *g, const float *w, vf taps[TAPS], ptrdiff_t lanes)
{
	UNROLL
	for (int k = 0; k < TAPS; k++)
		taps[k] = g->kernel == SIDE ? load_part(w + k * g->c, lanes) : (vf){0};
}

INLINE int slides(const window *g) { return g->kernel == SIDE && g->stride == 1; }

INLINE void depthwise_row_forward(const window *g, ptrdiff_t act, ptrdiff_t i_, ptrdiff_t r_, const float *x, const float *w, const float *bias, float *y,
	ptrdiff_t lanes)
{
	vf taps[TAPS], shift = bias ? load_part(bias, lanes) : (vf){0};
	load_taps(g, w, taps, lanes);
	if (slides(g)) {
		slide s = slide_at(x + i_ * g->h * g->w * g->c, r_ - g->pad_top, g->h, g->w * g->c);
		slide_weighted(s, g->w, g->pad_left, g->c, taps, shift, act, y + (i_ * g->oh + r_) * g->ow * g->c, g->ow, lanes);
		return;
	}
	for (ptrdiff_t c_ = 0; c_ < g->ow; c_++) {
		PIXEL(g);
		vf sum = shift;
		if (g->kernel == SIDE && rows.from == 0 && columns.from == 0 && rows.to == SIDE && columns.to == SIDE) {
			UNROLL
			for (int k = 0; k < TAPS; k++)
				sum += load_part(x + in + (k / SIDE * g->w + k % SIDE) * g->c, lanes) * taps[k];
		} else {
			EACH_CELL(g, kh, kw)
				sum += load_part(x + in + (kh * g->w + kw) * g->c, lanes) * load_part(w + (kh * g->kernel + kw) * g->c, lanes);
		}
		store_part(y + out, activation(act, sum), lanes);
	}
}

static void depthwise_forward(const window *g, ptrdiff_t act, ptrdiff_t n, const float *x, const float *w, const float *bias, float *y)
{
	for (ptrdiff_t i = 0; i < n; i++)
		for (ptrdiff_t r = 0; r < g->oh; r++)
			EACH_CHANNELS(g->c, depthwise_row_forward(g, act, i, r, x + j, w + j, bias ? bias + j : NULL, y + j, lanes););
}

INLINE void depthwise_row_backward(const window *g, ptrdiff_t act, ptrdiff_t i_, ptrdiff_t r_, const float *x, const float *w, const float *y,
	const float *dy, float *dx, float *dw, float *db, ptrdiff_t lanes)
{
	vf taps[TAPS], sums[TAPS], bias = {0};
	load_taps(g, w, taps, lanes);
	load_taps(g, dw, sums, lanes);
	for (ptrdiff_t c_ = 0; c_ < g->ow; c_++) {
		PIXEL(g);
		vf d = load_part(dy + out, lanes);
		if (act != LINEAR)
			d = times_derivative(act, load_part(y + out, lanes), d);
		bias += d;
		if (g->kernel == SIDE && rows.from == 0 && columns.from == 0 && rows.to == SIDE && columns.to == SIDE) {
			UNROLL
			for (int k = 0; k < TAPS; k++) {
				ptrdiff_t cell = in + (k / SIDE * g->w + k % SIDE) * g->c;
				sums[k] += d * load_part(x + cell, lanes);
				if (dx)
					store_part(dx + cell, load_part(dx + cell, lanes) + d * taps[k], lanes);
			}
			continue;
		}
		EACH_CELL(g, kh, kw)
		{
			ptrdiff_t cell = in + (kh * g->w + kw) * g->c, weight = kh * g->kernel + kw;
			vf product = d * load_part(x + cell, lanes);
			if (g->kernel == SIDE) {
				UNROLL
				for (int k = 0; k < TAPS; k++) {
					if (k == weight)
						sums[k] += product;
				}
			} else {
				store_part(dw + weight * g->c, load_part(dw + weight * g->c, lanes) + product, lanes);
			}
			if (dx)
				store_part(dx + cell, load_part(dx + cell, lanes) + d * load_part(w + weight * g->c, lanes), lanes);
		}
	}
	store_part(db, load_part(db, lanes) + bias, lanes);
	if (g->kernel == SIDE) {
		UNROLL
		for (int k = 0; k < TAPS; k++)
			store_part(dw + k * g->c, sums[k], lanes);
	}
}

// slide_row_backward is row r of an image's gradients, of dw from row r of dy, and
// of dx, which is the convolution of dy with the turned window.
INLINE void slide_row_backward(const window *g, ptrdiff_t r, const float *x, const float *w, const float *dy, float *dx, float *dw, float *db,
	ptrdiff_t lanes)
{
	if (r < g->oh) {
		vf sums[TAPS], bias = load_part(db, lanes);
		load_taps(g, dw, sums, lanes);
		slide s = slide_at(x, r - g->pad_top, g->h, g->w * g->c);
		slide_gradient(s, g->w, g->pad_left, g->c, dy + r * g->ow * g->c, g->ow, sums, &bias, lanes);
		UNROLL
		for (int k = 0; k < TAPS; k++)
			store_part(dw + k * g->c, sums[k], lanes);
		store_part(db, bias, lanes);
	}
	if (dx) {
		vf taps[TAPS], turned[TAPS];
		load_taps(g, w, taps, lanes);
		UNROLL
		for (int k = 0; k < TAPS; k++)
			turned[k] = taps[TAPS - 1 - k];
		ptrdiff_t border = SIDE - 1;
		slide s = slide_at(dy, r - (border - g->pad_top), g->oh, g->ow * g->c);
		slide_weighted(s, g->ow, border - g->pad_left, g->c, turned, (vf){0}, LINEAR, dx + r * g->w * g->c, g->w, lanes);
	}
}

static void depthwise_backward(const window *g, ptrdiff_t act, ptrdiff_t n, const float *x, const float *w, const float *y, const float *dy,
	float *dx, float *dw, float *db)
{
	ptrdiff_t in = g->h * g->w * g->c, out = g->oh * g->ow * g->c;
	for (ptrdiff_t i = 0; i < n; i++) {
		if (act == LINEAR && slides(g)) {
			for (ptrdiff_t r = 0; r < g->h; r++)
				EACH_CHANNELS(g->c,
					slide_row_backward(g, r, x + i * in + j, w + j, dy + i * out + j, dx ? dx + i * in + j : NULL, dw + j, db + j, lanes););
			continue;
		}
		if (dx)
			memset(dx + i * in, 0, 4 * in);
		for (ptrdiff_t r = 0; r < g->oh; r++)
			EACH_CHANNELS(g->c,
				depthwise_row_backward(g, act, i, r, x + j, w + j, y + j, dy + j, dx ? dx + j : NULL, dw + j, db + j, lanes););
	}
}

static void max_pool_forward(const window *g, ptrdiff_t n, const float *x, float *y, uint8_t *arg)
{
	EACH_WINDOW(g, n,
		vf best = load_part(x + in + (rows.from * g->w + columns.from) * g->c + j, lanes);
		vi winner = (vi){0} + (int32_t)(rows.from * g->kernel + columns.from);
		EACH_CELL(g, kh, kw)
		{
			vf v = load_ahead(x + in + (kh * g->w + kw) * g->c + j, AHEAD * g->w * g->c, lanes);
			vi better = v > best;
			best = choose(better, v, best);
			winner = (winner & ~better) | (better & (int32_t)(kh * g->kernel + kw));
		}
		store_part(y + out + j, best, lanes);
		if (arg)
			store_bytes(arg + out + j, winner, lanes);
	);
}

static void average_pool_forward(const window *g, ptrdiff_t n, const float *x, float *y)
{
	EACH_WINDOW(g, n,
		float scale = 1.0f / (float)((rows.to - rows.from) * (columns.to - columns.from));
		vf sum = {0};
		EACH_CELL(g, kh, kw)
			sum += load_ahead(x + in + (kh * g->w + kw) * g->c + j, AHEAD * g->w * g->c, lanes);
		store_part(y + out + j, sum * scale, lanes);
	);
}

// once tells whether windows meet every cell of their map, and none twice.
INLINE int once(const window *g)
{
	return g->kernel == g->stride && g->oh * g->stride - g->pad_top >= g->h && g->ow * g->stride - g->pad_left >= g->w;
}

// SPREAD sums up in each cell of dx what its windows bring it: value, of kh and kw,
// where code ran before.
#define SPREAD(g, n, dx, code, value) \
	do { \
		int single = once(g); \
		if (!single) \
			memset(dx, 0, 4 * (n) * (g)->h * (g)->w * (g)->c); \
		EACH_WINDOW(g, n, \
			code \
			EACH_CELL(g, kh, kw) \
			{ \
				float *to = (dx) + in + (kh * (g)->w + kw) * (g)->c + j; \
				__builtin_prefetch(to + AHEAD * (g)->w * (g)->c, 1, 2); \
				store_part(to, single ? value : load_part(to, lanes) + value, lanes); \
			}) \
	} while (0)

static void max_pool_backward(const window *g, ptrdiff_t n, const uint8_t *arg, const float *dy, float *dx)
{
	SPREAD(g, n, dx, vf d = load_ahead(dy + out + j, AHEAD * g->ow * g->c, lanes); vi winner = load_bytes(arg + out + j, lanes);,
		choose(winner == (int32_t)(kh * g->kernel + kw), d, (vf){0}));
}

static void average_pool_backward(const window *g, ptrdiff_t n, const float *dy, float *dx)
{
	SPREAD(g, n, dx, vf d = load_ahead(dy + out + j, AHEAD * g->ow * g->c, lanes) * (1.0f / (float)((rows.to - rows.from) * (columns.to - columns.from)));, d);
}

// ---- Batch normalisation ----------------------------------------------------

// EACH_COLUMNS does block(nv, j, lanes) for blocks of nv vectors of columns:
// four at a time while they last, then fewer; lanes is how many they are.
#define EACH_COLUMNS(c, block) \
	do { \
		ptrdiff_t j_ = 0; \
		for (; j_ + 4 * LANES <= (c); j_ += 4 * LANES) \
			block(4, j_, 4 * LANES); \
		for (; j_ + 2 * LANES <= (c); j_ += 2 * LANES) \
			block(2, j_, 2 * LANES); \
		for (; j_ + LANES <= (c); j_ += LANES) \
			block(1, j_, LANES); \
		if (j_ < (c)) \
			block(1, j_, (c) - j_); \
	} while (0)
#define EACH_VECTOR(nv) UNROLL for (int v = 0; v < nv; v++)
#define AT(p, j) load_part((p) + (j) + v * LANES, lanes - v * LANES)
#define TO(p, j, value) store_part((p) + (j) + v * LANES, value, lanes - v * LANES)

INLINE void moments_block(const int nv, ptrdiff_t rows, ptrdiff_t c, const float *x, float *mean, float *squares, ptrdiff_t lanes)
{
	vf m[4], s[4];
	EACH_VECTOR(nv) m[v] = s[v] = (vf){0};
	for (ptrdiff_t r = 0; r < rows; r++)
		EACH_VECTOR(nv) m[v] += AT(x, r * c);
	EACH_VECTOR(nv) m[v] /= (float)rows;
	for (ptrdiff_t r = 0; r < rows; r++)
		EACH_VECTOR(nv)
		{
			vf d = AT(x, r * c) - m[v];
			s[v] += d * d;
		}
	EACH_VECTOR(nv)
	{
		TO(mean, 0, m[v]);
		TO(squares, 0, s[v]);
	}
}

static void norm_moments(ptrdiff_t rows, ptrdiff_t c, const float *x, float *mean, float *squares)
{
#define BLOCK(nv, j, lanes) moments_block(nv, rows, c, x + j, mean + j, squares + j, lanes)
	EACH_COLUMNS(c, BLOCK);
#undef BLOCK
}

#define LOAD_NORM \
	norm_column norm[4]; \
	EACH_VECTOR(nv) norm[v] = load_norm(numbers + v * LANES, c, lanes - v * LANES)

INLINE void apply_block(const int nv, ptrdiff_t rows, ptrdiff_t c, const float *x, const float *skip, const float *numbers, ptrdiff_t act, float *y,
	ptrdiff_t lanes)
{
	LOAD_NORM;
	for (ptrdiff_t r = 0; r < rows; r++)
		EACH_VECTOR(nv)
		{
			vf z = normalised(&norm[v], AT(x, r * c));
			if (skip)
				z += AT(skip, r * c);
			TO(y, r * c, activation(act, z));
		}
}

static void norm_apply(ptrdiff_t rows, ptrdiff_t c, const float *x, const float *skip, const float *norm, ptrdiff_t act, float *y)
{
#define BLOCK(nv, j, lanes) apply_block(nv, rows, c, x + j, skip ? skip + j : NULL, norm + j, act, y + j, lanes)
	EACH_COLUMNS(c, BLOCK);
#undef BLOCK
}

INLINE void sums_block(const int nv, ptrdiff_t rows, ptrdiff_t c, const float *x, const float *y, const float *dy, const float *numbers, ptrdiff_t act,
	float *to, float *sum, float *product, ptrdiff_t lanes)
{
	LOAD_NORM;
	vf s[4], q[4];
	EACH_VECTOR(nv) s[v] = q[v] = (vf){0};
	for (ptrdiff_t r = 0; r < rows; r++)
		EACH_VECTOR(nv)
		{
			vf g = AT(dy, r * c), in = AT(x, r * c);
			if (y) {
				g = times_derivative(RELU, AT(y, r * c), g);
				TO(to, r * c, g);
			} else {
				g = before_activation(&norm[v], act, in, g);
			}
			s[v] += g;
			q[v] += g * (in - norm[v].mean);
		}
	EACH_VECTOR(nv)
	{
		TO(sum, 0, s[v]);
		TO(product, 0, q[v]);
	}
}

static void norm_sums(ptrdiff_t rows, ptrdiff_t c, const float *x, const float *y, const float *dy, const float *norm, ptrdiff_t act, float *g,
	float *sum, float *product)
{
#define BLOCK(nv, j, lanes) \
	sums_block(nv, rows, c, x + j, y ? y + j : NULL, dy + j, norm + j, act, g ? g + j : NULL, sum + j, product + j, lanes)
	EACH_COLUMNS(c, BLOCK);
#undef BLOCK
}

INLINE void grad_block(const int nv, ptrdiff_t rows, ptrdiff_t c, const float *x, const float *dy, const float *numbers, ptrdiff_t act, float *dx,
	ptrdiff_t lanes)
{
	LOAD_NORM;
	for (ptrdiff_t r = 0; r < rows; r++)
		EACH_VECTOR(nv)
		{
			vf in = AT(x, r * c), g = before_activation(&norm[v], act, in, AT(dy, r * c));
			TO(dx, r * c, before_norm(&norm[v], in, g));
		}
}

static void norm_grad(ptrdiff_t rows, ptrdiff_t c, const float *x, const float *dy, const float *norm, ptrdiff_t act, float *dx)
{
#define BLOCK(nv, j, lanes) grad_block(nv, rows, c, x + j, dy + j, norm + j, act, dx + j, lanes)
	EACH_COLUMNS(c, BLOCK);
#undef BLOCK
}

// ---- Elementwise ------------------------------------------------------------

// EACH_ELEMENT runs code for every vector i of n elements.
#define EACH_ELEMENT(n, ...) \
	for (ptrdiff_t i = 0; i < (n); i += LANES) \
		WHOLE_OR_PART((n) - i, __VA_ARGS__)

static void activate(ptrdiff_t n, ptrdiff_t act, const float *x, float *y)
{
	EACH_ELEMENT(n, store_part(y + i, activation(act, load_part(x + i, lanes)), lanes););
}

static void activate_grad(ptrdiff_t n, ptrdiff_t act, const float *y, const float *dy, float *dx)
{
	EACH_ELEMENT(n, store_part(dx + i, times_derivative(act, load_part(y + i, lanes), load_part(dy + i, lanes)), lanes););
}

static void add(ptrdiff_t n, ptrdiff_t act, const float *a, const float *b, float *y)
{
	EACH_ELEMENT(n, store_part(y + i, activation(act, load_part(a + i, lanes) + load_part(b + i, lanes)), lanes););
}

static void dropout(ptrdiff_t n, const dropout_mask *m, ptrdiff_t first, const float *x, float *y)
{
	EACH_ELEMENT(n, store_part(y + i, load_part(x + i, lanes) * factors(m, first + i), lanes););
}

static void gradient(ptrdiff_t n, const epilogue *e, ptrdiff_t first, const float *y, const float *dy, float *dx)
{
	EACH_ELEMENT(n, store_part(dx + i, before_finish(e, load_part(y + i, lanes), load_part(dy + i, lanes), first + i), lanes););
}

// A block of sums stays in the first-level cache while the parts pass by.
static void sum_parts(ptrdiff_t n, float *dst, const float *parts, ptrdiff_t count, ptrdiff_t step)
{
	for (ptrdiff_t from = 0; from < n; from += 4 * LANES) {
		ptrdiff_t lanes = least(4 * LANES, n - from);
		vf sum[4];
		if (lanes == 4 * LANES) {
			EACH_VECTOR(4) sum[v] = load(parts + from + v * LANES);
			for (ptrdiff_t p = 1; p < count; p++)
				EACH_VECTOR(4) sum[v] += load(parts + p * step + from + v * LANES);
			EACH_VECTOR(4) store(dst + from + v * LANES, sum[v]);
			continue;
		}
		for (ptrdiff_t j = from; j < n; j++) {
			float total = parts[j];
			for (ptrdiff_t p = 1; p < count; p++)
				total += parts[p * step + j];
			dst[j] = total;
		}
	}
}

// ---- Optimisers -------------------------------------------------------------

static void sgd(ptrdiff_t n, const sgd_step *p, float *w, const float *g, float *velocity)
{
	const sgd_step s = *p;
	EACH_ELEMENT(n,
		vf old = load_part(w + i, lanes);
		vf v = -s.rate * (load_part(g + i, lanes) + s.decay * old);
		if (velocity) {
			vf step = v;
			v = s.momentum * load_part(velocity + i, lanes) + step;
			store_part(velocity + i, v, lanes);
			if (s.nesterov)
				v = s.momentum * v + step;
		}
		store_part(w + i, old + v, lanes);
	);
}

static void rmsprop(ptrdiff_t n, const rmsprop_step *p, float *w, const float *g, float *square, float *velocity)
{
	const rmsprop_step s = *p;
	EACH_ELEMENT(n,
		vf old = load_part(w + i, lanes);
		vf d = load_part(g + i, lanes) + s.decay * old;
		vf q = s.rho * load_part(square + i, lanes) + s.rest * d * d;
		store_part(square + i, q, lanes);
		vf step = s.rate * d / ROOT(q + s.epsilon);
		if (velocity) {
			step += s.momentum * load_part(velocity + i, lanes);
			store_part(velocity + i, step, lanes);
		}
		store_part(w + i, old - step, lanes);
	);
}

static void adam(ptrdiff_t n, const adam_step *p, float *w, const float *g, float *m, float *v)
{
	const adam_step s = *p;
	EACH_ELEMENT(n,
		vf old = load_part(w + i, lanes);
		vf d = load_part(g + i, lanes) + s.decay * old;
		vf first = s.beta1 * load_part(m + i, lanes) + s.rest1 * d;
		vf second = s.beta2 * load_part(v + i, lanes) + s.rest2 * d * d;
		store_part(m + i, first, lanes);
		store_part(v + i, second, lanes);
		store_part(w + i, old * s.shrink - s.rate * first / (ROOT(second) + s.epsilon), lanes);
	);
}

const kernel_table TABLE = {
	.panel = PANEL,
#define ENTRY(name, arguments, ...) .name = name,
	FUNCTIONS(ENTRY)
#undef ENTRY
};
