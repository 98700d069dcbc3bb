//! Type arguments of templates, asked for from outside. Each question is answered on its own; the tables of the program are made once.

use super::{Failure, Session};
use crate::directory::{Directory, Parameters, Table};
use crate::types::{Builder, Named, Node};
use base::{Cx, Diagnostic};
use sema::hints::{self, Signature, Template};
use sema::hir::{Generic, Program};

/// What is asked: the type arguments of a template. Numbers in it are those of its own types.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// Types, each behind those in it.
    pub nodes: Vec<Node>,
    /// The template.
    pub template: TemplateOf,
    /// What is known about its use.
    pub hints: Vec<Hint>,
}

/// A template.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TemplateOf {
    /// A function of the program or its libraries, by name: `largest`, `Point.length`, `lists.spl::largest`.
    Symbol(String),
    /// One that is described.
    Signature {
        /// Its name, for messages.
        name: String,
        /// Its type parameters.
        generics: Vec<TypeParameter>,
        /// Types of its parameters.
        params: Vec<u32>,
        /// Type of its result.
        result: u32,
    },
}

/// A type parameter of a described template.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TypeParameter {
    /// Its name.
    pub name: String,
    /// Traits that it must implement.
    pub bounds: Vec<Named>,
}

/// Something that is known about the use of a template. Types mention type parameters of the template only in an equality and in the
/// arguments of a trait.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Hint {
    /// The argument for a parameter, from 0 (`self` is one), has a type.
    CallSite(u32, u32),
    /// The result is used as a type.
    Return(u32),
    /// A variable of a type gets the result.
    Assignment(u32),
    /// A type parameter, from 0, implements a trait.
    Implements(u32, Named),
    /// A type parameter, from 0, is a type.
    Equals(u32, u32),
}

/// The type arguments of a template.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inferred {
    /// Types.
    pub nodes: Vec<Node>,
    /// For each type parameter its name (that of an untyped parameter `x` is `'x`) and the type.
    pub arguments: Vec<(String, u32)>,
}

/// Type arguments, or why there are none.
pub type Answer = Result<Inferred, Vec<Diagnostic>>;

impl Session {
    /// Answers questions about the checked program, each on its own.
    ///
    /// # Errors
    /// The program is wrong, or the budget is used up; see [`Failure`].
    pub fn infer_all(&mut self, questions: &[Question]) -> Result<Vec<Answer>, Failure> {
        let mut answers = Vec::with_capacity(questions.len());
        for question in questions {
            answers.push(self.infer(question)?);
        }
        Ok(answers)
    }

    /// Answers one question about the checked program.
    ///
    /// # Errors
    /// The program is wrong, or the budget is used up; see [`Failure`].
    pub fn infer(&mut self, question: &Question) -> Result<Answer, Failure> {
        self.check()?;
        self.make_directory();
        self.stats.inferences += 1;
        // Reading a question is linear in its size.
        let size = question.nodes.len() + question.hints.len();
        let _ = self.cx.budget.spend(size as u64);
        let (Some(directory), Some(program)) = (&self.directory, self.progress.program()) else {
            unreachable!("checked a moment ago")
        };
        let answer = match read(&mut self.cx, program, directory, question) {
            Err(wrong) => Ok(Err(vec![wrong])),
            Ok((template, hints)) => hints::infer(&mut self.cx, program, &template, &hints)
                .map(|answer| answer.map(|args| inferred(&self.cx, program, &template, &args))),
        };
        self.end_phase("infer");
        answer.map_err(|base::Exhausted| Failure::Rejected)
    }

    /// Whether a name is that of a trait of the checked program.
    pub(crate) fn is_trait(&mut self, name: &str) -> Result<bool, Failure> {
        self.check()?;
        self.make_directory();
        let directory = self.directory.as_ref();
        Ok(directory.is_some_and(|it| it.trait_(&self.cx, self.progress.typed_tree(), name).is_ok()))
    }

    /// Makes the directory of the checked program where there is none yet.
    pub(super) fn make_directory(&mut self) {
        if self.directory.is_none() {
            let span = self.whole_program();
            self.directory = Some(Directory::new(&self.cx, self.progress.typed_tree(), span));
        }
    }
}

fn read(
    cx: &mut Cx,
    program: &mut Program,
    directory: &Directory,
    question: &Question,
) -> Result<(Template, Vec<hints::Hint>), Diagnostic> {
    let table = directory.table(cx, program, &question.nodes)?;
    let (template, count) = match &question.template {
        TemplateOf::Symbol(name) => {
            let id = directory.function(cx, program, name)?;
            (Template::Function(id), program.fns[id].generics.len())
        }
        TemplateOf::Signature { name, generics, params, result } => {
            let parameters = Parameters::Of(generics.len());
            let signature = Signature {
                name: name.clone(),
                generics: generics
                    .iter()
                    .map(|generic| read_generic(cx, program, directory, &table, generic, parameters))
                    .collect::<Result<_, _>>()?,
                params: table.all(params, parameters)?,
                result: table.ty(*result, parameters)?,
                span: directory.span(),
            };
            (Template::Signature(signature), generics.len())
        }
    };
    let over = Parameters::Of(count);
    let hint = |hint: &Hint| {
        Ok(match hint {
            Hint::CallSite(param, ty) => hints::Hint::Argument(*param, table.ty(*ty, Parameters::None)?),
            Hint::Return(ty) => hints::Hint::Result(table.ty(*ty, Parameters::None)?),
            Hint::Assignment(ty) => hints::Hint::Assigned(table.ty(*ty, Parameters::None)?),
            Hint::Implements(param, Named { name, args }) => {
                let args = table.all(args, over)?;
                hints::Hint::Implements(*param, directory.trait_ref(cx, program, name, args)?)
            }
            Hint::Equals(param, ty) => hints::Hint::Equals(*param, table.ty(*ty, over)?),
        })
    };
    let hints = question.hints.iter().map(hint).collect::<Result<_, Diagnostic>>()?;
    Ok((template, hints))
}

fn read_generic(
    cx: &mut Cx,
    program: &Program,
    directory: &Directory,
    table: &Table,
    generic: &TypeParameter,
    parameters: Parameters,
) -> Result<Generic, Diagnostic> {
    let name = cx.names.intern(&generic.name);
    let bound =
        |Named { name, args }: &Named| directory.trait_ref(cx, program, name, table.all(args, parameters)?);
    let bounds = generic.bounds.iter().map(bound).collect::<Result<_, _>>()?;
    Ok(Generic { bounds, ..Generic::any(name) })
}

fn inferred(cx: &Cx, program: &Program, template: &Template, args: &[sema::ty::TyId]) -> Inferred {
    let generics = match template {
        Template::Function(id) => &program.fns[*id].generics,
        Template::Signature(signature) => &signature.generics,
    };
    let mut builder = Builder::new(cx, program);
    let types = builder.all(args);
    let names = generics.iter().map(|generic| cx.names.name(generic.name).to_owned());
    Inferred { nodes: builder.nodes, arguments: names.zip(types).collect() }
}
