//! What sema knows about functions besides their types: names and defaults of parameters, and the constraints that untyped
//! parameters and type parameters without bounds leave open. Instances are decided by it, so it stays with the program.

use crate::hir::{FnId, Generic, ImplId, Receiver};
use crate::infer::ity::{Con, VarKind};
use crate::intrinsic::Intrinsic;
use crate::ty::{AdtId, TraitId, TyId};
use abi::RtFn;
use base::{Map, Span, Symbol};
use std::collections::HashMap;
use std::rc::Rc;
use syntax::ast::{BinOp, UnOp};

/// Signatures, constraints and the index of members.
#[derive(Default)]
pub struct Schemes {
    pub(crate) sigs: Map<FnId, Sig>,
    /// Methods by the head of the type and the name. `Con::Param(0)` stands for `impl<T> .. for T`.
    pub(crate) members: HashMap<(Con, Symbol), Vec<Member>>,
    /// Implementations of a trait.
    pub(crate) trait_impls: HashMap<TraitId, Vec<ImplId>>,
    /// Functions that give the defaults of fields.
    pub(crate) field_defaults: HashMap<(AdtId, u32), FnId>,
    /// Functions of the standard library that the compiler uses by name.
    pub(crate) lang: HashMap<Symbol, FnId>,
    /// Methods of a trait in vtable order, super-traits' first.
    pub(crate) vtables: HashMap<TraitId, Vec<(TraitId, FnId)>>,
}

impl Schemes {
    /// The methods of a trait object with the traits they belong to, in their order.
    pub fn vtable(&self, id: TraitId) -> &[(TraitId, FnId)] {
        self.vtables.get(&id).map_or(&[], Vec::as_slice)
    }
}

/// A method that a type has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member {
    pub id: FnId,
    /// The impl that brings it: its own block, or the one whose trait has it as default.
    pub via: ImplId,
    /// The trait, where it is a default method of one.
    pub default_of: Option<TraitId>,
}

/// Whose function it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Owner {
    None,
    Impl(ImplId),
    Trait(TraitId),
}

/// What stands behind a function without a Simple body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum External {
    Runtime(RtFn),
    Intrinsic(Intrinsic),
    /// A function of the program's host.
    Host,
}

impl External {
    /// What only the standard library may use.
    pub fn is_of_std(external: Option<External>) -> bool {
        match external {
            Some(External::Runtime(_) | External::Intrinsic(_)) => true,
            Some(External::Host) | None => false,
        }
    }
}

/// The signature of a function.
pub(crate) struct Sig {
    pub name: Symbol,
    pub path: String,
    pub span: Span,
    pub owner: Owner,
    pub generics: Vec<Generic>,
    /// One for each of `generics`: implicit ones may stand for the type of a literal.
    pub kinds: Vec<VarKind>,
    /// How many of `generics` were declared (by the owner or itself).
    pub declared: usize,
    /// How many are the owner's.
    pub owned: usize,
    pub params: Vec<SigParam>,
    /// `None` until it is inferred.
    pub ret: Option<TyId>,
    pub receiver: Receiver,
    /// Declared with `me`.
    pub me: bool,
    pub constraints: Vec<Open>,
    pub is_std: bool,
    pub external: Option<External>,
    pub has_body: bool,
}

/// A parameter.
pub(crate) struct SigParam {
    pub name: Symbol,
    pub span: Span,
    /// `None` until it is inferred.
    pub ty: Option<TyId>,
    pub default: Option<FnId>,
    pub mutable: bool,
    /// Takes all further arguments, as an array.
    pub variadic: bool,
}

/// A constraint that instances must fulfil.
#[derive(Clone)]
pub(crate) struct Open {
    pub kind: Constraint<TyId>,
    /// Where the template needs it, innermost last.
    pub trace: Rc<[Span]>,
}

/// What must hold between types.
#[derive(Clone, Debug)]
pub(crate) enum Constraint<X> {
    /// `recv.name` or `recv.name(args)` gives `ret`.
    Member {
        recv: X,
        name: Symbol,
        args: Option<Vec<X>>,
        ret: X,
        statement: bool,
    },
    Binary {
        op: BinOp,
        left: X,
        right: X,
        ret: X,
    },
    Unary {
        op: UnOp,
        arg: X,
        ret: X,
    },
    /// `base[index]`; as a place, a dict gives its value type.
    Index {
        base: X,
        index: X,
        ret: X,
        place: bool,
    },
    Slice {
        base: X,
        ret: X,
    },
    Iterate {
        base: X,
        item: X,
    },
    Implements {
        ty: X,
        trait_: TraitId,
        args: Vec<X>,
    },
    /// It does not implement the trait.
    Lacks {
        ty: X,
        trait_: TraitId,
        args: Vec<X>,
    },
    Coerce {
        from: X,
        to: X,
        soft: bool,
    },
    /// One type for several values.
    Join {
        inputs: Vec<X>,
        ret: X,
    },
    Coalesce {
        left: X,
        right: X,
        ret: X,
    },
    /// `value?` in a function with result `ret` gives `ok`.
    Try {
        value: X,
        ok: X,
        ret: X,
    },
    Cast {
        from: X,
        to: X,
    },
}

impl<X: Copy> Constraint<X> {
    /// The same over other types.
    pub fn map<Y>(&self, f: &mut impl FnMut(X) -> Y) -> Constraint<Y> {
        match self {
            Constraint::Member { recv, name, args, ret, statement } => Constraint::Member {
                recv: f(*recv),
                name: *name,
                args: args.as_ref().map(|args| args.iter().map(|&arg| f(arg)).collect()),
                ret: f(*ret),
                statement: *statement,
            },
            Constraint::Binary { op, left, right, ret } => {
                Constraint::Binary { op: *op, left: f(*left), right: f(*right), ret: f(*ret) }
            }
            Constraint::Unary { op, arg, ret } => Constraint::Unary { op: *op, arg: f(*arg), ret: f(*ret) },
            Constraint::Index { base, index, ret, place } => {
                Constraint::Index { base: f(*base), index: f(*index), ret: f(*ret), place: *place }
            }
            Constraint::Slice { base, ret } => Constraint::Slice { base: f(*base), ret: f(*ret) },
            Constraint::Iterate { base, item } => Constraint::Iterate { base: f(*base), item: f(*item) },
            Constraint::Implements { ty, trait_, args } => Constraint::Implements {
                ty: f(*ty),
                trait_: *trait_,
                args: args.iter().map(|&arg| f(arg)).collect(),
            },
            Constraint::Lacks { ty, trait_, args } => Constraint::Lacks {
                ty: f(*ty),
                trait_: *trait_,
                args: args.iter().map(|&arg| f(arg)).collect(),
            },
            Constraint::Coerce { from, to, soft } => {
                Constraint::Coerce { from: f(*from), to: f(*to), soft: *soft }
            }
            Constraint::Join { inputs, ret } => {
                Constraint::Join { inputs: inputs.iter().map(|&x| f(x)).collect(), ret: f(*ret) }
            }
            Constraint::Coalesce { left, right, ret } => {
                Constraint::Coalesce { left: f(*left), right: f(*right), ret: f(*ret) }
            }
            Constraint::Try { value, ok, ret } => {
                Constraint::Try { value: f(*value), ok: f(*ok), ret: f(*ret) }
            }
            Constraint::Cast { from, to } => Constraint::Cast { from: f(*from), to: f(*to) },
        }
    }

    /// All types in it.
    pub fn types(&self) -> Vec<X> {
        let mut list = Vec::new();
        let _ = self.map(&mut |x| list.push(x));
        list
    }

    /// The types that decide it: once these are known, the others follow.
    pub fn keys(&self) -> Vec<X> {
        match self {
            Constraint::Member { recv, .. } => vec![*recv],
            Constraint::Binary { left, right, .. } => vec![*left, *right],
            Constraint::Unary { arg, .. } => vec![*arg],
            Constraint::Index { base, .. }
            | Constraint::Slice { base, .. }
            | Constraint::Iterate { base, .. } => {
                vec![*base]
            }
            Constraint::Implements { ty, .. } | Constraint::Lacks { ty, .. } => vec![*ty],
            Constraint::Coerce { from, to, .. } => vec![*from, *to],
            Constraint::Join { inputs, .. } => inputs.clone(),
            Constraint::Coalesce { left, .. } => vec![*left],
            Constraint::Try { value, .. } => vec![*value],
            Constraint::Cast { from, .. } => vec![*from],
        }
    }
}
