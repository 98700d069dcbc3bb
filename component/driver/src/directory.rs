//! What is declared in a checked program, by name; and types that somebody outside describes, by these names.
//!
//! A name stands alone (`largest`, `Point.length`, `Tree`) or behind the path of its module, with or without the ending (`lists.spl::largest`,
//! `lists::largest`). Alone it must be the name of one thing only.

use crate::types::Node;
use base::{Code, Cx, Diagnostic, EntityId, FileId, Span};
use sema::hints::{MAX_TYPE_DEPTH, MAX_TYPE_SIZE};
use sema::hir::{FnId, Program, TraitRef};
use sema::ty::{AdtId, IntTy, TraitId, Ty, TyId, Types};
use std::collections::HashMap;

/// Functions, types and traits by name.
pub(crate) struct Directory {
    functions: HashMap<String, Vec<FnId>>,
    types: HashMap<String, Vec<AdtId>>,
    traits: HashMap<String, Vec<TraitId>>,
    /// What errors are blamed on.
    span: Span,
}

/// What a described type may mention.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Parameters {
    /// The first so many type parameters of the template.
    Of(usize),
    /// None.
    None,
}

impl Directory {
    /// The directory of a checked program. Errors are blamed on the place.
    pub fn new(cx: &Cx, program: &Program, span: Span) -> Directory {
        // Names in angle brackets are made up by the compiler: lambdas, defaults, bodies of modules.
        let functions = program.fns.iter().map(|(id, function)| (id, function.path.as_str()));
        Directory {
            functions: index(functions.filter(|(_, path)| !path.contains('<'))),
            types: index(program.adts.iter().map(|(id, adt)| (id, cx.names.name(adt.name)))),
            traits: index(program.traits.iter().map(|(id, trait_)| (id, cx.names.name(trait_.name)))),
            span,
        }
    }

    /// What errors are blamed on.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The function of a name.
    pub fn function(&self, cx: &Cx, program: &Program, name: &str) -> Result<FnId, Diagnostic> {
        let file = |id: FnId| program.fns[id].span.file;
        self.one(cx, &self.functions, name, Code::UnknownName, "function", file)
    }

    fn adt(&self, cx: &Cx, program: &Program, name: &str) -> Result<AdtId, Diagnostic> {
        let file = |id: AdtId| program.adts[id].span.file;
        self.one(cx, &self.types, name, Code::UnknownType, "type", file)
    }

    /// The trait of a name.
    pub fn trait_(&self, cx: &Cx, program: &Program, name: &str) -> Result<TraitId, Diagnostic> {
        let file = |id: TraitId| program.traits[id].span.file;
        self.one(cx, &self.traits, name, Code::UnknownType, "trait", file)
    }

    fn one<K: EntityId>(
        &self,
        cx: &Cx,
        list: &HashMap<String, Vec<K>>,
        name: &str,
        code: Code,
        what: &str,
        file: impl Fn(K) -> FileId,
    ) -> Result<K, Diagnostic> {
        let (module, own) = match name.rsplit_once("::") {
            Some((module, own)) => (Some(module), own),
            None => (None, name),
        };
        let found = list.get(own).map_or(&[][..], Vec::as_slice);
        let path = |id: K| cx.sources.file(file(id)).path.as_str();
        let mut here: Vec<K> = found
            .iter()
            .copied()
            .filter(|&id| module.is_none_or(|module| path(id) == module || stem(path(id)) == module))
            .collect();
        // As in a program, its own names go before those of the standard library.
        let is_std = |id: &K| crate::standard::is_file(path(*id));
        if module.is_none() && !here.iter().all(is_std) {
            here.retain(|id| !is_std(id));
        }
        match here.as_slice() {
            [one] => Ok(*one),
            [] => Err(self.error(code, format!("there is no {what} called `{name}`"))),
            [first, .., last] => {
                let several = format!("there are {} {what}s called `{name}`", here.len());
                Err(self.error(code, several).help(format!(
                    "name the one that is meant: `{}::{own}` or `{}::{own}`",
                    path(*first),
                    path(*last)
                )))
            }
        }
    }

    /// A trait with its arguments.
    pub fn trait_ref(
        &self,
        cx: &Cx,
        program: &Program,
        name: &str,
        args: Vec<TyId>,
    ) -> Result<TraitRef, Diagnostic> {
        let id = self.trait_(cx, program, name)?;
        self.arity(name, program.traits[id].generics.len(), args.len())?;
        Ok(TraitRef { id, args })
    }

    /// Says where a list of type arguments has not as many as it should.
    pub fn arity(&self, name: &str, wanted: usize, found: usize) -> Result<(), Diagnostic> {
        if wanted == found {
            return Ok(());
        }
        let plural = if wanted == 1 { "" } else { "s" };
        let message = format!("`{name}` takes {wanted} type argument{plural}, not {found}");
        Err(self.error(Code::TypeArity, message))
    }

    /// Something that is wrong about a question.
    pub fn error(&self, code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, self.span, message)
    }

    /// The types of a table. Types of the table that mention type parameters it may not are refused where they are used.
    pub fn table(&self, cx: &Cx, program: &mut Program, nodes: &[Node]) -> Result<Table, Diagnostic> {
        let mut table = Table { rows: Vec::with_capacity(nodes.len()), span: self.span };
        for (index, node) in nodes.iter().enumerate() {
            let row = self.row(cx, program, &table, node).map_err(|wrong| Diagnostic {
                message: format!("type {index}: {}", wrong.message),
                ..wrong
            })?;
            table.rows.push(row);
        }
        Ok(table)
    }

    fn row(&self, cx: &Cx, program: &mut Program, table: &Table, node: &Node) -> Result<Row, Diagnostic> {
        let mut row = Row { ty: Types::unit(), size: 1, depth: 0, params: 0 };
        let mut part = |index: &u32| -> Result<TyId, Diagnostic> {
            let inner = table.row(*index)?;
            row.size = row.size.saturating_add(inner.size);
            row.depth = row.depth.max(inner.depth + 1);
            row.params = row.params.max(inner.params);
            Ok(inner.ty)
        };
        let mut parts = |list: &[u32]| list.iter().map(&mut part).collect::<Result<Vec<_>, _>>();
        let ty = match node {
            Node::Unit => Ty::Unit,
            Node::Bool => Ty::Bool,
            Node::Int { bits, signed } if matches!(bits, 8 | 16 | 32 | 64) => {
                Ty::Int(IntTy { bits: *bits, signed: *signed })
            }
            Node::Int { bits, .. } => {
                return Err(self.error(Code::BadQuestion, format!("there are no integers of {bits} bits")));
            }
            Node::Float(bits) if matches!(bits, 32 | 64) => Ty::Float { bits: *bits },
            Node::Float(bits) => {
                return Err(self.error(Code::BadQuestion, format!("there are no floats of {bits} bits")));
            }
            Node::Text => Ty::Text,
            Node::Any => Ty::Any,
            Node::Range => Ty::Range,
            Node::Array(elem) => Ty::Array(parts(&[*elem])?[0]),
            Node::Dict(key, value) => {
                let parts = parts(&[*key, *value])?;
                Ty::Dict(parts[0], parts[1])
            }
            Node::Tuple(items) if items.len() < 2 => {
                let wrong = format!("a tuple has at least two parts, not {}", items.len());
                return Err(self.error(Code::BadQuestion, wrong));
            }
            Node::Tuple(items) => Ty::Tuple(parts(items)?),
            Node::Option(inner) => Ty::Option(parts(&[*inner])?[0]),
            Node::Function(params, result) => {
                let params = parts(params)?;
                Ty::Fn(params, parts(&[*result])?[0])
            }
            // A number as a type argument.
            Node::Named(name, args) if args.is_empty() && name.starts_with(|c: char| c.is_ascii_digit()) => {
                match name.parse() {
                    Ok(number) => Ty::Number(number),
                    Err(_) => {
                        let message = format!("`{name}` is neither a type nor a number");
                        return Err(self.error(Code::BadQuestion, message));
                    }
                }
            }
            Node::Named(name, args) => {
                let args = parts(args)?;
                let id = self.adt(cx, program, name)?;
                self.arity(name, program.adts[id].generics.len(), args.len())?;
                Ty::Adt(id, args)
            }
            Node::Dynamic(name, args) => {
                let args = parts(args)?;
                let trait_ = self.trait_ref(cx, program, name, args)?;
                Ty::Dyn(trait_.id, trait_.args)
            }
            Node::Parameter(index) => {
                row.params = index.saturating_add(1);
                Ty::Param(*index)
            }
            Node::Never => Ty::Never,
        };
        if row.depth > MAX_TYPE_DEPTH || row.size > MAX_TYPE_SIZE {
            return Err(self.error(Code::TooDeep, "the type is too large"));
        }
        row.ty = program.types.intern(ty);
        Ok(row)
    }
}

fn index<'a, K: EntityId>(things: impl Iterator<Item = (K, &'a str)>) -> HashMap<String, Vec<K>> {
    let mut list: HashMap<String, Vec<K>> = HashMap::new();
    for (id, name) in things {
        list.entry(name.to_owned()).or_default().push(id);
    }
    list
}

/// A path without its ending.
fn stem(path: &str) -> &str {
    path.strip_suffix(".spl").unwrap_or(path)
}

/// Types that were described, by their numbers there.
pub(crate) struct Table {
    rows: Vec<Row>,
    span: Span,
}

#[derive(Clone, Copy)]
struct Row {
    ty: TyId,
    size: u64,
    depth: u32,
    /// One more than the largest type parameter in it.
    params: u32,
}

impl Table {
    fn row(&self, index: u32) -> Result<Row, Diagnostic> {
        self.rows.get(index as usize).copied().ok_or_else(|| {
            let message = format!("it refers to type {index}, and only to those before it can it refer");
            Diagnostic::new(Code::BadQuestion, self.span, message)
        })
    }

    /// A type of the table.
    pub fn ty(&self, index: u32, parameters: Parameters) -> Result<TyId, Diagnostic> {
        let Some(row) = self.rows.get(index as usize) else {
            let message = format!("there is no type {index}");
            return Err(Diagnostic::new(Code::BadQuestion, self.span, message));
        };
        let wrong = match parameters {
            Parameters::None if row.params > 0 => {
                format!("type {index} mentions a type parameter, which only a signature or an equality may")
            }
            Parameters::Of(count) if row.params as usize > count => {
                format!(
                    "type {index} mentions type parameter {}, which the template does not have",
                    row.params - 1
                )
            }
            Parameters::None | Parameters::Of(_) => return Ok(row.ty),
        };
        Err(Diagnostic::new(Code::BadQuestion, self.span, wrong))
    }

    /// Several types of the table.
    pub fn all(&self, list: &[u32], parameters: Parameters) -> Result<Vec<TyId>, Diagnostic> {
        list.iter().map(|&index| self.ty(index, parameters)).collect()
    }
}
