//! Clauses of contracts, deferred work, and `with`.

use super::Parser;
use super::layout::Flat;
use crate::ast::{Block, Clause, Contract, ContractKind, Expr, ExprKind, Stmt, StmtKind};
use crate::token::T;

impl Parser<'_> {
    /// At the head of a contract clause: `in:`, `out(r):`, `invariant:` and their relatives.
    pub(super) fn at_contract(&mut self) -> bool {
        let next = self.next_kind();
        match self.kind() {
            T::In | T::Requires | T::Ensures | T::Invariant | T::Decreases => next == T::Colon,
            T::Out | T::OutErr => {
                let behind = match next {
                    T::LParen => match self.scan_brackets(1) {
                        Some(end) => end,
                        None => return false,
                    },
                    _ => 1,
                };
                self.kind_ahead(behind) == T::Colon
            }
            _ => false,
        }
    }

    /// A clause with its conditions: one on the line, or one on each line below.
    pub(super) fn contract(&mut self) -> Contract {
        let kind = match self.bump().kind {
            T::In | T::Requires => ContractKind::Requires,
            T::Out | T::Ensures => ContractKind::Ensures,
            T::OutErr => ContractKind::EnsuresError,
            T::Decreases => ContractKind::Decreases,
            _ => ContractKind::Invariant,
        };
        let mut name = None;
        if self.t == T::LParen {
            let open = self.here();
            self.bracketed(|parser| {
                if parser.t != T::RParen {
                    name = parser.name("the name of the result");
                }
                parser.close(T::RParen, open);
            });
        }
        Contract { kind, name, clauses: self.clauses() }
    }

    /// What follows the word of a clause.
    pub(super) fn clauses(&mut self) -> Vec<Clause> {
        let mut clauses = Vec::new();
        self.expect(T::Colon, "a clause is written `in:` with its conditions on the lines below");
        let token = self.token();
        if self.recovering || token.kind == T::Eof {
            return clauses;
        }
        if !token.first {
            clauses.push(self.clause());
        } else if self.region.free || token.column > self.line_column {
            self.in_block(token.column, false, |parser| {
                parser.each_line(|parser| {
                    let clause = parser.clause();
                    clauses.push(clause);
                });
            });
        }
        clauses
    }

    fn clause(&mut self) -> Clause {
        let cond = self.expr();
        let message = if self.eat(T::Comma) {
            self.pass_newline();
            Some(self.expr())
        } else {
            None
        };
        Clause { cond, message }
    }

    /// At `defer` or `errdefer` with work behind it.
    pub(super) fn at_defer(&mut self) -> bool {
        if !matches!(self.t, T::Defer | T::Errdefer) {
            return false;
        }
        let next = self.next_kind();
        next == T::Colon || next.is_name() || matches!(next, T::If | T::For | T::While | T::Match)
    }

    /// `defer statement`, or `defer:` and a block.
    pub(super) fn defer(&mut self) -> StmtKind {
        let on_error = self.bump().kind == T::Errdefer;
        let body = if self.eat(T::Colon) { self.body(Flat::None) } else { self.inline_statement() };
        StmtKind::Defer { on_error, body }
    }

    /// At `with` before an expression and a block; a type's `with M` never comes here.
    pub(super) fn at_with(&mut self) -> bool {
        self.t == T::With
            && (self.next_kind().is_name() || self.next_kind() == T::LParen)
            && self.line_ends_in_colon()
    }

    /// `context object:` and its block.
    pub(super) fn context_block(&mut self) -> StmtKind {
        let start = self.start();
        self.bump();
        let object = Box::new(self.header_expr());
        self.expect(T::Colon, "it is written `context object:`");
        let body = self.body(Flat::One);
        StmtKind::Expr(self.expr_at(start, ExprKind::Context { object, body }))
    }

    /// `with a as x, b as y:` and its block, as one inside the other.
    pub(super) fn with_block(&mut self) -> Expr {
        let start = self.start();
        self.bump();
        let mut heads = Vec::new();
        loop {
            let outer = std::mem::replace(&mut self.limits.resource, true);
            let resource = self.header_expr();
            self.limits.resource = outer;
            let pat = if self.eat(T::As) { Some(Box::new(self.single_pattern())) } else { None };
            heads.push((resource, pat));
            if !self.eat(T::Comma) {
                break;
            }
        }
        let mut body = if self.t == T::Colon {
            self.bump();
            self.body(Flat::One)
        } else {
            self.fail_expected("`:`", "it is written `with open(path) as file:`");
            self.inline_body()
        };
        while let Some((resource, pat)) = heads.pop() {
            let value = self.expr_at(start, ExprKind::With { resource: Box::new(resource), pat, body });
            if heads.is_empty() {
                return value;
            }
            let span = value.span;
            body = Block { stmts: vec![Stmt { kind: StmtKind::Expr(value), span }], span };
        }
        self.error_expr()
    }
}
