//! Conditional compilation: `#if`, `#elif`, `#else`, `#endif`, and `@when(..)`, `@elif(..)`, `@else`, `@end`. Lines of branches that do not
//! hold are passed before anything is made of them.
//!
//! The words of a condition are those of a compiled program on Linux, which is where programs run. Which machine runs it is not known
//! here: one compilation serves several.

use super::{Lexer, line_end, word_end};
use crate::notes::TriviaKind;
use base::{Code, Cx, Diagnostic};

/// Branches that are open.
#[derive(Clone, Copy)]
pub(super) struct Open {
    /// One of the branches so far held.
    taken: bool,
    /// Where the first begins, for messages.
    start: usize,
}

const HOLDS: &[&str] = &["linux", "unix", "posix", "compiled", "release", "true", "64bit", "little_endian"];
const FAILS: &[&str] = &[
    "windows",
    "macos",
    "darwin",
    "freebsd",
    "android",
    "ios",
    "wasm",
    "baremetal",
    "debug",
    "interpreter",
    "false",
    "32bit",
    "big_endian",
    "test",
];
const MACHINES: &[&str] = &["x86_64", "x86", "aarch64", "arm", "arm64", "riscv64", "riscv32", "wasm32"];

impl Lexer {
    /// At a `#` or `@` that may begin a condition; true where a condition was passed.
    pub(super) fn condition(&mut self, cx: &mut Cx, start: usize, limit: usize) -> bool {
        let found = self.condition_here(cx, start, limit);
        if found {
            self.passed(TriviaKind::Condition, start, self.pos);
        }
        found
    }

    fn condition_here(&mut self, cx: &mut Cx, start: usize, limit: usize) -> bool {
        let source = self.source.clone();
        let word = &source[start + 1..word_end(&source, start + 1, limit)];
        let is_hash = source.as_bytes()[start] == b'#';
        let end = line_end(&source.as_bytes()[..limit], start);
        let rest = source[start + 1 + word.len()..end].trim();
        match (is_hash, word) {
            (true, "if") => {}
            (false, "when") if rest.starts_with('(') => {}
            (true, "elif" | "else" | "endif") | (false, "elif" | "else" | "end")
                if !self.conditions.is_empty() =>
            {
                let Some(open) = self.conditions.pop() else { return false };
                if word.starts_with("end") {
                    self.pos = end;
                    return true;
                }
                self.branch(cx, open, start, limit);
                return true;
            }
            _ => return false,
        }
        self.branch(cx, Open { taken: false, start }, start, limit);
        true
    }

    /// Goes to the branch that holds, from the line that begins one.
    fn branch(&mut self, cx: &mut Cx, mut open: Open, start: usize, limit: usize) {
        let source = self.source.clone();
        let mut at = start;
        loop {
            let end = line_end(&source.as_bytes()[..limit], at);
            let word_stop = word_end(&source, at + 1, limit);
            let holds = match &source[at + 1..word_stop] {
                "else" => true,
                word if word.starts_with("end") => {
                    self.pos = end;
                    return;
                }
                _ => self.holds(cx, &source[word_stop..end], word_stop),
            };
            if holds && !open.taken {
                open.taken = true;
                self.conditions.push(open);
                self.pos = end;
                return;
            }
            match next_branch(&source[..limit], end) {
                Some(next) => at = next,
                None => {
                    self.conditions.push(open);
                    self.pos = limit;
                    return;
                }
            }
        }
    }

    /// At the end of the file: a condition that is open has no end.
    pub(super) fn unclosed_condition(&mut self, cx: &mut Cx) {
        let Some(Open { start, .. }) = std::mem::take(&mut self.conditions).into_iter().next() else {
            return;
        };
        cx.diags.push(
            Diagnostic::new(
                Code::UnbalancedBracket,
                self.span(start, line_end(self.source.as_bytes(), start)),
                "this condition has no end",
            )
            .help("write `#endif` behind the lines of `#if`, `@end` behind those of `@when`"),
        );
    }

    /// Whether a condition holds: words and `key=word` with `and`, `or`, `not` and parentheses, or the signs for them.
    fn holds(&self, cx: &mut Cx, text: &str, start: usize) -> bool {
        let text = text.split(" #").next().unwrap_or(text);
        let mut words = Words { text, at: 0 };
        let value = self.any(cx, &mut words, start, 0);
        words.skip();
        let rest = text[words.at..].trim().trim_start_matches(':');
        if !rest.is_empty() {
            let end = start + text.trim_end().len();
            self.bad_condition(cx, Code::UnexpectedToken, start + words.at, end, "this is no condition");
        }
        value
    }

    fn any(&self, cx: &mut Cx, words: &mut Words<'_>, start: usize, depth: u32) -> bool {
        let mut value = self.all(cx, words, start, depth);
        while words.eat("or") || words.eat("||") {
            value |= self.all(cx, words, start, depth);
        }
        value
    }

    fn all(&self, cx: &mut Cx, words: &mut Words<'_>, start: usize, depth: u32) -> bool {
        let mut value = self.one(cx, words, start, depth);
        while words.eat("and") || words.eat("&&") {
            value &= self.one(cx, words, start, depth);
        }
        value
    }

    fn one(&self, cx: &mut Cx, words: &mut Words<'_>, start: usize, depth: u32) -> bool {
        if depth > 50 {
            self.bad_condition(cx, Code::TooDeep, start, start + 1, "this condition is nested too deeply");
            words.at = words.text.len();
            return false;
        }
        if words.eat("not") || words.eat("!") {
            return !self.one(cx, words, start, depth + 1);
        }
        if words.eat("(") {
            let value = self.any(cx, words, start, depth + 1);
            if !words.eat(")") {
                let at = start + words.at;
                self.bad_condition(cx, Code::UnbalancedBracket, at, at + 1, "this parenthesis is not closed");
            }
            return value;
        }
        words.skip();
        let from = words.at;
        let mut name = words.word();
        if words.eat("==") || words.eat("=") {
            words.skip();
            let quoted = words.eat("\"");
            name = words.word();
            if quoted {
                words.eat("\"");
            }
        }
        if HOLDS.contains(&name) {
            return true;
        }
        if !FAILS.contains(&name) {
            let (code, why) = match MACHINES.contains(&name) {
                true => (Code::NotSupportedYet, "conditions on the machine are not supported yet"),
                false => (Code::UnexpectedToken, "this is no word of a condition"),
            };
            self.bad_condition(cx, code, start + from, start + words.at.max(from + 1), why);
        }
        false
    }

    fn bad_condition(&self, cx: &mut Cx, code: Code, start: usize, end: usize, what: &str) {
        let end = end.min(self.source.len()).max(start);
        cx.diags.push(
            Diagnostic::new(code, self.span(start, end), what)
                .help("conditions are made of `linux`, `windows`, `macos`, `compiled`, `interpreter`, `debug`, `release` with `and`, `or`, `not`"),
        );
    }
}

/// The line of the next branch or of the end that belongs to the line before `from`.
fn next_branch(source: &str, from: usize) -> Option<usize> {
    let mut depth = 0u32;
    let mut at = from;
    loop {
        at += source[at..].find('\n')? + 1;
        let line = &source[at..];
        let line = &line[..line.find('\n').unwrap_or(line.len())];
        let indent = line.len() - line.trim_start().len();
        let line = line.trim_start();
        let Some(mark) = line.bytes().next().filter(|mark| matches!(mark, b'#' | b'@')) else { continue };
        let word = &line[1..word_end(line, 1, line.len())];
        match (mark, word) {
            (b'#', "if") | (b'@', "when") => depth += 1,
            (b'#', "endif") | (b'@', "end") if depth > 0 => depth -= 1,
            (b'#', "elif" | "else" | "endif") | (b'@', "elif" | "else" | "end") if depth == 0 => {
                return Some(at + indent);
            }
            _ => {}
        }
    }
}

/// A condition that is being read.
struct Words<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Words<'t> {
    fn skip(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn eat(&mut self, what: &str) -> bool {
        self.skip();
        let rest = &self.text[self.at..];
        let is_word = what.bytes().all(|byte| byte.is_ascii_alphabetic());
        let found = match is_word {
            true => rest[..word_end(rest, 0, rest.len())] == *what,
            false => rest.starts_with(what),
        };
        if found {
            self.at += what.len();
        }
        found
    }

    fn word(&mut self) -> &'t str {
        let rest = &self.text[self.at..];
        let end = word_end(rest, 0, rest.len());
        self.at += end;
        &rest[..end]
    }
}
