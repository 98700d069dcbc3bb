//! Bytes as a module, with the hash made right: what `tests/smf/damage.rs` does with few inputs, for as long as wanted.
#![no_main]

#[path = "../../tests/smf/exercise.rs"]
mod exercise;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut bytes = data.to_vec();
    exercise::seal(&mut bytes);
    exercise::exercise(&bytes);
});
