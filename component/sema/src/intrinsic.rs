//! The table of intrinsics: functions that the standard library declares with `extern fn` and the MIR builder expands by type.
//! Everything else in the standard library is Simple, or a runtime function.

macro_rules! intrinsics {
    ($($(#[doc = $doc:literal])+ $variant:ident $name:literal $([$($effect:ident),*])?;)*) => {
        /// An intrinsic.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        pub enum Intrinsic { $($(#[doc = $doc])+ $variant,)* }

        impl Intrinsic {
            /// All of them.
            pub const ALL: &'static [Intrinsic] = &[$(Intrinsic::$variant,)*];
            /// The name in `extern fn`.
            pub const fn name(self) -> &'static str { match self { $(Intrinsic::$variant => $name,)* } }
            /// What it does to its arguments, but for reading them.
            pub const fn effects(self) -> &'static [Effect] {
                match self { $(Intrinsic::$variant => &[$($(Effect::$effect),*)?],)* }
            }
            /// The intrinsic of a name.
            pub fn from_name(name: &str) -> Option<Intrinsic> {
                match name { $($name => Some(Intrinsic::$variant),)* _ => None }
            }
        }
    };
}

/// What an intrinsic does to its arguments.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// The first argument is a place, which it changes.
    Changes,
    /// It shows or compares values of its first type argument as a whole.
    Inspects,
}

impl Intrinsic {
    /// Whether the first argument is a place that it changes.
    pub fn changes_first_argument(self) -> bool {
        self.effects().contains(&Effect::Changes)
    }

    /// Whether it looks at values of its first type argument as a whole.
    pub fn inspects_values(self) -> bool {
        self.effects().contains(&Effect::Inspects)
    }
}

intrinsics! {
    /// `show<T>(x: T) -> text`: the printed form.
    Show "show" [Inspects];
    /// `cmp<T>(a: T, b: T) -> i64`: -1, 0, 1.
    Cmp "cmp" [Inspects];
    /// `type_number<N>() -> i64`: the number that is the type argument.
    TypeNumber "type_number";
    /// `array_len<T>(xs: [T]) -> i64`.
    ArrayLen "array_len";
    /// `array_at<T>(xs: [T], i: i64) -> T`: no check; the caller knows 0 <= i < len.
    ArrayAt "array_at";
    /// `array_new<T>(cap: i64) -> [T]`: empty, with room.
    ArrayNew "array_new";
    /// `array_push<T>(mut xs: [T], x: T)`.
    ArrayPush "array_push" [Changes];
    /// `array_pop<T>(mut xs: [T]) -> T`: the caller knows it is not empty.
    ArrayPop "array_pop" [Changes];
    /// `array_insert<T>(mut xs: [T], i: i64, x: T)`: index error outside 0..=len.
    ArrayInsert "array_insert" [Changes];
    /// `array_remove<T>(mut xs: [T], i: i64) -> T`: index error outside 0..len.
    ArrayRemove "array_remove" [Changes];
    /// `array_truncate<T>(mut xs: [T], len: i64)`.
    ArrayTruncate "array_truncate" [Changes];
    /// `array_reverse<T>(mut xs: [T])`.
    ArrayReverse "array_reverse" [Changes];
    /// `array_sort<T>(mut xs: [T], descending: bool)`: natural order.
    ArraySort "array_sort" [Changes, Inspects];
    /// `array_append<T>(mut xs: [T], ys: [T])`.
    ArrayAppend "array_append" [Changes];
    /// `array_swap<T>(mut xs: [T], i: i64, j: i64)`: no check.
    ArraySwap "array_swap" [Changes];
    /// `array_index_of<T>(xs: [T], x: T) -> i64`: or -1.
    ArrayIndexOf "array_index_of" [Inspects];
    /// `array_join<T>(xs: [T], sep: text) -> text`.
    ArrayJoin "array_join" [Inspects];
    /// `dict_len<K, V>(d: {K: V}) -> i64`.
    DictLen "dict_len";
    /// `dict_get<K, V>(d: {K: V}, k: K) -> V?`.
    DictGet "dict_get" [Inspects];
    /// `dict_has<K, V>(d: {K: V}, k: K) -> bool`.
    DictHas "dict_has" [Inspects];
    /// `dict_set<K, V>(mut d: {K: V}, k: K, v: V)`.
    DictSet "dict_set" [Changes, Inspects];
    /// `dict_remove<K, V>(mut d: {K: V}, k: K) -> bool`: whether it was there.
    DictRemove "dict_remove" [Changes, Inspects];
    /// `dict_clear<K, V>(mut d: {K: V})`.
    DictClear "dict_clear" [Changes];
    /// `dict_sort<K, V>(d: {K: V})`: before `dict_key_at`.
    DictSort "dict_sort" [Inspects];
    /// `dict_key_at<K, V>(d: {K: V}, i: i64) -> K`: no check.
    DictKeyAt "dict_key_at";
    /// `dict_value_at<K, V>(d: {K: V}, i: i64) -> V`: no check.
    DictValueAt "dict_value_at";
    /// `text_len(s: text) -> i64`: bytes.
    TextLen "text_len";
    /// `is_nil<T>(x: T?) -> bool`.
    IsNil "is_nil";
    /// `unwrap_unchecked<T>(x: T?) -> T`: the caller knows it is present.
    UnwrapUnchecked "unwrap_unchecked";
    /// `float_math(name: literal text, x: f64) -> f64`: sqrt, floor, ceil, trunc, abs as instructions.
    FloatSqrt "float_sqrt";
    /// Toward minus infinity.
    FloatFloor "float_floor";
    /// Toward plus infinity.
    FloatCeil "float_ceil";
    /// Toward zero.
    FloatTrunc "float_trunc";
    /// Without sign.
    FloatAbs "float_abs";
    /// Bits of an i64 that are 1.
    PopCount "pop_count";
    /// Leading zero bits of an i64.
    LeadingZeros "leading_zeros";
    /// Trailing zero bits of an i64.
    TrailingZeros "trailing_zeros";
    /// `raise(kind: i64, message: text) -> never`: kind is an `abi::ErrorKind` number, a literal.
    Raise "raise";
    /// `range_start(r: range) -> i64` (the type of ranges is written `Range`).
    RangeStart "range_start";
    /// `range_end(r: Range) -> i64`.
    RangeEnd "range_end";
    /// `range_step(r: Range) -> i64`.
    RangeStep "range_step";
    /// `range_inclusive(r: Range) -> bool`.
    RangeInclusive "range_inclusive";
    /// `range_new(start: i64, end: i64, step: i64, inclusive: bool) -> Range`.
    RangeNew "range_new";
    /// `ordinal<E>(e: E) -> i64`: the discriminant of an enum value.
    Ordinal "ordinal";
}
