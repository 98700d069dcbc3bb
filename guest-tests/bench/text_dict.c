// A hash table with string keys: word counts.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
typedef struct { char *key; uint64_t hash; int64_t value; } Entry;
static Entry *table;
static size_t cap = 16, len = 0;
static uint64_t hash(const char *s) {
    uint64_t h = 0xcbf29ce484222325u;
    for (; *s; s++) h = (h ^ (unsigned char)*s) * 0x100000001b3u;
    return h;
}
static Entry *slot(Entry *t, size_t n, const char *key, uint64_t h) {
    size_t i = h & (n - 1);
    while (t[i].key && (t[i].hash != h || strcmp(t[i].key, key))) i = (i + 1) & (n - 1);
    return &t[i];
}
static int64_t *at(const char *key) {
    uint64_t h = hash(key);
    Entry *e = slot(table, cap, key, h);
    if (!e->key) {
        if ((len + 1) * 4 > cap * 3) {
            Entry *grown = calloc(cap * 2, sizeof(Entry));
            for (size_t i = 0; i < cap; i++)
                if (table[i].key) *slot(grown, cap * 2, table[i].key, table[i].hash) = table[i];
            free(table);
            table = grown;
            cap *= 2;
            e = slot(table, cap, key, h);
        }
        e->key = strdup(key);
        e->hash = h;
        len++;
    }
    return &e->value;
}
int main(void) {
    table = calloc(cap, sizeof(Entry));
    int64_t seed = 12345;
    char key[32];
    for (int64_t i = 0; i < 2000000; i++) {
        seed = (seed * 1103515245 + 12345) % 2147483648;
        snprintf(key, sizeof key, "w%ld", (long)(seed / 65536 % 5000));
        *at(key) += 1;
    }
    int64_t best = 0;
    for (size_t i = 0; i < cap; i++)
        if (table[i].key && table[i].value > best) best = table[i].value;
    printf("%zu %ld\n", len, (long)best);
}
