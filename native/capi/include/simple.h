/* The compiler of Simple and its programs, for C.
 *
 * Made by: BLESS=1 cargo test -p capi --test c
 *
 * Contexts, programs and functions belong to the thread that made them. Handles are numbers that are looked up in a table, and never given out
 * twice: a null pointer, one that was destroyed, one of another thread or of another kind are errors, as is text that is not UTF-8.
 * A call that fails gives a null pointer or false, and compiler_get_last_error says why.
 */

#ifndef SIMPLE_H
#define SIMPLE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/*
 What a value is.
 */
typedef enum SimpleKind {
  /*
   `()`: no field counts.
   */
  SIMPLE_KIND_UNIT,
  /*
   `bool`: `integer` is 0 or 1.
   */
  SIMPLE_KIND_BOOL,
  /*
   `i8` to `i64`, and `u8` to `u32`: `integer`.
   */
  SIMPLE_KIND_INTEGER,
  /*
   `u64`: the bits of `integer`.
   */
  SIMPLE_KIND_UNSIGNED,
  /*
   `f32`, `f64`: `number`.
   */
  SIMPLE_KIND_FLOAT,
  /*
   `text`: UTF-8 at `text`, `length` bytes; it may contain zeros.
   */
  SIMPLE_KIND_TEXT,
} SimpleKind;

/*
 A context of the compiler. There is nothing behind the pointer.
 */
typedef struct CompilerContextImpl CompilerContextImpl;

/*
 A function of a program. There is nothing behind the pointer.
 */
typedef struct SimpleFunction SimpleFunction;

/*
 A program that runs. There is nothing behind the pointer.
 */
typedef struct SimpleProgram SimpleProgram;

/*
 What an instantiation gives. Code and message are freed by `compiler_free_code` and `compiler_free_string`.
 */
typedef struct CompilationResult {
  /*
   There is code, and no message.
   */
  bool success;
  /*
   The artifact of the instance.
   */
  uint8_t *code_ptr;
  /*
   Its bytes.
   */
  size_t code_len;
  /*
   Why there is none.
   */
  char *error_message;
} CompilationResult;

/*
 A value that goes in or out of a function. The `kind` is a number of `SimpleKind`.
 */
typedef struct SimpleValue {
  /*
   What it is, as a number that is checked.
   */
  uint32_t kind;
  /*
   Integers and bools.
   */
  int64_t integer;
  /*
   Floats.
   */
  double number;
  /*
   Texts. That of a result has a zero behind it and is freed by `compiler_free_string`; that of an argument needs neither.
   */
  const char *text;
  /*
   Bytes of the text.
   */
  size_t length;
} SimpleValue;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/*
 A new context; null where there is none.
 */
struct CompilerContextImpl *compiler_create_context(void);

/*
 Ends a context. Programs that were made with it stay.
 */
void compiler_destroy_context(struct CompilerContextImpl *ctx);

/*
 Why the thread's last call failed; null where it did not. Stays until the next call and is not freed.
 */
const char *compiler_get_last_error(void);

/*
 Frees a text that was given out.
 */
void compiler_free_string(char *s);

/*
 Frees code that was given out.
 */
void compiler_free_code(uint8_t *code, size_t len);

/*
 Adds a module: a module file where the path ends in `.smf`, else a source text; the first one is the program.

 # Safety
 `path` is null or a text that ends with a zero; `contents` is null or that of `len` bytes.
 */
bool compiler_add_module(struct CompilerContextImpl *ctx,
                         const char *path,
                         const uint8_t *contents,
                         size_t len);

/*
 The types that a template gets by what is known about its use, in JSON; null where there are none.

 # Safety
 The texts are null or end with a zero.
 */
char *compiler_infer_types(struct CompilerContextImpl *ctx,
                           const char *template_json,
                           const char *hints_json);

/*
 Whether a module file is sound in all its parts, beside the modules that were added.

 # Safety
 `code` is null or that of `len` bytes.
 */
bool compiler_check_types(struct CompilerContextImpl *ctx, const uint8_t *code, size_t len);

/*
 The artifact of an instance of a template (in JSON, without a zero) for a list of types in JSON.

 # Safety
 `template_bytes` is null or that of `template_len` bytes; `types_json` is null or ends with a zero.
 */
struct CompilationResult compiler_instantiate_template(struct CompilerContextImpl *ctx,
                                                       const uint8_t *template_bytes,
                                                       size_t template_len,
                                                       const char *types_json);

/*
 Counts of the context, in JSON; null where there is no such context.
 */
char *compiler_get_stats(struct CompilerContextImpl *ctx);

/*
 Compiles the modules that were added to a context and runs their bodies; null where that fails.
 */
struct SimpleProgram *simple_load(struct CompilerContextImpl *ctx);

/*
 Ends a program and forgets its functions.
 */
void simple_unload(struct SimpleProgram *program);

/*
 A function of a program by name, of a generic one the instance for `types_json` (a list of types; null for none); null where there is none.

 # Safety
 The texts are null or end with a zero.
 */
struct SimpleFunction *simple_resolve(struct SimpleProgram *program,
                                      const char *name,
                                      const char *types_json);

/*
 Forgets a function, whose code stays with the program.
 */
void simple_release(struct SimpleFunction *function);

/*
 Calls a function with `count` arguments. False where the arguments are not of its types or the program fails, which can be called again then.

 # Safety
 `arguments` is null or that of `count` values, whose texts are those of `length` bytes; `result` is null or that of a value that may be written.
 */
bool simple_call(struct SimpleFunction *function,
                 const struct SimpleValue *arguments,
                 size_t count,
                 struct SimpleValue *result);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* SIMPLE_H */
