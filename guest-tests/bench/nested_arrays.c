// Arrays of arrays: matrix product.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
static double **make(int64_t n, int64_t seed) {
    double **rows = malloc(n * sizeof(double *));
    for (int64_t i = 0; i < n; i++) {
        rows[i] = malloc(n * sizeof(double));
        for (int64_t j = 0; j < n; j++) rows[i][j] = (double)((i * seed + j * 7) % 13);
    }
    return rows;
}
int main(void) {
    int64_t n = 400;
    double **a = make(n, 3), **b = make(n, 5), **c = make(n, 1);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            double sum = 0;
            for (int64_t k = 0; k < n; k++) sum += a[i][k] * b[k][j];
            c[i][j] = sum;
        }
    double trace = 0;
    for (int64_t i = 0; i < n; i++) trace += c[i][i];
    printf("%.0f\n", trace);
}
