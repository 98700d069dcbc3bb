//! The runs of one test file.
//!
//! A run-time error ends a program, so it ends the run at the example that made it. What stands behind that example is another run of
//! the same program, which passes over the examples before: statements of groups and `before_all` hooks run again, examples do not.

use super::events::{Collector, Example, Status};
use super::program::{Ended, Executable, Rejected};
use super::shared::Shared;
use crate::args::Test;
use crate::compile::Program;
use anyhow::Result;
use std::hash::{BuildHasher as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The first argument by which `std/spec.spl` knows the runner.
pub const WORD: &str = "--simple-test-runner";

/// What a test file came to.
pub struct FileResult {
    pub path: PathBuf,
    pub examples: Vec<Example>,
    pub problems: Vec<Problem>,
    /// What it printed outside of examples.
    pub outside: String,
    pub time: Duration,
}

/// What is wrong with a file besides its examples.
pub enum Problem {
    /// It does not compile: diagnostics.
    Rejected(String),
    /// An error came outside of all examples: its report.
    Outside(String),
    /// It cannot be read, or the compiler or an engine failed.
    Failed(String),
}

impl Problem {
    /// What it is, in a few words.
    pub fn title(&self) -> &'static str {
        match self {
            Problem::Rejected(_) => "does not compile",
            Problem::Outside(_) => "outside of examples",
            Problem::Failed(_) => "cannot be run",
        }
    }

    /// What is told about it.
    pub fn text(&self) -> &str {
        match self {
            Problem::Rejected(text) | Problem::Outside(text) | Problem::Failed(text) => text,
        }
    }
}

impl FileResult {
    /// Nothing failed.
    pub fn is_good(&self) -> bool {
        self.problems.is_empty() && self.examples.iter().all(|example| example.status != Status::Failed)
    }
}

/// Compiles a file and runs what is wanted of it. Whatever goes wrong is part of the result.
pub fn run(path: &Path, test: &Test, shared: &Shared) -> FileResult {
    let start = Instant::now();
    let mut result = FileResult {
        path: path.to_owned(),
        examples: Vec::new(),
        problems: Vec::new(),
        outside: String::new(),
        time: Duration::ZERO,
    };
    match compile_and_run(path, test, shared, &mut result) {
        Ok(Ok(())) => {}
        Ok(Err(Rejected(diagnostics))) => result.problems.push(Problem::Rejected(diagnostics)),
        Err(error) => result.problems.push(Problem::Failed(format!("{error:#}\n"))),
    }
    result.time = start.elapsed();
    result
}

fn compile_and_run(
    path: &Path,
    test: &Test,
    shared: &Shared,
    result: &mut FileResult,
) -> Result<Result<(), Rejected>> {
    let mut executable = match Executable::of(&Program::read(path)?, test, shared)? {
        Ok(executable) => executable,
        Err(rejected) => return Ok(Err(rejected)),
    };
    let executed = execute(&mut executable, test, result)?;
    executable.finish()?;
    Ok(executed)
}

fn execute(
    executable: &mut Executable,
    test: &Test,
    result: &mut FileResult,
) -> Result<Result<(), Rejected>> {
    let mut wanted = "all".to_owned();
    if test.list || !test.filter.is_empty() || !test.tag.is_empty() {
        let mark = mark();
        let args = vec![WORD.to_owned(), mark.clone(), "0".to_owned(), "list".to_owned()];
        let (mut collector, ended) = executable.run(args, Collector::new(&mark, false), test)?;
        let ended = match ended {
            Ok(ended) => ended,
            Err(rejected) => return Ok(Err(rejected)),
        };
        collector.ended(String::new);
        if let Some(problem) = outside(&ended, &collector) {
            result.problems.push(problem);
            return Ok(Ok(()));
        }
        let chosen: Vec<Example> =
            collector.examples.into_iter().filter(|example| is_wanted(example, test)).collect();
        if test.list || chosen.is_empty() {
            result.examples = chosen;
            return Ok(Ok(()));
        }
        let numbers: Vec<String> = chosen.iter().map(|example| example.index.to_string()).collect();
        wanted = numbers.join(",");
    }
    let mut first = 0;
    // Errors that were expected in the first example, in its earlier runs.
    let mut errors: Vec<String> = Vec::new();
    loop {
        let mark = mark();
        let mut args = vec![WORD.to_owned(), mark.clone(), first.to_string(), wanted.clone()];
        args.append(&mut errors.clone());
        let (mut collector, ended) = executable.run(args, Collector::new(&mark, test.fail_fast), test)?;
        let ended = match ended {
            Ok(ended) => ended,
            Err(rejected) => return Ok(Err(rejected)),
        };
        if let Some(error) = &ended.error
            && error.may_be_expected()
            && let Some((index, attempt)) = collector.raised()
        {
            if index != first {
                errors.clear();
            }
            first = index;
            errors.push(format!("{attempt} {}", error.in_a_line()));
            result.outside.push_str(&collector.outside);
            result.examples.append(&mut collector.examples);
            continue;
        }
        errors.clear();
        let in_example = collector.ended(|| why(&ended));
        let last = collector.examples.last().map(|example| example.index);
        if !in_example
            && !collector.stopped
            && let Some(problem) = outside(&ended, &collector)
        {
            result.problems.push(problem);
        }
        let done = collector.finished || collector.stopped;
        result.outside.push_str(&collector.outside);
        result.examples.append(&mut collector.examples);
        match last {
            Some(last) if !done => first = last + 1,
            Some(_) | None => return Ok(Ok(())),
        }
    }
}

/// Why a run ended in the middle.
fn why(ended: &Ended) -> String {
    match &ended.error {
        Some(error) => error.report.clone(),
        None => format!("the program ended itself with exit code {}\n", ended.code),
    }
}

/// What is wrong where a run ended outside of all examples.
fn outside(ended: &Ended, collector: &Collector) -> Option<Problem> {
    let ended_badly = ended.error.is_some() || ended.code != 0;
    (ended_badly || !collector.finished && !collector.examples.is_empty())
        .then(|| Problem::Outside(why(ended)))
}

fn is_wanted(example: &Example, test: &Test) -> bool {
    let name = example.full_name();
    (test.filter.is_empty() || test.filter.iter().any(|part| name.contains(part)))
        && (test.tag.is_empty() || test.tag.iter().any(|tag| example.tags.contains(tag)))
}

/// A word that no program prints by accident.
pub fn mark() -> String {
    let random = std::collections::hash_map::RandomState::new().build_hasher().finish();
    format!("\x1e{random:016x} ")
}
