//! What declarations look like in a library.

use crate::hir::{
    Adt, AdtKind, BinOp, Field, Generic, Global, Impl, Receiver, Trait, TraitRef, UnOp, Variant,
};
use crate::infer::ity::VarKind;
use crate::intrinsic::Intrinsic;
use crate::modules::{ExportedType, ExportedValue, Exports};
use crate::scheme::{Constraint, External, Open, Owner, Sig, SigParam};
use crate::ty::{IntTy, Ty};
use crate::{wire_enum, wire_struct, wire_table};
use abi::RtFn;

wire_table! { RtFn Intrinsic }

wire_struct! {
    IntTy { bits, signed }
    Adt { name, span, generics, kind }
    Field { name, ty }
    Variant { name, fields, discriminant }
    Generic { name, constant, bounds, lacks, default }
    TraitRef { id, args }
    Trait { name, span, generics, associated, supers, methods }
    Impl { generics, trait_, self_ty, methods }
    Global { name, ty, mutable, span }
    Sig {
        name, path, span, owner, generics, kinds, declared, owned, params, ret, receiver, me, constraints, is_std, external, has_body
    }
    SigParam { name, span, ty, default, mutable, variadic }
    Open { kind, trace }
    Exports { types, values, hidden }
}

wire_enum! {
    Ty {
        0 Error, 1 Never, 2 Unit, 3 Bool, 4 Int(int), 5 Float { bits }, 6 Text, 7 Any, 8 Range, 9 Array(elem), 10 Dict(key, value),
        11 Tuple(items), 12 Option(inner), 13 Fn(params, ret), 14 Adt(adt, args), 15 Dyn(trait_, args), 16 Param(n), 17 Number(n)
    }
    AdtKind { 0 Struct(fields), 1 Class(fields), 2 Enum(variants) }
    Receiver { 0 None, 1 Value, 2 InOut }
    Owner { 0 None, 1 Impl(id), 2 Trait(id) }
    External { 0 Runtime(function), 1 Intrinsic(function), 2 Host }
    VarKind { 0 General, 1 Int, 2 Float }
    ExportedType { 0 Adt(id), 1 Trait(id), 2 Alias(ty, count) }
    ExportedValue { 0 Fn(id), 1 Adt(id), 2 Global(id) }
    UnOp { 0 Neg, 1 Not, 2 BitNot }
    BinOp {
        0 Add, 1 Sub, 2 Mul, 3 Div, 4 Rem, 5 Pow, 6 BitAnd, 7 BitOr, 8 BitXor, 9 Shl, 10 Shr, 11 Eq, 12 Ne, 13 Lt, 14 Le, 15 Gt, 16 Ge,
        17 In, 18 NotIn, 19 Is, 20 MatMul
    }
    Constraint<X> {
        0 Member { recv, name, args, ret, statement }, 1 Binary { op, left, right, ret }, 2 Unary { op, arg, ret },
        3 Index { base, index, ret, place }, 4 Slice { base, ret }, 5 Iterate { base, item }, 6 Implements { ty, trait_, args },
        7 Coerce { from, to, soft }, 8 Join { inputs, ret }, 9 Coalesce { left, right, ret }, 10 Try { value, ok, ret },
        11 Cast { from, to }, 12 Lacks { ty, trait_, args }
    }
}
