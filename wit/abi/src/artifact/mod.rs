//! The artifact: what the compiler hands to a host. Machine code for one target with all that is needed to link it.
//!
//! ```text
//! magic "SIMPLEA\0"   abi hash u64   target u8   then, all integers as LEB128:
//! baseline, strings, code, functions, slots, types, table, globals, symbols, entry, lines, files, locs
//! ```
//! The code section holds, in this order: functions (instructions, then the constants they read), slot words. It runs from
//! any address that is a multiple of [`CODE_ALIGN`]; nothing in it refers to anything outside except through the tables
//! before the heap base.
//!
//! *Symbols.* A program may consist of several artifacts. What they have in common is found by name: functions (runs of the function
//! table, which all artifacts of a program share) and variables. Such artifacts have no table of their own, are emitted with the largest
//! `table_bits`, and are linked while the program runs, too.
//!
//! The form is canonical: one artifact has one encoding. [`Artifact::decode`] is meant for bytes from anyone: it checks each number against
//! what it indexes, and says where the first wrong one stands.

pub(crate) mod read;
pub(crate) mod types;
pub(crate) mod write;

use crate::report::Frame;
use crate::{ABI_VERSION, RtFn, TypeDesc, TypeId, context};
use alloc::{string::String, sync::Arc, vec::Vec};

/// The first bytes of every artifact.
pub const MAGIC: [u8; 8] = *b"SIMPLEA\0";
/// Code is loaded at a multiple of this: AArch64 addresses its constants by page.
pub const CODE_ALIGN: usize = 4096;
/// Functions begin at multiples of this.
pub const FUNC_ALIGN: u32 = 16;
/// Largest frame of a function. The host keeps at least this much stack below the limit that functions check.
pub const MAX_FRAME: u32 = 64 << 10;
/// Smallest and largest `table_bits`.
pub const TABLE_BITS: core::ops::RangeInclusive<u32> = 6..=16;

/// The machine that an artifact is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Target {
    /// x86-64, System V.
    X86_64 = 1,
    /// AArch64, little endian, AAPCS64.
    Aarch64 = 2,
}

impl Target {
    /// All targets.
    pub const ALL: [Target; 2] = [Target::X86_64, Target::Aarch64];

    /// The printed name.
    pub const fn name(self) -> &'static str {
        match self {
            Target::X86_64 => "x86_64",
            Target::Aarch64 => "aarch64",
        }
    }

    /// The target of a printed name.
    pub fn from_name(name: &str) -> Option<Target> {
        Target::ALL.into_iter().find(|target| target.name() == name)
    }

    /// The instructions that emitted code may use, by name: SSE4.2 and POPCNT, or plain Armv8.
    pub const fn baseline(self) -> &'static str {
        match self {
            Target::X86_64 => "x86-64-v2",
            Target::Aarch64 => "armv8-a",
        }
    }

    /// The machine that this was compiled for, where it can run artifacts.
    pub const fn host() -> Option<Target> {
        if cfg!(target_arch = "x86_64") {
            Some(Target::X86_64)
        } else if cfg!(all(target_arch = "aarch64", target_endian = "little")) {
            Some(Target::Aarch64)
        } else {
            None
        }
    }
}

/// Hash (FNV-1a) of what emitted code and runtime must agree on: the version, the context offsets, and each row of the
/// runtime table with its signature.
pub fn abi_hash() -> u64 {
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    hash.add(&ABI_VERSION.to_le_bytes());
    for offset in [
        context::RT_TABLE,
        context::FN_TABLE,
        context::STACK_LIMIT,
        context::INTERRUPT,
        context::ARGS,
        context::RESULTS,
    ] {
        hash.add(&offset.to_le_bytes());
    }
    for function in RtFn::ALL {
        hash.add(function.name().as_bytes());
        for param in function.params() {
            hash.add(&[1, param.repr() as u8, u8::from(param.is_consumed())]);
        }
        hash.add(&[2, function.result().map_or(0xFF, |repr| repr as u8)]);
    }
    hash.0
}

struct Fnv(u64);

impl Fnv {
    fn add(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

/// An artifact, taken apart. Inert data: nothing here is executable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Artifact {
    /// The machine it is for.
    pub target: Target,
    /// Name of the instruction set its code stays within.
    pub baseline: String,
    /// Instructions, constants, slot words.
    pub code: Vec<u8>,
    /// The functions, in the order of their code.
    pub funcs: Vec<FuncEntry>,
    /// The words that the loader fills in, in the order of their offsets.
    pub slots: Vec<SlotEntry>,
    /// Type descriptors; the first `well_known::FIRST_OWN` are the well-known ones.
    pub types: Vec<TypeDesc>,
    /// Function numbers of the function table, in order.
    pub table: Vec<u32>,
    /// Indirect calls mask their index with `2^table_bits - 1`.
    pub table_bits: u32,
    /// Type of the object with the module-level variables.
    pub globals: Option<TypeId>,
    /// What it shares with other artifacts of the program.
    pub symbols: Vec<Symbol>,
    /// Function number of the entry, `() -> i64`.
    pub entry: Option<u32>,
    /// Which code was written where, in the order of the offsets.
    pub lines: Vec<Line>,
    /// Paths of source files.
    pub files: Vec<Arc<str>>,
    /// Source places.
    pub locs: Vec<Loc>,
}

/// A function of an artifact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FuncEntry {
    /// Its printed name.
    pub name: Arc<str>,
    /// Offset of its first instruction in the code section.
    pub offset: u32,
    /// Offset behind its last instruction; its constants follow.
    pub end: u32,
    /// Bytes of its frame below the frame pointer.
    pub frame: u32,
}

/// A word of the code section that the loader fills in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SlotEntry {
    /// Offset of the u32 in the code section.
    pub offset: u32,
    /// What goes there.
    pub fill: SlotFill,
}

/// What the loader puts into a slot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SlotFill {
    /// Offset of an immortal text object.
    Text(Arc<str>),
    /// Id of a type descriptor after linking.
    Type(TypeId),
    /// Function-table index of the n-th entry of the table after linking.
    Table(u32),
    /// Offset of the globals object.
    Globals,
    /// For code: the function-table index of the symbol's first entry. For a variable: the offset of the object that holds it.
    Symbol(u32),
    /// Number of a function of the host.
    Host(HostFunction),
}

/// A function that a program expects of its host.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostFunction {
    /// Its name.
    pub name: Arc<str>,
    /// The class of the objects that go to the host: the parameters, and last the result.
    pub frame: TypeId,
}

/// What artifacts of one program know each other by. Symbols are the same where name and signature are: a function that gets another
/// signature is another symbol, and code that calls the old one goes on doing so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Symbol {
    /// Module, function and type arguments.
    pub name: Arc<str>,
    /// Hash of everything about its types that whoever uses it relies on.
    pub signature: u64,
    /// Hash of what it does: with the same one, code that is there need not be replaced.
    pub content: u64,
    /// Values may hold its place in the table, as closures and trait objects do; else only code does.
    pub is_value: bool,
    /// What it stands for.
    pub kind: SymbolKind,
}

/// What a symbol stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SymbolKind {
    /// A run of the function table that holds these functions (their numbers). There is at least one.
    Code(Vec<u32>),
    /// A run of so many entries that another artifact fills.
    Import(u32),
    /// A variable in an object of its own.
    Variable {
        /// The object's type, of the kind `Class`.
        ty: TypeId,
        /// The number of the symbol of a function `() -> ()` that gives it its value, where there is one.
        initialiser: Option<u32>,
    },
}

/// From `offset` up to the next line's offset, code was written at `loc`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line {
    /// Offset in the code section.
    pub offset: u32,
    /// Index into `Artifact::locs`; none for constants and slot words.
    pub loc: Option<u32>,
}

/// A place in the source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Loc {
    /// Index into `Artifact::files`.
    pub file: u32,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// The function that was written there.
    pub function: Arc<str>,
    /// Index into `Artifact::locs`: where that function was inlined.
    pub inlined_at: Option<u32>,
    /// In the standard library: a stack trace leaves it out.
    pub is_std: bool,
}

/// Why bytes are not an artifact that this version can load.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DecodeError {
    /// Where in the bytes.
    pub offset: usize,
    /// What is wrong there.
    pub what: &'static str,
}

impl core::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "not a loadable artifact: {} at byte {}", self.what, self.offset)
    }
}

impl core::error::Error for DecodeError {}

impl Artifact {
    /// One with nothing in it, to begin a program of parts with.
    pub fn empty(target: Target) -> Artifact {
        Artifact {
            target,
            baseline: target.baseline().into(),
            code: Vec::new(),
            funcs: Vec::new(),
            slots: Vec::new(),
            types: crate::types::well_known(),
            table: Vec::new(),
            table_bits: *TABLE_BITS.end(),
            globals: None,
            symbols: Vec::new(),
            entry: None,
            lines: Vec::new(),
            files: Vec::new(),
            locs: Vec::new(),
        }
    }

    /// The bytes of the artifact.
    pub fn encode(&self) -> Vec<u8> {
        write::encode(self)
    }

    /// Reads and checks an artifact.
    ///
    /// # Errors
    /// The first thing that is wrong: another magic or ABI, an index that names nothing, code ranges that overlap, a type that
    /// contains itself, and so on.
    pub fn decode(bytes: &[u8]) -> Result<Artifact, DecodeError> {
        read::decode(bytes)
    }

    /// The function whose instructions contain an offset of the code section.
    pub fn func_at(&self, offset: u32) -> Option<&FuncEntry> {
        let after = self.funcs.partition_point(|func| func.offset <= offset);
        let func = self.funcs.get(after.checked_sub(1)?)?;
        (offset < func.end).then_some(func)
    }

    /// The source place (an index into `locs`) of an offset of the code section.
    pub fn loc_at(&self, offset: u32) -> Option<u32> {
        loc_at(&self.lines, offset)
    }
}

/// The source place (an index into the places) of an offset.
pub(crate) fn loc_at(lines: &[Line], offset: u32) -> Option<u32> {
    let after = lines.partition_point(|line| line.offset <= offset);
    lines.get(after.checked_sub(1)?)?.loc
}

/// The calls that a source place (an index into `locs`) stands for, innermost first: inlined ones are frames of their own, those of the standard library are
/// left out.
pub fn frames(files: &[Arc<str>], locs: &[Loc], innermost: Option<u32>) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut next = innermost;
    while let Some(index) = next {
        let loc = &locs[index as usize];
        if !loc.is_std {
            frames.push(Frame {
                function: (*loc.function).into(),
                file: (*files[loc.file as usize]).into(),
                line: loc.line,
                column: loc.column,
            });
        }
        next = loc.inlined_at;
    }
    frames
}
