//! Types after inference: interned, without type variables.

use base::{EntityId, Map, entity_id};
use std::collections::HashMap;

entity_id!(
    /// A type.
    TyId, "ty"
);
entity_id!(
    /// A struct, class or enum.
    AdtId, "adt"
);
entity_id!(
    /// A trait.
    TraitId, "trait"
);

/// Width and sign of an integer type.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub struct IntTy {
    /// 8, 16, 32 or 64.
    pub bits: u8,
    /// `i` rather than `u`.
    pub signed: bool,
}

/// A type. There is no variable: what nothing determined was reported and is [`Ty::Error`].
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub enum Ty {
    /// Reported; fits everything, and nothing is lowered from a program that has one.
    Error,
    /// The type of what does not return; fits everything.
    Never,
    /// `()`.
    Unit,
    /// `bool`.
    Bool,
    /// `i8` to `u64`.
    Int(IntTy),
    /// `f32`, `f64`.
    Float { bits: u8 },
    /// `text`.
    Text,
    /// `any`.
    Any,
    /// The value of `a..b`: a range of i64.
    Range,
    /// `[T]`.
    Array(TyId),
    /// `{K: V}`.
    Dict(TyId, TyId),
    /// `(A, B)`.
    Tuple(Vec<TyId>),
    /// `T?`.
    Option(TyId),
    /// `fn(A, B) -> R`.
    Fn(Vec<TyId>, TyId),
    /// A struct, class or enum with its type arguments. `Result<T, E>` is an enum of the standard library.
    Adt(AdtId, Vec<TyId>),
    /// `dyn Trait`, also a bare trait name in a type position.
    Dyn(TraitId, Vec<TyId>),
    /// A whole number as a type argument. No value has this type.
    Number(u64),
    /// The n-th type parameter of the function (its owner's parameters come first).
    Param(u32),
}

impl Ty {
    /// The types that it is directly made of, in the order they are written.
    pub fn parts(&self) -> Vec<TyId> {
        match self {
            Ty::Array(inner) | Ty::Option(inner) => vec![*inner],
            Ty::Dict(key, value) => vec![*key, *value],
            Ty::Tuple(items) | Ty::Adt(_, items) | Ty::Dyn(_, items) => items.clone(),
            Ty::Fn(params, ret) => params.iter().copied().chain([*ret]).collect(),
            Ty::Error
            | Ty::Never
            | Ty::Unit
            | Ty::Bool
            | Ty::Int(_)
            | Ty::Float { .. }
            | Ty::Text
            | Ty::Any
            | Ty::Range
            | Ty::Number(_)
            | Ty::Param(_) => Vec::new(),
        }
    }
}

/// All types of a session, each once.
pub struct Types {
    ids: HashMap<Ty, TyId>,
    list: Map<TyId, Ty>,
}

macro_rules! common {
    ($($name:ident = $index:literal: $ty:expr;)*) => {
        impl Types {
            $(#[doc = concat!("`", stringify!($name), "`, always the same id.")]
            #[allow(non_snake_case)]
            pub fn $name() -> TyId { TyId::from_index($index) })*

            /// A table with the common types.
            pub fn new() -> Types {
                let mut types = Types { ids: HashMap::new(), list: Map::new() };
                $(assert_eq!(types.intern($ty), Types::$name());)*
                types
            }
        }
    };
}

common! {
    error = 0: Ty::Error;
    never = 1: Ty::Never;
    unit = 2: Ty::Unit;
    bool = 3: Ty::Bool;
    i64 = 4: Ty::Int(IntTy { bits: 64, signed: true });
    f64 = 5: Ty::Float { bits: 64 };
    text = 6: Ty::Text;
    any = 7: Ty::Any;
    range = 8: Ty::Range;
}

impl Types {
    /// The id of a type.
    pub fn intern(&mut self, ty: Ty) -> TyId {
        if let Some(&id) = self.ids.get(&ty) {
            return id;
        }
        let id = self.list.push(ty.clone());
        self.ids.insert(ty, id);
        id
    }

    /// The type behind an id.
    pub fn get(&self, id: TyId) -> &Ty {
        &self.list[id]
    }

    /// All types, each behind its parts.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Ty> {
        self.list.values()
    }

    /// The type with parameter `n` replaced by `args[n]`. Parameters beyond `args` stay.
    pub fn subst(&mut self, id: TyId, args: &[TyId]) -> TyId {
        if args.is_empty() {
            return id;
        }
        let ty = match self.get(id).clone() {
            ty @ (Ty::Error
            | Ty::Never
            | Ty::Unit
            | Ty::Bool
            | Ty::Int(_)
            | Ty::Float { .. }
            | Ty::Text
            | Ty::Any
            | Ty::Range
            | Ty::Number(_)) => ty,
            Ty::Param(n) => return args.get(n as usize).copied().unwrap_or(id),
            Ty::Array(elem) => Ty::Array(self.subst(elem, args)),
            Ty::Dict(key, value) => Ty::Dict(self.subst(key, args), self.subst(value, args)),
            Ty::Tuple(items) => Ty::Tuple(self.subst_all(&items, args)),
            Ty::Option(inner) => Ty::Option(self.subst(inner, args)),
            Ty::Fn(params, ret) => Ty::Fn(self.subst_all(&params, args), self.subst(ret, args)),
            Ty::Adt(adt, targs) => Ty::Adt(adt, self.subst_all(&targs, args)),
            Ty::Dyn(trait_, targs) => Ty::Dyn(trait_, self.subst_all(&targs, args)),
        };
        self.intern(ty)
    }

    /// [`Types::subst`] for several types.
    pub fn subst_all(&mut self, ids: &[TyId], args: &[TyId]) -> Vec<TyId> {
        ids.iter().map(|&id| self.subst(id, args)).collect()
    }
}

impl Default for Types {
    fn default() -> Self {
        Types::new()
    }
}
