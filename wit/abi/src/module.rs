//! A program as a WebAssembly module, the runtime as another one, and their host.
//!
//! ```text
//! host     -> runtime   the functions of `HOST`
//! runtime  -> program   `MEMORY`, each row of the runtime table by its name, `BEGIN`, `LINK`
//! program  -> host      `START`, then `MAIN`
//! runtime  -> host      `END`, `LIVE_OBJECTS`, `PEAK_BYTES`, `MEMORY`, and for values that go in `ROOM`, `NEW_TEXT`, `NEW_ARRAY`, `NEW_BOX`, `RELEASE`
//! ```
//! One runtime module serves any number of programs; an instance of it serves one, since it holds the program's heap.
//!
//! *Memory.* The heap region of every engine begins at [`HEAP_BASE`] of the one linear memory: a reference is an offset from there, and an access
//! has the base in its constant displacement. What lies below is the runtime's own. A program's text constants are objects in its data, from
//! `context::HEAP_START` on.
//!
//! *Start.* `START` asks for room with `BEGIN(bytes)`, copies its data there and calls `LINK(statics_end, types_len, globals)`: behind the constants, at
//! `statics_end`, stand `types_len` bytes of type descriptors ([`encode_types`]), which are read before the first object of the heap takes their
//! place. That object holds the module-level variables and is of the type `globals`, where that is not [`NO_GLOBALS`]; so its offset is `statics_end`.
//!
//! *Errors.* A runtime function that fails calls `FAIL`, which does not return: the host ends the program. Its stack is the engine's own, and the
//! section [`PLACES`] says which offset of the module was written where.

use crate::artifact::read::Reader;
use crate::artifact::write::Writer;
use crate::artifact::{DecodeError, Line, Loc, abi_hash, frames, loc_at};
use crate::report::Frame;
use crate::types::{CheckedTypes, TypeDesc, well_known};
use alloc::{sync::Arc, vec::Vec};

/// Where the heap region begins in the linear memory.
pub const HEAP_BASE: u32 = 1 << 20;
/// What a program's imports come from.
pub const RUNTIME: &str = "simple";
/// What the runtime's imports come from.
pub const HOST: &str = "host";

/// The linear memory.
pub const MEMORY: &str = "memory";
/// `(bytes: i32)`: makes room for so many bytes of the region.
pub const BEGIN: &str = "begin";
/// `(statics_end: i32, types_len: i32, globals: i32)`
pub const LINK: &str = "link";
/// `()`, of the program: to be called once, before anything else.
pub const START: &str = "start";
/// `() -> i64`, of the program: runs it; the result is the exit code.
pub const MAIN: &str = "main";
/// `()`, of the runtime: releases the variables of a program that has ended by itself, and collects cycles.
pub const END: &str = "end";
/// `() -> i64`: objects that are alive.
pub const LIVE_OBJECTS: &str = "live_objects";
/// `() -> i64`: the most bytes that objects took at a time.
pub const PEAK_BYTES: &str = "peak_bytes";
/// `(words: i32) -> i32`, of the runtime, as all that follow: room for what a value is made of; its address. A host fills it and asks for the value.
pub const ROOM: &str = "room";
/// `(bytes: i32) -> i32`: a text.
pub const NEW_TEXT: &str = "new_text";
/// `(ty: i32, len: i32) -> i32`: an array of so many elements.
pub const NEW_ARRAY: &str = "new_array";
/// `(ty: i32) -> i32`: an object of a boxed type.
pub const NEW_BOX: &str = "new_box";
/// `(object: i32)`: one owner less.
pub const RELEASE: &str = "release";
/// For `globals`: there are none.
pub const NO_GLOBALS: u32 = u32::MAX;

/// `() -> i64`, of the host: bytes that the heap may take.
pub const LIMIT: &str = "limit";
/// `(stream: i32, address: i32, len: i32) -> i32`: prints, to the error stream where `stream` is not 0; 0 asks the program to stop.
pub const WRITE: &str = "write";
/// `() -> i32`: waits for a line of input; its length, to be fetched by `TAKE`, or one of [`input`].
pub const READ_LINE: &str = "read_line";
/// `() -> i32`: length of the arguments, each with a byte 0 behind it, to be fetched by `TAKE`.
pub const ARGS: &str = "args";
/// `(address: i32)`: writes there what was announced last.
pub const TAKE: &str = "take";
/// `(kind: i32, first: i64, address: i32, len: i32)`: an error of a kind, with its first argument and its message. Does not return.
pub const FAIL: &str = "fail";

/// Answers of `READ_LINE` that are no length.
pub mod input {
    /// There is no more input.
    pub const END: i32 = -1;
    /// The line is longer than a program of this size may read.
    pub const TOO_LONG: i32 = -2;
    /// The program is to stop.
    pub const INTERRUPTED: i32 = -3;
}

/// The custom section of a program with [`Places`].
pub const PLACES: &str = "simple.places";

/// Type descriptors as bytes, behind the hash of this interface. The well-known ones are left out.
pub fn encode_types(types: &[TypeDesc]) -> Vec<u8> {
    let own = types.get(well_known::FIRST_OWN as usize..).unwrap_or_default();
    let mut body = Writer::default();
    body.number(own.len() as u64);
    for desc in own {
        crate::artifact::types::write(&mut body, desc);
    }
    body.behind_strings(&abi_hash().to_le_bytes())
}

/// The type descriptors of a program, with the well-known ones.
///
/// # Errors
/// The first thing that is wrong.
pub fn decode_types(bytes: &[u8]) -> Result<CheckedTypes, DecodeError> {
    if !bytes.starts_with(&abi_hash().to_le_bytes()) {
        return Err(DecodeError { offset: 0, what: "made for another version of the runtime" });
    }
    CheckedTypes::check(read_types(bytes)?).map_err(|wrong| DecodeError { offset: 0, what: wrong.what })
}

/// The same, where who reads them has them from their maker, who has looked at the version.
///
/// # Errors
/// The first thing that cannot be read.
pub fn decode_trusted_types(bytes: &[u8]) -> Result<CheckedTypes, DecodeError> {
    Ok(CheckedTypes::trust(read_types(bytes)?))
}

/// Whether a program's data, in which its types stand somewhere, were made for this version of the runtime.
pub fn is_of_this_version(data: &[u8]) -> bool {
    let hash = abi_hash().to_le_bytes();
    data.windows(hash.len()).any(|bytes| bytes == hash)
}

fn read_types(bytes: &[u8]) -> Result<Vec<TypeDesc>, DecodeError> {
    let mut reader = Reader::new(bytes);
    reader.take(8, "header cut short")?;
    reader.read_strings()?;
    let mut types = well_known();
    for _ in 0..reader.count("type count")? {
        types.push(crate::artifact::types::read(&mut reader)?);
    }
    reader.end()?;
    Ok(types)
}

/// Which part of a module was written where.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Places {
    /// By offset in the module, in order.
    pub lines: Vec<Line>,
    /// The functions that look at the room on the stack, as in the other engines: an overflow is reported in the innermost one, at its declaration. First
    /// offset, offset behind the last, place (an index into `locs`).
    pub checked: Vec<Checked>,
    /// Paths of source files.
    pub files: Vec<Arc<str>>,
    /// Source places.
    pub locs: Vec<Loc>,
}

/// A function through which recursion may pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Checked {
    /// Offset of its body in the module.
    pub start: u32,
    /// Offset behind it.
    pub end: u32,
    /// Where it was declared: an index into `Places::locs`.
    pub loc: u32,
}

impl Places {
    /// The bytes of the section.
    pub fn encode(&self) -> Vec<u8> {
        let mut body = Writer::default();
        body.places(&self.lines, &self.files, &self.locs);
        body.number(self.checked.len() as u64);
        let mut last = 0;
        for checked in &self.checked {
            body.number(u64::from(checked.start - last));
            body.number(u64::from(checked.end - checked.start));
            body.number(u64::from(checked.loc));
            last = checked.end;
        }
        body.behind_strings(&[])
    }

    /// Reads and checks the section.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn decode(bytes: &[u8]) -> Result<Places, DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.read_strings()?;
        let (lines, files, locs) = reader.places(u32::MAX as usize)?;
        let mut checked = Vec::new();
        let mut last = 0u32;
        for _ in 0..reader.count("function count")? {
            let offset = reader.at();
            let outside = DecodeError { offset, what: "a function outside of the module" };
            let start = last.checked_add(reader.u32("function offset")?).ok_or(outside.clone())?;
            let end = start.checked_add(reader.u32("function size")?).ok_or(outside)?;
            let loc = reader.index(locs.len(), "place of a function")?;
            checked.push(Checked { start, end, loc });
            last = end;
        }
        reader.end()?;
        Ok(Places { lines, checked, files, locs })
    }

    /// The calls that a place (an index into `locs`) stands for, innermost first; those of the standard library are left out. None where there is no such place.
    pub fn at(&self, place: u32) -> Vec<Frame> {
        frames(&self.files, &self.locs, Some(place).filter(|&place| (place as usize) < self.locs.len()))
    }

    /// The calls that an offset in the module stands for, innermost first; those of the standard library are left out.
    pub fn calls(&self, offset: u32) -> Vec<Frame> {
        frames(&self.files, &self.locs, self.place(offset))
    }

    /// The place (an index into `locs`) of an offset in the module.
    pub fn place(&self, offset: u32) -> Option<u32> {
        loc_at(&self.lines, offset)
    }

    /// The function that contains an offset, if it looks at the room on the stack: the place of its declaration.
    pub fn declared(&self, offset: u32) -> Option<Vec<Frame>> {
        let after = self.checked.partition_point(|checked| checked.start <= offset);
        let checked = self.checked.get(after.checked_sub(1)?)?;
        (offset < checked.end).then(|| frames(&self.files, &self.locs, Some(checked.loc)))
    }
}
