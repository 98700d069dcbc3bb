//! SMF, the module format: how a compiled module travels.
//!
//! A file is a *stub* (nothing, a `#!` line, or a whole executable), then the data of the module, then a header of 128 bytes at the very
//! end. So anything may stand in front of a module, and a reader begins at the end.
//!
//! ```text
//! stub                 `stub size` bytes, then zeros up to a multiple of the largest alignment
//! sections             from `smf data offset` on; each at a multiple of its alignment, zeros between
//! section table        one entry of 64 bytes for each section
//! header               128 bytes
//! ```
//!
//! Offsets in the tables count from `smf data offset`, so a stub can be added and taken away without touching them ([`attach_stub`],
//! [`strip_stub`]). All integers are little endian; the fields of the header, of a section entry and of a symbol follow one another
//! without gaps, and what is left of the record is reserved and zero (see the tables in `header.rs`, `section.rs`, `symbol.rs`).
//!
//! | section | type | contents |
//! |---|---|---|
//! | `code.<arch>`, `mir` | Code | machine code of one target, or what the interpreter runs: bytes of the producer |
//! | any name | Data, RoData, Reloc, Debug, TypeInfo | bytes of the producer |
//! | any name | Bss | a size, no bytes |
//! | `symtab` | SymTab | symbols of 72 bytes, by the hash of their name, then by name |
//! | `strtab` | StrTab | the names of the symbols in their order, each ended by a zero |
//! | `version` | Version | compiler version (text), ABI hash u64, MIR format version u32 |
//! | `srcmap` | SrcMap | source files with hashes; for symbols, lines and columns of code offsets |
//! | `template.code` | TemplateCode | `GTPL`, version u16, count u32, templates |
//! | `template.meta` | TemplateMeta | `META`, version u16, counts by kind, specialisations |
//! | `note.sdn` | Note | tables in SDN: what was instantiated, what may be, where types were inferred |
//!
//! `symtab`, `strtab` and `version` are in every module; the other tables when they say something. A text inside a table is a u16 length and UTF-8.
//!
//! `value` and `size` of a function's symbol are a range of the *primary code*: the section `code.<arch>` for the header's arch. In a
//! module without it they are zero. Code sections for other targets name their functions themselves.
//!
//! Reading trusts nothing: [`View::open`] refuses a file whose hash is wrong, and every number is checked against what it indexes, with
//! an error that says where ([`ReadError`]). The producer's sections come first, then the tables by type. Apart from notes, which
//! people may write, and packed bytes, one module has one encoding.
//!
//! Two ways in: [`View`] borrows the file, finds symbols by hash and decodes a template when asked for it; [`read`] makes a
//! [`Module`], which owns everything and can be changed and written again with [`write`].

#[macro_use]
mod record;

mod bytes;
mod error;
mod hash;
mod header;
mod listing;
mod mangle;
mod meta;
mod model;
mod note;
mod pack;
mod read;
mod sdn;
mod section;
mod source_map;
mod stub;
mod symbol;
mod template;
mod version;
mod write;

pub use error::{Part, ReadError, WriteError};
pub use hash::{content_hash, module_hash, name_hash, source_hash};
pub use header::{App, AppType, Arch, Compression, HEADER_SIZE, Header, ModuleFlags, Platform};
pub use listing::listing;
pub use mangle::{NotMangled, demangle, mangle};
pub use meta::{Meta, Specialisation, TemplateCounts};
pub use model::{Contents, Module, Section};
pub use note::{Instantiation, Location, NoteError, Notes, Possible, Status, TypeInference};
pub use read::{Limits, SymbolTable, View, read};
pub use section::{Access, CodeTarget, Payload, SectionKind, SectionView};
pub use source_map::{LineRow, SourceFile, SourceMap, SymbolLines};
pub use stub::{attach_stub, extract, strip_stub};
pub use symbol::{Binding, Phase, Role, Symbol, SymbolKind, SymbolView, Visibility};
pub use template::{Template, TemplateKind, TemplateView, Templates};
pub use version::Version;
pub use write::write;
