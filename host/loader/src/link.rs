//! An artifact with what its slots ask for: texts in the heap, ids, the globals object.

use crate::run::RunError;
use abi::artifact::{Artifact, SlotFill};
use exec::{Region, Space, Writable};
use runtime::{Host, Raised, Rt};
use std::collections::BTreeMap;

/// Code with its slots filled in, not yet executable.
pub struct Linked {
    /// The code pages.
    pub code: Region<Writable>,
    /// The globals object, with one count that the loader holds.
    pub globals: Option<u32>,
}

/// Fills the slots of an artifact that is the first of its program: type ids and table indices stay as they are.
pub fn link<H: Host>(artifact: &Artifact, rt: &mut Rt<Space, H>) -> Result<Linked, RunError> {
    let no_room = |_: Raised| RunError::NoRoom("the program's texts and globals");
    let mut code = Region::new(artifact.code.len()).map_err(RunError::System)?;
    code.bytes_mut()[..artifact.code.len()].copy_from_slice(&artifact.code);
    let globals = artifact.globals.map(|ty| rt.new_object(ty)).transpose().map_err(no_room)?;
    let mut texts: BTreeMap<&str, u32> = BTreeMap::new();
    for slot in &artifact.slots {
        let word = match &slot.fill {
            SlotFill::Text(text) => match texts.get(&**text) {
                Some(&at) => at,
                None => {
                    let at = rt.immortal_text(text).map_err(no_room)?;
                    texts.insert(text, at);
                    at
                }
            },
            SlotFill::Type(ty) => ty.0,
            SlotFill::Table(index) => *index,
            SlotFill::Globals => globals.expect("decoding checked that there are globals"),
        };
        let at = slot.offset as usize;
        code.bytes_mut()[at..at + 4].copy_from_slice(&word.to_le_bytes());
    }
    Ok(Linked { code, globals })
}
