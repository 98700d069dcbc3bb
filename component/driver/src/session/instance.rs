//! Instances one by one: a function for given types, with all that it needs, as an artifact of its own. Each is made once.

use super::{Failure, Session};
use crate::directory::Parameters;
use crate::types::Node;
use abi::Repr;
use base::{Code, Diagnostic};
use codegen::Target;
use mir::legal;
use sema::hints::{self, Hint, Template};
use sema::hir::{FnId, FnKind};
use sema::ty::TyId;
use std::collections::HashMap;
use std::sync::Arc;

/// A function with type arguments. Numbers are those of its own types.
#[derive(Clone, PartialEq, Eq, Debug)]
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
    /// The encoded artifact. It has no entry; what it has besides the instance is what that needs.
    pub artifact: Vec<u8>,
    /// The name of the instance's function in the artifact.
    pub name: String,
    /// What it takes: the machine values of its parameters, one after the other.
    pub params: Vec<Repr>,
    /// What it gives.
    pub results: Vec<Repr>,
}

/// Instances that were made, by function, type arguments and machine.
#[derive(Default)]
pub(super) struct Cache {
    made: HashMap<(FnId, Vec<TyId>, Target), Arc<Instance>>,
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
        self.check()?;
        self.make_directory();
        self.stats.instantiations += 1;
        let said = std::mem::take(&mut self.cx.diags);
        let result = self.instance(wanted, target);
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

    fn instance(&mut self, wanted: &InstanceOf, target: Target) -> Result<Arc<Instance>, Failure> {
        let (id, args) = match self.resolve_instance(wanted) {
            Ok(Some(resolved)) => resolved,
            Ok(None) => {
                self.end_phase("infer");
                return Err(Failure::Rejected);
            }
            Err(wrong) => {
                wrong.into_iter().for_each(|wrong| self.cx.diags.push(wrong));
                return Err(Failure::Rejected);
            }
        };
        let key = (id, args, target);
        if let Some(instance) = self.instances.made.get(&key) {
            self.stats.cache_hits += 1;
            return Ok(instance.clone());
        }
        self.stats.cache_misses += 1;
        let instance = Arc::new(self.make_instance(id, &key.1, target)?);
        self.instances.made.insert(key, instance.clone());
        Ok(instance)
    }

    /// The function and all its type arguments, which fit it. `None` where the budget is used up.
    fn resolve_instance(
        &mut self,
        wanted: &InstanceOf,
    ) -> Result<Option<(FnId, Vec<TyId>)>, Vec<Diagnostic>> {
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

    fn make_instance(&mut self, id: FnId, args: &[TyId], target: Target) -> Result<Instance, Failure> {
        let Some(program) = self.progress.program() else { unreachable!("checked by whoever calls this") };
        let made = mir::instantiate::instantiate_alone(&mut self.cx, program, &self.templates, id, args);
        self.end_phase("instantiate");
        self.stop_on_errors()?;
        let Some((mut program, root)) = made else {
            return Err(Failure::Internal("instantiation stopped without a diagnostic".to_owned()));
        };
        self.verify_legal(&program, "instantiate")?;
        let legal::Sig { params, results } = program.funcs[root].sig.clone();
        let name = program.funcs[root].name.clone();
        self.simplify(&mut program)?;
        let result = codegen::emit(&program, target, &self.codegen_options(), &mut self.cx.budget);
        let artifact = self.emitted("emit", result)?;
        self.stats.artifact_bytes = artifact.len() as u64;
        let artifact = self.within_limit(artifact)?;
        Ok(Instance { artifact, name, params, results })
    }
}
