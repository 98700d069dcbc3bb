//! Objects of modules: functions as code to be linked, generic ones by type arguments or by what is known about their use.

use super::jit::{JitInstantiator, Made};
use super::nodes::Nodes;
use crate::Program;
use crate::value::Type;
use engine::questions::{self, Answer, InstanceOf, ParameterType, Question, Template};
use std::collections::BTreeMap;

/// What is known about one use of a generic function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TypeHint {
    /// The n-th parameter gets a value of this type.
    CallSite(u32, Type),
    /// The result is used as this type.
    Return(Type),
    /// A variable of this type gets the result.
    Assignment(Type),
    /// The n-th type parameter is this type.
    Equals(u32, Type),
}

/// A function of a module.
pub struct Object {
    /// The module.
    pub module: String,
    /// Its symbol and its types.
    pub instance: Box<questions::Instance>,
    /// What is to be linked; none where the program has it already.
    pub part: Option<Box<Program>>,
}

/// What became of a question for an object.
pub enum Taken {
    /// It is there.
    Code(Object),
    /// It is generic, and its type arguments are not known: the question waits for hints ([`ObjTaker::hint`]). What is missing.
    Deferred(String),
    /// It is generic, its type arguments are not known, and questions do not wait. What is missing.
    Template(String),
    /// No module has a function of this name.
    NotFound,
    /// It cannot be taken. What the compiler says.
    Error(String),
}

/// Takes functions out of modules.
pub struct ObjTaker {
    jit: JitInstantiator,
    /// Questions wait for hints.
    allow_deferred: bool,
    deferred: BTreeMap<String, Vec<TypeHint>>,
}

impl ObjTaker {
    /// One for these modules.
    pub fn new(jit: JitInstantiator, allow_deferred: bool) -> ObjTaker {
        ObjTaker { jit, allow_deferred, deferred: BTreeMap::new() }
    }

    /// The function of a name, as in `largest`, `Point.length`, `lists.spl::largest`; a generic one by what was hinted about it.
    ///
    /// # Errors
    /// The compiler reached a limit, or has a bug.
    pub fn take_object(&mut self, symbol: &str) -> Result<Taken, engine::Error> {
        let hints = self.deferred.get(symbol).cloned().unwrap_or_default();
        let taken = if hints.is_empty() {
            self.take(&InstanceOf { nodes: Vec::new(), symbol: symbol.to_owned(), arguments: Vec::new() })?
        } else {
            self.take_by_hints(symbol, &hints)?
        };
        if let Taken::Template(_) = &taken
            && self.allow_deferred
        {
            self.deferred.entry(symbol.to_owned()).or_default();
        } else {
            self.deferred.remove(symbol);
        }
        Ok(match taken {
            Taken::Template(missing) if self.allow_deferred => Taken::Deferred(missing),
            taken => taken,
        })
    }

    /// A generic function with its type arguments, in order. Those of untyped parameters are the last ones, and may be left out where they follow from
    /// the others.
    ///
    /// # Errors
    /// See [`ObjTaker::take_object`].
    pub fn take_with_types(&mut self, symbol: &str, types: &[Type]) -> Result<Taken, engine::Error> {
        let mut nodes = Nodes::default();
        let arguments = types.iter().map(|ty| nodes.add(ty)).collect();
        self.take(&InstanceOf { nodes: nodes.list, symbol: symbol.to_owned(), arguments })
    }

    /// Adds to what is known about the use of a function, for the next [`ObjTaker::take_object`].
    pub fn hint(&mut self, symbol: &str, hint: TypeHint) {
        self.deferred.entry(symbol.to_owned()).or_default().push(hint);
    }

    /// Functions that wait for hints.
    pub fn deferred(&self) -> Vec<&str> {
        self.deferred.keys().map(String::as_str).collect()
    }

    /// Takes what can be taken of the functions that wait.
    ///
    /// # Errors
    /// See [`ObjTaker::take_object`].
    pub fn take_deferred(&mut self) -> Result<Vec<(String, Taken)>, engine::Error> {
        let waiting: Vec<String> = self.deferred.keys().cloned().collect();
        let take = |symbol: String| self.take_object(&symbol).map(|taken| (symbol, taken));
        waiting.into_iter().map(take).collect()
    }

    /// From the one module that has it.
    fn take(&mut self, wanted: &InstanceOf) -> Result<Taken, engine::Error> {
        let mut found: Option<Taken> = None;
        for module in self.jit.modules() {
            let taken = match self.jit.make(&module, wanted)? {
                Made::Instance(instance, part) => Taken::Code(Object { module, instance, part }),
                Made::NotFound => continue,
                Made::Undetermined(what) => Taken::Template(what),
                Made::Wrong(what) => Taken::Error(what),
            };
            found = Some(match (found, taken) {
                (None, taken) => taken,
                // A module that two others use is in both.
                (Some(Taken::Code(one)), Taken::Code(other))
                    if one.instance.symbol.name == other.instance.symbol.name =>
                {
                    Taken::Code(one)
                }
                (Some(Taken::Template(one)), Taken::Template(_)) => Taken::Template(one),
                (Some(_), _) => Taken::Error(format!(
                    "several modules have a function `{}`: put its module in front, as in `lists.spl::largest`",
                    wanted.symbol
                )),
            });
        }
        Ok(found.unwrap_or(Taken::NotFound))
    }

    fn take_by_hints(&mut self, symbol: &str, hints: &[TypeHint]) -> Result<Taken, engine::Error> {
        let mut nodes = Nodes::default();
        let at = |parameter: u32, ty: u32| ParameterType { parameter, ty };
        let hints = hints.iter().map(|hint| match hint {
            TypeHint::CallSite(index, ty) => questions::Hint::CallSite(at(*index, nodes.add(ty))),
            TypeHint::Return(ty) => questions::Hint::Return(nodes.add(ty)),
            TypeHint::Assignment(ty) => questions::Hint::Assignment(nodes.add(ty)),
            TypeHint::Equals(index, ty) => questions::Hint::Equals(at(*index, nodes.add(ty))),
        });
        let hints = hints.collect();
        let template = Template::Symbol(symbol.to_owned());
        let question = Question { nodes: nodes.list, template, hints };
        let mut refused = Taken::NotFound;
        for module in self.jit.modules() {
            let answer = self.jit.with_session(&module, |session| session.infer(&question));
            match answer.transpose()? {
                Some(Answer::Inferred(found)) => {
                    let arguments = found.arguments.iter().map(|argument| argument.ty).collect();
                    return self.take(&InstanceOf {
                        nodes: found.nodes,
                        symbol: symbol.to_owned(),
                        arguments,
                    });
                }
                Some(Answer::Wrong(wrong)) => match super::jit::judge(&wrong) {
                    Made::NotFound => {}
                    Made::Undetermined(what) => refused = Taken::Template(what),
                    Made::Wrong(what) => refused = Taken::Error(what),
                    Made::Instance(..) => unreachable!("it was refused"),
                },
                None => {}
            }
        }
        Ok(refused)
    }
}
