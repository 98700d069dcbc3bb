use super::*;
use abi::types::VariantDesc;

#[test]
fn scalars() {
    let mut rt = Table::new().rt();
    let cases: &[(TypeId, u64, &str)] = &[
        (id::UNIT, 0, "()"),
        (id::BOOL, 1, "true"),
        (id::I8, 0xFF, "-1"),
        (id::U8, 0xFF, "255"),
        (id::I64, i64::MIN as u64, "-9223372036854775808"),
        (id::U64, u64::MAX, "18446744073709551615"),
        (id::F64, 3.0f64.to_bits(), "3"),
        (id::F64, 0.1f64.to_bits(), "0.1"),
        (id::F64, 1e21f64.to_bits(), "1000000000000000000000"),
        (id::F64, f64::NAN.to_bits(), "NaN"),
        (id::F64, f64::NEG_INFINITY.to_bits(), "-inf"),
        (id::F32, u64::from(0.1f32.to_bits()), "0.1"),
        (id::ANY, abi::value::NIL, "nil"),
        (id::ANY, (-5i64 << 3) as u64, "-5"),
    ];
    for (ty, word, expected) in cases {
        assert_eq!(rt.shows(*ty, *word), *expected);
    }
    for number in [0, -1, 7, 1234567890123, i64::MIN, i64::MAX] {
        let shown = rt.ok(RtFn::rt_show_i64, &[number as u64]);
        assert_eq!(rt.take(shown), number.to_string());
    }
    let shown = rt.ok(RtFn::rt_show_f64, &[2.50f64.to_bits()]);
    assert_eq!(rt.take(shown), "2.5");
    rt.assert_empty();
}

#[test]
fn ranges_and_functions() {
    let mut table = Table::new();
    let named = TypeKind::Closure { name: "double".to_string(), captures: Vec::new() };
    let named = table.add(named, &[], false, false);
    let lambda = TypeKind::Closure { name: String::new(), captures: fields(&[("", id::TEXT)]) };
    let lambda = table.add(lambda, &[Repr::Ref], false, true);
    let function = table.add(TypeKind::Fn, &[Repr::Ref], false, true);
    let mut rt = table.rt();
    for (ty, expected) in [(named, "<fn:double>"), (lambda, "<lambda>")] {
        let closure = rt.ok(RtFn::rt_object_new, &[u64::from(ty.0)]);
        assert_eq!(rt.shows(function, closure), expected);
        rt.drop(closure);
    }
    for (parts, expected) in [
        ([0i64, 5, 1, 0], "0..5"),
        ([0, 5, 1, 1], "0..=5"),
        ([3, i64::MAX, 1, 1], "3.."),
        ([9, 0, -2, 0], "9..0 by -2"),
    ] {
        for (i, part) in parts.into_iter().enumerate() {
            rt.store(context::SCRATCH_A + 8 * i as u32, part.to_le_bytes()).unwrap();
        }
        let shown = rt.ok(RtFn::rt_show, &[u64::from(id::RANGE.0), u64::from(context::SCRATCH_A)]);
        assert_eq!(rt.take(shown), expected);
    }
    rt.assert_empty();
}

/// `enum Shape: Dot, Circle(radius: f64), Label(text, small: i8)`: leaves tag, Ref slot, two words.
fn shape(table: &mut Table, boxed: bool) -> TypeId {
    let field = |name: &str, ty, leaf| FieldDesc { name: name.to_string(), ty, leaves: vec![leaf] };
    let variants = vec![
        VariantDesc { name: "Dot".to_string(), fields: Vec::new() },
        VariantDesc { name: "Circle".to_string(), fields: vec![field("radius", id::F64, 2)] },
        VariantDesc {
            name: "Label".to_string(),
            fields: vec![field("", id::TEXT, 1), field("small", id::I8, 2)],
        },
    ];
    let kind = TypeKind::Enum { name: "Shape".to_string(), variants };
    table.add(kind, &[Repr::I8, Repr::Ref, Repr::I64], boxed, false)
}

#[test]
fn enums_flat_and_boxed() {
    let mut table = Table::new();
    let flat = shape(&mut table, false);
    let boxed = shape(&mut table, true);
    let mut rt = table.rt();
    let text = rt.str("hi");
    for (tag, object, word, expected) in [
        (0u8, 0, 0, "Shape::Dot"),
        (1, 0, 2.5f64.to_bits(), "Shape::Circle(2.5)"),
        (2, text as u32, 0xFE, "Shape::Label(hi, -2)"),
    ] {
        let at = context::SCRATCH_A;
        let payload = rt.ok(RtFn::rt_object_new, &[u64::from(boxed.0)]) as u32;
        for base in [at, payload + 8] {
            rt.store(base, [tag]).unwrap();
            rt.store(base + 4, object.to_le_bytes()).unwrap();
            rt.store(base + 8, word.to_le_bytes()).unwrap();
        }
        let shown = rt.ok(RtFn::rt_show, &[u64::from(flat.0), u64::from(at)]);
        assert_eq!(rt.take(shown), expected);
        assert_eq!(rt.shows(boxed, u64::from(payload)), expected);
        rt.retain(object).unwrap();
        rt.drop(u64::from(payload));
    }
    rt.drop(text);
    rt.assert_empty();
}

#[test]
fn structs_with_scattered_leaves_and_options() {
    let mut table = Table::new();
    let inner = table.add(
        TypeKind::Struct { name: "In".to_string(), fields: fields(&[("a", id::I8), ("b", id::I64)]) },
        &[Repr::I8, Repr::I64],
        false,
        false,
    );
    let maybe = table.option(id::I64);
    let twice = table.option(maybe);
    let list = vec![
        FieldDesc { name: "n".to_string(), ty: id::I8, leaves: vec![0] },
        FieldDesc { name: "inner".to_string(), ty: inner, leaves: vec![1, 2] },
        FieldDesc { name: "m".to_string(), ty: maybe, leaves: vec![3, 4] },
    ];
    let outer = table.add(
        TypeKind::Struct { name: "Out".to_string(), fields: list },
        &[Repr::I8, Repr::I8, Repr::I64, Repr::I8, Repr::I64],
        false,
        false,
    );
    let mut rt = table.rt();
    let at = context::SCRATCH_A;
    let bytes: [u8; 32] = {
        let mut bytes = [0; 32];
        (bytes[0], bytes[1], bytes[8], bytes[16], bytes[24]) = (1, 2, 3, 1, 4);
        bytes
    };
    rt.store(at, bytes).unwrap();
    let shown = rt.ok(RtFn::rt_show, &[u64::from(outer.0), u64::from(at)]);
    assert_eq!(rt.take(shown), "Out(n: 1, inner: In(a: 2, b: 3), m: 4)");
    rt.store(at + 16, [0u8]).unwrap();
    let shown = rt.ok(RtFn::rt_show, &[u64::from(outer.0), u64::from(at)]);
    assert_eq!(rt.take(shown), "Out(n: 1, inner: In(a: 2, b: 3), m: nil)");
    // Some(None) shows as nil and is not None.
    rt.store(at, [1u8, 0, 0, 0, 0, 0, 0, 0]).unwrap();
    rt.store(context::SCRATCH_B, [0u64; 1][0].to_le_bytes()).unwrap();
    let shown = rt.ok(RtFn::rt_show, &[u64::from(twice.0), u64::from(at)]);
    assert_eq!(rt.take(shown), "nil");
    assert_eq!(rt.ok(RtFn::rt_eq, &[u64::from(twice.0), u64::from(at), u64::from(context::SCRATCH_B)]), 0);
    rt.assert_empty();
}

#[test]
fn nesting_is_shown_to_a_limit_and_size_is_limited() {
    let mut rt = Table::new().rt_with(4 << 20);
    let mut nested = rt.anys(&[8]);
    for _ in 0..500 {
        nested = rt.anys(&[nested | 1]);
    }
    let shown = rt.shows(id::ARRAY_ANY, nested);
    assert!(shown.contains("..."));
    rt.drop(nested);
    // Every level holds the one below twice: the text would have 2^60 elements.
    let mut doubled = rt.anys(&[8]);
    for _ in 0..60 {
        rt.retain(doubled as u32).unwrap();
        doubled = rt.anys(&[doubled | 1, doubled | 1]);
    }
    let at = rt.a(doubled);
    let error = rt.fails(RtFn::rt_show, &[u64::from(id::ARRAY_ANY.0), at]);
    assert_eq!(error.kind, abi::ErrorKind::OutOfMemory);
    rt.drop(doubled);
    rt.assert_empty();
}
