//! Calls.

use super::loan::{Lent, Runs};
use super::operand::Read;
use super::{Lower, Val};
use crate::generic::{Callee, Operand, Place, Proj, Root};
use crate::instantiate::{Key, R};
use crate::legal::{End, FuncId, Op, Value};
use abi::runtime_fns::Param;
use abi::{Repr, RtFn, object};
use base::Code;
use sema::hir::{FnId, FnKind};
use sema::ty::{Ty, TyId, Types};
use smallvec::SmallVec;

/// Arguments of a call, owned, with the value that the first was lent from.
pub(super) struct Args {
    pub vals: Vec<Val>,
    pub lent: Option<Lent>,
}

impl Lower<'_, '_> {
    pub(super) fn call(&mut self, callee: &Callee, args: &[Operand], want: TyId) -> R<Val> {
        match callee {
            Callee::Fn(id, targs) => {
                let targs = self.s.hir.types.subst_all(targs, &self.args);
                self.call_fn(*id, &targs, args)
            }
            Callee::Trait { trait_, method, self_ty, args: targs } => {
                self.call_trait(trait_, *method, *self_ty, targs, args)
            }
            Callee::Dyn { trait_, method } => {
                let trait_ = self.subst_trait(trait_);
                self.call_dyn(&trait_, *method, args)
            }
            Callee::Member { name, statement } => self.call_member(*name, *statement, args, want),
            Callee::Value(callee) => {
                let mut read = self.read(callee)?;
                if !read.owned && !stays(callee, args) {
                    let val = self.keep(read)?;
                    read = Read { val, owned: true };
                }
                self.call_value(read, args)
            }
        }
    }

    /// Calls a function with its type arguments.
    pub fn call_fn(&mut self, id: FnId, targs: &[TyId], args: &[Operand]) -> R<Val> {
        match self.s.hir.fns[id].kind {
            FnKind::Body(_) | FnKind::Template | FnKind::Host => {
                let (params, results) = self.s.fn_types(id, targs);
                let runs = (results.len() == 2).then_some(Runs::Function(id, targs));
                let args = self.args(args, &params, runs)?;
                let func = self.s.instance(Key::Body(id, targs.to_vec()), self.span)?;
                self.call_direct(func, args, &results)
            }
            FnKind::Runtime(function) => self.call_runtime(function, id, targs, args),
            FnKind::Intrinsic(intrinsic) => self.intrinsic(intrinsic, id, targs, args),
            FnKind::Required => {
                let path = self.s.hir.fns[id].path.clone();
                Err(self.error(Code::MissingImpl, format!("`{path}` has no body for this type")))
            }
        }
    }

    /// Arguments as the parameters want them. Where something is to run that changes the first, that is lent, if it stands at a place.
    pub fn args(&mut self, args: &[Operand], params: &[TyId], changes: Option<Runs<'_>>) -> R<Args> {
        if args.len() != params.len() {
            let message = format!("{} arguments for {} parameters", args.len(), params.len());
            return Err(self.error(Code::BadArguments, message));
        }
        // What is lent is gone meanwhile: the others are read first.
        let first_last = matches!(args.first(), Some(Operand::InOut(_)));
        let mut vals = Vec::new();
        for (arg, &ty) in args.iter().zip(params).skip(usize::from(first_last)) {
            vals.push(self.consume_as(arg, ty)?);
        }
        let mut lent = None;
        if let (Some(Operand::InOut(place)), Some(&ty)) = (args.first(), params.first()) {
            let val = match changes {
                Some(runs) => {
                    let taken = self.lend(place, runs)?;
                    let val = taken.val.clone();
                    lent = Some(taken);
                    val
                }
                None => {
                    let read = self.read_place(place)?;
                    self.keep(read)?
                }
            };
            vals.insert(0, self.coerce(val, ty)?);
        }
        Ok(Args { vals, lent })
    }

    /// Calls a function of the program that has these result types.
    pub fn call_direct(&mut self, func: FuncId, args: Args, results: &[TyId]) -> R<Val> {
        let values: Vec<Value> = args.vals.iter().flat_map(|val| val.leaves.iter().copied()).collect();
        let reprs = self.s.out.funcs[func].sig.results.clone();
        let leaves = self.e.call(func, &values, &reprs);
        self.finish_call(leaves, args.lent, results)
    }

    /// Takes the results of a call apart and puts back what was lent.
    pub fn finish_call(
        &mut self,
        leaves: SmallVec<[Value; 2]>,
        lent: Option<Lent>,
        results: &[TyId],
    ) -> R<Val> {
        let mut rest = leaves.into_iter();
        let mut vals = Vec::new();
        for &ty in results {
            let count = self.layout(ty)?.leaves.len();
            vals.push(Val { ty, leaves: rest.by_ref().take(count).collect() });
        }
        let result = vals.pop().unwrap_or_else(|| panic!("a call has a result"));
        if self.s.hir.types.get(result.ty) == &Ty::Never {
            self.e.end(End::Unreachable);
            self.dead = true;
            return Ok(result);
        }
        if let Some(changed) = vals.pop() {
            match lent {
                Some(lent) => self.give_back(lent, changed)?,
                None => self.release(&changed)?,
            }
        }
        Ok(result)
    }

    /// Calls a function value, which is only read.
    pub fn call_value(&mut self, callee: Read, args: &[Operand]) -> R<Val> {
        let Ty::Fn(params, ret) = self.ty(callee.val.ty) else {
            let name = self.name(callee.val.ty);
            return Err(self.error(Code::NotCallable, format!("a value of type `{name}` cannot be called")));
        };
        let args = self.args(args, &params, None)?;
        let closure = self.one(&callee.val);
        let index = self.e.load(Repr::I32, closure, object::CLOSURE_FN);
        let mut values = vec![index, closure];
        values.extend(args.vals.iter().flat_map(|val| val.leaves.iter().copied()));
        let sig = self.s.fn_value_sig(callee.val.ty, self.span)?;
        let reprs = sig.results.clone();
        let sig = self.s.sig(sig);
        let leaves = self.e.call_indirect(sig, &values, &reprs);
        let result = self.finish_call(leaves, None, &[ret])?;
        if !self.dead {
            self.done(callee)?;
        }
        Ok(result)
    }

    /// Calls a runtime function as `extern fn` declares it.
    fn call_runtime(&mut self, function: RtFn, id: FnId, targs: &[TyId], args: &[Operand]) -> R<Val> {
        let (params, results) = self.s.fn_types(id, targs);
        let ret = results.last().copied().unwrap_or_else(Types::unit);
        if params.len() != function.params().len() || params.len() != args.len() {
            return Err(self.bad_extern(id));
        }
        let mut values = Vec::new();
        let mut reads = Vec::new();
        for ((arg, &ty), param) in args.iter().zip(&params).zip(function.params()) {
            let read = self.read_as(arg, ty)?;
            let leaf = match (&read.val.leaves[..], param) {
                (&[leaf], _) => leaf,
                _ => return Err(self.bad_extern(id)),
            };
            if param.is_consumed() {
                let val = self.keep(read)?;
                values.push(self.one(&val));
            } else {
                values.push(self.as_param(leaf, ty, *param));
                reads.push(read);
            }
        }
        let result = self.e.rt(function, &values);
        if function.never_returns() {
            self.e.end(End::Unreachable);
            self.dead = true;
            return self.zeros(ret);
        }
        for read in reads {
            self.done(read)?;
        }
        let reprs = self.reprs(ret)?;
        match (result, &reprs[..]) {
            (Some(value), &[repr]) => {
                let leaf = if self.e.repr(value) == repr || repr.is_counted() || repr.is_float() {
                    value
                } else {
                    self.e.resize(value, repr, true)
                };
                Ok(Val { ty: ret, leaves: [leaf].into_iter().collect() })
            }
            (None, []) => self.zeros(ret),
            _ => Err(self.bad_extern(id)),
        }
    }

    fn as_param(&mut self, leaf: Value, ty: TyId, param: Param) -> Value {
        let repr = param.repr();
        if self.e.repr(leaf) == repr || repr.is_counted() {
            return leaf;
        }
        let signed = matches!(self.ty(ty), Ty::Int(int) if int.signed);
        if repr.is_float() { self.e.convert(Op::FToF, leaf, repr) } else { self.e.resize(leaf, repr, signed) }
    }

    pub(super) fn bad_extern(&mut self, id: FnId) -> crate::instantiate::Stop {
        let path = self.s.hir.fns[id].path.clone();
        self.error(Code::BadArguments, format!("`{path}` is not declared as it is defined"))
    }
}

/// True for a function value that nothing takes from its place during its call: it stands in a local of the caller, outside of any
/// instance, and no argument is the local's value itself.
fn stays(callee: &Operand, args: &[Operand]) -> bool {
    match callee {
        Operand::Copy(Place { root: Root::Local(local), path }) => {
            let inside = path.iter().all(|step| match step {
                Proj::Variant(..) | Proj::Some | Proj::Index(_) => true,
                // Of a class, perhaps.
                Proj::Field(_) => false,
            });
            inside && !args.contains(&Operand::Move(*local))
        }
        Operand::Copy(Place { root: Root::Global(_), .. }) => false,
        Operand::Const(..) => true,
        Operand::Move(_) | Operand::InOut(_) => false,
    }
}
