//! THE table of runtime functions. Everything that lists them derives from here: signatures for the verifier and the
//! code generators, the interpreter's dispatch, the machine-code entry shims. A row without a body does not compile.
//!
//! Parameters: `I8 I32 I64 F32 F64` raw; `Ref`, `Any` borrowed; `Own`, `OwnAny` consumed (the callee owns the count, also when it
//! fails). A result `Ref` or `Any` is owned by the caller. `Addr` is an I32 that is an offset in the region (the scratch area, an element, a
//! slot). `Type` is an I32 TypeId. At most five integer-class parameters. Every function may fail: it then never returns to the program.

use crate::Repr;

/// A parameter of a runtime function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Param {
    /// Raw 8 bits.
    I8,
    /// Raw 32 bits.
    I32,
    /// Raw 64 bits.
    I64,
    /// Float.
    F32,
    /// Float.
    F64,
    /// Borrowed reference.
    Ref,
    /// Consumed reference.
    Own,
    /// Borrowed tagged value.
    Any,
    /// Consumed tagged value.
    OwnAny,
    /// Offset in the region.
    Addr,
    /// Type descriptor.
    Type,
}

impl Param {
    /// Its machine type.
    pub const fn repr(self) -> Repr {
        match self {
            Param::I8 => Repr::I8,
            Param::I32 | Param::Addr | Param::Type => Repr::I32,
            Param::I64 => Repr::I64,
            Param::F32 => Repr::F32,
            Param::F64 => Repr::F64,
            Param::Ref | Param::Own => Repr::Ref,
            Param::Any | Param::OwnAny => Repr::Any,
        }
    }

    /// True where the callee takes over the count.
    pub const fn is_consumed(self) -> bool {
        matches!(self, Param::Own | Param::OwnAny)
    }
}

/// What a runtime function may change. Lowering a count is not counted: what lives goes on living.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Changes {
    /// Nothing that the program can see but the outside world.
    Nothing,
    /// It may raise counts.
    Counts,
    /// Counts and memory.
    Anything,
}

/// Calls `$callback! { rows }` with every row of the table, in order:
/// `#[doc] name(param: Kind, ...) -> Repr;` or without a result.
#[macro_export]
macro_rules! for_each_runtime_fn {
    ($callback:path) => {
        $callback! {
            // -- objects ------------------------------------------------------------------------------------
            /// A new object of a type, count 1, leaves all 0.
            rt_object_new(ty: Type) -> Ref;
            /// Frees an object whose count has just reached 0, with all it owns.
            rt_free(object: Addr);
            /// The same, for ways seldom taken.
            rt_free_rare(object: Addr);
            /// Notes an object that may be the root of a dead cycle: its count was lowered and is not 0.
            rt_cycle_root(object: Addr);
            /// The same object if its count is 1, else a shallow copy. Boxed structs, tuples, enums, arrays, dicts, texts.
            rt_unique(object: Own) -> Ref;
            /// Raises the count of the object in a tagged value, if any.
            rt_any_retain(value: Any);
            /// Lowers the count of the object in a tagged value, if any.
            rt_any_release(value: OwnAny);

            // -- arrays -------------------------------------------------------------------------------------
            /// A new empty array (`ty` is the array type) with room for `cap` elements.
            rt_array_new(ty: Type, cap: I64) -> Ref;
            /// `n` copies of the value at `value` (borrowed).
            rt_array_fill(ty: Type, n: I64, value: Addr) -> Ref;
            /// Unique, with room for `extra` more elements behind its length.
            rt_array_reserve(array: Own, extra: I64) -> Ref;
            /// Unique, with a zeroed hole at `at` and length one more. Index error unless 0 <= at <= len (negative from the end).
            rt_array_insert_hole(array: Own, at: I64) -> Ref;
            /// Unique, with the element at `at` gone; the element is moved to SCRATCH_R. Index error as above, at < len.
            rt_array_remove(array: Own, at: I64) -> Ref;
            /// Unique, cut to at most `len` elements.
            rt_array_truncate(array: Own, len: I64) -> Ref;
            /// Python slice; `i64::MIN` stands for a bound that was left out.
            rt_array_slice(array: Ref, start: I64, end: I64, step: I64) -> Ref;
            /// All elements of both; in place when the first is unique.
            rt_array_concat(array: Own, other: Ref) -> Ref;
            /// Unique and reversed.
            rt_array_reverse(array: Own) -> Ref;
            /// Unique and sorted by the natural order, stable; `descending` not 0 turns the order round.
            rt_array_sort(array: Own, descending: I8) -> Ref;
            /// Index of the first element equal to the value at `value`, or -1.
            rt_array_index_of(array: Ref, value: Addr) -> I64;
            /// Elements shown and joined.
            rt_array_join(array: Ref, separator: Ref) -> Ref;

            // -- dicts --------------------------------------------------------------------------------------
            /// A new empty dict; `ty` is the dict type.
            rt_dict_new(ty: Type) -> Ref;
            /// Address of the value of the key at `key`, or 0. Good until the next change of the dict.
            rt_dict_find(dict: Ref, key: Addr) -> I32;
            /// Unique, with an entry for the key at `key` (consumed). Leaves at SCRATCH_R: u32 address of the value (zeroed if
            /// new), u32 1 if the entry is new.
            rt_dict_slot(dict: Own, key: Addr) -> Ref;
            /// Unique, without the key at `key` (borrowed). Leaves at SCRATCH_R: u32 1 if it was there; the value is released.
            rt_dict_remove(dict: Own, key: Addr) -> Ref;
            /// Empty.
            rt_dict_clear(dict: Own) -> Ref;
            /// Puts the entries into key order (not a change that anyone sees) so that entry `i` can be asked for.
            rt_dict_sort(dict: Ref);
            /// Address of the key of entry `i`, 0 <= i < len, after `rt_dict_sort`.
            rt_dict_key_at(dict: Ref, i: I64) -> I32;
            /// Address of the value of entry `i`.
            rt_dict_value_at(dict: Ref, i: I64) -> I32;

            // -- text ---------------------------------------------------------------------------------------
            /// Both texts one behind the other; in place (amortised) when the first is unique.
            rt_text_concat(text: Own, other: Ref) -> Ref;
            /// 1 if equal.
            rt_text_eq(a: Ref, b: Ref) -> I8;
            /// -1, 0, 1 by bytes.
            rt_text_cmp(a: Ref, b: Ref) -> I32;
            /// Number of characters.
            rt_text_char_count(text: Ref) -> I64;
            /// The `i`-th character, negative from the end. Index error.
            rt_text_char_at(text: Ref, i: I64) -> Ref;
            /// The character at a byte position that begins one.
            rt_text_char_from(text: Ref, byte: I64) -> Ref;
            /// The byte position behind the character that begins at `byte`.
            rt_text_next(text: Ref, byte: I64) -> I64;
            /// Python slice by characters.
            rt_text_slice(text: Ref, start: I64, end: I64, step: I64) -> Ref;
            /// Byte position of the first occurrence, or -1.
            rt_text_find(text: Ref, part: Ref) -> I64;
            /// Byte position of the last occurrence, or -1.
            rt_text_rfind(text: Ref, part: Ref) -> I64;
            /// 1 if it occurs.
            rt_text_contains(text: Ref, part: Ref) -> I8;
            /// 1 if it begins so.
            rt_text_starts_with(text: Ref, part: Ref) -> I8;
            /// 1 if it ends so.
            rt_text_ends_with(text: Ref, part: Ref) -> I8;
            /// Upper case.
            rt_text_upper(text: Ref) -> Ref;
            /// Lower case.
            rt_text_lower(text: Ref) -> Ref;
            /// First character upper case, the rest lower case.
            rt_text_capitalize(text: Ref) -> Ref;
            /// First character of each word upper case, the rest lower case.
            rt_text_title(text: Ref) -> Ref;
            /// Without white space at the start (`sides` 1), the end (2), both (3).
            rt_text_trim(text: Ref, sides: I32) -> Ref;
            /// Parts between occurrences of a separator; an empty separator gives the characters.
            rt_text_split(text: Ref, separator: Ref) -> Ref;
            /// Lines without their ends.
            rt_text_lines(text: Ref) -> Ref;
            /// Characters as texts.
            rt_text_chars(text: Ref) -> Ref;
            /// Bytes as `[i64]`.
            rt_text_bytes(text: Ref) -> Ref;
            /// The byte at a position, or -1 outside.
            rt_text_byte_at(text: Ref, at: I64) -> I64;
            /// The bytes from `start` to `end`, cut to what is there. Invalid-argument error where one of them lies inside of a character.
            rt_text_byte_slice(text: Ref, start: I64, end: I64) -> Ref;
            /// The text of an `[i64]` of bytes; what is not UTF-8 is the replacement character.
            rt_text_from_bytes(bytes: Ref) -> Ref;
            /// First `limit` occurrences replaced (negative: all).
            rt_text_replace(text: Ref, from: Ref, to: Ref, limit: I64) -> Ref;
            /// `n` times; nothing for n <= 0.
            rt_text_repeat(text: Ref, n: I64) -> Ref;
            /// Characters in reverse order.
            rt_text_reverse(text: Ref) -> Ref;
            /// Padded to `width` characters: `align` 0 pads on the left, 1 on the right, 2 both.
            rt_text_pad(text: Ref, width: I64, fill: Ref, align: I32) -> Ref;
            /// 1 if all characters are of a class and there is one: `class` 0 numeric, 1 alphabetic, 2 alphanumeric, 3 white space, 4 upper, 5 lower.
            rt_text_is_class(text: Ref, class: I32) -> I8;
            /// Code point of the first character. Invalid-argument error for an empty text.
            rt_text_ord(text: Ref) -> I64;
            /// Text of one code point. Invalid-argument error where there is none.
            rt_text_from_code(code: I64) -> Ref;
            /// 1 if it reads as an i64 (white space around it is ignored).
            rt_text_is_int(text: Ref) -> I8;
            /// Its i64, or 0.
            rt_text_to_int(text: Ref) -> I64;
            /// 1 if it reads as an f64.
            rt_text_is_float(text: Ref) -> I8;
            /// Its f64, or 0.
            rt_text_to_float(text: Ref) -> F64;
            /// Base 2, 8 or 16, no prefix.
            rt_int_to_base(value: I64, base: I32) -> Ref;

            // -- any type, by descriptor --------------------------------------------------------------------
            /// The printed form of the value at `value` (borrowed).
            rt_show(ty: Type, value: Addr) -> Ref;
            /// The printed form of an i64.
            rt_show_i64(value: I64) -> Ref;
            /// The printed form of an f64: shortest that reads back, no `.0`.
            rt_show_f64(value: F64) -> Ref;
            /// Printed by a format spec (`>8`, `.2f`, ...). Invalid-argument error where it does not fit.
            rt_format(ty: Type, value: Addr, spec: Ref) -> Ref;
            /// 1 if the two values are equal in structure.
            rt_eq(ty: Type, a: Addr, b: Addr) -> I8;
            /// -1, 0, 1: texts by bytes, sequences by elements, options nil first, enums by variant. Floats: NaN after all.
            rt_cmp(ty: Type, a: Addr, b: Addr) -> I32;

            // -- any ----------------------------------------------------------------------------------------
            /// The value at `value` (consumed) as a tagged value.
            rt_any_from(ty: Type, value: Addr) -> Any;
            /// Checked conversion: leaves a copy (owned) of the value at `out`. Numbers convert where nothing is lost; nil fits every option.
            rt_any_to(value: Any, ty: Type, out: Addr);
            /// 1 if `rt_any_to` would succeed without a numeric conversion.
            rt_any_is(value: Any, ty: Type) -> I8;
            /// Truth: false, 0, 0.0, "", empty collections and nil are false.
            rt_any_truthy(value: Any) -> I8;
            /// Binary operator by number (see `DynOp`).
            rt_any_binary(op: I32, a: Any, b: Any) -> Any;
            /// Comparison operator by number.
            rt_any_compare(op: I32, a: Any, b: Any) -> I8;
            /// `-`, `~` by number.
            rt_any_unary(op: I32, a: Any) -> Any;
            /// `a[i]`.
            rt_any_index(value: Any, index: Any) -> Any;
            /// `a[i] = v`; the changed collection.
            rt_any_set_index(value: OwnAny, index: Any, item: OwnAny) -> Any;
            /// Length of a text or collection.
            rt_any_len(value: Any) -> I64;
            /// A field by name.
            rt_any_field(value: Any, name: Ref) -> Any;
            /// A builtin method by name with an `[any]` of arguments.
            rt_any_method(value: Any, name: Ref, args: Ref) -> Any;
            /// Entry `i` for a loop over a dynamic collection; the index runs from 0 to `rt_any_len`.
            rt_any_item(value: Any, i: I64) -> Any;

            // -- numbers ------------------------------------------------------------------------------------
            /// `a ** b`, wrapping. Negative-exponent error.
            rt_int_pow(a: I64, b: I64) -> I64;
            /// Float functions; the same bits on every host.
            rt_f64_pow(a: F64, b: F64) -> F64;
            /// Remainder with the sign of the dividend. Modulo error for a zero divisor.
            rt_f64_rem(a: F64, b: F64) -> F64;
            /// Function of one argument by number (see `MathFn`).
            rt_f64_math(function: I32, x: F64) -> F64;
            /// Function of two arguments by number.
            rt_f64_math2(function: I32, x: F64, y: F64) -> F64;

            // -- the world ----------------------------------------------------------------------------------
            /// Prints a text; `newline` not 0 ends the line.
            rt_print(text: Ref, newline: I8);
            /// The same to the error stream.
            rt_eprint(text: Ref, newline: I8);
            /// A line from the input without its end; empty at the end of the input.
            rt_input(prompt: Ref) -> Ref;
            /// The program's arguments.
            rt_args() -> Ref;
            /// Ends the program with a code.
            rt_exit(code: I64);
            /// Raises an error of a kind (see `ErrorKind`) with its two arguments.
            rt_raise(kind: I32, a: I64, b: I64);
            /// Raises an error of a kind with a message.
            rt_raise_text(kind: I32, message: Ref);
            /// What a loop's back edge calls where somebody asked for it, in programs whose parts are replaced while they run: raises if the program is to
            /// stop, else lets the host link what is new and runs what gives new variables their values. The result is 0.
            rt_poll() -> I64;
            /// What stands for a generic function before its first call asks for the function, which the host puts into the entry of the function table.
            rt_instantiate(entry: I32);
            /// Calls the function of the host that the loader gave this number. The frame is an object with the arguments, to which the host adds the result.
            rt_host(function: I32, frame: Ref);
        }
    };
}

macro_rules! define {
    ($($(#[doc = $doc:literal])+ $name:ident($($param:ident: $kind:ident),*) $(-> $result:ident)?;)*) => {
        /// A runtime function.
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
        #[repr(u32)]
        pub enum RtFn { $($(#[doc = $doc])+ $name,)* }

        impl RtFn {
            /// All runtime functions, in the order of the table.
            pub const ALL: &'static [RtFn] = &[$(RtFn::$name,)*];

            /// Its name.
            pub const fn name(self) -> &'static str { match self { $(RtFn::$name => stringify!($name),)* } }

            /// The function of a name.
            pub fn from_name(name: &str) -> Option<RtFn> {
                match name { $(stringify!($name) => Some(RtFn::$name),)* _ => None }
            }

            /// Its parameters.
            pub const fn params(self) -> &'static [Param] {
                match self { $(RtFn::$name => &[$(Param::$kind),*],)* }
            }

            /// Its result.
            pub const fn result(self) -> Option<Repr> {
                match self { $(RtFn::$name => { #[allow(unused_assignments, unused_mut)] let mut result = None; $(result = Some(Repr::$result);)? result })* }
            }
        }
    };
}
for_each_runtime_fn!(define);

impl RtFn {
    /// True for functions that never return to the program.
    pub const fn never_returns(self) -> bool {
        matches!(self, RtFn::rt_exit | RtFn::rt_raise | RtFn::rt_raise_text)
    }

    /// What it may change that was there before the call. What it allocates is new, what it frees is not looked at any more, and what a text
    /// remembers about itself (its hash, its number of characters) is no change.
    pub const fn changes(self) -> Changes {
        let nothing = matches!(
            self,
            RtFn::rt_object_new
                | RtFn::rt_array_new
                | RtFn::rt_dict_new
                | RtFn::rt_dict_find
                | RtFn::rt_text_eq
                | RtFn::rt_text_cmp
                | RtFn::rt_text_char_count
                | RtFn::rt_text_next
                | RtFn::rt_text_byte_at
                | RtFn::rt_text_find
                | RtFn::rt_text_rfind
                | RtFn::rt_text_contains
                | RtFn::rt_text_starts_with
                | RtFn::rt_text_ends_with
                | RtFn::rt_text_is_class
                | RtFn::rt_text_ord
                | RtFn::rt_text_is_int
                | RtFn::rt_text_to_int
                | RtFn::rt_text_is_float
                | RtFn::rt_text_to_float
                | RtFn::rt_int_to_base
                | RtFn::rt_show_i64
                | RtFn::rt_show_f64
                | RtFn::rt_any_is
                | RtFn::rt_any_truthy
                | RtFn::rt_any_len
                | RtFn::rt_int_pow
                | RtFn::rt_f64_pow
                | RtFn::rt_f64_rem
                | RtFn::rt_f64_math
                | RtFn::rt_f64_math2
                | RtFn::rt_print
                | RtFn::rt_eprint
                | RtFn::rt_exit
                | RtFn::rt_raise
                | RtFn::rt_raise_text
        );
        // What is not listed may change anything.
        if nothing {
            Changes::Nothing
        } else if matches!(
            self,
            RtFn::rt_unique | RtFn::rt_any_retain | RtFn::rt_array_fill | RtFn::rt_array_slice
        ) {
            Changes::Counts
        } else {
            Changes::Anything
        }
    }

    /// True where the result has one owner, whatever was passed.
    pub const fn result_is_unique(self) -> bool {
        matches!(
            self,
            RtFn::rt_object_new
                | RtFn::rt_unique
                | RtFn::rt_array_new
                | RtFn::rt_array_fill
                | RtFn::rt_array_reserve
                | RtFn::rt_array_insert_hole
                | RtFn::rt_array_remove
                | RtFn::rt_array_truncate
                | RtFn::rt_dict_new
        )
    }

    /// True for functions that are called on ways seldom taken, out of the middle of fast loops: their entry shims change no register at all (the upper
    /// halves of vector registers excepted), and leave a result in the first word of [`RESULTS`](crate::context::RESULTS).
    pub const fn keeps_registers(self) -> bool {
        matches!(
            self,
            RtFn::rt_free_rare
                | RtFn::rt_cycle_root
                | RtFn::rt_unique
                | RtFn::rt_array_reserve
                | RtFn::rt_poll
        )
    }

    /// Its entry in the runtime table.
    pub const fn table_index(self) -> u32 {
        self as u32 + 1
    }
}

macro_rules! numbered {
    ($(#[$meta:meta])* $name:ident { $($(#[doc = $doc:literal])+ $variant:ident,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        #[repr(u32)]
        pub enum $name { $($(#[doc = $doc])+ $variant,)* }

        impl $name {
            /// All of them; the number is the position.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];
            /// The one with a number.
            pub fn from_number(number: u32) -> Option<$name> { $name::ALL.get(number as usize).copied() }
        }
    };
}

numbered! {
    /// Operators on tagged values.
    DynOp {
        /// `+`
        Add, /// `-`
        Sub, /// `*`
        Mul, /// `/`
        Div, /// `%`
        Rem, /// `**`
        Pow, /// `&`
        BitAnd, /// `|`
        BitOr, /// `^`
        BitXor, /// `<<`
        Shl, /// `>>`
        Shr, /// `==`
        Eq, /// `!=`
        Ne, /// `<`
        Lt, /// `<=`
        Le, /// `>`
        Gt, /// `>=`
        Ge, /// `in`
        In, /// unary `-`
        Neg, /// `~`
        BitNot,
    }
}

numbered! {
    /// Float functions.
    MathFn {
        /// sine
        Sin, /// cosine
        Cos, /// tangent
        Tan, /// arc sine
        Asin, /// arc cosine
        Acos, /// arc tangent
        Atan, /// hyperbolic sine
        Sinh, /// hyperbolic cosine
        Cosh, /// hyperbolic tangent
        Tanh, /// e to the power
        Exp, /// natural logarithm
        Ln, /// logarithm to base 2
        Log2, /// logarithm to base 10
        Log10, /// cube root
        Cbrt, /// nearest integer, halves away from zero
        Round, /// arc tangent of y / x (two arguments, y first)
        Atan2, /// length of the hypotenuse (two arguments)
        Hypot, /// logarithm of x to base y (two arguments)
        Log,
    }
}
