//! The session and its stages.

use crate::stats::Stats;
use base::{Code, Cx, Diagnostic, FileId, SourceFile, Span};
use codegen::{OptLevel, Target};
use syntax::ast;

/// What a session may use and how it works.
#[derive(Clone, Debug)]
pub struct Options {
    /// Work units until the compiler gives up.
    pub budget: u64,
    /// Effort for fast code.
    pub optimization: OptLevel,
    /// Check every intermediate form.
    pub verify: bool,
    /// Bytes that a result may have.
    pub max_output: u64,
}

/// Why there is no result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// The program is wrong; the diagnostics say how.
    Rejected,
    /// The result has more bytes than it may: this many.
    TooLarge(u64),
    /// A bug in the compiler that it noticed itself.
    Internal(String),
}

/// A form of the program that can be printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Tokens, one per line.
    Tokens,
    /// The syntax tree.
    Ast,
    /// The typed tree.
    Hir,
    /// Generic MIR.
    Mir,
    /// Legal MIR.
    Lir,
    /// The code generator's own form.
    Clif,
    /// Machine instructions.
    Asm,
}

/// A compilation.
pub struct Session {
    cx: Cx,
    options: Options,
    modules: Vec<ast::Module>,
    stats: Stats,
    budget_reported: bool,
}

impl Session {
    /// A session without modules.
    pub fn new(options: Options) -> Session {
        let mut cx = Cx::default();
        cx.budget = base::Budget::new(options.budget);
        Session { cx, options, modules: Vec::new(), stats: Stats::default(), budget_reported: false }
    }

    /// Adds and parses a module. The answer is the modules it imports that are still missing.
    pub fn add_module(&mut self, path: &str, text: &str) -> Vec<String> {
        let file = self.cx.sources.add(path, text);
        self.stats.source_bytes += text.len() as u64;
        let module = syntax::parse(&mut self.cx, file);
        self.modules.push(module);
        self.end_phase("parse");
        // A `use` of anything but the standard library is an error of its own until there are modules.
        Vec::new()
    }

    /// Infers the types of everything that was added.
    ///
    /// # Errors
    /// See [`Failure`].
    pub fn check(&mut self) -> Result<(), Failure> {
        self.stop_on_errors()?;
        Err(Failure::Internal("there is no type inference yet".to_owned()))
    }

    /// The encoded artifact for a target.
    ///
    /// # Errors
    /// See [`Failure`].
    pub fn emit(&mut self, _target: Target) -> Result<Vec<u8>, Failure> {
        self.check()?;
        Ok(Vec::new())
    }

    /// A stage as text. Tokens and syntax trees are printed whatever is wrong with them.
    ///
    /// # Errors
    /// See [`Failure`].
    pub fn dump(&mut self, stage: Stage, _target: Target) -> Result<String, Failure> {
        let text = match stage {
            Stage::Tokens => self.dump_tokens(),
            Stage::Ast => self.modules.iter().map(|module| syntax::dump_ast(&self.cx, module)).collect(),
            Stage::Hir | Stage::Mir | Stage::Lir | Stage::Clif | Stage::Asm => {
                self.check()?;
                String::new()
            }
        };
        self.within_limit(text)
    }

    /// Everything found so far, in order.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        self.cx.diags.list()
    }

    /// The file that a span names.
    pub fn source(&self, file: FileId) -> Option<&SourceFile> {
        self.cx.sources.files().find(|&(id, _)| id == file).map(|(_, file)| file)
    }

    /// What was counted so far.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    fn dump_tokens(&mut self) -> String {
        let mut text = String::new();
        for index in 0..self.modules.len() {
            let file = self.modules[index].file;
            // The parser has reported what is wrong with the text; reading it again for the list must not say so twice.
            let diags = std::mem::take(&mut self.cx.diags);
            let tokens = syntax::tokenize(&mut self.cx, file);
            self.cx.diags = diags;
            text.push_str(&syntax::dump_tokens(&self.cx, file, &tokens));
        }
        text
    }

    fn within_limit<T: AsRef<[u8]>>(&self, result: T) -> Result<T, Failure> {
        let size = result.as_ref().len() as u64;
        if size > self.options.max_output { Err(Failure::TooLarge(size)) } else { Ok(result) }
    }

    fn stop_on_errors(&self) -> Result<(), Failure> {
        if self.cx.diags.has_errors() { Err(Failure::Rejected) } else { Ok(()) }
    }

    // Notes the work of a stage, and reports once that the budget is used up.
    fn end_phase(&mut self, name: &'static str) {
        self.stats.phase(name, self.cx.budget.used());
        if !self.cx.budget.is_exhausted() || self.budget_reported {
            return;
        }
        self.budget_reported = true;
        let Some(file) = self.modules.first().map(|module| module.file) else { return };
        self.cx.diags.push(
            Diagnostic::new(
                Code::BudgetExhausted,
                Span { file, start: 0, end: 0 },
                format!("the program takes more than {} work units to compile", self.options.budget),
            )
            .help("raise the budget with `--budget`, or split the program"),
        );
    }
}
