//! The host's side of the runtime's imports.

use crate::reason::Reason;
use abi::ErrorKind;
use abi::module::{self, HEAP_BASE, input};
use runtime::{Host, Input, Stream};
use wasmtime::{Caller, Engine, Extern, Linker, Memory, ResourceLimiter};

/// What the store keeps.
pub(crate) struct State<H> {
    pub(crate) host: H,
    /// Bytes that the heap may take.
    limit: u64,
    /// The program asked for more than that, and for more than what the runtime may need beside.
    pub(crate) refused: bool,
    /// Why the program is to stop.
    pub(crate) reason: Reason,
    /// What the next `TAKE` gets.
    announced: Vec<u8>,
}

impl<H> State<H> {
    pub(crate) fn new(host: H, limit: u64, reason: Reason) -> State<H> {
        State { host, limit, refused: false, reason, announced: Vec::new() }
    }

    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    /// The runtime's lists grow with what the program's heap holds, and stand in the same memory.
    fn most(&self) -> u64 {
        const BESIDE: u64 = 64 << 20;
        u64::from(HEAP_BASE) + 2 * self.limit + BESIDE
    }
}

impl<H: Send> ResourceLimiter for State<H> {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let fits = desired as u64 <= self.most();
        self.refused |= !fits;
        Ok(fits)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        // Programs of ours have tables of a fixed size, below this.
        Ok(desired <= 1 << 20)
    }
}

/// A runtime function failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: ErrorKind,
    /// The first argument of the kind: the code of `exit`.
    pub(crate) first: i64,
    pub(crate) message: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// The functions that the runtime gets.
pub(crate) fn linker<H: Host + Send + 'static>(engine: &Engine) -> wasmtime::Result<Linker<State<H>>> {
    let mut linker = Linker::new(engine);
    let host = module::HOST;
    linker.func_wrap(host, module::LIMIT, |caller: Caller<'_, State<H>>| caller.data().limit)?;
    linker.func_wrap(
        host,
        module::WRITE,
        |mut caller: Caller<'_, State<H>>, stream: u32, at: u32, len: u32| {
            let memory = memory(&mut caller)?;
            let (bytes, state) = memory.data_and_store_mut(&mut caller);
            let stream = if stream == 0 { Stream::Out } else { Stream::Err };
            let bytes = slice(at, len).and_then(|range| bytes.get(range)).ok_or_else(outside)?;
            Ok(u32::from(state.host.write(stream, bytes)))
        },
    )?;
    linker.func_wrap(host, module::READ_LINE, |mut caller: Caller<'_, State<H>>| {
        let state = caller.data_mut();
        match state.host.read_line() {
            Input::Line(line) => state.announce(line.into_bytes()),
            Input::End | Input::Pending => input::END,
            Input::TooLong => input::TOO_LONG,
            Input::Interrupted => input::INTERRUPTED,
        }
    })?;
    linker.func_wrap(host, module::ARGS, |mut caller: Caller<'_, State<H>>| {
        let state = caller.data_mut();
        let mut bytes = Vec::new();
        for arg in state.host.args() {
            bytes.extend_from_slice(arg.as_bytes());
            bytes.push(0);
        }
        state.announce(bytes)
    })?;
    linker.func_wrap(host, module::TAKE, |mut caller: Caller<'_, State<H>>, at: u32| {
        let memory = memory(&mut caller)?;
        let (bytes, state) = memory.data_and_store_mut(&mut caller);
        let announced = std::mem::take(&mut state.announced);
        let range = slice(at, announced.len() as u32);
        let place = range.and_then(|range| bytes.get_mut(range)).ok_or_else(outside)?;
        place.copy_from_slice(&announced);
        Ok(())
    })?;
    linker.func_wrap(
        host,
        module::FAIL,
        |mut caller: Caller<'_, State<H>>,
         kind: u32,
         first: i64,
         at: u32,
         len: u32|
         -> wasmtime::Result<()> {
            let memory = memory(&mut caller)?;
            let bytes =
                slice(at, len).and_then(|range| memory.data(&caller).get(range)).ok_or_else(outside)?;
            let message = String::from_utf8_lossy(bytes).into_owned();
            let kind = ErrorKind::from_number(kind).unwrap_or(ErrorKind::Internal);
            Err(Failure { kind, first, message }.into())
        },
    )?;
    Ok(linker)
}

impl<H> State<H> {
    fn announce(&mut self, bytes: Vec<u8>) -> i32 {
        match i32::try_from(bytes.len()) {
            Ok(len) => {
                self.announced = bytes;
                len
            }
            Err(_) => input::TOO_LONG,
        }
    }
}

/// The memory of the runtime that calls.
fn memory<H>(caller: &mut Caller<'_, State<H>>) -> wasmtime::Result<Memory> {
    match caller.get_export(module::MEMORY) {
        Some(Extern::Memory(memory)) => Ok(memory),
        Some(_) | None => Err(wasmtime::Error::msg("the runtime has no memory")),
    }
}

fn slice(at: u32, len: u32) -> Option<std::ops::Range<usize>> {
    Some(at as usize..at.checked_add(len)? as usize)
}

fn outside() -> wasmtime::Error {
    wasmtime::Error::msg("the runtime names bytes outside of its memory")
}
