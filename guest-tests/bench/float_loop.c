// Float loop: points of the Mandelbrot set on a grid.
#include <stdint.h>
#include <stdio.h>
static int64_t inside(double cr, double ci) {
    double zr = 0, zi = 0;
    for (int64_t i = 0; i < 200; i++) {
        double r2 = zr * zr, i2 = zi * zi;
        if (r2 + i2 > 4.0) return i;
        zi = 2.0 * zr * zi + ci;
        zr = r2 - i2 + cr;
    }
    return 200;
}
int main(void) {
    int64_t total = 0;
    for (int64_t y = 0; y < 800; y++)
        for (int64_t x = 0; x < 800; x++) total += inside(x / 320.0 - 2.0, y / 320.0 - 1.25);
    printf("%ld\n", (long)total);
}
