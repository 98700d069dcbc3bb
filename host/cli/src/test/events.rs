//! What a program tells about its examples: `std/spec.spl` prints one line for each event, behind a mark that the runner chose,
//! between whatever the program itself prints.

use std::time::{Duration, Instant};

/// How an example ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    Passed,
    Failed,
    Skipped,
    Pending,
}

/// An expectation that failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Its line in the file that the runner was given.
    pub line: usize,
    pub message: String,
    pub actual: String,
    pub expected: String,
}

/// An example, and what it came to.
#[derive(Clone, Debug)]
pub struct Example {
    pub index: usize,
    /// The groups around it, outermost first.
    pub groups: Vec<String>,
    pub name: String,
    pub line: usize,
    /// Its own tags and those of its groups.
    pub tags: Vec<String>,
    pub status: Status,
    pub failures: Vec<Failure>,
    /// The report of the run-time error that ended it.
    pub error: Option<String>,
    /// It passed without an expectation.
    pub empty: bool,
    /// What it printed.
    pub output: String,
    pub time: Duration,
}

impl Example {
    /// Groups and name, as filters see them.
    pub fn full_name(&self) -> String {
        let mut name = self.groups.join(" ");
        if !name.is_empty() {
            name.push(' ');
        }
        name + &self.name
    }
}

/// Takes the output of one run apart.
pub struct Collector {
    mark: Vec<u8>,
    buffer: Vec<u8>,
    fail_fast: bool,
    groups: Vec<(String, Vec<String>)>,
    running: Option<(Example, Instant)>,
    /// The number, in its example, of what runs and is expected to fail.
    attempting: Option<usize>,
    /// The examples of this run, in order.
    pub examples: Vec<Example>,
    /// The last statement of the file was reached.
    pub finished: bool,
    /// An example failed, and nothing more is to run.
    pub stopped: bool,
    /// What was printed outside of examples.
    pub outside: String,
}

impl Collector {
    /// For a program that was given this mark.
    pub fn new(mark: &str, fail_fast: bool) -> Collector {
        Collector {
            mark: mark.as_bytes().to_vec(),
            buffer: Vec::new(),
            fail_fast,
            groups: Vec::new(),
            running: None,
            attempting: None,
            examples: Vec::new(),
            finished: false,
            stopped: false,
            outside: String::new(),
        }
    }

    /// Takes what the program printed. False where it should stop.
    pub fn out(&mut self, bytes: &[u8]) -> bool {
        self.buffer.extend_from_slice(bytes);
        // A program that was told to stop goes on for a moment.
        while !self.stopped {
            let Some(at) = find(&self.buffer, &self.mark) else {
                // The beginning of a mark may stand at the end.
                let keep = (0..self.mark.len().min(self.buffer.len() + 1))
                    .rev()
                    .find(|&keep| self.buffer.ends_with(&self.mark[..keep]))
                    .unwrap_or(0);
                let rest = self.buffer.split_off(self.buffer.len() - keep);
                let printed = std::mem::replace(&mut self.buffer, rest);
                self.printed(&printed);
                return !self.stopped;
            };
            let Some(length) = self.buffer[at..].iter().position(|&byte| byte == b'\n') else {
                return !self.stopped;
            };
            let printed: Vec<u8> = self.buffer.drain(..at).collect();
            self.printed(&printed);
            let line: Vec<u8> = self.buffer.drain(..=length).collect();
            let line = String::from_utf8_lossy(&line[self.mark.len()..length]).into_owned();
            let fields: Vec<String> = line.split('\t').map(unescape).collect();
            self.event(&fields);
        }
        false
    }

    /// Takes what the program printed to the error stream.
    pub fn printed(&mut self, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        match &mut self.running {
            Some((example, _)) => example.output.push_str(&text),
            None => self.outside.push_str(&text),
        }
    }

    fn event(&mut self, fields: &[String]) {
        let field = |at: usize| fields.get(at).map_or("", String::as_str);
        let number = |at: usize| field(at).parse::<usize>().unwrap_or(0);
        match field(0) {
            "group" => self.groups.push((field(3).to_owned(), tags(field(2)))),
            "end-group" => drop(self.groups.pop()),
            word @ ("example" | "begin" | "skip" | "pending") => {
                let mut all: Vec<String> = self.groups.iter().flat_map(|(_, tags)| tags.clone()).collect();
                all.extend(tags(field(3)));
                let example = Example {
                    index: number(1),
                    groups: self.groups.iter().map(|(name, _)| name.clone()).collect(),
                    name: field(4).to_owned(),
                    line: number(2),
                    tags: all,
                    status: match word {
                        "skip" => Status::Skipped,
                        "pending" => Status::Pending,
                        _ => Status::Passed,
                    },
                    failures: Vec::new(),
                    error: None,
                    empty: false,
                    output: String::new(),
                    time: Duration::ZERO,
                };
                if word == "begin" {
                    self.attempting = None;
                    self.running = Some((example, Instant::now()));
                } else {
                    self.examples.push(example);
                }
            }
            "failed" => {
                if let Some((example, _)) = &mut self.running {
                    example.status = Status::Failed;
                    example.failures.push(Failure {
                        line: number(1),
                        message: field(2).to_owned(),
                        actual: field(3).to_owned(),
                        expected: field(4).to_owned(),
                    });
                }
            }
            "attempt" => self.attempting = Some(number(1)),
            "attempted" => self.attempting = None,
            "done" => {
                if let Some((mut example, start)) = self.running.take() {
                    example.time = start.elapsed();
                    example.empty = example.status == Status::Passed && number(2) == 0;
                    self.stopped |= self.fail_fast && example.status == Status::Failed;
                    self.examples.push(example);
                }
            }
            "finish" => self.finished = true,
            // Only the runner knows the mark, and these are all events.
            other => self.outside.push_str(other),
        }
    }

    /// The run has ended by a run-time error. The example that was running and the number of its attempt, if it expected one there: the example is
    /// to be run again.
    pub fn raised(&mut self) -> Option<(usize, usize)> {
        let attempt = self.attempting?;
        let (example, _) = self.running.take()?;
        Some((example.index, attempt))
    }

    /// The run has ended; an example that was running then has failed for this reason. True where there was one.
    pub fn ended(&mut self, why: impl FnOnce() -> String) -> bool {
        let rest = std::mem::take(&mut self.buffer);
        if !self.stopped {
            self.printed(&rest);
        }
        let Some((mut example, start)) = self.running.take() else { return false };
        example.time = start.elapsed();
        example.status = Status::Failed;
        example.error = Some(why());
        self.stopped |= self.fail_fast;
        self.examples.push(example);
        true
    }
}

fn tags(field: &str) -> Vec<String> {
    field.split(',').filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
}

fn find(whole: &[u8], part: &[u8]) -> Option<usize> {
    whole.windows(part.len()).position(|window| window == part)
}

fn unescape(field: &str) -> String {
    let mut text = String::with_capacity(field.len());
    let mut chars = field.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => match chars.next() {
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some('t') => text.push('\t'),
                Some(other) => text.push(other),
                None => text.push('\\'),
            },
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_comes_in_any_pieces() {
        let all = b"before\n<M>group\t1\tslow\tg\n<M>begin\t0\t2\t\tan\\texample\nhi <M>failed\t3\tno\\n!\ta\\\\\tb\n<M>done\t0\t1\n<M>end-group\n<M>finish\nend <";
        for size in 1..all.len() {
            let mut collector = Collector::new("<M>", false);
            for piece in all.chunks(size) {
                assert!(collector.out(piece));
            }
            assert!(!collector.ended(String::new));
            assert!(collector.finished);
            assert_eq!(collector.outside, "before\nend <");
            let [example] = collector.examples.as_slice() else { panic!("one example") };
            assert_eq!((example.name.as_str(), example.output.as_str()), ("an\texample", "hi "));
            assert_eq!((example.tags.as_slice(), example.status), (&["slow".to_owned()][..], Status::Failed));
            let failure =
                Failure { line: 3, message: "no\n!".into(), actual: "a\\".into(), expected: "b".into() };
            assert_eq!(example.failures, [failure]);
        }
    }

    #[test]
    fn the_end_of_the_program_ends_its_example() {
        let mut collector = Collector::new("<M>", true);
        assert!(collector.out(b"<M>begin\t4\t2\t\tx\n"));
        assert!(collector.ended(|| "error".to_owned()));
        assert!(collector.stopped);
        assert_eq!(collector.examples[0].error.as_deref(), Some("error"));
    }
}
