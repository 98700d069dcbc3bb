// Integer loop: the longest Collatz chain below a limit.
#include <stdint.h>
#include <stdio.h>
static int64_t chain(int64_t start) {
    int64_t n = start, steps = 1;
    while (n != 1) {
        if (n % 2 == 0) n = n / 2;
        else n = 3 * n + 1;
        steps++;
    }
    return steps;
}
int main(void) {
    int64_t best = 0, at = 0;
    for (int64_t n = 1; n < 1500000; n++) {
        int64_t steps = chain(n);
        if (steps > best) { best = steps; at = n; }
    }
    printf("%ld %ld\n", (long)at, (long)best);
}
