//! Operands: read where they stand, or taken over.

use super::emit::Leaves;
use super::{Lower, Val};
use crate::generic::{Const, Operand, Proj, Root};
use crate::instantiate::R;
use crate::layout::{Parts, float_repr, int_repr};
use abi::{Repr, value};
use base::{Code, EntityId};
use sema::ty::{Ty, TyId, Types};

/// A value that is looked at. Unless it is `owned`, it stays where it stands and is good until that is written.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub val: Val,
    /// Must be released, or handed on.
    pub owned: bool,
}

impl Lower<'_, '_> {
    /// An operand to be looked at; [`Lower::done`] ends that.
    pub fn read(&mut self, operand: &Operand) -> R<Read> {
        Ok(match operand {
            Operand::Copy(place) => self.read_place(place)?,
            Operand::Move(local) => {
                let leaves = self.state[local.index()]
                    .take()
                    .unwrap_or_else(|| panic!("{local} holds a value where it is moved"));
                Read { val: Val { ty: self.local_ty(*local), leaves }, owned: true }
            }
            Operand::Const(constant, ty) => self.constant(constant, *ty)?,
            Operand::InOut(_) => panic!("an in-out operand is the first argument of a call"),
        })
    }

    /// An operand that is taken over: what stays where it stands gets one more owner.
    pub fn consume(&mut self, operand: &Operand) -> R<Val> {
        let read = self.read(operand)?;
        self.keep(read)
    }

    /// Ends looking at a value.
    pub fn done(&mut self, read: Read) -> R<()> {
        if read.owned { self.release(&read.val) } else { Ok(()) }
    }

    /// Makes what is looked at one's own.
    pub fn keep(&mut self, read: Read) -> R<Val> {
        if !read.owned {
            self.retain(&read.val)?;
        }
        Ok(read.val)
    }

    /// An operand to be looked at as a value of a type.
    pub fn read_as(&mut self, operand: &Operand, ty: TyId) -> R<Read> {
        let read = self.read(operand)?;
        self.as_type(read, ty)
    }

    /// What is looked at as a value of a type.
    pub fn as_type(&mut self, read: Read, ty: TyId) -> R<Read> {
        if read.val.ty == ty {
            return Ok(read);
        }
        let val = self.keep(read)?;
        Ok(Read { val: self.coerce(val, ty)?, owned: true })
    }

    /// An operand that is taken over as a value of a type.
    pub fn consume_as(&mut self, operand: &Operand, ty: TyId) -> R<Val> {
        let val = self.consume(operand)?;
        self.coerce(val, ty)
    }

    /// The one leaf of a value of a type that has one.
    pub fn one(&self, val: &Val) -> crate::legal::Value {
        val.leaves[0]
    }

    /// The type of an operand in this instance.
    pub fn operand_ty(&mut self, operand: &Operand) -> R<TyId> {
        match operand {
            Operand::Move(local) => Ok(self.local_ty(*local)),
            Operand::Const(_, ty) => Ok(self.subst(*ty)),
            Operand::Copy(place) | Operand::InOut(place) => {
                let mut ty = match place.root {
                    Root::Local(local) => self.local_ty(local),
                    Root::Global(id) => self.s.global_ty(id),
                };
                for step in &place.path {
                    ty = self.step_ty(ty, step)?;
                }
                Ok(ty)
            }
        }
    }

    fn step_ty(&mut self, ty: TyId, step: &Proj) -> R<TyId> {
        Ok(match (step, self.ty(ty)) {
            (Proj::Index(_), Ty::Array(elem)) => elem,
            (Proj::Index(_), Ty::Dict(_, value)) => self.intern(Ty::Option(value)),
            (Proj::Index(_), _) => ty,
            (Proj::Some, Ty::Option(inner)) => inner,
            (Proj::Some, _) => ty,
            (Proj::Field(index), _) => match &self.payload(ty)?.parts {
                Parts::Fields(parts) => parts[*index as usize].ty,
                Parts::Variants { .. } | Parts::Option { .. } => ty,
            },
            (Proj::Variant(variant, index), _) => match &self.payload(ty)?.parts {
                Parts::Variants { variants, .. } => variants[*variant as usize][*index as usize].ty,
                Parts::Fields(_) | Parts::Option { .. } => ty,
            },
        })
    }

    fn constant(&mut self, constant: &Const, ty: TyId) -> R<Read> {
        let ty = self.subst(ty);
        let (natural, leaf) = match (constant, self.ty(ty)) {
            (Const::Int(bits), Ty::Int(int)) => (ty, self.e.int(int_repr(int.bits), *bits as i64)),
            (Const::Int(bits), Ty::Float { bits: width }) => {
                (ty, self.e.float(float_repr(width), *bits as i64 as f64))
            }
            (Const::Float(number), Ty::Float { bits }) => (ty, self.e.float(float_repr(bits), *number)),
            (Const::Int(bits), _) => (Types::i64(), self.e.int(Repr::I64, *bits as i64)),
            (Const::Float(number), _) => (Types::f64(), self.e.float(Repr::F64, *number)),
            (Const::Bool(value), _) => (Types::bool(), self.e.int(Repr::I8, i64::from(*value))),
            (Const::Text(text), _) => {
                let val = Val { ty: Types::text(), leaves: [self.text(text)].into_iter().collect() };
                return self.as_type(Read { val, owned: false }, ty);
            }
            (Const::Nil, _) => return self.nil(ty),
            (Const::Unit, _) => {
                let val = Val { ty: Types::unit(), leaves: Leaves::new() };
                return self.as_type(Read { val, owned: false }, ty);
            }
        };
        let val = Val { ty: natural, leaves: [leaf].into_iter().collect() };
        self.as_type(Read { val, owned: false }, ty)
    }

    /// nil in a type.
    pub fn nil(&mut self, ty: TyId) -> R<Read> {
        let val = match self.ty(ty) {
            Ty::Any => Val { ty, leaves: [self.e.int(Repr::Any, value::NIL as i64)].into_iter().collect() },
            Ty::Option(_) => self.none(ty)?,
            Ty::Unit | Ty::Never => Val { ty, leaves: Leaves::new() },
            Ty::Error
            | Ty::Bool
            | Ty::Int(_)
            | Ty::Float { .. }
            | Ty::Text
            | Ty::Range
            | Ty::Array(_)
            | Ty::Dict(..)
            | Ty::Tuple(_)
            | Ty::Fn(..)
            | Ty::Adt(..)
            | Ty::Dyn(..)
            | Ty::Number(_)
            | Ty::Param(_) => {
                let name = self.name(ty);
                return Err(self.error(Code::TypeMismatch, format!("nil is not a value of type `{name}`")));
            }
        };
        Ok(Read { val, owned: true })
    }
}
