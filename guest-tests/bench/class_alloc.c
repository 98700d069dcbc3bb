// Objects on the heap: binary trees built, walked and freed.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
typedef struct Tree { struct Tree *left, *right; } Tree;
static Tree *build(int64_t depth) {
    Tree *t = malloc(sizeof(Tree));
    t->left = depth ? build(depth - 1) : NULL;
    t->right = depth ? build(depth - 1) : NULL;
    return t;
}
static int64_t count(Tree *t) {
    int64_t n = 1;
    if (t->left) n += count(t->left);
    if (t->right) n += count(t->right);
    return n;
}
static void drop(Tree *t) {
    if (!t) return;
    drop(t->left);
    drop(t->right);
    free(t);
}
int main(void) {
    int64_t total = 0;
    for (int64_t round = 0; round < 40; round++) {
        Tree *t = build(16);
        total += count(t);
        drop(t);
    }
    printf("%ld\n", (long)total);
}
