//! Expressions.

use super::Infer;
use super::binding::Meaning;
use super::convert::Why;
use super::ity::{Con, T, VarKind};
use super::tree::{ICallee, IExpr, IFormat, IKind};
use crate::scheme::Constraint;
use crate::ty::{TyId, Types};
use base::{Code, Diagnostic, Span, Symbol};
use syntax::ast::{self, BinOp, Combinator, ExprKind, UnOp};

impl<'a> Infer<'a> {
    /// An expression that must have a type.
    pub fn check(&mut self, expr: &'a ast::Expr, ty: T, why: &Why) -> IExpr {
        let value = self.infer(expr, Some(ty));
        self.coerce(value, ty, why)
    }

    /// An expression whose value is used. `expect` is what the place around it would like.
    pub fn infer(&mut self, expr: &'a ast::Expr, expect: Option<T>) -> IExpr {
        self.infer_use(expr, expect, true)
    }

    /// An expression whose value nobody uses.
    pub fn effect(&mut self, expr: &'a ast::Expr) -> IExpr {
        self.infer_use(expr, None, false)
    }

    pub fn infer_use(&mut self, expr: &'a ast::Expr, expect: Option<T>, used: bool) -> IExpr {
        let span = expr.span;
        if !self.spend() {
            return self.error_expr(span);
        }
        match &expr.kind {
            ExprKind::Int(value, suffix) => self.number(IKind::Int(*value), VarKind::Int, *suffix, span),
            ExprKind::Float(value, suffix) => {
                self.number(IKind::Float(*value), VarKind::Float, *suffix, span)
            }
            ExprKind::Bool(value) => {
                let ty = self.tt.bool();
                self.expr(IKind::Bool(*value), ty, span)
            }
            ExprKind::Text(text) => {
                let ty = self.tt.text();
                self.expr(IKind::Text(text.clone()), ty, span)
            }
            ExprKind::Format(parts) => self.format(parts, span),
            ExprKind::Nil => self.nil(expect, span),
            ExprKind::Unit => {
                let ty = self.tt.unit();
                self.expr(IKind::Unit, ty, span)
            }
            ExprKind::Name(name) => self.name_expr(*name, None, expect, span),
            ExprKind::TypeApply(base, args) => match &base.kind {
                ExprKind::Name(name) => self.name_expr(*name, Some(args), expect, span),
                _ => {
                    self.not_yet(span, "type arguments here", "leave them out");
                    self.error_expr(span)
                }
            },
            ExprKind::Tuple(items) => self.tuple(items, expect, span),
            ExprKind::Array(items) => self.array(items, expect, span),
            ExprKind::Set(items) => self.set(items, expect, span),
            ExprKind::Anonymous(fields) => self.anonymous(fields, expect, span),
            ExprKind::Context { object, body } => self.context_block(object, body, expect, used, span),
            ExprKind::Repeat(value, count) => self.repeat(value, count, expect, span),
            ExprKind::Dict(items) => self.dict(items, expect, span),
            ExprKind::Record { ty, fields } => self.record(ty, fields, expect, span),
            ExprKind::ArrayComp { value, clause } => self.array_comp(value, clause, expect, span),
            ExprKind::DictComp { key, value, clause } => self.dict_comp(key, value, clause, expect, span),
            ExprKind::Range { start, end, inclusive } => {
                self.range(start.as_deref(), end.as_deref(), *inclusive, span)
            }
            ExprKind::Binary(op, left, right) => self.binary(*op, left, right, expect, span),
            ExprKind::Chain(ops, operands) => self.chain(ops, operands, span),
            ExprKind::Compared { op, sides, names, tell } => self.compared(*op, sides, names, tell, span),
            ExprKind::And(left, right) | ExprKind::Or(left, right) => {
                let left = Box::new(self.condition(left));
                let right = Box::new(self.condition(right));
                let ty = self.tt.bool();
                let is_and = matches!(expr.kind, ExprKind::And(..));
                self.expr(if is_and { IKind::And(left, right) } else { IKind::Or(left, right) }, ty, span)
            }
            ExprKind::Coalesce(left, right) => self.coalesce(left, right, expect, span),
            ExprKind::Combine(how, left, right) => {
                let (left, right) = (self.infer(left, None), self.infer(right, None));
                self.combined(*how, left, right, span)
            }
            ExprKind::Unary(op, operand) => self.unary(*op, operand, expect, span),
            ExprKind::Call { callee, args } => self.call(callee, args, expect, !used, span),
            ExprKind::Field(base, name) => self.field(base, *name, expect, !used, span),
            ExprKind::OptChain { base, name, call } => self.opt_chain(base, *name, call.as_deref(), span),
            ExprKind::Index(base, index) => self.index(base, index, span),
            ExprKind::Slice { base, start, end, step } => {
                self.slice(base, start.as_deref(), end.as_deref(), step.as_deref(), span)
            }
            ExprKind::Try(value) => self.try_expr(value, span),
            ExprKind::Present(value) => {
                // As a value it is the payload or nil; `condition` makes a test of it.
                let value = self.infer(value, None);
                let ty = self.known(value.ty);
                if matches!(self.tt.con_of(ty), Some(Con::Option | Con::Any)) {
                    return value;
                }
                let ty = self.tt.option(ty);
                self.expr(IKind::Coerce(Box::new(value)), ty, span)
            }
            ExprKind::Cast(value, ty) => self.cast(value, ty, span),
            ExprKind::Lambda { params, body } => self.lambda(params, body, expect, span),
            ExprKind::If { cond, then, otherwise } => {
                self.if_expr(cond, then, otherwise.as_ref(), expect, used, span)
            }
            ExprKind::Match { value, arms } => self.match_expr(value, arms, expect, used, span),
            ExprKind::While { label, cond, body } => self.while_loop(*label, cond, body, span),
            ExprKind::For { label, index, pat, iter, body } => {
                self.for_loop(*label, *index, pat, iter, body, span)
            }
            ExprKind::Loop { label, body } => self.loop_expr(*label, body, span),
            ExprKind::Jump(stmt) => self.jump(stmt),
            ExprKind::Block(block) => self.block(block, expect, used),
            ExprKind::Unwrap { value, kind, fallback } => self.unwrap(value, *kind, fallback, expect, span),
            ExprKind::With { resource, pat, body } => {
                self.with_block(resource, pat.as_deref(), body, expect, used, span)
            }
            ExprKind::Generator(body) => self.generator(body, expect, span),
            ExprKind::Yield(value) => self.yield_value(value.as_deref(), span),
            ExprKind::Await(value) => self.await_value(value, span),
            // The parser has reported these.
            ExprKind::NotYet(_) | ExprKind::Error => self.error_expr(span),
        }
    }

    fn number(&mut self, kind: IKind, var: VarKind, suffix: Option<Symbol>, span: Span) -> IExpr {
        let ty = match suffix {
            Some(suffix) => {
                let ty = self.suffix_type(suffix);
                self.own_ty(ty)
            }
            None => self.fresh_kind(var),
        };
        self.expr(kind, ty, span)
    }

    fn nil(&mut self, expect: Option<T>, span: Span) -> IExpr {
        let ty = match expect.and_then(|ty| self.tt.con_of(ty)) {
            Some(Con::Option | Con::Any) => expect.expect("looked at above"),
            _ => {
                let inner = self.fresh();
                self.tt.option(inner)
            }
        };
        self.expr(IKind::Nil, ty, span)
    }

    fn format(&mut self, parts: &'a [ast::FormatPart], span: Span) -> IExpr {
        let mut list = Vec::new();
        for part in parts {
            list.push(match part {
                ast::FormatPart::Text(text) => IFormat::Text(text.clone()),
                ast::FormatPart::Expr { expr, spec } => {
                    let value = self.infer(expr, None);
                    if let Some((spec, at)) = spec
                        && let Err(why) = abi::format_spec::parse(spec)
                    {
                        self.report(
                            Diagnostic::new(Code::BadFormatSpec, *at, format!("`{spec}` is not a format spec"))
                                .label(why)
                                .help("a spec is `[[fill]align][sign][#][0][width][,][.precision][type]`, such as `>8` or `.2f`"),
                        );
                    }
                    IFormat::Value(value, spec.as_ref().map(|(spec, _)| spec.clone()))
                }
            });
        }
        let ty = self.tt.text();
        self.expr(IKind::Format(list), ty, span)
    }

    /// A name as a value.
    fn name_expr(
        &mut self,
        name: Symbol,
        explicit: Option<&'a [ast::Type]>,
        expect: Option<T>,
        span: Span,
    ) -> IExpr {
        match self.lookup(name, span) {
            Meaning::Bind(bind) => {
                let value = self.bind_expr(bind, span);
                let declared = self.body().binds[bind].span;
                self.given_value(value, declared)
            }
            Meaning::Module(var) => {
                self.ensure_module_var(var);
                let bind = &self.module_binds[var];
                let declared = bind.span;
                let value = IExpr { kind: IKind::Module(var), ty: bind.ty, span, soft: bind.soft };
                self.given_value(value, declared)
            }
            Meaning::Global(id) => self.global_expr(id, span),
            Meaning::Namespace(space) => {
                let (text, path) = (self.name(name), self.space_name(space, name));
                self.report(
                    Diagnostic::new(Code::TypeMismatch, span, format!("`{text}` is a module, not a value"))
                        .label(format!("the module `{path}`"))
                        .help(format!("name something in it: `{text}.name`")),
                );
                self.error_expr(span)
            }
            Meaning::Number(n, ty) => self.number_param_value(n, ty, span),
            Meaning::Fn(id) => self.fn_value(id, explicit, span),
            Meaning::Adt(adt) => self.type_as_value(self.p.adts[adt].name, span),
            Meaning::Unknown => self.special_name(name, expect, span),
        }
    }

    /// The number that a type parameter stands for.
    fn number_param_value(&mut self, n: u32, ty: TyId, span: Span) -> IExpr {
        let Some(id) = self.lang("type_number").filter(|_| ty != Types::error()) else {
            return self.error_expr(span);
        };
        let (param, int) = (self.tt.con(Con::Param(n)), self.tt.i64());
        let callee = ICallee::Fn(id, vec![param]);
        let number = self.expr(IKind::Call { callee, args: Vec::new() }, int, span);
        let ty = self.own_ty(ty);
        if self.tt.con_of(ty) == self.tt.con_of(int) {
            return number;
        }
        self.expr(IKind::Cast(Box::new(number)), ty, span)
    }

    pub fn type_as_value(&mut self, name: Symbol, span: Span) -> IExpr {
        let text = self.name(name);
        self.report(
            Diagnostic::new(Code::TypeMismatch, span, format!("`{text}` is a type, not a value"))
                .help(format!("make a value with `{text}(..)`")),
        );
        self.error_expr(span)
    }

    /// A variable of another module.
    pub fn global_expr(&mut self, id: crate::hir::GlobalId, span: Span) -> IExpr {
        let ty = self.own_ty(self.p.globals[id].ty);
        self.expr(IKind::Global(id), ty, span)
    }

    pub fn bind_expr(&mut self, bind: super::tree::BindId, span: Span) -> IExpr {
        let info = &self.bodies[self.cur].binds[bind];
        IExpr { kind: IKind::Bind(bind), ty: info.ty, span, soft: info.soft }
    }

    fn special_name(&mut self, name: Symbol, expect: Option<T>, span: Span) -> IExpr {
        if name == self.sy.none {
            return self.nil(expect, span);
        }
        if let Some(variant) = self.bare_variant(name, expect, span) {
            return self.variant_value(variant.0, variant.1, expect, span);
        }
        if matches!(self.cx.names.name(name), "pass_todo" | "pass_do_nothing" | "pass_dn") {
            let unit = self.tt.unit();
            return self.expr(IKind::Unit, unit, span);
        }
        if let Some((id, _)) = self.flat_method(name, span) {
            return self.fn_value(id, None, span);
        }
        if name == self.sy.self_ {
            self.report(
                Diagnostic::new(Code::Misplaced, span, "`self` is only known in methods")
                    .help("declare the function inside a type, without `static`"),
            );
            return self.error_expr(span);
        }
        self.unknown_name(name, span);
        self.error_expr(span)
    }

    /// A function as a value.
    pub fn fn_value(&mut self, id: crate::hir::FnId, explicit: Option<&'a [ast::Type]>, span: Span) -> IExpr {
        let inst = self.instantiate(id, span);
        self.explicit_args(id, &inst, explicit, span);
        let ty = self.tt.func(&inst.params, inst.ret);
        self.expr(IKind::FnValue(id, inst.args), ty, span)
    }

    /// An expression as a condition: any type has a truth. `x.?` tests presence.
    pub fn condition(&mut self, expr: &'a ast::Expr) -> IExpr {
        if let ExprKind::Present(value) = &expr.kind {
            let value = self.infer(value, None);
            let ty = self.tt.bool();
            return self.expr(IKind::Present(Box::new(value)), ty, expr.span);
        }
        let value = self.infer(expr, None);
        self.truth(value)
    }

    /// The truth of a value.
    pub fn truth(&mut self, expr: IExpr) -> IExpr {
        if self.tt.con_of(expr.ty) == Some(Con::Bool) {
            return expr;
        }
        let span = expr.span;
        let ty = self.tt.bool();
        self.expr(IKind::Truthy(Box::new(expr)), ty, span)
    }

    // -- operators --------------------------------------------------------------------------------------

    fn chain(&mut self, ops: &'a [BinOp], operands: &'a [ast::Expr], span: Span) -> IExpr {
        // a < b < c: { t1 = a, t2 = b, t1 < t2 and { t3 = c, t2 < t3 } }
        let first = self.infer(&operands[0], None);
        let (first_let, first_bind) = self.let_temp(first);
        let rest = self.chain_from(first_bind, ops, &operands[1..], span);
        let ty = self.tt.bool();
        self.expr(IKind::Block { stmts: vec![first_let], value: Some(Box::new(rest)) }, ty, span)
    }

    fn chain_from(
        &mut self,
        left: super::tree::BindId,
        ops: &'a [BinOp],
        operands: &'a [ast::Expr],
        span: Span,
    ) -> IExpr {
        let ty = self.tt.bool();
        let right = self.infer(&operands[0], None);
        let left = self.bind_expr(left, span);
        if ops.len() == 1 {
            return self.binary_values(ops[0], left, right, operands[0].span);
        }
        let (right_let, right_bind) = self.let_temp(right);
        let right = self.bind_expr(right_bind, operands[0].span);
        let test = self.binary_values(ops[0], left, right, operands[0].span);
        let rest = self.chain_from(right_bind, &ops[1..], &operands[1..], span);
        let both = self.expr(IKind::And(Box::new(test), Box::new(rest)), ty, span);
        self.expr(IKind::Block { stmts: vec![right_let], value: Some(Box::new(both)) }, ty, span)
    }

    /// Binds a value to a made-up name.
    pub fn let_temp(&mut self, value: IExpr) -> (IExpr, super::tree::BindId) {
        use super::tree::{IPat, IPatKind};
        let span = value.span;
        let bind = self.temp(value.ty, span);
        self.body().binds[bind].soft = value.soft;
        let unit = self.tt.unit();
        let pat = IPat { kind: IPatKind::Bind(bind), ty: value.ty, span };
        (self.expr(IKind::Let { pat, init: Box::new(value) }, unit, span), bind)
    }

    fn unary(&mut self, op: UnOp, operand: &'a ast::Expr, expect: Option<T>, span: Span) -> IExpr {
        if op == UnOp::Not {
            let value = Box::new(self.condition(operand));
            let ty = self.tt.bool();
            return self.expr(IKind::Unary(op, value, None), ty, span);
        }
        let value = self.infer(operand, expect);
        let value = self.soften(value);
        if self.tt.kind_of(value.ty).is_some_and(|kind| kind != VarKind::General) {
            let ty = value.ty;
            return self.expr(IKind::Unary(op, Box::new(value), None), ty, span);
        }
        let ret = self.fresh();
        let pending = self.pendings.push(None);
        self.add(Constraint::Unary { op, arg: value.ty, ret }, span, Some(pending));
        self.expr(IKind::Unary(op, Box::new(value), Some(pending)), ret, span)
    }

    /// A soft option as its payload, where the payload is what an operator needs.
    pub fn soften(&mut self, expr: IExpr) -> IExpr {
        let ty = self.known(expr.ty);
        if expr.soft && self.tt.con_of(ty) == Some(Con::Option) {
            let inner = self.tt.arg(ty, 0);
            let span = expr.span;
            return self.expr(IKind::Coerce(Box::new(expr)), inner, span);
        }
        expr
    }

    fn binary(
        &mut self,
        op: BinOp,
        left: &'a ast::Expr,
        right: &'a ast::Expr,
        expect: Option<T>,
        span: Span,
    ) -> IExpr {
        if op == BinOp::Is
            && let Some(test) = self.variant_test(left, right, span)
        {
            return test;
        }
        let negative = [left, right].map(is_negative_literal);
        let (left, right) = self.operands(op, left, right, expect);
        self.operated(op, left, right, negative, span)
    }

    fn operands(
        &mut self,
        op: BinOp,
        left: &'a ast::Expr,
        right: &'a ast::Expr,
        expect: Option<T>,
    ) -> (IExpr, IExpr) {
        // The operands of arithmetic are likely of the type that the result should have.
        let numeric = expect.filter(|&ty| matches!(self.tt.con_of(ty), Some(Con::Int(_) | Con::Float(_))));
        let compares = is_comparison(op);
        let left = self.infer(left, if compares { None } else { numeric });
        let left_ty = self.known(left.ty);
        let hint = match op {
            BinOp::In | BinOp::NotIn => None,
            BinOp::Add if self.tt.con_of(left_ty) == Some(Con::Text) => None,
            _ if compares || self.tt.con_of(left_ty) == Some(Con::Array) => Some(left_ty),
            _ => numeric,
        };
        (left, self.infer(right, hint))
    }

    /// `left op right`; `negative` says which of them are literals with a sign.
    fn operated(&mut self, op: BinOp, left: IExpr, right: IExpr, negative: [bool; 2], span: Span) -> IExpr {
        if op == BinOp::Shr && self.tt.con_of(left.ty) == Some(Con::Fn) {
            return self.combined(Combinator::Connect, left, right, span);
        }
        if matches!(op, BinOp::In | BinOp::NotIn)
            && let Some(method) = self.container_method(right.ty, span)
        {
            let found = self.contained(method, left, right, span);
            if op == BinOp::In {
                return found;
            }
            let ty = self.tt.bool();
            return self.expr(IKind::Unary(UnOp::Not, Box::new(found), None), ty, span);
        }
        if is_comparison(op) {
            // A negative number is less than any of an unsigned type: it is not one of them.
            for (is_negative, literal, other) in
                [(negative[0], left.ty, right.ty), (negative[1], right.ty, left.ty)]
            {
                if is_negative && matches!(self.tt.con_of(other), Some(Con::Int(int)) if !int.signed) {
                    self.default_literals(literal);
                }
            }
        }
        self.binary_values(op, left, right, span)
    }

    /// The comparison of an expectation: what it compares is what the same comparison anywhere else would.
    fn compared(
        &mut self,
        op: BinOp,
        sides: &'a [ast::Expr; 2],
        names: &[Symbol; 3],
        tell: &'a ast::Expr,
        span: Span,
    ) -> IExpr {
        let [left, right] = sides;
        let negative = [left, right].map(is_negative_literal);
        let (left_value, right_value) = self.operands(op, left, right, None);
        let (left_let, left_bind) = self.let_temp(left_value);
        let (right_let, right_bind) = self.let_temp(right_value);
        let (left, right) = (self.bind_expr(left_bind, left.span), self.bind_expr(right_bind, right.span));
        let holds = self.operated(op, left, right, negative, span);
        let (holds_let, holds_bind) = self.let_temp(holds);
        let binds = [holds_bind, left_bind, right_bind];
        for (&name, bind) in names.iter().zip(binds) {
            self.bind_name(name, bind);
        }
        let told = self.infer(tell, None);
        for name in names {
            self.unbind_name(*name);
        }
        let ty = told.ty;
        let stmts = vec![left_let, right_let, holds_let];
        self.expr(IKind::Block { stmts, value: Some(Box::new(told)) }, ty, span)
    }

    /// `f ~> g`, which is also `f >> g`, and `f // g`.
    fn combined(&mut self, how: Combinator, first: IExpr, second: IExpr, span: Span) -> IExpr {
        for value in [&first, &second] {
            let ty = self.known(value.ty);
            let is_literal = self.tt.kind_of(ty).is_some_and(|kind| kind != VarKind::General);
            let con = self.tt.con_of(ty);
            if is_literal || con.is_some_and(|con| !matches!(con, Con::Fn | Con::Error | Con::Never)) {
                let (text, symbol) = (self.show(ty), how.symbol());
                let message = format!("`{symbol}` is between functions, and this is `{text}`");
                let diagnostic = Diagnostic::new(Code::TypeMismatch, value.span, message);
                self.report(match how {
                    Combinator::Parallel => {
                        diagnostic.help("it is not floor division: for that, write `a.fdiv(b)`")
                    }
                    Combinator::Connect => diagnostic.help("call the function with it: `f(x)`, or `x |> f`"),
                });
                return self.error_expr(span);
            }
        }
        let name = match how {
            Combinator::Connect => "compose",
            Combinator::Parallel => "parallel",
        };
        let Some(id) = self.lang(name) else { return self.error_expr(span) };
        let inst = self.instantiate(id, span);
        let mut args = Vec::new();
        for (value, &ty) in [first, second].into_iter().zip(&inst.params) {
            args.push(self.coerce(value, ty, &Why::Other("this function")));
        }
        self.expr(IKind::Call { callee: ICallee::Fn(id, inst.args), args }, inst.ret, span)
    }

    pub fn binary_values(&mut self, op: BinOp, left: IExpr, right: IExpr, span: Span) -> IExpr {
        let left = self.soft_operand(left, op);
        let right = match op {
            // What is looked into is there.
            BinOp::In | BinOp::NotIn => self.soften(right),
            _ => self.soft_operand(right, op),
        };
        let (left, right) = match op {
            BinOp::Eq | BinOp::Ne | BinOp::Is => self.as_one_union(left, right),
            _ => (left, right),
        };
        let compares = is_comparison(op);
        let ret = if compares { self.tt.bool() } else { self.fresh() };
        let (lt, rt) = (left.ty, right.ty);
        let pending = self.pendings.push(None);
        self.add(Constraint::Binary { op, left: lt, right: rt, ret }, span, Some(pending));
        let ret = self.tt.shallow(ret);
        self.expr(IKind::Binary(op, Box::new(left), Box::new(right), Some(pending)), ret, span)
    }

    /// A union is compared with a value of one of its members as a union.
    fn as_one_union(&mut self, left: IExpr, right: IExpr) -> (IExpr, IExpr) {
        let (l, r) = (self.known(left.ty), self.known(right.ty));
        let why = Why::Other("what is compared");
        match (self.union_members(l).is_some(), self.union_members(r).is_some()) {
            (true, false) if self.member_for(r, l).is_some() => {
                let right = self.coerce(right, l, &why);
                (left, right)
            }
            (false, true) if self.member_for(l, r).is_some() => (self.coerce(left, r, &why), right),
            _ => (left, right),
        }
    }

    /// Operators other than equality work on the payload of a soft option.
    pub fn soft_operand(&mut self, expr: IExpr, op: BinOp) -> IExpr {
        match op {
            BinOp::Eq | BinOp::Ne | BinOp::Is | BinOp::In | BinOp::NotIn => expr,
            BinOp::Add
            | BinOp::Sub
            | BinOp::Mul
            | BinOp::Div
            | BinOp::Rem
            | BinOp::Pow
            | BinOp::BitAnd
            | BinOp::BitOr
            | BinOp::BitXor
            | BinOp::Shl
            | BinOp::Shr
            | BinOp::Lt
            | BinOp::Le
            | BinOp::Gt
            | BinOp::Ge
            | BinOp::MatMul => self.soften(expr),
        }
    }
}

pub(crate) fn is_comparison(op: BinOp) -> bool {
    match op {
        BinOp::Eq
        | BinOp::Ne
        | BinOp::Lt
        | BinOp::Le
        | BinOp::Gt
        | BinOp::Ge
        | BinOp::In
        | BinOp::NotIn
        | BinOp::Is => true,
        BinOp::Add
        | BinOp::Sub
        | BinOp::Mul
        | BinOp::Div
        | BinOp::Rem
        | BinOp::Pow
        | BinOp::BitAnd
        | BinOp::BitOr
        | BinOp::BitXor
        | BinOp::Shl
        | BinOp::Shr
        | BinOp::MatMul => false,
    }
}

fn is_negative_literal(expr: &ast::Expr) -> bool {
    matches!(&expr.kind, ExprKind::Unary(UnOp::Neg, operand) if matches!(operand.kind, ExprKind::Int(..)))
}
