//! The runtime as a WebAssembly module: what programs that are modules import. `abi::module` says how the two and their host go together.
//!
//! The code is that of all engines; here are the linear memory, the way to the host, and the exports.
#![cfg(target_arch = "wasm32")]
#![allow(unsafe_code)] // exports and imports of a module; each block says why it holds

mod exports;
mod host;
mod memory;
