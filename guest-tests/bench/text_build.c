// Building strings by repeated addition.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
typedef struct { char *data; size_t len, cap; } Text;
static void add(Text *t, const char *s) {
    size_t n = strlen(s);
    if (t->len + n > t->cap) {
        t->cap = (t->len + n) * 2;
        t->data = realloc(t->data, t->cap);
    }
    memcpy(t->data + t->len, s, n);
    t->len += n;
}
int main(void) {
    int64_t total = 0;
    for (int round = 0; round < 20; round++) {
        Text t = {0};
        char number[32];
        for (int64_t i = 0; i < 200000; i++) {
            add(&t, "item ");
            snprintf(number, sizeof number, "%ld", (long)i);
            add(&t, number);
            add(&t, ", ");
        }
        total += t.len;
        free(t.data);
    }
    printf("%ld\n", (long)total);
}
