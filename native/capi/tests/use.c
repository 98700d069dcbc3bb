/* What a C program does with the library, and what it must not do and gets an error for. */

#include "simple.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int checks = 0;

#define CHECK(condition)                                                                   \
    do {                                                                                   \
        checks++;                                                                          \
        if (!(condition)) {                                                                \
            const char *why = compiler_get_last_error();                                   \
            fprintf(stderr, "line %d: %s (%s)\n", __LINE__, #condition, why ? why : "-");  \
            exit(1);                                                                       \
        }                                                                                  \
    } while (0)

/* The last call failed, and its message contains this. */
static int failed_with(const char *what) {
    const char *error = compiler_get_last_error();
    return error != NULL && strstr(error, what) != NULL;
}

static const char SOURCE[] =
    "val unit = \"px\"\n"
    "var calls = 0\n"
    "fn scale(n: i64, by: f64) -> text:\n"
    "    calls += 1\n"
    "    \"{n * by}{unit}\"\n"
    "fn larger(a, b): if a > b: a else: b\n"
    "fn identity<T>(x: T) -> T: x\n"
    "fn flag(b: bool) -> bool: not b\n"
    "fn nothing(): calls += 1\n"
    "fn divide(a: i64, b: i64) -> i64: a / b\n"
    "fn list() -> [i64]: [1]\n"
    "fn count() -> i64: calls\n";

static SimpleValue integer(int64_t n) {
    SimpleValue value = {0};
    value.kind = SIMPLE_KIND_INTEGER;
    value.integer = n;
    return value;
}

static SimpleValue number(double n) {
    SimpleValue value = {0};
    value.kind = SIMPLE_KIND_FLOAT;
    value.number = n;
    return value;
}

static SimpleValue text(const char *t, size_t length) {
    SimpleValue value = {0};
    value.kind = SIMPLE_KIND_TEXT;
    value.text = t;
    value.length = length;
    return value;
}

static void templates(CompilerContextImpl *ctx) {
    const char *hints =
        "[{\"source\":\"call_site\",\"param_index\":0,\"ty\":{\"kind\":\"int\",\"bits\":64,\"signed\":true}}]";
    const char *template = "{\"name\":\"identity\",\"type_params\":[\"T\"]}";
    char *types = compiler_infer_types(ctx, template, hints);
    CHECK(types != NULL);
    CHECK(strcmp(types, "[{\"kind\":\"int\",\"bits\":64,\"signed\":true}]") == 0);
    CompilationResult made =
        compiler_instantiate_template(ctx, (const uint8_t *)template, strlen(template), types);
    CHECK(made.success && made.code_len > 8 && memcmp(made.code_ptr, "SIMPLEA", 7) == 0);
    compiler_free_code(made.code_ptr, made.code_len + 1);
    CHECK(failed_with("bytes"));
    compiler_free_code(made.code_ptr, made.code_len);
    CHECK(compiler_get_last_error() == NULL);
    compiler_free_code(made.code_ptr, made.code_len);
    CHECK(failed_with("freed already"));
    compiler_free_string(types);
    compiler_free_string(types);
    CHECK(failed_with("freed already"));

    CHECK(compiler_infer_types(ctx, template, "[]") == NULL && failed_with("T"));
    CHECK(compiler_infer_types(ctx, NULL, hints) == NULL && failed_with("template_json is null"));
    CHECK(compiler_infer_types(ctx, "\xff", hints) == NULL && failed_with("UTF-8"));
    made = compiler_instantiate_template(ctx, NULL, 5, "[]");
    CHECK(!made.success && made.code_ptr == NULL && strstr(made.error_message, "null") != NULL);
    compiler_free_string(made.error_message);
    CHECK(!compiler_check_types(ctx, (const uint8_t *)"no module", 9) && failed_with("E1023"));
    char *stats = compiler_get_stats(ctx);
    CHECK(stats != NULL && strstr(stats, "template_instantiations") != NULL);
    compiler_free_string(stats);
}

static void calls(SimpleProgram *program) {
    SimpleValue result;
    SimpleFunction *scale = simple_resolve(program, "scale", NULL);
    CHECK(scale != NULL);
    for (int turn = 0; turn < 1000; turn++) {
        SimpleValue arguments[] = {integer(3), number(1.5)};
        CHECK(simple_call(scale, arguments, 2, &result));
        CHECK(result.kind == SIMPLE_KIND_TEXT && result.length == 5 && strcmp(result.text, "4.5px") == 0);
        compiler_free_string((char *)result.text);
    }
    CHECK(!simple_call(scale, NULL, 0, &result) && failed_with("fn(i64, f64) -> text"));
    CHECK(!simple_call(scale, NULL, 2, &result) && failed_with("arguments is null"));
    CHECK(!simple_call(scale, NULL, 0, NULL) && failed_with("result is null"));
    SimpleValue wild = integer(1);
    wild.kind = 77;
    CHECK(!simple_call(scale, &wild, 1, &result) && failed_with("no kind 77"));

    const char *int_types = "[{\"kind\":\"int\",\"bits\":64,\"signed\":true}]";
    SimpleFunction *identity = simple_resolve(program, "identity", "[{\"kind\":\"string\"}]");
    CHECK(identity != NULL);
    SimpleValue word = text("a\0b", 3);
    CHECK(simple_call(identity, &word, 1, &result));
    CHECK(result.length == 3 && memcmp(result.text, "a\0b", 4) == 0);
    compiler_free_string((char *)result.text);
    word = text("\xc3", 1);
    CHECK(!simple_call(identity, &word, 1, &result) && failed_with("UTF-8"));
    word = text(NULL, 3);
    CHECK(!simple_call(identity, &word, 1, &result) && failed_with("null"));
    simple_release(identity);
    CHECK(!simple_call(identity, NULL, 0, &result) && failed_with("no such function"));
    simple_release(identity);
    CHECK(failed_with("no such function"));
    identity = simple_resolve(program, "identity", int_types);
    SimpleValue one = integer(-1);
    CHECK(simple_call(identity, &one, 1, &result) && result.kind == SIMPLE_KIND_INTEGER && result.integer == -1);
    identity = simple_resolve(program, "identity", "[{\"kind\":\"int\",\"bits\":64,\"signed\":false}]");
    one.kind = SIMPLE_KIND_UNSIGNED;
    CHECK(simple_call(identity, &one, 1, &result) && result.kind == SIMPLE_KIND_UNSIGNED && result.integer == -1);

    SimpleFunction *flag = simple_resolve(program, "flag", NULL);
    SimpleValue yes = {0};
    yes.kind = SIMPLE_KIND_BOOL;
    yes.integer = 1;
    CHECK(simple_call(flag, &yes, 1, &result) && result.kind == SIMPLE_KIND_BOOL && result.integer == 0);
    SimpleFunction *nothing = simple_resolve(program, "nothing", NULL);
    CHECK(simple_call(nothing, NULL, 0, &result) && result.kind == SIMPLE_KIND_UNIT);

    SimpleFunction *divide = simple_resolve(program, "divide", NULL);
    SimpleValue zero[] = {integer(1), integer(0)};
    CHECK(!simple_call(divide, zero, 2, &result) && failed_with("division by zero"));
    SimpleValue fine[] = {integer(9), integer(3)};
    CHECK(simple_call(divide, fine, 2, &result) && result.integer == 3);
    SimpleFunction *count = simple_resolve(program, "count", NULL);
    CHECK(simple_call(count, NULL, 0, &result) && result.integer == 1001);

    SimpleFunction *list = simple_resolve(program, "list", NULL);
    CHECK(list != NULL);
    CHECK(!simple_call(list, NULL, 0, &result) && failed_with("no form"));
    CHECK(simple_resolve(program, "missing", NULL) == NULL && failed_with("missing"));
    CHECK(simple_resolve(program, NULL, NULL) == NULL && failed_with("name is null"));
    CHECK(simple_resolve(program, "identity", "nonsense") == NULL && failed_with("types"));
}

int main(void) {
    compiler_destroy_context(NULL);
    CHECK(failed_with("no such context"));
    CompilerContextImpl *ctx = compiler_create_context();
    CHECK(ctx != NULL);
    CHECK(simple_load(ctx) == NULL && failed_with("no module"));
    CHECK(compiler_add_module(ctx, "main.spl", (const uint8_t *)SOURCE, strlen(SOURCE)));
    CHECK(!compiler_add_module(ctx, NULL, NULL, 0) && failed_with("path is null"));
    templates(ctx);

    SimpleProgram *program = simple_load(ctx);
    CHECK(program != NULL);
    calls(program);
    SimpleFunction *count = simple_resolve(program, "count", NULL);
    CHECK(simple_load((CompilerContextImpl *)program) == NULL && failed_with("no such context"));
    simple_unload((SimpleProgram *)ctx);
    CHECK(failed_with("no such program"));
    compiler_destroy_context(ctx);
    CHECK(compiler_get_last_error() == NULL);
    compiler_destroy_context(ctx);
    CHECK(failed_with("no such context"));
    CHECK(simple_load(ctx) == NULL && failed_with("no such context"));
    SimpleValue result;
    CHECK(simple_call(count, NULL, 0, &result) && result.integer == 1001);
    simple_unload(program);
    CHECK(compiler_get_last_error() == NULL);
    CHECK(!simple_call(count, NULL, 0, &result) && failed_with("no such function"));
    simple_unload(program);
    CHECK(failed_with("no such program"));
    int on_stack = 0;
    compiler_free_string((char *)&on_stack);
    CHECK(failed_with("not given out"));
    printf("%d checks\n", checks);
    return 0;
}
