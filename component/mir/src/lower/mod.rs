//! Generic MIR with type arguments to legal MIR: one function at a time.
//!
//! Requires a body completed by `ownership`. The values of locals are taken apart into leaves, which are SSA values ([`ssa`]); what depends
//! on types is decided; counts become instructions where the ownership rules of [`crate::generic`] put them.
//!
//! A function that cannot be lowered for its types is reported and given up: its blocks stay empty, and no program comes out.

mod binary;
mod call;
mod closure;
mod collections;
mod convert;
mod counts;
mod dynamic;
mod emit;
mod entry;
mod equality;
mod host;
mod index;
mod intrinsic;
mod iter;
mod liveness;
mod loan;
mod member;
mod numbers;
mod operand;
mod place;
mod rvalue;
mod ssa;
mod store;

pub(crate) use dynamic::vtable_methods;

use crate::generic::{Body, Local, StmtKind};
use crate::instantiate::{Key, R, Session, Stop};
use crate::layout::{Layout, Payload};
use crate::legal::{Block, End, FuncId, Slot, Value};
use abi::{Repr, TypeId};
use base::{Code, EntityId, Map, Span};
use emit::{Emit, Leaves};
use sema::hir::{FnId, FnKind};
use sema::ty::{Ty, TyId};
use std::rc::Rc;

/// A value in registers.
#[derive(Clone, Debug)]
struct Val {
    /// Its type.
    pub ty: TyId,
    /// Its leaves.
    pub leaves: Leaves,
}

/// A function that is being lowered.
struct Lower<'s, 'a> {
    /// What all functions share.
    pub s: &'s mut Session<'a>,
    /// The machine code so far.
    pub e: Emit,
    /// The function that was written; none for the entry.
    pub owner: Option<FnId>,
    /// Its type arguments.
    pub args: Vec<TyId>,
    /// Where the statement stands that is being lowered.
    pub span: Span,
    /// Types of the body's locals in this instance.
    pub tys: Vec<TyId>,
    /// What the body's locals hold here.
    pub state: Vec<Option<Leaves>>,
    /// What `Return` gives, in the types that the caller expects.
    pub results: Vec<TyId>,
    /// Set behind something that does not return: the rest of the block is left out.
    pub dead: bool,
}

/// Lowers an instance.
pub(crate) fn lower(s: &mut Session<'_>, id: FuncId, key: &Key) -> R<()> {
    let func = s.out.funcs[id].clone();
    let (owner, args) = match key {
        Key::Body(id, args)
        | Key::Closure { id, args, .. }
        | Key::FnValue { id, args, .. }
        | Key::Method { id, args, .. } => (Some(*id), args.clone()),
        Key::Entry => (None, Vec::new()),
    };
    let span = owner.map_or_else(|| s.program_span(), |id| s.hir.fns[id].span);
    let mut lower = Lower {
        e: Emit::new(func),
        s,
        owner,
        args,
        span,
        tys: Vec::new(),
        state: Vec::new(),
        results: Vec::new(),
        dead: false,
    };
    match key {
        Key::Body(id, _) if matches!(lower.s.hir.fns[*id].kind, FnKind::Host) => lower.host_call(*id)?,
        Key::Body(id, args) => {
            let body = lower.s.template(*id)?;
            let (params, results) = lower.s.fn_types(*id, args);
            lower.body(&body, &params, results, None)?;
        }
        Key::Closure { id, fn_ty, .. } => {
            let body = lower.s.template(*id)?;
            let (params, ret) = lower.fn_type(*fn_ty);
            let env = lower.e.params()[0];
            lower.body(&body, &params, vec![ret], Some(env))?;
        }
        Key::FnValue { id, args, fn_ty } => lower.fn_value_thunk(*id, args, *fn_ty)?,
        Key::Method { id, args, self_ty, method, method_args } => {
            lower.method_thunk(*id, args, *self_ty, *method, method_args)?;
        }
        Key::Entry => lower.entry()?,
    }
    let func = lower.e.finish();
    s.out.funcs[id] = func;
    Ok(())
}

impl<'a> Lower<'_, 'a> {
    /// Lowers a body. `params` are the types that the caller passes; with an environment its captures are loaded first.
    fn body(&mut self, body: &Rc<Body>, params: &[TyId], results: Vec<TyId>, env: Option<Value>) -> R<()> {
        self.results = results;
        for decl in body.locals.values() {
            let ty = self.s.hir.types.subst(decl.ty, &self.args);
            self.tys.push(ty);
            self.state.push(None);
        }
        let mut passed = self.e.params();
        if env.is_some() {
            passed.remove(0);
        }
        let mut passed = passed.into_iter();
        if let Some(env) = env {
            self.load_captures(body, env)?;
        }
        if params.len() != body.params.len() {
            let path = self.s.hir.fns[body.id].path.clone();
            return Err(
                self.error(Code::BadArguments, format!("`{path}` is used with another number of parameters"))
            );
        }
        for (&local, &ty) in body.params.iter().zip(params) {
            let count = self.layout(ty)?.leaves.len();
            let val = Val { ty, leaves: passed.by_ref().take(count).collect() };
            let val = self.coerce(val, self.tys[local.index()])?;
            self.state[local.index()] = Some(val.leaves);
        }
        self.blocks(body)
    }

    fn stmt(&mut self, kind: &StmtKind) -> R<()> {
        match kind {
            StmtKind::Set(local, rvalue) => {
                let ty = self.tys[local.index()];
                let val = self.rvalue(rvalue, ty)?;
                if self.dead {
                    return Ok(());
                }
                let val = self.coerce(val, ty)?;
                self.state[local.index()] = Some(val.leaves);
            }
            StmtKind::Store(place, operand) => self.store(place, operand)?,
            StmtKind::Update(place, op, operand) => self.update(place, *op, operand)?,
            StmtKind::Drop(local) => {
                if let Some(leaves) = self.state[local.index()].take() {
                    self.release(&Val { ty: self.tys[local.index()], leaves })?;
                }
            }
        }
        Ok(())
    }

    /// What follows comes from there.
    fn go_to(&mut self, span: Span) {
        self.span = span;
        self.e.loc = self.s.loc(span, self.owner);
    }

    // -- types -----------------------------------------------------------------------------------------------

    /// The layout of a type.
    pub fn layout(&mut self, ty: TyId) -> R<Rc<Layout>> {
        self.s.layout(ty, self.span)
    }

    /// The payload of a type with parts.
    pub fn payload(&mut self, ty: TyId) -> R<Rc<Payload>> {
        self.s.payload(ty, self.span)
    }

    /// The descriptor number of a type, as the loader fills it in.
    pub fn type_word(&mut self, ty: TyId) -> R<Value> {
        let desc = self.s.desc(ty, self.span)?;
        Ok(self.desc_word(desc))
    }

    /// A descriptor number, as the loader fills it in.
    pub fn desc_word(&mut self, desc: TypeId) -> Value {
        let slot = self.s.slot(Slot::Type(desc));
        self.e.slot(slot, Repr::I32)
    }

    /// A text constant; borrowed.
    pub fn text(&mut self, text: &str) -> Value {
        let slot = self.s.slot(Slot::Text(text.to_owned()));
        self.e.slot(slot, Repr::Ref)
    }

    /// What a type is.
    pub fn ty(&self, ty: TyId) -> Ty {
        self.s.hir.types.get(ty).clone()
    }

    /// The id of a type.
    pub fn intern(&mut self, ty: Ty) -> TyId {
        self.s.hir.types.intern(ty)
    }

    /// Parameters and result of a function type.
    pub fn fn_type(&self, ty: TyId) -> (Vec<TyId>, TyId) {
        match self.ty(ty) {
            Ty::Fn(params, ret) => (params, ret),
            _ => panic!("a function type was expected"),
        }
    }

    /// A type of the body in this instance.
    pub fn subst(&mut self, ty: TyId) -> TyId {
        self.s.hir.types.subst(ty, &self.args)
    }

    /// Machine types of the leaves of a type.
    pub fn reprs(&mut self, ty: TyId) -> R<Vec<Repr>> {
        Ok(self.layout(ty)?.leaves.iter().map(|leaf| leaf.repr).collect())
    }

    // -- diagnostics -----------------------------------------------------------------------------------------

    /// Reports what is wrong at the current place.
    pub fn error(&mut self, code: Code, message: impl Into<String>) -> Stop {
        self.s.error(code, self.span, message)
    }

    /// A type as it is written.
    pub fn name(&self, ty: TyId) -> String {
        self.s.type_name(ty)
    }

    /// Type of a local in this instance.
    pub fn local_ty(&self, local: Local) -> TyId {
        self.tys[local.index()]
    }
}

impl Emit {
    /// The finished function, without the blocks that nothing leads to.
    fn finish(self) -> crate::legal::Func {
        let mut func = self.func;
        let mut number = vec![None; func.blocks.len()];
        let mut open = vec![crate::legal::BlockId::from_index(0)];
        let mut reached = vec![false; func.blocks.len()];
        reached[0] = true;
        while let Some(block) = open.pop() {
            for target in func.blocks[block].end.targets() {
                if !std::mem::replace(&mut reached[target.block.index()], true) {
                    open.push(target.block);
                }
            }
        }
        let mut kept: Map<crate::legal::BlockId, Block> = Map::new();
        let blocks = std::mem::take(&mut func.blocks);
        for (id, block) in blocks.iter() {
            if reached[id.index()] {
                number[id.index()] = Some(kept.push(block.clone()));
            }
        }
        let renumber = |target: &mut crate::legal::Target| {
            target.block = number[target.block.index()].unwrap_or(target.block);
        };
        for (_, block) in kept.iter_mut() {
            match &mut block.end {
                End::Jump(target) => renumber(target),
                End::Branch(_, a, b) => {
                    renumber(a);
                    renumber(b);
                }
                End::Switch(_, cases, default) => {
                    cases.iter_mut().for_each(|(_, target)| renumber(target));
                    renumber(default);
                }
                End::Return(_) | End::Unreachable => {}
            }
        }
        func.blocks = kept;
        func
    }
}
