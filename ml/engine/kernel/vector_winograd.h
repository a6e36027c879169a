// Winograd's minimal filtering: part of vector_body.h.

// Convolutions of 3×3 with stride 1 are done as F(2×2, 3×3) of Lavin and Gray
// (Fast Algorithms for Convolutional Neural Networks, 2016): an output tile of
// 2×2 pixels from an input tile of 4×4 with 16 products where the definition
// has 36. A transformed tile is 16 values a channel; each of the 16 is a
// matrix product over the channels, which strip and outer compute.

INLINE void transform_input(const float *d, ptrdiff_t row_step, ptrdiff_t step, float *to, ptrdiff_t to_step, ptrdiff_t lanes)
{
	vf t[4][4];
	UNROLL
	for (int r = 0; r < 4; r++) {
		HIDE(d);
		vf a[4];
		UNROLL
		for (int c = 0; c < 4; c++)
			a[c] = load_part(d + c * step, lanes);
		t[r][0] = a[0] - a[2];
		t[r][1] = a[1] + a[2];
		t[r][2] = a[2] - a[1];
		t[r][3] = a[1] - a[3];
		d += row_step;
	}
	UNROLL
	for (int r = 0; r < 4; r++)
		UNROLL
		for (int c = 0; c < 4; c++) {
			static const int first[4] = {0, 1, 2, 1}, second[4] = {2, 2, 1, 3};
			vf a = t[first[r]][c], b = t[second[r]][c];
			HIDE(to);
			store_part(to, r == 1 ? a + b : a - b, lanes);
			to += to_step;
		}
}

// transform_inputs transforms n tiles from tile0 on of a map with c channels
// and wide tiles a row: to is (16, n, c).
static void transform_inputs(const float *map, ptrdiff_t map_width, ptrdiff_t c, ptrdiff_t wide, ptrdiff_t tile0, ptrdiff_t n, float *to)
{
	ptrdiff_t r = tile0 / wide, column = tile0 % wide;
	for (ptrdiff_t i = 0; i < n; i++) {
		const float *from = map + 2 * (r * map_width + column) * c;
		for (ptrdiff_t j = 0; j < c; j += LANES)
			WHOLE_OR_PART(c - j, transform_input(from + j, map_width * c, c, to + i * c + j, n * c, lanes););
		if (++column == wide) {
			column = 0;
			r++;
		}
	}
}

// transform_sums turns 16 products into an output tile, row by row.
INLINE void transform_sums(const float *m, ptrdiff_t step, vf y[4])
{
	vf s[4][2];
	UNROLL
	for (int r = 0; r < 4; r++) {
		vf a[4];
		UNROLL
		for (int c = 0; c < 4; c++) {
			HIDE(m);
			a[c] = load(m);
			m += step;
		}
		s[r][0] = a[0] + a[1] + a[2];
		s[r][1] = a[1] - a[2] - a[3];
	}
	UNROLL
	for (int c = 0; c < 2; c++) {
		y[c] = s[0][c] + s[1][c] + s[2][c];
		y[2 + c] = s[1][c] - s[2][c] - s[3][c];
	}
}

INLINE void transform_gradient(const float *g, ptrdiff_t row_step, ptrdiff_t step, float *to, ptrdiff_t to_step, ptrdiff_t lanes)
{
	vf t[4][2];
	HIDE(g);
	UNROLL
	for (int c = 0; c < 2; c++) {
		vf top = load_part(g + c * step, lanes), bottom = load_part(g + row_step + c * step, lanes);
		t[0][c] = top;
		t[1][c] = top + bottom;
		t[2][c] = top - bottom;
		t[3][c] = -bottom;
	}
	UNROLL
	for (int r = 0; r < 4; r++) {
		vf row[4] = {t[r][0], t[r][0] + t[r][1], t[r][0] - t[r][1], -t[r][1]};
		UNROLL
		for (int c = 0; c < 4; c++) {
			HIDE(to);
			store_part(to, row[c], lanes);
			to += to_step;
		}
	}
}

// transform_gradients transforms n tiles of 2×2 output gradients: to is (16, n, f).
static void transform_gradients(const float *map, ptrdiff_t map_width, ptrdiff_t f, ptrdiff_t wide, ptrdiff_t tile0, ptrdiff_t n, float *to)
{
	ptrdiff_t r = tile0 / wide, column = tile0 % wide;
	for (ptrdiff_t i = 0; i < n; i++) {
		const float *from = map + 2 * (r * map_width + column) * f;
		for (ptrdiff_t j = 0; j < f; j += LANES)
			WHOLE_OR_PART(f - j, transform_gradient(from + j, map_width * f, f, to + i * f + j, n * f, lanes););
		if (++column == wide) {
			column = 0;
			r++;
		}
	}
}

// add_weight_gradient adds to dw, (3, 3, size), what the gradients of the
// transformed weights, (16, size), amount to.
static void add_weight_gradient(ptrdiff_t size, const float *du, float *dw)
{
	for (ptrdiff_t i = 0; i < size; i += LANES) {
		ptrdiff_t lanes = size - i;
		vf t[3][4];
		UNROLL
		for (int c = 0; c < 4; c++) {
			vf a[4];
			UNROLL
			for (int r = 0; r < 4; r++)
				a[r] = load_part(du + (4 * r + c) * size + i, lanes);
			vf sum = 0.5f * (a[1] + a[2]);
			t[0][c] = a[0] + sum;
			t[1][c] = 0.5f * (a[1] - a[2]);
			t[2][c] = sum + a[3];
		}
		UNROLL
		for (int r = 0; r < 3; r++) {
			vf sum = 0.5f * (t[r][1] + t[r][2]);
			vf taps[3] = {t[r][0] + sum, 0.5f * (t[r][1] - t[r][2]), sum + t[r][3]};
			UNROLL
			for (int c = 0; c < 3; c++) {
				float *to = dw + (3 * r + c) * size + i;
				store_part(to, load_part(to, lanes) + taps[c], lanes);
			}
		}
	}
}

// transform_weights is one dimension of the transform of a kernel's taps, for
// tiles of side outputs.
INLINE void transform_weights(const int side, const vf g[3], vf *to)
{
	if (side == 2) {
		vf sum = 0.5f * (g[0] + g[2]), half = 0.5f * g[1];
		to[0] = g[0];
		to[1] = sum + half;
		to[2] = sum - half;
		to[3] = g[2];
		return;
	}
	vf even = (g[0] + g[2]) * (-1.0f / 6), odd = g[1] * (-1.0f / 6);
	vf far = (g[0] + 4.0f * g[2]) * (1.0f / 24), twice = g[1] * (1.0f / 12);
	to[0] = 0.25f * g[0];
	to[1] = even + odd;
	to[2] = even - odd;
	to[3] = far + twice;
	to[4] = far - twice;
	to[5] = g[2];
}

INLINE void pack_tiles(const int side, float *dst, ptrdiff_t k, ptrdiff_t k0, ptrdiff_t rows, ptrdiff_t n, const float *src,
	ptrdiff_t tap_step, ptrdiff_t row_step, ptrdiff_t column_step)
{
	ptrdiff_t size = k * ((n + LANES - 1) / LANES * LANES);
	for (ptrdiff_t i = 0; i < rows; i++)
		for (ptrdiff_t j = 0; j < n; j += LANES) {
			ptrdiff_t lanes = least(LANES, n - j), panel = j / PANEL * PANEL;
			ptrdiff_t width = panel_vectors(n - panel) * LANES;
			float *to = dst + panel * k + (k0 + i) * width + j - panel;
			const float *from = src + i * row_step + j * column_step;
			vf t[3][6]; // a column of taps each
			UNROLL
			for (int c = 0; c < 3; c++) {
				vf a[3] = {{0}, {0}, {0}};
				for (int r = 0; r < 3; r++) {
					const float *tap = from + (3 * r + c) * tap_step;
					if (column_step == 1)
						a[r] = load_part(tap, lanes);
					else
						for (ptrdiff_t l = 0; l < lanes; l++)
							a[r][l] = tap[l * column_step];
				}
				transform_weights(side, a, t[c]);
			}
			UNROLL
			for (int r = 0; r < side + 2; r++) {
				vf a[3] = {t[0][r], t[1][r], t[2][r]}, u[6];
				transform_weights(side, a, u);
				UNROLL
				for (int c = 0; c < side + 2; c++, to += size)
					store(to, u[c]);
			}
		}
}

// pack_winograd transforms and packs weights, for tiles of side outputs:
// (side+2)² matrices of k×n. Tap t of element (i, j) is
// src[t*tap_step + i*row_step + j*column_step].
static void pack_winograd(ptrdiff_t side, float *dst, ptrdiff_t k, ptrdiff_t k0, ptrdiff_t rows, ptrdiff_t n, const float *src,
	ptrdiff_t tap_step, ptrdiff_t row_step, ptrdiff_t column_step)
{
	if (side == 2)
		pack_tiles(2, dst, k, k0, rows, n, src, tap_step, row_step, column_step);
	else
		pack_tiles(4, dst, k, k0, rows, n, src, tap_step, row_step, column_step);
}

// products multiplies t transformed tiles, (matrices, t, c), by one panel of
// the transformed weights: sums is (matrices, t, PANEL).
INLINE void products(const int matrices, ptrdiff_t t, int nv, ptrdiff_t c, const float *tiles, const float *packed, ptrdiff_t packed_step, float *sums)
{
	for (ptrdiff_t k = 0; k < matrices; k++)
		row(t, nv, 1, 0, c, tiles + k * t * c, c, packed + k * packed_step, sums + k * t * PANEL, PANEL);
}

// finish_tile finishes an output tile: pool or four pixels, as far as they lie
// within the map.
INLINE void finish_tile(const conv_plan *p, const float *sums, ptrdiff_t step, vf shift, ptrdiff_t r, ptrdiff_t column, ptrdiff_t channel,
	const float *plus, float *y, uint8_t *arg, const epilogue *e, ptrdiff_t first, ptrdiff_t lanes)
{
	vf z[4];
	transform_sums(sums, step, z);
	if (p->pool) {
		ptrdiff_t at = (r * p->pw + column) * p->f + channel;
		vi winner;
		vf best = largest(z, &winner);
		best = finish(e, best + shift, first + at);
		store_part(y + at, best, lanes);
		if (arg)
			store_bytes(arg + at, mark_dead(e, best, winner), lanes);
		return;
	}
	UNROLL
	for (int i = 0; i < 4; i++)
		if (2 * r + i / 2 < p->ph && 2 * column + i % 2 < p->pw) {
			ptrdiff_t at = ((2 * r + i / 2) * p->pw + 2 * column + i % 2) * p->f + channel;
			store_part(y + at, finish(e, plus_part(z[i] + shift, plus, at, lanes), first + at), lanes);
		}
}

static void winograd_forward(const conv_plan *p, const float *from, const float *packed, const float *bias, const float *plus, float *y,
	uint8_t *arg, float *scratch, const epilogue *e, ptrdiff_t first)
{
	const window *g = &p->in;
	ptrdiff_t c = g->c, f = p->f, size = c * ((f + LANES - 1) / LANES * LANES), tiles = p->th * p->tw;
	float *v = scratch + p->at_tiles, *sums = scratch + p->at_sums, shift[PANEL];
	for (ptrdiff_t tile = 0; tile < tiles;) {
		ptrdiff_t t = part_of(tiles - tile);
		transform_inputs(from, p->xw, c, p->tw, tile, t, v);
		for (ptrdiff_t j = 0; j < f; j += PANEL) {
			ptrdiff_t columns = least(PANEL, f - j);
			products(16, t, panel_vectors(columns), c, v, packed + j * c, size, sums);
			bias_panel(shift, bias ? bias + j : NULL, columns);
			ptrdiff_t r = tile / p->tw, column = tile % p->tw;
			for (ptrdiff_t i = 0; i < t; i++) {
				for (ptrdiff_t k = 0; k < columns; k += LANES) {
					vf b = load(shift + k);
					WHOLE_OR_PART(columns - k, finish_tile(p, sums + i * PANEL + k, t * PANEL, b, r, column, j + k, plus, y, arg, e, first, lanes););
				}
				if (++column == p->tw) {
					column = 0;
					r++;
				}
			}
		}
		tile += t;
	}
}

INLINE void store_tile(const float *sums, ptrdiff_t sums_step, float *to, ptrdiff_t row_step, ptrdiff_t step, int below, int right, ptrdiff_t lanes)
{
	vf z[4];
	transform_sums(sums, sums_step, z);
	store_part(to, z[0], lanes);
	if (right)
		store_part(to + step, z[1], lanes);
	if (below)
		store_part(to + row_step, z[2], lanes);
	if (right && below)
		store_part(to + row_step + step, z[3], lanes);
}

static void winograd_input_gradient(const conv_plan *p, const float *map, const float *packed, float *dx, float *scratch)
{
	const window *g = &p->in;
	ptrdiff_t c = g->c, f = p->f, size = f * ((c + LANES - 1) / LANES * LANES);
	ptrdiff_t wide = (g->w + 1) / 2, tiles = (g->h + 1) / 2 * wide;
	float *v = scratch + p->at_tiles, *sums = scratch + p->at_sums;
	map += (g->pad_top * p->gw + g->pad_left) * f;
	for (ptrdiff_t tile = 0; tile < tiles;) {
		ptrdiff_t t = part_of(tiles - tile);
		transform_inputs(map, p->gw, f, wide, tile, t, v);
		for (ptrdiff_t j = 0; j < c; j += PANEL) {
			ptrdiff_t columns = least(PANEL, c - j);
			products(16, t, panel_vectors(columns), f, v, packed + j * f, size, sums);
			ptrdiff_t r = tile / wide * 2, column = tile % wide * 2;
			for (ptrdiff_t i = 0; i < t; i++) {
				float *to = dx + (r * g->w + column) * c + j;
				for (ptrdiff_t k = 0; k < columns; k += LANES)
					WHOLE_OR_PART(columns - k,
						store_tile(sums + i * PANEL + k, t * PANEL, to + k, g->w * c, c, r + 1 < g->h, column + 1 < g->w, lanes););
				column += 2;
				if (column >= 2 * wide) {
					column = 0;
					r += 2;
				}
			}
		}
		tile += t;
	}
}

// winograd_weight_gradient adds to du, (16, c, f).
static void winograd_weight_gradient(const conv_plan *p, const float *from, const float *map, float *du, float *scratch)
{
	const window *g = &p->in;
	ptrdiff_t c = g->c, f = p->f, tiles = p->th * p->tw;
	float *v = scratch + p->at_tiles, *d = scratch + p->at_sums;
	map += (p->g_top * p->gw + p->g_left) * f;
	for (ptrdiff_t tile = 0; tile < tiles; tile += p->tile_block) {
		ptrdiff_t t = least(p->tile_block, tiles - tile);
		transform_inputs(from, p->xw, c, p->tw, tile, t, v);
		transform_gradients(map, p->gw, f, p->tw, tile, t, d);
		for (ptrdiff_t k = 0; k < 16; k++)
			outer_product(c, f, 1, t, v + k * t * c, 0, c, d + k * t * f, 0, f, du + k * c * f);
	}
}

// ---- Larger tiles, for prediction -------------------------------------------

// Where no gradients follow, tiles of 4×4 outputs are computed from 6×6 inputs,
// F(4×4, 3×3): 36 products where the definition has 144 and four tiles of 2×2
// have 64. The rounding errors are some ten times as large, still far below what
// a probability shows.

// transform_line is one dimension of the transform of an input tile.
INLINE void transform_line(const vf d[6], vf t[6])
{
	vf a = d[4] - 4.0f * d[2], b = d[3] - 4.0f * d[1], c = d[4] - d[2], e = d[3] - d[1];
	t[0] = 4.0f * (d[0] - d[2]) + c;
	t[1] = a + b;
	t[2] = a - b;
	t[3] = c + 2.0f * e;
	t[4] = c - 2.0f * e;
	t[5] = (d[5] - d[3]) - 4.0f * e;
}

INLINE void transform_input4(const float *d, ptrdiff_t row_step, ptrdiff_t step, float *to, ptrdiff_t to_step, ptrdiff_t lanes)
{
	vf t[6][6];
	UNROLL
	for (int r = 0; r < 6; r++) {
		HIDE(d);
		vf a[6];
		UNROLL
		for (int c = 0; c < 6; c++)
			a[c] = load_part(d + c * step, lanes);
		transform_line(a, t[r]);
		d += row_step;
	}
	UNROLL
	for (int c = 0; c < 6; c++) {
		vf a[6], u[6];
		UNROLL
		for (int r = 0; r < 6; r++)
			a[r] = t[r][c];
		transform_line(a, u);
		float *at = to + c * to_step;
		UNROLL
		for (int r = 0; r < 6; r++) {
			HIDE(at);
			store_part(at, u[r], lanes);
			at += 6 * to_step;
		}
	}
}

// sum_line is one dimension of the transform of the products.
INLINE void sum_line(const vf m[6], vf y[4])
{
	vf a = m[1] + m[2], b = m[1] - m[2], c = m[3] + m[4], d = m[3] - m[4];
	y[0] = m[0] + a + c;
	y[1] = b + 2.0f * d;
	y[2] = a + 4.0f * c;
	y[3] = b + 8.0f * d + m[5];
}

// transform_sums4 turns 36 products into an output tile.
INLINE void transform_sums4(const float *m, ptrdiff_t step, vf y[4][4])
{
	vf s[6][4];
	UNROLL
	for (int r = 0; r < 6; r++) {
		vf a[6];
		UNROLL
		for (int c = 0; c < 6; c++) {
			HIDE(m);
			a[c] = load(m);
			m += step;
		}
		sum_line(a, s[r]);
	}
	UNROLL
	for (int c = 0; c < 4; c++) {
		vf a[6], u[4];
		UNROLL
		for (int r = 0; r < 6; r++)
			a[r] = s[r][c];
		sum_line(a, u);
		UNROLL
		for (int r = 0; r < 4; r++)
			y[r][c] = u[r];
	}
}

// store_tile4 finishes and stores what lies within the map of a tile of size×size
// outputs or, behind a pool, pixels. relu: that is the activation.
INLINE void store_tile4(const int size, const int relu, const conv_plan *p, const vf z[4][4], vf shift, ptrdiff_t r, ptrdiff_t column,
	ptrdiff_t channel, const float *plus, float *y, const epilogue *e, ptrdiff_t lanes)
{
	UNROLL
	for (int i = 0; i < size; i++) {
		ptrdiff_t row = size * r + i, at = (row * p->pw + size * column) * p->f + channel;
		if (row >= p->ph)
			return;
		UNROLL
		for (int j = 0; j < size; j++, at += p->f) {
			if (size * column + j >= p->pw)
				break;
			vf out = z[i][j];
			if (size == 2) {
				vf cells[4] = {z[2 * i][2 * j], z[2 * i][2 * j + 1], z[2 * i + 1][2 * j], z[2 * i + 1][2 * j + 1]};
				vi winner;
				out = largest(cells, &winner);
			}
			out = plus_part(out + shift, plus, at, lanes);
			store_part(y + at, relu ? activation(RELU, out) : activation(e->act, out), lanes);
		}
	}
}

// finish_tile4 finishes an output tile as finish_tile does.
INLINE void finish_tile4(const conv_plan *p, const float *sums, ptrdiff_t step, vf shift, ptrdiff_t r, ptrdiff_t column, ptrdiff_t channel,
	const float *plus, float *y, const epilogue *e, ptrdiff_t lanes)
{
	vf z[4][4];
	transform_sums4(sums, step, z);
	if (p->pool)
		store_tile4(2, 0, p, z, shift, r, column, channel, plus, y, e, lanes);
	else if (e->act == RELU)
		store_tile4(4, 1, p, z, shift, r, column, channel, plus, y, e, lanes);
	else
		store_tile4(4, 0, p, z, shift, r, column, channel, plus, y, e, lanes);
}

static void winograd4_forward(const conv_plan *p, ptrdiff_t n, const float *x, const float *before, const float *packed, const float *bias,
	const float *plus, float *y, float *scratch, const epilogue *e)
{
	const window *g = &p->in;
	ptrdiff_t c = g->c, f = p->f, size = c * ((f + LANES - 1) / LANES * LANES), tiles = p->th * p->tw, image = p->ph * p->pw * f;
	float *v = scratch + p->at_tiles, *sums = scratch + p->at_sums, shift[PANEL];
	const float *from = NULL;
	// Tiles are taken a strip at a time, or several where the weights are large:
	// the second strip then finds a panel of them in the first-level cache. They
	// go on in the next image, because small maps have few.
	ptrdiff_t block = p->tile_block / STRIP * STRIP;
	for (ptrdiff_t tile = 0; tile < n * tiles;) {
		ptrdiff_t t = part(n * tiles - tile, block);
		for (ptrdiff_t i = 0; i < t; i++) {
			ptrdiff_t at = (tile + i) % tiles;
			if (at == 0)
				from = padded_image(p, x + (tile + i) / tiles * g->h * g->w * c, before, scratch);
			const float *corner = from + 4 * (at / p->tw * p->xw + at % p->tw) * c;
			for (ptrdiff_t j = 0; j < c; j += LANES)
				WHOLE_OR_PART(c - j, transform_input4(corner + j, p->xw * c, c, v + i * c + j, t * c, lanes););
		}
		for (ptrdiff_t j = 0; j < f; j += PANEL) {
			ptrdiff_t columns = least(PANEL, f - j);
			products(36, t, panel_vectors(columns), c, v, packed + j * c, size, sums);
			bias_panel(shift, bias ? bias + j : NULL, columns);
			for (ptrdiff_t i = 0; i < t; i++) {
				ptrdiff_t at = (tile + i) % tiles, start = (tile + i) / tiles * image;
				for (ptrdiff_t k = 0; k < columns; k += LANES) {
					vf b = load(shift + k);
					WHOLE_OR_PART(columns - k, finish_tile4(p, sums + i * PANEL + k, t * PANEL, b, at / p->tw, at % p->tw, j + k,
						plus ? plus + start : NULL, y + start, e, lanes););
				}
			}
		}
		tile += t;
	}
}
