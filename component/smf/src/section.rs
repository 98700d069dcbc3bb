//! Entries of the section table, and the rules for them.

use crate::bytes::Origin;
use crate::error::{Fault, Part, ReadError};
use crate::header::{Arch, Compression};
use crate::pack;
use std::borrow::Cow;

/// Largest alignment of a section: a page of the machines with the largest ones.
pub(crate) const MAX_ALIGN: u64 = 64 << 10;
/// Alignment of this crate's tables, the section table among them.
pub(crate) const TABLE_ALIGN: u64 = 8;
/// Least alignment of the data as a whole.
pub(crate) const DATA_ALIGN: u64 = 16;
/// Longest name of a section in bytes.
const NAME_SIZE: usize = 16;

record! {
    /// A section entry as it stands in the file.
    RawSection, SectionOffsets, 64 {
        0 kind: u32,
        4 flags: u32,
        8 offset: u64,
        16 size: u64,
        24 vsize: u64,
        32 align: u64,
        40 name: [u8; 16],
    }
}

codes! {
    /// The type of a section.
    SectionKind: "a section type" {
        /// Machine code, WebAssembly or what the interpreter runs.
        Code = 1 "Code",
        /// Data that the program changes.
        Data = 2 "Data",
        /// Data that it only reads.
        RoData = 3 "RoData",
        /// Data that begins as zeros.
        Bss = 4 "Bss",
        /// Relocations.
        Reloc = 5 "Reloc",
        /// Symbols.
        SymTab = 6 "SymTab",
        /// Names of symbols.
        StrTab = 7 "StrTab",
        /// What a debugger reads.
        Debug = 8 "Debug",
        /// Types and interfaces.
        TypeInfo = 9 "TypeInfo",
        /// Who made the module.
        Version = 10 "Version",
        /// Source files and lines.
        SrcMap = 11 "SrcMap",
        /// Templates.
        TemplateCode = 12 "TemplateCode",
        /// Counts and specialisations of templates.
        TemplateMeta = 13 "TemplateMeta",
        /// Tables in SDN.
        Note = 14 "Note",
    }
}

impl SectionKind {
    /// The name that a section of this kind always has, where the kind decides it.
    pub(crate) const fn fixed_name(self) -> Option<&'static str> {
        match self {
            SectionKind::SymTab => Some("symtab"),
            SectionKind::StrTab => Some("strtab"),
            SectionKind::Version => Some("version"),
            SectionKind::SrcMap => Some("srcmap"),
            SectionKind::TemplateCode => Some("template.code"),
            SectionKind::TemplateMeta => Some("template.meta"),
            SectionKind::Note => Some("note.sdn"),
            SectionKind::Code
            | SectionKind::Data
            | SectionKind::RoData
            | SectionKind::Bss
            | SectionKind::Reloc
            | SectionKind::Debug
            | SectionKind::TypeInfo => None,
        }
    }

    /// The place in the order of sections: payloads as the producer wants them, then the tables.
    pub(crate) const fn rank(self) -> u8 {
        match self.payload() {
            Some(_) => 0,
            None => self.code(),
        }
    }

    /// The kind of payload, for sections whose bytes are the producer's.
    pub(crate) const fn payload(self) -> Option<Payload> {
        match self {
            SectionKind::Code => Some(Payload::Code),
            SectionKind::Data => Some(Payload::Data),
            SectionKind::RoData => Some(Payload::RoData),
            SectionKind::Bss => Some(Payload::Bss),
            SectionKind::Reloc => Some(Payload::Reloc),
            SectionKind::Debug => Some(Payload::Debug),
            SectionKind::TypeInfo => Some(Payload::TypeInfo),
            SectionKind::SymTab
            | SectionKind::StrTab
            | SectionKind::Version
            | SectionKind::SrcMap
            | SectionKind::TemplateCode
            | SectionKind::TemplateMeta
            | SectionKind::Note => None,
        }
    }
}

/// The kinds of sections whose contents this crate does not look into.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Payload {
    /// Machine code, WebAssembly or what the interpreter runs; the name says which ([`CodeTarget`]).
    Code,
    /// Data that the program changes.
    Data,
    /// Data that it only reads.
    RoData,
    /// Data that begins as zeros and takes no room in the file.
    Bss,
    /// Relocations.
    Reloc,
    /// What a debugger reads.
    Debug,
    /// Types and interfaces.
    TypeInfo,
}

impl Payload {
    /// The type in the section table.
    pub const fn kind(self) -> SectionKind {
        match self {
            Payload::Code => SectionKind::Code,
            Payload::Data => SectionKind::Data,
            Payload::RoData => SectionKind::RoData,
            Payload::Bss => SectionKind::Bss,
            Payload::Reloc => SectionKind::Reloc,
            Payload::Debug => SectionKind::Debug,
            Payload::TypeInfo => SectionKind::TypeInfo,
        }
    }
}

/// What a Code section is for; stands in its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CodeTarget {
    /// A machine: `code.x86_64` and so on.
    Machine(Arch),
    /// The interpreter: `mir`.
    Mir,
}

impl CodeTarget {
    /// The name of the section with code for it.
    pub const fn section_name(self) -> &'static str {
        match self {
            CodeTarget::Mir => "mir",
            CodeTarget::Machine(Arch::X86_64) => "code.x86_64",
            CodeTarget::Machine(Arch::Aarch64) => "code.aarch64",
            CodeTarget::Machine(Arch::X86) => "code.x86",
            CodeTarget::Machine(Arch::Arm) => "code.arm",
            CodeTarget::Machine(Arch::Rv64) => "code.rv64",
            CodeTarget::Machine(Arch::Rv32) => "code.rv32",
            CodeTarget::Machine(Arch::Wasm32) => "code.wasm32",
            CodeTarget::Machine(Arch::Wasm64) => "code.wasm64",
        }
    }

    /// The target of a section's name.
    pub fn from_section_name(name: &str) -> Option<CodeTarget> {
        let machines = Arch::ALL.iter().map(|&arch| CodeTarget::Machine(arch));
        machines.chain([CodeTarget::Mir]).find(|target| target.section_name() == name)
    }

    /// Whether it is translated before it runs, so that nobody maps it from the file.
    pub(crate) const fn is_portable(self) -> bool {
        match self {
            CodeTarget::Mir | CodeTarget::Machine(Arch::Wasm32 | Arch::Wasm64) => true,
            CodeTarget::Machine(
                Arch::X86_64 | Arch::Aarch64 | Arch::X86 | Arch::Arm | Arch::Rv64 | Arch::Rv32,
            ) => false,
        }
    }
}

/// What a program may do with the bytes of a section.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Access {
    /// Read them.
    pub read: bool,
    /// Change them.
    pub write: bool,
    /// Run them: only in Code sections, and never together with `write`.
    pub exec: bool,
}

impl Access {
    /// Only reading.
    pub const READ: Access = Access { read: true, write: false, exec: false };
    /// Reading and changing.
    pub const WRITE: Access = Access { read: true, write: true, exec: false };
    /// Reading and running.
    pub const EXEC: Access = Access { read: true, write: false, exec: true };

    pub(crate) fn bits(self) -> u32 {
        u32::from(self.read) | u32::from(self.write) << 1 | u32::from(self.exec) << 2
    }

    fn from_bits(bits: u32) -> Access {
        Access { read: bits & 1 != 0, write: bits & 2 != 0, exec: bits & 4 != 0 }
    }
}

/// The flag of a packed section.
pub(crate) const PACKED: u32 = 8;

/// The rules for name, access and alignment, which hold on both ways. Answers with the field that is at fault.
pub(crate) fn check(
    kind: SectionKind,
    name: &str,
    access: Access,
    align: u64,
) -> Result<(), (SectionField, Fault)> {
    if name.is_empty() || name.len() > NAME_SIZE || name.contains('\0') {
        let fault =
            Fault::new(format!("a name of 1 to {NAME_SIZE} bytes without zeros"), format!("{name:?}"));
        return Err((SectionField::Name, fault));
    }
    let fits = match kind.fixed_name() {
        Some(fixed) => fixed == name,
        None => kind != SectionKind::Code || CodeTarget::from_section_name(name).is_some(),
    };
    if !fits {
        let expected = kind.fixed_name().unwrap_or("`mir` or `code.` and an architecture");
        return Err((
            SectionField::Name,
            Fault::new(format!("{expected} for a {kind} section"), format!("{name:?}")),
        ));
    }
    if access.write && access.exec {
        return Err((
            SectionField::Flags,
            Fault::new("a section that is either written or run", "write and exec"),
        ));
    }
    if access.exec && kind != SectionKind::Code {
        return Err((
            SectionField::Flags,
            Fault::new("exec for Code alone", format!("exec for a {kind} section")),
        ));
    }
    if kind.payload().is_none() && access != Access::READ {
        return Err((
            SectionField::Flags,
            Fault::new("read alone for a table", format!("flags {:#x}", access.bits())),
        ));
    }
    if kind.payload().is_none() && align != TABLE_ALIGN {
        return Err((
            SectionField::Align,
            Fault::new(format!("alignment {TABLE_ALIGN} of a table"), align.to_string()),
        ));
    }
    if !align.is_power_of_two() || align > MAX_ALIGN {
        let fault = Fault::new(format!("an alignment 1, 2, 4 ... {MAX_ALIGN}"), align.to_string());
        return Err((SectionField::Align, fault));
    }
    Ok(())
}

/// The fields that [`check`] may blame.
pub(crate) enum SectionField {
    Name,
    Flags,
    Align,
}

/// A section of a file.
#[derive(Clone, Copy, Debug)]
pub struct SectionView<'a> {
    /// What it holds.
    pub kind: SectionKind,
    /// Its name; no two sections have the same.
    pub name: &'a str,
    /// What a program may do with it.
    pub access: Access,
    /// How it is packed.
    pub packed: Compression,
    /// Where it begins, from the data offset.
    pub offset: u64,
    /// Size in the file.
    pub size: u64,
    /// Size when unpacked, or of the zeros of a Bss section.
    pub vsize: u64,
    /// It begins at a multiple of this.
    pub align: u64,
    /// The bytes in the file.
    pub stored: &'a [u8],
    /// Where it begins in the file.
    pub(crate) file_offset: u64,
}

impl<'a> SectionView<'a> {
    /// One entry of the table, which stands at `at` in the file. `data` is what lies between data offset and section table.
    pub(crate) fn decode(
        entry: &'a [u8; RawSection::SIZE],
        at: u64,
        data: &'a [u8],
        data_at: u64,
        method: Compression,
    ) -> Result<SectionView<'a>, ReadError> {
        let fail = |field: usize, fault: Fault| fault.at(Part::Sections, at + field as u64);
        let fields = RawSection::AT;
        let raw = RawSection::decode(entry);
        crate::header::reserved(entry, RawSection::USED).map_err(|(index, fault)| fail(index, fault))?;
        let code = u8::try_from(raw.kind)
            .map_err(|_| fail(fields.kind, Fault::new("the code of a section type", raw.kind.to_string())))?;
        let kind = SectionKind::from_code(code).map_err(|fault| fail(fields.kind, fault))?;
        let name = name_of(&entry[fields.name..fields.name + NAME_SIZE])
            .map_err(|fault| fail(fields.name, fault))?;
        let access = Access::from_bits(raw.flags);
        let is_packed = raw.flags & PACKED != 0;
        if raw.flags != access.bits() | raw.flags & PACKED {
            return Err(fail(
                fields.flags,
                Fault::new("no flags but 1, 2, 4, 8", format!("{:#x}", raw.flags)),
            ));
        }
        check(kind, name, access, raw.align).map_err(|(field, fault)| match field {
            SectionField::Name => fail(fields.name, fault),
            SectionField::Flags => fail(fields.flags, fault),
            SectionField::Align => fail(fields.align, fault),
        })?;
        if is_packed && (method == Compression::None || !pack::packable(kind, name)) {
            let fault =
                Fault::new(format!("`{name}` as it is"), format!("packed, in a module with {method}"));
            return Err(fail(fields.flags, fault));
        }
        let (sound, expected) = if kind == SectionKind::Bss {
            (raw.size == 0, "size 0 of a Bss section")
        } else if is_packed {
            (0 < raw.size && raw.size < raw.vsize, "a packed size below the unpacked one")
        } else {
            (raw.size == raw.vsize, "one size for what is not packed")
        };
        if !sound {
            let sizes = format!("size {}, vsize {}", raw.size, raw.vsize);
            return Err(fail(fields.size, Fault::new(expected, sizes)));
        }
        let stored = usize::try_from(raw.offset)
            .ok()
            .zip(usize::try_from(raw.size).ok())
            .and_then(|(offset, size)| data.get(offset..)?.get(..size));
        let Some(stored) = stored else {
            let fault = Fault::new(
                format!("a section within the {} bytes of data", data.len()),
                format!("offset {}, size {}", raw.offset, raw.size),
            );
            return Err(fail(fields.offset, fault));
        };
        Ok(SectionView {
            kind,
            name,
            access,
            packed: if is_packed { method } else { Compression::None },
            offset: raw.offset,
            size: raw.size,
            vsize: raw.vsize,
            align: raw.align,
            stored,
            file_offset: data_at + raw.offset,
        })
    }

    /// The unpacked bytes. A Bss section has none.
    pub fn contents(&self) -> Result<Cow<'a, [u8]>, ReadError> {
        if self.packed == Compression::None {
            return Ok(Cow::Borrowed(self.stored));
        }
        let fail = |fault: Fault| fault.at(Part::Contents, self.file_offset);
        let size = usize::try_from(self.vsize)
            .map_err(|_| fail(Fault::new("a size that memory can hold", self.vsize.to_string())))?;
        pack::unpack(self.packed, self.stored, size).map(Cow::Owned).map_err(fail)
    }

    /// What errors in its contents refer to.
    pub(crate) fn origin(&self, part: Part) -> Origin {
        Origin { part, start: self.file_offset, packed: self.packed != Compression::None }
    }
}

/// The name in a field: up to the first zero, with nothing but zeros behind it.
fn name_of(field: &[u8]) -> Result<&str, Fault> {
    let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
    let (name, rest) = field.split_at(end);
    if rest.iter().any(|&byte| byte != 0) {
        return Err(Fault::new("zeros behind the name", crate::bytes::quoted(field)));
    }
    std::str::from_utf8(name).map_err(|_| Fault::new("a name in UTF-8", crate::bytes::quoted(field)))
}

/// The entry for a section.
pub(crate) fn encode_entry(
    kind: SectionKind,
    name: &str,
    flags: u32,
    offset: u64,
    size: u64,
    vsize: u64,
    align: u64,
) -> [u8; RawSection::SIZE] {
    let mut field = [0; NAME_SIZE];
    field[..name.len()].copy_from_slice(name.as_bytes());
    RawSection { kind: u32::from(kind.code()), flags, offset, size, vsize, align, name: field }.encode()
}
