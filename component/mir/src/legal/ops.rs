//! THE table of instructions of legal MIR. Printer, reader, verifier derive from it; interpreter and
//! code generators match on [`Op`] without a catch-all, so a new row does not compile until each has its arm.

macro_rules! ops {
    ($($(#[doc = $doc:literal])+ $name:ident $mnemonic:literal $shape:ident $domain:ident;)*) => {
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
            /// Which types it works on.
            pub const fn domain(self) -> Domain { match self { $(Op::$name => Domain::$domain,)* } }
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

impl Shape {
    /// True where an instruction has no effect but its results.
    pub const fn is_pure(self) -> bool {
        match self {
            Shape::Const
            | Shape::Slot
            | Shape::Unary
            | Shape::Binary
            | Shape::Compare
            | Shape::Convert
            | Shape::Select
            | Shape::Load
            | Shape::Test => true,
            Shape::Store
            | Shape::Count
            | Shape::Call
            | Shape::CallIndirect
            | Shape::Runtime
            | Shape::Poll => false,
        }
    }
}

/// What the controlling type of an instruction may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Domain {
    /// Whatever the shape says.
    All,
    /// I8 to I64.
    Int,
    /// F32, F64.
    Float,
    /// All but floats.
    NotFloat,
    /// Ref, Any.
    Counted,
    /// Integers, Any, Ref; the constant fits.
    Constant,
    /// By the operand's type.
    Conversion,
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
    IConst "iconst" Const Constant;
    /// A float constant by its bits (F32: the low 32).
    FConst "fconst" Const Float;
    /// A word that the loader fills in.
    Slot "slot" Slot All;

    /// Wrapping sum, I8 to I64.
    Add "add" Binary Int;
    /// Wrapping difference.
    Sub "sub" Binary Int;
    /// Wrapping product.
    Mul "mul" Binary Int;
    /// Signed quotient toward zero. The divisor is neither 0 nor -1.
    SDiv "sdiv" Binary Int;
    /// Unsigned quotient. The divisor is not 0.
    UDiv "udiv" Binary Int;
    /// Signed remainder with the sign of the dividend. The divisor is neither 0 nor -1.
    SRem "srem" Binary Int;
    /// Unsigned remainder. The divisor is not 0.
    URem "urem" Binary Int;
    /// Bitwise and.
    And "and" Binary Int;
    /// Bitwise or.
    Or "or" Binary Int;
    /// Bitwise exclusive or.
    Xor "xor" Binary Int;
    /// Left shift; the count is taken modulo the width.
    Shl "shl" Binary Int;
    /// Arithmetic right shift; the count is taken modulo the width.
    SShr "sshr" Binary Int;
    /// Logical right shift; the count is taken modulo the width.
    UShr "ushr" Binary Int;
    /// Number of leading zero bits.
    Clz "clz" Unary Int;
    /// Number of trailing zero bits.
    Ctz "ctz" Unary Int;
    /// Number of one bits.
    Popcnt "popcnt" Unary Int;

    /// Equal. Integers, Ref (same object), Any (same bits).
    Eq "eq" Compare NotFloat;
    /// Not equal.
    Ne "ne" Compare NotFloat;
    /// Signed less.
    SLt "slt" Compare Int;
    /// Signed less or equal.
    SLe "sle" Compare Int;
    /// Unsigned less.
    ULt "ult" Compare Int;
    /// Unsigned less or equal.
    ULe "ule" Compare Int;

    /// Float sum.
    FAdd "fadd" Binary Float;
    /// Float difference.
    FSub "fsub" Binary Float;
    /// Float product.
    FMul "fmul" Binary Float;
    /// Float quotient.
    FDiv "fdiv" Binary Float;
    /// The smaller; NaN if either is.
    FMin "fmin" Binary Float;
    /// The larger; NaN if either is.
    FMax "fmax" Binary Float;
    /// Sign turned.
    FNeg "fneg" Unary Float;
    /// Sign cleared.
    FAbs "fabs" Unary Float;
    /// Square root.
    FSqrt "fsqrt" Unary Float;
    /// Toward minus infinity.
    FFloor "ffloor" Unary Float;
    /// Toward plus infinity.
    FCeil "fceil" Unary Float;
    /// Toward zero.
    FTrunc "ftrunc" Unary Float;
    /// Float equal.
    FEq "feq" Compare Float;
    /// Float not equal (true with NaN).
    FNe "fne" Compare Float;
    /// Float less.
    FLt "flt" Compare Float;
    /// Float less or equal.
    FLe "fle" Compare Float;

    /// Sign extension to a wider integer.
    SExt "sext" Convert Conversion;
    /// Zero extension to a wider integer.
    ZExt "zext" Convert Conversion;
    /// The low bits of a wider integer.
    Trunc "trunc" Convert Conversion;
    /// Signed integer (I32, I64) to float.
    SToF "stof" Convert Conversion;
    /// Unsigned integer (I32, I64) to float.
    UToF "utof" Convert Conversion;
    /// Float to signed I32 or I64, saturating, NaN to 0.
    FToS "ftos" Convert Conversion;
    /// Float to unsigned I32 or I64, saturating, NaN to 0.
    FToU "ftou" Convert Conversion;
    /// F32 to F64 or back, rounding to nearest.
    FToF "ftof" Convert Conversion;
    /// The same bits: F64 and I64, F32 and I32, Any and I64; Ref and I32 (counts stay as they are).
    Bits "bits" Convert Conversion;
    /// The second if the first is not 0, else the third.
    Select "select" Select All;

    /// Reads memory. A `Ref` or `Any` that comes out is borrowed.
    Load "load" Load All;
    /// Writes memory. A `Ref` or `Any` that goes in is handed over; what was there is not released.
    Store "store" Store All;

    /// One more owner.
    Retain "retain" Count Counted;
    /// One owner less; the object is freed with the last one.
    Release "release" Count Counted;
    /// 1 if the object has exactly one owner. The reference is not nil.
    IsUnique "unique" Test All;

    /// Calls a function of the program.
    Call "call" Call All;
    /// Calls through the function table.
    CallIndirect "call_indirect" CallIndirect All;
    /// Calls a runtime function.
    Runtime "rt" Runtime All;
    /// Stops here if the program was asked to: on every loop's back edge.
    Poll "poll" Poll All;
}
