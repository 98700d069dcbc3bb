//! Conversions where a value meets a declared type: arguments, assignments, fields, results, elements.

use super::Infer;
use super::ity::{Clash, Con, T, VarKind};
use super::solve::{At, Outcome};
use super::tree::{IExpr, IKind};

use crate::scheme::Constraint;

use base::{Code, Diagnostic, Span};

/// Why a value must have a type; part of the message where it has not.
#[derive(Clone, Debug)]
pub(crate) enum Why {
    Argument(String),
    Field(String),
    Result,
    Variable(String),
    Assignment,
    Element,
    Arm,
    Other(&'static str),
}

impl Why {
    fn sentence(&self) -> String {
        match self {
            Why::Argument(name) if name.is_empty() => "this argument".to_owned(),
            Why::Argument(name) => format!("the argument `{name}`"),
            Why::Field(name) => format!("the field `{name}`"),
            Why::Result => "the result".to_owned(),
            Why::Variable(name) => format!("`{name}`"),
            Why::Assignment => "the assigned value".to_owned(),
            Why::Element => "this element".to_owned(),
            Why::Arm => "this branch".to_owned(),
            Why::Other(what) => (*what).to_owned(),
        }
    }
}

enum Conversion {
    /// The types are one.
    Same,
    /// A conversion is needed.
    Needed,
    /// Not known yet.
    Later(Vec<T>),
    No(Clash),
}

impl Infer<'_> {
    /// Converts a value to a type; reports where it does not fit.
    pub fn coerce(&mut self, expr: IExpr, to: T, why: &Why) -> IExpr {
        self.drain();
        let (from, soft, span) = (expr.ty, expr.soft, expr.span);
        match self.convert(from, to, soft, span, false) {
            Conversion::Same => IExpr { ty: to, ..expr },
            Conversion::Needed => self.expr(IKind::Coerce(Box::new(expr)), to, span),
            Conversion::Later(_) => {
                self.add(Constraint::Coerce { from, to, soft }, span, None);
                self.expr(IKind::Coerce(Box::new(expr)), to, span)
            }
            Conversion::No(clash) => {
                self.mismatch(span, from, to, why, clash);
                self.error_expr(span)
            }
        }
    }

    pub fn mismatch(&mut self, span: Span, found: T, wanted: T, why: &Why, clash: Clash) {
        let what = why.sentence();
        let (found_text, wanted_text) = (self.show(found), self.show(wanted));
        let diagnostic = match clash {
            Clash::Mismatch => {
                let mut diagnostic = Diagnostic::new(
                    Code::TypeMismatch,
                    span,
                    format!("{what} is `{found_text}`, but `{wanted_text}` is expected"),
                )
                .label(format!("this is `{found_text}`"));
                if let Some(help) = self.mismatch_help(found, wanted) {
                    diagnostic = diagnostic.help(help);
                }
                diagnostic
            }
            Clash::Infinite => Diagnostic::new(
                Code::InfiniteType,
                span,
                format!("the type of {what} would contain itself without end"),
            )
            .label(format!("`{found_text}` would have to be `{wanted_text}`")),
            Clash::TooDeep => {
                Diagnostic::new(Code::InfiniteType, span, format!("the type of {what} is nested too deeply"))
            }
        };
        self.report(diagnostic);
    }

    fn mismatch_help(&self, found: T, wanted: T) -> Option<String> {
        let (found_con, wanted_con) = (self.tt.con_of(found)?, self.tt.con_of(wanted)?);
        Some(match (found_con, wanted_con) {
            (Con::Option, _) if wanted_con != Con::Option => {
                "it may be nil: unwrap it with `?? other`, `if val x = ..` or `.unwrap()`".to_owned()
            }
            (Con::Int(_) | Con::Float(_), Con::Int(_) | Con::Float(_)) => {
                format!("convert it with `as {}`", self.show(wanted))
            }
            (_, Con::Text) => "convert it with `.to_text()`, or write it inside a text: `\"{x}\"`".to_owned(),
            (Con::Text, Con::Int(_)) => "read the number with `.parse_int()` or `.to_int()`".to_owned(),
            (Con::Text, Con::Float(_)) => "read the number with `.parse_float()`".to_owned(),
            (Con::Text, Con::Bool) => "compare it: `s == \"..\"`, or `not s.is_empty()`".to_owned(),
            (Con::Fn, Con::Fn) => {
                // The result is the last part.
                let count = |this: &Self, ty: T| Some(this.tt.head(ty)?.1.len() - 1);
                let (given, wanted) = (count(self, found)?, count(self, wanted)?);
                if given == wanted {
                    return None;
                }
                let parameters =
                    if given == 1 { "1 parameter".to_owned() } else { format!("{given} parameters") };
                let values = if wanted == 1 { "1 value".to_owned() } else { format!("{wanted} values") };
                format!("the function has {parameters}, and is called with {values}")
            }
            (Con::Unit, _) => "the last expression of a block is its value".to_owned(),
            _ => return None,
        })
    }

    /// Makes two types one where no conversion may help; reports where they are not.
    pub fn same(&mut self, span: Span, found: T, wanted: T, why: &Why) -> bool {
        match self.tt.unify(found, wanted) {
            Ok(()) => true,
            Err(clash) => {
                self.mismatch(span, found, wanted, why, clash);
                false
            }
        }
    }

    /// Whether a value of one type can be used as another; makes types one where that is the way.
    fn convert(&mut self, from: T, to: T, soft: bool, span: Span, force: bool) -> Conversion {
        let (from, to) = (self.tt.shallow(from), self.tt.shallow(to));
        if from == to {
            return Conversion::Same;
        }
        let from_con = self.tt.con_of(from);
        let to_con = self.tt.con_of(to);
        let unify = |this: &mut Self| match this.tt.attempt(|tt| tt.unify(from, to)) {
            Ok(()) => Conversion::Same,
            Err(clash) => Conversion::No(clash),
        };
        match (from_con, to_con) {
            (Some(Con::Error), _) | (_, Some(Con::Error)) => Conversion::Same,
            (Some(Con::Never), _) => Conversion::Needed,
            (Some(Con::Option), None) if soft && self.tt.kind_of(to) != Some(VarKind::General) => {
                self.convert_soft(from, to, span, force)
            }
            (_, None) => unify(self),
            (None, Some(con)) => {
                let kind = self.tt.kind_of(from).unwrap_or(VarKind::General);
                match (kind, con) {
                    // Everything converts to any, whatever it becomes.
                    (_, Con::Any) => Conversion::Needed,
                    (VarKind::General, Con::Option | Con::Dyn(_)) if !force => Conversion::Later(vec![from]),
                    (VarKind::Int | VarKind::Float, Con::Dyn(_)) => {
                        self.default_literals(from);
                        self.convert(from, to, soft, span, force)
                    }
                    (VarKind::Int | VarKind::Float, Con::Adt(id)) if self.is_union(id) => {
                        match self.member_for(from, to) {
                            Some(_) => Conversion::Needed,
                            None => Conversion::No(Clash::Mismatch),
                        }
                    }
                    (VarKind::General, Con::Adt(id)) if !force && self.is_union(id) => {
                        Conversion::Later(vec![from])
                    }
                    (VarKind::Int | VarKind::Float, Con::Option) => {
                        self.convert_some(from, to, soft, span, force)
                    }
                    _ => unify(self),
                }
            }
            (Some(f), Some(t)) => self.convert_known(from, f, to, t, soft, span, force),
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn convert_known(
        &mut self,
        from: T,
        f: Con,
        to: T,
        t: Con,
        soft: bool,
        span: Span,
        force: bool,
    ) -> Conversion {
        let unified = self.tt.attempt(|tt| tt.unify(from, to));
        let clash = match unified {
            Ok(()) => return Conversion::Same,
            Err(clash) => clash,
        };
        match (f, t) {
            (_, Con::Any) | (Con::Any, _) => Conversion::Needed,
            (Con::Int(a), Con::Int(b)) => {
                let widens = if a.signed == b.signed { a.bits < b.bits } else { b.signed && a.bits < b.bits };
                if widens { Conversion::Needed } else { Conversion::No(clash) }
            }
            (Con::Float(32), Con::Float(64)) => Conversion::Needed,
            (Con::Option, Con::Option) => match soft {
                true => self.convert_soft(from, to, span, force),
                false => Conversion::No(clash),
            },
            (_, Con::Option) => self.convert_some(from, to, soft, span, force),
            (Con::Option, _) if soft => self.convert_soft(from, to, span, force),
            (Con::Dyn(_), Con::Dyn(_)) => Conversion::No(clash),
            (_, Con::Adt(id)) if self.is_union(id) && self.member_for(from, to).is_some() => {
                Conversion::Needed
            }
            (_, Con::Dyn(trait_)) => {
                let args: Vec<T> = self.tt.head(to).map(|(_, args)| args.to_vec()).unwrap_or_default();
                self.add(Constraint::Implements { ty: from, trait_, args }, span, None);
                Conversion::Needed
            }
            _ => Conversion::No(clash),
        }
    }

    fn convert_some(&mut self, from: T, to: T, soft: bool, span: Span, force: bool) -> Conversion {
        let inner = self.tt.arg(to, 0);
        match self.convert(from, inner, soft, span, force) {
            Conversion::Same => Conversion::Needed,
            other => other,
        }
    }

    fn convert_soft(&mut self, from: T, to: T, span: Span, force: bool) -> Conversion {
        let inner = self.tt.arg(from, 0);
        match self.convert(inner, to, false, span, force) {
            Conversion::Same => Conversion::Needed,
            other => other,
        }
    }

    /// Whether a value could be used as a type; nothing is bound.
    pub fn could_convert(&mut self, expr: &IExpr, to: T) -> bool {
        if let Some(Con::Dyn(_)) = self.tt.con_of(to) {
            return matches!(
                self.tt.con_of(expr.ty),
                None | Some(Con::Adt(_) | Con::Dyn(_) | Con::Never | Con::Error | Con::Param(_))
            );
        }
        let mark = self.tt.mark();
        let conversion = self.convert(expr.ty, to, expr.soft, expr.span, false);
        self.tt.undo(mark);
        !matches!(conversion, Conversion::No(_))
    }

    /// Whether a value can be used as a type; makes types one where that is the way.
    pub fn convertible(&mut self, expr: &IExpr, to: T) -> bool {
        !matches!(self.convert(expr.ty, to, expr.soft, expr.span, false), Conversion::No(_))
    }

    /// The same for a type.
    pub fn convertible_types(&mut self, from: T, to: T) -> bool {
        let span = Span { file: base::EntityId::from_index(0), start: 0, end: 0 };
        match self.convert(from, to, false, span, true) {
            Conversion::Same | Conversion::Needed => true,
            Conversion::Later(_) | Conversion::No(_) => false,
        }
    }

    pub fn solve_coerce(&mut self, at: &At, from: T, to: T, soft: bool, force: bool) -> Outcome {
        match self.convert(from, to, soft, at.span, force) {
            Conversion::Same | Conversion::Needed => Outcome::Solved,
            Conversion::Later(on) => Outcome::Blocked(on),
            Conversion::No(clash) => {
                self.mismatch(at.span, from, to, &Why::Other("this value"), clash);
                Outcome::Solved
            }
        }
    }

    /// Converts a type, as part of a constraint; false where it does not fit (reported).
    pub fn coerce_type(&mut self, at: &At, from: T, to: T, soft: bool) -> bool {
        match self.convert(from, to, soft, at.span, false) {
            Conversion::Same | Conversion::Needed => true,
            Conversion::Later(_) => {
                self.add_traced(Constraint::Coerce { from, to, soft }, at.span, None, at.trace.clone());
                true
            }
            Conversion::No(_) => {
                let (found, wanted) = (self.show(from), self.show(to));
                self.fail(
                    at,
                    Diagnostic::new(
                        Code::TypeMismatch,
                        at.span,
                        format!("`{found}` does not fit where `{wanted}` is expected"),
                    ),
                );
                false
            }
        }
    }
}
