//! Goes over typed trees.

use crate::hir::{Callee, Cond, DictElement, Expr, ExprKind, FormatPart, LocalId, Pat, PatKind};

/// Calls `see` with the direct parts of an expression, in the order in which they are evaluated.
pub fn parts<'e>(expr: &'e Expr, see: &mut dyn FnMut(&'e Expr)) {
    match &expr.kind {
        ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Bool(_)
        | ExprKind::Text(_)
        | ExprKind::Nil
        | ExprKind::Unit
        | ExprKind::Local(_)
        | ExprKind::Global(_)
        | ExprKind::FnValue(..)
        | ExprKind::Continue(_)
        | ExprKind::Suspend(_)
        | ExprKind::Error => {}
        ExprKind::Format(list) => {
            for part in list {
                if let FormatPart::Value(value, _) = part {
                    see(value);
                }
            }
        }
        ExprKind::Closure { captures: list, .. }
        | ExprKind::Construct { fields: list, .. }
        | ExprKind::Tuple(list) => list.iter().for_each(see),
        ExprKind::Some(inner)
        | ExprKind::Truthy(inner)
        | ExprKind::Unary(_, inner)
        | ExprKind::Coerce(inner)
        | ExprKind::Cast(inner)
        | ExprKind::Field(inner, _)
        | ExprKind::Member(inner, _)
        | ExprKind::Try(inner)
        | ExprKind::Loop { body: inner, .. } => see(inner),
        ExprKind::Array(list) => list.iter().for_each(|(_, item)| see(item)),
        ExprKind::Repeat(a, b)
        | ExprKind::Binary(_, a, b)
        | ExprKind::And(a, b)
        | ExprKind::Or(a, b)
        | ExprKind::Index(a, b)
        | ExprKind::Coalesce(a, b) => {
            see(a);
            see(b);
        }
        ExprKind::Dict(list) => {
            for item in list {
                match item {
                    DictElement::Pair(key, value) => {
                        see(key);
                        see(value);
                    }
                    DictElement::Spread(value) => see(value),
                }
            }
        }
        ExprKind::Range { start, end, .. } => {
            see(start);
            end.iter().for_each(|end| see(end));
        }
        ExprKind::Call(call) => {
            if let Callee::Value(value) = &call.callee {
                see(value);
            }
            call.args.iter().for_each(see);
        }
        ExprKind::Slice { base, start, end, step } => {
            see(base);
            for bound in [start, end, step] {
                bound.iter().for_each(|bound| see(bound));
            }
        }
        ExprKind::Block { stmts, value } => {
            stmts.iter().for_each(&mut *see);
            value.iter().for_each(|value| see(value));
        }
        ExprKind::Let { init, pat } => {
            see(init);
            literals(pat, see);
        }
        ExprKind::LetElse { pat, init, otherwise } => {
            see(init);
            literals(pat, see);
            see(otherwise);
        }
        ExprKind::Assign { place, value, .. } => {
            see(place);
            see(value);
        }
        ExprKind::If { cond, then, otherwise } => {
            condition(cond, see);
            see(then);
            otherwise.iter().for_each(|otherwise| see(otherwise));
        }
        ExprKind::Match { value, arms, .. } => {
            see(value);
            for arm in arms {
                literals(&arm.pat, see);
                arm.guard.iter().for_each(&mut *see);
                see(&arm.body);
            }
        }
        ExprKind::While { cond, body, .. } => {
            condition(cond, see);
            see(body);
        }
        ExprKind::For { pat, iter, body, .. } => {
            see(iter);
            literals(pat, see);
            see(body);
        }
        ExprKind::Break(_, value) | ExprKind::Return(value) => value.iter().for_each(|value| see(value)),
        ExprKind::Defer { body, .. } => see(body),
        ExprKind::Finally { body, cleanup } => {
            see(body);
            see(cleanup);
        }
        ExprKind::Assert { cond, message } => {
            see(cond);
            message.iter().for_each(|message| see(message));
        }
    }
}

fn condition<'e>(cond: &'e Cond, see: &mut dyn FnMut(&'e Expr)) {
    match cond {
        Cond::Expr(expr) => see(expr),
        Cond::Let { pat, value } => {
            see(value);
            literals(pat, see);
        }
    }
}

fn literals<'e>(pat: &'e Pat, see: &mut dyn FnMut(&'e Expr)) {
    match &pat.kind {
        PatKind::Literal(literal) => see(literal),
        PatKind::Range { start, end, .. } => {
            for bound in [start, end] {
                bound.iter().for_each(|bound| see(bound));
            }
        }
        PatKind::Wild
        | PatKind::Bind(_)
        | PatKind::Nil
        | PatKind::Or(_)
        | PatKind::Tuple(_)
        | PatKind::Variant { .. }
        | PatKind::Array { .. }
        | PatKind::Struct(_)
        | PatKind::Some(_)
        | PatKind::Is(..) => inner_patterns(pat, &mut |inner| literals(inner, see)),
    }
}

/// Calls `see` with the patterns that belong to an expression itself.
pub fn patterns<'e>(expr: &'e Expr, see: &mut dyn FnMut(&'e Pat)) {
    let condition = |cond: &'e Cond| match cond {
        Cond::Let { pat, .. } => Some(pat),
        Cond::Expr(_) => None,
    };
    match &expr.kind {
        ExprKind::Let { pat, .. } | ExprKind::LetElse { pat, .. } | ExprKind::For { pat, .. } => see(pat),
        ExprKind::If { cond, .. } | ExprKind::While { cond, .. } => condition(cond).into_iter().for_each(see),
        ExprKind::Match { arms, .. } => arms.iter().for_each(|arm| see(&arm.pat)),
        _ => {}
    }
}

/// Calls `see` with the locals that a pattern binds.
pub fn bindings(pat: &Pat, see: &mut dyn FnMut(LocalId)) {
    match &pat.kind {
        PatKind::Bind(local) => see(*local),
        PatKind::Array { rest: Some(Some(local)), .. } => see(*local),
        PatKind::Wild
        | PatKind::Literal(_)
        | PatKind::Range { .. }
        | PatKind::Or(_)
        | PatKind::Tuple(_)
        | PatKind::Array { .. }
        | PatKind::Struct(_)
        | PatKind::Variant { .. }
        | PatKind::Some(_)
        | PatKind::Nil
        | PatKind::Is(..) => {}
    }
    inner_patterns(pat, &mut |inner| bindings(inner, see));
}

/// Calls `see` with the direct parts of a pattern.
pub fn inner_patterns<'e>(pat: &'e Pat, see: &mut dyn FnMut(&'e Pat)) {
    match &pat.kind {
        PatKind::Wild | PatKind::Bind(_) | PatKind::Nil | PatKind::Literal(_) | PatKind::Range { .. } => {}
        PatKind::Or(list) | PatKind::Tuple(list) | PatKind::Variant { args: list, .. } => {
            list.iter().for_each(see);
        }
        PatKind::Array { first, last, .. } => first.iter().chain(last).for_each(see),
        PatKind::Struct(fields) => fields.iter().for_each(|(_, pat)| see(pat)),
        PatKind::Some(inner) | PatKind::Is(_, inner) => see(inner),
    }
}
