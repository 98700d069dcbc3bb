use super::*;

fn formatted(rt: &mut TestRt, ty: TypeId, word: u64, spec: &str) -> String {
    let spec = rt.str(spec);
    let at = rt.a(word);
    let text = rt.ok(RtFn::rt_format, &[u64::from(ty.0), at, spec]);
    rt.drop(spec);
    rt.take(text)
}

#[test]
fn integers() {
    let mut rt = Table::new().rt();
    for (value, spec, expected) in [
        (42, "", "42"),
        (42, "5", "42   "),
        (42, ">5", "   42"),
        (42, "05d", "00042"),
        (-42, "05d", "-0042"),
        (42, "*^6", "**42**"),
        (-42, "*=6", "-***42"),
        (42, "+", "+42"),
        (42, " d", " 42"),
        (255, "x", "ff"),
        (255, "#X", "0XFF"),
        (-255, "#010x", "-0x00000ff"),
        (5, "b", "101"),
        (8, "#o", "0o10"),
        (1234567, ",", "1,234,567"),
        (1234567, "_d", "1_234_567"),
        (0xABCDEF, "_x", "ab_cdef"),
        (0xe, "x", "e"),
        (1234, "09,", "0,001,234"),
        (65, "c", "A"),
        (1, ".1%", "100.0%"),
        (3, ".2f", "3.00"),
        (1234, "e", "1.234e3"),
        (7, "s", "7"),
    ] {
        assert_eq!(formatted(&mut rt, id::I64, value as i64 as u64, spec), expected, "{value} {spec}");
    }
    assert_eq!(formatted(&mut rt, id::U64, u64::MAX, "d"), "18446744073709551615");
    assert_eq!(formatted(&mut rt, id::BOOL, 1, ">6"), "  true");
    assert_eq!(formatted(&mut rt, id::BOOL, 1, "d"), "1");
    rt.assert_empty();
}

#[test]
fn floats() {
    let mut rt = Table::new().rt();
    for (value, spec, expected) in [
        (3.14259, ".2f", "3.14"),
        (2.5, "f", "2.500000"),
        (-2.5, "08.2f", "-0002.50"),
        (1234567.891, ",.2f", "1,234,567.89"),
        (0.256, ".1%", "25.6%"),
        (1230.0, "e", "1.23e3"),
        (1230.0, ".2e", "1.23e3"),
        (0.00012, "E", "1.2E-4"),
        (1230.0, "g", "1230"),
        (1e9, "g", "1e9"),
        (0.00001, "g", "1e-5"),
        (3.14259, ".3", "3.14"),
        (2.0, "", "2"),
        (2.0, ">4", "   2"),
        (1.0, "+.1f", "+1.0"),
        (f64::INFINITY, ">6", "   inf"),
        (f64::NAN, "06.2f", "NaN   "),
    ] {
        assert_eq!(formatted(&mut rt, id::F64, value.to_bits(), spec), expected, "{value} {spec}");
    }
    rt.assert_empty();
}

#[test]
fn texts_and_misfits() {
    let mut rt = Table::new().rt();
    let text = rt.str("héllo");
    assert_eq!(formatted(&mut rt, id::TEXT, text, ">7"), "  héllo");
    assert_eq!(formatted(&mut rt, id::TEXT, text, ".2"), "hé");
    assert_eq!(formatted(&mut rt, id::TEXT, text, "-^7s"), "-héllo-");
    let spec = rt.str("d");
    let at = rt.a(text);
    let error = rt.fails(RtFn::rt_format, &[u64::from(id::TEXT.0), at, spec]);
    assert_eq!(error.message, "the format `d` does not fit a value of type text");
    rt.drop(spec);
    rt.drop(text);
    let list = rt.ints(&[1, 2]);
    assert_eq!(formatted(&mut rt, id::ARRAY_I64, list, "8"), "[1, 2]  ");
    rt.drop(list);
    rt.assert_empty();
}
