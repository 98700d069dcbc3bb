//! The runs of one test file.
//!
//! A run-time error ends a program, so it ends the run at the example that made it. What stands behind that example is another run of
//! the same program, which passes over the examples before: statements of groups and `before_all` hooks run again, examples do not.

use super::events::{Collector, Example, Status};
use super::program::{Ended, Executable};
use crate::args::Test;
use anyhow::Result;
use std::hash::{BuildHasher as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The first argument by which `std/spec.spl` knows the runner.
const WORD: &str = "--simple-test-runner";

/// What a test file came to.
pub struct FileResult {
    pub path: PathBuf,
    pub examples: Vec<Example>,
    /// It is wrong, or an error came outside of all examples: what is told about it.
    pub errors: Vec<String>,
    /// What it printed outside of examples.
    pub outside: String,
    pub time: Duration,
}

impl FileResult {
    /// Nothing failed.
    pub fn is_good(&self) -> bool {
        self.errors.is_empty() && self.examples.iter().all(|example| example.status != Status::Failed)
    }
}

/// Compiles a file and runs what is wanted of it.
pub fn run(path: &Path, test: &Test) -> Result<FileResult> {
    let start = Instant::now();
    let mut result = FileResult {
        path: path.to_owned(),
        examples: Vec::new(),
        errors: Vec::new(),
        outside: String::new(),
        time: Duration::ZERO,
    };
    match Executable::compile(path, test)? {
        Some(mut executable) => {
            execute(&mut executable, test, &mut result)?;
            executable.finish()?;
        }
        None => result.errors.push("it does not compile".to_owned()),
    }
    result.time = start.elapsed();
    Ok(result)
}

fn execute(executable: &mut Executable, test: &Test, result: &mut FileResult) -> Result<()> {
    let mut wanted = "all".to_owned();
    if test.list || !test.filter.is_empty() || !test.tag.is_empty() {
        let mark = mark();
        let mut collector = Collector::new(&mark, false);
        let args = vec![WORD.to_owned(), mark, "0".to_owned(), "list".to_owned()];
        let Some(ended) = executable.run(args, &mut collector, test)? else {
            result.errors.push("it does not compile".to_owned());
            return Ok(());
        };
        collector.ended(String::new);
        if let Some(problem) = outside(&ended, &collector) {
            result.errors.push(problem);
            return Ok(());
        }
        let chosen: Vec<Example> =
            collector.examples.into_iter().filter(|example| is_wanted(example, test)).collect();
        if test.list || chosen.is_empty() {
            result.examples = chosen;
            return Ok(());
        }
        let numbers: Vec<String> = chosen.iter().map(|example| example.index.to_string()).collect();
        wanted = numbers.join(",");
    }
    let mut first = 0;
    loop {
        let mark = mark();
        let mut collector = Collector::new(&mark, test.fail_fast);
        let args = vec![WORD.to_owned(), mark, first.to_string(), wanted.clone()];
        let Some(ended) = executable.run(args, &mut collector, test)? else {
            result.errors.push("it does not compile".to_owned());
            return Ok(());
        };
        let in_example = collector.ended(|| why(&ended));
        let last = collector.examples.last().map(|example| example.index);
        if !in_example
            && !collector.stopped
            && let Some(problem) = outside(&ended, &collector)
        {
            result.errors.push(problem);
        }
        let done = collector.finished || collector.stopped;
        result.outside.push_str(&collector.outside);
        result.examples.append(&mut collector.examples);
        match last {
            Some(last) if !done => first = last + 1,
            Some(_) | None => return Ok(()),
        }
    }
}

/// Why a run ended in the middle.
fn why(ended: &Ended) -> String {
    match &ended.error {
        Some(report) => report.clone(),
        None => format!("the program ended itself with exit code {}\n", ended.code),
    }
}

/// What is wrong where a run ended outside of all examples.
fn outside(ended: &Ended, collector: &Collector) -> Option<String> {
    let ended_badly = ended.error.is_some() || ended.code != 0;
    (ended_badly || !collector.finished && !collector.examples.is_empty()).then(|| why(ended))
}

fn is_wanted(example: &Example, test: &Test) -> bool {
    let name = example.full_name();
    (test.filter.is_empty() || test.filter.iter().any(|part| name.contains(part)))
        && (test.tag.is_empty() || test.tag.iter().any(|tag| example.tags.contains(tag)))
}

/// A word that no program prints by accident.
fn mark() -> String {
    let random = std::collections::hash_map::RandomState::new().build_hasher().finish();
    format!("\x1e{random:016x} ")
}
