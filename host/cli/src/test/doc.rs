//! Results for people: groups and examples, indented, with what failed below.

use super::Summary;
use super::events::{Example, Failure, Status};
use super::file::FileResult;
use crate::args::Test;
use similar::{ChangeTag, TextDiff};
use std::fmt::Write as _;
use std::time::Duration;

/// Values longer than this are shown as a difference.
const LONG: usize = 60;
/// Examples that take longer show their time.
const SLOW: Duration = Duration::from_millis(100);

const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const DIM: &str = "2";

/// What is printed about a file.
pub fn file(result: &FileResult, test: &Test, colored: bool) -> String {
    let mut text = String::new();
    let paint = Paint(colored);
    let path = result.path.display().to_string();
    if result.examples.is_empty() && result.problems.is_empty() {
        return text;
    }
    let _ = writeln!(text, "{}", paint.with(DIM, &path));
    // A file that cannot be read any more shows no lines.
    let source = std::fs::read_to_string(&result.path).unwrap_or_default();
    let mut groups: &[String] = &[];
    for example in &result.examples {
        let same = groups.iter().zip(&example.groups).take_while(|(a, b)| a == b).count();
        for (depth, group) in example.groups.iter().enumerate().skip(same) {
            let _ = writeln!(text, "{}{group}", "  ".repeat(depth));
        }
        groups = &example.groups;
        one(&mut text, example, test, &paint, &path, &source);
    }
    for problem in &result.problems {
        let _ = writeln!(text, "{} {}", paint.with(RED, "✗"), problem.title());
        indented(&mut text, "  ", problem.text());
    }
    if (test.show_output || !result.problems.is_empty()) && !result.outside.is_empty() {
        let _ = writeln!(text, "printed outside of examples:");
        indented(&mut text, "  ", &result.outside);
    }
    text.push('\n');
    text
}

fn one(text: &mut String, example: &Example, test: &Test, paint: &Paint, path: &str, source: &str) {
    let indent = "  ".repeat(example.groups.len());
    let sign = match example.status {
        _ if test.list => "-".to_owned(),
        Status::Passed => paint.with(GREEN, "✓"),
        Status::Failed => paint.with(RED, "✗"),
        Status::Skipped | Status::Pending => paint.with(YELLOW, "○"),
    };
    let _ = write!(text, "{indent}{sign} {}", example.name);
    match example.status {
        Status::Skipped => text.push_str(" (skipped)"),
        Status::Pending => text.push_str(" (pending)"),
        Status::Passed if example.empty => text.push_str(" (empty)"),
        Status::Passed | Status::Failed => {}
    }
    if test.list && !example.tags.is_empty() {
        let _ = write!(text, " [{}]", example.tags.join(", "));
    }
    if test.times || example.time >= SLOW {
        let _ = write!(text, " ({:.1} ms)", example.time.as_secs_f64() * 1e3);
    }
    text.push('\n');
    let inner = format!("{indent}    ");
    for failure in &example.failures {
        expectation(text, failure, paint, &inner);
        let line = source.lines().nth(failure.line.wrapping_sub(1)).map_or("", str::trim);
        let place = format!("at {path}:{}: {line}", failure.line);
        let _ = writeln!(text, "{inner}  {}", paint.with(DIM, &place));
    }
    if let Some(error) = &example.error {
        indented(text, &inner, error);
    }
    if (test.show_output || example.status == Status::Failed) && !example.output.is_empty() {
        let _ = writeln!(text, "{inner}printed:");
        indented(text, &format!("{inner}  "), &example.output);
    }
}

fn expectation(text: &mut String, failure: &Failure, paint: &Paint, indent: &str) {
    let long = |value: &str| value.contains('\n') || value.chars().count() > LONG;
    if !long(&failure.actual) && !long(&failure.expected) {
        indented(text, indent, &failure.message);
        return;
    }
    let _ = writeln!(
        text,
        "{indent}the values differ ({}, {}):",
        paint.with(RED, "- expected"),
        paint.with(GREEN, "+ actual")
    );
    let (expected, actual) = (words(&failure.expected), words(&failure.actual));
    let diff = TextDiff::from_lines(&expected, &actual);
    for change in diff.iter_all_changes() {
        let line = change.value().trim_end_matches('\n');
        let _ = match change.tag() {
            ChangeTag::Delete => writeln!(text, "{indent}{}", paint.with(RED, &format!("- {line}"))),
            ChangeTag::Insert => writeln!(text, "{indent}{}", paint.with(GREEN, &format!("+ {line}"))),
            ChangeTag::Equal => writeln!(text, "{indent}  {line}"),
        };
    }
}

/// A long line is compared by its parts, one a line.
fn words(value: &str) -> String {
    let mut text = if value.contains('\n') { value.to_owned() } else { value.replace(", ", ",\n") };
    text.push('\n');
    text
}

fn indented(text: &mut String, indent: &str, what: &str) {
    for line in what.lines() {
        let _ = writeln!(text, "{indent}{line}");
    }
}

/// The last lines.
pub fn summary(summary: &Summary, test: &Test) -> String {
    let paint = Paint(test.is_colored());
    let failed = format!("{} failed", summary.failed);
    let failed = if summary.failed > 0 { paint.with(RED, &failed) } else { failed };
    let mut text = format!("Results: {} total, {} passed, {failed}", summary.total, summary.passed);
    let counts = [
        (summary.skipped, "skipped"),
        (summary.pending, "pending"),
        (summary.empty, "empty"),
        (
            summary.errors,
            if summary.errors == 1 { "error outside of examples" } else { "errors outside of examples" },
        ),
    ];
    for (count, what) in counts {
        if count > 0 {
            let _ = write!(text, ", {count} {what}");
        }
    }
    let files = if summary.files == 1 { "file" } else { "files" };
    let seconds = summary.time.as_secs_f64();
    let rate = if test.times {
        format!(", {:.0} examples per second", summary.total as f64 / seconds)
    } else {
        String::new()
    };
    let _ = writeln!(text, " ({} {files}, {seconds:.2} s{rate})", summary.files);
    text
}

/// Colours, where they are wanted.
struct Paint(bool);

impl Paint {
    fn with(&self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
