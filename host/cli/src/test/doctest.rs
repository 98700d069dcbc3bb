//! Examples in documentation: blocks between ```` ```sdoctest ```` and ```` ``` ````, in docstrings and comments of programs and in Markdown.
//!
//! ````text
//! ```sdoctest
//! >>> val xs = [3, 1, 2]
//! >>> xs.sorted()
//! [1, 2, 3]
//! >>> for x in xs:
//! ...     print x
//! 3
//! 1
//! 2
//! >>> 1 / 0
//! Error: division by zero
//! ```
//! ````
//! A block is a program of its own, behind the program that it stands in. What stands below a step is what the step gives or prints; a `.` in it
//! stands for any character. A run-time error ends the run, so what stands behind a step that is expected to fail runs without that step.

use super::events::{Collector, Example, Failure, Status};
use super::file::{FileResult, Problem, WORD, mark};
use super::program::{Executable, Rejected};
use super::shared::Shared;
use crate::args::Test;
use crate::compile::Program;
use anyhow::Result;
use std::path::Path;
use std::time::{Duration, Instant};

const FENCE: &str = "```";
const LANGUAGE: &str = "sdoctest";
const ERROR: &str = "Error:";
/// The function by which the program of a block says which step comes.
const ANNOUNCE: &str = "doctest_step";

/// A block.
struct Block {
    /// The line of its fence.
    line: usize,
    steps: Vec<Step>,
}

/// Code, and what it should show.
struct Step {
    line: usize,
    code: Vec<String>,
    expected: Vec<String>,
}

/// Runs the blocks of a file that are wanted.
pub fn run(path: &Path, test: &Test, shared: &Shared) -> FileResult {
    let start = Instant::now();
    let mut result = FileResult {
        path: path.to_owned(),
        examples: Vec::new(),
        problems: Vec::new(),
        outside: String::new(),
        time: Duration::ZERO,
    };
    if let Err(error) = run_blocks(path, test, shared, &mut result) {
        result.problems.push(Problem::Failed(format!("{error:#}\n")));
    }
    result.time = start.elapsed();
    result
}

fn run_blocks(path: &Path, test: &Test, shared: &Shared, result: &mut FileResult) -> Result<()> {
    let mut program = Program::read(path)?;
    let text = source::to_text(program.bytes.clone(), &program.path)?;
    let is_program = path.extension().is_some_and(|ending| ending == "spl");
    let before = if is_program { text.as_str() } else { "" };
    for (index, block) in blocks(&text).into_iter().enumerate() {
        let name = block.steps.first().map_or("nothing", |step| step.code[0].as_str());
        let mut example = Example {
            index,
            groups: Vec::new(),
            name: format!("line {}: {name}", block.line),
            line: block.line,
            tags: Vec::new(),
            status: Status::Passed,
            failures: Vec::new(),
            error: None,
            empty: block.steps.iter().all(|step| step.expected.is_empty()),
            output: String::new(),
            time: Duration::ZERO,
        };
        if !test.filter.is_empty() && !test.filter.iter().any(|part| example.name.contains(part)) {
            continue;
        }
        if !test.list {
            let start = Instant::now();
            try_block(&block, before, &mut program, test, shared, &mut example)?;
            example.time = start.elapsed();
        }
        let failed = example.status == Status::Failed;
        result.examples.push(example);
        if failed && test.fail_fast {
            break;
        }
    }
    Ok(())
}

/// Runs a block, as often as there are steps that are expected to fail.
fn try_block(
    block: &Block,
    before: &str,
    program: &mut Program,
    test: &Test,
    shared: &Shared,
    example: &mut Example,
) -> Result<()> {
    // The step from which results are looked at, and those that ended earlier runs.
    let mut first = 0;
    let mut passed_over: Vec<usize> = Vec::new();
    loop {
        let (event_mark, step_mark) = (mark(), mark());
        program.bytes = source_of(block, before, &step_mark, &passed_over).into_bytes();
        let mut executable = match Executable::of(program, test, shared)? {
            Ok(executable) => executable,
            Err(Rejected(diagnostics)) => {
                example.status = Status::Failed;
                example.error = Some(diagnostics);
                return Ok(());
            }
        };
        // Groups of a test file are passed through, its examples do not run.
        let args = vec![WORD.to_owned(), event_mark.clone(), "0".to_owned(), "list".to_owned()];
        let (mut collector, ended) = executable.run(args, Collector::new(&event_mark, false), test)?;
        executable.finish()?;
        collector.ended(String::new);
        let ended = match ended {
            Ok(ended) => ended,
            Err(Rejected(diagnostics)) => {
                example.status = Status::Failed;
                example.error = Some(diagnostics);
                return Ok(());
            }
        };
        let outputs = outputs(&collector.outside, &step_mark);
        let is_complete = collector.outside.contains(&format!("{step_mark}end\n"));
        let reached = outputs.last().map(|(at, _)| *at);
        // The step that ended the run has no output to compare.
        let whole = outputs.len() - usize::from(!is_complete && !outputs.is_empty());
        for (at, output) in &outputs[..whole] {
            if *at >= first {
                compare(&block.steps[*at], output, example);
            }
        }
        let Some(error) = &ended.error else {
            if !is_complete {
                example.status = Status::Failed;
                example.error = Some(format!("the program ended itself with exit code {}\n", ended.code));
            }
            return Ok(());
        };
        let Some(at) = reached else {
            example.status = Status::Failed;
            example.error = Some(error.report.clone());
            return Ok(());
        };
        let step = &block.steps[at];
        match step.expected.first().and_then(|line| line.strip_prefix(ERROR)) {
            Some(wanted) if error.may_be_expected() => {
                if !error.is_called(wanted.trim()) {
                    fail(step, &format!("{ERROR} {}", error.in_a_line()), example);
                }
                passed_over.push(at);
                first = at + 1;
            }
            Some(_) | None => {
                example.status = Status::Failed;
                example.error = Some(error.report.clone());
                return Ok(());
            }
        }
    }
}

/// What each step that was reached printed.
fn outputs(printed: &str, mark: &str) -> Vec<(usize, String)> {
    let mut list = Vec::new();
    for part in printed.split(mark).skip(1) {
        let (number, output) = part.split_once('\n').unwrap_or((part, ""));
        // The end has no number.
        if let Ok(number) = number.parse() {
            list.push((number, output.to_owned()));
        }
    }
    list
}

fn compare(step: &Step, output: &str, example: &mut Example) {
    let lines: Vec<&str> = output.trim_end().lines().map(str::trim_end).collect();
    // A step without anything below it may print what it likes.
    if step.expected.is_empty() {
        example.output.push_str(output);
        return;
    }
    let fits = lines.len() == step.expected.len()
        && step.expected.iter().zip(&lines).all(|(expected, line)| matches(expected, line));
    if !fits {
        fail(step, &lines.join("\n"), example);
    }
}

fn fail(step: &Step, actual: &str, example: &mut Example) {
    let expected = step.expected.join("\n");
    example.status = Status::Failed;
    example.failures.push(Failure {
        line: step.line,
        message: format!("expected {actual} to equal {expected}"),
        actual: actual.to_owned(),
        expected,
    });
}

/// A `.` is any character.
fn matches(expected: &str, line: &str) -> bool {
    expected.chars().count() == line.chars().count()
        && expected.chars().zip(line.chars()).all(|(wanted, found)| wanted == '.' || wanted == found)
}

/// The program of a block: what it stands in, then its steps, each behind its number. Where it stands in no program, lines are those of the
/// document.
fn source_of(block: &Block, before: &str, mark: &str, passed_over: &[usize]) -> String {
    let mut text = before.to_owned();
    let mark = mark.replace('\x1e', "\\x1e");
    if !before.is_empty() {
        text.push('\n');
    }
    text.push_str(&format!("fn {ANNOUNCE}(step: text): print_raw(\"{mark}\" + step + \"\\n\")\n"));
    let announce = |step: &str| format!("{ANNOUNCE}(\"{step}\"); ");
    let mut lines = 2;
    for (at, step) in block.steps.iter().enumerate() {
        if passed_over.contains(&at) {
            continue;
        }
        if before.is_empty() {
            text.push_str(&"\n".repeat(step.line.saturating_sub(lines)));
            lines = step.line + step.code.len();
        }
        text.push_str(&announce(&at.to_string()));
        match step.code.as_slice() {
            [line] if !step.expected.is_empty() && !is_statement(line) => {
                text.push_str(&format!("print({line})\n"));
            }
            lines => lines.iter().for_each(|line| {
                // The first stands behind the number.
                text.push_str(line);
                text.push('\n');
            }),
        }
    }
    text.push_str(&announce("end"));
    // A function `main` is not called.
    text.push_str("exit(0)\n");
    text
}

/// Whether a line prints by itself what it prints.
fn is_statement(line: &str) -> bool {
    const WORDS: [&str; 12] =
        ["print", "print_raw", "eprint", "for", "while", "loop", "val", "var", "let", "fn", "with", "assert"];
    let word = line.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
    WORDS.contains(&word)
}

/// The blocks of a text.
fn blocks(text: &str) -> Vec<Block> {
    let mut list = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let Some(fence) = line.find(FENCE) else { continue };
        if line[fence + FENCE.len()..].trim() != LANGUAGE {
            continue;
        }
        // What stands before the fence stands before each line: indentation, the marks of a comment.
        let margin = &line[..fence];
        let mut block = Block { line: at + 1, steps: Vec::new() };
        for (at, line) in lines.by_ref() {
            // An empty line may end where the margin does.
            let line =
                line.strip_prefix(margin).or_else(|| line.strip_prefix(margin.trim_end())).unwrap_or(line);
            if line.trim_start().starts_with(FENCE) {
                break;
            }
            if let Some(code) = line.strip_prefix(">>>") {
                let code = code.strip_prefix(' ').unwrap_or(code).to_owned();
                block.steps.push(Step { line: at + 1, code: vec![code], expected: Vec::new() });
            } else if let Some(step) = block.steps.last_mut() {
                match line.strip_prefix("...") {
                    Some(code) if step.expected.is_empty() && (code.is_empty() || code.starts_with(' ')) => {
                        step.code.push(code.strip_prefix(' ').unwrap_or(code).to_owned());
                    }
                    // An empty line ends what is expected.
                    Some(_) | None if line.trim().is_empty() => {}
                    Some(_) | None => step.expected.push(line.trim_end().to_owned()),
                }
            }
        }
        list.push(block);
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_with_their_margins() {
        let text = "# Title\n```sdoctest\n>>> 1 + 1\n2\n```\n    /// ```sdoctest\n    /// >>> for x in xs:\n    /// ...     print x\n    /// a\n    /// b\n    ///\n    /// >>> f()\n    /// ```\n```text\n>>> no\n```\n";
        let found = blocks(text);
        assert_eq!(found.iter().map(|block| block.line).collect::<Vec<_>>(), [2, 6]);
        assert_eq!((found[0].steps[0].line, found[0].steps[0].code[0].as_str()), (3, "1 + 1"));
        assert_eq!(found[0].steps[0].expected, ["2"]);
        assert_eq!(found[1].steps[0].code, ["for x in xs:", "    print x"]);
        assert_eq!(found[1].steps[0].expected, ["a", "b"]);
        assert_eq!(found[1].steps[1].expected, [""; 0]);
    }

    #[test]
    fn a_dot_is_any_character() {
        assert!(matches("0.33....", "0.333333") && matches("a.c", "aéc"));
        assert!(!matches("a.c", "ac") && !matches("abc", "abd"));
    }
}
