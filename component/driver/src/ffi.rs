//! The textual door: a context that is asked in JSON, for loaders that do not know the compiler's types. A thin layer over the questions
//! of a [`Session`]; the forms are those of the crate `compiler-ffi`.
//!
//! Types of the language that have no kind of their own are `named`: `Option` and `Dict` with their arguments, `any`, `Range`, `never`, and
//! `dyn Trait`. A declared type of such a name is named with its module: `shapes.spl::Range`.

use crate::session::{Failure, Hint, InstanceOf, Options, Question, Session, TemplateOf, TypeParameter};
use crate::types::{Named, Node};
use base::Diagnostic;
use codegen::Target;
use compiler_ffi::{
    CompilationResult, FloatWidth, HintSource, IntWidth, JsonError, Template, TypeHint, TypeInfo,
};

/// What is asked in JSON.
pub struct Context {
    session: Session,
    options: Options,
    target: Target,
    /// What was added: a module file is checked beside it.
    libraries: Vec<(String, Vec<u8>)>,
    last_error: Option<String>,
}

impl Context {
    /// A context that knows the standard library and makes code for a target.
    pub fn new(options: Options, target: Target) -> Context {
        let session = Session::new(options.clone());
        Context { session, options, target, libraries: Vec::new(), last_error: None }
    }

    /// Adds a module: a module file where the path ends in `.smf`, else a source text; the first one is the program. False where it is wrong:
    /// [`Context::last_error`] says how.
    pub fn add(&mut self, path: &str, contents: &[u8]) -> bool {
        let known = self.session.diagnostics().len();
        let result = if path.ends_with(".smf") {
            self.session.add_library(path, contents).map_err(|failure| self.why(&failure))
        } else {
            match std::str::from_utf8(contents) {
                Ok(text) => Ok(self.session.add_module(path, text)),
                Err(wrong) => Err(format!("{path} is not a text: {wrong}")),
            }
        };
        let result = result.and_then(|_| match self.session.diagnostics().get(known..) {
            Some(found @ [_, ..]) => Err(told(found)),
            Some([]) | None => Ok(()),
        });
        if result.is_ok() && path.ends_with(".smf") {
            self.libraries.push((path.to_owned(), contents.to_vec()));
        }
        self.note(result).is_ok()
    }

    /// `compiler_check_types`: whether a module file is sound in all its parts, beside the module files that were added.
    /// [`Context::last_error`] says what is wrong.
    pub fn check_types(&mut self, code: &[u8]) -> bool {
        let mut session = Session::new(self.options.clone());
        let result = session
            .add_library("code.smf", code)
            .and_then(|_| {
                self.libraries.iter().try_for_each(|(path, file)| session.add_library(path, file).map(drop))
            })
            .and_then(|()| session.check_libraries())
            .map_err(|failure| why(&session, &failure));
        self.note(result).is_ok()
    }

    /// `compiler_infer_types`: the type argument of each type parameter, as a list of types; or an object with an `error`.
    ///
    /// A template with `param_types` is the signature that it says; without, it is the function of that name. A hint of the source `constraint` is
    /// about a type parameter: a bound where its type is the name of a trait, else an equality.
    pub fn infer_types(&mut self, template: &str, hints: &str) -> String {
        let result = self.infer(template, hints);
        self.answer(result)
    }

    fn infer(&mut self, template: &str, hints: &str) -> Result<Vec<TypeInfo>, String> {
        let template: Template = read("template", template)?;
        let hints: Vec<TypeHint> = read("hints", hints)?;
        let mut nodes = Nodes { list: Vec::new(), params: &template.type_params };
        let template_of = match (&template.param_types, &template.return_type) {
            (None, None) => TemplateOf::Symbol(template.name.clone()),
            (params, result) => TemplateOf::Signature {
                name: template.name.clone(),
                generics: template
                    .type_params
                    .iter()
                    .map(|name| TypeParameter { name: name.clone(), bounds: Vec::new() })
                    .collect(),
                params: nodes.all(params.as_deref().unwrap_or_default(), "template.param_types")?,
                result: match result {
                    Some(result) => nodes.add(result, "template.return_type")?,
                    None => nodes.push(Node::Unit),
                },
            },
        };
        let mut list = Vec::new();
        for (index, hint) in hints.iter().enumerate() {
            list.push(self.hint(&mut nodes, hint, &format!("hints[{index}]"))?);
        }
        let question = Question { nodes: nodes.list, template: template_of, hints: list };
        let answer = self.session.infer(&question).map_err(|failure| self.why(&failure))?;
        let found = answer.map_err(|wrong| told(&wrong))?;
        found.arguments.iter().map(|(_, ty)| info(&found.nodes, *ty)).collect()
    }

    fn hint(&mut self, nodes: &mut Nodes<'_>, hint: &TypeHint, at: &str) -> Result<Hint, String> {
        let index =
            |what: &str| hint.param_index.ok_or_else(|| format!("{at}: needs a `param_index`: {what}"));
        let ty = format!("{at}.ty");
        Ok(match hint.source {
            HintSource::CallSite => Hint::CallSite(index("the parameter")?, nodes.add(&hint.ty, &ty)?),
            HintSource::Return | HintSource::Assignment if hint.param_index.is_some() => {
                return Err(format!("{at}: the result has no `param_index`"));
            }
            HintSource::Return => Hint::Return(nodes.add(&hint.ty, &ty)?),
            HintSource::Assignment => Hint::Assignment(nodes.add(&hint.ty, &ty)?),
            HintSource::Constraint => {
                let param = index("the type parameter")?;
                match &hint.ty {
                    TypeInfo::Named { name, args } if self.is_trait(name)? => {
                        Hint::Implements(param, Named { name: name.clone(), args: nodes.all(args, &ty)? })
                    }
                    _ => Hint::Equals(param, nodes.add(&hint.ty, &ty)?),
                }
            }
        })
    }

    /// `compiler_instantiate_template`: the artifact of an instance; or why there is none. `types` are the type arguments, those of
    /// untyped parameters last.
    pub fn instantiate_template(&mut self, template: &str, types: &str) -> String {
        let result = self.instantiate(template, types);
        let form = match self.note(result) {
            Ok(code) => CompilationResult::Code(code),
            Err(error) => CompilationResult::Error(error),
        };
        compiler_ffi::print(&form)
    }

    fn instantiate(&mut self, template: &str, types: &str) -> Result<Vec<u8>, String> {
        let template: Template = read("template", template)?;
        let types: Vec<TypeInfo> = read("types", types)?;
        let mut nodes = Nodes { list: Vec::new(), params: &[] };
        let arguments = nodes.all(&types, "types")?;
        let wanted = InstanceOf { nodes: nodes.list, symbol: template.name, arguments };
        let made = self.session.instantiate(&wanted, self.target).map_err(|failure| self.why(&failure))?;
        let instance = made.map_err(|wrong| told(&wrong))?;
        // Nothing was linked, so nothing can be there already.
        instance.artifact.clone().ok_or_else(|| "the instance has no code".to_owned())
    }

    fn is_trait(&mut self, name: &str) -> Result<bool, String> {
        self.session.is_trait(name).map_err(|failure| self.why(&failure))
    }

    /// `compiler_get_stats`.
    pub fn stats(&self) -> String {
        let stats = self.session.stats();
        compiler_ffi::print(&compiler_ffi::Stats {
            type_inferences: stats.inferences,
            template_instantiations: stats.instantiations,
            cache_hits: stats.cache_hits,
            cache_misses: stats.cache_misses,
        })
    }

    /// `compiler_get_last_error`: what was wrong with the last call, if anything was.
    pub fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref()
    }

    fn why(&self, failure: &Failure) -> String {
        why(&self.session, failure)
    }

    fn note<T>(&mut self, result: Result<T, String>) -> Result<T, String> {
        self.last_error = result.as_ref().err().cloned();
        result
    }

    fn answer<T: compiler_ffi::Form>(&mut self, result: Result<T, String>) -> String {
        match self.note(result) {
            Ok(form) => compiler_ffi::print(&form),
            Err(error) => compiler_ffi::print(&compiler_ffi::Failure { error }),
        }
    }
}

fn why(session: &Session, failure: &Failure) -> String {
    match failure {
        Failure::Rejected => told(session.diagnostics()),
        Failure::TooLarge(size) => format!("the result has {size} bytes, more than the limit"),
        Failure::Internal(message) => format!("internal compiler error: {message}"),
    }
}

fn read<T: compiler_ffi::Form>(what: &str, text: &str) -> Result<T, String> {
    compiler_ffi::parse(text).map_err(|wrong: JsonError| format!("{what}:{wrong}"))
}

/// Findings with their codes and what to do about them, one in a line.
fn told(found: &[Diagnostic]) -> String {
    let line = |found: &Diagnostic| {
        let help: String = found.help.iter().map(|help| format!(" ({help})")).collect();
        format!("{}: {}{help}", found.code.number(), found.message)
    };
    found.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Types of a question, made of JSON.
struct Nodes<'a> {
    list: Vec<Node>,
    params: &'a [String],
}

impl Nodes<'_> {
    fn push(&mut self, node: Node) -> u32 {
        self.list.push(node);
        self.list.len() as u32 - 1
    }

    fn all(&mut self, types: &[TypeInfo], at: &str) -> Result<Vec<u32>, String> {
        types.iter().enumerate().map(|(index, ty)| self.add(ty, &format!("{at}[{index}]"))).collect()
    }

    /// A type; `at` is where it stands in the JSON.
    fn add(&mut self, ty: &TypeInfo, at: &str) -> Result<u32, String> {
        let node = match ty {
            TypeInfo::Int { bits, signed } => Node::Int { bits: bits.bits() as u8, signed: *signed },
            TypeInfo::Float { bits } => Node::Float(bits.bits() as u8),
            TypeInfo::Bool => Node::Bool,
            TypeInfo::String => Node::Text,
            TypeInfo::Generic { name } => match self.params.iter().position(|param| param == name) {
                Some(index) => Node::Parameter(index as u32),
                None => return Err(format!("{at}: `{name}` is no type parameter of the template")),
            },
            TypeInfo::Array { elem } => Node::Array(self.add(elem, &format!("{at}.elem"))?),
            TypeInfo::Tuple { args } if args.is_empty() => Node::Unit,
            TypeInfo::Tuple { args } => Node::Tuple(self.all(args, &format!("{at}.args"))?),
            TypeInfo::Simd { .. } => return Err(format!("{at}: the language has no simd types")),
            TypeInfo::Function { args, result } => {
                let params = self.all(args, &format!("{at}.args"))?;
                let result = match result {
                    Some(result) => self.add(result, &format!("{at}.elem"))?,
                    None => self.push(Node::Unit),
                };
                Node::Function(params, result)
            }
            TypeInfo::Named { name, args } => {
                let list = self.all(args, &format!("{at}.args"))?;
                match (name.as_str(), list.as_slice()) {
                    ("Option", [inner]) => Node::Option(*inner),
                    ("Dict", [key, value]) => Node::Dict(*key, *value),
                    ("any", []) => Node::Any,
                    ("Range", []) => Node::Range,
                    ("never", []) => Node::Never,
                    (reserved, _) if RESERVED.contains(&reserved) => {
                        return Err(format!("{at}: `{name}` does not take {} arguments", args.len()));
                    }
                    (name, _) => match name.strip_prefix("dyn ") {
                        Some(name) => Node::Dynamic(name.to_owned(), list),
                        None => Node::Named(name.to_owned(), list),
                    },
                }
            }
        };
        Ok(self.push(node))
    }
}

/// Types of the language that JSON has no kind for.
const RESERVED: [&str; 5] = ["Option", "Dict", "any", "Range", "never"];

/// A type without type parameters of a table, as JSON has it.
fn info(nodes: &[Node], index: u32) -> Result<TypeInfo, String> {
    let one = |index: &u32| info(nodes, *index);
    let all = |list: &[u32]| list.iter().map(one).collect::<Result<Vec<_>, _>>();
    let named = |name: &str, args: Vec<TypeInfo>| TypeInfo::Named { name: name.to_owned(), args };
    Ok(match &nodes[index as usize] {
        Node::Unit => TypeInfo::Tuple { args: Vec::new() },
        Node::Bool => TypeInfo::Bool,
        Node::Int { bits, signed } => {
            let width = IntWidth::ALL.into_iter().find(|width| width.bits() == u32::from(*bits));
            TypeInfo::Int { bits: width.expect("a width of the language"), signed: *signed }
        }
        Node::Float(bits) => {
            let width = FloatWidth::ALL.into_iter().find(|width| width.bits() == u32::from(*bits));
            TypeInfo::Float { bits: width.expect("a width of the language") }
        }
        Node::Text => TypeInfo::String,
        Node::Any => named("any", Vec::new()),
        Node::Range => named("Range", Vec::new()),
        Node::Never => named("never", Vec::new()),
        Node::Array(elem) => TypeInfo::Array { elem: Box::new(one(elem)?) },
        Node::Dict(key, value) => named("Dict", vec![one(key)?, one(value)?]),
        Node::Tuple(items) => TypeInfo::Tuple { args: all(items)? },
        Node::Option(inner) => named("Option", vec![one(inner)?]),
        Node::Function(args, result) => TypeInfo::Function {
            args: all(args)?,
            result: match nodes[*result as usize] {
                Node::Unit => None,
                _ => Some(Box::new(one(result)?)),
            },
        },
        Node::Named(name, _) if RESERVED.contains(&name.as_str()) => {
            return Err(format!("the program's own type `{name}` cannot be told from the built-in one"));
        }
        Node::Named(name, args) => named(name, all(args)?),
        Node::Dynamic(name, args) => named(&format!("dyn {name}"), all(args)?),
        Node::Parameter(_) => unreachable!("the answer of a question has no type parameters"),
    })
}
