//! The header: 128 bytes at the end of the file.

use crate::bytes::quoted;
use crate::error::{Fault, Part, ReadError};

/// Bytes of the header.
pub const HEADER_SIZE: usize = RawHeader::SIZE;
/// The first bytes of the header.
pub(crate) const MAGIC: [u8; 4] = *b"SMF\0";
/// Version of the format, major and minor.
pub(crate) const VERSION: (u8, u8) = (1, 1);

record! {
    /// The header as it stands in the file.
    RawHeader, HeaderOffsets, 128 {
        0 magic: [u8; 4],
        4 version_major: u8,
        5 version_minor: u8,
        6 platform: u8,
        7 arch: u8,
        8 flags: u32,
        12 compression: u8,
        13 compression_level: u8,
        14 compression_pad: [u8; 2],
        16 section_count: u32,
        20 section_table_offset: u64,
        28 symbol_table_offset: u64,
        36 symbol_count: u32,
        40 exported_count: u32,
        44 entry_point: u64,
        52 stub_size: u32,
        56 smf_data_offset: u32,
        60 module_hash: u64,
        68 source_hash: u64,
        76 app_type: u8,
        77 window_width: u16,
        79 window_height: u16,
        81 prefetch: u8,
        82 prefetch_count: u8,
    }
}

codes! {
    /// The operating system that a module is for.
    Platform: "a platform" {
        /// Runs everywhere.
        Any = 0 "any",
        /// Linux.
        Linux = 1 "linux",
        /// Windows.
        Windows = 2 "windows",
        /// macOS.
        MacOs = 3 "macos",
        /// FreeBSD.
        FreeBsd = 4 "freebsd",
        /// No operating system.
        None = 5 "none",
    }
}

codes! {
    /// The machine that a module is for.
    Arch: "an architecture" {
        /// x86, 64 bit.
        X86_64 = 0 "x86_64",
        /// Arm, 64 bit.
        Aarch64 = 1 "aarch64",
        /// x86, 32 bit.
        X86 = 2 "x86",
        /// Arm, 32 bit.
        Arm = 3 "arm",
        /// RISC-V, 64 bit.
        Rv64 = 4 "rv64",
        /// RISC-V, 32 bit.
        Rv32 = 5 "rv32",
        /// WebAssembly with 32-bit memory.
        Wasm32 = 6 "wasm32",
        /// WebAssembly with 64-bit memory.
        Wasm64 = 7 "wasm64",
    }
}

codes! {
    /// How packed sections are packed.
    Compression: "a compression method" {
        /// No section is packed.
        None = 0 "none",
        /// Zstandard.
        Zstd = 1 "zstd",
        /// LZ4 blocks.
        Lz4 = 2 "lz4",
    }
}

impl Compression {
    /// The level that the writer of this crate uses.
    pub(crate) const fn level(self) -> u8 {
        match self {
            Compression::None | Compression::Lz4 => 0,
            Compression::Zstd => 1,
        }
    }
}

codes! {
    /// What kind of program an executable module is.
    AppType: "a kind of program" {
        /// Runs in a terminal.
        Cli = 0 "cli",
        /// Draws in a terminal.
        Tui = 1 "tui",
        /// Opens a window.
        Gui = 2 "gui",
        /// Runs in the background.
        Service = 3 "service",
        /// Reads and evaluates lines.
        Repl = 4 "repl",
    }
}

/// What a launcher should know before it starts the program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct App {
    /// The kind of program.
    pub kind: AppType,
    /// Size of its first window, in points: width and height; zero when it does not say.
    pub window: (u16, u16),
    /// How eagerly files are read ahead: 0 not at all, more is more.
    pub prefetch: u8,
    /// How many files are read ahead.
    pub prefetch_count: u8,
}

impl Default for App {
    fn default() -> App {
        App { kind: AppType::Cli, window: (0, 0), prefetch: 0, prefetch_count: 0 }
    }
}

/// Properties of a module. That it has a stub is not among them: a module has one if there are bytes of it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ModuleFlags {
    /// It has an entry point.
    pub executable: bool,
    /// It may be replaced while it runs.
    pub reloadable: bool,
    /// It carries what a debugger wants.
    pub debug: bool,
    /// Its code runs at any address.
    pub pic: bool,
}

const HAS_STUB: u32 = 1 << 4;

impl ModuleFlags {
    /// The flags that are set, by name, in the order of their bits.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.rows().into_iter().filter_map(|(set, name)| set.then_some(name))
    }

    fn rows(self) -> [(bool, &'static str); 4] {
        [
            (self.executable, "executable"),
            (self.reloadable, "reloadable"),
            (self.debug, "debug"),
            (self.pic, "pic"),
        ]
    }

    fn bits(self) -> u32 {
        self.rows().into_iter().enumerate().map(|(bit, (set, _))| u32::from(set) << bit).sum()
    }

    fn from_bits(bits: u32) -> ModuleFlags {
        let bit = |index: u32| bits >> index & 1 == 1;
        ModuleFlags { executable: bit(0), reloadable: bit(1), debug: bit(2), pic: bit(3) }
    }
}

/// The header of a module that was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// The operating system it is for.
    pub platform: Platform,
    /// The machine that its primary code is for.
    pub arch: Arch,
    /// Its properties.
    pub flags: ModuleFlags,
    /// How packed sections are packed.
    pub compression: Compression,
    /// How hard the writer tried to pack; it has no meaning for a reader.
    pub compression_level: u8,
    /// Entries of the section table.
    pub section_count: u32,
    /// Where the section table is, from the data offset.
    pub section_table_offset: u64,
    /// Where the symbol table is, from the data offset.
    pub symbol_table_offset: u64,
    /// Entries of the symbol table.
    pub symbol_count: u32,
    /// How many symbols other modules see.
    pub exported_count: u32,
    /// Where an executable begins, in its primary code; else 0.
    pub entry_point: u64,
    /// Bytes of the stub.
    pub stub_size: u32,
    /// Where the data begins in the file.
    pub smf_data_offset: u32,
    /// Hash of the file.
    pub module_hash: u64,
    /// Hash of the sources.
    pub source_hash: u64,
    /// For a launcher.
    pub app: App,
}

impl Header {
    pub(crate) fn encode(&self) -> [u8; HEADER_SIZE] {
        let stub = if self.stub_size > 0 { HAS_STUB } else { 0 };
        RawHeader {
            magic: MAGIC,
            version_major: VERSION.0,
            version_minor: VERSION.1,
            platform: self.platform.code(),
            arch: self.arch.code(),
            flags: self.flags.bits() | stub,
            compression: self.compression.code(),
            compression_level: self.compression_level,
            compression_pad: [0; 2],
            section_count: self.section_count,
            section_table_offset: self.section_table_offset,
            symbol_table_offset: self.symbol_table_offset,
            symbol_count: self.symbol_count,
            exported_count: self.exported_count,
            entry_point: self.entry_point,
            stub_size: self.stub_size,
            smf_data_offset: self.smf_data_offset,
            module_hash: self.module_hash,
            source_hash: self.source_hash,
            app_type: self.app.kind.code(),
            window_width: self.app.window.0,
            window_height: self.app.window.1,
            prefetch: self.app.prefetch,
            prefetch_count: self.app.prefetch_count,
        }
        .encode()
    }

    /// The header at the end of `file`. Looks at nothing else.
    pub(crate) fn decode(file: &[u8]) -> Result<Header, ReadError> {
        let Some((before, bytes)) = file.split_last_chunk::<HEADER_SIZE>() else {
            let fault = Fault::new(format!("at least {HEADER_SIZE} bytes"), format!("{}", file.len()));
            return Err(fault.at(Part::Header, 0));
        };
        let start = before.len() as u64;
        let fail = |at: usize, fault: Fault| fault.at(Part::Header, start + at as u64);
        let raw = RawHeader::decode(bytes);
        let at = RawHeader::AT;
        if raw.magic != MAGIC {
            return Err(fail(at.magic, Fault::new(quoted(&MAGIC), quoted(&raw.magic))));
        }
        let version = (raw.version_major, raw.version_minor);
        if version != VERSION {
            let fault = Fault::new(
                format!("version {}.{}", VERSION.0, VERSION.1),
                format!("version {}.{}", version.0, version.1),
            );
            return Err(fail(at.version_major, fault));
        }
        reserved(bytes, RawHeader::USED).map_err(|(index, fault)| fail(index, fault))?;
        let flags = ModuleFlags::from_bits(raw.flags);
        let stub = if raw.stub_size > 0 { HAS_STUB } else { 0 };
        if raw.flags != flags.bits() | stub {
            let fault =
                Fault::new(format!("flags {:#x}", flags.bits() | stub), format!("flags {:#x}", raw.flags));
            return Err(fail(at.flags, fault));
        }
        let compression =
            Compression::from_code(raw.compression).map_err(|fault| fail(at.compression, fault))?;
        if compression == Compression::None && raw.compression_level != 0 {
            let fault = Fault::new("level 0 without compression", raw.compression_level.to_string());
            return Err(fail(at.compression_level, fault));
        }
        if raw.compression_pad != [0; 2] {
            return Err(fail(at.compression_pad, Fault::new("zeros", format!("{:?}", raw.compression_pad))));
        }
        Ok(Header {
            platform: Platform::from_code(raw.platform).map_err(|fault| fail(at.platform, fault))?,
            arch: Arch::from_code(raw.arch).map_err(|fault| fail(at.arch, fault))?,
            flags,
            compression,
            compression_level: raw.compression_level,
            section_count: raw.section_count,
            section_table_offset: raw.section_table_offset,
            symbol_table_offset: raw.symbol_table_offset,
            symbol_count: raw.symbol_count,
            exported_count: raw.exported_count,
            entry_point: raw.entry_point,
            stub_size: raw.stub_size,
            smf_data_offset: raw.smf_data_offset,
            module_hash: raw.module_hash,
            source_hash: raw.source_hash,
            app: App {
                kind: AppType::from_code(raw.app_type).map_err(|fault| fail(at.app_type, fault))?,
                window: (raw.window_width, raw.window_height),
                prefetch: raw.prefetch,
                prefetch_count: raw.prefetch_count,
            },
        })
    }
}

/// The bytes of a record from `used` on must be zero; else the index of the first that is not.
pub(crate) fn reserved(record: &[u8], used: usize) -> Result<(), (usize, Fault)> {
    match record[used..].iter().position(|&byte| byte != 0) {
        None => Ok(()),
        Some(index) => {
            let at = used + index;
            Err((at, Fault::new("a reserved byte that is zero", format!("{:#04x}", record[at]))))
        }
    }
}
