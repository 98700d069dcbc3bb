//! Deciding by looking ahead, without taking anything: is this a type, are these type arguments?

use super::Parser;
use crate::token::T;

/// Further than this no decision looks.
const REACH: usize = 200;

impl Parser<'_> {
    /// The kind of the token `ahead`, or a line end where one comes before it.
    fn peek(&mut self, ahead: usize) -> T {
        let token = self.ahead(ahead);
        if token.first && !self.region.free { T::Newline } else { token.kind }
    }

    /// `<…>` at `ahead`: the index behind it.
    pub(super) fn scan_type_args(&mut self, ahead: usize) -> Option<usize> {
        let mut at = ahead + 1;
        let mut angles = 1usize;
        let mut brackets = Vec::new();
        while at < ahead + REACH {
            match self.peek(at) {
                T::Lt => angles += 1,
                T::Gt if brackets.is_empty() => angles -= 1,
                T::Shr if brackets.is_empty() => angles = angles.saturating_sub(2),
                open @ (T::LParen | T::LBracket | T::LBrace) => brackets.push(open),
                T::RParen if brackets.pop() == Some(T::LParen) => {}
                T::RBracket if brackets.pop() == Some(T::LBracket) => {}
                T::RBrace if brackets.pop() == Some(T::LBrace) => {}
                T::Comma
                | T::Dot
                | T::ColonColon
                | T::Question
                | T::QuestionQuestion
                | T::Arrow
                | T::Pipe => {}
                T::Int | T::Nil | T::Fn | T::Amp | T::Star | T::Eq => {}
                T::Colon | T::Semicolon if !brackets.is_empty() => {}
                kind if kind.is_name() => {}
                _ => return None,
            }
            at += 1;
            if angles == 0 {
                return Some(at);
            }
        }
        None
    }

    /// A type at `ahead`: the index behind it.
    pub(super) fn scan_type(&mut self, ahead: usize) -> Option<usize> {
        let mut at = match self.peek(ahead) {
            T::LBracket | T::LBrace => self.scan_brackets(ahead)?,
            T::LParen => {
                let end = self.scan_brackets(ahead)?;
                if self.peek(end) == T::Arrow { self.scan_type(end + 1)? } else { end }
            }
            T::Fn if self.peek(ahead + 1) == T::LParen => {
                let end = self.scan_brackets(ahead + 1)?;
                if self.peek(end) == T::Arrow { self.scan_type(end + 1)? } else { end }
            }
            T::Nil => ahead + 1,
            T::Dyn => self.scan_type(ahead + 1)?,
            kind if kind.is_name() => {
                let mut at = ahead + 1;
                while matches!(self.peek(at), T::Dot | T::ColonColon) && self.peek(at + 1).is_name() {
                    at += 2;
                    if at > ahead + REACH {
                        return None;
                    }
                }
                if self.peek(at) == T::Lt { self.scan_type_args(at)? } else { at }
            }
            _ => return None,
        };
        while matches!(self.peek(at), T::Question | T::QuestionQuestion) && at < ahead + REACH {
            at += 1;
        }
        Some(at)
    }

    /// A bracket at `ahead`: the index behind the one that closes it.
    pub(super) fn scan_brackets(&mut self, ahead: usize) -> Option<usize> {
        let mut depth = 0usize;
        for at in ahead..ahead + REACH {
            let token = self.ahead(at);
            if token.kind == T::Eof {
                return None;
            }
            if token.kind.opens() {
                depth += 1;
            } else if token.kind.closes() {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
        }
        None
    }

    /// At `name : T` followed by one of `ends`: the annotation is a type, not the beginning of something else.
    pub(super) fn annotates(&mut self, ends: &[T]) -> bool {
        if self.peek(1) != T::Colon {
            return false;
        }
        match self.scan_type(2) {
            Some(end) => {
                let end = self.peek(end);
                ends.contains(&end)
            }
            None => false,
        }
    }
}
