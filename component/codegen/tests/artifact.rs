//! Artifacts with damage: reading them ends in an artifact or an error, never in a panic, and what is read can be written again.

#[path = "../../../wit/abi/fuzz/check.rs"]
mod fuzz;

use abi::TypeId;
use abi::artifact::Artifact;
use abi::exports::{Export, Library};
use abi::module::{Checked, Places, encode_types};
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

#[test]
fn damage_of_a_modules_tables_is_survived() {
    let artifact = Artifact::decode(&sound()).expect("an artifact");
    let export = |name: &str, ty| Export {
        name: name.to_owned(),
        params: vec![("first".to_owned(), ty), ("second".to_owned(), TypeId(5))],
        result: ty,
    };
    let exports = [export("one", TypeId(12)), export("two", TypeId(artifact.types.len() as u32 - 1))];
    let places = Places {
        lines: artifact.lines.clone(),
        checked: vec![Checked { start: 3, end: 40, loc: 0 }],
        files: artifact.files.clone(),
        locs: artifact.locs.clone(),
    };
    let tables = [Library::encode(&exports, &artifact.types), encode_types(&artifact.types), places.encode()];
    assert!(Library::decode(&tables[0]).is_ok() && Places::decode(&tables[2]).is_ok());
    for table in &tables {
        fuzz::check_tables(table);
        for length in 0..table.len() {
            fuzz::check_tables(&table[..length]);
        }
        mutate::changed_bytes(table, 5_000, fuzz::check_tables);
    }
    mutate::damaged(&tables, 5_000, fuzz::check_tables);
}
