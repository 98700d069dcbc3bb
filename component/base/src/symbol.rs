//! Interned names.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

crate::entity_id!(
    /// A name, interned: equal names have equal symbols within one session.
    Symbol, "sym"
);

/// FNV-1a, 64 bit. Fixed, so that no hash seed can reach the output.
#[derive(Clone)]
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

/// All names of a session.
#[derive(Default)]
pub struct Interner {
    ids: HashMap<Rc<str>, Symbol, BuildHasherDefault<Fnv>>,
    names: crate::Map<Symbol, Rc<str>>,
}

impl Interner {
    /// The symbol of `name`.
    pub fn intern(&mut self, name: &str) -> Symbol {
        if let Some(&symbol) = self.ids.get(name) {
            return symbol;
        }
        let name: Rc<str> = name.into();
        let symbol = self.names.push(name.clone());
        self.ids.insert(name, symbol);
        symbol
    }

    /// The symbol of `name` where it was interned before.
    pub fn find(&self, name: &str) -> Option<Symbol> {
        self.ids.get(name).copied()
    }

    /// The name behind a symbol of this interner.
    pub fn name(&self, symbol: Symbol) -> &str {
        &self.names[symbol]
    }
}
