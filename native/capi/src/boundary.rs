//! The functions that C calls, and all that is done with its addresses.

use crate::programs::{self, Context};
use crate::state::{attempt, last_error};
use crate::{buffers, functions};
use compiler_ffi::CompilationResult as Made;
use loader::value::Value;
use std::ffi::{CStr, CString, c_char};

/// A context of the compiler. There is nothing behind the pointer.
pub struct CompilerContextImpl(());

/// A program that runs. There is nothing behind the pointer.
pub struct SimpleProgram(());

/// A function of a program. There is nothing behind the pointer.
pub struct SimpleFunction(());

/// What an instantiation gives. Code and message are freed by `compiler_free_code` and `compiler_free_string`.
#[repr(C)]
pub struct CompilationResult {
    /// There is code, and no message.
    pub success: bool,
    /// The artifact of the instance.
    pub code_ptr: *mut u8,
    /// Its bytes.
    pub code_len: usize,
    /// Why there is none.
    pub error_message: *mut c_char,
}

/// What a value is.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SimpleKind {
    /// `()`: no field counts.
    Unit,
    /// `bool`: `integer` is 0 or 1.
    Bool,
    /// `i8` to `i64`, and `u8` to `u32`: `integer`.
    Integer,
    /// `u64`: the bits of `integer`.
    Unsigned,
    /// `f32`, `f64`: `number`.
    Float,
    /// `text`: UTF-8 at `text`, `length` bytes; it may contain zeros.
    Text,
}

/// A value that goes in or out of a function. The `kind` is a number of `SimpleKind`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SimpleValue {
    /// What it is, as a number that is checked.
    pub kind: u32,
    /// Integers and bools.
    pub integer: i64,
    /// Floats.
    pub number: f64,
    /// Texts. That of a result has a zero behind it and is freed by `compiler_free_string`; that of an argument needs neither.
    pub text: *const c_char,
    /// Bytes of the text.
    pub length: usize,
}

impl SimpleValue {
    /// One that is nothing.
    const UNIT: SimpleValue = SimpleValue {
        kind: SimpleKind::Unit as u32,
        integer: 0,
        number: 0.0,
        text: std::ptr::null(),
        length: 0,
    };
}

// -- addresses -------------------------------------------------------------------------------------------------

/// A text of C.
///
/// # Safety
/// `address` is null or that of a text that ends with a zero and is not changed while `'a` lasts.
#[allow(unsafe_code)]
unsafe fn text<'a>(address: *const c_char, what: &str) -> Result<&'a str, String> {
    if address.is_null() {
        return Err(format!("{what} is null"));
    }
    // SAFETY: not null; the rest is what the caller upholds.
    let text = unsafe { CStr::from_ptr(address) };
    text.to_str().map_err(|wrong| format!("{what} is not UTF-8: {wrong}"))
}

/// Elements in memory of C. None of them may be at any address, null included.
///
/// # Safety
/// `address` is null, or that of `len` elements that are not changed while `'a` lasts.
#[allow(unsafe_code)]
unsafe fn slice<'a, T>(address: *const T, len: usize, what: &str) -> Result<&'a [T], String> {
    match len {
        0 => Ok(&[]),
        _ if address.is_null() => Err(format!("{what} is null")),
        _ if !address.is_aligned() => Err(format!("{what} is not aligned")),
        _ if len > isize::MAX as usize / size_of::<T>().max(1) => Err(format!("{what} is too long")),
        // SAFETY: not null, aligned, no longer than memory (checked above); the rest is what the caller upholds.
        _ => Ok(unsafe { std::slice::from_raw_parts(address, len) }),
    }
}

/// A value of C.
///
/// # Safety
/// A text of it is as for [`slice`].
#[allow(unsafe_code)]
unsafe fn value(value: &SimpleValue) -> Result<Value, String> {
    let kind = functions::kind(value.kind)?;
    Ok(match kind {
        SimpleKind::Unit => Value::Unit,
        SimpleKind::Bool => Value::Bool(value.integer != 0),
        SimpleKind::Integer => Value::Int(value.integer.into()),
        SimpleKind::Unsigned => Value::Int((value.integer as u64).into()),
        SimpleKind::Float => Value::Float(value.number),
        SimpleKind::Text => {
            // SAFETY: what the caller upholds.
            let bytes = unsafe { slice(value.text.cast::<u8>(), value.length, "the text of a value") }?;
            let text = std::str::from_utf8(bytes);
            Value::Text(
                text.map_err(|wrong| format!("the text of a value is not UTF-8: {wrong}"))?.to_owned(),
            )
        }
    })
}

/// A value for C.
fn give(value: Value) -> Result<SimpleValue, String> {
    let unit = SimpleValue::UNIT;
    Ok(match value {
        Value::Unit => unit,
        Value::Bool(value) => SimpleValue { kind: SimpleKind::Bool as u32, integer: value.into(), ..unit },
        Value::Int(number) => match i64::try_from(number) {
            Ok(integer) => SimpleValue { kind: SimpleKind::Integer as u32, integer, ..unit },
            Err(_) => SimpleValue { kind: SimpleKind::Unsigned as u32, integer: number as i64, ..unit },
        },
        Value::Float(number) => SimpleValue { kind: SimpleKind::Float as u32, number, ..unit },
        Value::Text(text) => {
            let length = text.len();
            // Zeros inside are part of a text; whoever reads only up to the first knows the length.
            let mut bytes = text.into_bytes();
            bytes.push(0);
            let text = buffers::keep_bytes(bytes);
            SimpleValue { kind: SimpleKind::Text as u32, text, length, ..unit }
        }
        Value::Array(_) | Value::Option(_) | Value::Tuple(_) => {
            return Err("the function gives a value that C has no form for".to_owned());
        }
    })
}

/// A text that is given out.
fn text_out(text: String) -> Result<*mut c_char, String> {
    let text = CString::new(text).map_err(|_| "the answer contains a zero".to_owned())?;
    Ok(buffers::keep_bytes(text.into_bytes_with_nul()))
}

fn context(
    state: &mut crate::state::State,
    handle: *mut CompilerContextImpl,
) -> Result<&mut Context, String> {
    let context = state.contexts.get_mut(&(handle as usize));
    context.ok_or_else(|| "there is no such context on this thread".to_owned())
}

// -- the compiler ----------------------------------------------------------------------------------------------

/// A new context; null where there is none.
#[allow(unsafe_code)]
#[unsafe(no_mangle)] // SAFETY: no other function of a process that links this library has the name; so for all of them.
pub extern "C" fn compiler_create_context() -> *mut CompilerContextImpl {
    let made = attempt(|state| {
        let context = Context::new(state.engine()?)?;
        let number = state.number();
        state.contexts.insert(number, context);
        Ok(number)
    });
    made.unwrap_or(0) as *mut CompilerContextImpl
}

/// Ends a context. Programs that were made with it stay.
#[allow(unsafe_code)]
#[unsafe(no_mangle)] // SAFETY: as above.
pub extern "C" fn compiler_destroy_context(ctx: *mut CompilerContextImpl) {
    attempt(|state| {
        let gone = state.contexts.remove(&(ctx as usize));
        gone.map(drop).ok_or_else(|| "there is no such context on this thread".to_owned())
    });
}

/// Why the thread's last call failed; null where it did not. Stays until the next call and is not freed.
#[allow(unsafe_code)]
#[unsafe(no_mangle)] // SAFETY: as above.
pub extern "C" fn compiler_get_last_error() -> *const c_char {
    last_error()
}

/// Frees a text that was given out.
#[allow(unsafe_code)]
#[unsafe(no_mangle)] // SAFETY: as above.
pub extern "C" fn compiler_free_string(s: *mut c_char) {
    attempt(|_| buffers::free_text(s as usize));
}

/// Frees code that was given out.
#[allow(unsafe_code)]
#[unsafe(no_mangle)] // SAFETY: as above.
pub extern "C" fn compiler_free_code(code: *mut u8, len: usize) {
    attempt(|_| buffers::free_code(code as usize, len));
}

/// Adds a module: a module file where the path ends in `.smf`, else a source text; the first one is the program.
///
/// # Safety
/// `path` is null or a text that ends with a zero; `contents` is null or that of `len` bytes.
#[allow(unsafe_code)]
#[unsafe(no_mangle)] // SAFETY: as above.
pub unsafe extern "C" fn compiler_add_module(
    ctx: *mut CompilerContextImpl,
    path: *const c_char,
    contents: *const u8,
    len: usize,
) -> bool {
    attempt(|state| {
        // SAFETY: what the caller upholds.
        let (path, contents) = unsafe { (text(path, "path")?, slice(contents, len, "contents")?) };
        context(state, ctx)?.add(path, contents)
    })
    .is_some()
}

/// The types that a template gets by what is known about its use, in JSON; null where there are none.
///
/// # Safety
/// The texts are null or end with a zero.
#[allow(unsafe_code)]
#[unsafe(no_mangle)] // SAFETY: as above.
pub unsafe extern "C" fn compiler_infer_types(
    ctx: *mut CompilerContextImpl,
    template_json: *const c_char,
    hints_json: *const c_char,
) -> *mut c_char {
    let answer = attempt(|state| {
        // SAFETY: what the caller upholds.
        let (template, hints) =
            unsafe { (text(template_json, "template_json")?, text(hints_json, "hints_json")?) };
        let context = context(state, ctx)?;
        let answer = context.door.infer_types(template, hints).map_err(|error| error.to_string())?;
        match context.door.last_error().map_err(|error| error.to_string())? {
            Some(error) => Err(error),
            None => text_out(answer),
        }
    });
    answer.unwrap_or(std::ptr::null_mut())
}

/// Whether a module file is sound in all its parts, beside the modules that were added.
///
/// # Safety
/// `code` is null or that of `len` bytes.
#[allow(unsafe_code)]
#[unsafe(no_mangle)] // SAFETY: as above.
pub unsafe extern "C" fn compiler_check_types(
    ctx: *mut CompilerContextImpl,
    code: *const u8,
    len: usize,
) -> bool {
    attempt(|state| {
        // SAFETY: what the caller upholds.
        let code = unsafe { slice(code, len, "code") }?;
        let context = context(state, ctx)?;
        match context.door.check_types(code).map_err(|error| error.to_string())? {
            true => Ok(()),
            false => Err(context.why()),
        }
    })
    .is_some()
}

/// The artifact of an instance of a template (in JSON, without a zero) for a list of types in JSON.
///
/// # Safety
/// `template_bytes` is null or that of `template_len` bytes; `types_json` is null or ends with a zero.
#[allow(unsafe_code)]
#[unsafe(no_mangle)] // SAFETY: as above.
pub unsafe extern "C" fn compiler_instantiate_template(
    ctx: *mut CompilerContextImpl,
    template_bytes: *const u8,
    template_len: usize,
    types_json: *const c_char,
) -> CompilationResult {
    let made = attempt(|state| {
        // SAFETY: what the caller upholds.
        let (template, types) = unsafe {
            (slice(template_bytes, template_len, "template_bytes")?, text(types_json, "types_json")?)
        };
        let template =
            std::str::from_utf8(template).map_err(|wrong| format!("template_bytes is not UTF-8: {wrong}"))?;
        let context = context(state, ctx)?;
        let answer = context.door.instantiate_template(template, types).map_err(|error| error.to_string())?;
        match compiler_ffi::parse(&answer).map_err(|error| error.to_string())? {
            Made::Code(code) => Ok(buffers::keep_code(code)),
            Made::Error(error) => Err(error),
        }
    });
    match made {
        Some((code_ptr, code_len)) => {
            CompilationResult { success: true, code_ptr, code_len, error_message: std::ptr::null_mut() }
        }
        None => CompilationResult {
            success: false,
            code_ptr: std::ptr::null_mut(),
            code_len: 0,
            error_message: crate::state::error_text().map_or(std::ptr::null_mut(), buffers::keep_bytes),
        },
    }
}

/// Counts of the context, in JSON; null where there is no such context.
#[allow(unsafe_code)]
#[unsafe(no_mangle)] // SAFETY: as above.
pub extern "C" fn compiler_get_stats(ctx: *mut CompilerContextImpl) -> *mut c_char {
    let stats =
        attempt(|state| text_out(context(state, ctx)?.door.stats().map_err(|error| error.to_string())?));
    stats.unwrap_or(std::ptr::null_mut())
}

// -- programs --------------------------------------------------------------------------------------------------

/// Compiles the modules that were added to a context and runs their bodies; null where that fails.
#[allow(unsafe_code)]
#[unsafe(no_mangle)] // SAFETY: as above.
pub extern "C" fn simple_load(ctx: *mut CompilerContextImpl) -> *mut SimpleProgram {
    let loaded = attempt(|state| {
        let program = context(state, ctx)?.load()?;
        let number = state.number();
        state.programs.insert(number, program);
        Ok(number)
    });
    loaded.unwrap_or(0) as *mut SimpleProgram
}

/// Ends a program and forgets its functions.
#[allow(unsafe_code)]
#[unsafe(no_mangle)] // SAFETY: as above.
pub extern "C" fn simple_unload(program: *mut SimpleProgram) {
    attempt(|state| {
        let number = program as usize;
        state.programs.remove(&number).ok_or("there is no such program on this thread")?;
        state.functions.retain(|_, (of, _)| *of != number);
        Ok(())
    });
}

/// A function of a program by name, of a generic one the instance for `types_json` (a list of types; null for none); null where there is none.
///
/// # Safety
/// The texts are null or end with a zero.
#[allow(unsafe_code)]
#[unsafe(no_mangle)] // SAFETY: as above.
pub unsafe extern "C" fn simple_resolve(
    program: *mut SimpleProgram,
    name: *const c_char,
    types_json: *const c_char,
) -> *mut SimpleFunction {
    let found = attempt(|state| {
        // SAFETY: what the caller upholds.
        let name = unsafe { text(name, "name") }?;
        let types = match types_json.is_null() {
            true => None,
            // SAFETY: what the caller upholds.
            false => Some(unsafe { text(types_json, "types_json") }?),
        };
        programs::resolve(state, program as usize, name, types)
    });
    found.unwrap_or(0) as *mut SimpleFunction
}

/// Forgets a function, whose code stays with the program.
#[allow(unsafe_code)]
#[unsafe(no_mangle)] // SAFETY: as above.
pub extern "C" fn simple_release(function: *mut SimpleFunction) {
    attempt(|state| {
        let gone = state.functions.remove(&(function as usize));
        gone.map(drop).ok_or_else(|| "there is no such function on this thread".to_owned())
    });
}

/// Calls a function with `count` arguments. False where the arguments are not of its types or the program fails, which can be called again then.
///
/// # Safety
/// `arguments` is null or that of `count` values, whose texts are those of `length` bytes; `result` is null or that of a value that may be written.
#[allow(unsafe_code)]
#[unsafe(no_mangle)] // SAFETY: as above.
pub unsafe extern "C" fn simple_call(
    function: *mut SimpleFunction,
    arguments: *const SimpleValue,
    count: usize,
    result: *mut SimpleValue,
) -> bool {
    attempt(|state| {
        if result.is_null() || !result.is_aligned() {
            return Err("result is null or not aligned".to_owned());
        }
        // SAFETY: not null and aligned (checked above); writable is what the caller upholds.
        unsafe { result.write(SimpleValue::UNIT) };
        // SAFETY: what the caller upholds.
        let arguments = unsafe { slice(arguments, count, "arguments") }?;
        // SAFETY: what the caller upholds.
        let arguments = arguments.iter().map(|argument| unsafe { value(argument) });
        let value = functions::call(state, function as usize, &arguments.collect::<Result<Vec<_>, _>>()?)?;
        // SAFETY: as above.
        unsafe { result.write(give(value)?) };
        Ok(())
    })
    .is_some()
}
