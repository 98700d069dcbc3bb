//! Modules that are loaded into one process, looked into, replaced and taken out again.

use super::jit::{JitInstantiator, JitStats};
use super::obj_taker::{ObjTaker, Object, Taken};
use super::{
    EmbedError, Engine, FunctionError, Modules, TypedFunction, add, fits, host_target, rejected, typed,
    wanted,
};
use crate::value::{Arguments, FromProgram, Type};
use crate::{CallError, Known, Limits, Linking, Process, Program, Reload};
use engine::{KnownSymbol, Linkage, Session};
use runtime::Host;
use std::collections::BTreeSet;

/// How modules are loaded.
#[derive(Clone, Debug)]
pub struct Config {
    /// Generic functions are made when the program calls them first; else with the module that calls them.
    pub lazy: bool,
    /// Functions that nobody called yet are made when somebody asks for them by name; else they are not found.
    pub enable_jit: bool,
    /// Questions for generic functions whose types are not known wait for hints.
    pub allow_deferred: bool,
}

impl Default for Config {
    fn default() -> Self {
        Config { lazy: false, enable_jit: true, allow_deferred: true }
    }
}

/// What a call to load a module did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Loaded {
    /// The module is in the program and its body has run.
    Success,
    /// It was there before.
    AlreadyLoaded,
}

/// What stands behind a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Resolution {
    /// A function that the program had.
    Found(Known),
    /// A function that was made for this.
    JitCompiled(Known),
    /// No module has it.
    NotFound,
}

/// What a loader did and has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stats {
    /// Modules in the program.
    pub modules: usize,
    /// Functions and variables of the program.
    pub symbols: usize,
    /// Modules that were loaded, replaced, taken out.
    pub loads: u64,
    /// See there.
    pub reloads: u64,
    /// See there.
    pub unloads: u64,
    /// Instances of generic functions, and functions by name.
    pub jit: JitStats,
}

/// Loads modules from source texts and module files into one process.
///
/// ```
/// use loader::embed::{Config, Engine, Loaded, ModuleLoader, Resolution, Settings, Start};
/// use loader::value::Type;
/// use loader::{BufferHost, Limits};
///
/// let engine = Engine::new(Settings { start: Start::Baseline, cache: None })?;
/// let files = |path: &str| Ok(match path {
///     "lists.spl" => Some(b"fn largest(items):\n    var best = items[0]\n    for item in items:\n        if item > best: best = item\n    best\n".to_vec()),
///     _ => None,
/// });
/// let host = Box::new(BufferHost::new(1 << 20));
/// let mut loader = ModuleLoader::new(&engine, Config::default(), Limits::default(), host, files)?;
/// assert_eq!(loader.load("lists.spl")?, Loaded::Success);
/// assert_eq!(loader.load("lists.spl")?, Loaded::AlreadyLoaded);
/// let texts = Type::Array(Box::new(Type::Text));
/// let resolved = loader.resolve_generic("largest", &[texts])?;
/// assert!(matches!(resolved, Resolution::JitCompiled(_)));
/// let largest = loader.function::<(&[&str],), String>("largest")?;
/// assert_eq!(largest.call_in(loader.process(), (&["fig", "pear"],))?, "pear");
/// loader.unload("lists.spl")?;
/// assert_eq!(loader.resolve_symbol("largest")?, Resolution::NotFound);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ModuleLoader<'h> {
    engine: &'h Engine,
    config: Config,
    find: Box<Find<'h>>,
    process: Process<'h>,
    jit: JitInstantiator,
    taker: ObjTaker,
    /// Functions that somebody asked for, by module: a new version of it has them too.
    asked: Vec<(String, engine::questions::InstanceOf)>,
    stats: Stats,
}

/// Gives the contents of the module at a path, where there is one.
type Find<'h> = dyn FnMut(&str) -> Result<Option<Vec<u8>>, String> + 'h;

impl<'h> ModuleLoader<'h> {
    /// One without modules; `find` gives the contents of the file at a path.
    ///
    /// # Errors
    /// There is no machine code for this machine, or no room within the limits.
    pub fn new(
        engine: &'h Engine,
        config: Config,
        limits: Limits,
        host: Box<dyn Host + 'h>,
        find: impl FnMut(&str) -> Result<Option<Vec<u8>>, String> + 'h,
    ) -> Result<ModuleLoader<'h>, EmbedError> {
        let jit = JitInstantiator::new(host_target()?);
        let mut process = Process::empty(limits, host)?;
        process.set_instances(Box::new(jit.clone()));
        let taker = ObjTaker::new(jit.clone(), config.allow_deferred);
        let (asked, stats) = (Vec::new(), Stats::default());
        Ok(ModuleLoader { engine, config, find: Box::new(find), process, jit, taker, asked, stats })
    }

    /// Loads the module at a path with those that it uses, and runs its body.
    ///
    /// # Errors
    /// See [`EmbedError`]. The program is as it was then, but for what the module's body did before it failed.
    pub fn load(&mut self, path: &str) -> Result<Loaded, EmbedError> {
        if self.jit.modules().iter().any(|loaded| loaded == path) {
            return Ok(Loaded::AlreadyLoaded);
        }
        let (session, linkage, part) = self.compile(path, true)?;
        self.process.link(&part, Linking::Addition)?;
        self.jit.add(path, session, linkage, &part);
        self.stats.loads += 1;
        if let Err(error) = self.process.start() {
            self.unload(path)?;
            return Err(EmbedError::Call(error));
        }
        Ok(Loaded::Success)
    }

    /// Takes a module out of the program: functions and variables that nothing else in it reaches go away. False where it was not loaded.
    ///
    /// # Errors
    /// See [`CallError`]: objects in its variables were not in order.
    pub fn unload(&mut self, path: &str) -> Result<bool, CallError> {
        let Some(symbols) = self.jit.remove(path) else { return Ok(false) };
        self.asked.retain(|(module, _)| module != path);
        self.retire(&symbols)?;
        self.stats.unloads += 1;
        Ok(true)
    }

    /// Replaces a module by what its files are now. Variables whose type is the same keep their values, its body does not run again, and handles of its functions
    /// lead to the new ones as long as these have the same types.
    ///
    /// # Errors
    /// See [`EmbedError`]: the program is as it was.
    pub fn reload(&mut self, path: &str) -> Result<Reload, EmbedError> {
        if !self.jit.modules().iter().any(|loaded| loaded == path) {
            return Err(EmbedError::Module(format!("{path} is not loaded")));
        }
        let (session, linkage, part) = self.compile(path, false)?;
        let mut report = self.process.link(&part, Linking::Addition)?;
        self.jit.add(path, session, linkage, &part);
        let mut has = part.names();
        let asked: Vec<_> = self.asked.iter().filter(|(module, _)| module == path).cloned().collect();
        for (_, wanted) in asked {
            // What the new version does not have any more is the business of whoever asks again.
            if let super::Made::Instance(instance, part) = self.jit.make(path, &wanted)? {
                has.insert((instance.symbol.name, instance.symbol.signature));
                if let Some(part) = part {
                    self.process.link(&part, Linking::Addition)?;
                    self.jit.linked(path, &part);
                    has.extend(part.names());
                }
            }
        }
        let gone = self.jit.replace(path, has);
        let swept = self.retire(&gone).map_err(EmbedError::Call)?;
        report.kept = swept.kept;
        (report.parts, report.code_bytes, report.entries, report.types) =
            (swept.parts, swept.code_bytes, swept.entries, swept.types);
        self.stats.reloads += 1;
        Ok(report)
    }

    /// The function of a name, as in `scale`, `Point.length`, `lists.spl::scale`; one that the program did not need so far is made.
    ///
    /// # Errors
    /// See [`FunctionError`]: it is generic, several modules have it, and so on.
    pub fn resolve_symbol(&mut self, name: &str) -> Result<Resolution, FunctionError> {
        let taken = self.taker.take_object(name)?;
        self.resolved(
            taken,
            &engine::questions::InstanceOf {
                nodes: Vec::new(),
                symbol: name.to_owned(),
                arguments: Vec::new(),
            },
        )
    }

    /// The instance of a generic function for these type arguments, in order.
    ///
    /// # Errors
    /// See [`FunctionError`].
    pub fn resolve_generic(&mut self, name: &str, types: &[Type]) -> Result<Resolution, FunctionError> {
        let mut nodes = super::Nodes::default();
        let arguments = types.iter().map(|ty| nodes.add(ty)).collect();
        let wanted = engine::questions::InstanceOf { nodes: nodes.list, symbol: name.to_owned(), arguments };
        let taken = self.taker.take_with_types(name, types)?;
        self.resolved(taken, &wanted)
    }

    /// The function of a name with these types: of a generic one the instance that they ask for.
    ///
    /// # Errors
    /// See [`FunctionError`].
    pub fn function<A: Arguments, R: FromProgram>(
        &mut self,
        name: &str,
    ) -> Result<TypedFunction<A, R>, FunctionError> {
        let mut refused = None;
        for module in self.jit.modules() {
            let asked = self.jit.with_session(&module, |session| wanted::<A, R>(session, name));
            let Some((wanted, doubt)) = asked.transpose()? else { continue };
            match self.jit.make(&module, &wanted)? {
                super::Made::Instance(instance, part) => {
                    fits::<A, R>(name, &instance)?;
                    let object = Object { module, instance, part };
                    let instance = self.take_in(object, &wanted)?;
                    return typed(&mut self.process, instance);
                }
                super::Made::NotFound => {}
                super::Made::Undetermined(what) | super::Made::Wrong(what) => {
                    refused = Some(doubt.map_or(what, |doubt| super::error::told(&doubt)));
                }
            }
        }
        let refused = refused.unwrap_or_else(|| format!("no module has a function `{name}`"));
        Err(FunctionError::Wrong(refused))
    }

    /// What was done, and what is there.
    pub fn stats(&self) -> Stats {
        let (modules, symbols) = (self.jit.modules().len(), self.process.known().len());
        Stats { modules, symbols, jit: self.jit.stats(), ..self.stats }
    }

    /// Objects of the modules, with the questions that wait for hints.
    pub fn objects(&mut self) -> &mut ObjTaker {
        &mut self.taker
    }

    /// The running program.
    pub fn process(&mut self) -> &mut Process<'h> {
        &mut self.process
    }

    // -- steps -----------------------------------------------------------------------------------------------

    /// The module as a part of the program.
    fn compile(&mut self, path: &str, entry: bool) -> Result<(Session, Linkage, Program), EmbedError> {
        let contents = (self.find)(path).map_err(EmbedError::Module)?;
        let contents = contents.ok_or_else(|| EmbedError::Module(format!("there is no module {path}")))?;
        let known = self.process.known().into_iter();
        let known = known.map(|(name, signature, content)| KnownSymbol { name, signature, content });
        let linkage = Linkage { known: known.collect(), entry, lazy: self.config.lazy };
        let mut session = self.engine.session()?;
        session.make_reloadable(&linkage)?;
        add(&mut session, Modules::with(path, &contents, &mut self.find))?;
        let target = host_target()?;
        let artifact = rejected(&mut session, |session| session.emit(target))?;
        Ok((session, linkage, Program::load(&artifact)?))
    }

    fn resolved(
        &mut self,
        taken: Taken,
        wanted: &engine::questions::InstanceOf,
    ) -> Result<Resolution, FunctionError> {
        match taken {
            Taken::Code(object) => {
                let is_new = object.part.is_some();
                if is_new && !self.config.enable_jit {
                    return Ok(Resolution::NotFound);
                }
                let symbol = self.take_in(object, wanted)?.symbol;
                let symbol = (symbol.name, symbol.signature, symbol.content);
                Ok(if is_new { Resolution::JitCompiled(symbol) } else { Resolution::Found(symbol) })
            }
            Taken::NotFound => Ok(Resolution::NotFound),
            Taken::Deferred(what) | Taken::Template(what) | Taken::Error(what) => {
                Err(FunctionError::Wrong(what))
            }
        }
    }

    /// Links an object.
    fn take_in(
        &mut self,
        object: Object,
        wanted: &engine::questions::InstanceOf,
    ) -> Result<engine::questions::Instance, FunctionError> {
        let Object { module, instance, part } = object;
        if let Some(part) = part {
            self.process.link(&part, Linking::Addition)?;
            self.jit.linked(&module, &part);
        }
        if !self.asked.iter().any(|(path, asked)| *path == module && same(asked, wanted)) {
            self.asked.push((module, wanted.clone()));
        }
        Ok(*instance)
    }

    fn retire(&mut self, symbols: &BTreeSet<(String, u64)>) -> Result<Reload, CallError> {
        let report = self.process.retire(symbols)?;
        self.jit.reset(self.process.known());
        Ok(report)
    }
}

/// The same question in the same words.
fn same(one: &engine::questions::InstanceOf, other: &engine::questions::InstanceOf) -> bool {
    one.symbol == other.symbol
        && one.arguments == other.arguments
        && format!("{:?}", one.nodes) == format!("{:?}", other.nodes)
}
