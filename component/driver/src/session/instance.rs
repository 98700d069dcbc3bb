//! Instances one by one: a function for given types, with all that it needs, as an artifact of its own. Each is made once.

use super::{Failure, Session, naming};
use crate::directory::Parameters;
use crate::types::{Builder, Node};
use abi::Repr;
use base::{Code, Diagnostic};
use codegen::Target;
use mir::legal;
use mir::link::{Known, Linkage, Linked};
use sema::hints::{self, Hint, Template};
use sema::hir::{FnId, FnKind};
use sema::ty::TyId;
use std::collections::HashMap;
use std::sync::Arc;

/// A function with type arguments. Numbers are those of its own types.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct InstanceOf {
    /// Types, each behind those in it.
    pub nodes: Vec<Node>,
    /// The function, by name.
    pub symbol: String,
    /// Type arguments, in the order of the type parameters. The last ones may be left out where they follow from the others.
    pub arguments: Vec<u32>,
}

/// An instance that was made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Instance {
    /// The encoded artifact; none where the program has all of it. It has no entry; what it has besides the instance is what that needs.
    pub artifact: Option<Vec<u8>>,
    /// What the function is called among the parts of a program.
    pub symbol: Known,
    /// What it takes: the machine values of its parameters, one after the other.
    pub params: Vec<Repr>,
    /// What it gives.
    pub results: Vec<Repr>,
    /// The same in types of the language.
    pub types: InstanceTypes,
}

/// The types of an instance's parameters and result: numbers of types in a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InstanceTypes {
    /// Types, each behind those in it.
    pub nodes: Vec<Node>,
    /// Types of its parameters.
    pub params: Vec<u32>,
    /// Type of its result.
    pub result: u32,
}

/// A function with all its type arguments.
type Resolved = (FnId, Vec<TyId>);

/// Instances of the checked program.
#[derive(Default)]
pub(super) struct Cache {
    /// By the words of a question that was asked before: nothing has to be looked up then.
    resolved: HashMap<InstanceOf, Resolved>,
    made: HashMap<(FnId, Vec<TyId>, Target), Arc<Made>>,
    /// Symbols whose code is made when they are called first, by name and signature.
    left_out: HashMap<(String, u64), Resolved>,
}

struct Made {
    instance: Arc<Instance>,
    /// All symbols of its artifact.
    symbols: Vec<Known>,
}

impl Cache {
    /// Forgets instances that were made, not what was left out.
    pub(super) fn forget_made(&mut self) {
        self.made.clear();
    }

    /// Notes the symbols whose code was left out.
    pub(super) fn note_left_out(&mut self, linked: &Linked) {
        for (symbol, id, args) in &linked.lazy {
            let legal::Symbol { name, signature, .. } = &linked.program.symbols[*symbol as usize];
            self.left_out.insert((name.clone(), *signature), (*id, args.clone()));
        }
    }
}

impl Session {
    /// The artifact of one instance of the checked program, or what is wrong with the question.
    ///
    /// # Errors
    /// The program is wrong, or a limit is reached; see [`Failure`].
    pub fn instantiate(
        &mut self,
        wanted: &InstanceOf,
        target: Target,
    ) -> Result<Result<Arc<Instance>, Vec<Diagnostic>>, Failure> {
        self.asked(|session| {
            if let Some(resolved) = session.instances.resolved.get(wanted) {
                return session.instance(resolved.clone(), target);
            }
            let resolved = session.resolve_instance(wanted);
            session.end_phase("infer");
            match resolved {
                Ok(Some(resolved)) => {
                    session.instances.resolved.insert(wanted.clone(), resolved.clone());
                    session.instance(resolved, target)
                }
                Ok(None) => Err(Failure::Rejected),
                Err(wrong) => {
                    wrong.into_iter().for_each(|wrong| session.cx.diags.push(wrong));
                    Err(Failure::Rejected)
                }
            }
        })
    }

    /// The instance behind a symbol whose code was left out.
    ///
    /// # Errors
    /// See [`Session::instantiate`].
    pub fn instantiate_symbol(
        &mut self,
        name: &str,
        signature: u64,
        target: Target,
    ) -> Result<Result<Arc<Instance>, Vec<Diagnostic>>, Failure> {
        self.asked(|session| match session.instances.left_out.get(&(name.to_owned(), signature)) {
            Some(resolved) => session.instance(resolved.clone(), target),
            None => {
                let Some(directory) = &session.directory else { unreachable!("made before") };
                let message = format!("there is no function `{name}` that is to be made");
                let wrong = directory.error(Code::BadQuestion, message);
                session.cx.diags.push(wrong);
                Err(Failure::Rejected)
            }
        })
    }

    /// Does what was asked; diagnostics that come of it are the answer's.
    fn asked(
        &mut self,
        work: impl FnOnce(&mut Session) -> Result<Arc<Instance>, Failure>,
    ) -> Result<Result<Arc<Instance>, Vec<Diagnostic>>, Failure> {
        self.check()?;
        // What was said about that is among the session's findings.
        if self.cx.budget.is_exhausted() {
            return Err(Failure::Rejected);
        }
        self.make_directory();
        self.stats.instantiations += 1;
        let said = std::mem::take(&mut self.cx.diags);
        let result = work(self);
        let mut found = std::mem::replace(&mut self.cx.diags, said);
        match result {
            Ok(instance) => Ok(Ok(instance)),
            // What is over for the whole session belongs to its findings.
            Err(failure) if self.cx.budget.is_exhausted() => {
                found.take().into_iter().for_each(|found| self.cx.diags.push(found));
                Err(failure)
            }
            Err(Failure::Rejected) => Ok(Err(found.take())),
            Err(failure) => Err(failure),
        }
    }

    fn instance(&mut self, (id, args): Resolved, target: Target) -> Result<Arc<Instance>, Failure> {
        self.parts_are_for_machines(target)?;
        let key = (id, args, target);
        if let Some(made) = self.instances.made.get(&key) {
            self.stats.cache_hits += 1;
            let is_there = self.parts.as_ref().is_some_and(|parts| {
                made.instance.artifact.is_some() && made.symbols.iter().all(|known| parts.knows(known))
            });
            if !is_there {
                return Ok(made.instance.clone());
            }
            let instance = Arc::new(Instance { artifact: None, ..(*made.instance).clone() });
            let symbols = made.symbols.clone();
            self.instances.made.insert(key, Arc::new(Made { instance: instance.clone(), symbols }));
            return Ok(instance);
        }
        self.stats.cache_misses += 1;
        let made = self.make_instance(id, &key.1, target)?;
        let instance = made.instance.clone();
        self.instances.made.insert(key, Arc::new(made));
        Ok(instance)
    }

    /// The function and all its type arguments, which fit it. `None` where the budget is used up.
    fn resolve_instance(&mut self, wanted: &InstanceOf) -> Result<Option<Resolved>, Vec<Diagnostic>> {
        let (Some(directory), Some(program)) = (&self.directory, self.progress.program()) else {
            unreachable!("checked by whoever calls this")
        };
        let one = |wrong: Diagnostic| vec![wrong];
        let table = directory.table(&self.cx, program, &wanted.nodes).map_err(one)?;
        let id = directory.function(&self.cx, program, &wanted.symbol).map_err(one)?;
        if !matches!(program.fns[id].kind, FnKind::Body(_) | FnKind::Template) {
            let message = format!("`{}` has no body to make an instance of", wanted.symbol);
            return Err(vec![directory.error(Code::BadQuestion, message)]);
        }
        let given = table.all(&wanted.arguments, Parameters::None).map_err(one)?;
        let count = program.fns[id].generics.len();
        if given.len() > count {
            directory.arity(&wanted.symbol, count, given.len()).map_err(one)?;
        }
        let hints: Vec<Hint> =
            given.iter().enumerate().map(|(index, &ty)| Hint::Equals(index as u32, ty)).collect();
        match hints::infer(&mut self.cx, program, &Template::Function(id), &hints) {
            Ok(answer) => answer.map(|args| Some((id, args))),
            Err(base::Exhausted) => Ok(None),
        }
    }

    fn make_instance(&mut self, id: FnId, args: &[TyId], target: Target) -> Result<Made, Failure> {
        let Some(hir) = self.progress.program() else { unreachable!("checked by whoever calls this") };
        let naming = naming(&mut self.naming, &mut self.cx, hir);
        let none = Linkage::default();
        let linkage = self.parts.as_ref().unwrap_or(&none);
        let (cx, templates) = (&mut self.cx, &self.templates);
        let made = mir::instantiate::instantiate_alone(cx, hir, templates, naming, linkage.lazy, (id, args));
        let linked = made.map(|named| mir::link::link(named, linkage));
        self.end_phase("instantiate");
        self.stop_on_errors()?;
        let Some(linked) = linked else {
            return Err(Failure::Internal("instantiation stopped without a diagnostic".to_owned()));
        };
        self.instances.note_left_out(&linked);
        let Linked { mut program, root: Some(root), .. } = linked else {
            return Err(Failure::Internal("an instance without a symbol".to_owned()));
        };
        self.verify_legal(&program, "instantiate")?;
        let (symbol, sig) = (&program.symbols[root.symbol as usize], root.sig);
        let symbol = (symbol.name.clone(), symbol.signature, symbol.content);
        let is_import = |symbol: &legal::Symbol| matches!(symbol.kind, legal::SymbolKind::Import(_));
        let symbols = program.symbols.iter().filter(|symbol| !is_import(symbol));
        let symbols: Vec<Known> =
            symbols.map(|symbol| (symbol.name.clone(), symbol.signature, symbol.content)).collect();
        let is_there = self.parts.as_ref().is_some_and(|parts| symbols.iter().all(|own| parts.knows(own)));
        let artifact = if is_there { None } else { Some(self.instance_artifact(&mut program, target)?) };
        let types = self.instance_types(id, args);
        let instance = Instance { artifact, symbol, params: sig.params, results: sig.results, types };
        Ok(Made { instance: Arc::new(instance), symbols })
    }

    fn instance_types(&mut self, id: FnId, args: &[TyId]) -> InstanceTypes {
        let Some(program) = self.progress.program() else { unreachable!("checked by whoever calls this") };
        let function = &program.fns[id];
        let mut types = Builder::of_instance(&self.cx, program, args);
        let params = types.all(&function.params);
        let result = types.node(function.ret);
        InstanceTypes { nodes: types.nodes, params, result }
    }

    fn instance_artifact(
        &mut self,
        program: &mut legal::Program,
        target: Target,
    ) -> Result<Vec<u8>, Failure> {
        self.simplify(program, mir::simplify::simplify)?;
        let result = codegen::emit(program, target, &self.codegen_options(), &mut self.cx.budget);
        let artifact = self.emitted("emit", result)?;
        self.stats.artifact_bytes = artifact.len() as u64;
        self.within_limit(artifact)
    }
}
