//! Checks a completed body: every local is set before it is read, on every path exactly what is live is held, operands fit where types say so
//! without an instance, loops have one entry.

use crate::generic::{
    BlockId, Body, Callee, Const, End, Local, Operand, Place, Proj, Root, Rvalue, StmtKind,
};
use crate::generic_cfg;
use base::EntityId;
use sema::hir::{AdtKind, Field, FnId, Program, Receiver};
use sema::ty::{Ty, TyId, Types};
use std::collections::BTreeSet;

/// What is wrong, one line each, with the block.
///
/// # Errors
/// All that was found.
pub fn verify(program: &Program, body: &Body) -> Result<(), Vec<String>> {
    let mut verifier = Verifier { program, body, block: BlockId::from_index(0), errors: Vec::new() };
    verifier.shape();
    if verifier.errors.is_empty() {
        verifier.ownership();
    }
    match verifier.errors.is_empty() {
        true => Ok(()),
        false => Err(verifier.errors),
    }
}

struct Verifier<'a> {
    program: &'a Program,
    body: &'a Body,
    block: BlockId,
    errors: Vec<String>,
}

impl Verifier<'_> {
    fn error(&mut self, message: String) {
        let path = &self.program.fns[self.body.id].path;
        self.errors.push(format!("{path}: {}: {message}", self.block));
    }

    // -- the graph, and types where they are known --------------------------------------------------------------

    /// What the function takes, gives and holds.
    fn inputs(&mut self) {
        let body = self.body;
        let function = &self.program.fns[body.id];
        let mut seen = BTreeSet::new();
        for &local in body.params.iter().chain(&body.captures).chain(&body.self_closure) {
            self.local(local);
            if !seen.insert(local) {
                self.error(format!("{local} comes in twice"));
            }
        }
        if body.params.len() != function.params.len() {
            self.error(format!("{} parameters instead of {}", body.params.len(), function.params.len()));
        }
        let results = if function.receiver == Receiver::InOut { 2 } else { 1 };
        if body.results.len() != results {
            self.error(format!("{} results instead of {results}", body.results.len()));
        }
    }

    fn shape(&mut self) {
        self.inputs();
        let body = self.body;
        for (id, block) in body.blocks.iter() {
            self.block = id;
            for target in block.end.targets() {
                if target.index() >= body.blocks.len() {
                    return self.error(format!("goes to {target}, which is not there"));
                }
                if target.index() == 0 {
                    self.error("goes to the entry".into());
                }
            }
        }
        self.loops();
        for (id, block) in body.blocks.iter() {
            self.block = id;
            for stmt in &block.stmts {
                match &stmt.kind {
                    StmtKind::Set(local, rvalue) => self.rvalue(*local, rvalue),
                    StmtKind::Store(place, operand) | StmtKind::Update(place, _, operand) => {
                        self.place(place);
                        self.operand(operand);
                    }
                    StmtKind::Drop(local) => self.local(*local),
                }
            }
            self.end(&block.end);
        }
    }

    fn loops(&mut self) {
        let order = generic_cfg::reverse_postorder(self.body);
        if order.len() != self.body.blocks.len() {
            self.error("there are blocks that are never reached".into());
            return;
        }
        let mut number = vec![0; order.len()];
        for (i, block) in order.iter().enumerate() {
            number[block.index()] = i;
        }
        let idom = generic_cfg::dominators(self.body, &order);
        for &from in &order {
            for target in self.body.blocks[from].end.targets() {
                if number[target.index()] > number[from.index()] {
                    continue;
                }
                let mut at = Some(from);
                while let Some(block) = at
                    && block != target
                {
                    at = idom[block.index()];
                }
                if at.is_none() {
                    self.block = from;
                    self.error(format!("jumps back to {target}, which does not dominate it"));
                }
            }
        }
    }

    fn local(&mut self, local: Local) {
        if local.index() >= self.body.locals.len() {
            self.error(format!("there is no {local}"));
        }
    }

    fn operand(&mut self, operand: &Operand) {
        match operand {
            Operand::Copy(place) => {
                self.place(place);
            }
            Operand::InOut(_) => {
                self.error("an in-out place that is not the first argument of a call".into())
            }
            Operand::Move(local) => self.local(*local),
            Operand::Const(value, ty) => {
                let ty = self.program.types.get(*ty);
                let fits = match (value, ty) {
                    (_, Ty::Param(_) | Ty::Error | Ty::Never) => true,
                    (Const::Int(_), Ty::Int(_)) => true,
                    (Const::Float(_), Ty::Float { .. }) => true,
                    (Const::Bool(_), Ty::Bool) => true,
                    (Const::Text(_), Ty::Text) => true,
                    (Const::Nil, Ty::Option(_) | Ty::Any) => true,
                    (Const::Unit, Ty::Unit) => true,
                    (
                        Const::Int(_)
                        | Const::Float(_)
                        | Const::Bool(_)
                        | Const::Text(_)
                        | Const::Nil
                        | Const::Unit,
                        _,
                    ) => false,
                };
                if !fits {
                    self.error(format!("the constant {value:?} is no {ty:?}"));
                }
            }
        }
    }

    /// The type of an operand where it is known without an instance.
    fn operand_ty(&mut self, operand: &Operand) -> Option<TyId> {
        match operand {
            Operand::Copy(place) | Operand::InOut(place) => self.place(place),
            Operand::Move(local) => Some(self.body.locals.get(*local)?.ty),
            Operand::Const(_, ty) => Some(*ty),
        }
    }

    /// Checks a place; its type where it is known without an instance.
    fn place(&mut self, place: &Place) -> Option<TyId> {
        let mut ty = match place.root {
            Root::Local(local) => {
                self.local(local);
                Some(self.body.locals.get(local)?.ty)
            }
            Root::Global(id) => Some(self.program.globals.get(id)?.ty),
        };
        for step in &place.path {
            if let Proj::Index(operand) = step {
                self.operand(operand);
            }
            ty = ty.and_then(|ty| self.step(ty, step));
        }
        ty
    }

    fn step(&mut self, ty: TyId, step: &Proj) -> Option<TyId> {
        let program = self.program;
        let base = program.types.get(ty);
        match (step, base) {
            (_, Ty::Param(_) | Ty::Error | Ty::Never) => None,
            (Proj::Field(i), Ty::Tuple(items)) if (*i as usize) < items.len() => Some(items[*i as usize]),
            (Proj::Field(i), Ty::Adt(adt, args)) => match &program.adts[*adt].kind {
                AdtKind::Struct(fields) | AdtKind::Class(fields) => self.field(fields, *i, args),
                AdtKind::Enum(_) => {
                    self.error("a field of an enum".into());
                    None
                }
            },
            (Proj::Variant(v, i), Ty::Adt(adt, args)) => match &program.adts[*adt].kind {
                AdtKind::Enum(variants) if (*v as usize) < variants.len() => {
                    self.field(&variants[*v as usize].fields, *i, args)
                }
                AdtKind::Enum(_) | AdtKind::Struct(_) | AdtKind::Class(_) => {
                    self.error(format!("there is no variant {v}"));
                    None
                }
            },
            (Proj::Some, Ty::Option(inner)) => Some(*inner),
            (Proj::Index(_), Ty::Array(elem)) => Some(*elem),
            (Proj::Index(_), Ty::Text) => Some(ty),
            (Proj::Index(_), Ty::Any) => Some(ty),
            // Read, an entry is an option; written, it is the value.
            (Proj::Index(_), Ty::Dict(..) | Ty::Tuple(_)) => None,
            (Proj::Field(_) | Proj::Variant(..) | Proj::Some | Proj::Index(_), _) => {
                self.error(format!("the step {step:?} into {base:?}"));
                None
            }
        }
    }

    fn field(&mut self, fields: &[Field], index: u32, args: &[TyId]) -> Option<TyId> {
        let Some(field) = fields.get(index as usize) else {
            self.error(format!("there is no field {index}"));
            return None;
        };
        match self.program.types.get(field.ty) {
            Ty::Param(n) => args.get(*n as usize).copied(),
            _ if args.is_empty() => Some(field.ty),
            _ => None,
        }
    }

    fn rvalue(&mut self, dest: Local, rvalue: &Rvalue) {
        self.local(dest);
        let in_out = matches!(rvalue, Rvalue::Call(callee, args)
            if !matches!(callee, Callee::Value(_)) && matches!(args.first(), Some(Operand::InOut(_))));
        for (i, operand) in rvalue.operands().into_iter().enumerate() {
            match operand {
                Operand::InOut(place) if in_out && i == 0 => {
                    self.place(place);
                }
                _ => self.operand(operand),
            }
        }
        let Some(decl) = self.body.locals.get(dest) else { return };
        let ty = self.program.types.get(decl.ty);
        match rvalue {
            Rvalue::Use(operand) => {
                let Some(from) = self.operand_ty(operand) else { return };
                let from = self.program.types.get(from);
                if is_plain(from) && is_plain(ty) && from != ty {
                    self.error(format!("{dest} of type {ty:?} is set to a {from:?}"));
                }
            }
            Rvalue::Construct(variant, fields) => self.construct(ty, *variant, fields.len()),
            Rvalue::Call(Callee::Fn(id, targs), args) => {
                self.type_args(*id, targs.len());
                let function = &self.program.fns[*id];
                if function.params.len() != args.len() {
                    self.error(format!("{} is called with {} arguments", function.path, args.len()));
                }
                if function.receiver == Receiver::InOut && !in_out {
                    self.error(format!("{} is called without its place", function.path));
                }
            }
            Rvalue::Call(Callee::Trait { trait_, method, args: targs, .. }, args) => {
                let count = 1 + self.program.traits[trait_.id].generics.len();
                match self.program.traits[trait_.id].methods.get(*method as usize) {
                    Some(&(_, id)) => {
                        self.type_args(id, count + targs.len());
                        self.arguments(id, args.len());
                    }
                    None => self.error(format!("a trait has no method {method}")),
                }
            }
            Rvalue::Call(Callee::Dyn { trait_, method }, args) => {
                match self.program.schemes.vtable(trait_.id).get(*method as usize) {
                    Some(&(_, id)) => self.arguments(id, args.len()),
                    None => self.error(format!("a trait object has no method {method}")),
                }
            }
            Rvalue::Closure(id, targs, _) | Rvalue::FnValue(id, targs) => self.type_args(*id, targs.len()),
            Rvalue::IsVariant(operand, variant) => {
                if let Some(ty) = self.operand_ty(operand) {
                    self.variant(ty, *variant);
                }
            }
            Rvalue::Tuple(items) => {
                if let Ty::Tuple(types) = ty
                    && types.len() != items.len()
                {
                    self.error(format!("a tuple of {} items of {}", types.len(), items.len()));
                }
            }
            _ => {}
        }
    }

    fn type_args(&mut self, id: FnId, found: usize) {
        let function = &self.program.fns[id];
        if function.generics.len() != found {
            self.error(format!("{} is used with {found} type arguments", function.path));
        }
    }

    fn arguments(&mut self, id: FnId, found: usize) {
        let function = &self.program.fns[id];
        if function.params.len() != found {
            self.error(format!("{} is called with {found} arguments", function.path));
        }
    }

    fn variant(&mut self, ty: TyId, variant: u32) {
        if let Ty::Adt(adt, _) = self.program.types.get(ty)
            && let AdtKind::Enum(variants) = &self.program.adts[*adt].kind
            && variant as usize >= variants.len()
        {
            self.error(format!("there is no variant {variant}"));
        }
    }

    fn construct(&mut self, ty: &Ty, variant: Option<u32>, count: usize) {
        let Ty::Adt(adt, _) = ty else {
            return self.error(format!("{ty:?} is constructed"));
        };
        let fields = match (&self.program.adts[*adt].kind, variant) {
            (AdtKind::Struct(fields) | AdtKind::Class(fields), None) => Some(fields.len()),
            (AdtKind::Enum(variants), Some(variant)) => {
                variants.get(variant as usize).map(|variant| variant.fields.len())
            }
            (AdtKind::Struct(_) | AdtKind::Class(_), Some(_)) | (AdtKind::Enum(_), None) => None,
        };
        if fields != Some(count) {
            self.error(format!("{ty:?} (variant {variant:?}) is constructed of {count} fields"));
        }
    }

    fn end(&mut self, end: &End) {
        for operand in end.operands() {
            self.operand(operand);
            if let Operand::Copy(place) = operand
                && !place.path.is_empty()
            {
                self.error("an end reads a part of a value".into());
            }
        }
        match end {
            End::Branch(operand, ..) => {
                if let Some(ty) = self.operand_ty(operand)
                    && ty != Types::bool()
                {
                    self.error("a branch by something that is no bool".into());
                }
            }
            End::SwitchVariant(place, cases, _) => {
                if let Some(ty) = self.place(place) {
                    cases.iter().for_each(|&(variant, _)| self.variant(ty, variant));
                }
            }
            End::Return(operands) => {
                if operands.len() != self.body.results.len() {
                    self.error(format!(
                        "{} values are returned for {} results",
                        operands.len(),
                        self.body.results.len()
                    ));
                }
            }
            End::Suspend(..) => self.error("a suspension was not expanded".to_owned()),
            End::Goto(_) | End::Raise(..) | End::Unreachable => {}
        }
    }

    // -- who holds a value --------------------------------------------------------------------------------------

    fn ownership(&mut self) {
        let body = self.body;
        let mut at_start: Vec<Option<BTreeSet<Local>>> = vec![None; body.blocks.len()];
        let inputs = body.params.iter().chain(&body.captures).chain(&body.self_closure);
        let lent = body.lent_inputs();
        at_start[0] = Some(inputs.copied().collect());
        for id in generic_cfg::reverse_postorder(body) {
            self.block = id;
            let Some(mut held) = at_start[id.index()].clone() else { continue };
            let block = &body.blocks[id];
            for stmt in &block.stmts {
                self.stmt(&stmt.kind, &mut held);
            }
            for operand in block.end.operands() {
                self.take(operand, &mut held);
            }
            if let End::SwitchVariant(place, ..) = &block.end {
                self.reads(place, &held);
            }
            if matches!(block.end, End::Return(_))
                && let Some(local) = held.difference(&lent).next()
            {
                self.error(format!("{local} still holds a value at a return"));
            }
            for target in block.end.targets() {
                match &at_start[target.index()] {
                    None => at_start[target.index()] = Some(held.clone()),
                    Some(other) => {
                        if let Some(local) = held.symmetric_difference(other).next() {
                            self.error(format!("{local} is held on one way to {target} and not on another"));
                        }
                    }
                }
            }
        }
    }

    fn stmt(&mut self, kind: &StmtKind, held: &mut BTreeSet<Local>) {
        match kind {
            StmtKind::Set(dest, rvalue) => {
                for operand in rvalue.operands() {
                    self.take(operand, held);
                }
                for operand in rvalue.operands() {
                    if let Operand::InOut(place) = operand {
                        self.reads(place, held);
                    }
                }
                if !held.insert(*dest) {
                    self.error(format!("{dest} is set while it holds a value"));
                }
            }
            StmtKind::Store(place, operand) | StmtKind::Update(place, _, operand) => {
                self.take(operand, held);
                self.reads(place, held);
            }
            StmtKind::Drop(local) => self.take(&Operand::Move(*local), held),
        }
    }

    fn take(&mut self, operand: &Operand, held: &mut BTreeSet<Local>) {
        match operand {
            Operand::Copy(place) | Operand::InOut(place) => self.reads(place, held),
            Operand::Move(local) => {
                if !held.remove(local) {
                    self.error(format!("{local} is taken but holds nothing"));
                }
            }
            Operand::Const(..) => {}
        }
    }

    fn reads(&mut self, place: &Place, held: &BTreeSet<Local>) {
        place.for_each_local(&mut |local| {
            if !held.contains(&local) {
                self.error(format!("{local} is read but holds nothing"));
            }
        });
    }
}

/// Types that no instance and no conversion makes another one.
fn is_plain(ty: &Ty) -> bool {
    matches!(ty, Ty::Bool | Ty::Int(_) | Ty::Float { .. } | Ty::Text | Ty::Range)
}
