//! Why a program or a function is not there.

use crate::{CallError, HandleError, LinkError, LoadError, RunError};
use engine::{Diagnostic, Session};
use std::fmt;

/// What is wrong with a program, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// A stable code such as `E1004`.
    pub code: String,
    /// One line.
    pub message: String,
    /// The module.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
    /// The character in it, from 1.
    pub column: u32,
    /// What to write instead.
    pub help: Vec<String>,
}

impl Finding {
    pub(super) fn of(session: &mut Session, found: &Diagnostic) -> Result<Finding, engine::Error> {
        let span = found.primary.span;
        let source = session.source(span.file)?;
        let (path, text) = source.map_or_else(Default::default, |source| (source.path, source.text));
        let before = text.get(..span.start as usize).unwrap_or_default();
        let last = before.rsplit('\n').next().unwrap_or_default();
        Ok(Finding {
            code: found.code.clone(),
            message: found.message.clone(),
            path,
            line: before.matches('\n').count() as u32 + 1,
            column: last.chars().count() as u32 + 1,
            help: found.help.clone(),
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { code, message, path, line, column, help } = self;
        write!(f, "{path}:{line}:{column}: {code}: {message}")?;
        help.iter().try_for_each(|help| write!(f, " ({help})"))
    }
}

/// Findings about a question, which have no place: one in a line.
pub(super) fn told(found: &[Diagnostic]) -> String {
    let line = |found: &Diagnostic| {
        let help: String = found.help.iter().map(|help| format!(" ({help})")).collect();
        format!("{}: {}{help}", found.code, found.message)
    };
    found.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Why there is no program.
#[derive(Debug)]
pub enum EmbedError {
    /// The compiler cannot be loaded.
    Engine(String),
    /// The program has errors.
    Rejected(Vec<Finding>),
    /// A module cannot be read.
    Module(String),
    /// The compiler reached a limit, or has a bug.
    Compiler(engine::Error),
    /// The artifact is not loaded.
    Load(LoadError),
    /// The sandbox does not take the module.
    Sandbox(sandbox::LoadError),
    /// There is no room for the program within its limits.
    Run(RunError),
    /// The artifact is not linked.
    Link(LinkError),
    /// The bodies of its modules did not come to their end.
    Call(CallError),
}

impl fmt::Display for EmbedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EmbedError::Engine(what) => write!(f, "the compiler cannot be loaded: {what}"),
            EmbedError::Rejected(found) => {
                let lines: Vec<String> = found.iter().map(Finding::to_string).collect();
                f.write_str(&lines.join("\n"))
            }
            EmbedError::Module(what) => f.write_str(what),
            EmbedError::Compiler(error) => error.fmt(f),
            EmbedError::Load(error) => error.fmt(f),
            EmbedError::Sandbox(error) => error.fmt(f),
            EmbedError::Run(error) => error.fmt(f),
            EmbedError::Link(error) => error.fmt(f),
            EmbedError::Call(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for EmbedError {}

/// Why a function cannot be called.
#[derive(Debug)]
pub enum FunctionError {
    /// What the compiler says: there is no such function, or no instance of it for these types.
    Wrong(String),
    /// It has other types.
    Types {
        /// Its name.
        function: String,
        /// Its type.
        is: String,
        /// The type that the Rust types stand for.
        asked: String,
    },
    /// It has types whose values do not go in and out.
    Foreign {
        /// Its name.
        function: String,
        /// Its type.
        is: String,
    },
    /// Its code takes and gives other values.
    Handle(HandleError),
    /// The compiler reached a limit, or has a bug.
    Compiler(engine::Error),
    /// The artifact is not loaded.
    Load(LoadError),
    /// The artifact is not linked.
    Link(LinkError),
}

impl fmt::Display for FunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FunctionError::Wrong(what) => f.write_str(what),
            FunctionError::Types { function, is, asked } => {
                write!(f, "`{function}` is `{is}`, not `{asked}`")
            }
            FunctionError::Foreign { function, is } => {
                write!(f, "`{function}` is `{is}`, which has types whose values stay inside of a program")
            }
            FunctionError::Handle(error) => error.fmt(f),
            FunctionError::Compiler(error) => error.fmt(f),
            FunctionError::Load(error) => error.fmt(f),
            FunctionError::Link(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for FunctionError {}

macro_rules! from {
    ($($for:ident::$variant:ident($error:ty);)*) => {$(
        impl From<$error> for $for {
            fn from(error: $error) -> $for {
                $for::$variant(error)
            }
        }
    )*};
}

from! {
    EmbedError::Compiler(engine::Error);
    EmbedError::Load(LoadError);
    EmbedError::Run(RunError);
    EmbedError::Link(LinkError);
    EmbedError::Call(CallError);
    FunctionError::Handle(HandleError);
    FunctionError::Compiler(engine::Error);
    FunctionError::Load(LoadError);
    FunctionError::Link(LinkError);
}
