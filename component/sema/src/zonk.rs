//! From the tree of inference to the final one: types without variables, members as they were resolved, conversions where the
//! types differ.

mod calls;
mod exprs;
mod patterns;
mod types;

pub(crate) use types::MAX_SIZE;

use crate::hir::{self, ExprKind, FnId, LocalId, PatKind};
use crate::infer::ity::T;
use crate::infer::tree::{BindId, FrameId, IExpr, ModuleVar};
use crate::infer::{BindKind, Infer};
use crate::scheme::External;
use crate::ty::{Ty, TyId, Types};
use base::{Code, Diagnostic, EntityId, Map, Span};
use std::collections::BTreeMap;
use std::collections::HashMap;

impl Infer<'_> {
    /// Module-level variables that functions use become globals.
    fn build_globals(&mut self) {
        let none = HashMap::new();
        for var in self.module_binds.ids() {
            let bind = &self.module_binds[var];
            if !bind.shared {
                continue;
            }
            let (name, t, mutable, span) = (bind.name, bind.ty, bind.mutable, bind.span);
            let ty = self.lower(t, &none);
            let id = self.p.globals.push(hir::Global { name, ty, mutable, span });
            self.globals.insert(var, id);
        }
    }

    /// All functions of the module, in the order of their ids.
    pub(crate) fn build_program(&mut self) {
        self.build_globals();
        let mut built: BTreeMap<usize, hir::FnKind> = BTreeMap::new();
        let mut closures: BTreeMap<usize, (Vec<TyId>, TyId, Vec<hir::Generic>)> = BTreeMap::new();
        for body in 0..self.bodies.len() {
            if self.bodies[body].frames.is_empty() {
                continue;
            }
            self.cur = body;
            let mut zonk =
                Zonk { infer: self, body, sizes: HashMap::new(), memo: HashMap::new(), closures: Vec::new() };
            let first = FrameId::from_index(0);
            let id = zonk.infer.bodies[body].frames[first].id;
            let main = zonk.frame(first);
            built.insert(id.index(), hir::FnKind::Body(main));
            let owner = zonk.infer.p.schemes.sigs[id].generics.clone();
            for (id, params, ret, body) in std::mem::take(&mut zonk.closures) {
                built.insert(id.index(), hir::FnKind::Body(body));
                closures.insert(id.index(), (params, ret, owner.clone()));
            }
        }
        for id in self.p.schemes.sigs.ids().skip(self.p.fns.len()) {
            let kind = built.remove(&id.index());
            let sig = &self.p.schemes.sigs[id];
            let kind = kind.unwrap_or(match sig.external {
                Some(External::Runtime(f)) => hir::FnKind::Runtime(f),
                Some(External::Intrinsic(f)) => hir::FnKind::Intrinsic(f),
                Some(External::Host) => hir::FnKind::Host,
                None => hir::FnKind::Required,
            });
            let (params, ret, generics) = match closures.remove(&id.index()) {
                Some(closure) => closure,
                None => (
                    sig.params.iter().map(|param| param.ty.unwrap_or(Types::error())).collect(),
                    sig.ret.unwrap_or(Types::unit()),
                    sig.generics.clone(),
                ),
            };
            let function = hir::Fn {
                name: sig.name,
                path: sig.path.clone(),
                span: sig.span,
                generics,
                params,
                ret,
                receiver: sig.receiver,
                kind,
                is_std: sig.is_std,
            };
            self.p.fns.push(function);
        }
    }
}

struct Zonk<'z, 'a> {
    infer: &'z mut Infer<'a>,
    body: usize,
    sizes: HashMap<TyId, u64>,
    memo: HashMap<T, TyId>,
    closures: Vec<(FnId, Vec<TyId>, TyId, hir::Body)>,
}

/// What building one frame needs.
struct Locals {
    list: Map<LocalId, hir::Local>,
    of: HashMap<BindId, LocalId>,
    /// Variables that hold their zero from the start.
    hoisted: Vec<LocalId>,
    /// Module-level variables that only the module body uses.
    module: HashMap<ModuleVar, LocalId>,
}

impl Locals {
    fn new() -> Locals {
        Locals { list: Map::new(), of: HashMap::new(), hoisted: Vec::new(), module: HashMap::new() }
    }
}

impl Zonk<'_, '_> {
    fn frame(&mut self, id: FrameId) -> hir::Body {
        let frame = &mut self.infer.bodies[self.body].frames[id];
        let params = frame.params.clone();
        let captures: Vec<BindId> = frame.captures.iter().map(|&(_, inner)| inner).collect();
        let self_closure = frame.self_closure;
        let value = frame.value.take();
        let (ret_ty, span) = (frame.ret_ty, frame.span);
        let mut locals = Locals::new();
        let params = params.into_iter().map(|bind| self.local(bind, &mut locals)).collect();
        let captures = captures.into_iter().map(|bind| self.local(bind, &mut locals)).collect();
        let self_closure = self_closure.map(|bind| self.local(bind, &mut locals));
        let ret = self.ty(ret_ty, span);
        let value = match value {
            Some(value) => self.expr(value, &mut locals),
            None => hir::Expr { kind: ExprKind::Error, ty: Types::error(), span },
        };
        let value = self.convert(value, ret);
        let value = self.with_hoisted(value, &mut locals);
        hir::Body { locals: locals.list, params, captures, self_closure, value }
    }

    /// Zeros for the variables that are read behind the block that sets them.
    fn with_hoisted(&mut self, value: hir::Expr, locals: &mut Locals) -> hir::Expr {
        let hoisted = std::mem::take(&mut locals.hoisted);
        if hoisted.is_empty() {
            return value;
        }
        let (ty, span) = (value.ty, value.span);
        let mut stmts = Vec::new();
        for local in hoisted {
            let info = &locals.list[local];
            let (local_ty, at, name) = (info.ty, info.span, info.name);
            match self.zero(local_ty, at) {
                Some(zero) => {
                    let pat = hir::Pat { kind: PatKind::Bind(local), ty: local_ty, span: at };
                    let kind = ExprKind::Let { pat, init: Box::new(zero) };
                    stmts.push(hir::Expr { kind, ty: Types::unit(), span: at });
                }
                None => {
                    let text = self.infer.name(name);
                    self.infer.report(
                        Diagnostic::new(
                            Code::AmbiguousType,
                            at,
                            format!(
                                "`{text}` may not be set where it is used, behind the block that declares it"
                            ),
                        )
                        .help(format!(
                            "declare it before the block, with an optional type: `var {text}: T? = nil`"
                        )),
                    );
                }
            }
        }
        hir::Expr { kind: ExprKind::Block { stmts, value: Some(Box::new(value)) }, ty, span }
    }

    fn zero(&mut self, ty: TyId, span: Span) -> Option<hir::Expr> {
        let kind = match self.infer.p.types.get(ty) {
            Ty::Unit => ExprKind::Unit,
            Ty::Bool => ExprKind::Bool(false),
            Ty::Int(_) => ExprKind::Int(0),
            Ty::Float { .. } => ExprKind::Float(0.0),
            Ty::Text => ExprKind::Text(String::new()),
            Ty::Any | Ty::Option(_) => ExprKind::Nil,
            Ty::Array(_) => ExprKind::Array(Vec::new()),
            Ty::Dict(..) => ExprKind::Dict(Vec::new()),
            Ty::Error
            | Ty::Never
            | Ty::Range
            | Ty::Tuple(_)
            | Ty::Fn(..)
            | Ty::Adt(..)
            | Ty::Dyn(..)
            | Ty::Number(_)
            | Ty::Param(_) => return None,
        };
        Some(hir::Expr { kind, ty, span })
    }

    /// The local of a binding, by its shared place.
    fn local(&mut self, bind: BindId, locals: &mut Locals) -> LocalId {
        self.infer.cur = self.body;
        let bind = self.infer.root(bind);
        if let Some(&local) = locals.of.get(&bind) {
            return local;
        }
        let info = &self.infer.bodies[self.body].binds[bind];
        let (name, t, span, hoisted, kind) = (info.name, info.ty, info.span, info.hoisted, info.kind);
        let ty = self.ty(t, span);
        let local = locals.list.push(hir::Local { name, ty, span });
        locals.of.insert(bind, local);
        if hoisted && kind != BindKind::Capture {
            locals.hoisted.push(local);
        }
        local
    }

    fn is_hoisted(&self, bind: BindId) -> bool {
        let bind = self.infer.root(bind);
        self.infer.bodies[self.body].binds[bind].hoisted
    }

    fn node(&self, kind: ExprKind, ty: TyId, span: Span) -> hir::Expr {
        hir::Expr { kind, ty, span }
    }

    fn boxed(&mut self, expr: IExpr, locals: &mut Locals) -> Box<hir::Expr> {
        Box::new(self.expr(expr, locals))
    }

    fn maybe(&mut self, expr: Option<Box<IExpr>>, locals: &mut Locals) -> Option<Box<hir::Expr>> {
        expr.map(|expr| self.boxed(*expr, locals))
    }

    fn list(&mut self, list: Vec<IExpr>, locals: &mut Locals) -> Vec<hir::Expr> {
        list.into_iter().map(|expr| self.expr(expr, locals)).collect()
    }

    fn module_var(&mut self, var: ModuleVar, locals: &mut Locals) -> ExprKind {
        match self.infer.globals.get(&var) {
            Some(&global) => ExprKind::Global(global),
            None => ExprKind::Local(self.module_local(var, locals)),
        }
    }

    fn module_local(&mut self, var: ModuleVar, locals: &mut Locals) -> LocalId {
        if let Some(&local) = locals.module.get(&var) {
            return local;
        }
        let bind = &self.infer.module_binds[var];
        let (name, t, span) = (bind.name, bind.ty, bind.span);
        let ty = self.ty(t, span);
        let local = locals.list.push(hir::Local { name, ty, span });
        locals.module.insert(var, local);
        local
    }
}
