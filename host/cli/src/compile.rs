//! From a file on the command line to a checked session.

use crate::args::{Check, Common, Contracts, Dump, StageName, TargetName};
use crate::output;
use crate::render;
use crate::timings::Timings;
use abi::ErrorKind;
use anyhow::{Context as _, Result, bail};
use engine::{Engine, Error, Input, Limits, Optimization, Options, Session, Settings, Stage, Start, Target};
use source::{CacheDir, Root};
use std::path::Path;

/// A session with the program in it, and what is told about it.
pub struct Compilation {
    pub session: Session,
    pub timings: Timings,
    /// The files that were asked for besides the program itself.
    pub inputs: Vec<Input>,
    engine: Engine,
}

/// What compiling came to.
pub enum Compiled<T> {
    Done(T),
    /// The program is wrong and its user was told.
    Rejected,
}

impl Compilation {
    /// Reads and parses the file, and the modules it uses.
    pub fn open(file: &Path, common: &Common) -> Result<Compiled<Compilation>> {
        let mut timings = Timings::new(common.timings);
        let program = timings.phase("read", || Program::read(file))?;
        Compilation::of(&program, timings, common)
    }

    /// Parses a program that was read, and reads and parses the modules it uses.
    pub fn of(program: &Program, mut timings: Timings, common: &Common) -> Result<Compiled<Compilation>> {
        let engine = timings.phase("load the compiler", || {
            Engine::new(Settings { start: Start::Quick, cache: CacheDir::of_user() })
        })?;
        let options = Options {
            budget: common.budget,
            optimization: if common.no_optimize { Optimization::None } else { Optimization::Speed },
            verify: common.verify,
            max_output: Limits::default().output as u64,
        };
        let mut session = timings.phase("open a session", || engine.session(&options, Limits::default()))?;
        match common.contracts {
            Contracts::Checked => {}
            Contracts::Unchecked => session.leave_contracts_unchecked()?,
        }
        let mut inputs = Vec::new();
        let added = timings.phase("parse", || add_modules(&mut session, program, &mut inputs))?;
        let mut compilation = Compilation { session, timings, inputs, engine };
        match added {
            Added::All => Ok(Compiled::Done(compilation)),
            Added::Rejected => {
                compilation.tell(common)?;
                Ok(Compiled::Rejected)
            }
        }
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

    /// Prints every diagnostic: errors and warnings.
    pub fn tell(&mut self, common: &Common) -> Result<()> {
        let diagnostics = self.session.diagnostics()?;
        render::print(&mut self.session, &diagnostics, common)
    }

    /// Prints the timings if they are wanted; waits for the compiler's fast form if it is being made.
    pub fn finish(mut self) -> Result<()> {
        if self.timings.wanted() {
            let stats = self.session.stats()?;
            self.timings.print(Some(&stats), self.session.memory());
        }
        drop(self.session);
        self.engine.finish()
    }

    /// Ends without that for a program that was stopped, whose user does not wait any longer.
    pub fn finish_after(self, error: Option<ErrorKind>) -> Result<()> {
        match error {
            Some(ErrorKind::Interrupted | ErrorKind::TimedOut) => Ok(()),
            Some(_) | None => self.finish(),
        }
    }
}

/// `simple check`.
pub fn check(check: &Check) -> Result<u8> {
    let Compiled::Done(mut compilation) = Compilation::open(&check.file, &check.common)? else {
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
        StageName::Tokens => Stage::Tokens,
        StageName::Ast => Stage::Ast,
        StageName::Hir => Stage::Hir,
        StageName::Mir => Stage::Mir,
        StageName::Lir => Stage::Lir,
        StageName::Clif => Stage::Clif,
        StageName::Asm => Stage::Asm,
    };
    let target = target(dump.target)?;
    let Compiled::Done(mut compilation) = Compilation::open(&dump.file, &dump.common)? else { return Ok(1) };
    let code = match compilation.stage("dump", &dump.common, |session| session.dump(stage, target))? {
        Compiled::Done(text) => {
            output::print(text.as_bytes())?;
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

/// A module file ends with a header, whatever its name and its beginning are.
pub fn is_module(bytes: &[u8]) -> bool {
    bytes.len().checked_sub(128).is_some_and(|at| bytes[at..].starts_with(b"SMF\0"))
}

enum Added {
    All,
    /// One of them is not a module; the diagnostics say why.
    Rejected,
}

/// The program, then whatever its modules use as far as it is there; the compiler says what is missing. Every file that was asked for is noted.
fn add_modules(session: &mut Session, program: &Program, inputs: &mut Vec<Input>) -> Result<Added> {
    let root = &program.root;
    session.set_root(root.prefix())?;
    let mut next = Some((program.path.clone(), program.bytes.clone()));
    while let Some((path, bytes)) = next.take() {
        let missing = if is_module(&bytes) {
            match session.add_library(&path, &bytes) {
                Ok(missing) => missing,
                Err(Error::Rejected) => return Ok(Added::Rejected),
                Err(error) => return Err(error.into()),
            }
        } else {
            session.add_module(&path, &source::to_text(bytes, &path)?)?
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
