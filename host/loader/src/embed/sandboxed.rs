//! Programs that nobody trusts: WebAssembly in a sandbox, behind the same interface.

use super::{EmbedError, Engine, FunctionError, Modules, add, nodes, rejected};
use crate::CallError;
use crate::function::written;
use crate::reload::LinkError;
use crate::value::{Arguments, FromProgram, Shape, Table, Type, Value, Words};
use abi::exports::Export;
use abi::{Repr, TypeDesc, TypeId};
use engine::Target;
use engine::types::{Function as Described, Table as Types};
use runtime::{Host, Raised, Values};
use sandbox::{Limits, Process, Sandbox};
use std::marker::PhantomData;

/// A program in a sandbox whose module bodies have run. Its public functions can be called. It has no capability but what its [`Host`] gives, and runs within limits of
/// memory, time and fuel; time and fuel are those of one call. An error ends it: later calls are [`CallError::Damaged`].
pub struct SandboxedProgram<H: Host + Send + 'static> {
    process: Process<H>,
    /// Types of its functions as they are written.
    described: Types,
}

impl Engine {
    /// Compiles a program to WebAssembly and runs the bodies of its modules in a sandbox. Its public functions (`pub fn`) are for the host: their types are not
    /// generic, and have a form outside of the program.
    ///
    /// # Errors
    /// See [`EmbedError`].
    pub fn load_sandboxed<H: Host + Send + 'static>(
        &self,
        sandbox: &Sandbox,
        modules: Modules<'_>,
        limits: &Limits,
        host: H,
    ) -> Result<SandboxedProgram<H>, EmbedError> {
        let mut session = self.session()?;
        session.export_public()?;
        add(&mut session, modules)?;
        let module = rejected(&mut session, |session| session.emit(Target::Wasm32))?;
        let described = rejected(&mut session, engine::Session::types)?;
        let program = sandbox.load(&module).map_err(EmbedError::Sandbox)?;
        let process = program.start(limits, host).map_err(|error| EmbedError::Call(call_error(error)))?;
        Ok(SandboxedProgram { process, described })
    }
}

impl<H: Host + Send + 'static> SandboxedProgram<H> {
    /// The public function of a name with these types.
    ///
    /// # Errors
    /// See [`FunctionError`].
    pub fn function<A: Arguments, R: FromProgram>(
        &self,
        name: &str,
    ) -> Result<SandboxedFunction<A, R>, FunctionError> {
        let handle = self.handle(name, &A::types(), &R::ty())?;
        Ok(SandboxedFunction { handle, types: PhantomData })
    }

    /// The public function of a name, whose types its caller learns from it.
    ///
    /// # Errors
    /// See [`FunctionError`].
    pub fn dynamic(&self, name: &str) -> Result<SandboxedDynamicFunction, FunctionError> {
        let described = self.described(name)?;
        let ty = |index: &u32| nodes::ty(&self.described.nodes, *index);
        let params = described.params.iter().map(ty).collect::<Option<Vec<_>>>();
        let (Some(params), Some(result)) = (params, ty(&described.result)) else {
            return Err(FunctionError::Foreign { function: name.to_owned(), is: self.signature(described) });
        };
        let handle = self.handle(name, &params, &result)?;
        Ok(SandboxedDynamicFunction { handle, params, result })
    }

    /// What the program sees of the world.
    pub fn host(&self) -> &H {
        self.process.host()
    }

    /// The same, to be changed.
    pub fn host_mut(&mut self) -> &mut H {
        self.process.host_mut()
    }

    fn described(&self, name: &str) -> Result<&Described, FunctionError> {
        let found = self.described.functions.iter().find(|function| function.name == name);
        found.ok_or_else(|| FunctionError::Wrong(format!("there is no function called `{name}`")))
    }

    fn signature(&self, function: &Described) -> String {
        nodes::signature(&self.described.nodes, &function.params, function.result)
    }

    fn handle(&self, name: &str, params: &[Type], result: &Type) -> Result<Handle, FunctionError> {
        let library = self.process.library();
        let number = library.exports.iter().position(|export| export.name == name);
        let Some(number) = number else {
            let what = format!("there is no public function called `{name}`: write `pub` in front of it");
            return Err(FunctionError::Wrong(what));
        };
        let shapes = shapes(&library.types, &library.exports[number], params, result);
        let Some((params, result)) = shapes else {
            return Err(FunctionError::Types {
                function: name.to_owned(),
                is: self.signature(self.described(name)?),
                asked: written(params, result),
            });
        };
        Ok(Handle { number, params, result })
    }
}

/// The shapes of types, where an exported function is of these.
fn shapes(
    types: &[TypeDesc],
    export: &Export,
    params: &[Type],
    result: &Type,
) -> Option<(Vec<Shape>, Shape)> {
    let mut table = Known(types);
    // A type that the program does not have is none of its functions'.
    let params = params.iter().map(|ty| Shape::of(ty, &mut table).ok()).collect::<Option<Vec<_>>>()?;
    let result = Shape::of(result, &mut table).ok()?;
    let own = params.iter().map(|shape| shape.id).chain([result.id]);
    own.eq(export.params.iter().map(|(_, ty)| *ty).chain([export.result])).then_some((params, result))
}

/// The types of a module, to which none are added.
struct Known<'a>(&'a [TypeDesc]);

impl Table for Known<'_> {
    fn types(&self) -> &[TypeDesc] {
        self.0
    }

    fn find(&mut self, desc: TypeDesc) -> Result<TypeId, LinkError> {
        let known = self.0.iter().position(|known| *known == desc);
        known.map(|id| TypeId(id as u32)).ok_or(LinkError::NoRoom("more types"))
    }
}

/// A function of a program, with the shapes of its values.
#[derive(Debug)]
struct Handle {
    number: usize,
    params: Vec<Shape>,
    result: Shape,
}

impl Handle {
    /// Calls it with the words that `put` makes; `get` makes a value of those of the result, which are given back afterwards.
    fn call<H: Host + Send + 'static, T: Send>(
        &self,
        program: &mut SandboxedProgram<H>,
        put: impl FnOnce(&[Shape], &mut dyn Values, &mut Vec<u64>) -> Result<(), Raised> + Send,
        get: impl FnOnce(&Shape, &dyn Values, &mut Words<'_>) -> Result<T, Raised> + Send,
    ) -> Result<T, CallError> {
        let called = program.process.enter(|process| {
            let mut words = Vec::new();
            put(&self.params, process, &mut words).map_err(|raised| process.failure(raised))?;
            let words = process.call(self.number, &words)?;
            let value = get(&self.result, process, &mut Words::new(&words));
            let owned = self.result.reprs.iter().zip(&words).filter(|(repr, _)| **repr == Repr::Ref);
            let mut owned = owned.map(|(_, &word)| word as u32);
            let value =
                value.and_then(|value| owned.try_for_each(|object| process.release(object)).map(|()| value));
            value.map_err(|raised| process.failure(raised))
        });
        called.map_err(call_error)
    }
}

/// A function of a [`SandboxedProgram`] that takes `A` and gives `R`. It is one of the program that it was asked of.
#[derive(Debug)]
pub struct SandboxedFunction<A, R> {
    handle: Handle,
    types: PhantomData<fn(A) -> R>,
}

impl<A: Arguments + Send, R: FromProgram + Send> SandboxedFunction<A, R> {
    /// Calls it.
    ///
    /// # Errors
    /// See [`CallError`]. They end the program, not the host.
    pub fn call<H: Host + Send + 'static>(
        &self,
        program: &mut SandboxedProgram<H>,
        args: A,
    ) -> Result<R, CallError> {
        let put = move |shapes: &[Shape], heap: &mut dyn Values, words: &mut Vec<u64>| {
            args.put_all(shapes, heap, words)
        };
        self.handle.call(program, put, R::get)
    }
}

/// A function of a [`SandboxedProgram`] whose types are known only when it runs.
#[derive(Debug)]
pub struct SandboxedDynamicFunction {
    handle: Handle,
    params: Vec<Type>,
    result: Type,
}

impl SandboxedDynamicFunction {
    /// The types of its parameters.
    pub fn params(&self) -> &[Type] {
        &self.params
    }

    /// The type of its result.
    pub fn result(&self) -> &Type {
        &self.result
    }

    /// Calls it.
    ///
    /// # Errors
    /// See [`CallError`]. They end the program, not the host; values of other types than [`SandboxedDynamicFunction::params`] end nothing.
    pub fn call<H: Host + Send + 'static>(
        &self,
        program: &mut SandboxedProgram<H>,
        args: &[Value],
    ) -> Result<Value, CallError> {
        let fit =
            args.len() == self.params.len() && args.iter().zip(&self.params).all(|(arg, ty)| arg.is(ty));
        if !fit {
            return Err(CallError::Arguments { expected: written(&self.params, &self.result) });
        }
        let put = |shapes: &[Shape], heap: &mut dyn Values, words: &mut Vec<u64>| {
            args.iter().zip(shapes).try_for_each(|(arg, shape)| arg.put(shape, heap, words))
        };
        let get = |shape: &Shape, heap: &dyn Values, words: &mut Words<'_>| {
            Value::get(&self.result, shape, heap, words)
        };
        self.handle.call(program, put, get)
    }
}

fn call_error(error: sandbox::CallError) -> CallError {
    match error {
        sandbox::CallError::Failed(report) => CallError::Failed(report),
        sandbox::CallError::Exited(code) => CallError::Exited(code),
        sandbox::CallError::Over => CallError::Damaged,
        sandbox::CallError::NoFunction => CallError::NoFunction,
        sandbox::CallError::Run(error) => CallError::System(error.to_string()),
    }
}
