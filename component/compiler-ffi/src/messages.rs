//! What is said about templates.

use crate::object::Fields;
use crate::types::TypeInfo;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a template looks like from outside: enough to infer its type arguments.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct Template {
    /// Its name.
    pub name: String,
    /// Its type parameters; no name twice.
    #[serde(deserialize_with = "distinct")]
    pub type_params: Vec<String>,
    /// The types of its parameters, where they are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub param_types: Option<Vec<TypeInfo>>,
    /// The type of its result, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_type: Option<TypeInfo>,
}

fn distinct<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let names = Vec::<String>::deserialize(from)?;
    let mut seen = BTreeSet::new();
    match names.iter().find(|name| !seen.insert(name.as_str())) {
        None => Ok(names),
        Some(name) => Err(serde::de::Error::custom(format!("the type parameter `{name}` twice"))),
    }
}

/// What a place in a program tells about the types of a template.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct TypeHint {
    /// What kind of place.
    pub source: HintSource,
    /// The parameter it is about, from 0, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub param_index: Option<u32>,
    /// The type it gives or expects.
    pub ty: TypeInfo,
}

/// Where a hint comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HintSource {
    /// An argument of a call.
    CallSite,
    /// What the caller does with the result.
    Return,
    /// A variable that the result is put into.
    Assignment,
    /// A bound of a type parameter.
    Constraint,
}

/// What became of an instantiation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(into = "RawResult")]
pub enum CompilationResult {
    /// The code: `{"success":true,"code":[...],"error":null}`.
    Code(Vec<u8>),
    /// Why there is none: `{"success":false,"code":[],"error":"..."}`.
    Error(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawResult {
    success: bool,
    code: Vec<u8>,
    error: Option<String>,
}

impl From<CompilationResult> for RawResult {
    fn from(result: CompilationResult) -> RawResult {
        match result {
            CompilationResult::Code(code) => RawResult { success: true, code, error: None },
            CompilationResult::Error(error) => {
                RawResult { success: false, code: Vec::new(), error: Some(error) }
            }
        }
    }
}

impl TryFrom<RawResult> for CompilationResult {
    type Error = &'static str;

    fn try_from(raw: RawResult) -> Result<CompilationResult, &'static str> {
        match (raw.success, raw.error) {
            (true, None) => Ok(CompilationResult::Code(raw.code)),
            (true, Some(_)) => Err("success with an `error`"),
            (false, _) if !raw.code.is_empty() => Err("`code` without success"),
            (false, Some(error)) => Ok(CompilationResult::Error(error)),
            (false, None) => Err("neither success nor an `error`"),
        }
    }
}

/// What a context has done.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct Stats {
    /// Inferences asked for.
    pub type_inferences: u64,
    /// Instantiations asked for.
    pub template_instantiations: u64,
    /// Answers that were known.
    pub cache_hits: u64,
    /// Answers that had to be found.
    pub cache_misses: u64,
}

/// The answer to what cannot be answered, such as a handle that nobody gave out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct Failure {
    /// Why.
    pub error: String,
}

from_object!(RawResult => CompilationResult);

objects!(Template, TypeHint, Stats, Failure);
