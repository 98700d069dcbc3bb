//! `simple test`: finds test files, runs their examples, tells what they came to.

mod discover;
mod doc;
mod doctest;
mod events;
mod file;
mod machine;
mod program;
mod shared;

use crate::args::{Color, ReportName, Test};
use crate::kept::Kept;
use crate::output;
use anyhow::Result;
use events::Status;
use file::FileResult;
use indicatif::{ProgressBar, ProgressStyle};
use shared::Shared;
use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Runs the command. The exit code is 1 where an example fails or a file is wrong.
pub fn run(test: &Test) -> Result<u8> {
    let start = Instant::now();
    let files = discover::discover(&test.paths, test.doctest)?;
    let shared = Shared::new(if test.no_cache { Kept::nowhere() } else { Kept::of_user() });
    let next = AtomicUsize::new(0);
    let stopped = AtomicBool::new(false);
    let printer = Mutex::new(Printer {
        test,
        waiting: BTreeMap::new(),
        results: Vec::new(),
        bad_files: 0,
        progress: progress(files.len()),
    });
    let jobs = test.jobs.map_or_else(
        || std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get),
        std::num::NonZeroUsize::get,
    );
    let work = || -> Result<()> {
        while !stopped.load(Ordering::Relaxed) {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = files.get(at) else { break };
            let result =
                if test.doctest { doctest::run(path, test, &shared) } else { file::run(path, test, &shared) };
            if test.fail_fast && !result.is_good() {
                stopped.store(true, Ordering::Relaxed);
            }
            printer.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take(at, result)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs.min(files.len())).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })?;
    let mut printer = printer.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    printer.flush()?;
    let results = printer.results;
    let summary = Summary::of(&results, start.elapsed());
    let text = match test.format {
        ReportName::Doc if test.list => String::new(),
        ReportName::Doc => doc::summary(&summary, test),
        ReportName::Json => machine::json(&results, &summary, test.list)?,
        ReportName::Junit => machine::junit(&results, &summary),
    };
    output::print(text.as_bytes())?;
    shared.finish()?;
    Ok(u8::from(!results.iter().all(FileResult::is_good)))
}

impl Test {
    /// Whether results are printed in colours.
    fn is_colored(&self) -> bool {
        match (self.format, self.common.color) {
            (ReportName::Junit | ReportName::Json, _) | (ReportName::Doc, Color::Never) => false,
            (ReportName::Doc, Color::Always) => true,
            (ReportName::Doc, Color::Auto) => {
                std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
            }
        }
    }
}

/// Counts of all files.
pub struct Summary {
    pub files: usize,
    /// Files that do not compile, and errors outside of examples.
    pub errors: usize,
    pub total: usize,
    pub passed: usize,
    pub failed: usize,
    pub skipped: usize,
    pub pending: usize,
    /// Those of the passed that expected nothing.
    pub empty: usize,
    pub time: Duration,
}

impl Summary {
    fn of(results: &[FileResult], time: Duration) -> Summary {
        let examples = || results.iter().flat_map(|result| &result.examples);
        let count = |status: Status| examples().filter(|example| example.status == status).count();
        Summary {
            files: results.len(),
            errors: results.iter().map(|result| result.problems.len()).sum(),
            total: examples().count(),
            passed: count(Status::Passed),
            failed: count(Status::Failed),
            skipped: count(Status::Skipped),
            pending: count(Status::Pending),
            empty: examples().filter(|example| example.empty).count(),
            time,
        }
    }
}

/// Prints results in the order of the files, whichever is done first.
struct Printer<'t> {
    test: &'t Test,
    waiting: BTreeMap<usize, FileResult>,
    results: Vec<FileResult>,
    bad_files: usize,
    progress: ProgressBar,
}

impl Printer<'_> {
    fn take(&mut self, at: usize, result: FileResult) -> Result<()> {
        self.progress.inc(1);
        if !result.is_good() {
            self.bad_files += 1;
            self.progress.set_message(format!(", {} failed", self.bad_files));
        }
        self.waiting.insert(at, result);
        while let Some(result) = self.waiting.remove(&self.results.len()) {
            self.print(result)?;
        }
        Ok(())
    }

    /// Those behind a file that never came, since the tests were stopped.
    fn flush(&mut self) -> Result<()> {
        for result in std::mem::take(&mut self.waiting).into_values() {
            self.print(result)?;
        }
        self.progress.finish_and_clear();
        Ok(())
    }

    fn print(&mut self, result: FileResult) -> Result<()> {
        if self.test.format == ReportName::Doc {
            let text = doc::file(&result, self.test, self.test.is_colored());
            self.progress.suspend(|| output::print(text.as_bytes()))?;
        }
        self.results.push(result);
        Ok(())
    }
}

/// How far the tests are, on the error stream where that is a terminal.
fn progress(files: usize) -> ProgressBar {
    if files < 2 || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} files{msg}, {elapsed}");
    ProgressBar::new(files as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
