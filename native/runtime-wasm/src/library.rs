//! Calls from outside: values in the form of the canonical ABI become the program's own, and results the other way round.
//!
//! The linker writes a function for each exported one: it stores its arguments into the buffer, one word each, has them `lift`ed, calls the program's function with the words that come
//! of it, stores the words of the result there, and has them `lower`ed.

use crate::command::{self, exports, exports_len};
use crate::exports::{Rt, enter};
use crate::shape::{Kind, Shape};
use abi::command::BUFFER_FLAT;
use abi::exports::{Export, decode};
use core::alloc::Layout;
use core::cell::RefCell;
use runtime::{Raised, Values};

/// What is kept between calls.
struct Library {
    /// By number; none before the first call.
    functions: Option<Vec<Function>>,
    /// Arguments and results on their way: flat values, then words of the program.
    buffer: Vec<u64>,
    /// What the caller of the latest function still reads.
    results: Vec<Vec<u64>>,
}

struct Function {
    params: Vec<Shape>,
    result: Shape,
}

struct Shared(RefCell<Library>);

// SAFETY: the module is compiled without threads.
unsafe impl Sync for Shared {}

static LIBRARY: Shared =
    Shared(RefCell::new(Library { functions: None, buffer: Vec::new(), results: Vec::new() }));

/// Room for so many words; gives their address.
#[unsafe(no_mangle)]
pub extern "C" fn buffer(words: usize) -> *mut u64 {
    let mut library = LIBRARY.0.borrow_mut();
    library.buffer.clear();
    library.buffer.resize(words, 0);
    library.buffer.as_mut_ptr()
}

/// Makes words of the program of the arguments of a function.
#[unsafe(no_mangle)]
pub extern "C" fn lift(function: usize) {
    let mut library = LIBRARY.0.borrow_mut();
    if library.functions.is_none() {
        // It runs like any other program before something is asked of it.
        command::start_program();
        library.functions = Some(functions());
    }
    let Library { functions: Some(functions), buffer, .. } = &mut *library else { return };
    let params = &functions[function].params;
    let words = enter(|state| {
        let mut words = Vec::new();
        let flat: usize = params.iter().map(|shape| shape.flat).sum();
        if flat <= BUFFER_FLAT {
            let mut slots = &buffer[..flat];
            for shape in params {
                lift_flat(&mut state.rt, shape, &mut slots, &mut words)?;
            }
        } else {
            let start = buffer[0] as u32;
            let mut at = start;
            let mut align = 1;
            for shape in params {
                at = at.next_multiple_of(shape.align);
                lift_from(&mut state.rt, shape, at, &mut words)?;
                at += shape.size;
                align = align.max(shape.align);
            }
            free(start, (at - start).next_multiple_of(align), align);
        }
        Ok(words)
    });
    buffer[BUFFER_FLAT..][..words.len()].copy_from_slice(&words);
}

/// Makes the flat result of the words of a function's result: of more than one value the address.
#[unsafe(no_mangle)]
pub extern "C" fn lower(function: usize) -> u64 {
    let mut library = LIBRARY.0.borrow_mut();
    let Library { functions: Some(functions), buffer, results } = &mut *library else { return 0 };
    let shape = &functions[function].result;
    let words = &buffer[BUFFER_FLAT..][..shape.words()];
    enter(|state| {
        let flat = if shape.flat <= 1 {
            lower_flat(&state.rt, shape, words)?
        } else {
            let at = room(results, shape.size);
            lower_to(&state.rt, shape, words, at, results)?;
            u64::from(at)
        };
        for (word, _) in words.iter().zip(&shape.counted).filter(|&(_, counted)| *counted) {
            state.rt.release(*word as u32)?;
        }
        Ok(flat)
    })
}

/// The caller has read the result.
#[unsafe(no_mangle)]
pub extern "C" fn post_return() {
    LIBRARY.0.borrow_mut().results.clear();
}

/// Ends the component: there is no way on after an error.
#[unsafe(no_mangle)]
pub extern "C" fn abort(_: i32) -> ! {
    core::arch::wasm32::unreachable()
}

/// The shapes of all functions.
fn functions() -> Vec<Function> {
    let mut bytes = vec![0; exports_len() as usize];
    // SAFETY: the linker's function writes as many bytes as it has just said, and there is room for them.
    unsafe { exports(bytes.as_mut_ptr()) };
    enter(|state| {
        let rt = &state.rt;
        // The linker has compared them with the program's types.
        let known = decode(&bytes, rt.type_count() as usize).map_err(|_| Raised::Internal)?;
        let function = |export: &Export| {
            let params = export.params.iter().map(|(_, ty)| Shape::of(rt, *ty));
            Ok(Function { params: params.collect::<Result<_, _>>()?, result: Shape::of(rt, export.result)? })
        };
        known.iter().map(function).collect()
    })
}

// -- into the program ------------------------------------------------------------------------------------------

/// Takes the flat values of one value; adds its words.
fn lift_flat(rt: &mut Rt, shape: &Shape, slots: &mut &[u64], words: &mut Vec<u64>) -> Result<(), Raised> {
    let (own, rest) = slots.split_at(shape.flat);
    *slots = rest;
    match &shape.kind {
        Kind::Nothing => {}
        Kind::Bool => words.push(u64::from(own[0] as u32 != 0)),
        Kind::Number { bits, .. } => words.push(own[0] & mask(*bits)),
        Kind::Text => words.push(lift_text(rt, own[0] as u32, own[1] as u32)?),
        Kind::List(elem) => words.push(lift_list(rt, shape, elem, own[0] as u32, own[1] as u32)?),
        Kind::Fields(fields) => {
            let mut own = own;
            let mut whole = vec![0; shape.leaves];
            for field in fields {
                let mut part = Vec::new();
                lift_flat(rt, &field.shape, &mut own, &mut part)?;
                field.put(&part, &mut whole);
            }
            words.extend(boxed(rt, shape, whole)?);
        }
        Kind::Option { inner, niche } => {
            if own[0] as u32 == 0 {
                words.extend(core::iter::repeat_n(0, shape.words()));
            } else {
                words.extend((!niche).then_some(1));
                lift_flat(rt, inner, &mut &own[1..], words)?;
            }
        }
        Kind::Variants(cases) => {
            let case = own[0] as u32 as usize;
            let mut own = &own[1..];
            let mut whole = vec![0; shape.leaves];
            if cases.len() > 1 {
                whole[0] = case as u64;
            }
            for field in &cases.get(case).ok_or(Raised::Internal)?.fields {
                let mut part = Vec::new();
                lift_flat(rt, &field.shape, &mut own, &mut part)?;
                field.put(&part, &mut whole);
            }
            words.extend(boxed(rt, shape, whole)?);
        }
    }
    Ok(())
}

/// Reads one value from memory; adds its words.
fn lift_from(rt: &mut Rt, shape: &Shape, at: u32, words: &mut Vec<u64>) -> Result<(), Raised> {
    match &shape.kind {
        Kind::Nothing => {}
        Kind::Bool => words.push(u64::from(load(at, 8) != 0)),
        Kind::Number { bits, .. } => words.push(load(at, *bits)),
        Kind::Text => words.push(lift_text(rt, load(at, 32) as u32, load(at + 4, 32) as u32)?),
        Kind::List(elem) => {
            words.push(lift_list(rt, shape, elem, load(at, 32) as u32, load(at + 4, 32) as u32)?);
        }
        Kind::Fields(fields) => {
            let mut whole = vec![0; shape.leaves];
            for field in fields {
                let mut part = Vec::new();
                lift_from(rt, &field.shape, at + field.offset, &mut part)?;
                field.put(&part, &mut whole);
            }
            words.extend(boxed(rt, shape, whole)?);
        }
        Kind::Option { inner, niche } => {
            if load(at, 8) == 0 {
                words.extend(core::iter::repeat_n(0, shape.words()));
            } else {
                words.extend((!niche).then_some(1));
                lift_from(rt, inner, at + shape.payload_at, words)?;
            }
        }
        Kind::Variants(cases) => {
            let case = load(at, shape.tag_bits) as usize;
            let mut whole = vec![0; shape.leaves];
            if cases.len() > 1 {
                whole[0] = case as u64;
            }
            for field in &cases.get(case).ok_or(Raised::Internal)?.fields {
                let mut part = Vec::new();
                lift_from(rt, &field.shape, at + shape.payload_at + field.offset, &mut part)?;
                field.put(&part, &mut whole);
            }
            words.extend(boxed(rt, shape, whole)?);
        }
    }
    Ok(())
}

fn boxed(rt: &mut Rt, shape: &Shape, whole: Vec<u64>) -> Result<Vec<u64>, Raised> {
    Ok(if shape.boxed { vec![rt.new_box(shape.ty, &whole)?.into()] } else { whole })
}

fn lift_text(rt: &mut Rt, at: u32, len: u32) -> Result<u64, Raised> {
    let text = match len {
        0 => String::new(),
        // SAFETY: the host got so much room from `cabi_realloc`, which is the allocator of this module, and has filled it.
        _ => unsafe {
            let bytes = Vec::from_raw_parts(address(at), len as usize, len as usize);
            String::from_utf8(bytes).map_err(|_| Raised::Internal)?
        },
    };
    Ok(rt.new_text(&text)?.into())
}

fn lift_list(rt: &mut Rt, shape: &Shape, elem: &Shape, at: u32, len: u32) -> Result<u64, Raised> {
    let mut words = Vec::with_capacity(len as usize * elem.words());
    for index in 0..len {
        lift_from(rt, elem, at + index * elem.size, &mut words)?;
    }
    free(at, len * elem.size, elem.align);
    Ok(rt.new_array(shape.ty, len as usize, &words)?.into())
}

// -- out of the program ----------------------------------------------------------------------------------------

/// The one flat value of a value that has no more.
fn lower_flat(rt: &Rt, shape: &Shape, words: &[u64]) -> Result<u64, Raised> {
    Ok(match &shape.kind {
        Kind::Bool => u64::from(words[0] as u8 != 0),
        Kind::Number { bits, signed: true } if *bits < 64 => {
            let unused = 64 - bits;
            ((words[0] << unused) as i64 >> unused) as u64
        }
        Kind::Number { bits, .. } => words[0] & mask(*bits),
        Kind::Fields(fields) => {
            let whole = whole(rt, shape, words)?;
            match fields.iter().find(|field| field.shape.flat > 0) {
                Some(field) => lower_flat(rt, &field.shape, &field.get(&whole))?,
                None => 0,
            }
        }
        Kind::Variants(cases) => shape.case(cases.len(), &whole(rt, shape, words)?) as u64,
        // Others have none, or more than one.
        Kind::Nothing | Kind::Text | Kind::List(_) | Kind::Option { .. } => 0,
    })
}

/// Writes a value to memory.
fn lower_to(
    rt: &Rt,
    shape: &Shape,
    words: &[u64],
    at: u32,
    results: &mut Vec<Vec<u64>>,
) -> Result<(), Raised> {
    match &shape.kind {
        Kind::Nothing => {}
        Kind::Bool => store(at, 8, u64::from(words[0] as u8 != 0)),
        Kind::Number { bits, .. } => store(at, *bits, words[0]),
        Kind::Text => {
            let text = rt.text(words[0] as u32)?;
            let start = room(results, text.len() as u32);
            // SAFETY: there is room for so many bytes, which nobody else uses.
            unsafe { core::ptr::copy_nonoverlapping(text.as_ptr(), address(start), text.len()) };
            store(at, 32, start.into());
            store(at + 4, 32, text.len() as u64);
        }
        Kind::List(elem) => {
            let mut words_of_all = Vec::new();
            let len = rt.elements(words[0] as u32, &mut words_of_all)? as u32;
            let start = room(results, len * elem.size);
            for index in 0..len {
                let words = &words_of_all[index as usize * elem.words()..][..elem.words()];
                lower_to(rt, elem, words, start + index * elem.size, results)?;
            }
            store(at, 32, start.into());
            store(at + 4, 32, len.into());
        }
        Kind::Fields(fields) => {
            let whole = whole(rt, shape, words)?;
            for field in fields {
                lower_to(rt, &field.shape, &field.get(&whole), at + field.offset, results)?;
            }
        }
        Kind::Option { inner, niche } => {
            // Either a reference, or whether there is a value.
            let mark = if *niche { words[0] as u32 } else { u32::from(words[0] as u8) };
            store(at, 8, u64::from(mark != 0));
            if mark != 0 {
                lower_to(rt, inner, &words[usize::from(!niche)..], at + shape.payload_at, results)?;
            }
        }
        Kind::Variants(cases) => {
            let whole = whole(rt, shape, words)?;
            let case = shape.case(cases.len(), &whole);
            store(at, shape.tag_bits, case as u64);
            for field in &cases.get(case).ok_or(Raised::Internal)?.fields {
                let at = at + shape.payload_at + field.offset;
                lower_to(rt, &field.shape, &field.get(&whole), at, results)?;
            }
        }
    }
    Ok(())
}

/// The leaves of a value that may be an object of its own.
fn whole(rt: &Rt, shape: &Shape, words: &[u64]) -> Result<Vec<u64>, Raised> {
    if !shape.boxed {
        return Ok(words.to_vec());
    }
    let mut whole = Vec::new();
    rt.payload(words[0] as u32, &mut whole)?;
    Ok(whole)
}

/// Room that the caller reads until `post_return`.
fn room(results: &mut Vec<Vec<u64>>, bytes: u32) -> u32 {
    let words = vec![0u64; bytes.div_ceil(8) as usize];
    let at = words.as_ptr().expose_provenance() as u32;
    results.push(words);
    at
}

// -- memory ----------------------------------------------------------------------------------------------------

fn mask(bits: u32) -> u64 {
    u64::MAX >> (64 - bits)
}

fn address(at: u32) -> *mut u8 {
    core::ptr::with_exposed_provenance_mut(at as usize)
}

fn load(at: u32, bits: u32) -> u64 {
    let mut word = [0; 8];
    // SAFETY: the host has written a value there, of this width.
    unsafe { core::ptr::copy_nonoverlapping(address(at), word.as_mut_ptr(), (bits / 8) as usize) };
    u64::from_le_bytes(word)
}

fn store(at: u32, bits: u32, word: u64) {
    // SAFETY: `room` gave so much.
    unsafe {
        core::ptr::copy_nonoverlapping(word.to_le_bytes().as_ptr(), address(at), (bits / 8) as usize);
    }
}

/// Gives back what the host got from `cabi_realloc`.
fn free(at: u32, size: u32, align: u32) {
    if size > 0 {
        // SAFETY: it has this size and alignment, and nobody reads it any more.
        unsafe {
            let layout = Layout::from_size_align_unchecked(size as usize, align as usize);
            std::alloc::dealloc(address(at), layout);
        }
    }
}
