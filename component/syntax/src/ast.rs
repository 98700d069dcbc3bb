//! The syntax tree: what was written, with places, before any name means anything.
//!
//! The parser never fails: where something cannot be read it reports a diagnostic and leaves an
//! [`ExprKind::Error`], [`StmtKind::Error`] or [`TypeKind::Error`] behind. Sugar that needs no types
//! is already resolved here: placeholders (`_ * 2`) and `&:len` are lambdas, `x |> f(a)` is a call,
//! no-parenthesis calls are calls, comparison chains are [`ExprKind::Chain`], `unwrap or:` keeps its own node.

use base::{FileId, Span, Symbol};

/// A name with its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Name {
    /// The interned name.
    pub sym: Symbol,
    /// Where it stands.
    pub span: Span,
}

/// One source file.
#[derive(Clone, Debug)]
pub struct Module {
    /// The file.
    pub file: FileId,
    /// `use` declarations, in order.
    pub uses: Vec<Use>,
    /// Statements and declarations in order; declarations are [`StmtKind::Item`].
    pub body: Vec<Stmt>,
}

/// A `use`, `import`, `from` or `export` line.
#[derive(Clone, Debug)]
pub struct Use {
    /// Path segments, such as `std`, `text`; leading dots count as segments `.` and `..`. Empty for `export a, b`,
    /// which makes names of this file visible. In the body, [`StmtKind::Pass`] stands where the line was.
    pub path: Vec<Name>,
    /// What is brought into scope.
    pub what: UseWhat,
    /// `export use`.
    pub export: bool,
    /// The whole line.
    pub span: Span,
}

/// What a `use` brings into scope.
#[derive(Clone, Debug)]
pub enum UseWhat {
    /// The module itself, or the capitalised last segment; with an optional `as` name.
    Module(Option<Name>),
    /// `.{a, b as c}`.
    Items(Vec<(Name, Option<Name>)>),
    /// `.*`.
    Glob,
}

/// A statement.
#[derive(Clone, Debug)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// Where it stands.
    pub span: Span,
}

/// A block: its value is that of the last statement where that is an expression.
#[derive(Clone, Debug)]
pub struct Block {
    /// The statements.
    pub stmts: Vec<Stmt>,
    /// From the first statement to the last; for an empty block the place where it should be.
    pub span: Span,
}

/// Kinds of statements.
#[derive(Clone, Debug)]
pub enum StmtKind {
    /// A declaration.
    Item(Item),
    /// An expression; also `if`, `match`, `loop`s, which are expressions.
    Expr(Expr),
    /// `val p: T = e`, `var p = e`, `let`, `const`, `static`, `n := e`; with `else` block for refutable patterns.
    Let { mutable: bool, pat: Pat, ty: Option<Type>, init: Option<Expr>, otherwise: Option<Block> },
    /// `place = e`, `place += e`; `op` is the operator of a compound assignment. `_ = e` has a wildcard target.
    Assign { target: Expr, op: Option<BinOp>, value: Expr },
    /// `return`.
    Return(Option<Expr>),
    /// `break 'label v`.
    Break { label: Option<Name>, value: Option<Expr> },
    /// `continue 'label`.
    Continue { label: Option<Name> },
    /// `pass` and its relatives.
    Pass,
    /// `assert c`, `assert c, "msg"`, `assert(c)`.
    Assert { cond: Expr, message: Option<Expr> },
    /// `defer`, or `errdefer` with `on_error`.
    Defer { on_error: bool, body: Block },
    /// `in:`, `out(r):` and their relatives.
    Contract(Contract),
    /// The body of a test group: at the level of the module, what it declares is the module's, under names of its own.
    Group(Block),
    /// Unreadable; reported.
    Error,
}

/// A clause block of a contract.
#[derive(Clone, Debug)]
pub struct Contract {
    /// What the conditions are.
    pub kind: ContractKind,
    /// The name that `out(r)` or `out_err(e)` gives the result.
    pub name: Option<Name>,
    /// What must hold.
    pub clauses: Vec<Clause>,
}

/// Kinds of contract clauses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ContractKind {
    /// `in:`, `requires:`: holds where the function begins.
    Requires,
    /// `out(r):`, `ensures:`: holds where it returns.
    Ensures,
    /// `out_err(e):`: holds where it returns an `Err`.
    EnsuresError,
    /// `invariant:`: holds where the function begins and where it returns; in a block, where it stands.
    Invariant,
    /// `decreases:`: a measure for proofs; nothing is checked when the program runs.
    Decreases,
}

/// A condition of a contract.
#[derive(Clone, Debug)]
pub struct Clause {
    /// What must hold.
    pub cond: Expr,
    /// `, "msg"`.
    pub message: Option<Expr>,
}

/// A declaration.
#[derive(Clone, Debug)]
pub struct Item {
    /// What is declared.
    pub kind: ItemKind,
    /// `pub`.
    pub public: bool,
    /// Attributes and decorators, in order.
    pub attrs: Vec<Attr>,
    /// The whole declaration.
    pub span: Span,
}

/// `@name(args)` or `#[name(args)]`.
#[derive(Clone, Debug)]
pub struct Attr {
    /// Its name.
    pub name: Name,
    /// Its arguments; empty without parentheses.
    pub args: Vec<Arg>,
    /// With parentheses.
    pub called: bool,
    /// `#[..]` rather than `@..`.
    pub hash: bool,
}

/// Kinds of declarations.
#[derive(Clone, Debug)]
pub enum ItemKind {
    /// `fn`.
    Fn(Fn),
    /// `struct` (value) or `class` (reference).
    Struct(Struct),
    /// `enum` (and `union N:`).
    Enum(Enum),
    /// `trait`.
    Trait(Trait),
    /// `impl`.
    Impl(Impl),
    /// `type N = T` and `alias N = T`.
    TypeAlias { name: Name, generics: Generics, ty: Type },
    /// `fn new = old`: another name of a function.
    FnAlias { name: Name, target: Name },
    /// `mixin`: fields and methods that types take over.
    Mixin(Struct),
    /// `mod name:` with declarations below.
    Module { name: Name, items: Vec<Item> },
    /// A construct of the language that comes later: `mixin`, `actor`, `unit`, `bitfield`, ...; the keyword.
    NotYet(Name),
}

/// A function or method.
#[derive(Clone, Debug)]
pub struct Fn {
    /// Its name.
    pub name: Name,
    /// Type parameters.
    pub generics: Generics,
    /// Parameters without `self`.
    pub params: Vec<Param>,
    /// `self` written as first parameter.
    pub explicit_self: Option<Span>,
    /// Declared result type.
    pub ret: Option<Type>,
    /// The body; `None` for a trait's required method and for `extern fn`.
    pub body: Option<Block>,
    /// How it was introduced.
    pub kind: FnKind,
    /// `extern fn`.
    pub is_extern: bool,
}

/// `fn`, `me` or `static fn`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FnKind {
    /// `fn`: as a method, it only reads `self`.
    Fn,
    /// `me`: a method that may change `self`.
    Me,
    /// `static fn`: no `self`.
    Static,
    /// `const N: T = e` in the body of a type, a trait or an `impl`: read as `Type.N`, with neither `self` nor parameters. In a trait it may
    /// have no value.
    Const,
}

/// A parameter.
#[derive(Clone, Debug)]
pub struct Param {
    /// Its name.
    pub name: Name,
    /// Its type; none makes it an implicit type parameter.
    pub ty: Option<Type>,
    /// Its default, evaluated for each call that leaves it out.
    pub default: Option<Expr>,
    /// `mut`.
    pub mutable: bool,
    /// `name...`.
    pub variadic: bool,
}

/// `<T: A + B, const N: usize>` with its `where` clause.
#[derive(Clone, Debug, Default)]
pub struct Generics {
    /// The parameters.
    pub params: Vec<GenericParam>,
    /// `where T: A + B`; each bound on a type.
    pub wheres: Vec<(Type, Vec<Type>)>,
}

/// One type parameter.
#[derive(Clone, Debug)]
pub struct GenericParam {
    /// Its name.
    pub name: Name,
    /// `const N: usize`: it stands for a number, of this type.
    pub constant: Option<Type>,
    /// Its bounds.
    pub bounds: Vec<Type>,
    /// What it is where nothing says it.
    pub default: Option<Type>,
}

/// `struct` or `class`.
#[derive(Clone, Debug)]
pub struct Struct {
    /// Its name.
    pub name: Name,
    /// Type parameters.
    pub generics: Generics,
    /// `class`: a reference type.
    pub is_class: bool,
    /// Fields in order.
    pub fields: Vec<Field>,
    /// Methods declared in the body.
    pub methods: Vec<Item>,
    /// Mixins that it takes over, with type arguments: `use M`, `with M<i64>`.
    pub mixins: Vec<(Name, Vec<Type>)>,
    /// `alias Trait = field`: the trait's methods are those of the field.
    pub forwards: Vec<(Type, Name)>,
    /// `invariant:`.
    pub invariants: Vec<Clause>,
}

/// A field.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// Its default.
    pub default: Option<Expr>,
}

/// `enum`.
#[derive(Clone, Debug)]
pub struct Enum {
    /// Its name.
    pub name: Name,
    /// Type parameters.
    pub generics: Generics,
    /// Variants in order.
    pub variants: Vec<Variant>,
    /// Methods declared in the body.
    pub methods: Vec<Item>,
}

/// A variant of an enum.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Its name.
    pub name: Name,
    /// Payload types with optional names.
    pub fields: Vec<(Option<Name>, Type)>,
    /// `= 3`.
    pub discriminant: Option<Expr>,
}

/// `trait`.
#[derive(Clone, Debug)]
pub struct Trait {
    /// Its name.
    pub name: Name,
    /// Type parameters.
    pub generics: Generics,
    /// Super-traits.
    pub supers: Vec<Type>,
    /// Associated types with defaults.
    pub types: Vec<(Name, Option<Type>)>,
    /// Methods; without a body they are required.
    pub methods: Vec<Item>,
}

/// `impl`.
#[derive(Clone, Debug)]
pub struct Impl {
    /// Type parameters of the block.
    pub generics: Generics,
    /// The trait, for `impl Trait for Type`.
    pub trait_: Option<Type>,
    /// The type.
    pub self_ty: Type,
    /// Associated types.
    pub types: Vec<(Name, Type)>,
    /// Methods.
    pub methods: Vec<Item>,
}

/// A type as written.
#[derive(Clone, Debug)]
pub struct Type {
    /// What it is.
    pub kind: TypeKind,
    /// Where it stands.
    pub span: Span,
}

/// Kinds of types.
#[derive(Clone, Debug)]
pub enum TypeKind {
    /// `Name<A, B>`, `mod.Name`; also `i64`, `text`, `Self`, `Self.Item` (two segments).
    Path { path: Vec<Name>, args: Vec<Type> },
    /// `[T]`.
    Array(Box<Type>),
    /// `[T; N]`.
    FixedArray(Box<Type>, Box<Expr>),
    /// `{K: V}`.
    Dict(Box<Type>, Box<Type>),
    /// `{T}`.
    Set(Box<Type>),
    /// `(A, B)`; `()` is the unit.
    Tuple(Vec<Type>),
    /// `T?`.
    Option(Box<Type>),
    /// `fn(A, B) -> R`.
    Fn(Vec<Type>, Option<Box<Type>>),
    /// `dyn Trait`.
    Dyn(Box<Type>),
    /// `A | B`.
    Union(Vec<Type>),
    /// `Item = T` among the arguments of a trait.
    Binding(Name, Box<Type>),
    /// A whole number as a type argument: `Buffer<16>`.
    Number(u64),
    /// `!Trait` among bounds: the type does not have the trait.
    Not(Box<Type>),
    /// `&T`, `*T`, `mut T`, SIMD and other rare forms; the word that shows which.
    NotYet(Symbol),
    /// Unreadable; reported.
    Error,
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// Integer suffix or float suffix of a number: `u8`, `f32`, ...
pub type Suffix = Option<Symbol>;

/// Kinds of expressions.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// An integer; 64 bits as written (a value above i64 keeps its bit pattern).
    Int(u64, Suffix),
    /// A float.
    Float(f64, Suffix),
    /// `true`, `false`.
    Bool(bool),
    /// A text without interpolation.
    Text(String),
    /// `"a {x:.2f} b"`.
    Format(Vec<FormatPart>),
    /// `nil` and `None`.
    Nil,
    /// `()`.
    Unit,
    /// A name; `self` and `Self` too.
    Name(Symbol),
    /// `Name<T, U>` applied to explicit type arguments; base is a name or field.
    TypeApply(Box<Expr>, Vec<Type>),
    /// `(a, b)`.
    Tuple(Vec<Expr>),
    /// `[a, *xs, b]`.
    Array(Vec<Element>),
    /// `[v; n]`.
    Repeat(Box<Expr>, Box<Expr>),
    /// `s{a, *xs, b}`.
    Set(Vec<Element>),
    /// `{k: v, **d}`; `{}` is an empty dict.
    Dict(Vec<DictElement>),
    /// `Type { field: v }`.
    Record { ty: Box<Expr>, fields: Vec<(Name, Expr)> },
    /// `(x: 1, y: 2)`: a record of a type without name.
    Anonymous(Vec<(Name, Expr)>),
    /// `[e for p in xs if c]` and its other spelling.
    ArrayComp { value: Box<Expr>, clause: Box<CompClause> },
    /// `{k: v for p in xs if c}`.
    DictComp { key: Box<Expr>, value: Box<Expr>, clause: Box<CompClause> },
    /// `a..b`, `a..=b`, with open ends.
    Range { start: Option<Box<Expr>>, end: Option<Box<Expr>>, inclusive: bool },
    /// `a op b`, without the short-circuit and coalescing operators.
    Binary(BinOp, Box<Expr>, Box<Expr>),
    /// `a < b < c`: operands one more than operators, each evaluated at most once.
    Chain(Vec<BinOp>, Vec<Expr>),
    /// The comparison of an expectation: both sides are evaluated once, then `tell`, in which `names` are the truth of the comparison, the left
    /// side and the right side.
    Compared { op: BinOp, sides: Box<[Expr; 2]>, names: [Symbol; 3], tell: Box<Expr> },
    /// `a and b`.
    And(Box<Expr>, Box<Expr>),
    /// `a or b`.
    Or(Box<Expr>, Box<Expr>),
    /// `a ?? b`.
    Coalesce(Box<Expr>, Box<Expr>),
    /// `f ~> g`, `f // g`: a function made of two.
    Combine(Combinator, Box<Expr>, Box<Expr>),
    /// `-a`, `not a`, `~a`.
    Unary(UnOp, Box<Expr>),
    /// `f(args)`.
    Call { callee: Box<Expr>, args: Vec<Arg> },
    /// `a.name`, also `a.0` (the name is the digits).
    Field(Box<Expr>, Name),
    /// `a?.name`, to be called or not: where a call follows it is inside `call`.
    OptChain { base: Box<Expr>, name: Name, call: Option<Vec<Arg>> },
    /// `a[i]`.
    Index(Box<Expr>, Box<Expr>),
    /// `a[i:j:k]`, `a[i..j]`.
    Slice { base: Box<Expr>, start: Option<Box<Expr>>, end: Option<Box<Expr>>, step: Option<Box<Expr>> },
    /// `e?`.
    Try(Box<Expr>),
    /// `e.?`.
    Present(Box<Expr>),
    /// `e as T`.
    Cast(Box<Expr>, Box<Type>),
    /// A lambda in any spelling; the body's value is the result.
    Lambda { params: Vec<LambdaParam>, body: Box<Block> },
    /// `if`, as expression or statement. `elif` is an `If` in the else block.
    If { cond: Box<Cond>, then: Block, otherwise: Option<Block> },
    /// `match`.
    Match { value: Box<Expr>, arms: Vec<Arm> },
    /// `while c:`; also `while val p = e:`.
    While { label: Option<Name>, cond: Box<Cond>, body: Block },
    /// `for p in e:`; `index` holds `i` of `for i, x in xs`.
    For { label: Option<Name>, index: Option<Name>, pat: Pat, iter: Box<Expr>, body: Block },
    /// `loop:`.
    Loop { label: Option<Name>, body: Block },
    /// A `return`, `break`, `continue` or `assert!(c)` where an expression is expected (`a ?? return e`).
    Jump(Box<Stmt>),
    /// A block of its own (inline `if` arms are blocks already); a colon-block argument is a lambda.
    Block(Block),
    /// `x unwrap or: d`, `x unwrap else: f`, `x unwrap or_return: d`.
    Unwrap { value: Box<Expr>, kind: UnwrapKind, fallback: Box<Expr> },
    /// `context e:`: calls of names that the object has methods of are calls of these.
    Context { object: Box<Expr>, body: Block },
    /// `with e as p:`.
    With { resource: Box<Expr>, pat: Option<Box<Pat>>, body: Block },
    /// `await e`.
    Await(Box<Expr>),
    /// The body of `gen f():`, alone in the body of its function.
    Generator(Block),
    /// `yield e`, `yield`.
    Yield(Option<Box<Expr>>),
    /// A construct that comes later; the word that shows which.
    NotYet(Symbol),
    /// Unreadable; reported.
    Error,
}

/// The three `unwrap` suffixes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnwrapKind {
    /// `or:`
    Or,
    /// `else:`
    Else,
    /// `or_return:`
    OrReturn,
}

/// The condition of `if` and `while`.
#[derive(Clone, Debug)]
pub enum Cond {
    /// A truth test.
    Expr(Expr),
    /// `val p = e`; a plain name tests "not nil" and binds the unwrapped value. `mutable` for `var`.
    Let { mutable: bool, pat: Pat, value: Expr },
}

/// A piece of an interpolated text.
#[derive(Clone, Debug)]
pub enum FormatPart {
    /// Literal text, escapes resolved.
    Text(String),
    /// `{expr:spec}`; the spec is checked by sema (a table in `base` or `abi` describes it).
    Expr { expr: Expr, spec: Option<(String, Span)> },
}

/// An element of an array literal.
#[derive(Clone, Debug)]
pub enum Element {
    /// `e`.
    Item(Expr),
    /// `*e`.
    Spread(Expr),
}

/// An element of a dict literal.
#[derive(Clone, Debug)]
pub enum DictElement {
    /// `k: v`.
    Pair(Expr, Expr),
    /// `**d`.
    Spread(Expr),
}

/// `for p in xs if c` of a comprehension.
#[derive(Clone, Debug)]
pub struct CompClause {
    /// What is bound.
    pub pat: Pat,
    /// What is iterated.
    pub iter: Expr,
    /// The filter.
    pub cond: Option<Expr>,
}

/// An argument of a call.
#[derive(Clone, Debug)]
pub struct Arg {
    /// `name: v` or `name = v`.
    pub name: Option<Name>,
    /// The value.
    pub value: Expr,
    /// `xs...`.
    pub spread: bool,
}

/// A parameter of a lambda.
#[derive(Clone, Debug)]
pub struct LambdaParam {
    /// A name, `_`, or a tuple pattern.
    pub pat: Pat,
    /// Its type.
    pub ty: Option<Type>,
}

/// An arm of a match.
#[derive(Clone, Debug)]
pub struct Arm {
    /// The pattern.
    pub pat: Pat,
    /// `if g`.
    pub guard: Option<Expr>,
    /// What it does.
    pub body: Block,
    /// The whole arm.
    pub span: Span,
}

/// A pattern.
#[derive(Clone, Debug)]
pub struct Pat {
    /// What it is.
    pub kind: PatKind,
    /// Where it stands.
    pub span: Span,
}

/// Kinds of patterns.
#[derive(Clone, Debug)]
pub enum PatKind {
    /// `_`.
    Wild,
    /// A name: binds, or is a unit variant (sema decides). `mut n` sets `mutable`.
    Name { name: Name, mutable: bool },
    /// A literal (`Int`, `Float`, `Bool`, `Text`, negative numbers as `Unary(Neg, ..)`).
    Literal(Box<Expr>),
    /// `nil`.
    Nil,
    /// `1..5`, `'a'..='z'`.
    Range { start: Option<Box<Expr>>, end: Option<Box<Expr>>, inclusive: bool },
    /// `A | B`, `A, B`.
    Or(Vec<Pat>),
    /// `(a, _)`.
    Tuple(Vec<Pat>),
    /// `[a, b, ...]`; `rest` is the position of `...`, with its optional name.
    Array { items: Vec<Pat>, rest: Option<(usize, Option<Name>)> },
    /// `P { x: 0, y }`.
    Record { path: Vec<Name>, fields: Vec<(Name, Option<Pat>)> },
    /// `E.V(p)`, `V(p)`, `E.V`; `args` is `None` without parentheses.
    Variant { path: Vec<Name>, args: Option<Vec<Pat>> },
    /// `n: i64`.
    Typed { name: Name, ty: Box<Type> },
    /// Unreadable; reported.
    Error,
}

macro_rules! operators {
    ($(#[doc = $doc:literal])+ $name:ident: $($variant:ident $symbol:literal;)*) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        pub enum $name { $(#[doc = concat!("`", $symbol, "`")] $variant,)* }

        impl $name {
            /// The operator as it is written.
            pub const fn symbol(self) -> &'static str {
                match self { $($name::$variant => $symbol,)* }
            }
        }
    };
}

operators! {
    /// Binary operators that always evaluate both sides.
    BinOp:
    Add "+";
    Sub "-";
    Mul "*";
    Div "/";
    Rem "%";
    Pow "**";
    BitAnd "&";
    BitOr "|";
    BitXor "^";
    Shl "<<";
    Shr ">>";
    Eq "==";
    Ne "!=";
    Lt "<";
    Le "<=";
    Gt ">";
    Ge ">=";
    In "in";
    NotIn "not in";
    Is "is";
    MatMul "@";
}

operators! {
    /// Operators on functions.
    Combinator:
    Connect "~>";
    Parallel "//";
}

operators! {
    /// Unary operators.
    UnOp:
    Neg "-";
    Not "not";
    BitNot "~";
}
