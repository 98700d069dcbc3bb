use crate::exercise::LIMITS;
use crate::sample::{file, plain, sample};
use smf::*;

fn open(bytes: &[u8]) -> View<'_> {
    View::open(bytes, LIMITS).expect("a module")
}

#[test]
fn a_stub_comes_and_goes() {
    let alone = file(&Module { stub: Vec::new(), ..sample() });
    let with_stub = file(&sample());
    assert!(with_stub.starts_with(b"#!/usr/bin/env simple\n"));
    assert_eq!(open(&with_stub).stub(), b"#!/usr/bin/env simple\n");
    assert_eq!(strip_stub(&with_stub, LIMITS), Ok(alone.clone()));
    assert_eq!(strip_stub(&alone, LIMITS), Ok(alone.clone()));
    assert_eq!(attach_stub(b"#!/usr/bin/env simple\n", &open(&alone)), Ok(with_stub.clone()));
    // Instead of the one before.
    let other = attach_stub(&[0x7F; 5000], &open(&with_stub)).expect("a file");
    assert_eq!(open(&other).stub(), [0x7F; 5000]);
    assert_eq!(strip_stub(&other, LIMITS), Ok(alone));
}

#[test]
fn a_module_is_found_at_the_end_of_anything() {
    let alone = file(&plain());
    let with_stub = attach_stub(b"#!simple\n", &open(&alone)).expect("a file");
    for module in [&alone, &with_stub] {
        assert_eq!(extract(module, LIMITS), Ok(alone.clone()));
        let appended = [b"some runtime".as_slice(), module].concat();
        assert!(View::open(&appended, LIMITS).is_err(), "its header does not know of the runtime");
        assert_eq!(extract(&appended, LIMITS), Ok(alone.clone()));
    }
}

#[test]
fn errors_of_an_appended_module_count_from_the_front() {
    let mut appended = [b"some runtime".as_slice(), &file(&plain())].concat();
    let at = appended.len() - HEADER_SIZE + 127;
    appended[at] = 1;
    let error = extract(&appended, LIMITS).expect_err("a reserved byte");
    assert_eq!((error.part, error.offset), (Part::Header, at as u64));
}
