//! A program's constants as objects in its data: what a slot stands for is known when the module is written.

use super::too_large;
use crate::EmitError;
use abi::types::well_known;
use abi::{context, module, object};
use base::Map;
use mir::legal::{Program, Slot, SlotId};

/// More than this is no program.
const MOST: usize = 1 << 30;

/// The data of a program.
pub struct Statics {
    /// Immortal texts, from `HEAP_START` on, then the types.
    pub bytes: Vec<u8>,
    /// Offset behind the texts: of the types, later of the first object of the heap.
    pub end: u32,
    /// Bytes of types.
    pub types_len: u32,
    /// By slot: its word. None for what another artifact has.
    words: Map<SlotId, Option<u32>>,
}

impl Statics {
    /// Lays out the constants of a program.
    pub fn of(program: &Program) -> Result<Statics, EmitError> {
        let mut bytes = Vec::new();
        let mut words: Map<SlotId, Option<u32>> = Map::default();
        for slot in program.slots.values() {
            words.push(match slot {
                Slot::Text(text) => Some(add_text(&mut bytes, text)),
                Slot::Type(ty) => Some(ty.0),
                Slot::Table(index) => Some(*index),
                // Filled in below, where it is known where the texts end.
                Slot::Globals => Some(0),
                Slot::Symbol(_) | Slot::Host(..) => None,
            });
            if bytes.len() > MOST {
                return Err(too_large("", "text constants"));
            }
        }
        let end = context::HEAP_START + bytes.len() as u32;
        for (id, slot) in program.slots.iter() {
            if *slot == Slot::Globals {
                words[id] = Some(end);
            }
        }
        let types = module::encode_types(&program.types);
        bytes.extend_from_slice(&types);
        Ok(Statics { bytes, end, types_len: types.len() as u32, words })
    }

    /// What the loader would put into a slot.
    pub fn word(&self, slot: SlotId) -> Option<u32> {
        self.words.get(slot).copied().flatten()
    }
}

/// Adds an object; gives its offset in the region.
fn add_text(bytes: &mut Vec<u8>, text: &str) -> u32 {
    let at = context::HEAP_START + bytes.len() as u32;
    let (len, chars) = (text.len() as u32, text.chars().count() as u32);
    // In the order of their offsets: count, type, length, capacity, characters, hash (not yet).
    for word in [object::IMMORTAL, well_known::TEXT.0, len, len, chars, 0] {
        bytes.extend_from_slice(&word.to_le_bytes());
    }
    bytes.extend_from_slice(text.as_bytes());
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    at
}
