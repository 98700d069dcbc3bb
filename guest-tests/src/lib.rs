//! Test files: a program with its directives in front and its golden part at the end.
//!
//! ```text
//! #~ args one two        arguments of the program
//! #~ stdin line          a line of input; may be repeated
//! ...the program...
//! #~ exit 3              expected exit code (0 if not given)
//! #~ stdout              what it prints, each line behind `#~ | `
//! #~ | Hello
//! #~ stderr              what it prints to the error stream
//! ```
//! `BLESS=1` writes the golden part anew from what the program did. Where a file `NAME.out` stands beside the program, it
//! holds the standard output instead (the examples: people read them).

pub mod generate;
pub mod mutate;
pub mod simple;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// A test file, taken apart.
pub struct Case {
    /// The file.
    pub path: PathBuf,
    /// The whole text: the golden part is a comment, so it is the program as well.
    pub source: String,
    /// Arguments of the program.
    pub args: Vec<String>,
    /// Its input.
    pub stdin: String,
    /// What is expected.
    pub expected: Observed,
}

/// What a run shows to the outside.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Observed {
    /// Exit code.
    pub exit: i32,
    /// Standard output.
    pub stdout: String,
    /// Error stream.
    pub stderr: String,
}

impl Case {
    /// Reads a test file.
    ///
    /// # Errors
    /// The file cannot be read, or a directive is unknown.
    pub fn read(path: &Path) -> Result<Case, String> {
        let source = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let mut case = Case {
            path: path.to_owned(),
            args: Vec::new(),
            stdin: String::new(),
            expected: Observed::default(),
            source: String::new(),
        };
        let mut into_stderr = false;
        for (number, line) in source.lines().enumerate() {
            let Some(directive) = line.strip_prefix("#~ ") else { continue };
            let (word, rest) = directive.split_once(' ').unwrap_or((directive, ""));
            match word {
                "args" => case.args.extend(rest.split_whitespace().map(str::to_owned)),
                "stdin" => {
                    case.stdin.push_str(rest);
                    case.stdin.push('\n');
                }
                "exit" => {
                    case.expected.exit =
                        rest.trim().parse().map_err(|_| format!("line {}: no exit code", number + 1))?;
                }
                "stdout" => into_stderr = false,
                "stderr" => into_stderr = true,
                "|" => {
                    let part =
                        if into_stderr { &mut case.expected.stderr } else { &mut case.expected.stdout };
                    part.push_str(rest);
                    part.push('\n');
                }
                _ => return Err(format!("{}:{}: unknown directive {word}", path.display(), number + 1)),
            }
        }
        case.source = source;
        if let Ok(stdout) = std::fs::read_to_string(path.with_extension("out")) {
            case.expected.stdout = stdout;
        }
        Ok(case)
    }

    /// Compares what a run showed with what is expected; with `BLESS=1` writes it down instead.
    ///
    /// # Errors
    /// A readable account of the first difference.
    pub fn check(&self, observed: &Observed) -> Result<(), String> {
        let shown = Observed {
            exit: observed.exit,
            stdout: end_line(&observed.stdout),
            stderr: end_line(&observed.stderr),
        };
        if shown == self.expected {
            return Ok(());
        }
        if std::env::var_os("BLESS").is_some() {
            return self.bless(&shown).map_err(|e| e.to_string());
        }
        let mut message = String::new();
        if shown.exit != self.expected.exit {
            let _ = writeln!(message, "exit code {} instead of {}", shown.exit, self.expected.exit);
        }
        for (name, is, should) in [
            ("stdout", &shown.stdout, &self.expected.stdout),
            ("stderr", &shown.stderr, &self.expected.stderr),
        ] {
            if is != should {
                let at = is.lines().zip(should.lines()).take_while(|(a, b)| a == b).count();
                let line = |text: &str| text.lines().nth(at).unwrap_or("<nothing>").to_owned();
                let _ = writeln!(
                    message,
                    "{name} line {}:\n  expected: {}\n  observed: {}",
                    at + 1,
                    line(should),
                    line(is)
                );
            }
        }
        if !shown.stderr.is_empty() {
            let _ = writeln!(message, "stderr was:\n{}", shown.stderr);
        }
        Err(message)
    }

    fn bless(&self, shown: &Observed) -> std::io::Result<()> {
        let beside = self.path.with_extension("out");
        if !beside.exists() {
            return std::fs::write(&self.path, self.blessed(shown));
        }
        std::fs::write(&beside, &shown.stdout)?;
        std::fs::write(&self.path, self.blessed(&Observed { stdout: String::new(), ..shown.clone() }))
    }

    fn blessed(&self, shown: &Observed) -> String {
        let mut text = String::new();
        let golden = |line: &&str| {
            ["#~ exit", "#~ stdout", "#~ stderr", "#~ |"].iter().any(|start| line.starts_with(start))
        };
        for line in self.source.lines().filter(|line| !golden(line)) {
            text.push_str(line);
            text.push('\n');
        }
        // Behind the program, so that the places in messages stay where they are.
        if shown.exit != 0 {
            let _ = writeln!(text, "#~ exit {}", shown.exit);
        }
        for (name, part) in [("stdout", &shown.stdout), ("stderr", &shown.stderr)] {
            if !part.is_empty() {
                let _ = writeln!(text, "#~ {name}");
                for line in part.lines() {
                    let _ = writeln!(text, "#~ | {line}");
                }
            }
        }
        text
    }
}

/// The files with an ending in a folder of the suite, in order.
///
/// # Panics
/// The folder cannot be read: the checkout is not complete.
pub fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut files = entries(folder);
    files.retain(|path| path.extension().is_some_and(|found| found == ending));
    files
}

/// The folders in a folder of this crate, sorted.
///
/// # Panics
/// As [`files`].
pub fn folders(folder: &str) -> Vec<PathBuf> {
    let mut folders = entries(folder);
    folders.retain(|path| path.is_dir());
    folders
}

fn entries(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut entries: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.expect("a readable folder").path())
        .collect();
    entries.sort();
    entries
}

/// What the test of a file of this crate is called: `run/loops`; a `main` has the name of its folder.
pub fn name_of(path: &Path) -> String {
    let path = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(path).with_extension("");
    let path = if path.ends_with("main") { path.parent().unwrap_or(&path) } else { &path };
    path.to_string_lossy().into_owned()
}

// A last line without its end prints like one with it; trailing spaces survive in the golden part only before a visible end.
fn end_line(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") }
}
