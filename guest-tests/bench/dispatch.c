// Dynamic dispatch: shapes behind a table of functions.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
typedef struct Shape { int64_t (*const *vtable)(struct Shape *, int64_t); int64_t a, b; } Shape;
typedef int64_t (*Area)(Shape *, int64_t);
static int64_t square(Shape *s, int64_t scale) { return s->a * s->a * scale; }
static int64_t strip(Shape *s, int64_t scale) { return s->a * s->b + scale; }
static int64_t step(Shape *s, int64_t scale) { return s->a * s->b * (s->b + 1) / 2 - scale; }
static const Area squares[] = {square}, strips[] = {strip}, steps[] = {step};
static Shape *make(const Area *vtable, int64_t a, int64_t b) {
    Shape *s = malloc(sizeof *s);
    *s = (Shape){vtable, a, b};
    return s;
}
int main(void) {
    Shape *shapes[999];
    for (int64_t i = 0; i < 999; i++)
        shapes[i] = i % 3 == 0 ? make(squares, i, 0) : i % 3 == 1 ? make(strips, i, 7) : make(steps, i % 10, i % 50);
    int64_t total = 0;
    for (int64_t round = 0; round < 40000; round++)
        for (int64_t i = 0; i < 999; i++) total += shapes[i]->vtable[0](shapes[i], round % 5);
    printf("%ld\n", (long)total);
}
