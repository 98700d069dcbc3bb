//! The textual door to the compiler: what a loader and a compiler say to each other about templates and types, as JSON.
//!
//! | form | JSON |
//! |---|---|
//! | [`TypeInfo`] | `{kind, name?, bits?, signed?, lanes?, args?, elem?}`; which fields, the kind decides |
//! | [`Template`] | `{name, type_params, param_types?, return_type?}` |
//! | [`TypeHint`] | `{source, param_index?, ty}` |
//! | [`CompilationResult`] | `{success, code, error}` |
//! | [`Stats`] | `{type_inferences, template_instantiations, cache_hits, cache_misses}` |
//! | [`Failure`] | `{error}` |
//!
//! Reading is strict: a field that is unknown, twice there, missing or of no meaning for the kind is an error with line, column and
//! path. A `null` stands for a field that is not there. Printing puts everything on one line, the fields in the order above.
//!
//! Nothing here knows the compiler's own types, so both sides of the door can use it.

#[macro_use]
mod object;

mod messages;
mod types;

pub use messages::{CompilationResult, Failure, HintSource, Stats, Template, TypeHint};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
pub use types::{FloatWidth, IntWidth, TypeInfo};

/// What goes through the door: the forms, and lists of types and hints.
pub trait Form: Serialize + DeserializeOwned {}

impl Form for TypeInfo {}
impl Form for Vec<TypeInfo> {}
impl Form for Template {}
impl Form for TypeHint {}
impl Form for Vec<TypeHint> {}
impl Form for CompilationResult {}
impl Form for Stats {}
impl Form for Failure {}

/// The form that a text says.
pub fn parse<T: Form>(text: &str) -> Result<T, JsonError> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        JsonError::new(&path, error.inner())
    })?;
    reader.end().map_err(|error| JsonError::new("", &error))?;
    Ok(value)
}

/// The text of a form, on one line.
pub fn print<T: Form>(form: &T) -> String {
    match serde_json::to_string(form) {
        Ok(text) => text,
        Err(error) => unreachable!("forms have only texts as keys: {error}"),
    }
}

/// A text that is not the form it should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JsonError {
    /// Line, from 1; where reading stopped.
    pub line: usize,
    /// Column in bytes, from 1; 0 for the end of the line before.
    pub column: usize,
    /// The value that is wrong, as `[0].args[1].bits`; empty for the whole text.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
}

impl JsonError {
    fn new(path: &str, error: &serde_json::Error) -> JsonError {
        let (line, column) = (error.line(), error.column());
        let whole = error.to_string();
        let message = whole.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&whole);
        let path = if path == "." { "" } else { path };
        JsonError { line, column, path: path.to_owned(), message: message.to_owned() }
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        write!(f, "{}", self.message)
    }
}

impl std::error::Error for JsonError {}
