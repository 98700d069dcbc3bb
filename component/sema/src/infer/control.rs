//! `if`, `match`, loops.

use super::convert::Why;
use super::ity::{Con, T};
use super::tree::{IArm, ICond, IExpr, IKind};
use super::{BindKind, Infer, Loop};
use crate::hir::LoopId;
use base::{Code, Diagnostic, EntityId, Span};
use syntax::ast;

impl<'a> Infer<'a> {
    // -- if ---------------------------------------------------------------------------------------------

    /// A condition in a scope of its own, which holds what its pattern binds. The caller closes the scope.
    fn cond(&mut self, cond: &'a ast::Cond) -> ICond {
        match cond {
            ast::Cond::Expr(expr) => ICond::Expr(self.condition(expr)),
            ast::Cond::Let { mutable, pat, value } => {
                let value = self.infer(value, None);
                let ty = self.known(value.ty);
                let kind = if *mutable { BindKind::Var { annotated: false } } else { BindKind::Val };
                let pat = self.cond_pattern(pat, ty, kind);
                ICond::Let { pat, value }
            }
        }
    }

    pub fn if_expr(
        &mut self,
        cond: &'a ast::Cond,
        then: &'a ast::Block,
        otherwise: Option<&'a ast::Block>,
        expect: Option<T>,
        used: bool,
        span: Span,
    ) -> IExpr {
        self.push_scope();
        let cond = Box::new(self.cond(cond));
        let then = self.block_open(then, expect, used);
        self.pop_scope();
        let otherwise = otherwise.map(|block| self.block(block, expect, used));
        if !used {
            let both_leave = self.leaves(&then) && otherwise.as_ref().is_some_and(|other| self.leaves(other));
            let ty = if both_leave { self.tt.never() } else { self.tt.unit() };
            return self.expr(
                IKind::If { cond, then: Box::new(then), otherwise: otherwise.map(Box::new) },
                ty,
                span,
            );
        }
        let Some(otherwise) = otherwise else {
            return self.if_without_else(cond, then, expect, span);
        };
        let soft = then.soft || otherwise.soft;
        let (ty, mut values) = self.branches(vec![then, otherwise], expect, span);
        let otherwise = values.pop().map(Box::new);
        let then = Box::new(values.pop().expect("two branches"));
        IExpr { soft, ..self.expr(IKind::If { cond, then, otherwise }, ty, span) }
    }

    fn leaves(&self, expr: &IExpr) -> bool {
        self.tt.con_of(expr.ty) == Some(Con::Never)
    }

    /// A missing `else` gives nil, or unit where the branch has no value.
    fn if_without_else(&mut self, cond: Box<ICond>, then: IExpr, expect: Option<T>, span: Span) -> IExpr {
        let ty = self.known(then.ty);
        if matches!(self.tt.con_of(ty), Some(Con::Unit | Con::Never | Con::Error)) {
            let unit = self.tt.unit();
            return self.expr(IKind::If { cond, then: Box::new(then), otherwise: None }, unit, span);
        }
        if let Some(wanted) = self.needs_value(expect) {
            let text = self.show(wanted);
            self.report(
                Diagnostic::new(
                    Code::TypeMismatch,
                    span,
                    format!("this `if` has no `else`, but a value of type `{text}` is expected"),
                )
                .label("without `else` the value may be nil")
                .help("add `else:` with the other value"),
            );
            return then;
        }
        let nil_ty = self.fresh();
        let nil_ty = self.tt.option(nil_ty);
        let nil = self.expr(IKind::Nil, nil_ty, span);
        let (ty, mut values) = self.branches(vec![then, nil], expect, span);
        let otherwise = values.pop().map(Box::new);
        let then = Box::new(values.pop().expect("two branches"));
        self.expr(IKind::If { cond, then, otherwise }, ty, span)
    }

    /// The expected type, where nil would not fit it.
    fn needs_value(&mut self, expect: Option<T>) -> Option<T> {
        let ty = self.known(expect?);
        match self.tt.con_of(ty) {
            None | Some(Con::Option | Con::Any | Con::Unit | Con::Never | Con::Error) => None,
            Some(_) => Some(ty),
        }
    }

    /// Converts branches to the expected type, or to what they have in common.
    fn branches(&mut self, values: Vec<IExpr>, expect: Option<T>, span: Span) -> (T, Vec<IExpr>) {
        self.drain();
        let wanted = expect
            .map(|ty| self.tt.shallow(ty))
            .filter(|&ty| self.tt.con_of(ty).is_some_and(|con| con != Con::Never));
        if let Some(ty) = wanted
            && (values.iter().all(|value| self.could_convert(value, ty)) || !self.alike(&values))
        {
            let values = values.into_iter().map(|value| self.coerce(value, ty, &Why::Arm)).collect();
            return (ty, values);
        }
        // All are of one other type: the place around it reports that, or converts it.
        self.joined(values, span)
    }

    /// Whether all values are of one type.
    fn alike(&mut self, values: &[IExpr]) -> bool {
        let mark = self.tt.mark();
        let mut first = None;
        let fits = values.iter().all(|value| {
            if self.tt.con_of(value.ty) == Some(Con::Never) {
                return true;
            }
            let first = *first.get_or_insert(value.ty);
            self.tt.unify(first, value.ty).is_ok()
        });
        self.tt.undo(mark);
        fits
    }

    fn joined(&mut self, values: Vec<IExpr>, span: Span) -> (T, Vec<IExpr>) {
        let inputs = values.iter().map(|value| value.ty).collect();
        let ty = self.join(inputs, span);
        let values = values
            .into_iter()
            .map(|value| {
                let span = value.span;
                self.expr(IKind::Coerce(Box::new(value)), ty, span)
            })
            .collect();
        (ty, values)
    }

    // -- match ------------------------------------------------------------------------------------------

    pub fn match_expr(
        &mut self,
        value: &'a ast::Expr,
        arms: &'a [ast::Arm],
        expect: Option<T>,
        used: bool,
        span: Span,
    ) -> IExpr {
        let value = self.infer(value, None);
        let ty = self.known(value.ty);
        let soft = value.soft;
        let mut list = Vec::new();
        let mut bodies = Vec::new();
        for arm in arms {
            self.push_scope();
            let pat = self.match_pattern(&arm.pat, ty, soft);
            let guard = arm.guard.as_ref().map(|guard| self.condition(guard));
            let body = self.block_open(&arm.body, expect, used);
            self.pop_scope();
            list.push((pat, guard));
            bodies.push(body);
        }
        let rows: Vec<_> = list.iter().map(|(pat, guard)| (pat, guard.is_some())).collect();
        let missing = self.check_match(&rows, ty);
        let exhaustive = missing.is_none();
        // A pattern that was rejected says nothing about those behind it.
        let useless = if self.cx.diags.has_errors() { Vec::new() } else { self.unreachable(&rows, ty) };
        for index in useless {
            self.report(
                Diagnostic::new(Code::UnreachableArm, arms[index].pat.span, "this case is never reached")
                    .label("the cases above match all of it")
                    .help("remove it, or move it up"),
            );
        }
        let wanted = if used { self.needs_value(expect) } else { None };
        // Where a value must come out, a case that is not covered is an error, which is reported once.
        let exhaustive = exhaustive || wanted.is_some();
        if let Some(missing) = missing {
            self.not_exhaustive(&missing, ty, value.span, used, wanted);
        }
        let all_leave = exhaustive && bodies.iter().all(|body| self.leaves(body));
        let unit_like = bodies
            .iter()
            .all(|body| matches!(self.tt.con_of(body.ty), Some(Con::Unit | Con::Never | Con::Error)));
        let (ty, bodies) = if !used || (unit_like && !all_leave) {
            (self.tt.unit(), bodies)
        } else {
            let mut bodies = bodies;
            if !exhaustive {
                // No match gives nil.
                let inner = self.fresh();
                let nil_ty = self.tt.option(inner);
                bodies.push(self.expr(IKind::Nil, nil_ty, span));
            }
            let (ty, mut bodies) = self.branches(bodies, expect, span);
            if !exhaustive {
                bodies.pop();
            }
            (ty, bodies)
        };
        let ty = if all_leave { self.tt.never() } else { ty };
        let arms =
            list.into_iter().zip(bodies).map(|((pat, guard), body)| IArm { pat, guard, body }).collect();
        self.expr(IKind::Match { value: Box::new(value), arms, exhaustive }, ty, span)
    }

    fn not_exhaustive(&mut self, missing: &str, ty: T, span: Span, used: bool, wanted: Option<T>) {
        // Of a statement over texts or numbers nobody expects every case.
        let closed = matches!(self.tt.con_of(ty), Some(Con::Adt(_) | Con::Option | Con::Bool));
        if !closed && !used {
            return;
        }
        let mut diagnostic =
            Diagnostic::new(Code::NotExhaustive, span, "this `match` does not cover every case")
                .label(format!("not covered: {missing}"))
                .help("add the case, or `case _:` for all others");
        if let Some(wanted) = wanted {
            let text = self.show(wanted);
            diagnostic.code = Code::TypeMismatch;
            diagnostic.severity = Code::TypeMismatch.severity();
            diagnostic.message =
                format!("this `match` does not cover every case, but a value of type `{text}` is expected");
        }
        self.report(diagnostic);
    }

    // -- loops ------------------------------------------------------------------------------------------

    pub fn new_loop(&mut self) -> LoopId {
        let frame = self.frame();
        frame.next_loop += 1;
        LoopId::from_index(frame.next_loop - 1)
    }

    fn open_loop(&mut self, label: Option<ast::Name>, is_loop: bool) -> LoopId {
        let id = self.new_loop();
        let breaks = is_loop.then(Vec::new);
        self.frame().loops.push(Loop { label: label.map(|name| name.sym), id, breaks, broken: false });
        id
    }

    pub fn while_loop(
        &mut self,
        label: Option<ast::Name>,
        cond: &'a ast::Cond,
        body: &'a ast::Block,
        span: Span,
    ) -> IExpr {
        self.push_scope();
        let cond = self.cond(cond);
        let id = self.open_loop(label, false);
        let body = self.block_open(body, None, false);
        self.frame().loops.pop();
        self.pop_scope();
        let unit = self.tt.unit();
        self.expr(IKind::While { id, cond: Box::new(cond), body: Box::new(body) }, unit, span)
    }

    pub fn for_loop(
        &mut self,
        label: Option<ast::Name>,
        index: Option<ast::Name>,
        pat: &'a ast::Pat,
        iter: &'a ast::Expr,
        body: &'a ast::Block,
        span: Span,
    ) -> IExpr {
        let iter = self.infer(iter, None);
        let iter = self.soften(iter);
        let iter = self.iterated(iter);
        let item = self.step_type(&iter);
        self.push_scope();
        let index = index.map(|name| {
            let int = self.tt.i64();
            let bind = self.new_bind(name.sym, int, name.span, BindKind::Param);
            self.bind_name(name.sym, bind);
            bind
        });
        let pat = self.pattern(pat, item, BindKind::Param);
        if self.refutable(&pat) {
            let missing = self.missing_case(&pat);
            self.report(
                Diagnostic::new(Code::BadPattern, pat.span, "this pattern does not match every element")
                    .label(missing)
                    .help("bind a name, and use `match` or `if val` in the loop"),
            );
        }
        let id = self.open_loop(label, false);
        let body = self.block_open(body, None, false);
        self.frame().loops.pop();
        self.pop_scope();
        self.loop_over((id, iter), (index, pat), body, span)
    }

    pub fn loop_expr(&mut self, label: Option<ast::Name>, body: &'a ast::Block, span: Span) -> IExpr {
        let id = self.open_loop(label, true);
        let body = self.block(body, None, false);
        let info = self.frame().loops.pop().expect("opened above");
        let ty = match info.breaks {
            Some(breaks) if !breaks.is_empty() => self.join(breaks, span),
            _ if info.broken => self.tt.unit(),
            _ => self.tt.never(),
        };
        self.expr(IKind::Loop { id, body: Box::new(body) }, ty, span)
    }

    fn find_loop(&mut self, label: Option<ast::Name>, span: Span, word: &str) -> Option<usize> {
        let loops = &self.frame().loops;
        let found = match label {
            Some(name) => loops.iter().rposition(|info| info.label == Some(name.sym)),
            None => loops.len().checked_sub(1),
        };
        if found.is_none() {
            let diagnostic = match label {
                Some(name) => {
                    let text = self.name(name.sym);
                    Diagnostic::new(
                        Code::Misplaced,
                        name.span,
                        format!("no loop around this is labelled `{text}`"),
                    )
                }
                None => Diagnostic::new(Code::Misplaced, span, format!("`{word}` outside of a loop")),
            };
            self.report(diagnostic);
        }
        found
    }

    pub fn break_stmt(
        &mut self,
        label: Option<ast::Name>,
        value: Option<&'a ast::Expr>,
        span: Span,
    ) -> IExpr {
        let value = value.map(|value| self.infer(value, None));
        let Some(at) = self.find_loop(label, span, "break") else { return self.error_expr(span) };
        let never = self.tt.never();
        let unit = self.tt.unit();
        let info = &mut self.frame().loops[at];
        info.broken = true;
        let id = info.id;
        match (&mut info.breaks, &value) {
            (Some(breaks), Some(value)) => breaks.push(value.ty),
            (Some(breaks), None) if !breaks.is_empty() => breaks.push(unit),
            (None, Some(_)) => {
                self.report(
                    Diagnostic::new(Code::Misplaced, span, "only `loop` has a value")
                        .help("assign it to a variable before `break`"),
                );
            }
            _ => {}
        }
        self.expr(IKind::Break(id, value.map(Box::new)), never, span)
    }

    pub fn continue_stmt(&mut self, label: Option<ast::Name>, span: Span) -> IExpr {
        let Some(at) = self.find_loop(label, span, "continue") else { return self.error_expr(span) };
        let id = self.frame().loops[at].id;
        let never = self.tt.never();
        self.expr(IKind::Continue(id), never, span)
    }
}
