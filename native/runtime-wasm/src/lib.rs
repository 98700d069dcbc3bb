//! The runtime as a WebAssembly module: what programs that are modules import. `abi::module` says how the two and their host go together.
//!
//! The code is that of all engines; here are the linear memory, the way to the host, and the exports. With the feature `command` the host is a WASI host, and the
//! module is the one that is linked with a program (`abi::command`).
#![cfg(target_arch = "wasm32")]
#![allow(unsafe_code)] // exports and imports of a module; each block says why it holds

#[cfg(feature = "command")]
mod command;
mod exports;
#[cfg(not(feature = "command"))]
mod host;
#[cfg(feature = "command")]
mod library;
mod memory;
#[cfg(feature = "command")]
mod shape;
#[cfg(not(feature = "command"))]
mod values;
#[cfg(feature = "command")]
mod wasi;

#[cfg(feature = "command")]
use command as host;
