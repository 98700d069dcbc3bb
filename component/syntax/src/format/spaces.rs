//! Spaces between two tokens of one line.

use crate::notes::{Notes, Role};
use crate::token::{T, Token};

/// Decides whether a space stands between two tokens.
pub(super) struct Spaces<'a> {
    source: &'a str,
    tokens: &'a [Token],
    /// What the tokens are, where the parser said so.
    roles: Vec<Option<Role>>,
    /// Brackets that are open before each token.
    depths: Vec<u32>,
}

impl<'a> Spaces<'a> {
    pub fn new(source: &'a str, notes: &'a Notes) -> Self {
        let mut roles = vec![None; notes.tokens.len()];
        for &(start, role) in &notes.roles {
            if let Ok(index) = notes.tokens.binary_search_by_key(&start, |token| token.start) {
                roles[index] = Some(role);
            }
        }
        let mut depth = 0u32;
        let depth_before = |token: &Token| {
            let before = depth;
            if token.kind.opens() {
                depth += 1;
            } else if token.kind.closes() {
                depth = depth.saturating_sub(1);
            }
            before
        };
        let depths = notes.tokens.iter().map(depth_before).collect();
        Spaces { source, tokens: &notes.tokens, roles, depths }
    }

    /// Whether a space belongs between two neighbours, between which there is one or none.
    pub fn between(&self, left: usize, right: usize, spaced: bool) -> bool {
        let (a, b) = (self.tokens[left].kind, self.tokens[right].kind);
        match (self.roles[left], self.roles[right]) {
            (_, Some(Role::Inner)) | (Some(Role::Inner | Role::Prefix), _) => {
                return spaced
                    && (a == T::Not || a.is_word() || b.is_word() && b != T::Name && a != T::Colon);
            }
            // `and~` awaits; `not in` is two words.
            (Some(Role::Infix), _) if b == T::Tilde && !spaced => return false,
            (_, Some(Role::Infix)) | (Some(Role::Infix), _) => return true,
            (_, Some(Role::Prefix)) | (_, None) => {}
        }
        match (a, b) {
            (_, T::Comma | T::Semicolon) => false,
            (T::LParen | T::LBracket | T::HashBracket, _) | (_, T::RParen | T::RBracket) => false,
            (T::Comma | T::Semicolon, T::RBrace) => spaced,
            (T::Comma | T::Semicolon, _) => true,
            (_, T::Colon) if self.roles[right].is_none() => false,
            (T::Colon, _) => true,
            (_, T::Eq) | (T::Eq, _) => {
                let eq = if b == T::Eq { right } else { left };
                // Named arguments and defaults are written with or without.
                self.depths[eq] == 0 || self.gap(eq) || self.gap(eq + 1)
            }
            (_, T::Arrow) | (T::Arrow, _) | (_, T::FatArrow) | (T::FatArrow, _) => true,
            _ if assigns(a) || assigns(b) => true,
            _ => spaced,
        }
    }

    /// Whether white space stands before a token.
    fn gap(&self, index: usize) -> bool {
        let end = self.tokens[index - 1].end as usize;
        self.tokens
            .get(index)
            .is_some_and(|token| self.source[end..token.start as usize].starts_with([' ', '\t']))
    }
}

fn assigns(kind: T) -> bool {
    matches!(
        kind,
        T::ColonEq
            | T::PlusEq
            | T::MinusEq
            | T::StarEq
            | T::SlashEq
            | T::PercentEq
            | T::StarStarEq
            | T::AmpEq
            | T::PipeEq
            | T::CaretEq
            | T::ShlEq
            | T::ShrEq
    )
}
