//! `simple repl`: a program that is written and run piece by piece.
//!
//! Every entry is a module of its own, which uses what the entries before it declared. It is compiled against everything that the process
//! has, and linked into it, which gives new variables their values and leaves all others as they are. Statements are the body of a function
//! that such a value calls. A name that is declared again is the new one from then on.

use crate::args::{Repl, TargetName};
use crate::compile::target;
use crate::native::Console;
use crate::{compile, output};
use anyhow::{Context as _, Result};
use engine::places::{Index, Kind};
use engine::{Engine, Error, KnownSymbol, Limits, Linkage, Optimization, Options, Session, Target};
use loader::{CallError, LinkError, Linking, Process, Program, Stopper};
use rustyline::error::ReadlineError;
use rustyline::{DefaultEditor, history::DefaultHistory};
use source::Root;
use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

const HELP: &str = "\
An expression shows its value, which is `it` from then on; anything else is run. A block ends with an empty line.
  :type EXPRESSION   the type of an expression, which is not run
  :names             what was declared
  :reset             forgets everything
  :quit              ends, as Ctrl-D does; Ctrl-C stops what runs
";

/// The variable of an expression's value, which later entries call `it`.
const IT: &str = "entered_value";

/// Words that begin a declaration.
const DECLARATIONS: &[&str] = &[
    "val", "var", "let", "const", "fn", "struct", "class", "enum", "trait", "impl", "use", "mixin", "type",
    "alias", "mod", "pub", "static", "export", "import", "from", "extern", "union", "bitfield", "newtype",
];

/// Words that begin what has no value.
const STATEMENTS: &[&str] =
    &["for", "while", "loop", "assert", "print", "print_raw", "eprint", "pass", "defer"];

/// Runs the command until the input ends.
pub fn run(repl: &Repl) -> Result<u8> {
    let stopper = Stopper::new();
    let handler = stopper.clone();
    ctrlc::set_handler(move || handler.stop())?;
    let mut state = State::new(repl, stopper)?;
    let mut editor = DefaultEditor::new()?;
    let people = std::io::stdin().is_terminal();
    let history = if people { std::env::home_dir().map(|home| home.join(".simple_history")) } else { None };
    if let Some(history) = &history {
        // Without a history everything works.
        let _ = editor.load_history(history);
        println!("Simple {}; `:help` tells more", env!("CARGO_PKG_VERSION"));
    }
    let code = loop {
        let Some(entry) = read(&mut editor, people)? else { break 0 };
        if entry.trim().is_empty() {
            continue;
        }
        let _ = editor.add_history_entry(entry.trim_end());
        match state.enter(&entry)? {
            Next::Entry => {}
            Next::End(code) => break code,
        }
    };
    if let Some(history) = &history {
        let _ = editor.save_history(history);
    }
    Ok(code)
}

/// One entry, of several lines where it is not complete; none at the end of the input.
fn read(editor: &mut rustyline::Editor<(), DefaultHistory>, people: bool) -> Result<Option<String>> {
    let mut entry = String::new();
    loop {
        let prompt = match (people, entry.is_empty()) {
            (false, _) => "",
            (true, true) => "> ",
            (true, false) => ". ",
        };
        match editor.readline(prompt) {
            Ok(line) => {
                let ends_block = line.trim().is_empty() && open_brackets(&entry) == 0;
                entry.push_str(&line);
                entry.push('\n');
                if ends_block || is_complete(&entry) {
                    return Ok(Some(entry));
                }
            }
            // Begins anew.
            Err(ReadlineError::Interrupted) => entry.clear(),
            Err(ReadlineError::Eof) => return Ok((!entry.is_empty()).then_some(entry)),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Whether an entry ends with its first line, or after brackets are closed: no block is open.
fn is_complete(entry: &str) -> bool {
    let mut lines = entry.lines().map(|line| line.split(" #").next().unwrap_or(line).trim_end());
    let (first, last) = (entry.lines().next().unwrap_or_default(), lines.next_back().unwrap_or_default());
    if first.starts_with(':') {
        return true;
    }
    let in_block = last.ends_with([':', '\\'])
        || last.starts_with([' ', '\t'])
        || last.trim_start().starts_with(['@', '#']);
    // The lines of a bracket may be indented.
    let of_bracket = entry.lines().count() > 1 && !lines.any(|line| line.ends_with(':'));
    open_brackets(entry) == 0
        && (!in_block || of_bracket && !last.ends_with([':', '\\']))
        && entry.matches("\"\"\"").count().is_multiple_of(2)
}

/// Brackets that nothing closes, outside of texts and comments.
fn open_brackets(entry: &str) -> i32 {
    let mut depth = 0;
    for line in entry.lines() {
        let mut quote = None;
        let mut letters = line.chars();
        while let Some(letter) = letters.next() {
            match (quote, letter) {
                (Some(_), '\\') => drop(letters.next()),
                (Some(open), letter) if open == letter => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'') => quote = Some(letter),
                (None, '#') => break,
                (None, '(' | '[' | '{') => depth += 1,
                (None, ')' | ']' | '}') => depth -= 1,
                (None, _) => {}
            }
        }
    }
    depth.max(0)
}

/// What comes behind an entry.
enum Next {
    Entry,
    End(u8),
}

/// What was entered so far.
struct State<'r> {
    repl: &'r Repl,
    engine: Engine,
    target: Target,
    root: Root,
    stopper: Stopper,
    process: Process<'static>,
    /// The texts of the entries that were run, by the paths of their modules.
    entries: BTreeMap<String, String>,
    /// The module that declares each name.
    names: BTreeMap<String, usize>,
    /// Modules with implementations, which every entry uses.
    implementing: BTreeSet<usize>,
    /// `use` lines that were entered.
    uses: Vec<String>,
    count: usize,
}

impl<'r> State<'r> {
    fn new(repl: &'r Repl, stopper: Stopper) -> Result<State<'r>> {
        let engine = compile::load()?;
        let root = Root::at(Path::new("."))?;
        let process = new_process(repl, &stopper)?;
        Ok(State {
            repl,
            engine,
            target: target(TargetName::Host)?,
            root,
            stopper,
            process,
            entries: BTreeMap::new(),
            names: BTreeMap::new(),
            implementing: BTreeSet::new(),
            uses: Vec::new(),
            count: 0,
        })
    }

    fn enter(&mut self, entry: &str) -> Result<Next> {
        let text = entry.trim();
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        match word {
            ":quit" | ":q" => return Ok(Next::End(0)),
            ":help" | ":h" => output::print(HELP.as_bytes())?,
            ":names" => {
                for (name, module) in self.names.clone() {
                    let index = self.look(&module_path(module), None)?;
                    let own = |span: engine::Span| span.file == 0;
                    let written = if name == "it" { IT } else { &name };
                    let found =
                        index.1.entities.iter().find(|it| it.name == written && it.declared.is_some_and(own));
                    let detail = found.map_or_else(|| name.clone(), |it| it.detail.replacen(IT, "it", 1));
                    output::print(format!("{detail}\n").as_bytes())?;
                }
            }
            ":reset" => self.reset()?,
            ":type" | ":t" => {
                let (mut session, index) =
                    self.look("typed.spl", Some(&self.module(&format!("val {IT} = {rest}"), &[])))?;
                match shown(&index) {
                    Some(ty) if !has_errors(&mut session)? => output::print(format!("{ty}\n").as_bytes())?,
                    Some(_) | None => self.tell(&mut session)?,
                }
            }
            word if word.starts_with(':') && word.len() > 1 && word[1..].chars().all(char::is_alphabetic) => {
                eprintln!("there is no command `{word}`; `:help` lists them");
            }
            _ => return self.run(entry),
        }
        Ok(Next::Entry)
    }

    /// Runs an entry as what it is: an expression whose value is shown, a declaration, or statements.
    fn run(&mut self, entry: &str) -> Result<Next> {
        let entry = entry.trim_end();
        let first =
            entry.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap_or_default();
        let declares = DECLARATIONS.contains(&first) || entry.starts_with(['@', '#']);
        let path = module_path(self.count + 1);
        let (mut session, index) = self.look(&path, Some(&self.module(entry, &[])))?;
        // What changes its receiver does so as a statement, not as a part of one.
        let changes =
            index.uses.iter().any(|it| index.entities[it.entity as usize].detail.starts_with("me "));
        if !declares && !changes && !STATEMENTS.contains(&first) {
            let value = format!("val {IT} = {entry}");
            let (mut session, index) = self.look(&path, Some(&self.module(&value, &[])))?;
            let is_value = shown(&index).is_some_and(|ty| !matches!(ty.as_str(), "()" | "never"));
            if is_value && !has_errors(&mut session)? {
                let value = format!("{value}\n{}", called(&format!("    print {IT}")));
                return self.load(&value, &[IT.to_owned()], false);
            }
        }
        if has_errors(&mut session)? {
            self.tell(&mut session)?;
            return Ok(Next::Entry);
        }
        if !declares {
            let lines: Vec<String> = entry.lines().map(|line| format!("    {line}")).collect();
            return self.load(&called(&lines.join("\n")), &[], false);
        }
        let names = declared(&index, entry);
        if matches!(first, "use" | "import" | "from") {
            // The bodies of files that are used run here, once.
            let ended = self.load(entry, &[], true)?;
            self.uses.extend(entry.lines().map(str::to_owned));
            return Ok(ended);
        }
        let implements = index.declarations.iter().any(|it| it.parent.is_none() && it.kind == Kind::Module);
        let ended = self.load(entry, &names, false)?;
        if implements && self.entries.contains_key(&module_path(self.count)) {
            self.implementing.insert(self.count);
        }
        Ok(ended)
    }

    /// Compiles an entry that is right, and links it, which runs it. Files that it uses run as well where it is wanted.
    fn load(&mut self, entry: &str, declared: &[String], with_bodies: bool) -> Result<Next> {
        let number = self.count + 1;
        let path = module_path(number);
        let text = if with_bodies { format!("{entry}\n") } else { self.module(entry, declared) };
        let mut session = self.session()?;
        let known = self.process.known();
        let symbol = |(name, signature, content): &loader::Known| KnownSymbol {
            name: name.clone(),
            signature: *signature,
            content: *content,
        };
        let linkage = Linkage { known: known.iter().map(symbol).collect(), entry: with_bodies, lazy: false };
        session.make_reloadable(&linkage)?;
        self.add(&mut session, &path, &text)?;
        let artifact = match session.emit(self.target) {
            Ok(artifact) => artifact,
            Err(Error::Rejected) => {
                self.tell(&mut session)?;
                return Ok(Next::Entry);
            }
            Err(error) => return Err(error.into()),
        };
        self.tell(&mut session)?;
        let part = Program::load(&artifact)?;
        let before: BTreeSet<(String, u64)> =
            known.into_iter().map(|(name, signature, _)| (name, signature)).collect();
        self.stopper.reset();
        // Whatever comes of it, no other module has its name.
        self.count = number;
        let ended = match self.process.link(&part, Linking::Addition) {
            Ok(_) if with_bodies => self.process.start().map(|_| ()),
            Ok(_) => Ok(()),
            Err(LinkError::Values(error)) => Err(*error),
            Err(error) => return Err(error.into()),
        };
        match &ended {
            Ok(()) | Err(CallError::NoFunction) => {
                self.entries.insert(path, text);
                let called = |name: &String| if name == IT { "it".to_owned() } else { name.clone() };
                self.names.extend(declared.iter().map(|name| (called(name), number)));
                return Ok(Next::Entry);
            }
            Err(CallError::Exited(code)) => return Ok(Next::End(crate::native::exit_byte(*code))),
            Err(CallError::Failed(report)) => eprint!("{report}"),
            Err(error @ (CallError::Damaged | CallError::Arguments { .. } | CallError::System(_))) => {
                eprintln!("error: {error}; everything is forgotten");
                self.reset()?;
                return Ok(Next::Entry);
            }
        }
        // What it declares may have no value: it was not entered.
        let new = part.names().into_iter().filter(|name| !before.contains(name)).collect();
        self.process.retire(&new)?;
        Ok(Next::Entry)
    }

    fn reset(&mut self) -> Result<()> {
        self.process = new_process(self.repl, &self.stopper)?;
        (self.entries, self.names, self.implementing) = Default::default();
        self.uses.clear();
        self.count = 0;
        Ok(())
    }

    /// The module of an entry: first what was entered, so that places in it are its own, then what it uses and shows.
    fn module(&self, entry: &str, declared: &[String]) -> String {
        let mut text = format!("{entry}\n");
        let mut owned: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for (name, &module) in &self.names {
            owned.entry(module).or_default().push(if name == "it" { "entered_value as it" } else { name });
        }
        for line in &self.uses {
            text.push_str(&format!("{line}\n"));
        }
        for (module, names) in &owned {
            text.push_str(&format!("use {}.{{{}}}\n", module_name(*module), names.join(", ")));
        }
        for module in self.implementing.iter().filter(|module| !owned.contains_key(module)) {
            text.push_str(&format!("use {}\n", module_name(*module)));
        }
        if !declared.is_empty() {
            text.push_str(&format!("export {}\n", declared.join(", ")));
        }
        text
    }

    fn session(&self) -> Result<Session> {
        let limits = Limits::default();
        let options = Options {
            budget: self.repl.common.budget,
            optimization: if self.repl.common.no_optimize { Optimization::None } else { Optimization::Speed },
            verify: self.repl.common.verify,
            max_output: limits.output as u64,
        };
        Ok(self.engine.session(&options, limits)?)
    }

    /// What the names of a module mean, without running it.
    fn look(&self, path: &str, text: Option<&str>) -> Result<(Session, Index)> {
        let text = text.or_else(|| self.entries.get(path).map(String::as_str)).unwrap_or_default();
        let mut session = self.session()?;
        self.add(&mut session, path, text)?;
        let index = session.places(0)?;
        Ok((session, index))
    }

    /// Adds a module, and what it uses: entries, and files of the current folder.
    fn add(&self, session: &mut Session, path: &str, text: &str) -> Result<()> {
        let mut missing = session.add_module(path, text)?;
        'modules: loop {
            for candidate in missing.iter().flat_map(|module| &module.candidates) {
                if let Some(text) = self.entries.get(candidate) {
                    missing = session.add_module(candidate, text)?;
                    continue 'modules;
                }
                let Some(bytes) = self.root.read(candidate)? else { continue };
                missing = if engine::is_module_file(&bytes) {
                    match session.add_library(candidate, &bytes) {
                        Ok(missing) => missing,
                        Err(Error::Rejected) => return Ok(()),
                        Err(error) => return Err(error.into()),
                    }
                } else {
                    session.add_module(candidate, &source::to_text(bytes, candidate)?)?
                };
                continue 'modules;
            }
            return Ok(());
        }
    }

    fn tell(&self, session: &mut Session) -> Result<()> {
        compile::tell(session, &self.repl.common)
    }
}

fn new_process(repl: &Repl, stopper: &Stopper) -> Result<Process<'static>> {
    let limits = loader::Limits {
        memory: repl.max_memory,
        stopper: Some(stopper.clone()),
        ..loader::Limits::default()
    };
    let console = Console::with_args(Vec::new(), repl.max_memory)?;
    Process::empty(limits, Box::new(console)).context("cannot start a program")
}

fn has_errors(session: &mut Session) -> Result<bool> {
    Ok(session.diagnostics()?.iter().any(|it| it.severity == engine::Severity::Error))
}

/// Statements in a function that runs when the module is linked.
fn called(body: &str) -> String {
    format!("fn entered():\n{body}\n    0\nval ran = entered()")
}

/// The names that an entry declares.
fn declared(index: &Index, entry: &str) -> Vec<String> {
    let top = index.declarations.iter().filter(|it| it.parent.is_none() && it.kind != Kind::Module);
    let mut names: BTreeSet<String> = top.map(|it| it.name.clone()).collect();
    if entry.starts_with("va") || entry.starts_with("let") {
        // Those of a pattern.
        let pattern = entry.find('=').unwrap_or(entry.len()) as u32;
        let uses = index.uses.iter().filter(|it| it.declares && it.span.end <= pattern);
        names.extend(uses.map(|it| index.entities[it.entity as usize].name.clone()));
    }
    names.into_iter().collect()
}

/// The type of `it`.
fn shown(index: &Index) -> Option<String> {
    let it = index.declarations.iter().find(|it| it.name == IT && it.parent.is_none())?;
    Some(it.detail.strip_prefix("val ")?.strip_prefix(IT)?.strip_prefix(": ")?.to_owned())
}

fn module_name(number: usize) -> String {
    format!("entry_{number}")
}

fn module_path(number: usize) -> String {
    PathBuf::from(module_name(number)).with_extension("spl").to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_several_lines() {
        for complete in [
            "1 + 1\n",
            "f(1,\n  2)\n",
            "val x = [\n    1,\n]\n",
            ":type f(\n",
            "if a: b\n",
            "print \"(\" # [\n",
            "x = \"\"\"a\nb\"\"\"\n",
        ] {
            assert!(is_complete(complete), "{complete}");
        }
        for open in [
            "fn f(x):\n",
            "fn f(x):\n    x\n",
            "f(1,\n",
            "@pure\n",
            "a \\\n",
            "x = \"\"\"a\n",
            "xs.map \\x:\n    x\n",
        ] {
            assert!(!is_complete(open), "{open}");
        }
    }
}
