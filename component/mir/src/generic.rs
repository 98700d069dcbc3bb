//! Generic MIR: what templates are made of. A control-flow graph over typed locals; types may mention the function's type
//! parameters, and what depends on them (operators, members, conversions, iteration) is decided when an instance is lowered.
//!
//! Made from the typed tree by `build`, completed by `ownership`, turned into [legal MIR](crate::legal) per instance by `lower`.
//!
//! # Ownership
//! A local that holds a value owns it. [`Operand::Move`] takes the value out and leaves the local empty; [`Operand::Copy`] leaves it there. `build`
//! writes `Copy` everywhere; `ownership` (liveness over whole locals) turns the copy at a local's last use into a move and inserts
//! [`StmtKind::Drop`] where a value dies otherwise, splitting critical edges where needed. So at every [`StmtKind::Set`] the local is empty, and no
//! local holds anything at a return, but for captures that are only lent ([`Body::lent_inputs`]). All of this is independent of types: lowering makes nothing of it for uncounted values.
//!
//! Which operands an rvalue consumes and which it only reads is fixed: calls, constructions, `Use`, `Coerce`, `Cast`, closures and stores *consume* (a copy
//! is retained first); everything else *reads* (a moved operand is released afterwards), except that `Add` consumes a moved left operand, so
//! that `s = s + x` grows a text or array in place. Indices in places are read.
//!
//! Operands are evaluated in order (of a call by value the callee first), so in `f(x, x)` and `f(x.a, x)` the second may be the move. Only the place of an
//! `InOut` is taken when all others were evaluated; none of them is a place in the same local, nor a move of it.

use abi::ErrorKind;
use base::{Map, Span, Symbol, entity_id};
use sema::hir::{BinOp, FnId, GlobalId, TraitRef, UnOp};
use sema::ty::TyId;
use std::collections::BTreeSet;

entity_id!(
    /// A local of a body: parameter, capture, variable or temporary.
    Local, "_"
);
entity_id!(
    /// A block of a body.
    BlockId, "bb"
);

/// The body of a function template.
#[derive(Clone, Debug)]
pub struct Body {
    /// The function.
    pub id: FnId,
    /// Parameters, in order; owned.
    pub params: Vec<Local>,
    /// For a closure: locals that hold the captures, in order; see [`Body::lent_inputs`].
    pub captures: Vec<Local>,
    /// For a nested function that refers to itself: holds a reference to its own closure.
    pub self_closure: Option<Local>,
    /// Types of what `Return` gives: the result; for an in-out receiver first the receiver's type.
    pub results: Vec<TyId>,
    /// All locals.
    pub locals: Map<Local, LocalDecl>,
    /// The blocks; the first is the entry. Reducible.
    pub blocks: Map<BlockId, Block>,
}

impl Body {
    /// Captures, and the closure itself, that the body never writes. They are lent by the environment, which the caller keeps alive and which never
    /// changes: they are neither retained at the entry nor moved nor dropped. Other captures are copies of the body's own.
    pub fn lent_inputs(&self) -> BTreeSet<Local> {
        let mut lent: BTreeSet<Local> = self.captures.iter().chain(&self.self_closure).copied().collect();
        if lent.is_empty() {
            return lent;
        }
        for stmt in self.blocks.values().flat_map(|block| &block.stmts) {
            match &stmt.kind {
                StmtKind::Set(local, rvalue) => {
                    lent.remove(local);
                    if let Rvalue::Call(_, args) = rvalue
                        && let Some(Operand::InOut(Place { root: Root::Local(local), .. })) = args.first()
                    {
                        lent.remove(local);
                    }
                }
                StmtKind::Store(Place { root: Root::Local(local), .. }, _)
                | StmtKind::Update(Place { root: Root::Local(local), .. }, ..) => {
                    lent.remove(local);
                }
                StmtKind::Store(..) | StmtKind::Update(..) | StmtKind::Drop(_) => {}
            }
        }
        lent
    }
}

/// A local.
#[derive(Clone, Debug)]
pub struct LocalDecl {
    /// Its type.
    pub ty: TyId,
    /// Its name; none for temporaries.
    pub name: Option<Symbol>,
}

/// A basic block.
#[derive(Clone, Debug)]
pub struct Block {
    /// The statements.
    pub stmts: Vec<Stmt>,
    /// How it ends.
    pub end: End,
    /// Where the end stands.
    pub end_span: Span,
}

/// A statement.
#[derive(Clone, Debug)]
pub struct Stmt {
    /// What it does.
    pub kind: StmtKind,
    /// Where it was written.
    pub span: Span,
}

/// Kinds of statements.
#[derive(Clone, Debug)]
pub enum StmtKind {
    /// Fills an empty local. The types may differ where an instance makes them the same or `rvalue` converts.
    Set(Local, Rvalue),
    /// Replaces what stands at a place that holds a value; the old value is released, collections on the way are made unique first.
    Store(Place, Operand),
    /// `place op= operand`: the binary's value, converted to the type at the place, replaces what stands there. The old value is moved into the operator, so
    /// that `o.s += x` grows in place; where the operator may run code of the program that sees the place, a copy is taken. A path that ends in a
    /// dict entry that is missing raises `UnwrapNil`.
    Update(Place, BinOp, Operand),
    /// Releases what a local holds and leaves it empty.
    Drop(Local),
}

/// Where a value stands.
#[derive(Clone, PartialEq, Debug)]
pub struct Place {
    /// A local or a module-level variable.
    pub root: Root,
    /// The way from there.
    pub path: Vec<Proj>,
}

/// Where a place begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Root {
    /// A local.
    Local(Local),
    /// A module-level variable.
    Global(GlobalId),
}

/// A step into a value.
#[derive(Clone, PartialEq, Debug)]
pub enum Proj {
    /// A field of a struct, class or tuple; through a class it leaves the value and goes on in the instance.
    Field(u32),
    /// A field of a variant that is known to be there.
    Variant(u32, u32),
    /// The value of an option that is known to be present.
    Some,
    /// `[i]`, with the check. Reading: array, text, dict (gives an option), tuple with a constant, any. Writing: array, dict (the
    /// entry is made where it is missing, and then only as the last step), any (as the last step).
    Index(Operand),
}

/// What an operation works on.
#[derive(Clone, PartialEq, Debug)]
pub enum Operand {
    /// The value at a place, which stays there.
    Copy(Place),
    /// The whole value of a local, which is empty afterwards.
    Move(Local),
    /// A constant of a type.
    Const(Const, TyId),
    /// Only as the first argument of a call: the place's value is moved in, and what the callee gives back is put there. Used for `me` on
    /// value types and for intrinsics that change their first argument.
    InOut(Place),
}

/// A constant. Its type says the width.
#[derive(Clone, PartialEq, Debug)]
pub enum Const {
    /// Integer bits.
    Int(u64),
    /// Float.
    Float(f64),
    /// Bool.
    Bool(bool),
    /// Text.
    Text(String),
    /// nil of an option or `any`.
    Nil,
    /// Unit.
    Unit,
}

/// What a statement computes. The result has the type of the local it fills.
#[derive(Clone, Debug)]
pub enum Rvalue {
    /// The operand itself.
    Use(Operand),
    /// By the operands' types; raises on division by zero and the like.
    Binary(BinOp, Operand, Operand),
    /// `-`, `~` by type; `not` of a truth.
    Unary(UnOp, Operand),
    /// Truth as a bool.
    Truthy(Operand),
    /// Implicit conversion to the type of the result; none where the types are the same.
    Coerce(Operand),
    /// `as`.
    Cast(Operand),
    /// Struct, class or variant of the result's type; all fields.
    Construct(Option<u32>, Vec<Operand>),
    /// A present option.
    Some(Operand),
    /// A tuple.
    Tuple(Vec<Operand>),
    /// An array of these items.
    Array(Vec<Operand>),
    /// `[v; n]`.
    Repeat(Operand, Operand),
    /// An empty dict.
    Dict,
    /// start, end (none: open), inclusive.
    Range(Operand, Option<Operand>, bool),
    /// A slice by Python rules; bounds that were left out are none.
    Slice(Operand, [Option<Operand>; 3]),
    /// Printed form, with a format spec.
    Show(Operand, Option<String>),
    /// A closure with captured values.
    Closure(FnId, Vec<TyId>, Vec<Operand>),
    /// A function without captures as a value.
    FnValue(FnId, Vec<TyId>),
    /// A call.
    Call(Callee, Vec<Operand>),
    /// Field or method without arguments, by name, decided per instance.
    Member(Operand, Symbol),
    /// Bool: the enum value has this variant.
    IsVariant(Operand, u32),
    /// Bool: the option (or `any`) is present.
    IsSome(Operand),
    /// Bool: the `any` holds this type.
    Is(Operand, TyId),
    /// i64: length of an array.
    Len(Operand),
    /// i64 cursor before the first item of a collection: array, dict, text, range, int, any.
    IterStart(Operand),
    /// Bool: there is an item at the cursor.
    IterMore(Operand, Operand),
    /// The item at the cursor.
    IterItem(Operand, Operand),
    /// The cursor of the next item.
    IterNext(Operand, Operand),
}

/// What is called; as in the typed tree. A `Value` callee is only read.
#[derive(Clone, Debug)]
pub enum Callee {
    /// A function (body, runtime function or intrinsic) with its type arguments.
    Fn(FnId, Vec<TyId>),
    /// A trait's method; the impl for the type is found per instance.
    Trait { trait_: TraitRef, method: u32, self_ty: TyId, args: Vec<TyId> },
    /// A method of the trait object that is the first argument.
    Dyn { trait_: TraitRef, method: u32 },
    /// A method by name, decided per instance from the types of the arguments and the result.
    Member { name: Symbol, statement: bool },
    /// A function value.
    Value(Operand),
}

/// The end of a block.
#[derive(Clone, Debug)]
pub enum End {
    /// Goes on there. A jump to a block that dominates this one is a loop's back edge.
    Goto(BlockId),
    /// By a bool.
    Branch(Operand, BlockId, BlockId),
    /// By the variant of the enum value at a place (read); variants not listed go to the default.
    SwitchVariant(Place, Vec<(u32, BlockId)>, BlockId),
    /// Leaves the function with one value per result type.
    Return(Vec<Operand>),
    /// Leaves the function, to go on there when it is called again with the state in the local. Only until [`crate::coroutine`] has expanded it.
    Suspend(Local, BlockId),
    /// Ends the program with an error; with a text message (read).
    Raise(ErrorKind, Option<Operand>),
    /// Never reached: a call before it does not return.
    Unreachable,
}

impl End {
    /// The blocks it may go to, in order, with repetitions.
    pub fn targets(&self) -> Vec<BlockId> {
        match self {
            End::Goto(block) | End::Suspend(_, block) => vec![*block],
            End::Branch(_, a, b) => vec![*a, *b],
            End::SwitchVariant(_, cases, default) => {
                cases.iter().map(|&(_, block)| block).chain([*default]).collect()
            }
            End::Return(_) | End::Raise(..) | End::Unreachable => Vec::new(),
        }
    }
}
