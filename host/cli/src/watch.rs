//! `simple run --watch`: the program runs, its files are looked at, and what was changed in them is replaced while it runs.
//!
//! The program has a thread of its own. A version with mistakes is told and the program goes on as it was. When the program has ended, the next
//! change starts it again.

use crate::args::{Jobs, Run, TargetName};
use crate::compile::{Compilation, Compiled, Program, target};
use crate::native::{Console, exit_byte};
use crate::timings::Timings;
use anyhow::{Result, bail};
use engine::{Input, KnownSymbol, Linkage};
use loader::{Known, Limits, LinkError, Outcome, Reload, Reloader, RunError, Stopper, SubmitError};
use std::path::Path;
use std::time::Duration;

/// Between two looks at the files.
const PAUSE: Duration = Duration::from_millis(100);

/// Runs the program until somebody stops it.
pub fn run(run: &Run) -> Result<u8> {
    if run.file == Path::new("-") {
        bail!("only a file can be watched");
    }
    let stopper = Stopper::new();
    let handler = stopper.clone();
    ctrlc::set_handler(move || handler.stop())?;
    let mut watch = Watch { run, stopper, files: Files::default(), code: 0 };
    let mut console = Console::new(run)?;
    loop {
        if let Some(artifact) = watch.compile(&[])? {
            watch.execute(&artifact, &mut console)?;
        }
        if !watch.wait_for_change() {
            return Ok(watch.code);
        }
    }
}

struct Watch<'a> {
    run: &'a Run,
    stopper: Stopper,
    files: Files,
    /// Of the run before.
    code: u8,
}

impl Watch<'_> {
    /// The artifact of what the program lacks, or nothing for a version with mistakes, which are told. Notes the files that it is made of.
    fn compile(&mut self, known: &[Known]) -> Result<Option<Vec<u8>>> {
        let common = &self.run.common;
        let program = Program::read(&self.run.file)?;
        self.files.main = Some(program.bytes.clone());
        let Compiled::Done(mut compilation) =
            Compilation::of(&program, Timings::new(false), common, Jobs::ONE)?
        else {
            return Ok(None);
        };
        self.files.inputs.clone_from(&compilation.inputs);
        let symbol = |(name, signature, content): &Known| KnownSymbol {
            name: name.clone(),
            signature: *signature,
            content: *content,
        };
        let known: Vec<KnownSymbol> = known.iter().map(symbol).collect();
        let linkage = Linkage { entry: known.is_empty(), known, lazy: false };
        let target = target(TargetName::Host)?;
        let emitted = compilation.stage("compile", common, |session| {
            session.make_reloadable(&linkage)?;
            session.emit(target)
        })?;
        Ok(match emitted {
            Compiled::Done(artifact) => Some(artifact),
            Compiled::Rejected => None,
        })
    }

    /// Runs the program to its end, with what is changed meanwhile.
    fn execute(&mut self, artifact: &[u8], console: &mut Console) -> Result<()> {
        let reloader = Reloader::new();
        let limits = Limits {
            memory: self.run.max_memory,
            stopper: Some(self.stopper.clone()),
            reloader: Some(reloader.clone()),
            ..Limits::default()
        };
        let ended = std::thread::scope(|scope| -> Result<Result<Outcome, RunError>> {
            let program = std::thread::Builder::new()
                .name("program".to_owned())
                .spawn_scoped(scope, || loader::run(artifact, &limits, console))?;
            while !program.is_finished() {
                std::thread::sleep(PAUSE);
                while let Some(answer) = reloader.answer(Duration::ZERO) {
                    tell(answer);
                }
                if self.files.changed(&self.run.file) {
                    self.replace(&reloader);
                }
            }
            Ok(program.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        })?;
        let outcome = ended?;
        if let Some(report) = &outcome.error {
            eprint!("{report}");
        }
        self.code = exit_byte(outcome.exit_code);
        Ok(())
    }

    /// Compiles the files as they are now and hands over what is new in them. Whatever fails is told, and the program goes on.
    fn replace(&mut self, reloader: &Reloader) {
        // None where it has ended.
        let Some((version, known)) = reloader.known() else { return };
        match self.compile(&known) {
            Ok(None) => {}
            Ok(Some(artifact)) => match reloader.submit(version, &artifact) {
                Ok(()) | Err(SubmitError::NotRunning) => {}
                // An earlier change was linked meanwhile: compile again.
                Err(SubmitError::Stale) => self.files.main = None,
                Err(error @ SubmitError::Load(_)) => eprintln!("not reloaded: {error}"),
            },
            Err(error) => eprintln!("not reloaded: {error:#}"),
        }
    }

    /// False once somebody stopped it.
    fn wait_for_change(&mut self) -> bool {
        if !self.stopper.is_requested() {
            eprintln!("waiting for the files to change");
        }
        while !self.stopper.is_requested() {
            if self.files.changed(&self.run.file) {
                return true;
            }
            std::thread::sleep(PAUSE);
        }
        false
    }
}

/// The files of the version that was compiled last.
#[derive(Default)]
struct Files {
    main: Option<Vec<u8>>,
    inputs: Vec<Input>,
}

impl Files {
    /// True where they are not as they were. A file that is just being written is not looked at before it stays as it is for a moment.
    fn changed(&self, file: &Path) -> bool {
        let Some(program) = self.differing(file) else { return false };
        std::thread::sleep(PAUSE / 2);
        self.differing(file).is_some_and(|again| again.bytes == program.bytes)
    }

    /// The program, where it or a module of it differs.
    fn differing(&self, file: &Path) -> Option<Program> {
        // A file that is gone for a moment will come back.
        let program = Program::read(file).ok()?;
        let same = self.main.as_ref() == Some(&program.bytes)
            && self.inputs.iter().all(|input| {
                let content = program.root.read(input.path()).ok().flatten();
                *input == Input::new(input.path(), content.as_deref())
            });
        (!same).then_some(program)
    }
}

/// Says what became of a change.
fn tell(answer: Result<Reload, LinkError>) {
    match answer {
        Ok(reload) => eprintln!("reloaded: {reload}"),
        Err(error) => eprintln!("not reloaded: {error}"),
    }
}
