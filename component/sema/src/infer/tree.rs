//! The typed tree while types are still being found. `zonk` makes the final tree ([`crate::hir`]) of it.

use super::ity::T;
use crate::hir::{BinOp, FnId, GlobalId, LoopId, UnOp};
use crate::ty::{TraitId, TyId};
use base::{Span, Symbol, entity_id};

entity_id!(
    /// A name bound in a body: parameter, variable, capture.
    BindId, "b"
);
entity_id!(
    /// A function or lambda of a body: one activation with its own locals.
    FrameId, "frame"
);
entity_id!(
    /// A module-level variable.
    ModuleVar, "m"
);
entity_id!(
    /// A place in a tree whose meaning a constraint will decide.
    Pending, "p"
);

pub struct IExpr {
    pub kind: IKind,
    pub ty: T,
    pub span: Span,
    /// An option that may be used as its payload, checked: what `d[k]` and `get` give.
    pub soft: bool,
}

pub enum IKind {
    Int(u64),
    Float(f64),
    Bool(bool),
    Text(String),
    Format(Vec<IFormat>),
    Nil,
    Unit,
    Bind(BindId),
    Module(ModuleVar),
    /// A variable of another module.
    Global(GlobalId),
    FnValue(FnId, Vec<T>),
    Closure(FrameId),
    Construct {
        variant: Option<u32>,
        fields: Vec<IExpr>,
    },
    Some(Box<IExpr>),
    Tuple(Vec<IExpr>),
    Array(Vec<(bool, IExpr)>),
    Repeat(Box<IExpr>, Box<IExpr>),
    Dict(Vec<IDictElement>),
    Range {
        start: Box<IExpr>,
        end: Option<Box<IExpr>>,
        inclusive: bool,
    },
    Binary(BinOp, Box<IExpr>, Box<IExpr>, Option<Pending>),
    And(Box<IExpr>, Box<IExpr>),
    Or(Box<IExpr>, Box<IExpr>),
    Unary(UnOp, Box<IExpr>, Option<Pending>),
    Truthy(Box<IExpr>),
    /// Presence test of `.?`, by the type.
    Present(Box<IExpr>),
    /// A conversion to this node's type, or none where the types turn out to be one.
    Coerce(Box<IExpr>),
    Cast(Box<IExpr>),
    Call {
        callee: ICallee,
        args: Vec<IExpr>,
    },
    Field(Box<IExpr>, u32),
    /// A member without or with call, decided by its constraint.
    Member {
        recv: Box<IExpr>,
        name: Symbol,
        args: Option<Vec<IExpr>>,
        statement: bool,
        pending: Pending,
    },
    Index(Box<IExpr>, Box<IExpr>),
    Slice {
        base: Box<IExpr>,
        start: Option<Box<IExpr>>,
        end: Option<Box<IExpr>>,
        step: Option<Box<IExpr>>,
    },
    Try(Box<IExpr>),
    Coalesce(Box<IExpr>, Box<IExpr>),
    Block {
        stmts: Vec<IExpr>,
        value: Option<Box<IExpr>>,
    },
    Let {
        pat: IPat,
        init: Box<IExpr>,
    },
    LetElse {
        pat: IPat,
        init: Box<IExpr>,
        otherwise: Box<IExpr>,
    },
    Assign {
        place: Box<IExpr>,
        op: Option<BinOp>,
        value: Box<IExpr>,
    },
    If {
        cond: Box<ICond>,
        then: Box<IExpr>,
        otherwise: Option<Box<IExpr>>,
    },
    Match {
        value: Box<IExpr>,
        arms: Vec<IArm>,
        exhaustive: bool,
    },
    While {
        id: LoopId,
        cond: Box<ICond>,
        body: Box<IExpr>,
    },
    For {
        id: LoopId,
        index: Option<BindId>,
        pat: IPat,
        iter: Box<IExpr>,
        body: Box<IExpr>,
    },
    Loop {
        id: LoopId,
        body: Box<IExpr>,
    },
    Break(LoopId, Option<Box<IExpr>>),
    Continue(LoopId),
    /// Leaves a generator, whose state this is, to go on behind it.
    Suspend(BindId),
    Return(Option<Box<IExpr>>),
    Defer {
        exit: IExit,
        body: Box<IExpr>,
    },
    Finally {
        body: Box<IExpr>,
        cleanup: Box<IExpr>,
    },
    Assert {
        cond: Box<IExpr>,
        message: Option<Box<IExpr>>,
    },
    /// Reported.
    Error,
}

/// Like [`Exit`](crate::hir::Exit).
#[derive(Clone, Copy)]
pub enum IExit {
    Any,
    Success(BindId),
    Error(Option<BindId>),
}

#[derive(Clone)]
pub enum ICallee {
    Fn(FnId, Vec<T>),
    Trait { trait_: TraitId, trait_args: Vec<T>, method: u32, self_ty: T, args: Vec<T> },
    Dyn { trait_: TraitId, trait_args: Vec<T>, method: u32 },
    Value(std::rc::Rc<IExpr>),
}

pub enum ICond {
    Expr(IExpr),
    Let { pat: IPat, value: IExpr },
}

pub enum IFormat {
    Text(String),
    Value(IExpr, Option<String>),
}

pub enum IDictElement {
    Pair(IExpr, IExpr),
    Spread(IExpr),
}

pub struct IArm {
    pub pat: IPat,
    pub guard: Option<IExpr>,
    pub body: IExpr,
}

pub struct IPat {
    pub kind: IPatKind,
    pub ty: T,
    pub span: Span,
}

pub enum IPatKind {
    Wild,
    Bind(BindId),
    Module(ModuleVar),
    Literal(Box<IExpr>),
    Range { start: Option<Box<IExpr>>, end: Option<Box<IExpr>>, inclusive: bool },
    Or(Vec<IPat>),
    Tuple(Vec<IPat>),
    Array { first: Vec<IPat>, rest: Option<Option<BindId>>, last: Vec<IPat> },
    Struct(Vec<(u32, IPat)>),
    Variant { variant: u32, args: Vec<IPat> },
    Some(Box<IPat>),
    Nil,
    Is(TyId, Box<IPat>),
}

/// What a member turned out to be.
pub enum Resolution {
    Field(u32),
    Call {
        callee: ICallee,
        /// Types that the receiver and the arguments are converted to, in order.
        params: Vec<T>,
        /// Functions that give the arguments that were left out.
        defaults: Vec<(FnId, Vec<T>, T)>,
        /// The result is `not` this (an operator `!=` by `__eq__`).
        negate: bool,
    },
    /// A call of a field that holds a function.
    FieldCall(u32, Vec<T>),
    /// A member of a dynamic value.
    Dynamic,
}
