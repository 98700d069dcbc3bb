//! Types without variables.

use super::Zonk;
use crate::hir::FnId;
use crate::infer::Infer;
use crate::infer::ity::{Con, MAX_DEPTH, Node, T, Var, VarKind};
use crate::ty::{Ty, TyId, Types};
use base::{Code, Diagnostic, Span};
use std::collections::HashMap;

/// Types with more nodes than this are rejected.
pub(crate) const MAX_SIZE: u64 = 10_000;

impl Infer<'_> {
    /// A type without variables: those of `map` become type parameters, others get their default.
    pub(crate) fn lower(&mut self, t: T, map: &HashMap<Var, u32>) -> TyId {
        self.lower_at(t, map, 0, &mut HashMap::new())
    }

    fn lower_at(&mut self, t: T, map: &HashMap<Var, u32>, depth: u32, memo: &mut HashMap<T, TyId>) -> TyId {
        let t = self.tt.shallow(t);
        if let Some(&ty) = memo.get(&t) {
            return ty;
        }
        if depth > MAX_DEPTH {
            return Types::error();
        }
        self.tt.steps += 1;
        let (con, args) = match self.tt.node(t) {
            Node::Var(var) => {
                if let Some(&n) = map.get(var) {
                    return self.p.types.intern(Ty::Param(n));
                }
                return match self.tt.vars[*var].kind {
                    VarKind::General => Types::unit(),
                    VarKind::Int => Types::i64(),
                    VarKind::Float => Types::f64(),
                };
            }
            Node::App(con, args) => (*con, args.clone()),
        };
        let mut list: Vec<TyId> =
            args.into_iter().map(|arg| self.lower_at(arg, map, depth + 1, memo)).collect();
        let ty = match con {
            Con::Error => Ty::Error,
            Con::Never => Ty::Never,
            Con::Unit => Ty::Unit,
            Con::Bool => Ty::Bool,
            Con::Int(int) => Ty::Int(int),
            Con::Float(bits) => Ty::Float { bits },
            Con::Text => Ty::Text,
            Con::Any => Ty::Any,
            Con::Range => Ty::Range,
            Con::Number(n) => Ty::Number(n),
            Con::Array => Ty::Array(list[0]),
            Con::Dict => Ty::Dict(list[0], list[1]),
            Con::Tuple => Ty::Tuple(list),
            Con::Option => Ty::Option(list[0]),
            Con::Fn => {
                let ret = list.pop().expect("a function type has a result");
                Ty::Fn(list, ret)
            }
            Con::Adt(id) => Ty::Adt(id, list),
            Con::Dyn(id) => Ty::Dyn(id, list),
            Con::Param(n) => Ty::Param(n),
        };
        let ty = self.p.types.intern(ty);
        memo.insert(t, ty);
        ty
    }

    /// Number of nodes of a type, counted up to a limit.
    pub(crate) fn type_size(&self, ty: TyId, sizes: &mut HashMap<TyId, u64>) -> u64 {
        if let Some(&size) = sizes.get(&ty) {
            return size;
        }
        let mut size = 1u64;
        for part in self.p.types.get(ty).parts() {
            size = size.saturating_add(self.type_size(part, sizes));
        }
        sizes.insert(ty, size);
        size
    }
}

impl Zonk<'_, '_> {
    pub(super) fn ty(&mut self, t: T, span: Span) -> TyId {
        let key = self.infer.tt.shallow(t);
        if let Some(&ty) = self.memo.get(&key) {
            return ty;
        }
        let map = std::mem::take(&mut self.infer.bodies[self.body].params);
        let ty = self.infer.lower(t, &map);
        self.infer.bodies[self.body].params = map;
        if self.infer.type_size(ty, &mut self.sizes) > MAX_SIZE {
            self.infer.report(
                Diagnostic::new(Code::TooDeep, span, "the type of this is too large")
                    .help("give parts of it names of their own: a struct or class"),
            );
        }
        self.memo.insert(key, ty);
        ty
    }

    pub(super) fn types(&mut self, list: &[T], span: Span) -> Vec<TyId> {
        list.iter().map(|&t| self.ty(t, span)).collect()
    }

    /// Type arguments; those that inference added to a function of the same group are this group's own.
    pub(super) fn fn_args(&mut self, id: FnId, args: &[T], span: Span) -> Vec<TyId> {
        let wanted = self.infer.p.schemes.sigs[id].generics.len();
        let mut args = args.to_vec();
        if args.len() < wanted
            && let Some(extras) = self.infer.extras.get(&id)
        {
            let missing = wanted - args.len();
            args.extend(extras.iter().rev().take(missing).rev());
        }
        self.types(&args, span)
    }

    /// A call whose result nothing determines.
    pub(super) fn require_known(&mut self, t: T, span: Span) {
        let open = match self.infer.tt.var_of(t) {
            Some(var) => {
                self.infer.tt.vars[var].kind == VarKind::General
                    && !self.infer.bodies[self.body].params.contains_key(&var)
            }
            None => false,
        };
        if open {
            self.infer.report(
                Diagnostic::new(Code::AmbiguousType, span, "the type of this is not known")
                    .help("declare the type of the variable that it comes from"),
            );
        }
    }
}
