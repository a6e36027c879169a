//go:build arm64

#include <arm_neon.h>

#define LANES 4
#define STRIP 12
#define SINGLE 12
#define ROOT(v) vsqrtq_f32(v)
#define TABLE kernels_neon
#include "vector_body.h"
