//! From a file on the command line to a checked session.

use crate::args::{Check, Common, Dump, StageName, TargetName};
use crate::output;
use crate::render;
use crate::timings::Timings;
use anyhow::{Context as _, Result, bail};
use engine::{Engine, Error, Limits, Optimization, Options, Session, Settings, Stage, Start, Target};
use source::{CacheDir, Root};
use std::path::Path;

/// A session with the program in it, and what is told about it.
pub struct Compilation {
    pub session: Session,
    pub timings: Timings,
    engine: Engine,
}

/// What compiling came to.
pub enum Compiled<T> {
    Done(T),
    /// The program is wrong and its user was told.
    Rejected,
}

impl Compilation {
    /// Reads and parses the file.
    pub fn open(file: &Path, common: &Common) -> Result<Compilation> {
        let mut timings = Timings::new(common.timings);
        let (root, path, text) = timings.phase("read", || read(file))?;
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
        timings.phase("parse", || add_modules(&mut session, &root, &path, &text))?;
        Ok(Compilation { session, timings, engine })
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
            self.timings.print(&stats, self.session.memory());
        }
        drop(self.session);
        self.engine.finish()
    }
}

/// `simple check`.
pub fn check(check: &Check) -> Result<u8> {
    let mut compilation = Compilation::open(&check.file, &check.common)?;
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
    let mut compilation = Compilation::open(&dump.file, &dump.common)?;
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

/// The program's text, and the folder from which it may use other modules.
fn read(file: &Path) -> Result<(Root, String, String)> {
    if file == Path::new("-") {
        return Ok((Root::at(Path::new("."))?, "<stdin>".to_owned(), source::read_stdin()?));
    }
    let root = Root::around(file)?;
    let path = root.path_of(file)?;
    let text =
        root.read_text(&path)?.with_context(|| format!("cannot read {path}: there is no such file"))?;
    Ok((root, path, text))
}

/// The program, then whatever its modules use as far as it is there; the compiler says what is missing.
fn add_modules(session: &mut Session, root: &Root, path: &str, text: &str) -> Result<()> {
    session.set_root(root.prefix())?;
    let mut missing = session.add_module(path, text)?;
    loop {
        let mut found = None;
        for path in missing.iter().flat_map(|module| &module.candidates) {
            if let Some(text) = root.read_text(path)? {
                found = Some((path.clone(), text));
                break;
            }
        }
        let Some((path, text)) = found else { return Ok(()) };
        missing = session.add_module(&path, &text)?;
    }
}
