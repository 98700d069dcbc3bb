//! The formatter: the same tokens with the layout of the house style.
//!
//! It decides indentation (four spaces for each block), spaces inside lines, and how many blank lines may follow each other. Line breaks,
//! comments and the spelling of literals stay the writer's; texts are not touched, inside or out. What the parser decided about blocks and
//! operators is in its [`Notes`], so nothing is guessed here, and the result is parsed again and compared: a text that would mean something
//! else is never handed out.

mod indent;
mod spaces;

use crate::dump_ast;
use crate::notes::{Notes, Trivia, TriviaKind};
use crate::parser::parse_with_notes;
use crate::token::{T, Token};
use base::{Cx, FileId};
use indent::Indents;
use spaces::Spaces;

/// Blank lines in a row between lines of a file.
const BLANK_OUTSIDE: usize = 2;
/// Blank lines in a row inside of blocks and brackets.
const BLANK_INSIDE: usize = 1;
/// Spaces between code and a comment behind it.
const BEFORE_COMMENT: usize = 2;

/// Why a text was not formatted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unformatted {
    /// It has errors, which are among the diagnostics of the session; or the budget ended.
    Rejected,
    /// A bug of the formatter, which it noticed itself: what it made does not mean the same.
    Changed,
}

/// A file of the session in the house style.
///
/// # Errors
/// It has errors of syntax, or see [`Unformatted::Changed`].
pub fn format(cx: &mut Cx, file: FileId) -> Result<String, Unformatted> {
    let errors = cx.diags.error_count();
    let (module, notes, trivia) = parse_with_notes(cx, file);
    if cx.diags.error_count() > errors || cx.budget.is_exhausted() {
        return Err(Unformatted::Rejected);
    }
    let source = cx.sources.file(file).text.clone();
    let formatted = Printer::new(&source, &notes, &trivia).print();
    if formatted == *source {
        return Ok(formatted);
    }
    let mut again = Cx::default();
    let copy = again.sources.add("formatted", &formatted);
    let (module_again, notes_again, trivia_again) = parse_with_notes(&mut again, copy);
    let same = !again.diags.has_errors()
        && same_tokens(&source, &notes.tokens, &formatted, &notes_again.tokens)
        && same_comments(&source, &trivia, &formatted, &trivia_again)
        && dump_ast(cx, &module) == dump_ast(&again, &module_again);
    if same { Ok(formatted) } else { Err(Unformatted::Changed) }
}

fn same_tokens(a: &str, tokens_a: &[Token], b: &str, tokens_b: &[Token]) -> bool {
    tokens_a.len() == tokens_b.len()
        && tokens_a.iter().zip(tokens_b).all(|(x, y)| x.kind == y.kind && text_of(a, x) == text_of(b, y))
}

/// Whether the comments are the same, but for white space at the ends of their lines.
fn same_comments(a: &str, trivia_a: &[Trivia], b: &str, trivia_b: &[Trivia]) -> bool {
    let lines = |source: &str, trivia: &[Trivia]| -> Vec<String> {
        let comments = trivia.iter().filter(|item| item.kind != TriviaKind::Join);
        let texts = comments.map(|item| source[item.start as usize..item.end as usize].to_owned());
        texts.flat_map(|text| text.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>()).collect()
    };
    lines(a, trivia_a) == lines(b, trivia_b)
}

fn text_of<'s>(source: &'s str, token: &Token) -> &'s str {
    &source[token.start as usize..token.end as usize]
}

/// Writes a file again.
struct Printer<'a> {
    source: &'a str,
    tokens: &'a [Token],
    trivia: &'a [Trivia],
    indents: Indents<'a>,
    spaces: Spaces<'a>,
    line_end: &'static str,
    out: String,
    /// The text written so far ends with the indentation of a line.
    fresh: bool,
}

impl<'a> Printer<'a> {
    fn new(source: &'a str, notes: &'a Notes, trivia: &'a [Trivia]) -> Self {
        let crlf = source.find('\n').is_some_and(|at| at > 0 && source.as_bytes()[at - 1] == b'\r');
        Printer {
            source,
            tokens: &notes.tokens,
            trivia,
            indents: Indents::new(notes),
            spaces: Spaces::new(source, notes),
            line_end: if crlf { "\r\n" } else { "\n" },
            out: String::with_capacity(source.len() + source.len() / 8),
            fresh: true,
        }
    }

    fn print(mut self) -> String {
        let mut before: Option<usize> = None;
        let mut end = 0;
        if self.source.starts_with('\u{feff}') {
            end = '\u{feff}'.len_utf8();
            self.out.push('\u{feff}');
        }
        let begin = end;
        let mut at = 0;
        while let Some(token) = self.tokens.get(at) {
            self.between(before, at, end, end == begin && before.is_none());
            if token.kind == T::Eof {
                break;
            }
            let last = self.verbatim_end(at);
            for index in at..=last {
                self.indents.take(&self.tokens[index]);
            }
            end = self.tokens[last].end as usize;
            self.out.push_str(&self.source[token.start as usize..end]);
            while self.trivia.first().is_some_and(|item| (item.start as usize) < end) {
                self.trivia = &self.trivia[1..];
            }
            self.fresh = false;
            before = Some(last);
            at = last + 1;
        }
        if self.out.len() > begin && !self.out.ends_with('\n') {
            self.out.push_str(self.line_end);
        }
        self.out
    }

    /// The last token of the text that begins at this one: its segments are not looked into.
    fn verbatim_end(&self, at: usize) -> usize {
        let mut depth = 0usize;
        for (index, token) in self.tokens.iter().enumerate().skip(at) {
            match token.kind {
                T::FormatStart => depth += 1,
                T::FormatEnd => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return index;
            }
        }
        at
    }

    /// What stands between two tokens: comments, line ends, spaces.
    fn between(&mut self, before: Option<usize>, next: usize, from: usize, begins_file: bool) {
        let tokens = self.tokens;
        let token = &tokens[next];
        let place = self.indents.place(next);
        let to = token.start as usize;
        let mut at = from;
        // Line ends that were passed and not written yet.
        let mut breaks = 0;
        let mut first = begins_file;
        let mut joined = false;
        while let Some(&item) = self.trivia.first().filter(|item| (item.start as usize) < to) {
            self.trivia = &self.trivia[1..];
            let (start, end) = (item.start as usize, item.end as usize);
            breaks += count_lines(&self.source[at..start]);
            let own_line = breaks > 0 || self.fresh && !joined;
            let tight = first || place.opens;
            match item.kind {
                TriviaKind::Join if own_line => {}
                TriviaKind::Join => {
                    self.out.push_str(if joined { "\\" } else { " \\" });
                    self.out.push_str(self.line_end);
                    self.pad(place.continued);
                    joined = true;
                }
                TriviaKind::Condition => {
                    self.end_lines(breaks, tight, place.inside);
                    let line = self.source[..start].rfind('\n').map_or(0, |newline| newline + 1);
                    self.out.push_str(self.source[line.max(from)..end].trim_end());
                }
                TriviaKind::LineComment | TriviaKind::BlockComment => {
                    let column = column_of(self.source, start);
                    if own_line {
                        self.end_lines(breaks, tight, place.inside);
                        let indent = self.indents.comment(&place, column);
                        self.pad(indent);
                        self.comment(item, indent, column);
                    } else {
                        let gap = start - at;
                        let spaces = match item.kind {
                            TriviaKind::LineComment if self.source[at..start].contains('\t') => {
                                BEFORE_COMMENT
                            }
                            TriviaKind::LineComment => gap.max(BEFORE_COMMENT),
                            _ => gap.min(1),
                        };
                        if !joined {
                            self.pad(spaces);
                        }
                        self.out.push_str(self.source[start..end].trim_end());
                    }
                }
            }
            if item.kind != TriviaKind::Join || !own_line {
                breaks = 0;
                self.fresh = false;
                first = false;
            }
            if item.kind != TriviaKind::Join {
                joined = false;
            }
            at = end;
        }
        breaks += count_lines(&self.source[at..to]);
        if token.kind == T::Eof {
            return;
        }
        if token.first {
            self.end_lines(breaks.max(1), first || place.opens || place.closes, place.inside);
            self.pad(place.indent);
        } else if !joined {
            let behind = if at == from { before } else { None };
            let spaced = at < to;
            let space = match behind {
                Some(before) => self.spaces.between(before, next, spaced),
                None => spaced && !self.fresh,
            };
            self.pad(usize::from(space));
        }
    }

    /// Ends the line, and leaves as many blank lines as there were and may be.
    fn end_lines(&mut self, breaks: usize, tight: bool, inside: bool) {
        if self.fresh {
            return;
        }
        let most = match (tight, inside) {
            (true, _) => 0,
            (false, true) => BLANK_INSIDE,
            (false, false) => BLANK_OUTSIDE,
        };
        for _ in 0..=breaks.saturating_sub(1).min(most) {
            self.out.push_str(self.line_end);
        }
        self.fresh = true;
    }

    fn pad(&mut self, spaces: usize) {
        self.out.extend(std::iter::repeat_n(' ', spaces));
    }

    /// A comment on lines of its own; the further lines of a block comment move with the first.
    fn comment(&mut self, item: Trivia, indent: usize, column: usize) {
        let text = self.source[item.start as usize..item.end as usize].trim_end();
        let mut lines = text.split('\n');
        self.out.push_str(lines.next().unwrap_or_default().trim_end());
        let further: Vec<&str> = lines.collect();
        let room = |line: &&str| line.len() - line.trim_start_matches(' ').len();
        let filled = || further.iter().filter(|line| !line.trim().is_empty());
        let moves = filled().all(|line| room(line) + indent >= column && !line.starts_with('\t'));
        for line in &further {
            self.out.push_str(self.line_end);
            let line = line.trim_end();
            if moves && !line.is_empty() {
                self.pad(room(&line) + indent - column);
                self.out.push_str(line.trim_start_matches(' '));
            } else {
                self.out.push_str(line);
            }
        }
    }
}

fn count_lines(text: &str) -> usize {
    text.bytes().filter(|&byte| byte == b'\n').count()
}

/// The column of a place that only white space stands before.
fn column_of(source: &str, at: usize) -> usize {
    let line = source[..at].bytes().rev().take_while(|&byte| byte != b'\n');
    line.map(|byte| if byte == b'\t' { 4 } else { 1 }).sum()
}
