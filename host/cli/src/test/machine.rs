//! Results for programs: JSON, and the XML of JUnit, which most build servers read.

use super::Summary;
use super::events::{Example, Status};
use super::file::{FileResult, Problem};
use anyhow::Result;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::Duration;

/// One JSON value with all files. A list has no results.
pub fn json(results: &[FileResult], summary: &Summary, list: bool) -> Result<String> {
    let example = |example: &Example| {
        let mut value = json!({
            "name": example.name,
            "groups": example.groups,
            "line": example.line,
            "tags": example.tags,
        });
        if list {
            return value;
        }
        let failures: Vec<Value> = example
            .failures
            .iter()
            .map(|failure| {
                json!({
                    "line": failure.line,
                    "message": failure.message,
                    "actual": failure.actual,
                    "expected": failure.expected,
                })
            })
            .collect();
        value["status"] = json!(word(example.status));
        value["empty"] = json!(example.empty);
        value["seconds"] = json!(example.time.as_secs_f64());
        value["failures"] = json!(failures);
        value["error"] = json!(example.error);
        value["output"] = json!(example.output);
        value
    };
    let problem = |problem: &Problem| json!({ "what": problem.title(), "message": problem.text() });
    let files: Vec<Value> = results
        .iter()
        .map(|result| {
            json!({
                "path": result.path.display().to_string(),
                "seconds": result.time.as_secs_f64(),
                "errors": result.problems.iter().map(problem).collect::<Vec<_>>(),
                "examples": result.examples.iter().map(example).collect::<Vec<_>>(),
            })
        })
        .collect();
    let value = json!({
        "files": files,
        "summary": {
            "total": summary.total,
            "passed": summary.passed,
            "failed": summary.failed,
            "skipped": summary.skipped,
            "pending": summary.pending,
            "empty": summary.empty,
            "errors": summary.errors,
            "seconds": summary.time.as_secs_f64(),
        },
    });
    Ok(serde_json::to_string_pretty(&value)? + "\n")
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Passed => "passed",
        Status::Failed => "failed",
        Status::Skipped => "skipped",
        Status::Pending => "pending",
    }
}

/// XML: a suite for each file, a case for each example.
pub fn junit(results: &[FileResult], summary: &Summary) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let all: Counts = results.iter().map(Counts::of).sum();
    let _ = writeln!(text, "<testsuites {}>", all.attributes(summary.time));
    for result in results {
        let path = escape(&result.path.display().to_string());
        let counts = Counts::of(result).attributes(result.time);
        let _ = writeln!(text, "  <testsuite name=\"{path}\" {counts}>");
        for problem in &result.problems {
            let _ = writeln!(
                text,
                "    <testcase name=\"{}\" classname=\"{path}\"><error>{}</error></testcase>",
                problem.title(),
                escape(problem.text())
            );
        }
        for example in &result.examples {
            case(&mut text, example, &path);
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

/// What JUnit counts: everything is a case, and one that a run-time error ended is no failure but an error.
#[derive(Default)]
struct Counts {
    cases: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Counts {
    fn of(result: &FileResult) -> Counts {
        let mut counts =
            Counts { cases: result.problems.len(), errors: result.problems.len(), ..Counts::default() };
        for example in &result.examples {
            counts.cases += 1;
            match example.status {
                Status::Passed => {}
                Status::Failed if example.error.is_some() => counts.errors += 1,
                Status::Failed => counts.failures += 1,
                Status::Skipped | Status::Pending => counts.skipped += 1,
            }
        }
        counts
    }

    fn attributes(&self, time: Duration) -> String {
        format!(
            "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3}\"",
            self.cases,
            self.failures,
            self.errors,
            self.skipped,
            time.as_secs_f64()
        )
    }
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Counts>>(list: I) -> Counts {
        list.fold(Counts::default(), |a, b| Counts {
            cases: a.cases + b.cases,
            failures: a.failures + b.failures,
            errors: a.errors + b.errors,
            skipped: a.skipped + b.skipped,
        })
    }
}

fn case(text: &mut String, example: &Example, path: &str) {
    let class = if example.groups.is_empty() { path.to_owned() } else { escape(&example.groups.join(" ")) };
    let _ = write!(
        text,
        "    <testcase name=\"{}\" classname=\"{class}\" file=\"{path}\" line=\"{}\" time=\"{:.6}\">",
        escape(&example.name),
        example.line,
        example.time.as_secs_f64()
    );
    match example.status {
        Status::Passed => {}
        Status::Skipped | Status::Pending => {
            let _ = write!(text, "<skipped message=\"{}\"/>", word(example.status));
        }
        Status::Failed => {
            for failure in &example.failures {
                let message = escape(&failure.message);
                let _ = write!(
                    text,
                    "<failure message=\"{message}\">{path}:{}: {message}</failure>",
                    failure.line
                );
            }
            if let Some(error) = &example.error {
                let _ = write!(text, "<error>{}</error>", escape(error));
            }
        }
    }
    if !example.output.is_empty() {
        let _ = write!(text, "<system-out>{}</system-out>", escape(&example.output));
    }
    text.push_str("</testcase>\n");
}

/// Text in XML, where most control characters may not stand at all.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push('\t'),
            char if char.is_control() => out.push('\u{fffd}'),
            char => out.push(char),
        }
    }
    out
}
