//! Modules behind a stub: a `#!` line, a runtime, any executable.

use crate::error::{Fault, Part, ReadError, WriteError};
use crate::hash::seal;
use crate::header::{HEADER_SIZE, Header};
use crate::read::{Limits, View, data_offset};

/// The module alone, as a file without stub.
pub fn strip_stub(file: &[u8], limits: Limits) -> Result<Vec<u8>, ReadError> {
    let view = View::open(file, limits)?;
    let header = Header { stub_size: 0, smf_data_offset: 0, ..*view.header() };
    Ok(assemble(&[], 0, &view, header))
}

/// The module in front of which `stub` stands instead of whatever stood there.
pub fn attach_stub(stub: &[u8], view: &View<'_>) -> Result<Vec<u8>, WriteError> {
    let at = data_offset(stub.len() as u64, view.sections().iter().map(|section| section.align));
    let fits = u32::try_from(stub.len()).ok().zip(u32::try_from(at).ok());
    let Some((stub_size, smf_data_offset)) = fits else {
        let fault = Fault::new(format!("a stub below {} bytes", u32::MAX), stub.len().to_string());
        return Err(fault.of(Part::Header, ""));
    };
    Ok(assemble(stub, at as usize, view, Header { stub_size, smf_data_offset, ..*view.header() }))
}

/// The module at the end of a file, alone and without stub. Also where a whole module was simply appended to something that its header
/// does not know of, as `cat runtime module.smf` does.
pub fn extract(file: &[u8], limits: Limits) -> Result<Vec<u8>, ReadError> {
    let header = Header::decode(file)?;
    let table = u64::from(header.section_count) * crate::section::RawSection::SIZE as u64;
    // From the first byte that the header counts from to the end.
    let length = u64::from(header.smf_data_offset)
        .checked_add(header.section_table_offset)
        .and_then(|length| length.checked_add(table + HEADER_SIZE as u64))
        .and_then(|length| usize::try_from(length).ok());
    let start = length.and_then(|length| file.len().checked_sub(length));
    // What does not fit is wrong in any case; the check of the whole file says where.
    let start = start.unwrap_or(0);
    strip_stub(&file[start..], limits)
        .map_err(|error| ReadError { offset: error.offset + start as u64, ..error })
}

/// The bytes of a module behind a stub, with a header that fits them. Offsets count from the data, so only the header changes.
fn assemble(stub: &[u8], data_at: usize, view: &View<'_>, header: Header) -> Vec<u8> {
    let file = view.file();
    let data = &file[view.header().smf_data_offset as usize..file.len() - HEADER_SIZE];
    let mut out = Vec::with_capacity(data_at + data.len() + HEADER_SIZE);
    out.extend_from_slice(stub);
    out.resize(data_at, 0);
    out.extend_from_slice(data);
    out.extend_from_slice(&header.encode());
    seal(&mut out);
    out
}
