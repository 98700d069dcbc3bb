//! Text to tokens to syntax tree.
//!
//! The parser never fails: it always returns a tree, and what was wrong is in the diagnostics.

// Fields of enum variants in the syntax tree are explained by the variant they belong to.
#[allow(missing_docs)]
pub mod ast;
mod docs;
mod dump;
mod format;
mod lexer;
mod notes;
mod parser;
mod token;
mod unsupported;

pub use docs::{documentation, module_documentation};
pub use dump::{dump_ast, dump_tokens};
pub use format::{Unformatted, format};
pub use lexer::Lexer;
pub use notes::{Trivia, TriviaKind};
pub use parser::bdd::is_test_word;
pub use parser::parse;
pub use token::{T, Token, WORDS};
pub use unsupported::Construct;

use base::{Cx, FileId};

/// All tokens of a file of the session, the end of the file last. The parser takes them one by one
/// from a [`Lexer`] instead, so that a file is never held as tokens.
pub fn tokenize(cx: &mut Cx, file: FileId) -> Vec<Token> {
    let mut lexer = Lexer::new(cx, file);
    let mut tokens = Vec::new();
    loop {
        let token = lexer.next(cx);
        tokens.push(token);
        if token.kind == T::Eof {
            return tokens;
        }
    }
}
