//! What operators do, by the shape of their operands. One table for inference, which may not know all of a type yet, and for
//! lowering, which knows everything.

use crate::hir::Program;
use crate::infer::ity::Con;
use crate::members::con_of;
use crate::ty::{IntTy, Ty, TyId, Types};
use syntax::ast::BinOp;

/// What a binary operator gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Rule {
    /// A number of this type.
    Number(Con),
    Text,
    Bool,
    /// Both operands must be one type, which is the result.
    Same,
    /// Both operands must be one type (or one the other's option); the result is bool.
    Compare,
    /// The left operand's type.
    Left,
    Any,
    /// `x in c`: by the container.
    Contains,
    /// A method of the left operand's type.
    Method(&'static str),
    None,
}

/// The rule for two known heads. `is_enum` tells enums from other declared types.
pub(crate) fn binary(op: BinOp, left: Con, right: Con, is_enum: bool) -> Rule {
    use Con::{Adt, Any, Array, Bool, Dict, Float, Int, Option, Range, Text, Tuple};
    match op {
        BinOp::In | BinOp::NotIn => match right {
            Array | Dict | Text | Range | Any => Rule::Contains,
            _ => Rule::None,
        },
        BinOp::Eq | BinOp::Ne | BinOp::Is => match (left, right) {
            (Any, _) | (_, Any) => Rule::Bool,
            (Int(_) | Float(_), Int(_) | Float(_)) => Rule::Bool,
            (Adt(_), _) => method_name(op).map_or(Rule::Compare, Rule::Method),
            _ => Rule::Compare,
        },
        BinOp::Lt | BinOp::Le | BinOp::Gt | BinOp::Ge => match (left, right) {
            (Any, _) | (_, Any) => Rule::Bool,
            (Int(_) | Float(_), Int(_) | Float(_)) => Rule::Bool,
            (Text, Text) | (Bool, Bool) | (Array, Array) | (Tuple, Tuple) | (Option, Option) => Rule::Compare,
            (Adt(a), Adt(b)) if a == b && is_enum => Rule::Compare,
            (Adt(_), _) => method_name(op).map_or(Rule::None, Rule::Method),
            _ => Rule::None,
        },
        _ if matches!(left, Adt(_)) => method_name(op).map_or(Rule::None, Rule::Method),
        BinOp::Add => match (left, right) {
            // A text takes everything in.
            (Text, _) | (_, Text) => Rule::Text,
            (Any, _) | (_, Any) => Rule::Any,
            (Array, Array) => Rule::Same,
            _ => arithmetic(left, right),
        },
        BinOp::Mul => match (left, right) {
            (Text, Int(_)) => Rule::Text,
            (Any, _) | (_, Any) => Rule::Any,
            _ => arithmetic(left, right),
        },
        BinOp::Sub | BinOp::Div | BinOp::Rem | BinOp::Pow => match (left, right) {
            (Any, _) | (_, Any) => Rule::Any,
            _ => arithmetic(left, right),
        },
        BinOp::BitAnd | BinOp::BitOr | BinOp::BitXor => match (left, right) {
            (Any, _) | (_, Any) => Rule::Any,
            (Int(a), Int(b)) => Rule::Number(Int(mixed(a, b))),
            (Bool, Bool) => Rule::Bool,
            _ => Rule::None,
        },
        BinOp::Shl | BinOp::Shr => match (left, right) {
            (Any, _) | (_, Any) => Rule::Any,
            (Int(_), Int(_)) => Rule::Left,
            _ => Rule::None,
        },
        BinOp::MatMul => Rule::None,
    }
}

fn arithmetic(left: Con, right: Con) -> Rule {
    match (left, right) {
        (Con::Int(a), Con::Int(b)) => Rule::Number(Con::Int(mixed(a, b))),
        (Con::Float(32), Con::Float(32)) => Rule::Number(Con::Float(32)),
        (Con::Float(_), Con::Float(_) | Con::Int(_)) | (Con::Int(_), Con::Float(_)) => {
            Rule::Number(Con::Float(64))
        }
        _ => Rule::None,
    }
}

/// The widest operand wins; with an unsigned one the result is unsigned.
fn mixed(a: IntTy, b: IntTy) -> IntTy {
    IntTy { bits: a.bits.max(b.bits), signed: a.signed && b.signed }
}

/// The method that a declared type has for an operator.
pub(crate) fn method_name(op: BinOp) -> Option<&'static str> {
    match op {
        BinOp::Add => Some("__add__"),
        BinOp::Sub => Some("__sub__"),
        BinOp::Mul => Some("__mul__"),
        BinOp::Div => Some("__div__"),
        BinOp::Rem => Some("__mod__"),
        BinOp::Pow => Some("__pow__"),
        BinOp::MatMul => Some("__matmul__"),
        BinOp::Eq => Some("__eq__"),
        BinOp::Ne => Some("__ne__"),
        BinOp::Lt => Some("__lt__"),
        BinOp::Le => Some("__le__"),
        BinOp::Gt => Some("__gt__"),
        BinOp::Ge => Some("__ge__"),
        BinOp::BitAnd => Some("__and__"),
        BinOp::BitOr => Some("__or__"),
        BinOp::BitXor => Some("__xor__"),
        BinOp::Shl => Some("__shl__"),
        BinOp::Shr => Some("__shr__"),
        BinOp::In | BinOp::NotIn | BinOp::Is => None,
    }
}

/// The method for unary `-`.
pub(crate) const NEGATION: &str = "__neg__";

/// The type of `left op right` for types without parameters, where the operator is built in. `None`: a method decides
/// ([`crate::resolve::operator`]), or the operator does not exist.
pub fn binary_result(program: &mut Program, op: BinOp, left: TyId, right: TyId) -> Option<TyId> {
    let (l, r) = (con_of(&program.types, left), con_of(&program.types, right));
    match binary(op, l, r, true) {
        Rule::Number(Con::Int(int)) => Some(program.types.intern(Ty::Int(int))),
        Rule::Number(Con::Float(bits)) => Some(program.types.intern(Ty::Float { bits })),
        Rule::Number(_) => None,
        Rule::Text => Some(Types::text()),
        Rule::Bool | Rule::Compare | Rule::Contains => Some(Types::bool()),
        Rule::Same | Rule::Left => Some(left),
        Rule::Any => Some(Types::any()),
        Rule::Method(_) if matches!(op, BinOp::Eq | BinOp::Ne) => Some(Types::bool()),
        Rule::Method(_) | Rule::None => None,
    }
}
