//! `simple run --lazy`: functions without type parameters are compiled before the program runs, each instance of the others when the program calls it first.
//!
//! What was compiled is kept in the user's cache folder: the program's first part, and each instance under the calls that came before it, which
//! decide what it finds there. A run that does what an earlier one did needs no compiler; one that goes another way has the compiler
//! make the earlier instances again, which are the same, and goes on from there.

use crate::args::{Jobs, Run};
use crate::compile::{Compilation, Compiled, Program};
use crate::kept::Kept;
use crate::native::execute;
use crate::timings::Timings;
use anyhow::{Context as _, Result};
use engine::{Engine, Helpers, Input, Linkage, Question, Target};
use loader::Instances;
use loader::embed::JitInstantiator;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub fn run(run: &Run, target: Target) -> Result<u8> {
    let mut timings = Timings::new(run.common.timings);
    let program = timings.phase("read", || Program::read(&run.file))?;
    let kept = if run.no_cache { Kept::nowhere() } else { Kept::of_user() };
    let source = Source { run: run.clone(), target, program, kept };
    let found = timings.phase("look in the cache", || source.kept(&[]));
    let (first, compiler) = match found {
        Some(part) => (part, None),
        None => match source.compile(timings)? {
            Some((part, compiler, after)) => {
                timings = after;
                source.keep(&[], &compiler, &part);
                (part, Some(compiler))
            }
            None => return Ok(1),
        },
    };
    let made = Made { source, first: first.clone(), compiler, calls: Vec::new(), time: Duration::ZERO };
    let made = Rc::new(RefCell::new(made));
    let instances = Box::new(FirstCalls(made.clone()));
    let ran = execute(run, &mut timings, |limits, host| first.run_lazily(limits, host, instances))?;
    let made = Rc::try_unwrap(made).ok().context("the program is still there")?.into_inner();
    timings.note("first calls", made.time);
    match made.compiler {
        Some(compiler) => compiler.back(&made.source.program.path, timings)?.finish_after(ran.error)?,
        None => timings.print(None, None),
    }
    Ok(ran.code)
}

/// What is compiled, and where it is kept.
struct Source {
    run: Run,
    target: Target,
    program: Program,
    kept: Kept,
}

/// A function by name and signature.
type Symbol = (String, u64);

/// The compiler with the program in it.
struct Compiler {
    jit: JitInstantiator,
    inputs: Vec<Input>,
    helpers: Helpers,
    engine: Arc<Engine>,
}

impl Compiler {
    /// As it was before, for what is told at the end.
    fn back(self, path: &str, timings: Timings) -> Result<Compilation> {
        let Compiler { jit, inputs, helpers, engine } = self;
        let session = jit.into_session(path).context("the compiler is gone")?;
        Ok(Compilation { session, timings, inputs, helpers, engine })
    }
}

impl Source {
    /// The question for the program's first part, or for the instance that the last of these calls asks for.
    fn question(&self, calls: &[Symbol]) -> Question {
        Kept::question(&self.program, self.target, &self.run.common, &format!("lazy {calls:?}"))
    }

    fn kept(&self, calls: &[Symbol]) -> Option<loader::Program> {
        let artifact = self.kept.get(&self.program, &self.question(calls))?;
        loader::Program::load(&artifact).ok()
    }

    fn keep(&self, calls: &[Symbol], compiler: &Compiler, part: &loader::Program) {
        self.kept.put(&self.question(calls), compiler.inputs.clone(), &part.artifact().encode());
    }

    /// Compiles the first part. `None` for a program that is wrong, whose user was told.
    fn compile(&self, timings: Timings) -> Result<Option<(loader::Program, Compiler, Timings)>> {
        let common = &self.run.common;
        let Compiled::Done(mut compilation) = Compilation::of(&self.program, timings, common, Jobs::ONE)?
        else {
            return Ok(None);
        };
        let linkage = Linkage { known: Vec::new(), entry: true, lazy: true };
        let emitted = compilation.stage("compile", common, |session| {
            session.make_reloadable(&linkage)?;
            session.emit(self.target)
        })?;
        let Compiled::Done(artifact) = emitted else {
            compilation.finish()?;
            return Ok(None);
        };
        let part = loader::Program::load(&artifact)?;
        let Compilation { session, timings, inputs, helpers, engine } = compilation;
        let jit = JitInstantiator::new(self.target);
        jit.add(&self.program.path, session, linkage, &part);
        Ok(Some((part, Compiler { jit, inputs, helpers, engine }, timings)))
    }
}

/// The instances of a program that runs.
struct Made {
    source: Source,
    first: loader::Program,
    /// Where something was not kept.
    compiler: Option<Compiler>,
    /// The functions that were asked for, in this order.
    calls: Vec<Symbol>,
    time: Duration,
}

impl Made {
    fn make(&mut self, name: &str, signature: u64) -> Result<loader::Program, String> {
        self.calls.push((name.to_owned(), signature));
        if self.compiler.is_none() {
            if let Some(part) = self.source.kept(&self.calls) {
                return Ok(part);
            }
            self.compiler = Some(self.caught_up().map_err(|error| format!("{error:#}"))?);
        }
        let Some(compiler) = &mut self.compiler else { unreachable!("made a moment ago") };
        let part = Instances::make(&mut compiler.jit, name, signature)?;
        self.source.keep(&self.calls, compiler, &part);
        Ok(part)
    }

    /// A compiler that has made whatever came before the latest call.
    fn caught_up(&self) -> Result<Compiler> {
        let compiled = self.source.compile(Timings::new(false))?;
        let (part, mut compiler, _) = compiled.context("the program has changed")?;
        anyhow::ensure!(part.artifact() == self.first.artifact(), "the program has changed");
        let Some((_, before)) = self.calls.split_last() else { return Ok(compiler) };
        for (name, signature) in before {
            let part = Instances::make(&mut compiler.jit, name, *signature).map_err(anyhow::Error::msg)?;
            Instances::linked(&mut compiler.jit, &part.symbols());
        }
        Ok(compiler)
    }
}

/// What the loader asks.
struct FirstCalls(Rc<RefCell<Made>>);

impl Instances for FirstCalls {
    fn make(&mut self, name: &str, signature: u64) -> Result<loader::Program, String> {
        let made = &mut *self.0.borrow_mut();
        let started = Instant::now();
        let part = made.make(name, signature);
        made.time += started.elapsed();
        part
    }

    fn linked(&mut self, symbols: &[loader::Known]) {
        if let Some(compiler) = &mut self.0.borrow_mut().compiler {
            Instances::linked(&mut compiler.jit, symbols);
        }
    }
}
