// Flat arrays: a sieve, then prefix sums, several rounds.
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
int main(void) {
    int64_t n = 5000000, total = 0;
    for (int64_t round = 0; round < 5; round++) {
        bool *composite = calloc(n + 1, sizeof(bool));
        for (int64_t i = 2; i * i <= n; i++)
            if (!composite[i])
                for (int64_t j = i * i; j <= n; j += i) composite[j] = true;
        int64_t *sums = calloc(n + 1, sizeof(int64_t));
        for (int64_t k = 2; k <= n; k++) sums[k] = sums[k - 1] + (composite[k] ? 0 : k);
        total += sums[n] % 1000003 + round;
        free(composite);
        free(sums);
    }
    printf("%ld\n", (long)total);
}
