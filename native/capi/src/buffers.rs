//! Texts and code that were given out and are freed by their address.
//!
//! The table is one for the process, behind a lock: C hands back an address alone, perhaps on another thread, and what is not in the table must not
//! be freed.

use std::collections::BTreeMap;
use std::ffi::c_char;
use std::sync::{Mutex, MutexGuard, PoisonError};

static BUFFERS: Mutex<BTreeMap<usize, Buffer>> = Mutex::new(BTreeMap::new());

struct Buffer {
    kind: Kind,
    bytes: Box<[u8]>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Code,
}

fn buffers() -> MutexGuard<'static, BTreeMap<usize, Buffer>> {
    // A panic inside leaves a whole map.
    BUFFERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps a text, with a zero behind it, until it is freed.
pub fn keep_bytes(text: Vec<u8>) -> *mut c_char {
    keep(Kind::Text, text).0.cast()
}

/// Keeps code until it is freed. There is always some.
pub fn keep_code(code: Vec<u8>) -> (*mut u8, usize) {
    keep(Kind::Code, code)
}

fn keep(kind: Kind, bytes: Vec<u8>) -> (*mut u8, usize) {
    let bytes = bytes.into_boxed_slice();
    let (address, len) = (bytes.as_ptr(), bytes.len());
    buffers().insert(address as usize, Buffer { kind, bytes });
    (address.cast_mut(), len)
}

/// Frees a text.
pub fn free_text(address: usize) -> Result<(), String> {
    free(Kind::Text, address, None)
}

/// Frees code.
pub fn free_code(address: usize, len: usize) -> Result<(), String> {
    free(Kind::Code, address, Some(len))
}

fn free(kind: Kind, address: usize, len: Option<usize>) -> Result<(), String> {
    let mut buffers = buffers();
    let buffer = buffers.get(&address).filter(|buffer| buffer.kind == kind);
    let buffer = buffer.ok_or("this was not given out, or is freed already")?;
    if let Some(len) = len.filter(|&len| len != buffer.bytes.len()) {
        return Err(format!("this has {} bytes, not {len}", buffer.bytes.len()));
    }
    buffers.remove(&address);
    Ok(())
}
