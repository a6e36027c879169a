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
#define TABLE kernels_avx2
#include "vector_windows.h"
#include "vector_body.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif
