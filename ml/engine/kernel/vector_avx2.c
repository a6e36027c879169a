//go:build amd64

#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif

// store_pieces stores the first n < 8 floats. (A masked store takes AMD's processors
// some 40 operations.)
static inline __attribute__((always_inline)) void store_pieces(float *p, int n, __m256 v)
{
	__m128 part = _mm256_castps256_ps128(v);
	if (n & 4) {
		_mm_storeu_ps(p, part);
		part = _mm256_extractf128_ps(v, 1);
		p += 4;
	}
	if (n & 2) {
		_mm_storel_pi((__m64 *)p, part);
		part = _mm_movehl_ps(part, part);
		p += 2;
	}
	if (n & 1)
		_mm_store_ss(p, part);
}

#define LANES 8
#define STRIP 6
#define SINGLE 12
#define ROOT(v) _mm256_sqrt_ps(v)
#define FIRST(n) _mm256_cmpgt_epi32(_mm256_set1_epi32((int)(n)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))
#define LOAD_PART(p, n) ((vf)_mm256_maskload_ps(p, FIRST(n)))
#define STORE_PART(p, n, v) store_pieces(p, (int)(n), (__m256)(v))
#define TABLE kernels_avx2
#include "vector_windows.h"
#include "vector_body.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif
