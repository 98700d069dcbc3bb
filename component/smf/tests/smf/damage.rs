use crate::arbitrary;
use crate::exercise::{LIMITS, exercise, seal};
use crate::sample::{file, plain, sample};
use proptest::prelude::*;
use smf::*;

#[test]
fn every_cut_is_refused() {
    let bytes = file(&sample());
    for length in 0..bytes.len() {
        let mut cut = bytes[..length].to_vec();
        let error = View::open(&cut, LIMITS).expect_err("something is missing");
        assert!(error.offset <= length as u64, "{error}");
        seal(&mut cut);
        assert!(!exercise(&cut));
    }
}

#[test]
fn every_changed_byte_is_refused() {
    let bytes = file(&sample());
    for at in 0..bytes.len() {
        for change in [1, 0x80, 0xFF] {
            let mut damaged = bytes.clone();
            damaged[at] ^= change;
            assert!(read(&damaged, LIMITS).is_err(), "byte {at} has two readings");
        }
    }
}

/// Whoever changes a file can make its hash right again, so no other check may rely on it.
#[test]
fn every_changed_byte_with_a_right_hash_is_survived() {
    for module in [plain(), sample(), Module { compression: Compression::Lz4, ..sample() }] {
        let bytes = file(&module);
        assert!(exercise(&bytes));
        for at in 0..bytes.len() {
            for change in [1, 2, 0x7F, 0x80, 0xFF] {
                let mut damaged = bytes.clone();
                damaged[at] ^= change;
                seal(&mut damaged);
                exercise(&damaged);
            }
        }
    }
}

proptest! {
    #[test]
    fn much_damage_is_survived(
        module in arbitrary::module(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = file(&module);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        seal(&mut bytes);
        exercise(&bytes);
    }

    #[test]
    fn noise_is_survived(mut bytes in prop::collection::vec(any::<u8>(), 0..400), magic in any::<bool>()) {
        if let Some(at) = bytes.len().checked_sub(HEADER_SIZE).filter(|_| magic) {
            bytes[at..at + 6].copy_from_slice(b"SMF\0\x01\x01");
        }
        seal(&mut bytes);
        exercise(&bytes);
    }
}
