//! THE table of instructions of legal MIR. Printer, reader, verifier derive from it; interpreter and
//! code generators match on [`Op`] without a catch-all, so a new row does not compile until each has its arm.

macro_rules! ops {
    ($($(#[doc = $doc:literal])+ $name:ident $mnemonic:literal $shape:ident;)*) => {
        /// An operation.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        pub enum Op { $($(#[doc = $doc])+ $name,)* }

        impl Op {
            /// All operations, in the order of the table.
            pub const ALL: &'static [Op] = &[$(Op::$name,)*];
            /// The printed name.
            pub const fn mnemonic(self) -> &'static str { match self { $(Op::$name => $mnemonic,)* } }
            /// What its fields mean.
            pub const fn shape(self) -> Shape { match self { $(Op::$name => Shape::$shape,)* } }
            /// The operation of a printed name.
            pub fn from_mnemonic(name: &str) -> Option<Op> {
                match name { $($mnemonic => Some(Op::$name),)* _ => None }
            }
        }
    };
}

/// What `ty`, `args`, `imm` and `results` of an instruction mean. `T` is `ty`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// `() -> T`, imm: the bits.
    Const,
    /// `() -> T`, imm: slot number; T is I32 or Ref.
    Slot,
    /// `(T) -> T`
    Unary,
    /// `(T, T) -> T`
    Binary,
    /// `(T, T) -> I8`
    Compare,
    /// `(any one) -> T`
    Convert,
    /// `(I8, T, T) -> T`
    Select,
    /// `(I32 or Ref address) -> T`, imm: displacement, 0 <= imm < 64 KiB
    Load,
    /// `(I32 or Ref address, T) -> ()`, imm: displacement
    Store,
    /// `(T) -> ()`, T is Ref or Any, imm: flags of [`counting`]
    Count,
    /// `(Ref) -> I8`
    Test,
    /// `(parameters) -> results`, imm: function number
    Call,
    /// `(I32 function-table index, parameters) -> results`, imm: signature number
    CallIndirect,
    /// `(parameters) -> result or nothing`, imm: runtime-function number
    Runtime,
    /// `() -> ()`
    Poll,
}

/// Flags of `retain` and `release`.
pub mod counting {
    /// The reference may be 0; then nothing happens.
    pub const NULLABLE: i64 = 1;
    /// On `release`: the object may be part of a cycle; if its count stays above 0 it is noted with `rt_cycle_root`.
    pub const MAY_CYCLE: i64 = 2;
}

ops! {
    /// An integer constant (sign-extended imm, cut to the width), `Any` bits, or 0 as the nil `Ref`.
    IConst "iconst" Const;
    /// A float constant by its bits (F32: the low 32).
    FConst "fconst" Const;
    /// A word that the loader fills in.
    Slot "slot" Slot;

    /// Wrapping sum, I8 to I64.
    Add "add" Binary;
    /// Wrapping difference.
    Sub "sub" Binary;
    /// Wrapping product.
    Mul "mul" Binary;
    /// Signed quotient toward zero. The divisor is neither 0 nor -1.
    SDiv "sdiv" Binary;
    /// Unsigned quotient. The divisor is not 0.
    UDiv "udiv" Binary;
    /// Signed remainder with the sign of the dividend. The divisor is neither 0 nor -1.
    SRem "srem" Binary;
    /// Unsigned remainder. The divisor is not 0.
    URem "urem" Binary;
    /// Bitwise and.
    And "and" Binary;
    /// Bitwise or.
    Or "or" Binary;
    /// Bitwise exclusive or.
    Xor "xor" Binary;
    /// Left shift; the count is taken modulo the width.
    Shl "shl" Binary;
    /// Arithmetic right shift; the count is taken modulo the width.
    SShr "sshr" Binary;
    /// Logical right shift; the count is taken modulo the width.
    UShr "ushr" Binary;
    /// Number of leading zero bits.
    Clz "clz" Unary;
    /// Number of trailing zero bits.
    Ctz "ctz" Unary;
    /// Number of one bits.
    Popcnt "popcnt" Unary;

    /// Equal. Integers, Ref (same object), Any (same bits).
    Eq "eq" Compare;
    /// Not equal.
    Ne "ne" Compare;
    /// Signed less.
    SLt "slt" Compare;
    /// Signed less or equal.
    SLe "sle" Compare;
    /// Unsigned less.
    ULt "ult" Compare;
    /// Unsigned less or equal.
    ULe "ule" Compare;

    /// Float sum.
    FAdd "fadd" Binary;
    /// Float difference.
    FSub "fsub" Binary;
    /// Float product.
    FMul "fmul" Binary;
    /// Float quotient.
    FDiv "fdiv" Binary;
    /// The smaller; NaN if either is.
    FMin "fmin" Binary;
    /// The larger; NaN if either is.
    FMax "fmax" Binary;
    /// Sign turned.
    FNeg "fneg" Unary;
    /// Sign cleared.
    FAbs "fabs" Unary;
    /// Square root.
    FSqrt "fsqrt" Unary;
    /// Toward minus infinity.
    FFloor "ffloor" Unary;
    /// Toward plus infinity.
    FCeil "fceil" Unary;
    /// Toward zero.
    FTrunc "ftrunc" Unary;
    /// Float equal.
    FEq "feq" Compare;
    /// Float not equal (true with NaN).
    FNe "fne" Compare;
    /// Float less.
    FLt "flt" Compare;
    /// Float less or equal.
    FLe "fle" Compare;

    /// Sign extension to a wider integer.
    SExt "sext" Convert;
    /// Zero extension to a wider integer.
    ZExt "zext" Convert;
    /// The low bits of a wider integer.
    Trunc "trunc" Convert;
    /// Signed integer (I32, I64) to float.
    SToF "stof" Convert;
    /// Unsigned integer (I32, I64) to float.
    UToF "utof" Convert;
    /// Float to signed I32 or I64, saturating, NaN to 0.
    FToS "ftos" Convert;
    /// Float to unsigned I32 or I64, saturating, NaN to 0.
    FToU "ftou" Convert;
    /// F32 to F64 or back, rounding to nearest.
    FToF "ftof" Convert;
    /// The same bits: F64 and I64, F32 and I32, Any and I64; Ref and I32 (counts stay as they are).
    Bits "bits" Convert;
    /// The second if the first is not 0, else the third.
    Select "select" Select;

    /// Reads memory. A `Ref` or `Any` that comes out is borrowed.
    Load "load" Load;
    /// Writes memory. A `Ref` or `Any` that goes in is handed over; what was there is not released.
    Store "store" Store;

    /// One more owner.
    Retain "retain" Count;
    /// One owner less; the object is freed with the last one.
    Release "release" Count;
    /// 1 if the object has exactly one owner. The reference is not nil.
    IsUnique "unique" Test;

    /// Calls a function of the program.
    Call "call" Call;
    /// Calls through the function table.
    CallIndirect "call_indirect" CallIndirect;
    /// Calls a runtime function.
    Runtime "rt" Runtime;
    /// Stops here if the program was asked to: on every loop's back edge.
    Poll "poll" Poll;
}
