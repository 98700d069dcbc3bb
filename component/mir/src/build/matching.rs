//! `match`: arms are tested in order; runs of arms over variants of an enum, or over present and absent, become one switch.

use super::pattern::Bindings;
use super::{Builder, copy};
use crate::generic::{BlockId, End, Local, Operand, Place, Rvalue};
use base::Span;
use sema::hir::{Arm, BinOp, Callee, Expr, ExprKind, FnKind, Pat, PatKind, Receiver};
use sema::ty::{Ty, Types};
use std::collections::BTreeMap;

/// What a run of arms is decided by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Switch {
    /// The variant; cases are variants.
    Variant,
    /// Whether an option is present; case 1 is present, case 0 absent.
    Option,
}

/// Where the arms of a match lead.
struct Ways {
    dest: Option<Local>,
    join: BlockId,
}

impl Builder<'_> {
    pub(super) fn match_(
        &mut self,
        dest: Option<Local>,
        value: &Expr,
        arms: &[Arm],
        exhaustive: bool,
        span: Span,
    ) {
        let lasting = arms.iter().filter_map(|arm| arm.guard.as_ref()).any(|guard| self.may_write(guard));
        let place = self.scrutinee(value, lasting);
        let ways = Ways { dest, join: self.block() };
        let mut at = 0;
        while at < arms.len() {
            let rest = &arms[at..];
            let switch = rest[0].switch(self);
            let run = match switch {
                Some(_) => rest.iter().take_while(|arm| arm.switch(self) == switch).count(),
                None => 0,
            };
            match switch {
                Some(switch) if run >= 2 => {
                    self.switch(switch, &place, &rest[..run], &ways, span);
                    at += run;
                }
                _ => {
                    self.tested_arm(&rest[0], &place, &ways);
                    at += 1;
                }
            }
        }
        match dest {
            _ if exhaustive => self.end(End::Unreachable, span),
            Some(dest) => {
                self.set_absent(dest, span);
                self.goto(ways.join, span);
            }
            None => self.goto(ways.join, span),
        }
        self.current = ways.join;
    }

    /// An arm by itself. Goes on where it does not match.
    fn tested_arm(&mut self, arm: &Arm, place: &Place, ways: &Ways) {
        let next = self.block();
        self.match_pattern(&arm.pat, place, next);
        self.guarded_body(arm, next, ways);
        self.current = next;
    }

    fn guarded_body(&mut self, arm: &Arm, next: BlockId, ways: &Ways) {
        if let Some(guard) = &arm.guard {
            let body = self.block();
            self.branch(guard, body, next);
            self.current = body;
        }
        self.arm(ways.dest, &arm.body, ways.join);
    }

    /// A run of arms. Goes on where none matches.
    fn switch(&mut self, switch: Switch, place: &Place, arms: &[Arm], ways: &Ways, span: Span) {
        let mut chains: BTreeMap<u32, Vec<&Arm>> = BTreeMap::new();
        for arm in arms {
            for case in cases(&arm.pat) {
                chains.entry(case).or_default().push(arm);
            }
        }
        let none = self.block();
        let blocks: BTreeMap<u32, BlockId> = chains.keys().map(|&case| (case, self.block())).collect();
        let end = match switch {
            Switch::Variant => {
                let cases = blocks.iter().map(|(&case, &block)| (case, block)).collect();
                End::SwitchVariant(place.clone(), cases, none)
            }
            Switch::Option => {
                let present =
                    self.set_temp(Types::bool(), Rvalue::IsSome(Operand::Copy(place.clone())), span);
                let of = |case| blocks.get(&case).copied().unwrap_or(none);
                End::Branch(copy(present), of(1), of(0))
            }
        };
        self.end(end, span);
        // Bodies of arms for several cases.
        let mut shared: Vec<(&Arm, BlockId)> = Vec::new();
        for (case, chain) in &chains {
            self.current = blocks[case];
            for arm in chain {
                if let PatKind::Or(_) = arm.pat.kind {
                    let body = match shared.iter().find(|(other, _)| std::ptr::eq(*other, *arm)) {
                        Some(&(_, body)) => body,
                        None => {
                            let body = self.block();
                            shared.push((arm, body));
                            body
                        }
                    };
                    // It has no guard and no patterns inside: nothing of the chain comes behind it.
                    self.goto(body, arm.pat.span);
                    break;
                }
                let next = self.block();
                let mut bindings = Bindings::new();
                self.case(&arm.pat, place, next, &mut bindings);
                self.bind(bindings, &arm.pat);
                self.guarded_body(arm, next, ways);
                self.current = next;
            }
            self.goto(none, span);
        }
        for (arm, body) in shared {
            self.current = body;
            self.arm(ways.dest, &arm.body, ways.join);
        }
        self.current = none;
    }

    /// The rest of a pattern whose case is known.
    fn case(&mut self, pat: &Pat, place: &Place, fail: BlockId, bindings: &mut Bindings) {
        match &pat.kind {
            PatKind::Variant { variant, args } => self.variant_args(*variant, args, place, fail, bindings),
            PatKind::Some(inner) => self.pattern(inner, &self.some(place, pat.ty), fail, bindings),
            _ => {}
        }
    }

    /// Whether evaluating it may write a local variable or anything shared. Conservative.
    fn may_write(&self, e: &Expr) -> bool {
        match &e.kind {
            ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Bool(_)
            | ExprKind::Text(_)
            | ExprKind::Nil
            | ExprKind::Unit
            | ExprKind::Local(_) => false,
            ExprKind::Field(base, _) | ExprKind::Truthy(base) | ExprKind::Coerce(base) => {
                self.may_write(base)
            }
            ExprKind::Unary(_, base) => self.may_write(base),
            ExprKind::Index(a, b) | ExprKind::And(a, b) | ExprKind::Or(a, b) => {
                self.may_write(a) || self.may_write(b)
            }
            ExprKind::Binary(op, a, b) => {
                let compares = matches!(
                    op,
                    BinOp::Eq
                        | BinOp::Ne
                        | BinOp::Lt
                        | BinOp::Le
                        | BinOp::Gt
                        | BinOp::Ge
                        | BinOp::In
                        | BinOp::NotIn
                );
                !(compares || self.is_scalar(e.ty)) || self.may_write(a) || self.may_write(b)
            }
            ExprKind::Call(call) => match &call.callee {
                Callee::Fn(id, _) => {
                    let function = &self.program.fns[*id];
                    let pure = function.is_std && function.receiver != Receiver::InOut;
                    let known = match &function.kind {
                        FnKind::Intrinsic(intrinsic) => !intrinsic.changes_first_argument(),
                        FnKind::Body(_) | FnKind::Template => {
                            !function.params.iter().any(|&ty| matches!(self.ty(ty), Ty::Fn(..)))
                        }
                        FnKind::Runtime(_) => true,
                        FnKind::Required | FnKind::Host => false,
                    };
                    !(pure && known) || call.args.iter().any(|arg| self.may_write(arg))
                }
                Callee::Trait { .. } | Callee::Dyn { .. } | Callee::Member { .. } | Callee::Value(_) => true,
            },
            _ => true,
        }
    }
}

trait SwitchArm {
    /// How the arm can be part of a run.
    fn switch(&self, builder: &Builder<'_>) -> Option<Switch>;
}

impl SwitchArm for Arm {
    fn switch(&self, builder: &Builder<'_>) -> Option<Switch> {
        match &self.pat.kind {
            PatKind::Variant { .. } => Some(Switch::Variant),
            PatKind::Or(alternatives) => {
                let plain = |pat: &Pat| match &pat.kind {
                    PatKind::Variant { args, .. } => args.iter().all(|arg| matches!(arg.kind, PatKind::Wild)),
                    _ => false,
                };
                (self.guard.is_none() && alternatives.iter().all(plain)).then_some(Switch::Variant)
            }
            PatKind::Some(_) | PatKind::Nil => {
                matches!(builder.ty(self.pat.ty), Ty::Option(_)).then_some(Switch::Option)
            }
            PatKind::Wild
            | PatKind::Bind(_)
            | PatKind::Literal(_)
            | PatKind::Range { .. }
            | PatKind::Tuple(_)
            | PatKind::Array { .. }
            | PatKind::Struct(_)
            | PatKind::Is(..) => None,
        }
    }
}

/// The cases that a pattern of a run covers.
fn cases(pat: &Pat) -> Vec<u32> {
    match &pat.kind {
        PatKind::Variant { variant, .. } => vec![*variant],
        PatKind::Some(_) => vec![1],
        PatKind::Nil => vec![0],
        PatKind::Or(alternatives) => {
            let mut cases: Vec<u32> = alternatives.iter().flat_map(cases).collect();
            cases.sort_unstable();
            cases.dedup();
            cases
        }
        _ => Vec::new(),
    }
}
