//! Matching the arguments of a call with parameters: by position, by name, spread, and all further ones.

use super::Infer;
use super::call::{Given, Slots};
use super::convert::Why;
use super::ity::{Con, T};
use super::tree::{ICond, IExpr, IKind};
use abi::ErrorKind;
use base::{Code, Diagnostic, Span};
use syntax::ast::{self, BinOp, ExprKind};

impl<'a> Infer<'a> {
    /// Matches arguments with parameters: one value for each, converted.
    pub fn arguments(&mut self, slots: &Slots<'a>, args: &'a [ast::Arg], span: Span) -> Vec<IExpr> {
        let mut given: Vec<Given<'a>> = slots.list.iter().map(|_| Given::Nothing).collect();
        let has_named = args.iter().any(|arg| arg.name.is_some());
        // The parameters of plain arguments in the order in which those are written, and whether evaluating them may do something.
        let mut written: Vec<(usize, bool)> = Vec::new();
        let mut next = 0;
        for (at, arg) in args.iter().enumerate() {
            let by_name = match (&arg.name, &arg.value.kind) {
                (Some(name), _) => Some(*name),
                (None, ExprKind::Name(sym)) if slots.is_constructor && has_named && !arg.spread => {
                    let name = ast::Name { sym: *sym, span: arg.value.span };
                    slots.list.iter().any(|slot| slot.name == Some(*sym)).then_some(name)
                }
                _ => None,
            };
            let index = match by_name {
                Some(name) => match slots.list.iter().position(|slot| slot.name == Some(name.sym)) {
                    Some(index) => {
                        if arg.name.is_some() {
                            self.seen_slot(slots, index, name.span);
                        }
                        index
                    }
                    None => {
                        self.unknown_argument(slots, name);
                        self.infer(&arg.value, None);
                        continue;
                    }
                },
                None => {
                    while next < given.len()
                        && !slots.list[next].variadic
                        && !matches!(given[next], Given::Nothing)
                    {
                        next += 1;
                    }
                    // A lambda behind the others is for the last parameter, where those between have defaults.
                    if at + 1 == args.len() && matches!(arg.value.kind, ExprKind::Lambda { .. }) {
                        while next + 1 < given.len()
                            && slots.list[next].default.is_some()
                            && !self.takes_fn(slots.list[next].ty)
                        {
                            next += 1;
                        }
                    }
                    if slots.list.get(next).is_some_and(|slot| slot.variadic) {
                        if let Given::Rest(rest) = &mut given[next] {
                            rest.push((arg.spread, &arg.value));
                            continue;
                        }
                        if matches!(given[next], Given::Nothing) {
                            given[next] = Given::Rest(vec![(arg.spread, &arg.value)]);
                            continue;
                        }
                    }
                    if arg.spread {
                        self.spread(slots, &mut given, &mut next, arg);
                        continue;
                    }
                    next += 1;
                    next - 1
                }
            };
            match given.get_mut(index) {
                Some(slot @ Given::Nothing) => {
                    *slot = Given::One(&arg.value);
                    written.push((index, acts(&arg.value)));
                }
                Some(_) => {
                    let name = slots.list[index].name.map(|name| self.name(name)).unwrap_or_default();
                    self.report(Diagnostic::new(
                        Code::BadArguments,
                        arg.value.span,
                        format!("the argument `{name}` is given twice"),
                    ));
                }
                None => {
                    self.too_many(slots, args, arg.value.span);
                    self.infer(&arg.value, None);
                }
            }
        }
        self.values(slots, given, &written, span)
    }

    /// Evaluates arguments as they are written, where their parameters stand in another order: the first value does it for all.
    fn in_written_order(&mut self, values: &mut [Option<IExpr>], written: &[(usize, bool)]) {
        let mut stmts = Vec::new();
        for &(index, _) in written {
            let Some(value) = values[index].take() else { continue };
            let span = value.span;
            let (stmt, bind) = self.let_temp(value);
            stmts.push(stmt);
            values[index] = Some(self.bind_expr(bind, span));
        }
        let first = written.iter().map(|&(index, _)| index).filter(|&index| values[index].is_some()).min();
        if let Some(place) = first.and_then(|first| values.get_mut(first))
            && let Some(value) = place.take()
        {
            let (ty, span) = (value.ty, value.span);
            *place = Some(self.expr(IKind::Block { stmts, value: Some(Box::new(value)) }, ty, span));
        }
    }

    fn takes_fn(&self, ty: T) -> bool {
        self.tt.con_of(ty) == Some(Con::Fn)
    }

    /// `xs...` for parameters that take one value each: the parts of a tuple, or as many elements of an array as there are parameters left.
    fn spread(&mut self, slots: &Slots<'a>, given: &mut [Given<'a>], next: &mut usize, arg: &'a ast::Arg) {
        let span = arg.value.span;
        let value = self.infer(&arg.value, None);
        let value = self.soften(value);
        let ty = self.known(value.ty);
        let open: Vec<usize> = (*next..given.len())
            .filter(|&index| matches!(given[index], Given::Nothing) && !slots.list[index].variadic)
            .collect();
        let (parts, is_array) = match self.tt.head(ty).map(|(con, parts)| (con, parts.to_vec())) {
            Some((Con::Tuple, parts)) => (parts, false),
            Some((Con::Array, parts)) => (vec![parts[0]; open.len()], true),
            other => {
                if !matches!(other, Some((Con::Error, _))) {
                    let text = self.show(ty);
                    self.report(
                        Diagnostic::new(Code::BadArguments, span, format!("`{text}` cannot be spread"))
                            .help("only arrays and tuples have elements that can be arguments"),
                    );
                }
                self.give_errors(given, &open, span);
                return;
            }
        };
        if parts.len() > open.len() {
            self.give_errors(given, &open, span);
            let (wanted, found) = (open.len(), parts.len());
            self.report(Diagnostic::new(
                Code::BadArguments,
                span,
                format!("{} has {wanted} more parameters, the tuple {found} elements", slots.what),
            ));
            return;
        }
        let (stmt, bind) = self.let_temp(value);
        let mut before = vec![stmt];
        if is_array {
            before.push(self.check_length(bind, open.len(), span));
        }
        for (position, (&index, part)) in open.iter().zip(parts).enumerate() {
            let whole = Box::new(self.bind_expr(bind, span));
            let kind = if is_array {
                let int = self.tt.i64();
                IKind::Index(whole, Box::new(self.expr(IKind::Int(position as u64), int, span)))
            } else {
                IKind::Field(whole, position as u32)
            };
            let mut value = self.expr(kind, part, span);
            if !before.is_empty() {
                let stmts = std::mem::take(&mut before);
                value = self.expr(IKind::Block { stmts, value: Some(Box::new(value)) }, part, span);
            }
            given[index] = Given::Part(value);
            *next = index + 1;
        }
    }

    /// What was reported is not missed as well.
    fn give_errors(&mut self, given: &mut [Given<'a>], open: &[usize], span: Span) {
        for &index in open {
            given[index] = Given::Part(self.error_expr(span));
        }
    }

    /// Stops the program where a spread array has another length than there are parameters for.
    fn check_length(&mut self, bind: super::tree::BindId, count: usize, span: Span) -> IExpr {
        let (unit, int) = (self.tt.unit(), self.tt.i64());
        let array = self.bind_expr(bind, span);
        let len = ast::Name { sym: self.cx.names.intern("len"), span };
        let len = self.member_get(array, len, false, span);
        let wanted = self.expr(IKind::Int(count as u64), int, span);
        let cond = self.binary_values(BinOp::Ne, len, wanted, span);
        let message = format!("the spread array does not have {count} elements");
        let raise = self.raise(ErrorKind::InvalidArgument as u64, &message, span);
        let cond = Box::new(ICond::Expr(cond));
        self.expr(IKind::If { cond, then: Box::new(raise), otherwise: None }, unit, span)
    }

    /// Values in the order of parameters. Lambdas come last: the other arguments tell their types.
    fn values(
        &mut self,
        slots: &Slots<'a>,
        given: Vec<Given<'a>>,
        written: &[(usize, bool)],
        span: Span,
    ) -> Vec<IExpr> {
        let mut values: Vec<Option<IExpr>> = given.iter().map(|_| None).collect();
        let mut lambdas = Vec::new();
        for (index, given) in given.into_iter().enumerate() {
            let slot = &slots.list[index];
            let name = slot.name.map(|name| self.name(name)).unwrap_or_default();
            let why = if slots.is_constructor { Why::Field(name) } else { Why::Argument(name) };
            values[index] = match given {
                Given::Nothing if slot.variadic => Some(self.rest(slot.ty, Vec::new(), span)),
                Given::Nothing => None,
                Given::One(expr) if matches!(expr.kind, ExprKind::Lambda { .. }) => {
                    lambdas.push((index, expr, why));
                    None
                }
                Given::One(expr) => Some(self.check(expr, slot.ty, &why)),
                Given::Part(value) => Some(self.coerce(value, slot.ty, &why)),
                Given::Rest(rest) => Some(self.rest(slot.ty, rest, span)),
            };
        }
        let is_moved = written.windows(2).any(|pair| pair[0].0 > pair[1].0);
        if is_moved && written.iter().filter(|&&(_, acts)| acts).count() > 1 {
            self.in_written_order(&mut values, written);
        }
        for (index, expr, why) in lambdas {
            values[index] = Some(self.check(expr, slots.list[index].ty, &why));
        }
        let mut missing = Vec::new();
        let mut list = Vec::new();
        for (value, slot) in values.into_iter().zip(&slots.list) {
            list.push(match (value, slot.default) {
                (Some(value), _) => value,
                (None, Some(default)) => self.default_value(default, slot, &slots.args, span),
                (None, None) if slot.written.is_some() => {
                    let written = slot.written.expect("looked at before");
                    self.check(written, slot.ty, &Why::Other("the default value"))
                }
                (None, None) => {
                    missing.push(
                        slot.name.map_or_else(
                            || "another one".to_owned(),
                            |name| format!("`{}`", self.name(name)),
                        ),
                    );
                    self.error_expr(span)
                }
            });
        }
        if !missing.is_empty() {
            let kind = if slots.is_constructor { "field" } else { "argument" };
            let plural = if missing.len() == 1 { "" } else { "s" };
            let mut diagnostic = Diagnostic::new(
                Code::BadArguments,
                span,
                format!("the call of {} lacks {kind}{plural}", slots.what),
            )
            .label(format!("missing: {}", missing.join(", ")));
            if let Some(declared) = slots.declared {
                diagnostic = diagnostic.note(declared, "declared here");
            }
            self.report(diagnostic);
        }
        list
    }

    /// All further arguments as the array that a variadic parameter is.
    fn rest(&mut self, ty: T, rest: Vec<(bool, &'a ast::Expr)>, span: Span) -> IExpr {
        if self.tt.con_of(ty).is_none() && !rest.iter().any(|(spread, _)| *spread) {
            // A parameter without a type takes what the arguments have in common.
            let values: Vec<IExpr> = rest.iter().map(|(_, expr)| self.infer(expr, None)).collect();
            let value = self.array_of(values, span);
            return self.coerce(value, ty, &Why::Other("the arguments"));
        }
        let elem = self.fresh();
        let array = self.tt.array(elem);
        self.same(span, array, ty, &Why::Other("the arguments"));
        let mut items = Vec::new();
        for (spread, expr) in rest {
            let wanted = if spread { array } else { elem };
            items.push((spread, self.check(expr, wanted, &Why::Element)));
        }
        self.expr(IKind::Array(items), array, span)
    }

    /// An array of values, of the type that they have in common.
    pub fn array_of(&mut self, values: Vec<IExpr>, span: Span) -> IExpr {
        let inputs: Vec<T> = values.iter().map(|value| value.ty).collect();
        let elem = if inputs.is_empty() { self.fresh() } else { self.join(inputs, span) };
        let items = values
            .into_iter()
            .map(|value| {
                let at = value.span;
                (false, self.expr(IKind::Coerce(Box::new(value)), elem, at))
            })
            .collect();
        let ty = self.tt.array(elem);
        self.expr(IKind::Array(items), ty, span)
    }
}

/// False where evaluating an expression surely does nothing that another one could see.
fn acts(expr: &ast::Expr) -> bool {
    if let ExprKind::Unary(_, operand) = &expr.kind {
        return acts(operand);
    }
    !matches!(
        expr.kind,
        ExprKind::Name(_)
            | ExprKind::Int(..)
            | ExprKind::Float(..)
            | ExprKind::Bool(_)
            | ExprKind::Text(_)
            | ExprKind::Nil
            | ExprKind::Unit
            | ExprKind::Lambda { .. }
    )
}
