//! Values that a host puts into a program between its calls: it writes what they are made of into a room, and asks for an object of that.

use crate::exports::enter;
use abi::TypeId;
use core::cell::RefCell;
use runtime::Values as _;

struct Room(RefCell<Vec<u64>>);

// SAFETY: the module is compiled without threads.
unsafe impl Sync for Room {}

static ROOM: Room = Room(RefCell::new(Vec::new()));

/// Room for so many words, until the next call of this; its address.
#[unsafe(no_mangle)]
pub extern "C" fn room(words: usize) -> *mut u64 {
    let mut room = ROOM.0.borrow_mut();
    room.clear();
    room.resize(words, 0);
    room.as_mut_ptr()
}

/// A text of the bytes in the room.
#[unsafe(no_mangle)]
pub extern "C" fn new_text(len: usize) -> u32 {
    let words = ROOM.0.borrow();
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).take(len).collect();
    enter(|state| state.rt.new_text(&String::from_utf8_lossy(&bytes)))
}

/// An array of a type with elements whose words are in the room.
#[unsafe(no_mangle)]
pub extern "C" fn new_array(ty: u32, len: usize) -> u32 {
    enter(|state| state.rt.new_array(TypeId(ty), len, &ROOM.0.borrow()))
}

/// An object of a boxed type with a payload whose words are in the room.
#[unsafe(no_mangle)]
pub extern "C" fn new_box(ty: u32) -> u32 {
    enter(|state| state.rt.new_box(TypeId(ty), &ROOM.0.borrow()))
}

/// One owner less; nothing for 0.
#[unsafe(no_mangle)]
pub extern "C" fn release(object: u32) {
    enter(|state| state.rt.release(object));
}
