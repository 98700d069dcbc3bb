// An array of structs: particles that bounce in a box.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
typedef struct { double x, y, vx, vy; } Particle;
int main(void) {
    int64_t n = 1000;
    Particle *ps = malloc(n * sizeof *ps);
    for (int64_t i = 0; i < n; i++)
        ps[i] = (Particle){(double)i, (double)(i * 7 % 1000), (double)(i % 13) - 6.0, (double)(i % 11) - 5.0};
    for (int64_t step = 0; step < 80000; step++)
        for (int64_t i = 0; i < n; i++) {
            ps[i].x += ps[i].vx * 0.01;
            ps[i].y += ps[i].vy * 0.01;
            if (ps[i].x < 0.0 || ps[i].x > 1000.0) ps[i].vx = -ps[i].vx;
            if (ps[i].y < 0.0 || ps[i].y > 1000.0) ps[i].vy = -ps[i].vy;
        }
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += ps[i].x + ps[i].y;
    printf("%.3f\n", sum);
}
