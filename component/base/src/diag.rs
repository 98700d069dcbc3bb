//! Diagnostics: what is wrong, where, why, and what to write instead.

use crate::{Code, Span};

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub enum Severity {
    /// The program is not run.
    Error,
    /// The program runs; something is likely not meant.
    Warning,
}

/// A place and what it has to do with the matter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    /// The narrowest span that shows it.
    pub span: Span,
    /// What is there, in a few words; may be empty on the primary label.
    pub text: String,
}

/// One finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// Its row in the table of codes.
    pub code: Code,
    /// Error or warning.
    pub severity: Severity,
    /// A short title, one line, without a full stop.
    pub message: String,
    /// Where it is.
    pub primary: Label,
    /// Other places that explain it.
    pub secondary: Vec<Label>,
    /// What to write instead, one sentence each.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// A finding with the severity of its code.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Diagnostic {
            code,
            severity: code.severity(),
            message: message.into(),
            primary: Label { span, text: String::new() },
            secondary: Vec::new(),
            help: Vec::new(),
        }
    }

    /// Says what stands at the primary place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn note(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label { span, text: text.into() });
        self
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }
}

/// All findings of a session, in the order they were made.
#[derive(Default, Debug)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    errors: usize,
}

impl Diagnostics {
    /// More findings than this are counted but not kept: nobody reads them.
    pub const KEPT: usize = 200;

    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if diagnostic.severity == Severity::Error {
            self.errors += 1;
        }
        if self.list.len() < Self::KEPT {
            self.list.push(diagnostic);
        }
    }

    /// True where the program must not run.
    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// How many errors were found, kept or not.
    pub fn error_count(&self) -> usize {
        self.errors
    }

    /// The kept findings.
    pub fn list(&self) -> &[Diagnostic] {
        &self.list
    }

    /// Hands the findings over and starts again.
    pub fn take(&mut self) -> Vec<Diagnostic> {
        self.errors = 0;
        std::mem::take(&mut self.list)
    }
}
