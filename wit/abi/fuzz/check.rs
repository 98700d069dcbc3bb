//! What holds for the reader of artifacts whatever the bytes are. The fuzz target and the tests of the code generator, which has artifacts,
//! share it.

use abi::artifact::Artifact;

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
