//! Text to tokens, one at a time.
//!
//! The lexer knows nothing of blocks: it marks the first token of every line with the column of
//! that line, and the parser, which knows what it is in the middle of, decides where a line or a
//! block ends. Inside an interpolated text the tokens of a segment stand between
//! [`T::FormatOpen`] and [`T::FormatClose`], with their true places in the source.

mod condition;
mod number;
mod text;

use crate::notes::{Trivia, TriviaKind};
use crate::token::{T, Token, WORDS};
use base::{Code, Cx, Diagnostic, EntityId, FileId, Span};
pub use number::{float_value, int_value};
use std::sync::Arc;
use text::Frame;
pub use text::{piece_value, text_value};

/// Names of custom blocks, whose payload in braces is raw text.
const CUSTOM_BLOCKS: &[&str] = &[
    "m", "sh", "sql", "re", "md", "html", "graph", "img", "lean", "loss", "nograd", "schema", "style", "ui",
    "pc", "music", "bim", "city", "cad", "rtl",
];

/// Splits one file into tokens.
pub struct Lexer {
    file: FileId,
    source: Arc<str>,
    pos: usize,
    /// Kinds of the reserved words, by symbol index; names elsewhere.
    words: Vec<T>,
    /// Texts and segments that are open around `pos`.
    frames: Vec<Frame>,
    /// A line began since the last token.
    fresh_line: bool,
    column: u32,
    spaced: bool,
    /// The last token was a `.`: digits behind it are a tuple index.
    after_dot: bool,
    /// Up to here no `'` closes anything, see [`text`].
    no_quote_before: usize,
    /// How many bytes may still be looked at in search of the `}` of a segment.
    scan_fuel: usize,
    stopped: bool,
    /// Conditional compilation around `pos`, outermost first.
    conditions: Vec<condition::Open>,
    /// What stands between tokens, where somebody asked for it.
    trivia: Option<Vec<Trivia>>,
}

impl Lexer {
    /// A lexer at the start of a file of the session.
    pub fn new(cx: &mut Cx, file: FileId) -> Self {
        let source = cx.sources.file(file).text.clone();
        let mut words = Vec::new();
        for &(text, kind) in WORDS {
            let index = cx.names.intern(text).index();
            if words.len() <= index {
                words.resize(index + 1, T::Name);
            }
            words[index] = kind;
        }
        let pos = if source.starts_with('\u{feff}') { 3 } else { 0 };
        let scan_fuel = source.len().saturating_mul(16).saturating_add(1 << 16);
        Lexer {
            file,
            source,
            pos,
            words,
            frames: Vec::new(),
            fresh_line: true,
            column: 0,
            spaced: true,
            after_dot: false,
            no_quote_before: 0,
            scan_fuel,
            stopped: false,
            conditions: Vec::new(),
            trivia: None,
        }
    }

    /// Keeps what stands between tokens from here on.
    pub(crate) fn keep_trivia(&mut self) {
        self.trivia = Some(Vec::new());
    }

    /// What stood between the tokens so far.
    pub(crate) fn take_trivia(&mut self) -> Vec<Trivia> {
        self.trivia.take().unwrap_or_default()
    }

    fn passed(&mut self, kind: TriviaKind, start: usize, end: usize) {
        if let Some(trivia) = &mut self.trivia {
            trivia.push(Trivia { kind, start: start as u32, end: end as u32 });
        }
    }

    /// The next token; [`T::Eof`] from the end on, or from where the budget ended.
    pub fn next(&mut self, cx: &mut Cx) -> Token {
        if self.stopped || cx.budget.spend(1).is_err() {
            self.stopped = true;
            self.pos = self.source.len();
            return self.token(T::Eof, self.pos);
        }
        let token = match self.frames.last() {
            Some(&Frame::Text { quote, open }) => self.text_token(cx, quote, open),
            Some(&Frame::Segment { code_end, close }) => self.segment_token(cx, code_end, close),
            None => self.code_token(cx, self.source.len()),
        };
        if token.kind == T::Eof {
            self.unclosed_condition(cx);
        }
        self.after_dot = matches!(token.kind, T::Dot | T::QuestionDot);
        token
    }

    fn token(&mut self, kind: T, start: usize) -> Token {
        let token = Token {
            kind,
            first: self.fresh_line,
            spaced: self.spaced,
            column: self.column,
            start: start as u32,
            end: self.pos as u32,
            word: None,
        };
        self.fresh_line = false;
        self.spaced = false;
        token
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span { file: self.file, start: start as u32, end: end as u32 }
    }

    fn byte(&self, at: usize) -> u8 {
        self.source.as_bytes().get(at).copied().unwrap_or(0)
    }

    fn segment_token(&mut self, cx: &mut Cx, code_end: usize, close: usize) -> Token {
        self.trivia(cx, code_end);
        if self.pos < code_end {
            return self.code_token(cx, code_end);
        }
        if code_end < close {
            let start = code_end + 1;
            self.pos = close;
            self.frames.pop();
            self.frames.push(Frame::Segment { code_end: close, close });
            return self.token(T::FormatSpec, start);
        }
        self.frames.pop();
        self.pos = close + 1;
        self.token(T::FormatClose, close)
    }

    /// Passes white space, comments and line ends.
    fn trivia(&mut self, cx: &mut Cx, limit: usize) {
        let source = self.source.clone();
        let bytes = &source.as_bytes()[..limit];
        while let Some(&byte) = bytes.get(self.pos) {
            match byte {
                b' ' | b'\r' => {
                    if self.fresh_line && byte == b' ' {
                        self.column = self.column.saturating_add(1);
                    }
                }
                b'\t' => {
                    if self.fresh_line {
                        self.column = self.column.saturating_add(4);
                    }
                }
                b'\n' => {
                    self.fresh_line = true;
                    self.column = 0;
                }
                b'\\' => match bytes[self.pos + 1..] {
                    [b'\n', ..] => self.join_line(2),
                    [b'\r', b'\n', ..] => self.join_line(3),
                    _ => return,
                },
                b'#' if bytes.get(self.pos + 1) == Some(&b'[') => return,
                b'#' | b'@' if self.fresh_line && self.condition(cx, self.pos, limit) => continue,
                b'#' => {
                    self.line_comment(bytes);
                    continue;
                }
                b'/' if bytes[self.pos + 1..].starts_with(b"//") => {
                    self.line_comment(bytes);
                    continue;
                }
                b'/' if bytes.get(self.pos + 1) == Some(&b'*') => {
                    let start = self.pos;
                    self.block_comment(cx, limit);
                    self.passed(TriviaKind::BlockComment, start, self.pos);
                    self.spaced = true;
                    continue;
                }
                _ => return,
            }
            self.spaced = true;
            self.pos += 1;
        }
    }

    /// A `\` before a line end: the next line belongs to this one, whatever its indentation.
    fn join_line(&mut self, length: usize) {
        let start = self.pos;
        self.pos += length - 1;
        while matches!(self.byte(self.pos + 1), b' ' | b'\t' | b'\r') {
            self.pos += 1;
        }
        self.passed(TriviaKind::Join, start, self.pos + 1);
    }

    fn line_comment(&mut self, bytes: &[u8]) {
        let start = self.pos;
        self.pos = line_end(bytes, start);
        self.passed(TriviaKind::LineComment, start, self.pos);
    }

    fn block_comment(&mut self, cx: &mut Cx, limit: usize) {
        let source = self.source.clone();
        let bytes = &source.as_bytes()[..limit];
        let start = self.pos;
        let mut depth = 0usize;
        while self.pos < limit {
            if bytes[self.pos..].starts_with(b"/*") {
                depth += 1;
                self.pos += 2;
            } else if bytes[self.pos..].starts_with(b"*/") {
                depth -= 1;
                self.pos += 2;
                if depth == 0 {
                    return;
                }
            } else {
                if bytes[self.pos] == b'\n' {
                    self.fresh_line = true;
                    self.column = 0;
                }
                self.pos += 1;
            }
        }
        cx.diags.push(
            Diagnostic::new(
                Code::UnclosedComment,
                self.span(start, start + 2),
                "this comment is never closed",
            )
            .label("opened here")
            .help("end it with `*/`; comments nest, so each `/*` needs one of its own"),
        );
    }

    fn code_token(&mut self, cx: &mut Cx, limit: usize) -> Token {
        self.trivia(cx, limit);
        let start = self.pos;
        if start >= limit {
            return self.token(T::Eof, start);
        }
        let byte = self.byte(start);
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(cx, start, limit),
            b'0'..=b'9' => self.number(cx, start, limit),
            b'"' => self.text(cx, start, start, limit),
            b'\\' if self.byte(start + 1) == b'"' && !self.frames.is_empty() => {
                self.text(cx, start, start, limit)
            }
            b'\'' => self.quoted(cx, start, limit),
            b'`' => self.atom(cx, start, limit),
            b'#' if self.byte(start + 1) == b'[' => {
                self.pos = start + 2;
                self.token(T::HashBracket, start)
            }
            _ => match mark(&self.source.as_bytes()[start..limit]) {
                Some((kind, length)) => {
                    self.pos = start + length;
                    self.token(kind, start)
                }
                None => self.stray(cx, start, limit),
            },
        }
    }

    fn word(&mut self, cx: &mut Cx, start: usize, limit: usize) -> Token {
        let source = self.source.clone();
        let end = word_end(&source, start, limit);
        self.pos = end;
        let text = &source[start..end];
        match (text, self.byte(end)) {
            ("r", b'"') | ("f", b'"') if end < limit => return self.text(cx, start, end, limit),
            (_, b'"') if text.ends_with('_') && end < limit => {
                let mut token = self.text(cx, start, end, limit);
                if token.kind == T::Text {
                    token.kind = T::TaggedText;
                }
                return token;
            }
            (_, b'{') if end < limit && CUSTOM_BLOCKS.contains(&text) => {
                self.custom_block(end, limit);
                return self.token(T::CustomBlock, start);
            }
            _ => {}
        }
        let symbol = cx.names.intern(text);
        let kind = self.words.get(symbol.index()).copied().unwrap_or(T::Name);
        let mut token = self.token(kind, start);
        token.word = Some(symbol);
        token
    }

    /// Moves behind the brace that closes the one at `open`, or to the end of the line where none does.
    fn custom_block(&mut self, open: usize, limit: usize) {
        let source = self.source.clone();
        let reach = limit.min(open.saturating_add(self.scan_fuel));
        let end = balanced_end(source.as_bytes(), open, reach);
        self.scan_fuel -= end.unwrap_or(reach) - open;
        self.pos = end.unwrap_or_else(|| line_end(&source.as_bytes()[..limit], open));
    }

    fn atom(&mut self, cx: &mut Cx, start: usize, limit: usize) -> Token {
        let bytes = &self.source.as_bytes()[..limit];
        let end = line_end(bytes, start);
        match bytes[start + 1..end].iter().position(|&byte| byte == b'`') {
            Some(length) => {
                self.pos = start + length + 2;
                self.token(T::Atom, start)
            }
            None => self.stray(cx, start, start + 1),
        }
    }

    /// Reports a run of characters that start no token, once.
    fn stray(&mut self, cx: &mut Cx, start: usize, limit: usize) -> Token {
        let source = self.source.clone();
        let mut end = start;
        for character in source[start..limit].chars() {
            let known = character.is_ascii() && (character as u32) > 32 && character != '\x7f';
            if end > start && (known || matches!(character, ' ' | '\n' | '\t' | '\r')) {
                break;
            }
            end += character.len_utf8();
        }
        self.pos = end;
        let first = source[start..].chars().next().unwrap_or(' ');
        let mut diagnostic = Diagnostic::new(
            Code::StrayCharacter,
            self.span(start, end),
            format!("no token starts with `{}`", first.escape_debug()),
        );
        diagnostic = match first {
            '\u{201c}' | '\u{201d}' => diagnostic.help("texts are written with straight quotes: `\"`"),
            '\u{2018}' | '\u{2019}' => diagnostic.help("raw texts are written with straight quotes: `'`"),
            '\u{a0}' => diagnostic.help("this is a no-break space; write an ordinary space"),
            _ if first.is_alphabetic() => diagnostic.help("names start with a letter from `a` to `z` or `_`"),
            _ => diagnostic.help("remove it, or put it inside a text"),
        };
        cx.diags.push(diagnostic);
        self.token(T::Stray, start)
    }
}

/// The end of the word that starts at `start`: ASCII letters, digits, `_`, and Unicode alphanumerics behind the first.
fn word_end(source: &str, start: usize, limit: usize) -> usize {
    let bytes = source.as_bytes();
    let mut end = start;
    while end < limit {
        let byte = bytes[end];
        if byte.is_ascii_alphanumeric() || byte == b'_' {
            end += 1;
        } else if byte >= 0x80 {
            match source[end..limit].chars().next() {
                Some(character) if character.is_alphanumeric() => end += character.len_utf8(),
                _ => break,
            }
        } else {
            break;
        }
    }
    end
}

fn line_end(bytes: &[u8], start: usize) -> usize {
    bytes[start..].iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |length| start + length)
}

/// One past the brace that closes the one at `open`.
fn balanced_end(bytes: &[u8], open: usize, limit: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (at, &byte) in bytes[..limit].iter().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some(at + 1),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The longest operator or bracket at the start of `bytes`.
fn mark(bytes: &[u8]) -> Option<(T, usize)> {
    let at = |index: usize| bytes.get(index).copied().unwrap_or(0);
    let (second, third) = (at(1), at(2));
    Some(match at(0) {
        b'(' => (T::LParen, 1),
        b')' => (T::RParen, 1),
        b'[' => (T::LBracket, 1),
        b']' => (T::RBracket, 1),
        b'{' => (T::LBrace, 1),
        b'}' => (T::RBrace, 1),
        b',' => (T::Comma, 1),
        b';' => (T::Semicolon, 1),
        b'$' => (T::Dollar, 1),
        b'@' => (T::At, 1),
        b'\\' => (T::Backslash, 1),
        b':' => match second {
            b':' => (T::ColonColon, 2),
            b'=' => (T::ColonEq, 2),
            _ => (T::Colon, 1),
        },
        b'.' => match (second, third) {
            (b'.', b'.') => (T::DotDotDot, 3),
            (b'.', b'=') if at(3) != b'=' => (T::DotDotEq, 3),
            (b'.', _) => (T::DotDot, 2),
            (b'?', _) => (T::DotQuestion, 2),
            _ => (T::Dot, 1),
        },
        b'?' => match (second, third) {
            (b'?', _) => (T::QuestionQuestion, 2),
            (b'.', b'.' | b'?') => (T::Question, 1),
            (b'.', _) => (T::QuestionDot, 2),
            _ => (T::Question, 1),
        },
        b'=' => match second {
            b'=' => (T::EqEq, 2),
            b'>' => (T::FatArrow, 2),
            _ => (T::Eq, 1),
        },
        b'!' if second == b'=' => (T::BangEq, 2),
        b'!' => (T::Bang, 1),
        b'<' => match (second, third) {
            (b'<', b'=') => (T::ShlEq, 3),
            (b'<', _) => (T::Shl, 2),
            (b'=', _) => (T::LtEq, 2),
            _ => (T::Lt, 1),
        },
        b'>' => match (second, third) {
            (b'>', b'=') => (T::ShrEq, 3),
            (b'>', _) => (T::Shr, 2),
            (b'=', _) => (T::GtEq, 2),
            _ => (T::Gt, 1),
        },
        b'+' if second == b'=' => (T::PlusEq, 2),
        b'+' => (T::Plus, 1),
        b'-' => match second {
            b'=' => (T::MinusEq, 2),
            b'>' => (T::Arrow, 2),
            _ => (T::Minus, 1),
        },
        b'*' => match (second, third) {
            (b'*', b'=') => (T::StarStarEq, 3),
            (b'*', _) => (T::StarStar, 2),
            (b'=', _) => (T::StarEq, 2),
            _ => (T::Star, 1),
        },
        b'/' => match second {
            b'/' => (T::SlashSlash, 2),
            b'=' => (T::SlashEq, 2),
            _ => (T::Slash, 1),
        },
        b'%' if second == b'=' => (T::PercentEq, 2),
        b'%' => (T::Percent, 1),
        b'&' => match second {
            b'&' => (T::AmpAmp, 2),
            b'=' => (T::AmpEq, 2),
            _ => (T::Amp, 1),
        },
        b'|' => match second {
            b'|' => (T::PipePipe, 2),
            b'>' => (T::PipeArrow, 2),
            b'=' => (T::PipeEq, 2),
            _ => (T::Pipe, 1),
        },
        b'^' if second == b'=' => (T::CaretEq, 2),
        b'^' => (T::Caret, 1),
        b'~' => match second {
            b'>' => (T::TildeArrow, 2),
            b'=' => (T::TildeEq, 2),
            _ => (T::Tilde, 1),
        },
        _ => return None,
    })
}
