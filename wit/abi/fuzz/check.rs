//! What holds for the readers of artifacts, and of what stands in modules of WebAssembly, whatever the bytes are. The fuzz target and the tests of the code generator, which has artifacts,
//! share it.

use abi::artifact::Artifact;
use abi::exports::Library;
use abi::module::{Places, decode_types, encode_types};

/// Checks bytes: they are an error with a place in them, or an artifact that is written as the same bytes again.
///
/// # Panics
/// Something does not hold.
pub fn check(bytes: &[u8]) {
    match Artifact::decode(bytes) {
        Ok(artifact) => {
            assert_eq!(artifact.encode(), bytes, "an artifact has two forms");
            for offset in [0, artifact.code.len() as u32 / 2, artifact.code.len() as u32, u32::MAX] {
                let (_, mut loc) = (artifact.func_at(offset), artifact.loc_at(offset));
                while let Some(index) = loc {
                    loc = artifact.locs[index as usize].inlined_at;
                }
            }
        }
        Err(error) => assert!(error.offset <= bytes.len(), "an error behind the end"),
    }
}

/// The same for the tables of a module: source places, types, functions for others.
///
/// # Panics
/// Something does not hold.
pub fn check_tables(bytes: &[u8]) {
    if let Ok(places) = Places::decode(bytes) {
        assert_eq!(places.encode(), bytes, "source places have two forms");
        for offset in [0, 1, 1000, u32::MAX] {
            let _ = (places.calls(offset), places.declared(offset), places.at(offset));
        }
    }
    if let Ok(types) = decode_types(bytes) {
        assert_eq!(encode_types(&types.into_inner()), bytes, "types have two forms");
    }
    if let Ok(Library { exports, types }) = Library::decode(bytes) {
        assert_eq!(Library::encode(&exports, &types), bytes, "a library has two forms");
        for export in &exports {
            let _ = abi::exports::result_has_form(&types, export.result);
            export.params.iter().for_each(|(_, ty)| _ = abi::exports::has_form(&types, *ty));
        }
    }
}
