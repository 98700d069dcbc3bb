//! A module as a value.

use crate::header::{App, Arch, Compression, ModuleFlags, Platform};
use crate::meta::Specialisation;
use crate::note::Notes;
use crate::section::{Access, CodeTarget, Payload};
use crate::source_map::SourceMap;
use crate::symbol::Symbol;
use crate::template::Template;
use crate::version::Version;

/// All that a file says. What follows from it (offsets, counts, hashes, mangled names) is not kept but computed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Module {
    /// Bytes in front: nothing, a `#!` line with its line break, an executable.
    pub stub: Vec<u8>,
    /// The operating system it is for.
    pub platform: Platform,
    /// The machine that its primary code is for.
    pub arch: Arch,
    /// Its properties.
    pub flags: ModuleFlags,
    /// How sections are packed that become smaller.
    pub compression: Compression,
    /// Where an executable begins, in its primary code; 0 without one, and for what is not executable.
    pub entry_point: u64,
    /// For a launcher.
    pub app: App,
    /// Who made it.
    pub version: Version,
    /// Code and data, in the order of the file.
    pub sections: Vec<Section>,
    /// What it defines and needs, in any order; a file has them by the hash of the name.
    pub symbols: Vec<Symbol>,
    /// Generic functions and types, in the order of the file. Each has its symbol.
    pub templates: Vec<Template>,
    /// Instances that exist.
    pub specialisations: Vec<Specialisation>,
    /// Sources and lines.
    pub source_map: SourceMap,
    /// What the loader and the linker keep.
    pub notes: Notes,
}

impl Module {
    /// A module with nothing in it.
    pub fn new(platform: Platform, arch: Arch, version: Version) -> Module {
        Module {
            stub: Vec::new(),
            platform,
            arch,
            flags: ModuleFlags::default(),
            compression: Compression::None,
            entry_point: 0,
            app: App::default(),
            version,
            sections: Vec::new(),
            symbols: Vec::new(),
            templates: Vec::new(),
            specialisations: Vec::new(),
            source_map: SourceMap::default(),
            notes: Notes::default(),
        }
    }

    /// The section of a name.
    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }
}

/// A section whose contents are the producer's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Section {
    /// What it holds.
    pub payload: Payload,
    /// Its name, at most 16 bytes, unique in the module and none of the tables' own names. Of code: [`CodeTarget::section_name`].
    pub name: String,
    /// What a program may do with it.
    pub access: Access,
    /// A power of two up to 64 KiB: it begins at a multiple, in the file as well.
    pub align: u64,
    /// What is in it.
    pub contents: Contents,
}

impl Section {
    /// Code for a target, at a multiple of 16. What the interpreter runs is data to the machine.
    pub fn code(target: CodeTarget, bytes: Vec<u8>) -> Section {
        let access = if target.is_portable() { Access::READ } else { Access::EXEC };
        Section {
            payload: Payload::Code,
            name: target.section_name().to_owned(),
            access,
            align: 16,
            contents: Contents::Bytes(bytes),
        }
    }

    /// Bytes that are only read, at a multiple of 8.
    pub fn read_only(payload: Payload, name: impl Into<String>, bytes: Vec<u8>) -> Section {
        Section {
            payload,
            name: name.into(),
            access: Access::READ,
            align: 8,
            contents: Contents::Bytes(bytes),
        }
    }
}

/// The contents of a section.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Contents {
    /// Bytes; of every section that is not Bss.
    Bytes(Vec<u8>),
    /// So many zeros; of a Bss section.
    Zeros(u64),
}
