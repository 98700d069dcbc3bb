// Sorting: a quicksort written out.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
static void quicksort(int64_t *xs, int64_t low, int64_t high) {
    int64_t i = low, j = high, pivot = xs[(low + high) / 2];
    while (i <= j) {
        while (xs[i] < pivot) i++;
        while (xs[j] > pivot) j--;
        if (i <= j) {
            int64_t x = xs[i];
            xs[i] = xs[j];
            xs[j] = x;
            i++;
            j--;
        }
    }
    if (low < j) quicksort(xs, low, j);
    if (i < high) quicksort(xs, i, high);
}
int main(void) {
    int64_t n = 3000000, seed = 42, sum = 0;
    int64_t *xs = malloc(n * sizeof(int64_t));
    for (int64_t i = 0; i < n; i++) {
        seed = (seed * 1103515245 + 12345) % 2147483648;
        xs[i] = seed / 16;
    }
    quicksort(xs, 0, n - 1);
    for (int64_t i = 0; i < n; i++) sum = (sum * 31 + xs[i]) % 1000000007;
    printf("%ld\n", (long)sum);
}
