//! Printable forms of tokens and trees, stable enough to compare against.

mod tree;

use crate::ast::Module;
use crate::token::Token;
use base::{Cx, FileId, Span};
use std::fmt::Write;
use tree::Tree;

/// Longer than this, a node is printed over several lines.
const WIDTH: usize = 100;

/// One line for each token: place, kind, spelling. `>n` marks the first token of a line and its column.
pub fn dump_tokens(cx: &Cx, file: FileId, tokens: &[Token]) -> String {
    let mut out = String::new();
    for token in tokens {
        let span = Span { file, start: token.start, end: token.end };
        let place = cx.sources.line_col(span);
        let _ = write!(out, "{}:{} ", place.line, place.column);
        if token.first {
            let _ = write!(out, ">{} ", token.column);
        }
        let _ = writeln!(out, "{:?} {:?}", token.kind, cx.sources.slice(span));
    }
    out
}

/// The tree as indented lists.
pub fn dump_ast(cx: &Cx, module: &Module) -> String {
    let mut out = String::new();
    for node in (Tree { cx }).module(module) {
        node.print(0, &mut out);
    }
    out
}

/// A list with a head, to be laid out.
struct Node {
    head: String,
    children: Vec<Node>,
    /// Printed width on one line.
    width: usize,
    /// Never printed on one line with its children.
    tall: bool,
}

impl Node {
    fn new(head: impl Into<String>, children: Vec<Node>) -> Node {
        let head = head.into();
        let inner: usize = children.iter().map(|child| child.width + 1).sum();
        let tall = children.iter().any(|child| child.tall);
        let width = head.len() + inner + if children.is_empty() { 0 } else { 2 };
        Node { head, children, width, tall }
    }

    fn leaf(head: impl Into<String>) -> Node {
        Node::new(head, Vec::new())
    }

    fn tall(mut self) -> Node {
        self.tall = true;
        self
    }

    fn print(&self, depth: usize, out: &mut String) {
        out.push_str(&"  ".repeat(depth));
        if self.children.is_empty() {
            out.push_str(&self.head);
        } else if !self.tall && self.width + 2 * depth <= WIDTH {
            self.flat(out);
        } else {
            let _ = write!(out, "({}", self.head);
            for child in &self.children {
                out.push('\n');
                child.print_nested(depth + 1, out);
            }
            out.push(')');
        }
        out.push('\n');
    }

    fn print_nested(&self, depth: usize, out: &mut String) {
        self.print(depth, out);
        out.truncate(out.trim_end_matches('\n').len());
    }

    fn flat(&self, out: &mut String) {
        if self.children.is_empty() {
            out.push_str(&self.head);
            return;
        }
        let _ = write!(out, "({}", self.head);
        for child in &self.children {
            out.push(' ');
            child.flat(out);
        }
        out.push(')');
    }
}
