//go:build amd64

#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma")
#endif

#define LANES 16
#define STRIP 14
#define SINGLE 14
#define ROOT(v) _mm512_sqrt_ps(v)
#define LOAD_PART(p, n) ((vf)_mm512_maskz_loadu_ps((__mmask16)((1u << (n)) - 1), p))
#define STORE_PART(p, n, v) _mm512_mask_storeu_ps(p, (__mmask16)((1u << (n)) - 1), (__m512)(v))
#define TABLE kernels_avx512
#include "vector_windows.h"
#include "vector_body.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif
