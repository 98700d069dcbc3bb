//! Assignments: to one place, and to several that a tuple or an array is taken apart into.

use super::binding::Meaning;
use super::convert::Why;
use super::ity::{Clash, Con, T, VarKind};
use super::member::{Found, Pick};
use super::tree::{IExpr, IKind, IPat, IPatKind};
use super::{BindKind, Infer};
use crate::scheme::Constraint;
use base::{Code, Diagnostic, Span};
use syntax::ast::{self, ExprKind};

/// What stands left of `=`.
enum Target {
    /// `_`.
    Discard(Span),
    Place(IExpr),
    /// `(a, b)`.
    Tuple(Vec<Target>, Span),
    /// `[a, b]`.
    Array(Vec<Target>, Span),
    /// Reported.
    Error(Span),
}

impl<'a> Infer<'a> {
    pub fn assign(
        &mut self,
        target: &'a ast::Expr,
        op: Option<ast::BinOp>,
        value: &'a ast::Expr,
        span: Span,
    ) -> IExpr {
        let unit = self.tt.unit();
        if let ExprKind::Field(base, name) = &target.kind
            && let Some(call) = self.set_property(base, *name, op, value, span)
        {
            return call;
        }
        let place = match self.target(target) {
            Target::Place(place) => place,
            Target::Error(_) => {
                self.infer(value, None);
                return self.error_expr(span);
            }
            Target::Discard(at) => {
                let init = Box::new(self.infer(value, None));
                let pat = IPat { kind: IPatKind::Wild, ty: init.ty, span: at };
                return self.expr(IKind::Let { pat, init }, unit, span);
            }
            several @ (Target::Tuple(..) | Target::Array(..)) => {
                return self.assign_several(several, value, span);
            }
        };
        let ty = place.ty;
        let value = match op {
            None => self.assigned_value(&place, value, ty),
            Some(op) => {
                let hint = if matches!(self.tt.con_of(ty), Some(Con::Text)) { None } else { Some(ty) };
                let value = self.infer(value, hint);
                let ret = self.fresh();
                let right = self.soft_operand(value, op);
                self.add(Constraint::Binary { op, left: ty, right: right.ty, ret }, span, None);
                self.drain();
                self.compound_result(&place, ret, ty, span);
                right
            }
        };
        self.expr(IKind::Assign { place: Box::new(place), op, value: Box::new(value) }, unit, span)
    }

    /// `x.name = v` of a type without such a field and with a method `set_name`.
    fn set_property(
        &mut self,
        base: &'a ast::Expr,
        name: ast::Name,
        op: Option<ast::BinOp>,
        value: &'a ast::Expr,
        span: Span,
    ) -> Option<IExpr> {
        // Hardly any type has such a method; only where there is one of that name is the value worth a look.
        let setter = self.cx.names.find(&format!("set_{}", self.cx.names.name(name.sym)))?;
        if !self.p.schemes.members.keys().any(|(_, member)| *member == setter)
            || self.type_path(base).is_some()
            || self.namespace(base).is_some()
        {
            return None;
        }
        let recv = self.place(base);
        let ty = self.known(recv.ty);
        let con @ Con::Adt(_) = self.tt.con_of(ty)? else { return None };
        if self.find_field(ty, name.sym).is_some()
            || !matches!(self.pick(ty, con, setter, true, false), Pick::One(_))
        {
            return None;
        }
        let value = match op {
            None => self.infer(value, None),
            Some(op) => {
                let whole = self.place(base);
                let old = self.member_get(whole, name, false, span);
                let value = self.infer(value, Some(old.ty));
                self.binary_values(op, old, value, span)
            }
        };
        let Found::Method(target) = self.find_method(ty, setter, true, name.span, &[]) else { return None };
        let [_, wanted] = target.params[..] else { return None };
        let mut call = self.call_with(target, recv, ast::Name { sym: setter, span: name.span }, span);
        let value = self.coerce(value, wanted, &Why::Field(self.name(name.sym)));
        if let IKind::Call { args, .. } = &mut call.kind {
            args.push(value);
        }
        Some(call)
    }

    fn target(&mut self, target: &'a ast::Expr) -> Target {
        let span = target.span;
        match &target.kind {
            ExprKind::Tuple(items) => {
                Target::Tuple(items.iter().map(|item| self.target(item)).collect(), span)
            }
            ExprKind::Array(items) => {
                let items = items.iter().map(|item| match item {
                    ast::Element::Item(item) => self.target(item),
                    // The parser has said so.
                    ast::Element::Spread(item) => Target::Error(item.span),
                });
                Target::Array(items.collect(), span)
            }
            ExprKind::Name(name) if *name == self.sy.underscore => Target::Discard(span),
            ExprKind::Name(name) if matches!(self.lookup(*name, span), Meaning::Unknown) => {
                let text = self.name(*name);
                self.report(
                    Diagnostic::new(Code::UnknownName, span, format!("`{text}` is not declared"))
                        .help(format!("write `var {text} = ..` to declare it")),
                );
                Target::Error(span)
            }
            _ => {
                let place = self.place(target);
                self.require_assignable(&place, target);
                Target::Place(place)
            }
        }
    }

    // -- several places ---------------------------------------------------------------------------------

    /// `(a, b) = value`: the value is evaluated first and taken apart into temporaries; then the places are assigned from left to right, each
    /// with its indices evaluated at that moment.
    fn assign_several(&mut self, target: Target, value: &'a ast::Expr, span: Span) -> IExpr {
        let value = self.value_for(&target, value);
        let value = self.soften(value);
        let mut assigns = Vec::new();
        let pat = self.target_pattern(target, value.ty, value.span, &mut assigns);
        let mut stmts = vec![self.take_apart(pat, value, span)];
        stmts.append(&mut assigns);
        let unit = self.tt.unit();
        self.expr(IKind::Block { stmts, value: None }, unit, span)
    }

    /// The value; items that are written next to each other are made to fit their places one by one.
    fn value_for(&mut self, target: &Target, value: &'a ast::Expr) -> IExpr {
        match (target, &value.kind) {
            (Target::Place(place), _) => {
                let ty = self.known(place.ty);
                self.assigned_value(place, value, ty)
            }
            (Target::Tuple(targets, _), ExprKind::Tuple(items)) if targets.len() == items.len() => {
                let values: Vec<IExpr> =
                    targets.iter().zip(items).map(|(target, item)| self.value_for(target, item)).collect();
                let ty = self.tt.app(Con::Tuple, values.iter().map(|value| value.ty).collect());
                self.expr(IKind::Tuple(values), ty, value.span)
            }
            (Target::Discard(_) | Target::Error(_) | Target::Tuple(..) | Target::Array(..), _) => {
                let hint = self.target_type(target);
                self.infer(value, Some(hint))
            }
        }
    }

    /// The type of value that fits best.
    fn target_type(&mut self, target: &Target) -> T {
        match target {
            Target::Discard(_) | Target::Error(_) => self.fresh(),
            Target::Place(place) => self.known(place.ty),
            Target::Tuple(items, _) => {
                let items = items.iter().map(|item| self.target_type(item)).collect();
                self.tt.app(Con::Tuple, items)
            }
            Target::Array(items, _) => {
                let item = match items.first() {
                    Some(first) => self.target_type(first),
                    None => self.fresh(),
                };
                self.tt.array(item)
            }
        }
    }

    /// The pattern that binds a temporary for each place; `assigns` gets the assignments of the temporaries.
    fn target_pattern(&mut self, target: Target, ty: T, from: Span, assigns: &mut Vec<IExpr>) -> IPat {
        let ty = self.known(ty);
        let (items, span, is_tuple) = match target {
            Target::Discard(span) | Target::Error(span) => return IPat { kind: IPatKind::Wild, ty, span },
            Target::Place(place) => {
                let span = place.span;
                let temp = self.temp(ty, from);
                let value = self.bind_expr(temp, from);
                let wanted = place.ty;
                let value = self.fitted(&place, value, wanted);
                let unit = self.tt.unit();
                let assign = IKind::Assign { place: Box::new(place), op: None, value: Box::new(value) };
                assigns.push(self.expr(assign, unit, span));
                return IPat { kind: IPatKind::Bind(temp), ty, span };
            }
            Target::Tuple(items, span) => (items, span, true),
            Target::Array(items, span) => (items, span, false),
        };
        if self.tt.kind_of(ty).is_some_and(|kind| kind != VarKind::General) {
            self.default_literals(ty);
        }
        let parts = match self.tt.head(ty) {
            Some((Con::Tuple, parts)) if is_tuple && parts.len() == items.len() => Some(parts.to_vec()),
            Some((Con::Array, parts)) => Some(vec![parts[0]; items.len()]),
            Some((Con::Error | Con::Never, _)) => Some(vec![self.tt.error(); items.len()]),
            Some(_) => None,
            // Only its use tells: it is what the target looks like.
            None => {
                let parts = match is_tuple {
                    true => items.iter().map(|_| self.fresh()).collect(),
                    false => vec![self.fresh(); items.len()],
                };
                let whole = match (is_tuple, parts.first()) {
                    (false, Some(&item)) => self.tt.array(item),
                    _ => self.tt.app(Con::Tuple, parts.clone()),
                };
                self.same(from, ty, whole, &Why::Assignment);
                Some(parts)
            }
        };
        let Some(parts) = parts else {
            self.does_not_fit(items.len(), is_tuple, ty, span, from);
            return IPat { kind: IPatKind::Wild, ty, span };
        };
        let list: Vec<IPat> = items
            .into_iter()
            .zip(parts)
            .map(|(item, part)| self.target_pattern(item, part, from, assigns))
            .collect();
        let kind = match self.tt.con_of(ty) {
            Some(Con::Array) => IPatKind::Array { first: list, rest: None, last: Vec::new() },
            Some(Con::Error | Con::Never) => IPatKind::Wild,
            _ => IPatKind::Tuple(list),
        };
        IPat { kind, ty, span }
    }

    fn does_not_fit(&mut self, count: usize, is_tuple: bool, ty: T, span: Span, from: Span) {
        let shown = self.show(ty);
        let mut diagnostic = Diagnostic::new(
            Code::BadPattern,
            span,
            format!("a value of type `{shown}` cannot be assigned to these {count} places"),
        )
        .note(from, format!("this is `{shown}`"));
        diagnostic = match self.tt.con_of(ty) {
            Some(Con::Tuple) if is_tuple => {
                diagnostic.help("write one place for each item; `_` passes one over")
            }
            Some(Con::Tuple) => diagnostic.help("take a tuple apart with parentheses"),
            Some(Con::Option) => diagnostic.help("unwrap the option first"),
            _ => diagnostic.help("only tuples and arrays are taken apart"),
        };
        self.report(diagnostic);
    }

    // -- the value --------------------------------------------------------------------------------------

    /// A value assigned to a variable without annotation may have another type: the variable is dynamic then.
    fn assigned_value(&mut self, place: &IExpr, value: &'a ast::Expr, ty: T) -> IExpr {
        if self.may_be_dynamic(place).is_none() {
            return self.check(value, ty, &Why::Assignment);
        }
        let value = self.infer(value, Some(ty));
        self.fitted(place, value, ty)
    }

    /// A value as the place wants it.
    fn fitted(&mut self, place: &IExpr, value: IExpr, ty: T) -> IExpr {
        let Some(span) = self.may_be_dynamic(place) else {
            return self.coerce(value, ty, &Why::Assignment);
        };
        self.drain();
        if self.convertible(&value, ty) {
            return self.coerce(value, ty, &Why::Assignment);
        }
        self.found_dynamic.insert(span);
        value
    }

    fn compound_result(&mut self, place: &IExpr, ret: T, ty: T, span: Span) {
        let (found, wanted) = (self.tt.con_of(ret), self.tt.con_of(ty));
        let converts = match (found, wanted) {
            (Some(Con::Int(_)), Some(Con::Int(_) | Con::Float(_)))
            | (Some(Con::Float(_)), Some(Con::Float(_))) => true,
            (_, Some(Con::Any)) | (Some(Con::Any), _) => true,
            _ => self.tt.attempt(|tt| tt.unify(ret, ty)).is_ok(),
        };
        if converts {
            return;
        }
        match self.may_be_dynamic(place) {
            Some(at) => {
                self.found_dynamic.insert(at);
            }
            None => self.mismatch(span, ret, ty, &Why::Assignment, Clash::Mismatch),
        }
    }

    /// Where a variable without annotation is declared, if the place is one.
    fn may_be_dynamic(&mut self, place: &IExpr) -> Option<Span> {
        match place.kind {
            IKind::Bind(bind) => {
                let bind = self.root(bind);
                let bind = &self.body().binds[bind];
                (bind.kind == BindKind::Var { annotated: false }).then_some(bind.span)
            }
            IKind::Module(var) => {
                let bind = &self.module_binds[var];
                (bind.mutable && !bind.annotated).then_some(bind.span)
            }
            _ => None,
        }
    }
}
