//! From a file on the command line to a checked session.

use crate::args::{Check, Color, Common, Contracts, Dump, Jobs, StageName, TargetName};
use crate::output;
use crate::render;
use crate::timings::Timings;
use abi::ErrorKind;
use anyhow::{Context as _, Result, bail};
use engine::{
    Engine, Error, Helpers, Input, Limits, Optimization, Options, Purpose, Session, Settings, Stage, Start,
    Target,
};
use source::{CacheDir, Root};
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::Arc;

/// A session with the program in it, and what is told about it.
pub struct Compilation {
    pub session: Session,
    pub timings: Timings,
    /// The files that were asked for besides the program itself.
    pub inputs: Vec<Input>,
    pub helpers: Helpers,
    /// The compiler; other compilations may use it, too.
    pub engine: Arc<Engine>,
}

/// What compiling came to.
pub enum Compiled<T> {
    Done(T),
    /// The program is wrong and its user was told.
    Rejected,
}

impl Compilation {
    /// Reads and parses the file, and the modules it uses.
    pub fn open(file: &Path, common: &Common, jobs: Jobs) -> Result<Compiled<Compilation>> {
        let mut timings = Timings::new(common.timings);
        let program = timings.phase("read", || Program::read(file))?;
        Compilation::of(&program, timings, common, jobs)
    }

    /// Parses a program that was read, and reads and parses the modules it uses.
    pub fn of(
        program: &Program,
        mut timings: Timings,
        common: &Common,
        jobs: Jobs,
    ) -> Result<Compiled<Compilation>> {
        let engine = timings.phase("load the compiler", load)?;
        let (mut compilation, added) =
            Compilation::in_engine(Arc::new(engine), program, timings, common, jobs)?;
        match added {
            Added::All => Ok(Compiled::Done(compilation)),
            Added::Rejected => {
                compilation.tell(common)?;
                Ok(Compiled::Rejected)
            }
        }
    }

    /// The same in a compiler that is there already; nobody is told anything.
    pub fn in_engine(
        engine: Arc<Engine>,
        program: &Program,
        mut timings: Timings,
        common: &Common,
        jobs: Jobs,
    ) -> Result<(Compilation, Added)> {
        let options = Options {
            budget: common.budget,
            optimization: if common.no_optimize { Optimization::None } else { Optimization::Speed },
            verify: common.verify,
            max_output: Limits::default().output as u64,
        };
        let mut session = timings.phase("open a session", || engine.session(&options, Limits::default()))?;
        let unchecked = match common.contracts {
            Contracts::Checked => false,
            Contracts::Unchecked => {
                session.leave_contracts_unchecked()?;
                true
            }
        };
        // What is checked is the whole program, so one session makes it; helpers check contracts.
        let jobs = if common.verify || unchecked { Jobs::ONE } else { jobs };
        let mut helpers = engine.helpers(&options, Limits::default(), jobs.jobs());
        let mut inputs = Vec::new();
        let added =
            timings.phase("parse", || add_modules(&mut session, &mut helpers, program, &mut inputs))?;
        Ok((Compilation { session, timings, inputs, helpers, engine }, added))
    }

    /// Runs one stage and prints the diagnostics once the program turns out wrong.
    pub fn stage<T>(
        &mut self,
        name: &'static str,
        common: &Common,
        stage: impl FnOnce(&mut Session) -> Result<T, Error>,
    ) -> Result<Compiled<T>> {
        let session = &mut self.session;
        match self.timings.phase(name, || stage(session)) {
            Ok(value) => Ok(Compiled::Done(value)),
            Err(Error::Rejected) => {
                self.tell(common)?;
                Ok(Compiled::Rejected)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Makes the artifact.
    pub fn emit(&mut self, target: Target, common: &Common) -> Result<Compiled<Vec<u8>>> {
        self.with_helpers("compile", common, &[target], Purpose::Artifact, |session| session.emit(target))
    }

    /// A stage that makes machine code.
    pub fn with_helpers<T>(
        &mut self,
        name: &'static str,
        common: &Common,
        targets: &[Target],
        purpose: Purpose,
        stage: impl FnOnce(&mut Session) -> Result<T, Error>,
    ) -> Result<Compiled<T>> {
        let session = &mut self.session;
        self.timings.phase("share the work", || self.helpers.share(session, targets, purpose))?;
        self.stage(name, common, stage)
    }

    /// Prints every diagnostic: errors and warnings.
    pub fn tell(&mut self, common: &Common) -> Result<()> {
        tell(&mut self.session, common)
    }

    /// Every diagnostic, as text.
    pub fn report(&mut self, json: bool, styled: bool) -> Result<String> {
        let diagnostics = self.session.diagnostics()?;
        render::render(&mut self.session, &diagnostics, json, styled)
    }

    /// Prints the timings if they are wanted; the last to use the compiler waits for its fast form if that is being made.
    pub fn finish(mut self) -> Result<()> {
        if self.timings.wanted() {
            let stats = self.session.stats()?;
            self.timings.print(Some(&stats), self.session.memory());
        }
        drop((self.session, self.helpers));
        Arc::into_inner(self.engine).map_or(Ok(()), Engine::finish)
    }

    /// Ends without that for a program that was stopped, whose user does not wait any longer.
    pub fn finish_after(self, error: Option<ErrorKind>) -> Result<()> {
        match error {
            Some(ErrorKind::Interrupted | ErrorKind::TimedOut) => Ok(()),
            Some(_) | None => self.finish(),
        }
    }
}

/// Prints every diagnostic of a session: errors and warnings.
pub fn tell(session: &mut Session, common: &Common) -> Result<()> {
    let styled = match common.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
    };
    let diagnostics = session.diagnostics()?;
    let text = render::render(session, &diagnostics, common.json, styled)?;
    std::io::stderr().lock().write_all(text.as_bytes())?;
    Ok(())
}

/// Loads the compiler that this command carries.
pub fn load() -> Result<Engine> {
    Engine::new(Settings { start: Start::Quick, cache: CacheDir::of_user() })
}

/// `simple check`.
pub fn check(check: &Check) -> Result<u8> {
    let Compiled::Done(mut compilation) =
        Compilation::open(&check.file, &check.common, check.jobs.without_code())?
    else {
        return Ok(1);
    };
    let code = match compilation.stage("check", &check.common, Session::check)? {
        Compiled::Done(()) => {
            compilation.tell(&check.common)?;
            0
        }
        Compiled::Rejected => 1,
    };
    compilation.finish()?;
    Ok(code)
}

/// `simple dump`.
pub fn dump(dump: &Dump) -> Result<u8> {
    let stage = match dump.stage {
        StageName::Tokens => Some(Stage::Tokens),
        StageName::Ast => Some(Stage::Ast),
        StageName::Hir => Some(Stage::Hir),
        StageName::Mir => Some(Stage::Mir),
        StageName::Lir => Some(Stage::Lir),
        StageName::Clif => Some(Stage::Clif),
        StageName::Asm => Some(Stage::Asm),
        StageName::Wat => None,
    };
    let target = target(dump.target)?;
    // A module is printed here: that needs nothing of the compiler.
    let dumped = |session: &mut Session| match stage {
        Some(stage) => session.dump(stage, target).map(Ok),
        None => session.emit(Target::Wasm32).map(wasmprinter::print_bytes),
    };
    let Compiled::Done(mut compilation) = Compilation::open(&dump.file, &dump.common, Jobs::ONE)? else {
        return Ok(1);
    };
    let code = match compilation.stage("dump", &dump.common, dumped)? {
        Compiled::Done(text) => {
            output::print(text?.as_bytes())?;
            0
        }
        Compiled::Rejected => 1,
    };
    compilation.finish()?;
    Ok(code)
}

/// `simple version`.
pub fn version() -> Result<u8> {
    let target = std::env::consts::ARCH;
    output::print(format!("simple {} ({target})\n", env!("CARGO_PKG_VERSION")).as_bytes())?;
    Ok(0)
}

/// The target that a name means here.
pub fn target(name: TargetName) -> Result<Target> {
    Ok(match name {
        TargetName::X86_64 => Target::X8664,
        TargetName::Aarch64 => Target::Aarch64,
        TargetName::Wasm32 => Target::Wasm32,
        TargetName::Host => match std::env::consts::ARCH {
            "x86_64" => Target::X8664,
            "aarch64" => Target::Aarch64,
            other => bail!("there is no machine code for {other}; `--engine interp` runs programs here"),
        },
    })
}

/// A program as it was read, and the folder from which it may use other modules.
pub struct Program {
    pub root: Root,
    pub path: String,
    pub bytes: Vec<u8>,
}

impl Program {
    /// Reads the file that the user named.
    pub fn read(file: &Path) -> Result<Program> {
        if file == Path::new("-") {
            let root = Root::at(Path::new("."))?;
            return Ok(Program {
                root,
                path: "<stdin>".to_owned(),
                bytes: source::read_stdin()?.into_bytes(),
            });
        }
        let root = Root::around(file)?;
        let path = root.path_of(file)?;
        let bytes =
            root.read(&path)?.with_context(|| format!("cannot read {path}: there is no such file"))?;
        Ok(Program { root, path, bytes })
    }
}

/// Whether a program's modules could be added.
pub enum Added {
    All,
    /// One of them is not a module; the diagnostics say why.
    Rejected,
}

/// The program, then whatever its modules use as far as it is there; the compiler says what is missing. Every file that was asked for is noted.
fn add_modules(
    session: &mut Session,
    helpers: &mut Helpers,
    program: &Program,
    inputs: &mut Vec<Input>,
) -> Result<Added> {
    let root = &program.root;
    helpers.set_root(root.prefix());
    session.set_root(root.prefix())?;
    let mut next = Some((program.path.clone(), program.bytes.clone()));
    while let Some((path, bytes)) = next.take() {
        let missing = if engine::is_module_file(&bytes) {
            helpers.add_library(&path, &bytes);
            match session.add_library(&path, &bytes) {
                Ok(missing) => missing,
                Err(Error::Rejected) => return Ok(Added::Rejected),
                Err(error) => return Err(error.into()),
            }
        } else {
            let text = source::to_text(bytes, &path)?;
            helpers.add_module(&path, &text);
            session.add_module(&path, &text)?
        };
        for path in missing.iter().flat_map(|module| &module.candidates) {
            let bytes = root.read(path)?;
            inputs.push(Input::new(path, bytes.as_deref()));
            if let Some(bytes) = bytes {
                next = Some((path.clone(), bytes));
                break;
            }
        }
    }
    Ok(Added::All)
}
