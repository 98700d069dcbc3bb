//! Programs inside of a Rust program: compiled from source, called by typed functions.
//!
//! ```
//! use loader::embed::{Engine, Modules, Settings, Start};
//! use loader::{BufferHost, Limits};
//!
//! let engine = Engine::new(Settings { start: Start::Baseline, cache: None })?;
//! let source = "
//! val unit = \"px\"
//! fn scale(n: i64, by: f64) -> text: \"{n * by}{unit}\"
//! fn largest(items):
//!     var best = items[0]
//!     for item in items:
//!         if item > best: best = item
//!     best
//! ";
//! let host = Box::new(BufferHost::new(1 << 20));
//! let mut program = engine.load(Modules::one("main.spl", source), Limits::default(), host)?;
//!
//! let scale = program.function::<(i64, f64), String>("scale")?;
//! assert_eq!(scale.call(&mut program, (3, 1.5))?, "4.5px");
//!
//! // A generic function is made for the types that it is asked for with.
//! let largest = program.function::<(Vec<i64>,), i64>("largest")?;
//! assert_eq!(largest.call(&mut program, (vec![3, 9, 4],))?, 9);
//! let largest = program.function::<(&[&str],), String>("largest")?;
//! assert_eq!(largest.call(&mut program, (&["pear", "fig"],))?, "pear");
//!
//! // Other types than the function's are an error that names both.
//! let wrong = program.function::<(String,), i64>("scale").unwrap_err();
//! assert_eq!(wrong.to_string(), "`scale` is `fn(i64, f64) -> text`, not `fn(text) -> i64`");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A run-time error ends the call that it happens in, and the program lives on:
//!
//! ```
//! # use loader::embed::{Engine, Modules, Settings, Start};
//! # use loader::{BufferHost, CallError, Limits};
//! # let engine = Engine::new(Settings { start: Start::Baseline, cache: None })?;
//! # let host = Box::new(BufferHost::new(1 << 20));
//! let source = "
//! var calls = 0
//! fn divide(a: i64, b: i64):
//!     calls += 1
//!     a / b
//! fn count(): calls
//! ";
//! let mut program = engine.load(Modules::one("main.spl", source), Limits::default(), host)?;
//! let divide = program.function::<(i64, i64), i64>("divide")?;
//! match divide.call(&mut program, (1, 0)) {
//!     Err(CallError::Failed(report)) => assert_eq!(report.message, "division by zero"),
//!     other => panic!("{other:?}"),
//! }
//! assert_eq!(divide.call(&mut program, (7, 2))?, 3);
//! let count = program.function::<(), i64>("count")?;
//! assert_eq!(count.call(&mut program, ())?, 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A program calls functions of its host that it declares with `extern fn`, and that are registered by name and type; it reaches nothing else:
//!
//! ```
//! # use loader::embed::{Engine, Modules, Settings, Start};
//! # use loader::{BufferHost, HostFunctions, Limits};
//! # let engine = Engine::new(Settings { start: Start::Baseline, cache: None })?;
//! # let host = Box::new(BufferHost::new(1 << 20));
//! let source = "
//! extern fn setting(name: text) -> text?
//! fn greeting() -> text: \"Hello, {setting(\"user\") ?? \"stranger\"}!\"
//! ";
//! let mut functions = HostFunctions::default();
//! functions.add("setting", |name: String| (name == "user").then(|| "Ada".to_owned()));
//! let limits = Limits { functions, ..Limits::default() };
//! let mut program = engine.load(Modules::one("main.spl", source), limits, host)?;
//! let greeting = program.function::<(), String>("greeting")?;
//! assert_eq!(greeting.call(&mut program, ())?, "Hello, Ada!");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A program that is not trusted runs in a sandbox ([`SandboxedProgram`]), within limits:
//!
//! ```
//! # use loader::embed::{Engine, Modules, Settings, Start};
//! # use loader::{BufferHost, CallError};
//! # let engine = Engine::new(Settings { start: Start::Baseline, cache: None })?;
//! use sandbox::{Limits, Sandbox};
//! use std::time::Duration;
//!
//! let sandbox = Sandbox::new(sandbox::Settings::default())?;
//! let limits = Limits { memory: 16 << 20, time: Some(Duration::from_secs(1)), ..Limits::default() };
//! let source = "
//! pub fn shout(word: text) -> text: word.upper()
//! pub fn spin():
//!     loop:
//!         pass
//! ";
//! let modules = Modules::one("plugin.spl", source);
//! let mut plugin = engine.load_sandboxed(&sandbox, modules, &limits, BufferHost::new(1 << 20))?;
//! let shout = plugin.function::<(&str,), String>("shout")?;
//! assert_eq!(shout.call(&mut plugin, ("hey",))?, "HEY");
//! let spin = plugin.function::<(), ()>("spin")?;
//! match spin.call(&mut plugin, ()) {
//!     Err(CallError::Failed(report)) => assert_eq!(report.message, "time limit reached"),
//!     other => panic!("{other:?}"),
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod jit;
mod module_loader;
mod nodes;
mod obj_taker;
mod sandboxed;

pub use engine::{Optimization, Options, Settings, Start};
pub use error::{EmbedError, Finding, FunctionError};
pub use jit::{JitInstantiator, JitStats, Made};
pub use module_loader::{Config, Loaded, ModuleLoader, Resolution, Stats};
pub use obj_taker::{ObjTaker, Object, Taken, TypeHint};
pub use sandboxed::{SandboxedDynamicFunction, SandboxedFunction, SandboxedProgram};

use crate::function::{Signature, written};
use crate::value::{Arguments, FromProgram, Type, Value};
use crate::{CallError, DynamicFunction, Function, Known, Limits, Linking, Process};
use abi::Repr;
use engine::questions::{
    Answer, Hint, Instance, InstanceOf, Instantiation, MachineType, ParameterType, Question, Template,
};
use engine::{KnownSymbol, Linkage, Session, Target};
use nodes::Nodes;
use runtime::Host;

/// The compiler, ready for any number of programs.
pub struct Engine {
    engine: engine::Engine,
    /// How programs are compiled.
    pub options: Options,
    /// What a compilation may use.
    pub limits: engine::Limits,
}

/// The modules that a program is made of.
pub struct Modules<'a> {
    path: &'a str,
    contents: &'a [u8],
    find: Box<Find<'a>>,
}

/// Gives the contents of the module at a path, where there is one.
type Find<'a> = dyn FnMut(&str) -> Result<Option<Vec<u8>>, String> + 'a;

impl<'a> Modules<'a> {
    /// One source text alone.
    pub fn one(path: &'a str, source: &'a str) -> Modules<'a> {
        Modules::with(path, source.as_bytes(), |_| Ok(None))
    }

    /// A source text or module file, and what gives the contents of those that it uses, by path.
    pub fn with(
        path: &'a str,
        contents: &'a [u8],
        find: impl FnMut(&str) -> Result<Option<Vec<u8>>, String> + 'a,
    ) -> Modules<'a> {
        Modules { path, contents, find: Box::new(find) }
    }
}

impl Engine {
    /// Loads the compiler.
    ///
    /// # Errors
    /// This machine runs none.
    pub fn new(settings: Settings) -> Result<Engine, EmbedError> {
        let options = Options {
            budget: 1 << 32,
            optimization: Optimization::Speed,
            verify: false,
            max_output: 64 << 20,
        };
        let engine =
            engine::Engine::new(settings).map_err(|error| EmbedError::Engine(format!("{error:#}")))?;
        Ok(Engine { engine, options, limits: engine::Limits::default() })
    }

    fn session(&self) -> Result<Session, engine::Error> {
        self.engine.session(&self.options, self.limits.clone())
    }

    /// A context that is asked in JSON, for code of this machine.
    ///
    /// # Errors
    /// There is no code for this machine, or see [`engine::Error`].
    pub fn context(&self) -> Result<engine::Context, EmbedError> {
        Ok(self.engine.context(&self.options, host_target()?, self.limits.clone())?)
    }

    /// Compiles a program and runs the bodies of its modules.
    ///
    /// # Errors
    /// See [`EmbedError`].
    pub fn load<'h>(
        &self,
        modules: Modules<'_>,
        limits: Limits,
        host: Box<dyn Host + 'h>,
    ) -> Result<Program<'h>, EmbedError> {
        let target = host_target()?;
        let mut session = self.session()?;
        session.make_reloadable(&Linkage { known: Vec::new(), entry: true, lazy: false })?;
        add(&mut session, modules)?;
        let artifact = rejected(&mut session, |session| session.emit(target))?;
        let part = crate::Program::load(&artifact)?;
        let mut process = Process::new(&part, limits, host)?;
        session.add_known(&known(&process))?;
        // The exit code of a program is of no use to whoever calls its functions.
        process.start().map_err(EmbedError::Call)?;
        Ok(Program { session, process, target })
    }
}

/// The machine that this is.
fn host_target() -> Result<Target, EmbedError> {
    match abi::artifact::Target::host() {
        Some(abi::artifact::Target::X86_64) => Ok(Target::X8664),
        Some(abi::artifact::Target::Aarch64) => Ok(Target::Aarch64),
        None => Err(EmbedError::Engine("there is no machine code for this machine".to_owned())),
    }
}

/// Adds a module and whatever is used, as far as it is found; the compiler says what is missing.
fn add(session: &mut Session, mut modules: Modules<'_>) -> Result<(), EmbedError> {
    let mut next = Some((modules.path.to_owned(), modules.contents.to_vec()));
    while let Some((path, contents)) = next.take() {
        let missing = if engine::is_module_file(&contents) {
            rejected(session, |session| session.add_library(&path, &contents))?
        } else {
            let text = String::from_utf8(contents);
            let text = text.map_err(|_| EmbedError::Module(format!("{path} is not a text")))?;
            session.add_module(&path, &text)?
        };
        for path in missing.iter().flat_map(|module| &module.candidates) {
            if let Some(contents) = (modules.find)(path).map_err(EmbedError::Module)? {
                next = Some((path.clone(), contents));
                break;
            }
        }
    }
    Ok(())
}

/// A call of the compiler whose rejection is told with everything that was found.
fn rejected<T>(
    session: &mut Session,
    call: impl FnOnce(&mut Session) -> Result<T, engine::Error>,
) -> Result<T, EmbedError> {
    match call(session) {
        Err(engine::Error::Rejected) => {
            let found = session.diagnostics()?;
            let errors = found.iter().filter(|found| found.severity == engine::Severity::Error);
            Err(EmbedError::Rejected(
                errors.map(|found| Finding::of(session, found)).collect::<Result<_, _>>()?,
            ))
        }
        other => Ok(other?),
    }
}

/// The symbols of a process, for the compiler.
fn known(process: &Process<'_>) -> Vec<KnownSymbol> {
    let symbol = |(name, signature, content)| KnownSymbol { name, signature, content };
    process.known().into_iter().map(symbol).collect()
}

/// A program whose module bodies have run, with the compiler that makes its functions when they are asked for.
pub struct Program<'h> {
    session: Session,
    process: Process<'h>,
    target: Target,
}

impl<'h> Program<'h> {
    /// The function of a name with these types: of a generic one the instance that they ask for. Names are as in `largest`, `Point.length`,
    /// `lists.spl::largest`.
    ///
    /// # Errors
    /// See [`FunctionError`].
    pub fn function<A: Arguments, R: FromProgram>(
        &mut self,
        name: &str,
    ) -> Result<TypedFunction<A, R>, FunctionError> {
        let (wanted, doubt) = wanted::<A, R>(&mut self.session, name)?;
        self.instance(name, &wanted, doubt)
    }

    /// The instance of a generic function with these type arguments, in the order of its type parameters. Those of untyped parameters are the last
    /// ones, and may be left out where they follow from the others.
    ///
    /// # Errors
    /// See [`FunctionError`].
    pub fn instance_of<A: Arguments, R: FromProgram>(
        &mut self,
        name: &str,
        arguments: &[Type],
    ) -> Result<TypedFunction<A, R>, FunctionError> {
        let mut nodes = Nodes::default();
        let arguments = arguments.iter().map(|ty| nodes.add(ty)).collect();
        self.instance(name, &InstanceOf { nodes: nodes.list, symbol: name.to_owned(), arguments }, None)
    }

    /// The instance with these type arguments as a function whose types its caller learns from it.
    ///
    /// # Errors
    /// See [`FunctionError`].
    pub fn dynamic(&mut self, name: &str, arguments: &[Type]) -> Result<DynamicFunction, FunctionError> {
        let mut nodes = Nodes::default();
        let arguments = arguments.iter().map(|ty| nodes.add(ty)).collect();
        let wanted = InstanceOf { nodes: nodes.list, symbol: name.to_owned(), arguments };
        let made = self.make(&wanted, None)?;
        let ty = |index: &u32| nodes::ty(&made.nodes, *index);
        let params = made.param_types.iter().map(ty).collect::<Option<Vec<_>>>();
        let (Some(params), Some(result)) = (params, ty(&made.result_type)) else {
            let is = nodes::signature(&made.nodes, &made.param_types, made.result_type);
            return Err(FunctionError::Foreign { function: name.to_owned(), is });
        };
        self.link(&made)?;
        let (symbol, signature) = handle(made);
        Ok(DynamicFunction::new(&mut self.process, symbol, &signature, params, result)?)
    }

    /// Calls a function of this program.
    ///
    /// # Errors
    /// See [`CallError`]. The program lives on.
    pub fn call(&mut self, function: &DynamicFunction, args: &[Value]) -> Result<Value, CallError> {
        function.call(&mut self.process, args)
    }

    fn instance<A: Arguments, R: FromProgram>(
        &mut self,
        name: &str,
        wanted: &InstanceOf,
        doubt: Option<Vec<engine::Diagnostic>>,
    ) -> Result<TypedFunction<A, R>, FunctionError> {
        let made = self.make(wanted, doubt)?;
        fits::<A, R>(name, &made)?;
        self.link(&made)?;
        typed(&mut self.process, made)
    }

    /// Has an instance made. `doubt` is what is wrong, where it is not made.
    fn make(
        &mut self,
        wanted: &InstanceOf,
        doubt: Option<Vec<engine::Diagnostic>>,
    ) -> Result<Instance, FunctionError> {
        match self.session.instantiate(wanted, self.target)? {
            Instantiation::Made(made) => Ok(made),
            Instantiation::Wrong(wrong) => Err(FunctionError::Wrong(error::told(&doubt.unwrap_or(wrong)))),
        }
    }

    /// Links what the program lacks of an instance.
    fn link(&mut self, made: &Instance) -> Result<(), FunctionError> {
        if let Some(artifact) = &made.artifact {
            let part = crate::Program::load(artifact)?;
            self.process.link(&part, Linking::Addition)?;
            self.session.add_known(&known(&self.process))?;
        }
        Ok(())
    }

    /// The running program.
    pub fn process(&mut self) -> &mut Process<'h> {
        &mut self.process
    }

    /// Ends it: gives its variables back and collects cycles. Objects that are still counted then are leaks.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn finish(self) -> Result<crate::Stats, CallError> {
        self.process.finish()
    }
}

/// A function of a [`Program`] that takes `A` and gives `R`.
#[derive(Debug)]
pub struct TypedFunction<A, R>(Function<A, R>);

impl<A: Arguments, R: FromProgram> TypedFunction<A, R> {
    /// Calls it.
    ///
    /// # Errors
    /// See [`CallError`]. The program lives on.
    pub fn call(&self, program: &mut Program<'_>, args: A) -> Result<R, CallError> {
        self.call_in(&mut program.process, args)
    }

    /// Calls it in the process that it was resolved in.
    ///
    /// # Errors
    /// See [`CallError`]. The process lives on.
    pub fn call_in(&self, process: &mut Process<'_>, args: A) -> Result<R, CallError> {
        self.0.call(process, args)
    }
}

/// The instance of a function that Rust types ask for; and what is doubtful about it, should it not be there.
fn wanted<A: Arguments, R: FromProgram>(
    session: &mut Session,
    name: &str,
) -> Result<(InstanceOf, Option<Vec<engine::Diagnostic>>), FunctionError> {
    let mut nodes = Nodes::default();
    let hint = |(index, ty): (usize, &Type)| {
        Hint::CallSite(ParameterType { parameter: index as u32, ty: nodes.add(ty) })
    };
    let mut hints: Vec<Hint> = A::types().iter().enumerate().map(hint).collect();
    hints.push(Hint::Return(nodes.add(&R::ty())));
    let template = Template::Symbol(name.to_owned());
    let answer = session.infer(&Question { nodes: nodes.list, template, hints })?;
    let (nodes, arguments, doubt) = match answer {
        Answer::Inferred(found) => {
            (found.nodes, found.arguments.iter().map(|argument| argument.ty).collect(), None)
        }
        // A function that is not generic is there all the same, with its own types to be told.
        Answer::Wrong(wrong) => (Vec::new(), Vec::new(), Some(wrong)),
    };
    let wanted = InstanceOf { nodes, symbol: name.to_owned(), arguments };
    Ok((wanted, doubt))
}

/// An instance is of these types.
fn fits<A: Arguments, R: FromProgram>(name: &str, made: &Instance) -> Result<(), FunctionError> {
    let (params, result) = (A::types(), R::ty());
    if !nodes::are(&made.nodes, &made.param_types, &params)
        || nodes::ty(&made.nodes, made.result_type).as_ref() != Some(&result)
    {
        return Err(FunctionError::Types {
            function: name.to_owned(),
            is: nodes::signature(&made.nodes, &made.param_types, made.result_type),
            asked: written(&params, &result),
        });
    }
    Ok(())
}

/// An instance that is linked, with its types.
fn typed<A: Arguments, R: FromProgram>(
    process: &mut Process<'_>,
    made: Instance,
) -> Result<TypedFunction<A, R>, FunctionError> {
    let (symbol, signature) = handle(made);
    Ok(TypedFunction(Function::new(process, symbol, &signature)?))
}

/// Which function an instance is, and what it takes and gives.
fn handle(made: Instance) -> (Known, Signature) {
    let reprs = |list: &[MachineType]| list.iter().map(repr).collect();
    let signature = Signature { params: reprs(&made.params), results: reprs(&made.results) };
    ((made.symbol.name, made.symbol.signature, made.symbol.content), signature)
}

fn repr(ty: &MachineType) -> Repr {
    match ty {
        MachineType::I8 => Repr::I8,
        MachineType::I16 => Repr::I16,
        MachineType::I32 => Repr::I32,
        MachineType::I64 => Repr::I64,
        MachineType::F32 => Repr::F32,
        MachineType::F64 => Repr::F64,
        MachineType::Reference => Repr::Ref,
        MachineType::Dynamic => Repr::Any,
    }
}
