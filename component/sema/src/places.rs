//! What names mean and where that is declared: what an editor asks. A check with a [`Watch`] keeps it, of wrong programs as well: what
//! could be inferred is there.

use base::{FileId, Span};

/// What a check is to keep.
#[derive(Clone, Copy, Default, Debug)]
pub struct Watch {
    /// A place in a name that is being written: everything that could be written there is wanted.
    pub cursor: Option<(FileId, u32)>,
}

/// What names of a module mean.
#[derive(Clone, Default, Debug)]
pub struct Places {
    /// What is named, each once.
    pub entities: Vec<Entity>,
    /// Names in the text, each once, in order: an index into `entities`, and whether it is declared there.
    pub uses: Vec<Use>,
    /// What could be written at the cursor.
    pub proposals: Vec<Entity>,
}

/// A name in the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Use {
    /// The name.
    pub span: Span,
    /// What it means.
    pub entity: u32,
    /// Its declaration.
    pub declares: bool,
}

/// Something that has a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entity {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// One line that says it as a declaration does, with types.
    pub detail: String,
    /// Where it is declared.
    pub place: Place,
}

/// Where something is declared.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Place {
    /// The name in its declaration.
    At(Span),
    /// A field or variant of the type whose name is declared there.
    Member(Span, String),
    /// A module.
    File(String),
    /// The compiler brings it.
    Nowhere,
}

/// What something with a name is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A module, of a file or in one.
    Module,
    /// A function.
    Function,
    /// A function of a type or trait.
    Method,
    /// A value type.
    Struct,
    /// A reference type.
    Class,
    /// An enum.
    Enum,
    /// A variant of one.
    Variant,
    /// A trait.
    Trait,
    /// A mixin.
    Mixin,
    /// Another name of a type.
    Alias,
    /// A type that the compiler brings.
    Builtin,
    /// A type parameter.
    TypeParameter,
    /// A field.
    Field,
    /// A parameter.
    Parameter,
    /// A variable that is set once.
    Value,
    /// A variable.
    Variable,
}
