//! Tuples, arrays, dicts, ranges; comprehensions; indexing, slicing and what a loop goes over.

use super::convert::Why;
use super::ity::{Con, T, VarKind};
use super::solve::{At, Outcome};
use super::tree::{ICallee, ICond, IDictElement, IExpr, IKind};
use super::{BindKind, Infer};
use crate::scheme::Constraint;
use base::{Code, Diagnostic, Span};
use syntax::ast;

impl<'a> Infer<'a> {
    /// The arguments of an expected type with a head, looking through an option.
    fn expected(&self, expect: Option<T>, con: Con) -> Option<Vec<T>> {
        let mut ty = self.tt.shallow(expect?);
        if self.tt.con_of(ty) == Some(Con::Option) {
            ty = self.tt.arg(ty, 0);
        }
        let (found, args) = self.tt.head(ty)?;
        (found == con).then(|| args.to_vec())
    }

    pub fn tuple(&mut self, items: &'a [ast::Expr], expect: Option<T>, span: Span) -> IExpr {
        let expected = self.expected(expect, Con::Tuple).filter(|list| list.len() == items.len());
        let mut values = Vec::new();
        for (index, item) in items.iter().enumerate() {
            values.push(match &expected {
                Some(list) => self.check(item, list[index], &Why::Element),
                None => self.infer(item, None),
            });
        }
        let types = values.iter().map(|value| value.ty).collect();
        let ty = self.tt.app(Con::Tuple, types);
        self.expr(IKind::Tuple(values), ty, span)
    }

    pub fn array(&mut self, items: &'a [ast::Element], expect: Option<T>, span: Span) -> IExpr {
        let elem = self.expected(expect, Con::Array).map(|args| args[0]);
        let elem = match elem {
            Some(elem) if self.tt.con_of(elem).is_some() || items.is_empty() => elem,
            _ => return self.array_joined(items, span),
        };
        let ty = self.tt.array(elem);
        let mut list = Vec::new();
        for item in items {
            list.push(match item {
                ast::Element::Item(item) => (false, self.check(item, elem, &Why::Element)),
                ast::Element::Spread(item) => (true, self.check(item, ty, &Why::Element)),
            });
        }
        self.expr(IKind::Array(list), ty, span)
    }

    /// An array whose element type follows from the elements; `any` where they have nothing in common.
    fn array_joined(&mut self, items: &'a [ast::Element], span: Span) -> IExpr {
        let mut list = Vec::new();
        let mut inputs = Vec::new();
        for item in items {
            match item {
                ast::Element::Item(item) => {
                    // Elements are alike: the first tells what the next may be.
                    let hint = inputs.first().copied();
                    let value = self.infer(item, hint);
                    inputs.push(value.ty);
                    list.push((false, value));
                }
                ast::Element::Spread(item) => {
                    let value = self.infer(item, None);
                    let elem = self.fresh();
                    let array = self.tt.array(elem);
                    let ty = value.ty;
                    self.same(value.span, ty, array, &Why::Other("what is spread"));
                    inputs.push(elem);
                    list.push((true, value));
                }
            }
        }
        let elem = if inputs.is_empty() { self.fresh() } else { self.join(inputs, span) };
        let list = list
            .into_iter()
            .map(|(spread, value)| {
                let at = value.span;
                if spread {
                    let array = self.tt.array(elem);
                    self.same(at, value.ty, array, &Why::Other("what is spread"));
                    (true, value)
                } else {
                    (false, self.expr(IKind::Coerce(Box::new(value)), elem, at))
                }
            })
            .collect();
        let ty = self.tt.array(elem);
        self.expr(IKind::Array(list), ty, span)
    }

    pub fn repeat(
        &mut self,
        value: &'a ast::Expr,
        count: &'a ast::Expr,
        expect: Option<T>,
        span: Span,
    ) -> IExpr {
        let elem = self.expected(expect, Con::Array).map(|args| args[0]);
        let value = match elem {
            Some(elem) => self.check(value, elem, &Why::Element),
            None => self.infer(value, None),
        };
        let int = self.tt.i64();
        let count = self.check(count, int, &Why::Other("the length"));
        let ty = self.tt.array(value.ty);
        self.expr(IKind::Repeat(Box::new(value), Box::new(count)), ty, span)
    }

    pub fn dict(&mut self, items: &'a [ast::DictElement], expect: Option<T>, span: Span) -> IExpr {
        let expected = self.expected(expect, Con::Dict);
        if let Some(args) = expected.filter(|args| items.is_empty() || self.tt.con_of(args[1]).is_some()) {
            let ty = self.tt.dict(args[0], args[1]);
            let mut list = Vec::new();
            for item in items {
                list.push(match item {
                    ast::DictElement::Pair(key, value) => {
                        let key = self.check(key, args[0], &Why::Other("this key"));
                        IDictElement::Pair(key, self.check(value, args[1], &Why::Element))
                    }
                    ast::DictElement::Spread(value) => {
                        IDictElement::Spread(self.check(value, ty, &Why::Element))
                    }
                });
            }
            return self.expr(IKind::Dict(list), ty, span);
        }
        let mut keys = Vec::new();
        let mut values = Vec::new();
        let mut list = Vec::new();
        for item in items {
            match item {
                ast::DictElement::Pair(key, value) => {
                    let key = self.infer(key, keys.first().copied());
                    let value = self.infer(value, values.first().copied());
                    keys.push(key.ty);
                    values.push(value.ty);
                    list.push(IDictElement::Pair(key, value));
                }
                ast::DictElement::Spread(value) => {
                    let value = self.infer(value, None);
                    let (k, v) = (self.fresh(), self.fresh());
                    let dict = self.tt.dict(k, v);
                    self.same(value.span, value.ty, dict, &Why::Other("what is spread"));
                    keys.push(k);
                    values.push(v);
                    list.push(IDictElement::Spread(value));
                }
            }
        }
        let (key, value) = if list.is_empty() {
            (self.fresh(), self.fresh())
        } else {
            (self.join(keys, span), self.join(values, span))
        };
        let list = list
            .into_iter()
            .map(|item| match item {
                IDictElement::Pair(k, v) => {
                    let (ks, vs) = (k.span, v.span);
                    let k = self.expr(IKind::Coerce(Box::new(k)), key, ks);
                    IDictElement::Pair(k, self.expr(IKind::Coerce(Box::new(v)), value, vs))
                }
                spread @ IDictElement::Spread(_) => spread,
            })
            .collect();
        let ty = self.tt.dict(key, value);
        self.expr(IKind::Dict(list), ty, span)
    }

    pub fn range(
        &mut self,
        start: Option<&'a ast::Expr>,
        end: Option<&'a ast::Expr>,
        inclusive: bool,
        span: Span,
    ) -> IExpr {
        let int = self.tt.i64();
        let start = match start {
            Some(start) => self.bound(start, int),
            None => self.expr(IKind::Int(0), int, span),
        };
        let end = end.map(|end| Box::new(self.bound(end, int)));
        let ty = self.tt.range();
        self.expr(IKind::Range { start: Box::new(start), end, inclusive }, ty, span)
    }

    /// A bound of a range or slice: any integer.
    fn bound(&mut self, expr: &'a ast::Expr, int: T) -> IExpr {
        let value = self.infer(expr, Some(int));
        let ty = self.known(value.ty);
        if let Some(Con::Int(_)) = self.tt.con_of(ty)
            && self.tt.shallow(int) != ty
        {
            let span = value.span;
            return self.expr(IKind::Cast(Box::new(value)), int, span);
        }
        self.coerce(value, int, &Why::Other("this bound"))
    }

    // -- comprehensions ---------------------------------------------------------------------------------

    /// `[e for p in xs if c]`: { out = [], for p in xs: if c: push(out, e); out }.
    pub fn array_comp(
        &mut self,
        value: &'a ast::Expr,
        clause: &'a ast::CompClause,
        expect: Option<T>,
        span: Span,
    ) -> IExpr {
        let elem = match self.expected(expect, Con::Array) {
            Some(args) => args[0],
            None => self.fresh(),
        };
        let ty = self.tt.array(elem);
        let empty = self.expr(IKind::Array(Vec::new()), ty, span);
        let unit = self.tt.unit();
        self.comprehension(empty, clause, span, |this, out| {
            let value = this.check(value, elem, &Why::Element);
            match this.lang("array_push") {
                Some(push) => {
                    let out = this.bind_expr(out, span);
                    this.expr(
                        IKind::Call { callee: ICallee::Fn(push, vec![elem]), args: vec![out, value] },
                        unit,
                        span,
                    )
                }
                None => this.error_expr(span),
            }
        })
    }

    pub fn dict_comp(
        &mut self,
        key: &'a ast::Expr,
        value: &'a ast::Expr,
        clause: &'a ast::CompClause,
        expect: Option<T>,
        span: Span,
    ) -> IExpr {
        let (k, v) = match self.expected(expect, Con::Dict) {
            Some(args) => (args[0], args[1]),
            None => (self.fresh(), self.fresh()),
        };
        let ty = self.tt.dict(k, v);
        let empty = self.expr(IKind::Dict(Vec::new()), ty, span);
        let unit = self.tt.unit();
        self.comprehension(empty, clause, span, |this, out| {
            let key = this.check(key, k, &Why::Other("this key"));
            let value = this.check(value, v, &Why::Element);
            let out = this.bind_expr(out, span);
            let place = this.expr(IKind::Index(Box::new(out), Box::new(key)), v, span);
            this.expr(IKind::Assign { place: Box::new(place), op: None, value: Box::new(value) }, unit, span)
        })
    }

    fn comprehension(
        &mut self,
        empty: IExpr,
        clause: &'a ast::CompClause,
        span: Span,
        add: impl FnOnce(&mut Self, super::tree::BindId) -> IExpr,
    ) -> IExpr {
        let ty = empty.ty;
        let unit = self.tt.unit();
        let (out_let, out) = self.let_temp(empty);
        let iter = self.infer(&clause.iter, None);
        let iter = self.soften(iter);
        let iter = self.iterated(iter);
        let item = self.step_type(&iter);
        self.push_scope();
        let pat = self.pattern(&clause.pat, item, BindKind::Val);
        let cond = clause.cond.as_ref().map(|cond| self.condition(cond));
        let mut body = add(self, out);
        if let Some(cond) = cond {
            let cond = Box::new(ICond::Expr(cond));
            body = self.expr(IKind::If { cond, then: Box::new(body), otherwise: None }, unit, span);
        }
        // Names of a comprehension are its own.
        self.frame().scopes.pop();
        let id = self.new_loop();
        let body = self.for_body(&pat, body);
        let for_ = self.loop_over((id, iter), (None, pat), body, span);
        let value = self.bind_expr(out, span);
        self.expr(IKind::Block { stmts: vec![out_let, for_], value: Some(Box::new(value)) }, ty, span)
    }

    fn for_body(&mut self, pat: &super::tree::IPat, body: IExpr) -> IExpr {
        if self.refutable(pat) {
            let missing = self.missing_case(pat);
            self.report(
                Diagnostic::new(Code::BadPattern, pat.span, "this pattern does not match every element")
                    .label(missing),
            );
        }
        body
    }

    // -- what a loop goes over --------------------------------------------------------------------------

    pub fn item_type(&mut self, iter: &IExpr) -> T {
        let item = self.fresh();
        self.add(Constraint::Iterate { base: iter.ty, item }, iter.span, None);
        self.tt.shallow(item)
    }

    pub fn solve_iterate(&mut self, at: &At, base: T, item: T) -> Outcome {
        let base = self.tt.shallow(base);
        if self.tt.kind_of(base).is_some_and(|kind| kind == VarKind::Int) {
            self.default_literals(base);
        }
        let Some((con, args)) = self.tt.head(base).map(|(con, args)| (con, args.to_vec())) else {
            return Outcome::Blocked(vec![base]);
        };
        let found = match con {
            Con::Array => args[0],
            Con::Dict => self.tt.app(Con::Tuple, args),
            Con::Text => self.tt.text(),
            Con::Range => self.tt.i64(),
            Con::Int(_) => base,
            Con::Any => self.tt.any(),
            Con::Error | Con::Never => self.tt.error(),
            Con::Param(_) => return Outcome::Blocked(Vec::new()),
            _ => {
                let text = self.show(base);
                let mut diagnostic =
                    Diagnostic::new(Code::TypeMismatch, at.span, format!("a loop cannot go over `{text}`"))
                        .help("it goes over arrays, dicts, texts, ranges and numbers");
                if con == Con::Option {
                    diagnostic = diagnostic.help("unwrap the option first, with `?? []` for example");
                }
                self.fail(at, diagnostic);
                self.tt.error()
            }
        };
        self.result_of(at, found, item);
        Outcome::Solved
    }

    // -- index and slice --------------------------------------------------------------------------------

    pub fn index(&mut self, base: &'a ast::Expr, index: &'a ast::Expr, span: Span) -> IExpr {
        let base = self.infer(base, None);
        self.index_value(base, index, false, span)
    }

    /// `base[index]`; as a `place`, an entry of a dict has the dict's value type.
    pub fn index_value(&mut self, base: IExpr, index: &'a ast::Expr, place: bool, span: Span) -> IExpr {
        let base = self.soften(base);
        let ty = self.known(base.ty);
        let hint = match self.tt.con_of(ty) {
            Some(Con::Dict) => Some(self.tt.arg(ty, 0)),
            _ => None,
        };
        if self.tt.con_of(ty) == Some(Con::Tuple) {
            return self.tuple_index(base, index, span);
        }
        let index = self.infer(index, hint);
        let index = self.soften(index);
        let is_dict = self.tt.con_of(ty) == Some(Con::Dict);
        let index = match hint {
            Some(key) => self.coerce(index, key, &Why::Other("this key")),
            None => index,
        };
        if let IKind::Range { .. } = &index.kind {
            return self.range_slice(base, index, span);
        }
        let ret = self.fresh();
        let index_ty = index.ty;
        self.add(Constraint::Index { base: ty, index: index_ty, ret, place }, span, None);
        let ret = self.tt.shallow(ret);
        let expr = self.expr(IKind::Index(Box::new(base), Box::new(index)), ret, span);
        IExpr { soft: is_dict && !place, ..expr }
    }

    fn range_slice(&mut self, base: IExpr, range: IExpr, span: Span) -> IExpr {
        let IKind::Range { start, end, inclusive } = range.kind else { unreachable!("the caller looked") };
        let int = self.tt.i64();
        let end = end.map(|end| {
            if !inclusive {
                return end;
            }
            let one = self.expr(IKind::Int(1), int, span);
            Box::new(self.binary_values(ast::BinOp::Add, *end, one, span))
        });
        self.slice_of(base, Some(start), end, None, span)
    }

    fn tuple_index(&mut self, base: IExpr, index: &'a ast::Expr, span: Span) -> IExpr {
        let items: Vec<T> = self.tt.head(base.ty).map(|(_, args)| args.to_vec()).unwrap_or_default();
        let at = match &index.kind {
            ast::ExprKind::Int(n, _) => usize::try_from(*n).ok(),
            ast::ExprKind::Unary(ast::UnOp::Neg, inner) => match inner.kind {
                ast::ExprKind::Int(n, _) => usize::try_from(n).ok().and_then(|n| items.len().checked_sub(n)),
                _ => None,
            },
            _ => None,
        };
        match at.and_then(|at| items.get(at).map(|&item| (at, item))) {
            Some((at, item)) => self.expr(IKind::Field(Box::new(base), at as u32), item, span),
            None => {
                self.report(
                    Diagnostic::new(
                        Code::TypeMismatch,
                        index.span,
                        "a tuple is indexed by a number that is written, and that it has",
                    )
                    .label(format!("0 to {} exist", items.len().saturating_sub(1))),
                );
                self.error_expr(span)
            }
        }
    }

    pub fn solve_index(&mut self, at: &At, base: T, index: T, ret: T, place: bool) -> Outcome {
        let base = self.tt.shallow(base);
        if self.tt.kind_of(base).is_some_and(|kind| kind != VarKind::General) {
            self.default_literals(base);
        }
        let Some((con, args)) = self.tt.head(base).map(|(con, args)| (con, args.to_vec())) else {
            return Outcome::Blocked(vec![base]);
        };
        let found = match con {
            Con::Array | Con::Text => {
                self.integer_index(at, index);
                if con == Con::Array { args[0] } else { self.tt.text() }
            }
            Con::Dict => {
                self.coerce_type(at, index, args[0], false);
                if place { args[1] } else { self.tt.option(args[1]) }
            }
            Con::Any => self.tt.any(),
            Con::Error | Con::Never => self.tt.error(),
            Con::Param(_) => return Outcome::Blocked(Vec::new()),
            _ => {
                let text = self.show(base);
                let mut diagnostic =
                    Diagnostic::new(Code::TypeMismatch, at.span, format!("`{text}` has no index"));
                if con == Con::Option {
                    diagnostic = diagnostic.help("unwrap the option first");
                }
                self.fail(at, diagnostic);
                self.tt.error()
            }
        };
        if place && con == Con::Text {
            self.fail(
                at,
                Diagnostic::new(Code::NotAssignable, at.span, "a character of a text cannot be assigned")
                    .help("build a new text"),
            );
        }
        self.result_of(at, found, ret);
        Outcome::Solved
    }

    fn integer_index(&mut self, at: &At, index: T) {
        let index = self.tt.shallow(index);
        if let Some(Con::Int(_) | Con::Error | Con::Any) = self.tt.con_of(index) {
            return;
        }
        let int = self.tt.i64();
        if self.tt.attempt(|tt| tt.unify(index, int)).is_err() {
            let text = self.show(index);
            self.fail(
                at,
                Diagnostic::new(
                    Code::TypeMismatch,
                    at.span,
                    format!("the index is `{text}`, but an integer is expected"),
                ),
            );
        }
    }

    pub fn slice(
        &mut self,
        base: &'a ast::Expr,
        start: Option<&'a ast::Expr>,
        end: Option<&'a ast::Expr>,
        step: Option<&'a ast::Expr>,
        span: Span,
    ) -> IExpr {
        let base = self.infer(base, None);
        let base = self.soften(base);
        let int = self.tt.i64();
        let mut bound = |bound: Option<&'a ast::Expr>| bound.map(|bound| Box::new(self.bound(bound, int)));
        let (start, end, step) = (bound(start), bound(end), bound(step));
        self.slice_of(base, start, end, step, span)
    }

    fn slice_of(
        &mut self,
        base: IExpr,
        start: Option<Box<IExpr>>,
        end: Option<Box<IExpr>>,
        step: Option<Box<IExpr>>,
        span: Span,
    ) -> IExpr {
        let ret = self.fresh();
        self.add(Constraint::Slice { base: base.ty, ret }, span, None);
        let ret = self.tt.shallow(ret);
        self.expr(IKind::Slice { base: Box::new(base), start, end, step }, ret, span)
    }

    pub fn solve_slice(&mut self, at: &At, base: T, ret: T) -> Outcome {
        let base = self.tt.shallow(base);
        let Some(con) = self.tt.con_of(base) else { return Outcome::Blocked(vec![base]) };
        match con {
            Con::Array | Con::Text | Con::Any => self.result_of(at, base, ret),
            Con::Param(_) => return Outcome::Blocked(Vec::new()),
            Con::Error | Con::Never => {
                let error = self.tt.error();
                let _ = self.tt.unify(ret, error);
            }
            _ => {
                let text = self.show(base);
                self.fail(
                    at,
                    Diagnostic::new(Code::TypeMismatch, at.span, format!("`{text}` cannot be sliced")),
                );
                let error = self.tt.error();
                let _ = self.tt.unify(ret, error);
            }
        }
        Outcome::Solved
    }
}
