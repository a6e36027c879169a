/* Prints how many GFLOP/s OpenBLAS reaches on c = a·b of the given size.
 * usage: sgemm SIZE SECONDS THREADS        build: cc -O2 sgemm.c -lopenblas */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void cblas_sgemm(int order, int transa, int transb, int m, int n, int k, float alpha, const float *a, int lda,
                 const float *b, int ldb, float beta, float *c, int ldc);
void openblas_set_num_threads(int threads);

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + 1e-9 * t.tv_nsec;
}

int main(int argc, char **argv) {
	if (argc != 4) return 2;
	int n = atoi(argv[1]);
	double limit = atof(argv[2]), best = 1e9, start = now();
	size_t size = (size_t)n * n;
	float *m = malloc(3 * size * sizeof *m);
	if (!m) return 1;
	for (size_t i = 0; i < 3 * size; i++) m[i] = (float)(i % 7) - 3;
	openblas_set_num_threads(atoi(argv[3]));
	for (int i = 0; i < 5 || now() - start < limit; i++) {
		double began = now();
		cblas_sgemm(101, 111, 111, n, n, n, 1, m, n, m + size, n, 0, m + 2 * size, n);
		double took = now() - began;
		if (took < best) best = took;
	}
	printf("%.2f\n", 2.0 * n * n * n / best / 1e9);
	return 0;
}
