//go:build amd64

#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif

#define LANES 8
#define STRIP 6
#define ROOT(v) _mm256_sqrt_ps(v)
#define FIRST(n) _mm256_cmpgt_epi32(_mm256_set1_epi32((int)(n)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))
#define LOAD_PART(p, n) ((vf)_mm256_maskload_ps(p, FIRST(n)))
#define STORE_PART(p, n, v) _mm256_maskstore_ps(p, FIRST(n), (__m256)(v))
#define TABLE kernels_avx2
#include "vector_windows.h"
#include "vector_body.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif
