//! Runs programs that were compiled to WebAssembly, in Wasmtime: with limits of memory, time and fuel, and nothing of the world but what a [`Host`] gives.
//!
//! ```no_run
//! use sandbox::{BufferHost, Limits, Sandbox, Settings};
//!
//! let sandbox = Sandbox::new(Settings::default())?;
//! let program = sandbox.load(&std::fs::read("program.wasm")?)?;
//! let (host, outcome) = program.run(&Limits::default(), BufferHost::new(1 << 20));
//! match outcome?.error {
//!     None => print!("{}", String::from_utf8_lossy(&host.out)),
//!     Some(report) => eprint!("{report}"),
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A [`Sandbox`] is made once per process and holds the compiled runtime; a [`Program`] is inert and can be run any number of times, each time in an instance of its
//! own with a memory of its own. Whatever a program does ends as an [`Outcome`]. A module need not come from our compiler: it is validated, it reaches
//! nothing but its own memory and the runtime's functions, and what it does to itself is an error like any other.

mod imports;
mod load;
mod process;
mod reason;
mod run;
mod trace;

pub use abi::exports::{Export, Library};
pub use abi::report::{ErrorReport, Frame, StackTrace};
pub use load::{LoadError, Program, Sandbox, Settings};
pub use process::{CallError, Process};
pub use run::{Limits, Outcome, RunError};
pub use runtime::{BufferHost, Host, Input, Stream, Waker};
pub use stop::Stopper;

/// The runtime module, byte for byte as it runs everywhere.
pub const RUNTIME: &[u8] = include_bytes!(env!("SIMPLE_RUNTIME"));
