//! Contracts: what must hold where a function begins and where it returns, and in every value of a type.

use super::ity::Con;
use super::tree::{BindId, ICallee, ICond, IExit, IExpr, IFormat, IKind};
use super::{BindKind, Infer, Ret};
use crate::hir::FnId;
use crate::names::Mentions;
use crate::ty::AdtId;
use abi::ErrorKind;
use base::{Code, Diagnostic, Span};
use syntax::ast::{self, ContractKind};

/// The name of the method that checks the invariant of a type.
pub(crate) const INVARIANT: &str = "<invariant>";

impl<'a> Infer<'a> {
    /// A clause block, where it stands in the body.
    pub fn contract_stmt(&mut self, contract: &'a ast::Contract, span: Span) -> Vec<IExpr> {
        match contract.kind {
            ContractKind::Requires => self.checks(&contract.clauses, "precondition"),
            ContractKind::Invariant => {
                let mut stmts = self.checks(&contract.clauses, "invariant");
                if self.at_top() {
                    let body = self.checks(&contract.clauses, "invariant");
                    stmts.extend(self.at_exit(IExit::Any, body, span));
                }
                stmts
            }
            ContractKind::Ensures | ContractKind::EnsuresError => self.postconditions(contract, span),
            ContractKind::Decreases => {
                // A measure for proofs: it has to have a type, nothing looks at its value.
                for clause in &contract.clauses {
                    self.infer(&clause.cond, None);
                }
                Vec::new()
            }
        }
    }

    /// Directly in the body of a function.
    fn at_top(&mut self) -> bool {
        !(self.cur == 0 && self.bodies[0].active.len() == 1) && self.frame().scopes.len() == 2
    }

    /// Work at the exits of the function; nothing where the program is not to check.
    fn at_exit(&mut self, exit: IExit, stmts: Vec<IExpr>, span: Span) -> Option<IExpr> {
        if stmts.is_empty() {
            return None;
        }
        let unit = self.tt.unit();
        let body = Box::new(self.expr(IKind::Block { stmts, value: None }, unit, span));
        Some(self.expr(IKind::Defer { exit, body }, unit, span))
    }

    /// `out(r):` and `out_err(e):`. What `old` names is kept here, where the function begins.
    fn postconditions(&mut self, contract: &'a ast::Contract, span: Span) -> Vec<IExpr> {
        let (word, is_error) = match contract.kind {
            ContractKind::EnsuresError => ("postcondition for errors", true),
            _ => ("postcondition", false),
        };
        if !self.at_top() {
            self.report(
                Diagnostic::new(Code::Misplaced, span, format!("a {word} belongs to a function"))
                    .help("write it at the top of the function's body, not in a block inside of it"),
            );
            return Vec::new();
        }
        let result = match self.frame().ret.clone() {
            Ret::Declared(ty) | Ret::Inferred { ret: ty, .. } => ty,
            Ret::Unit => self.tt.unit(),
        };
        let bind = self.new_bind(self.sy.temp, result, span, BindKind::Val);
        self.push_scope();
        let name = contract.name.unwrap_or(ast::Name { sym: self.sy.result_name, span });
        let mut unpack = None;
        if is_error {
            let error = self.fresh();
            let ok = self.fresh();
            if let Some(adt) = self.p.result {
                let wanted = self.tt.app(Con::Adt(adt), vec![ok, error]);
                self.same(span, result, wanted, &super::convert::Why::Other("the function's result"));
            }
            let own = self.new_bind(name.sym, error, name.span, BindKind::Val);
            self.bind_name(name.sym, own);
            unpack = Some(own);
        } else {
            self.bind_name(name.sym, bind);
        }
        let depth = self.body().active.len();
        let own = super::Olds { result: name.sym, depth, stmts: Vec::new() };
        let outer = self.olds.replace(own);
        let checks = self.checks(&contract.clauses, word);
        let olds = std::mem::replace(&mut self.olds, outer);
        // The name is known in the clause alone.
        self.frame().scopes.pop();
        let mut stmts = olds.map(|olds| olds.stmts).unwrap_or_default();
        let (exit, checks) = match unpack {
            Some(own) if !checks.is_empty() => {
                (IExit::Error(Some(bind)), vec![self.with_error(bind, own, checks, span)])
            }
            Some(_) => (IExit::Error(Some(bind)), checks),
            None => (IExit::Success(bind), checks),
        };
        stmts.extend(self.at_exit(exit, checks, span));
        stmts
    }

    /// Checks over the payload of an `Err`.
    fn with_error(&mut self, result: BindId, error: BindId, checks: Vec<IExpr>, span: Span) -> IExpr {
        use super::tree::{IPat, IPatKind};
        let unit = self.tt.unit();
        let ty = self.body().binds[error].ty;
        let inner = IPat { kind: IPatKind::Bind(error), ty, span };
        let value = self.bind_expr(result, span);
        let pat = IPat { kind: IPatKind::Variant { variant: 1, args: vec![inner] }, ty: value.ty, span };
        let then = Box::new(self.expr(IKind::Block { stmts: checks, value: None }, unit, span));
        let cond = Box::new(ICond::Let { pat, value });
        self.expr(IKind::If { cond, then, otherwise: None }, unit, span)
    }

    /// `old(e)` in a postcondition: the value of `e` where the function begins.
    pub fn old_value(&mut self, args: &'a [ast::Arg], span: Span) -> IExpr {
        let [arg] = args else {
            self.report(Diagnostic::new(
                Code::BadArguments,
                span,
                format!("`old` takes 1 argument, not {}", args.len()),
            ));
            self.effects(args);
            return self.error_expr(span);
        };
        let mut mentions = Mentions::default();
        mentions.expr(&arg.value);
        let value = self.infer(&arg.value, None);
        let (stmt, bind) = self.let_temp(value);
        let depth = self.body().active.len();
        let Some(olds) = &mut self.olds else { return self.error_expr(span) };
        if depth != olds.depth {
            self.report(
                Diagnostic::new(Code::Misplaced, span, "`old` inside of a lambda")
                    .help("name the value with `val` at the top of the body, and use the name"),
            );
            return self.error_expr(span);
        }
        if mentions.names.contains(&olds.result) {
            self.report(Diagnostic::new(
                Code::Misplaced,
                arg.value.span,
                "the result is not known where the function begins",
            ));
            return self.error_expr(span);
        }
        olds.stmts.push(stmt);
        self.bind_expr(bind, span)
    }

    /// Statements that stop the program where a condition does not hold. The conditions are looked at whether they are checked or not.
    pub fn checks(&mut self, clauses: &'a [ast::Clause], word: &str) -> Vec<IExpr> {
        let id = self.frame().id;
        let path = self.p.schemes.sigs[id].path.clone();
        let of = path.strip_suffix(&format!(".{INVARIANT}")).unwrap_or(&path).to_owned();
        let mut stmts = Vec::new();
        for clause in clauses {
            let source = self.cx.sources.slice(clause.cond.span);
            let source = source.split_whitespace().collect::<Vec<_>>().join(" ");
            let text = format!("the {word} of `{of}` does not hold: {source}");
            let cond = self.condition(&clause.cond);
            let message = clause.message.as_ref().map(|message| self.infer(message, None));
            stmts.push(self.check_stmt(cond, text, message, clause.cond.span));
        }
        if self.p.unchecked_contracts { Vec::new() } else { stmts }
    }

    fn check_stmt(&mut self, cond: IExpr, text: String, message: Option<IExpr>, span: Span) -> IExpr {
        let (unit, never, bool_) = (self.tt.unit(), self.tt.never(), self.tt.bool());
        let Some(raise) = self.lang("raise") else { return self.error_expr(span) };
        let (int, text_ty) = (self.tt.i64(), self.tt.text());
        let text = match message {
            Some(message) => {
                let parts = vec![IFormat::Text(format!("{text}: ")), IFormat::Value(message, None)];
                IKind::Format(parts)
            }
            None => IKind::Text(text),
        };
        let args = vec![
            self.expr(IKind::Int(ErrorKind::ContractViolated as u64), int, span),
            self.expr(text, text_ty, span),
        ];
        let raise = self.expr(IKind::Call { callee: ICallee::Fn(raise, Vec::new()), args }, never, span);
        let broken = self.expr(IKind::Unary(ast::UnOp::Not, Box::new(cond), None), bool_, span);
        let cond = Box::new(ICond::Expr(broken));
        self.expr(IKind::If { cond, then: Box::new(raise), otherwise: None }, unit, span)
    }

    // -- invariants of types ----------------------------------------------------------------------------

    /// The methods that check the invariants of a type: one for each part of it that has some.
    fn invariants_of(&self, adt: AdtId) -> Vec<FnId> {
        if self.p.unchecked_contracts {
            return Vec::new();
        }
        let list = self.p.schemes.members.get(&(Con::Adt(adt), self.sy.invariant));
        list.into_iter().flatten().map(|member| member.id).collect()
    }

    /// Calls that check the invariants of a bound value, where its type has any.
    fn check_invariants(&mut self, bind: BindId, span: Span) -> Vec<IExpr> {
        let ty = self.body().binds[bind].ty;
        let Some(Con::Adt(adt)) = self.tt.con_of(ty) else { return Vec::new() };
        let unit = self.tt.unit();
        let mut calls = Vec::new();
        for id in self.invariants_of(adt) {
            let inst = self.instantiate(id, span);
            self.tie_owner(id, &inst.args, ty);
            let args = vec![self.bind_expr(bind, span)];
            let callee = ICallee::Fn(id, inst.args);
            calls.push(self.expr(IKind::Call { callee, args }, unit, span));
        }
        calls
    }

    /// A new value of a type, with the check of its invariant.
    pub fn constructed(&mut self, value: IExpr) -> IExpr {
        let (ty, span) = (value.ty, value.span);
        match self.tt.con_of(ty) {
            Some(Con::Adt(adt)) if !self.invariants_of(adt).is_empty() => {}
            _ => return value,
        }
        let (made, bind) = self.let_temp(value);
        let mut stmts = vec![made];
        stmts.extend(self.check_invariants(bind, span));
        let value = Some(Box::new(self.bind_expr(bind, span)));
        self.expr(IKind::Block { stmts, value }, ty, span)
    }

    /// Checks of the type's invariant around a method that may change `self`; those of private methods are left to the methods that call them.
    pub fn invariant_checks(&mut self, id: FnId) -> Vec<IExpr> {
        let sig = &self.p.schemes.sigs[id];
        let (me, name, span) = (sig.me, sig.name, sig.span);
        if !me || self.cx.names.name(name).starts_with('_') {
            return Vec::new();
        }
        let Some(&own) = self.frame().params.first() else { return Vec::new() };
        let mut stmts = self.check_invariants(own, span);
        let checks = self.check_invariants(own, span);
        stmts.extend(self.at_exit(IExit::Any, checks, span));
        stmts
    }
}
