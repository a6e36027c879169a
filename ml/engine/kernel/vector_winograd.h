// Winograd's minimal filtering: part of vector_body.h.

// Convolutions of 3×3, 5×5 and 7×7 with stride 1 are done as F(2×2, 3×3),
// F(4×4, 3×3), F(4×4, 5×5) or F(2×2, 7×7) of Lavin and Gray (Fast Algorithms for
// Convolutional Neural Networks, 2016): an output tile of side×side pixels from
// an input tile of cells×cells, cells = side + taps - 1, with 16, 36 or 64
// products where the definition has 36, 144, 400 or 196. A transformed tile is
// that many values a channel; each of them is a matrix product over the channels,
// which strip and outer compute.
//
// The transforms multiply polynomials by way of their values: at 0, ±1 and ∞ for
// 4 cells, at 0, ±√½, ±√2 and ∞ for 6, at 0, ±1, ±2, ±½ and ∞ for 8. Powers of
// these points stay near 1, so that the rounding errors of 6 cells are about
// twice the definition's; with 0, ±1, ±2 and ∞ they would be five times as large,
// as they are with 8 cells.

// CELLS is the side of the largest input tile, OUTPUTS of the largest output
// tile, SPAN of the largest kernel.
enum { CELLS = 8, OUTPUTS = 4, SPAN = 7 };

#define ROOT_TWO 1.41421356f
#define ROOT_HALF 0.707106781f

// both puts the values at a point and at its negative from the terms of even and
// of odd powers.
INLINE void both(vf even, vf odd, vf at[2])
{
	at[0] = even + odd;
	at[1] = even - odd;
}

// input_line is one dimension of the transform of an input tile.
INLINE void input_line(const int side, const int taps, const vf d[CELLS], vf t[CELLS])
{
	switch (side + taps - 1) {
	case 4:
		t[0] = d[0] - d[2];
		t[1] = d[1] + d[2];
		t[2] = d[2] - d[1];
		t[3] = d[3] - d[1];
		break;
	case 6:
		t[0] = (d[0] + d[4]) - 2.5f * d[2];
		both(d[4] - 2.0f * d[2], ROOT_HALF * (d[3] - 2.0f * d[1]), t + 1);
		both(d[4] - 0.5f * d[2], ROOT_TWO * (d[3] - 0.5f * d[1]), t + 3);
		t[5] = (d[1] + d[5]) - 2.5f * d[3];
		break;
	case 8:
		t[0] = (d[0] - d[6]) + 5.25f * (d[4] - d[2]);
		both((d[2] + d[6]) - 4.25f * d[4], (d[1] + d[5]) - 4.25f * d[3], t + 1);
		both((d[6] + 0.25f * d[2]) - 1.25f * d[4], (2.0f * d[5] + 0.5f * d[1]) - 2.5f * d[3], t + 3);
		both((d[6] + 4.0f * d[2]) - 5.0f * d[4], (0.5f * d[5] + 2.0f * d[1]) - 2.5f * d[3], t + 5);
		t[7] = (d[7] - d[1]) + 5.25f * (d[3] - d[5]);
	}
}

// sum_line is one dimension of the transform of the products into an output tile.
INLINE void sum_line(const int side, const int taps, const vf m[CELLS], vf y[OUTPUTS])
{
	const int last = side + taps - 2;
	vf a = m[1] + m[2], b = m[1] - m[2];
	if (last == 3) {
		y[0] = m[0] + a;
		y[1] = b + m[3];
		return;
	}
	vf c = m[3] + m[4], d = m[3] - m[4];
	if (last == 5) {
		y[0] = m[0] + a + c;
		y[1] = ROOT_HALF * b + ROOT_TWO * d;
		y[2] = 0.5f * a + 2.0f * c;
		y[3] = 0.5f * ROOT_HALF * b + (2.0f * ROOT_TWO * d + m[5]);
		return;
	}
	vf e = m[5] + m[6], f = m[5] - m[6];
	y[0] = (m[0] + a) + (c + e);
	y[1] = b + 2.0f * d + 0.5f * f;
	if (side == 4) {
		y[2] = a + 4.0f * c + 0.25f * e;
		y[3] = b + 8.0f * d + 0.125f * f;
	}
	y[side - 1] += m[7];
}

// gradient_line is one dimension of the transform of a tile of output gradients,
// the transpose of sum_line.
INLINE void gradient_line(const int side, const int taps, const vf g[OUTPUTS], vf t[CELLS])
{
	const int last = side + taps - 2;
	t[0] = g[0];
	t[last] = g[side - 1];
	switch (last) {
	case 3:
		both(g[0], g[1], t + 1);
		break;
	case 5:
		both(g[0] + 0.5f * g[2], ROOT_HALF * (g[1] + 0.5f * g[3]), t + 1);
		both(g[0] + 2.0f * g[2], ROOT_TWO * (g[1] + 2.0f * g[3]), t + 3);
		break;
	case 7:
		if (side == 2) {
			both(g[0], g[1], t + 1);
			both(g[0], 2.0f * g[1], t + 3);
			both(g[0], 0.5f * g[1], t + 5);
			break;
		}
		both(g[0] + g[2], g[1] + g[3], t + 1);
		both(g[0] + 4.0f * g[2], 2.0f * g[1] + 8.0f * g[3], t + 3);
		both(g[0] + 0.25f * g[2], 0.5f * g[1] + 0.125f * g[3], t + 5);
	}
}

// powers is the sum of a tap, the second after it and so on, each times a power of
// a point's square: the even terms of a kernel's value, or the odd ones.
INLINE vf powers(const int taps, const vf g[SPAN], const int first, const float square)
{
	vf sum = {0};
	float factor = 1;
	UNROLL
	for (int k = first; k < taps; k += 2, factor *= square)
		sum += factor * g[k];
	return sum;
}

// POINTS calls POINT for each pair of points of the transform whose last cell is
// given: with the pair's first cell, the weights' scale, the point and its square.
#define POINTS(last) \
	switch (last) { \
	case 3: \
		POINT(1, 0.5f, 1, 1); \
		break; \
	case 5: \
		POINT(1, -2.0f / 3, ROOT_HALF, 0.5f); \
		POINT(3, 1.0f / 6, ROOT_TWO, 2); \
		break; \
	case 7: \
		POINT(1, -2.0f / 9, 1, 1); \
		POINT(3, 1.0f / 90, 2, 4); \
		POINT(5, 32.0f / 45, 0.5f, 0.25f); \
	}

// weight_line is one dimension of the transform of a kernel's taps.
INLINE void weight_line(const int side, const int taps, const vf g[SPAN], vf u[CELLS])
{
	const int last = side + taps - 2;
	u[0] = g[0];
	u[last] = g[taps - 1];
#define POINT(i, scale, point, square) \
	both((scale)*powers(taps, g, 0, square), (scale) * (point)*powers(taps, g, 1, square), u + (i))
	POINTS(last)
#undef POINT
}

// tap_line is one dimension of the way from the gradients of the transformed
// weights to those of the taps, the transpose of weight_line.
INLINE void tap_line(const int side, const int taps, const vf u[CELLS], vf g[SPAN])
{
	const int last = side + taps - 2;
	UNROLL
	for (int k = 0; k < taps; k++)
		g[k] = (vf){0};
	g[0] = u[0];
	g[taps - 1] = u[last];
#define POINT(i, scale, point, square) \
	do { \
		vf even = (scale) * (u[i] + u[i + 1]), odd = (scale) * (point) * (u[i] - u[i + 1]); \
		float factor = 1; \
		UNROLL \
		for (int k = 0; k < taps; k += 2, factor *= (square)) { \
			g[k] += factor * even; \
			if (k + 1 < taps) \
				g[k + 1] += factor * odd; \
		} \
	} while (0)
	POINTS(last)
#undef POINT
}

// TRANSFORM_TILE transforms a tile of length×length by a line function. It makes the
// rows of the result in pairs that share most of their arithmetic: the first and
// the last, then neighbours. A pair's numbers fit the registers where a whole
// tile's would not; the tile is read again for each.
#define TRANSFORM_TILE(line, side, taps, length, from, row_step, step, to, to_step, lanes) \
	const int cells = side + taps - 1; \
	UNROLL \
	for (int pair = 0; pair < cells / 2; pair++) { \
		const int upper = pair ? 2 * pair - 1 : 0, lower = pair ? 2 * pair : cells - 1; \
		vf rows[2][CELLS]; \
		HIDE(from); \
		UNROLL \
		for (int c = 0; c < (length); c++) { \
			vf a[CELLS], t[CELLS]; \
			UNROLL \
			for (int r = 0; r < (length); r++) \
				a[r] = load_part(from + r * (row_step) + c * (step), lanes); \
			line(side, taps, a, t); \
			rows[0][c] = t[upper]; \
			rows[1][c] = t[lower]; \
		} \
		UNROLL \
		for (int i = 0; i < 2; i++) { \
			vf t[CELLS]; \
			line(side, taps, rows[i], t); \
			float *at = (to) + (i ? lower : upper) * cells * (to_step); \
			HIDE(at); \
			UNROLL \
			for (int c = 0; c < cells; c++) \
				store_part(at + c * (to_step), t[c], lanes); \
		} \
	}

INLINE void transform_input(const int side, const int taps, const float *d, ptrdiff_t row_step, ptrdiff_t step, float *to, ptrdiff_t to_step, ptrdiff_t lanes)
{
	TRANSFORM_TILE(input_line, side, taps, side + taps - 1, d, row_step, step, to, to_step, lanes)
}

INLINE void transform_gradient(const int side, const int taps, const float *g, ptrdiff_t row_step, ptrdiff_t step, float *to, ptrdiff_t to_step, ptrdiff_t lanes)
{
	TRANSFORM_TILE(gradient_line, side, taps, side, g, row_step, step, to, to_step, lanes)
}

// transform_sums turns products into an output tile.
INLINE void transform_sums(const int side, const int taps, const float *m, ptrdiff_t step, vf y[OUTPUTS][OUTPUTS])
{
	const int cells = side + taps - 1;
	UNROLL
	for (int i = 0; i < side; i += 2) { // rows that share the even or the odd part
		int upper = i / 2, lower = side == 2 ? 1 : upper + 2;
		vf rows[2][CELLS];
		HIDE(m);
		UNROLL
		for (int c = 0; c < cells; c++) {
			vf a[CELLS], t[OUTPUTS];
			UNROLL
			for (int r = 0; r < cells; r++)
				a[r] = load(m + (r * cells + c) * step);
			sum_line(side, taps, a, t);
			rows[0][c] = t[upper];
			rows[1][c] = t[lower];
		}
		sum_line(side, taps, rows[0], y[upper]);
		sum_line(side, taps, rows[1], y[lower]);
	}
}

// plane is how far the values of a transformed tile are apart in memory, with n
// floats of each: an odd number of cache lines, because a tile's values would
// share a few sets of the caches at a power of two.
INLINE ptrdiff_t plane(ptrdiff_t n) { return ((n + 15) & ~(ptrdiff_t)15) | 16; }

// A walk passes over the tiles of some maps, row by row.
typedef struct {
	ptrdiff_t high, wide; // tiles of a map
	ptrdiff_t image, row, column;
} walk;

INLINE walk walk_from(ptrdiff_t high, ptrdiff_t wide, ptrdiff_t tile)
{
	return (walk){high, wide, tile / (high * wide), tile / wide % high, tile % wide};
}

INLINE void walk_on(walk *w)
{
	if (++w->column < w->wide)
		return;
	w->column = 0;
	if (++w->row < w->high)
		return;
	w->row = 0;
	w->image++;
}

// TRANSFORM_MAPS transforms n tiles of maps with rows of map_width pixels of c
// channels: to is (cells², n, c).
#define TRANSFORM_MAPS(transform, side, taps, maps, map_size, map_width, c, w, n, to) \
	for (ptrdiff_t i_ = 0; i_ < (n); i_++, walk_on(&(w))) { \
		const float *from_ = (maps) + (w).image * (map_size) + (side) * ((w).row * (map_width) + (w).column) * (c); \
		for (ptrdiff_t j = 0; j < (c); j += LANES) \
			WHOLE_OR_PART((c) - j, transform(side, taps, from_ + j, (map_width) * (c), c, (to) + i_ * (c) + j, plane((n) * (c)), lanes);); \
	}

INLINE void transform_inputs(const int side, const int taps, const float *maps, ptrdiff_t map_size, ptrdiff_t map_width, ptrdiff_t c, walk w, ptrdiff_t n, float *to)
{
	TRANSFORM_MAPS(transform_input, side, taps, maps, map_size, map_width, c, w, n, to)
}

INLINE void transform_gradients(const int side, const int taps, const float *maps, ptrdiff_t map_size, ptrdiff_t map_width, ptrdiff_t c, walk w, ptrdiff_t n, float *to)
{
	TRANSFORM_MAPS(transform_gradient, side, taps, maps, map_size, map_width, c, w, n, to)
}

// add_weight_gradient adds to dw, (taps, taps, size), what the gradients of the
// transformed weights, (cells², size), amount to.
INLINE void add_weight_gradient(const int side, const int taps, ptrdiff_t size, const float *du, float *dw)
{
	const int cells = side + taps - 1;
	for (ptrdiff_t i = 0; i < size; i += LANES) {
		ptrdiff_t lanes = size - i;
		vf t[SPAN][CELLS];
		UNROLL
		for (int c = 0; c < cells; c++) {
			vf a[CELLS], g[SPAN];
			UNROLL
			for (int r = 0; r < cells; r++)
				a[r] = load_part(du + (cells * r + c) * size + i, lanes);
			tap_line(side, taps, a, g);
			UNROLL
			for (int r = 0; r < taps; r++)
				t[r][c] = g[r];
		}
		UNROLL
		for (int r = 0; r < taps; r++) {
			vf line[SPAN];
			tap_line(side, taps, t[r], line);
			UNROLL
			for (int c = 0; c < taps; c++) {
				float *to = dw + (taps * r + c) * size + i;
				store_part(to, load_part(to, lanes) + line[c], lanes);
			}
		}
	}
}

INLINE void pack_tiles(const int side, const int taps, float *dst, ptrdiff_t k, ptrdiff_t k0, ptrdiff_t rows, ptrdiff_t n, const float *src,
	ptrdiff_t tap_step, ptrdiff_t row_step, ptrdiff_t column_step)
{
	const int cells = side + taps - 1;
	ptrdiff_t size = k * ((n + LANES - 1) / LANES * LANES);
	for (ptrdiff_t i = 0; i < rows; i++)
		for (ptrdiff_t j = 0; j < n; j += LANES) {
			ptrdiff_t lanes = least(LANES, n - j), panel = j / PANEL * PANEL;
			ptrdiff_t width = panel_vectors(n - panel) * LANES;
			float *to = dst + panel * k + (k0 + i) * width + j - panel;
			const float *from = src + i * row_step + j * column_step;
			vf t[SPAN][CELLS]; // a column of taps each
			UNROLL
			for (int c = 0; c < taps; c++) {
				vf a[SPAN] = {{0}};
				for (int r = 0; r < taps; r++) {
					const float *tap = from + (taps * r + c) * tap_step;
					if (column_step == 1)
						a[r] = load_part(tap, lanes);
					else
						for (ptrdiff_t l = 0; l < lanes; l++)
							a[r][l] = tap[l * column_step];
				}
				weight_line(side, taps, a, t[c]);
			}
			UNROLL
			for (int r = 0; r < cells; r++) {
				vf a[SPAN], u[CELLS];
				UNROLL
				for (int c = 0; c < taps; c++)
					a[c] = t[c][r];
				weight_line(side, taps, a, u);
				UNROLL
				for (int c = 0; c < cells; c++, to += size)
					store(to, u[c]);
			}
		}
}

// WINOGRAD calls a function, with these arguments in front, for the tiles of a
// plan: side and taps are constants within.
#define WINOGRAD(side, taps, function, ...) \
	do { \
		if ((taps) == 7) \
			function(2, 7, __VA_ARGS__); \
		else if ((taps) == 5) \
			function(4, 5, __VA_ARGS__); \
		else if ((side) == 4) \
			function(4, 3, __VA_ARGS__); \
		else \
			function(2, 3, __VA_ARGS__); \
	} while (0)

// pack_winograd transforms and packs weights, for tiles of side outputs: cells²
// matrices of k×n. Tap t of element (i, j) is
// src[t*tap_step + i*row_step + j*column_step].
static void pack_winograd(ptrdiff_t side, ptrdiff_t taps, float *dst, ptrdiff_t k, ptrdiff_t k0, ptrdiff_t rows, ptrdiff_t n, const float *src,
	ptrdiff_t tap_step, ptrdiff_t row_step, ptrdiff_t column_step)
{
	WINOGRAD(side, taps, pack_tiles, dst, k, k0, rows, n, src, tap_step, row_step, column_step);
}

// products multiplies t transformed tiles, (matrices, t, c), by one panel of nv
// vectors of the transformed weights: sums is (matrices, t, nv·LANES).
INLINE void products(const int cells, ptrdiff_t t, int nv, ptrdiff_t c, const float *tiles, const float *packed, ptrdiff_t packed_step, float *sums,
	ahead *next)
{
	for (ptrdiff_t k = 0; k < cells * cells; k++)
		row(t, nv, 1, 0, c, tiles + k * plane(t * c), c, packed + k * packed_step, sums + k * plane(t * nv * LANES), nv * LANES, next);
}

// What follows a convolution, as far as a constant makes the usual cases fast.
enum { ANYTHING, ONLY_RELU, NOTHING };

INLINE int what_follows(const epilogue *e)
{
	if (e->drop)
		return ANYTHING;
	return e->act == RELU ? ONLY_RELU : e->act == LINEAR ? NOTHING : ANYTHING;
}

INLINE vf follow(const int what, const epilogue *e, vf z, ptrdiff_t first)
{
	if (what == ANYTHING)
		return finish(e, z, first);
	return activation(what == ONLY_RELU ? RELU : LINEAR, z);
}

// finish_tile finishes what lies within the map of an output tile: its pixels
// or, behind a pool, a quarter as many.
INLINE void finish_tile(const int side, const int taps, const int pool, const int what, const conv_plan *p, const float *sums, ptrdiff_t step, vf shift,
	const walk *w, ptrdiff_t channel, const float *plus, float *y, uint8_t *arg, const epilogue *e, ptrdiff_t first, ptrdiff_t lanes)
{
	vf z[OUTPUTS][OUTPUTS];
	transform_sums(side, taps, sums, step, z);
	const int size = side / (pool + 1);
	UNROLL
	for (int i = 0; i < size; i++) {
		ptrdiff_t r = size * w->row + i, at = (r * p->pw + size * w->column) * p->f + channel;
		if (r >= p->ph)
			return;
		UNROLL
		for (int j = 0; j < size; j++, at += p->f) {
			if (size * w->column + j >= p->pw)
				break;
			if (!pool) {
				store_part(y + at, follow(what, e, plus_part(z[i][j] + shift, plus, at, lanes), first + at), lanes);
				continue;
			}
			vf cells[4] = {z[2 * i][2 * j], z[2 * i][2 * j + 1], z[2 * i + 1][2 * j], z[2 * i + 1][2 * j + 1]};
			vi winner;
			vf best = largest(cells, &winner);
			best = follow(what, e, best + shift, first + at);
			store_part(y + at, best, lanes);
			if (arg)
				store_bytes(arg + at, mark_dead(e, best, winner), lanes);
		}
	}
}

// finish_tiles finishes t tiles of a panel.
INLINE void finish_tiles(const int side, const int taps, const int pool, const int what, const conv_plan *p, walk w, ptrdiff_t t, ptrdiff_t j, ptrdiff_t columns,
	const float *sums, const float *bias, const float *plus, float *y, uint8_t *arg, const epilogue *e, ptrdiff_t first)
{
	ptrdiff_t image = p->ph * p->pw * p->f, width = panel_vectors(columns) * LANES;
	float shift[PANEL];
	bias_panel(shift, bias ? bias + j : NULL, columns);
	for (ptrdiff_t i = 0; i < t; i++, walk_on(&w)) {
		ptrdiff_t at = w.image * image;
		for (ptrdiff_t k = 0; k < columns; k += LANES) {
			vf b = load(shift + k);
			WHOLE_OR_PART(columns - k,
				finish_tile(side, taps, pool, what, p, sums + i * width + k, plane(t * width), b, &w, j + k, plus ? plus + at : NULL, y + at,
					arg ? arg + at : NULL, e, first + at, lanes););
		}
	}
}

INLINE void winograd_forward(const int side, const int taps, const conv_plan *p, ptrdiff_t n, const float *x, const float *before, const float *packed,
	const float *bias, const float *plus, float *y, uint8_t *arg, float *scratch, const epilogue *e, ptrdiff_t first)
{
	const int cells = side + taps - 1;
	const window *g = &p->in;
	ptrdiff_t c = g->c, f = p->f, size = c * ((f + LANES - 1) / LANES * LANES), in = g->h * g->w * c, image = p->ph * p->pw * f;
	float *v = scratch + p->at_tiles, *sums = scratch + p->at_sums;
	int what = what_follows(e);
	for (ptrdiff_t i = 0, images; i < n; i += images) {
		images = part(n - i, p->group);
		const float *maps = padded_images(p, images, x + i * in, before, scratch);
		ptrdiff_t tiles = images * p->th * p->tw, start = i * image;
		ptrdiff_t more = least(images, n - i - images);
		ahead next = {cells * cells * strips_of(tiles, f)};
		fetch_soon(&next, x + (i + images) * in, more * in);
		fetch_soon(&next, y + (i + images) * image, more * image);
		for (ptrdiff_t tile = 0, t; tile < tiles; tile += t) {
			t = part(tiles - tile, p->tile_block);
			walk w = walk_from(p->th, p->tw, tile);
			transform_inputs(side, taps, maps, p->xh * p->xw * c, p->xw, c, w, t, v);
			for (ptrdiff_t j = 0; j < f; j += PANEL) {
				ptrdiff_t columns = least(PANEL, f - j);
				products(cells, t, panel_vectors(columns), c, v, packed + j * c, size, sums, &next);
#define FINISH(pool, what) \
	finish_tiles(side, taps, pool, what, p, w, t, j, columns, sums, bias, plus ? plus + start : NULL, y + start, arg ? arg + start : NULL, e, first + start)
				if (p->pool)
					FINISH(1, ANYTHING);
				else if (what == ONLY_RELU)
					FINISH(0, ONLY_RELU);
				else if (what == NOTHING)
					FINISH(0, NOTHING);
				else
					FINISH(0, ANYTHING);
#undef FINISH
			}
		}
	}
}

// store_tile stores what lies within the map of a tile of input gradients.
INLINE void store_tile(const int side, const int taps, const window *g, const float *sums, ptrdiff_t step, const walk *w, float *dx, ptrdiff_t lanes)
{
	vf z[OUTPUTS][OUTPUTS];
	transform_sums(side, taps, sums, step, z);
	UNROLL
	for (int i = 0; i < side; i++) {
		ptrdiff_t r = side * w->row + i;
		float *to = dx + (r * g->w + side * w->column) * g->c;
		if (r >= g->h)
			return;
		UNROLL
		for (int j = 0; j < side; j++, to += g->c)
			if (side * w->column + j < g->w)
				store_part(to, z[i][j], lanes);
	}
}

INLINE void winograd_backward(const int side, const int taps, const conv_plan *p, ptrdiff_t n, const float *x, const float *before, const float *y,
	const float *behind, const uint8_t *arg, const float *dy, float *dx, const float *packed, float *dw, float *db, float *scratch,
	const epilogue *e, ptrdiff_t first)
{
	const int cells = side + taps - 1;
	const window *g = &p->in;
	ptrdiff_t c = g->c, f = p->f, size = f * ((c + LANES - 1) / LANES * LANES), in = g->h * g->w * c, out = p->ph * p->pw * f;
	ptrdiff_t gradients = p->gh * p->gw * f;
	float *v = scratch + p->at_tiles, *sums = scratch + p->at_sums, *maps = scratch + p->at_g, *du = scratch + p->at_du;
	memset(du, 0, 4 * cells * cells * c * f);
	for (ptrdiff_t i = 0, images; i < n; i += images) {
		images = part(n - i, p->group);
		const float *from = padded_images(p, images, x + i * in, before, scratch);
		for (ptrdiff_t k = 0; k < images; k++) {
			ptrdiff_t at = (i + k) * out;
			unpool(p, p->ph, y + at, behind, arg ? arg + at : NULL, dy + at, maps + k * gradients, db, e, first + at);
		}
		ptrdiff_t tiles = images * p->bh * p->bw;
		ptrdiff_t more = least(images, n - i - images), blocks = (tiles + p->tile_block - 1) / p->tile_block;
		ahead next = {cells * cells * (blocks * outers_of(c, f) + (dx ? strips_of(tiles, c) : 0))};
		fetch_soon(&next, x + (i + images) * in, more * in);
		fetch_soon(&next, y + (i + images) * out, more * out);
		fetch_soon(&next, dy + (i + images) * out, more * out);
		if (dx)
			fetch_soon(&next, dx + (i + images) * in, more * in);
		for (ptrdiff_t tile = 0, t; tile < tiles; tile += t) {
			t = part(tiles - tile, p->tile_block);
			walk w = walk_from(p->bh, p->bw, tile);
			transform_inputs(side, taps, from, p->xh * p->xw * c, p->xw, c, w, t, v);
			transform_gradients(side, taps, maps + (p->g_top * p->gw + p->g_left) * f, gradients, p->gw, f, w, t, sums);
			for (ptrdiff_t k = 0; k < cells * cells; k++)
				outer_product(c, f, 1, t, v + k * plane(t * c), 0, c, sums + k * plane(t * f), 0, f, du + k * c * f, &next);
			if (!dx)
				continue;
			transform_inputs(side, taps, maps + (g->pad_top * p->gw + g->pad_left) * f, gradients, p->gw, f, w, t, v);
			for (ptrdiff_t j = 0; j < c; j += PANEL) {
				ptrdiff_t columns = least(PANEL, c - j), width = panel_vectors(columns) * LANES;
				products(cells, t, panel_vectors(columns), f, v, packed + j * f, size, sums, &next);
				walk to = w;
				for (ptrdiff_t k = 0; k < t; k++, walk_on(&to))
					for (ptrdiff_t l = 0; l < columns; l += LANES)
						WHOLE_OR_PART(columns - l,
							store_tile(side, taps, g, sums + k * width + l, plane(t * width), &to, dx + (i + to.image) * in + j + l, lanes););
			}
		}
	}
	add_weight_gradient(side, taps, c * f, du, dw);
}
