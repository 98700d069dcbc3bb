//! Packed sections: one method for the whole module, and a section is packed only when that makes it smaller.

use crate::error::Fault;
use crate::header::Compression;
use crate::section::{CodeTarget, SectionKind};
use std::borrow::Cow;

/// Smallest limit on the window of a Zstandard frame: what encoders ask for even for little data.
const LEAST_WINDOW: u64 = 8 << 20;

/// Whether a section of this kind and name is packed when the module asks for it. Not machine code, which is mapped where it lies,
/// and not what every reader needs at once.
pub(crate) fn packable(kind: SectionKind, name: &str) -> bool {
    match kind {
        SectionKind::Code => match CodeTarget::from_section_name(name) {
            Some(target) => target.is_portable(),
            None => false,
        },
        SectionKind::Data
        | SectionKind::RoData
        | SectionKind::Reloc
        | SectionKind::Debug
        | SectionKind::TypeInfo
        | SectionKind::SrcMap
        | SectionKind::TemplateCode
        | SectionKind::TemplateMeta
        | SectionKind::Note => true,
        SectionKind::Bss | SectionKind::SymTab | SectionKind::StrTab | SectionKind::Version => false,
    }
}

/// The packed form, or the bytes themselves when it is not smaller.
pub(crate) fn pack(method: Compression, bytes: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    let packed = match method {
        Compression::None => return bytes,
        Compression::Zstd => {
            ruzstd::encoding::compress_to_vec(&*bytes, ruzstd::encoding::CompressionLevel::Fastest)
        }
        Compression::Lz4 => lz4_flex::block::compress(&bytes),
    };
    if packed.len() < bytes.len() { Cow::Owned(packed) } else { bytes }
}

/// The bytes of a packed section, which must be `size` many. Allocates about that much: the caller has compared it with its limit.
pub(crate) fn unpack(method: Compression, packed: &[u8], size: usize) -> Result<Vec<u8>, Fault> {
    let mut bytes = vec![0; size];
    let (written, name) = match method {
        Compression::None => return Err(Fault::new("a compression method", "none")),
        Compression::Zstd => {
            let mut decoder = ruzstd::decoding::FrameDecoder::new();
            decoder.set_max_window_size((size as u64).max(LEAST_WINDOW));
            (decoder.decode_all(packed, &mut bytes).map_err(|error| error.to_string()), "zstd")
        }
        Compression::Lz4 => {
            (lz4_flex::block::decompress_into(packed, &mut bytes).map_err(|error| error.to_string()), "lz4")
        }
    };
    match written {
        Ok(written) if written == size => Ok(bytes),
        Ok(written) => {
            Err(Fault::new(format!("{size} bytes packed with {name}"), format!("{written} bytes")))
        }
        Err(error) => Err(Fault::new(format!("{size} bytes packed with {name}"), error)),
    }
}
