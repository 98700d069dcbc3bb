//! Programs whose functions are replaced while they run.
//!
//! A file of `reload/` has several versions of a program. Lines that begin with `#!` divide it: `#! start`, then the first version; `#! at LINE`, then the
//! version that is submitted when the running program has printed this line; `#! output`, then all that the program prints, and in brackets what the
//! loader said. `BLESS=1` writes that part anew. A version is linked at the loop's next back edge, so what a file shows is always the same.

use driver::{OptLevel, Options, Session, Target};
use guest_tests::{files, name_of};
use libtest_mimic::{Arguments, Failed, Trial};
use loader::{Host, Input, Known, Limits, Outcome, Reload, Reloader, Stream, Waker};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

fn main() {
    let arguments = Arguments::from_args();
    let mut trials: Vec<Trial> = files("reload", "spl")
        .into_iter()
        .map(|path| Trial::test(name_of(&path), move || file(&path)))
        .collect();
    trials.push(Trial::test("a_thousand_edits", a_thousand_edits));
    libtest_mimic::run(&arguments, trials).exit();
}

/// The artifact of a version, or what is wrong with it.
fn compile(source: &str, known: Vec<Known>) -> Result<Vec<u8>, String> {
    let options =
        Options { budget: u64::MAX, optimization: OptLevel::Speed, verify: true, max_output: 1 << 30 };
    let mut session = Session::new(options);
    let entry = known.is_empty();
    session.make_reloadable(driver::Linkage::new(known, entry, false));
    session.add_module("app.spl", source);
    session.emit(Target::host().ok_or("no machine code here")?).map_err(|failure| {
        let messages: Vec<&str> = session.diagnostics().iter().map(|found| found.message.as_str()).collect();
        if messages.is_empty() { format!("{failure:?}") } else { messages.join("; ") }
    })
}

/// Runs a version under a host that edits the program.
fn run<'a>(first: &str, editor: &mut Editor<'a>) -> Result<Outcome, Failed> {
    let artifact = compile(first, Vec::new())?;
    let limits = Limits {
        memory: 64 << 20,
        time: Some(Duration::from_secs(60)),
        reloader: Some(editor.reloader.clone()),
        ..Limits::default()
    };
    let outcome = loader::run(&artifact, &limits, editor)?;
    if let Some(live @ 1..) = outcome.stats.live_objects {
        return Err(format!("{live} objects are left").into());
    }
    Ok(outcome)
}

/// Asks for the version that follows a line of output, if one does.
type Next<'a> = Box<dyn FnMut(&str) -> Option<String> + 'a>;
/// Sees what became of a version.
type Seen<'a> = Box<dyn FnMut(Result<Reload, String>, &mut String) + 'a>;

/// The world of a program that is edited by what it prints.
struct Editor<'a> {
    reloader: Reloader,
    next: Next<'a>,
    seen: Seen<'a>,
    /// The line that is being printed.
    line: String,
    output: String,
}

impl<'a> Editor<'a> {
    fn new(next: Next<'a>, seen: Seen<'a>) -> Editor<'a> {
        Editor { reloader: Reloader::new(), next, seen, line: String::new(), output: String::new() }
    }

    fn answers(&mut self) {
        while let Some(answer) = self.reloader.answer(Duration::ZERO) {
            (self.seen)(answer.map_err(|error| error.to_string()), &mut self.output);
        }
    }

    fn submit(&mut self, source: &str) -> Result<(), String> {
        let (version, known) = self.reloader.known().ok_or("the program does not run")?;
        let artifact = compile(source, known)?;
        self.reloader.submit(version, &artifact).map_err(|error| error.to_string())
    }
}

impl Host for Editor<'_> {
    fn write(&mut self, _: Stream, bytes: &[u8]) -> bool {
        self.answers();
        let text = String::from_utf8_lossy(bytes);
        self.output.push_str(&text);
        self.line.push_str(&text);
        while let Some(end) = self.line.find('\n') {
            let line: String = self.line.drain(..=end).collect();
            if let Some(source) = (self.next)(line.trim_end())
                && let Err(what) = self.submit(&source)
            {
                (self.seen)(Err(what), &mut self.output);
            }
        }
        true
    }

    fn read_line(&mut self) -> Input {
        Input::End
    }

    fn args(&self) -> Vec<String> {
        Vec::new()
    }

    fn waker(&self) -> Option<Waker> {
        None
    }
}

// -- files -----------------------------------------------------------------------------------------------------

fn file(path: &Path) -> Result<(), Failed> {
    let text = std::fs::read_to_string(path)?;
    let mut sections: Vec<(&str, String)> = Vec::new();
    for line in text.split_inclusive('\n') {
        match line.strip_prefix("#! ") {
            Some(head) => sections.push((head.trim_end(), String::new())),
            None => sections.last_mut().ok_or("a file begins with `#! start`")?.1.push_str(line),
        }
    }
    let Some((("start", first), rest)) =
        sections.split_first().map(|(first, rest)| ((first.0, &first.1), rest))
    else {
        return Err("a file begins with `#! start`".into());
    };
    let mut edits =
        rest.iter().filter_map(|(head, source)| Some((head.strip_prefix("at ")?, source))).peekable();
    let next = Box::new(|line: &str| edits.next_if(|(at, _)| *at == line).map(|(_, source)| source.clone()));
    let mut editor = Editor::new(next, Box::new(show));
    let outcome = run(first, &mut editor)?;
    editor.answers();
    let mut output = std::mem::take(&mut editor.output);
    drop(editor);
    if let Some(report) = outcome.error {
        let _ = write!(output, "{report}");
    }
    if let Some((at, _)) = edits.next() {
        return Err(format!("the program never printed {at:?}: {output}").into());
    }
    if std::env::var_os("BLESS").is_some() {
        let source = text.split("#! output").next().unwrap_or_default();
        std::fs::write(path, format!("{source}#! output\n{output}"))?;
        return Ok(());
    }
    let expected = rest.iter().find(|(head, _)| *head == "output").map_or("", |(_, text)| text);
    if output == expected { Ok(()) } else { Err(format!("it showed\n{output}\nnot\n{expected}").into()) }
}

/// What the loader said, as lines of output.
fn show(answer: Result<Reload, String>, output: &mut String) {
    let _ = match answer {
        Ok(reload) => writeln!(output, "[{reload}]"),
        Err(what) => writeln!(output, "[not linked: {what}]"),
    };
}

// -- many edits ------------------------------------------------------------------------------------------------

const EDITS: usize = 1000;

/// Each turn of the loop is an edit: the value, the signature, a closure and a variable change back and forth. No call is lost, and after the first few
/// edits nothing grows.
fn a_thousand_edits() -> Result<(), Failed> {
    let version = |number: usize| {
        let (ty, shown, extra) = match number % 3 {
            0 => ("i64", "x + 1", ""),
            1 => ("f64", "x + 1.5", "var extra = [1, 2, 3]\n"),
            _ => ("text", "x.len()", ""),
        };
        let value = match number % 3 {
            0 => "7",
            1 => "7.0",
            _ => "\"seven\"",
        };
        format!(
            "var turns = 0\n{extra}fn show(x: {ty}):\n    val add = \\y: y + {number}\n    print \"{{turns}} {number} {{{shown}}} {{add(1)}}\"\n\
             fn turn():\n    turns += 1\n    show({value})\nfn main():\n    while turns < {EDITS}:\n        turn()\n"
        )
    };
    let mut submitted = 0;
    let mut lines = Vec::new();
    let mut reports: Vec<Reload> = Vec::new();
    let mut failures = Vec::new();
    let next = Box::new(|line: &str| {
        lines.push(line.to_owned());
        submitted += 1;
        (submitted < EDITS).then(|| version(submitted % 6))
    });
    let seen = Box::new(|answer: Result<Reload, String>, _: &mut String| match answer {
        Ok(reload) => reports.push(reload),
        Err(what) => failures.push(what),
    });
    let mut editor = Editor::new(next, seen);
    let outcome = run(&version(0), &mut editor)?;
    editor.answers();
    drop(editor);
    if let Some(error) = outcome.error {
        return Err(error.to_string().into());
    }
    if let Some(what) = failures.first() {
        return Err(format!("{} edits were not linked: {what}", failures.len()).into());
    }
    for (turn, line) in lines.iter().enumerate() {
        let expected = format!("{} {} ", turn + 1, turn % 6);
        if !line.starts_with(&expected) {
            return Err(format!("turn {turn} printed {line:?}, not {expected}...").into());
        }
    }
    let size = |reload: &Reload| (reload.parts, reload.code_bytes, reload.entries, reload.types);
    let early = reports.iter().skip(24).take(24).map(size).max();
    let late = reports.iter().rev().take(24).map(size).max();
    if lines.len() != EDITS || reports.len() != EDITS - 1 || early != late {
        return Err(
            format!("{} turns, {} reports, {early:?} then {late:?}", lines.len(), reports.len()).into()
        );
    }
    Ok(())
}
