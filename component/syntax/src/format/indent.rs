//! Where lines begin.
//!
//! A line of a block stands four spaces inside of the line whose header opened the block. Other lines go on with a line before them: inside
//! brackets they stand four spaces inside of the line that opened the bracket, outside of brackets four inside of their statement, or eight
//! where the statement has a block of its own, so that the block can be seen.

use crate::notes::{BlockNote, Notes};
use crate::token::{T, Token};

const STEP: usize = 4;

/// An open block.
struct Open {
    end: u32,
    /// Where its lines stood.
    column: usize,
    /// Where they stand now.
    indent: usize,
}

/// An open bracket.
struct Bracket {
    /// Where the line that opened it stands now.
    indent: usize,
    /// Blocks that are open around it.
    blocks: usize,
}

/// Follows the tokens, and knows where each line begins.
pub(super) struct Indents<'a> {
    notes: &'a Notes,
    blocks: Vec<Open>,
    brackets: Vec<Bracket>,
    /// The next block that may open.
    next_block: usize,
    /// Where the current line stands now.
    line: usize,
    /// The first token of the current line.
    line_head: T,
}

/// The place of a token and of what stands before it.
pub(super) struct Place {
    /// Where its line begins.
    pub indent: usize,
    /// Where a line begins that goes on with what is before.
    pub continued: usize,
    /// It is the first of a block, or the first in brackets.
    pub opens: bool,
    /// It closes a bracket.
    pub closes: bool,
    /// It stands in a block or in brackets.
    pub inside: bool,
    /// Blocks that end before it: where their lines stood and stand.
    ended: Vec<(usize, usize)>,
    /// Comments before it stand where it stands, or where this says.
    comment: usize,
}

impl<'a> Indents<'a> {
    pub fn new(notes: &'a Notes) -> Self {
        Indents { notes, blocks: Vec::new(), brackets: Vec::new(), next_block: 0, line: 0, line_head: T::Eof }
    }

    /// Moves to a token: blocks that ended before it are closed, and those that begin at it are open.
    pub fn place(&mut self, index: usize) -> Place {
        let token = &self.notes.tokens[index];
        let mut ended = Vec::new();
        while let Some(block) = self.blocks.pop_if(|block| block.end <= token.start || token.kind == T::Eof) {
            ended.push((block.column, block.indent));
        }
        let mut opens = index > 0 && self.notes.tokens[index - 1].kind.opens();
        while let Some(block) = self.notes.blocks.get(self.next_block).filter(|it| it.start <= token.start) {
            self.next_block += 1;
            if block.start == token.start && block.end > block.start {
                let indent = self.block_indent(block, index);
                opens |= !block.flat;
                self.blocks.push(Open { end: block.end, column: block.column as usize, indent });
            }
        }
        let around = self.around();
        let bracket = self.bracket().map(|bracket| bracket.indent);
        let begins = token.kind == T::Eof || self.notes.lines.binary_search(&token.start).is_ok();
        let continued = match bracket {
            Some(indent) => indent + STEP,
            None => around + self.continuation(token.start),
        };
        let indent = match (bracket, token.kind) {
            _ if begins => around,
            (Some(indent), kind) if kind.closes() => indent,
            (None, T::Else | T::Elif) => around,
            // Below a header and as deep: deeper it would be the header's block.
            (None, _) if self.below_header(index) => around,
            _ => continued,
        };
        if token.first {
            self.line = indent;
            self.line_head = if begins { T::Newline } else { token.kind };
        }
        Place {
            indent,
            continued,
            opens,
            closes: token.kind.closes(),
            inside: !self.blocks.is_empty() || bracket.is_some(),
            ended,
            comment: if token.kind.closes() && bracket.is_some() { continued } else { indent },
        }
    }

    /// Whether the token stands behind a `:`, on a line that is no deeper than those of its block.
    fn below_header(&self, index: usize) -> bool {
        let tokens = &self.notes.tokens;
        let column = self.blocks.last().map_or(0, |block| block.column);
        index > 0 && tokens[index - 1].kind == T::Colon && tokens[index].column as usize <= column
    }

    /// Passes a token.
    pub fn take(&mut self, token: &Token) {
        if token.kind.opens() {
            self.brackets.push(Bracket { indent: self.line, blocks: self.blocks.len() });
        } else if token.kind.closes() {
            self.brackets.pop();
        }
    }

    /// Where a comment on a line of its own stands, by the column in which it was written: with the blocks that end behind it, or with what follows.
    pub fn comment(&self, place: &Place, column: usize) -> usize {
        let ended = place.ended.iter().find(|(was, _)| column >= *was && !place.opens);
        ended.map_or(place.comment, |&(_, indent)| indent)
    }

    /// Where the lines of the innermost block stand.
    fn around(&self) -> usize {
        self.blocks.last().map_or(0, |block| block.indent)
    }

    /// The innermost bracket, where it is inside of the innermost block.
    fn bracket(&self) -> Option<&Bracket> {
        self.brackets.last().filter(|bracket| bracket.blocks == self.blocks.len())
    }

    /// Where the lines of a block stand that begins at the token `index`, on the line below its header.
    fn block_indent(&self, block: &BlockNote, index: usize) -> usize {
        if block.flat {
            return self.around();
        }
        let base = match block.bracketed || self.leads(self.line_head) {
            true => self.line,
            false => self.around(),
        };
        // What goes on behind the block must stand outside of it.
        let tokens = &self.notes.tokens;
        let behind = index + tokens[index..].partition_point(|token| token.start < block.end);
        let goes_on = tokens.get(behind).is_some_and(|token| {
            token.first
                && token.kind != T::Eof
                && token.kind != T::Comma
                && !token.kind.closes()
                && (block.bracketed || !matches!(token.kind, T::Else | T::Elif))
                && self.notes.lines.binary_search(&token.start).is_err()
        });
        let outside = self.bracket().map_or(self.around(), |bracket| bracket.indent) + STEP;
        if goes_on && outside > base { outside + STEP } else { base + STEP }
    }

    /// Whether the block of a line that begins with this token stands inside of that line, not of the statement.
    fn leads(&self, head: T) -> bool {
        matches!(head, T::Dot | T::QuestionDot | T::PipeArrow) || head.closes()
    }

    /// How far inside of its statement a line stands that goes on with it outside of brackets.
    fn continuation(&self, start: u32) -> usize {
        let notes = self.notes;
        let next_line = notes.lines.partition_point(|&line| line <= start);
        let Some(&line) = notes.lines.get(next_line) else { return STEP };
        let at = notes.blocks.partition_point(|block| block.start < line);
        let own =
            notes.blocks.get(at).is_some_and(|block| block.start == line && !block.flat && !block.bracketed);
        if !own {
            return STEP;
        }
        let header = notes.tokens.partition_point(|token| token.start < line);
        let head = notes.tokens[..header].iter().rev().find(|token| token.first);
        match head {
            Some(head) if self.leads(head.kind) => STEP,
            _ => 2 * STEP,
        }
    }
}
