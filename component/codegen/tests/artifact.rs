//! Artifacts with damage: reading them ends in an artifact or an error, never in a panic, and what is read can be written again.

#[path = "../../../wit/abi/fuzz/check.rs"]
mod fuzz;

use abi::artifact::Artifact;
use base::Budget;
use codegen::{Options, Target};
use guest_tests::mutate;

fn sound() -> Vec<u8> {
    let source = include_str!("../../../guest-tests/verify/sound.lmir");
    let program =
        mir::legal::text::read(source.split("\n;| ").next().unwrap_or_default()).expect("a program");
    codegen::emit(&program, Target::X86_64, &Options::default(), &mut Budget::default()).expect("an artifact")
}

#[test]
fn every_cut_is_an_error_with_a_place() {
    let bytes = sound();
    for length in 0..bytes.len() {
        let error = Artifact::decode(&bytes[..length]).expect_err("something is missing");
        assert!(error.offset <= length);
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert_eq!(Artifact::decode(&longer).expect_err("something is left").offset, bytes.len());
}

#[test]
fn every_changed_byte_is_seen_or_harmless() {
    let bytes = sound();
    for at in 0..bytes.len() {
        for change in [1, 0x7F, 0x80, 0xFF] {
            let mut damaged = bytes.clone();
            damaged[at] ^= change;
            if let Ok(artifact) = Artifact::decode(&damaged) {
                assert_eq!(artifact.encode(), damaged, "byte {at} has two readings");
            }
        }
    }
}

#[test]
fn any_damage_is_survived() {
    mutate::damaged(&[sound()], 20_000, fuzz::check);
}
