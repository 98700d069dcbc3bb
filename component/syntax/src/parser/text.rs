//! Interpolated texts.

use super::Parser;
use crate::ast::{ExprKind, FormatPart};
use crate::lexer::piece_value;
use crate::token::T;
use base::{Code, Diagnostic};

impl Parser<'_> {
    /// The current token is the opening quote of a text with segments.
    #[inline(never)]
    pub(super) fn format_text(&mut self) -> ExprKind {
        let mut parts = Vec::new();
        self.bump();
        loop {
            match self.kind() {
                T::FormatText => {
                    let token = self.bump();
                    let value = piece_value(self.text_of(self.span_of(token)));
                    parts.push(FormatPart::Text(value));
                }
                T::FormatOpen => parts.push(self.segment()),
                T::FormatEnd => {
                    self.bump();
                    break;
                }
                _ => break,
            }
        }
        ExprKind::Format(parts)
    }

    /// `{expr:spec}`; the current token is the brace.
    fn segment(&mut self) -> FormatPart {
        self.bracketed(|parser| {
            let expr = parser.expr();
            let mut spec = None;
            if parser.t == T::FormatSpec {
                let span = parser.here();
                let text = parser.text_of(span).to_owned();
                parser.bump();
                if !text.is_empty() {
                    spec = Some((text, span));
                }
            }
            if !parser.eat(T::FormatClose) && !parser.recovering {
                let message =
                    format!("expected the `}}` that ends this part of the text, found {}", parser.found());
                let diagnostic = Diagnostic::new(Code::UnexpectedToken, parser.here(), message)
                    .help("braces in a text hold one expression; a literal brace is written `{{`");
                parser.fail(diagnostic);
            }
            FormatPart::Expr { expr, spec }
        })
    }
}
