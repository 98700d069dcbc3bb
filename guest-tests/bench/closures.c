// Closures: function pointers with an environment, called in a loop.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
typedef struct Closure { int64_t (*call)(struct Closure *, int64_t); struct Closure *f, *g; int64_t k; } Closure;
static int64_t add(Closure *c, int64_t x) { return x + c->k; }
static int64_t mix(Closure *c, int64_t x) { return x ^ (x >> c->k); }
static int64_t both(Closure *c, int64_t x) { return c->g->call(c->g, c->f->call(c->f, x)); }
static Closure *make(int64_t (*call)(Closure *, int64_t), Closure *f, Closure *g, int64_t k) {
    Closure *c = malloc(sizeof *c);
    *c = (Closure){call, f, g, k};
    return c;
}
int main(void) {
    Closure *steps[8];
    for (int64_t k = 1; k < 9; k++) steps[k - 1] = make(both, make(add, 0, 0, k), make(mix, 0, 0, k), 0);
    int64_t x = 1;
    for (int64_t i = 0; i < 24000000; i++) {
        Closure *c = steps[i % 8];
        x = c->call(c, x) % 1000003;
    }
    printf("%ld\n", (long)x);
}
