//! Constraints of operators.

use super::Infer;
use super::convert::Why;
use super::ity::{Con, T, VarKind};
use super::solve::{At, Outcome};
use crate::hir::AdtKind;
use crate::ops::{self, Rule};
use base::{Code, Diagnostic};
use syntax::ast::{BinOp, UnOp};

impl Infer<'_> {
    pub fn solve_binary(&mut self, at: &At, op: BinOp, left: T, right: T, ret: T) -> Outcome {
        let (left, right) = (self.tt.shallow(left), self.tt.shallow(right));
        if !matches!(op, BinOp::In | BinOp::NotIn) {
            self.adapt_literals(op, left, right, ret);
        }
        let (left, right) = (self.tt.shallow(left), self.tt.shallow(right));
        let (l, r) = (self.tt.con_of(left), self.tt.con_of(right));
        if matches!(l, Some(Con::Error | Con::Never)) || matches!(r, Some(Con::Error | Con::Never)) {
            let error = self.tt.error();
            let _ = self.tt.unify(ret, error);
            return Outcome::Solved;
        }
        let (Some(l), Some(r)) = (l, r) else {
            return self.binary_unknown(at, op, left, right, ret);
        };
        if matches!(l, Con::Param(_)) || matches!(r, Con::Param(_)) {
            return self.binary_param(at, op, left, right, ret);
        }
        let is_enum = match l {
            Con::Adt(id) => matches!(self.p.adts[id].kind, AdtKind::Enum(_)),
            _ => false,
        };
        let rule = ops::binary(op, l, r, is_enum);
        self.apply_rule(at, rule, op, left, right, ret)
    }

    /// A literal takes the type of the other operand where that is a number.
    fn adapt_literals(&mut self, op: BinOp, left: T, right: T, ret: T) {
        let number = |this: &Self, t: T| matches!(this.tt.con_of(t), Some(Con::Int(_) | Con::Float(_)));
        let literal = |this: &Self, t: T| this.tt.kind_of(t).filter(|kind| *kind != VarKind::General);
        let shift = matches!(op, BinOp::Shl | BinOp::Shr);
        let default = |this: &mut Self, t: T| this.default_literals(t);
        match (literal(self, left), literal(self, right)) {
            (Some(a), Some(b)) => {
                if shift {
                    default(self, right);
                } else if op == BinOp::Pow || a == b || !(number(self, ret)) {
                    let _ = self.tt.unify(left, right);
                }
                if !super::expr::is_comparison(op) {
                    let _ = self.tt.unify(ret, left);
                }
                if matches!((op, b), (BinOp::BitAnd | BinOp::BitOr | BinOp::BitXor, _)) || shift {
                    default(self, left);
                }
            }
            (Some(kind), None) if self.tt.con_of(right).is_some() => {
                if number(self, right) && !shift {
                    let fits = kind == VarKind::Int || matches!(self.tt.con_of(right), Some(Con::Float(_)));
                    if fits {
                        let _ = self.tt.unify(left, right);
                    } else {
                        default(self, left);
                    }
                } else if !matches!(self.tt.con_of(right), Some(Con::Param(_))) {
                    self.adapt_option(left, right);
                }
            }
            (None, Some(kind)) if self.tt.con_of(left).is_some() => {
                if number(self, left) && !shift {
                    let fits = kind == VarKind::Int || matches!(self.tt.con_of(left), Some(Con::Float(_)));
                    if fits {
                        let _ = self.tt.unify(left, right);
                    } else {
                        default(self, right);
                    }
                } else if !matches!(self.tt.con_of(left), Some(Con::Param(_))) {
                    self.adapt_option(right, left);
                }
            }
            _ => {}
        }
    }

    /// A literal beside an option takes the payload's type; beside anything else its own.
    fn adapt_option(&mut self, literal: T, other: T) {
        if self.tt.con_of(other) == Some(Con::Option) {
            let inner = self.tt.arg(other, 0);
            if self.tt.attempt(|tt| tt.unify(literal, inner)).is_ok() {
                return;
            }
        }
        self.default_literals(literal);
    }

    fn binary_unknown(&mut self, at: &At, op: BinOp, left: T, right: T, ret: T) -> Outcome {
        let (l, r) = (self.tt.con_of(left), self.tt.con_of(right));
        // A text takes everything in.
        if op == BinOp::Add && (l == Some(Con::Text) || r == Some(Con::Text)) {
            let text = self.tt.text();
            self.give(at, text, ret);
            return Outcome::Solved;
        }
        match op {
            BinOp::In | BinOp::NotIn => {
                if let Some(con) = r {
                    return self.contains(at, con, left, right);
                }
                return Outcome::Blocked(vec![right]);
            }
            BinOp::Eq | BinOp::Ne | BinOp::Is
                // nil beside something unknown: that may be anything.
                if (l == Some(Con::Any) || r == Some(Con::Any)) => {
                    return Outcome::Solved;
                }
            _ => {}
        }
        let _ = ret;
        Outcome::Blocked([left, right].into_iter().filter(|&t| self.tt.var_of(t).is_some()).collect())
    }

    /// An operator on a type parameter: instances decide. What is the same for all instances is decided here.
    fn binary_param(&mut self, at: &At, op: BinOp, left: T, right: T, ret: T) -> Outcome {
        let (l, r) = (self.tt.con_of(left), self.tt.con_of(right));
        match op {
            BinOp::Eq | BinOp::Ne | BinOp::Is => {
                // Every type compares for equality with itself.
                self.compare(at, op, left, right);
                return Outcome::Solved;
            }
            BinOp::In | BinOp::NotIn if !matches!(r, Some(Con::Param(_))) => {
                let con = r.expect("both are known");
                return self.contains(at, con, left, right);
            }
            BinOp::Add if l == Some(Con::Text) || r == Some(Con::Text) => {
                let text = self.tt.text();
                self.give(at, text, ret);
                return Outcome::Solved;
            }
            _ => {}
        }
        Outcome::Blocked(Vec::new())
    }

    fn apply_rule(&mut self, at: &At, rule: Rule, op: BinOp, left: T, right: T, ret: T) -> Outcome {
        match rule {
            Rule::Number(con) => {
                let ty = self.tt.con(con);
                self.give(at, ty, ret);
            }
            Rule::Text => {
                let ty = self.tt.text();
                self.give(at, ty, ret);
            }
            Rule::Bool => {
                let ty = self.tt.bool();
                self.give(at, ty, ret);
            }
            Rule::Any => {
                let ty = self.tt.any();
                self.give(at, ty, ret);
            }
            Rule::Left => self.give(at, left, ret),
            Rule::Same => {
                if self.tt.attempt(|tt| tt.unify(left, right)).is_err() {
                    self.bad_binary(at, op, left, right);
                }
                self.give(at, left, ret);
            }
            Rule::Compare => self.compare(at, op, left, right),
            Rule::Contains => {
                let con = self.tt.con_of(right).expect("the rule looked at it");
                return self.contains(at, con, left, right);
            }
            Rule::Method(name) => return self.operator_method(at, name, op, left, right, ret),
            Rule::None => {
                self.bad_binary(at, op, left, right);
                let error = self.tt.error();
                let _ = self.tt.unify(ret, error);
            }
        }
        Outcome::Solved
    }

    /// The result of an operator is of a type.
    fn give(&mut self, at: &At, ty: T, ret: T) {
        if let Err(clash) = self.tt.attempt(|tt| tt.unify(ret, ty)) {
            if at.trace.is_empty() {
                self.mismatch(at.span, ty, ret, &Why::Other("the result of this operator"), clash);
            } else {
                let (found, wanted) = (self.show(ty), self.show(ret));
                self.fail(
                    at,
                    Diagnostic::new(
                        Code::TypeMismatch,
                        at.span,
                        format!("an operator would give `{found}` where `{wanted}` is needed"),
                    ),
                );
            }
        }
    }

    /// Equality and order need one type, an option counts as its payload.
    fn compare(&mut self, at: &At, op: BinOp, left: T, right: T) {
        let (l, r) = (self.tt.con_of(left), self.tt.con_of(right));
        let fits = match (l, r) {
            (Some(Con::Option), Some(Con::Option)) => {
                self.tt.attempt(|tt| tt.unify(left, right)).is_ok()
                    || matches!(op, BinOp::Eq | BinOp::Ne | BinOp::Is) && self.bridge_nested(left, right)
            }
            (Some(Con::Option), _) => {
                let inner = self.tt.arg(left, 0);
                self.bridge(inner, right)
            }
            (_, Some(Con::Option)) => {
                let inner = self.tt.arg(right, 0);
                self.bridge(inner, left)
            }
            (Some(Con::Dyn(_)), Some(Con::Adt(_))) | (Some(Con::Adt(_)), Some(Con::Dyn(_))) => false,
            _ => self.tt.attempt(|tt| tt.unify(left, right)).is_ok(),
        };
        if !fits {
            self.bad_binary(at, op, left, right);
        }
    }

    /// `T?? == T?`: payloads are compared as `T? == T`.
    fn bridge_nested(&mut self, left: T, right: T) -> bool {
        let (left, right) = (self.tt.arg(left, 0), self.tt.arg(right, 0));
        let (left, right) = (self.tt.shallow(left), self.tt.shallow(right));
        match (self.tt.con_of(left), self.tt.con_of(right)) {
            (Some(Con::Option), Some(Con::Option)) => self.bridge_nested(left, right),
            (Some(Con::Option), _) => {
                let inner = self.tt.arg(left, 0);
                self.bridge(inner, right)
            }
            (_, Some(Con::Option)) => {
                let inner = self.tt.arg(right, 0);
                self.bridge(inner, left)
            }
            _ => self.bridge(left, right),
        }
    }

    /// `T? == T`. A nil of unknown payload compares with everything.
    fn bridge(&mut self, inner: T, other: T) -> bool {
        let numbers = |con: Option<Con>| matches!(con, Some(Con::Int(_) | Con::Float(_)));
        let (a, b) = (self.tt.con_of(inner), self.tt.con_of(other));
        if numbers(a) && numbers(b) || a == Some(Con::Any) || b == Some(Con::Any) {
            return true;
        }
        self.tt.attempt(|tt| tt.unify(inner, other)).is_ok()
    }

    fn contains(&mut self, at: &At, con: Con, item: T, container: T) -> Outcome {
        let wanted = match con {
            Con::Array | Con::Dict => self.tt.arg(container, 0),
            Con::Text => self.tt.text(),
            Con::Range => self.tt.i64(),
            Con::Any | Con::Error => return Outcome::Solved,
            _ => {
                self.bad_binary(at, BinOp::In, item, container);
                return Outcome::Solved;
            }
        };
        if !self.convertible_types(item, wanted) {
            self.bad_binary(at, BinOp::In, item, container);
        }
        Outcome::Solved
    }

    fn is_result(&self, ty: T) -> bool {
        matches!(self.tt.con_of(ty), Some(Con::Adt(id)) if Some(id) == self.p.result)
    }

    pub fn bad_binary(&mut self, at: &At, op: BinOp, left: T, right: T) {
        let (l, r) = (self.show(left), self.show(right));
        let sign = op.symbol();
        let mut diagnostic =
            Diagnostic::new(Code::BadOperator, at.span, format!("`{l}` {sign} `{r}` does not exist"));
        let option = |this: &Self, t: T| this.tt.con_of(t) == Some(Con::Option);
        if option(self, left) || option(self, right) {
            diagnostic =
                diagnostic.help("the option may be nil: unwrap it with `?? other` or `if val x = ..`");
        } else if self.is_result(left) || self.is_result(right) {
            diagnostic =
                diagnostic.help("take the value out first: `e?` hands an error on, `match` looks at it");
        } else if self.tt.con_of(left) == Some(Con::Unit) {
            diagnostic = diagnostic.help(
                "the left side gives nothing: a parenthesis behind a function's name holds all arguments of the call",
            );
        } else if self.union_members(left).or(self.union_members(right)).is_some() {
            diagnostic =
                diagnostic.help("find out which member it is first: `if val n: i64 = x:`, or `match`");
        } else if matches!(op, BinOp::In | BinOp::NotIn) {
            diagnostic = diagnostic.help("`in` looks into arrays, dicts, sets, ranges and texts");
        } else if matches!(op, BinOp::Eq | BinOp::Ne | BinOp::Is) {
            diagnostic = diagnostic.help("values of unrelated types are never equal: convert one of them");
        } else if matches!(
            (self.tt.con_of(left), self.tt.con_of(right)),
            (Some(Con::Text), _) | (_, Some(Con::Text))
        ) {
            diagnostic = diagnostic.help("convert the text to a number with `.to_int()` or `.parse_int()`, or the number to a text with `.to_text()`");
        } else if let (Some(Con::Adt(_)), Some(name)) = (self.tt.con_of(left), ops::method_name(op)) {
            diagnostic = diagnostic.help(format!("give the type a method `{name}`"));
        }
        self.fail(at, diagnostic);
    }

    // -- unary ------------------------------------------------------------------------------------------

    pub fn solve_unary(&mut self, at: &At, op: UnOp, arg: T, ret: T) -> Outcome {
        let arg = self.tt.shallow(arg);
        let Some(con) = self.tt.con_of(arg) else {
            if self.tt.kind_of(arg) != Some(VarKind::General) {
                self.give(at, arg, ret);
                return Outcome::Solved;
            }
            return Outcome::Blocked(vec![arg]);
        };
        match (op, con) {
            (_, Con::Error | Con::Never) => {
                let error = self.tt.error();
                let _ = self.tt.unify(ret, error);
            }
            (UnOp::Not, _) => {
                let ty = self.tt.bool();
                self.give(at, ty, ret);
            }
            (_, Con::Int(_) | Con::Any) | (UnOp::Neg, Con::Float(_)) => self.give(at, arg, ret),
            (_, Con::Param(_)) => return Outcome::Blocked(Vec::new()),
            (UnOp::Neg, Con::Adt(_)) => return self.unary_method(at, ops::NEGATION, arg, ret),
            _ => {
                let text = self.show(arg);
                let sign = op.symbol();
                self.fail(
                    at,
                    Diagnostic::new(Code::BadOperator, at.span, format!("{sign}`{text}` does not exist")),
                );
                let error = self.tt.error();
                let _ = self.tt.unify(ret, error);
            }
        }
        Outcome::Solved
    }
}
