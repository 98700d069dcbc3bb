//! The typed tree: what sema hands to the MIR builder.
//!
//! Names are resolved, every expression has a type, sugar is gone (comprehensions, chains, `?.`, `|>`, default and named
//! arguments: calls have one argument per parameter, in order). What depends on a type parameter stays open and is decided per instance:
//! operators and conversions by the operand types, members by `crate::resolve`.
//!
//! A program with errors is never handed on.

use crate::intrinsic::Intrinsic;
use crate::library::Library;
use crate::modules::Exports;
use crate::scheme::Schemes;
use crate::ty::{AdtId, TraitId, Ty, TyId, Types};
use abi::RtFn;
use base::{Map, Span, Symbol, entity_id};
pub use syntax::ast::{BinOp, UnOp};

entity_id!(
    /// A function, method or lambda.
    FnId, "f"
);
entity_id!(
    /// A local variable, parameter or capture of a function.
    LocalId, "l"
);
entity_id!(
    /// A module-level variable.
    GlobalId, "g"
);
entity_id!(
    /// An implementation.
    ImplId, "impl"
);
entity_id!(
    /// A module of the program.
    ModuleId, "module"
);
entity_id!(
    /// A loop of a function: what `break` and `continue` name.
    LoopId, "loop"
);

/// A checked program.
#[derive(Default)]
pub struct Program {
    /// All types.
    pub types: Types,
    /// Structs, classes and enums.
    pub adts: Map<AdtId, Adt>,
    /// Traits.
    pub traits: Map<TraitId, Trait>,
    /// `impl` blocks, inherent and of traits.
    pub impls: Map<ImplId, Impl>,
    /// Functions, methods, lambdas.
    pub fns: Map<FnId, Fn>,
    /// Module-level variables that functions use, or that must outlive the module body.
    pub globals: Map<GlobalId, Global>,
    /// Every module-level variable becomes a global, so that each can be replaced by itself.
    pub all_globals: bool,
    /// Contracts are looked at, but not checked when the program runs.
    pub unchecked_contracts: bool,
    /// Libraries that were read into it, in order; everything else comes behind them.
    pub libraries: Vec<Library>,
    /// Modules, each behind those it uses. Their bodies run in this order.
    pub modules: Map<ModuleId, Module>,
    /// `main` of the last module, to be called after its body unless that already calls it.
    pub main: Option<FnId>,
    /// A module-level `main = <int>`: the exit code where there is no function `main`.
    pub main_code: Option<GlobalId>,
    /// `Result<T, E>` of the standard library: variant 0 is `Ok`, 1 is `Err`.
    pub result: Option<AdtId>,
    /// What [`crate::resolve`] decides instances by.
    pub schemes: Schemes,
}

impl Program {
    /// The type of sets, by the function of the standard library that makes one. A set is its only field, a dictionary, in all but name.
    pub fn set_type(&self, names: &base::Interner) -> Option<AdtId> {
        let id = *self.schemes.lang.get(&names.find("set_of")?)?;
        match self.types.get(self.schemes.sigs[id].ret?) {
            Ty::Adt(adt, _) => Some(*adt),
            _ => None,
        }
    }

    /// Whether an enum is that of unions, whose values are those of their members.
    pub fn is_union(&self, adt: AdtId, names: &base::Interner) -> bool {
        let adt = &self.adts[adt];
        matches!(adt.kind, AdtKind::Enum(_)) && names.name(adt.name).is_empty()
    }

    /// Whether there is anything to run: the body of a module, or a `main`.
    pub fn runs(&self) -> bool {
        self.main.is_some()
            || self.main_code.is_some()
            || self.modules.values().any(|module| module.init.is_some())
    }
}

/// A module: one source file, or the standard library.
pub struct Module {
    /// The path that it was added with.
    pub path: String,
    /// Its body: no parameters, result unit. None where there is nothing to run.
    pub init: Option<FnId>,
    /// What other modules see of it.
    pub(crate) exports: Exports,
}

impl Module {
    /// A module that shows nothing of itself.
    pub fn new(path: impl Into<String>, init: Option<FnId>) -> Module {
        Module { path: path.into(), init, exports: Exports::default() }
    }
}

/// A struct, class or enum.
pub struct Adt {
    /// Its name.
    pub name: Symbol,
    /// Where it is declared.
    pub span: Span,
    /// How many type parameters it has.
    pub generics: Vec<Generic>,
    /// What it is.
    pub kind: AdtKind,
}

/// What an [`Adt`] is. Types inside mention the type parameters of the adt.
pub enum AdtKind {
    /// A value type.
    Struct(Vec<Field>),
    /// A reference type.
    Class(Vec<Field>),
    /// A tagged union.
    Enum(Vec<Variant>),
}

/// A field of a struct, class or variant.
pub struct Field {
    /// Its name; payloads of variants may have none.
    pub name: Option<Symbol>,
    /// Its type.
    pub ty: TyId,
}

/// A variant.
pub struct Variant {
    /// Its name.
    pub name: Symbol,
    /// Its payload.
    pub fields: Vec<Field>,
    /// Its ordinal: the declared discriminant, or one more than the variant before.
    pub discriminant: i64,
}

/// A type parameter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Generic {
    /// Its name; made up for implicit ones.
    pub name: Symbol,
    /// It stands for a number, of this integer type.
    pub constant: Option<TyId>,
    /// Traits it must implement.
    pub bounds: Vec<TraitRef>,
    /// Traits it must not implement.
    pub lacks: Vec<TraitRef>,
    /// What it is where a type leaves it out; over the parameters in front of it.
    pub default: Option<TyId>,
}

impl Generic {
    /// A type parameter of which nothing is known.
    pub fn any(name: Symbol) -> Generic {
        Generic { name, constant: None, bounds: Vec::new(), lacks: Vec::new(), default: None }
    }
}

/// A trait with its type arguments.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub struct TraitRef {
    /// The trait.
    pub id: TraitId,
    /// Arguments, without `Self`.
    pub args: Vec<TyId>,
}

/// A trait. In its methods, `Param(0)` is `Self`, then the trait's parameters, then the method's own.
pub struct Trait {
    /// Its name.
    pub name: Symbol,
    /// Where it is declared.
    pub span: Span,
    /// Its type parameters, without `Self`.
    pub generics: Vec<Generic>,
    /// How many of them, the last ones, are associated types: implementations say what they are.
    pub associated: u32,
    /// Super-traits, over `Self` and the parameters.
    pub supers: Vec<TraitRef>,
    /// Methods in order; the function has a body where there is a default. Vtables have this order (super-traits' methods first).
    pub methods: Vec<(Symbol, FnId)>,
}

/// An implementation. `Param(n)` in it is its own n-th type parameter.
pub struct Impl {
    /// Its type parameters.
    pub generics: Vec<Generic>,
    /// The trait, or none for an inherent `impl`.
    pub trait_: Option<TraitRef>,
    /// The type.
    pub self_ty: TyId,
    /// The methods it has; a trait's defaults are not repeated.
    pub methods: Vec<(Symbol, FnId)>,
}

/// A function. Type parameters are numbered: the owner's (impl or, in a trait, `Self` and the trait's), then its own, then
/// the ones that inference added for untyped parameters and for what members and operators in the body leave open.
pub struct Fn {
    /// Its name.
    pub name: Symbol,
    /// The printed name: `Point.length`, `map`, `<lambda>`.
    pub path: String,
    /// Its declaration.
    pub span: Span,
    /// All type parameters.
    pub generics: Vec<Generic>,
    /// Parameters, `self` first where there is one. The types of the signature; in a body they are also the locals' types.
    pub params: Vec<TyId>,
    /// Result type.
    pub ret: TyId,
    /// Whether it has a `self`, and how it is passed.
    pub receiver: Receiver,
    /// What it does.
    pub kind: FnKind,
    /// From the standard library: left out of stack traces.
    pub is_std: bool,
}

/// How `self` is passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Receiver {
    /// There is none.
    None,
    /// As the first parameter, by value (a class instance is a reference).
    Value,
    /// `me` on a value type: the caller's place is moved in and the changed value is moved back: the function has an additional, first result of
    /// the type of `self`. On classes `me` is `Value`.
    InOut,
}

/// What a function does.
pub enum FnKind {
    /// It has a body.
    Body(Body),
    /// It has a body, which was compiled with its library: generic MIR of the same function.
    Template,
    /// There is no body: a trait's method without default, or a function of the standard library that the program does not use.
    Required,
    /// `extern fn rt_*`.
    Runtime(RtFn),
    /// `extern fn` of an intrinsic.
    Intrinsic(Intrinsic),
    /// `extern fn` of a program: whoever runs the program provides it.
    Host,
}

/// The body of a function.
pub struct Body {
    /// All locals.
    pub locals: Map<LocalId, Local>,
    /// The parameters' locals, in order.
    pub params: Vec<LocalId>,
    /// For a closure: locals that hold the captured values, in order.
    pub captures: Vec<LocalId>,
    /// For a nested function that refers to itself: the local that holds its own closure.
    pub self_closure: Option<LocalId>,
    /// The value of the body is the result, converted to the result type already.
    pub value: Expr,
}

/// A local variable.
pub struct Local {
    /// Its name; made up for temporaries.
    pub name: Symbol,
    /// Its type.
    pub ty: TyId,
    /// Where it is declared.
    pub span: Span,
}

/// A module-level variable. Set by the module body; reading it before is an `Internal` error only sema can rule out, so sema
/// orders or rejects.
pub struct Global {
    /// Its name.
    pub name: Symbol,
    /// Its type; no type parameters.
    pub ty: TyId,
    /// Declared with `var`.
    pub mutable: bool,
    /// Where it is declared.
    pub span: Span,
}

/// An expression.
#[derive(Clone)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its type.
    pub ty: TyId,
    /// Where it stands.
    pub span: Span,
}

/// Kinds of expressions. "Place" means: `Local`, `Global`, `Field` of a place or of any class value, `Index` of a place.
#[derive(Clone)]
pub enum ExprKind {
    /// Integer of the expression's type (bits; cut to the width), or float if the type is one.
    Int(u64),
    /// Float.
    Float(f64),
    /// Bool.
    Bool(bool),
    /// Text.
    Text(String),
    /// Texts and shown values joined. A spec was checked against the grammar.
    Format(Vec<FormatPart>),
    /// `nil` of an option type, or of `any`.
    Nil,
    /// `()`.
    Unit,
    /// Reads a local.
    Local(LocalId),
    /// Reads a module-level variable.
    Global(GlobalId),
    /// A function as a value, with its type arguments.
    FnValue(FnId, Vec<TyId>),
    /// A closure: a function with captures. Type arguments are all type parameters of the enclosing function, as they are.
    Closure { id: FnId, args: Vec<TyId>, captures: Vec<Expr> },
    /// A struct, class or variant of an enum (the type says which adt), all fields in order.
    Construct { variant: Option<u32>, fields: Vec<Expr> },
    /// A present option: `Some(e)`.
    Some(Box<Expr>),
    /// `(a, b)`.
    Tuple(Vec<Expr>),
    /// `[a, *xs]`; the flag marks spreads.
    Array(Vec<(bool, Expr)>),
    /// `[v; n]`.
    Repeat(Box<Expr>, Box<Expr>),
    /// `{k: v}`.
    Dict(Vec<DictElement>),
    /// `start..end`.
    Range { start: Box<Expr>, end: Option<Box<Expr>>, inclusive: bool },
    /// A binary operator by the operand types. Neither operand needs a conversion first: mixed numbers are the operator's business.
    Binary(BinOp, Box<Expr>, Box<Expr>),
    /// Both operands are tested for truth; the result is bool.
    And(Box<Expr>, Box<Expr>),
    /// Both operands are tested for truth; the result is bool.
    Or(Box<Expr>, Box<Expr>),
    /// `not e` tests truth; `-e`, `~e` by the operand type.
    Unary(UnOp, Box<Expr>),
    /// Truth of a value as a bool.
    Truthy(Box<Expr>),
    /// A conversion that sema put in, from the operand's type to this expression's: T to `T?`, T to `any`, `any` to T (checked), a type to
    /// `dyn Trait`, `Never` to anything, between numbers where the language converts; also none at all where an instance makes both the same.
    Coerce(Box<Expr>),
    /// `e as T`.
    Cast(Box<Expr>),
    /// A call.
    Call(Box<Call>),
    /// A field by position: struct, class, tuple.
    Field(Box<Expr>, u32),
    /// A member without call on a type parameter: a field or a method without arguments, decided per instance. On `any` it is looked up
    /// when the program runs.
    Member(Box<Expr>, Symbol),
    /// `c[i]` by the type of `c`: array, text, dict, any. Of a dict with values `V` the type is `V?`, and a missing key gives nil; in a place that is
    /// changed it is `V` itself, the entry.
    Index(Box<Expr>, Box<Expr>),
    /// `c[i:j:k]` of array or text.
    Slice { base: Box<Expr>, start: Option<Box<Expr>>, end: Option<Box<Expr>>, step: Option<Box<Expr>> },
    /// `e?`: on nil or Err returns it (converted to the function's result type) from the function.
    Try(Box<Expr>),
    /// `a ?? b`.
    Coalesce(Box<Expr>, Box<Expr>),
    /// Statements, then the value; without one the block is unit (or never).
    Block { stmts: Vec<Expr>, value: Option<Box<Expr>> },
    /// Declares and initialises a local. The pattern matches always.
    Let { pat: Pat, init: Box<Expr> },
    /// Refutable: where the pattern does not match, `otherwise` (which never returns) runs.
    LetElse { pat: Pat, init: Box<Expr>, otherwise: Box<Expr> },
    /// Writes a place. With an operator: reads, computes (by the types), converts to the place's type and writes; index expressions run once,
    /// before the value; the place is read after it.
    Assign { place: Box<Expr>, op: Option<BinOp>, value: Box<Expr> },
    /// `if c: a else: b`; without else the type is unit, or an option or any with nil.
    If { cond: Box<Cond>, then: Box<Expr>, otherwise: Option<Box<Expr>> },
    /// First matching arm; where none matches the value is nil (or unit), and sema has made the type so, unless `exhaustive`.
    Match { value: Box<Expr>, arms: Vec<Arm>, exhaustive: bool },
    /// `while`.
    While { id: LoopId, cond: Box<Cond>, body: Box<Expr> },
    /// `for`: over array (a snapshot), dict ((key, value) tuples in key order), text (characters), range, int n (0..n), any; by the type. `index` is set to 0, 1, ...
    For { id: LoopId, index: Option<LocalId>, pat: Pat, iter: Box<Expr>, body: Box<Expr> },
    /// `loop`; its type is that of `break` values.
    Loop { id: LoopId, body: Box<Expr> },
    /// Work for when the function returns: what was registered last is done first. It stands where control always passes on its way to
    /// what is behind it in the function. The work itself leaves nothing around it.
    Defer { exit: Exit, body: Box<Expr> },
    /// A body, and what is done whenever it is left: at its end and by every jump.
    Finally { body: Box<Expr>, cleanup: Box<Expr> },
    /// Leaves a loop; the value goes to `loop`.
    Break(LoopId, Option<Box<Expr>>),
    /// Goes on with a loop.
    Continue(LoopId),
    /// Leaves the function, to go on behind it when it is called again; the parameter holds its state.
    Suspend(LocalId),
    /// Leaves the function; unit without value.
    Return(Option<Box<Expr>>),
    /// `assert c, message`.
    Assert { cond: Box<Expr>, message: Option<Box<Expr>> },
    /// Reported; never handed on.
    Error,
}

/// A call. Arguments have the types of the callee's parameters (converted), except for members decided per instance, whose arguments
/// are converted then.
#[derive(Clone)]
pub struct Call {
    /// What is called.
    pub callee: Callee,
    /// Arguments, `self` first. For an `InOut` receiver the first is a place, or any value, whose change is then lost.
    pub args: Vec<Expr>,
}

/// What is called.
#[derive(Clone)]
pub enum Callee {
    /// A function with all its type arguments.
    Fn(FnId, Vec<TyId>),
    /// A trait's method on a type that has the bound; the impl is found per instance. `args` are the method's own type arguments.
    Trait { trait_: TraitRef, method: u32, self_ty: TyId, args: Vec<TyId> },
    /// A method of a trait object, which is the first argument; `method` counts in vtable order.
    Dyn { trait_: TraitRef, method: u32 },
    /// A method by name on a type parameter: `resolve::member` decides per instance; on `any`, when the program runs. The receiver is the first argument. `statement` is set
    /// where the result is not used.
    Member { name: Symbol, statement: bool },
    /// A function value.
    Value(Box<Expr>),
}

/// Which returns of a function deferred work is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// All of them.
    Any,
    /// Those with anything but an `Err`; the local is set to the result first.
    Success(LocalId),
    /// Those with an `Err`; the local, if any, is set to the result first.
    Error(Option<LocalId>),
}

/// A condition.
#[derive(Clone)]
pub enum Cond {
    /// Tests truth.
    Expr(Expr),
    /// Matches.
    Let { pat: Pat, value: Expr },
}

/// A piece of an interpolated text.
#[derive(Clone)]
pub enum FormatPart {
    /// Literal.
    Text(String),
    /// A value and how to print it.
    Value(Expr, Option<String>),
}

/// An element of a dict literal.
#[derive(Clone)]
pub enum DictElement {
    /// `k: v`.
    Pair(Expr, Expr),
    /// `**d`.
    Spread(Expr),
}

/// An arm of a match.
#[derive(Clone)]
pub struct Arm {
    /// The pattern.
    pub pat: Pat,
    /// The guard.
    pub guard: Option<Expr>,
    /// The value, converted to the type of the match.
    pub body: Expr,
}

/// A pattern over a value of type `ty`.
#[derive(Clone)]
pub struct Pat {
    /// What it is.
    pub kind: PatKind,
    /// The type of what is matched.
    pub ty: TyId,
    /// Where it stands.
    pub span: Span,
}

/// Kinds of patterns.
#[derive(Clone)]
pub enum PatKind {
    /// Matches all.
    Wild,
    /// Matches all and binds a copy.
    Bind(LocalId),
    /// Equal to a literal (`Int`, `Float`, `Bool`, `Text` of a type that compares with `ty`).
    Literal(Box<Expr>),
    /// Inside a range of literals.
    Range { start: Option<Box<Expr>>, end: Option<Box<Expr>>, inclusive: bool },
    /// Any of them; all bind the same locals.
    Or(Vec<Pat>),
    /// Each element.
    Tuple(Vec<Pat>),
    /// An array with these items first, then, with a rest, any number (bound as an array if named), then the last items. Without a rest the length is exact.
    Array { first: Vec<Pat>, rest: Option<Option<LocalId>>, last: Vec<Pat> },
    /// Fields of a struct or class by position.
    Struct(Vec<(u32, Pat)>),
    /// A variant with its payload; fewer patterns than fields leave the others open.
    Variant { variant: u32, args: Vec<Pat> },
    /// A present option; of `any`: not nil.
    Some(Box<Pat>),
    /// An absent option, or nil in `any`.
    Nil,
    /// A value of `any` that holds this type.
    Is(TyId, Box<Pat>),
}
