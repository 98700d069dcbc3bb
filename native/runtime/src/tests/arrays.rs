use super::*;
use proptest::prelude::*;

fn values(rt: &TestRt, array: u64) -> Vec<i64> {
    let array = array as u32;
    (0..rt.word32(array + 8)).map(|i| rt.word(array + 16 + i * 8) as i64).collect()
}

#[test]
fn copy_on_write_and_in_place() {
    let mut rt = Table::new().rt();
    let mut array = rt.ints(&[1, 2, 3]);
    rt.retain(array as u32).unwrap();
    let shared = array;
    array = rt.ok(RtFn::rt_array_reverse, &[array]);
    assert_ne!(array, shared);
    assert_eq!((values(&rt, array), values(&rt, shared)), (vec![3, 2, 1], vec![1, 2, 3]));
    let same = rt.ok(RtFn::rt_array_concat, &[array, shared]);
    assert_eq!(values(&rt, same), [3, 2, 1, 1, 2, 3]);
    rt.retain(same as u32).unwrap();
    let twice = rt.ok(RtFn::rt_array_concat, &[same, same]);
    assert_eq!(values(&rt, twice).len(), 12);
    for object in [same, twice, shared] {
        rt.drop(object);
    }
    rt.assert_empty();
}

#[test]
fn elements_are_owned() {
    let mut rt = Table::new().rt();
    let array = rt.texts(&["one", "two", "three", "two"]);
    let slice = rt.ok(RtFn::rt_array_slice, &[array, 1, i64::MIN as u64, 2]);
    assert_eq!(rt.shows(id::ARRAY_TEXT, slice), "[two, two]");
    let two = rt.str("two");
    let at = rt.a(two);
    assert_eq!(rt.ok(RtFn::rt_array_index_of, &[array, at]), 1);
    let filled = rt.ok(RtFn::rt_array_fill, &[u64::from(id::ARRAY_TEXT.0), 3, at]);
    assert_eq!(rt.shows(id::ARRAY_TEXT, filled), "[two, two, two]");
    let array = rt.ok(RtFn::rt_array_remove, &[array, -1i64 as u64]);
    let removed = rt.word32(context::SCRATCH_R);
    assert_eq!(rt.take(u64::from(removed)), "two");
    let array = rt.ok(RtFn::rt_array_insert_hole, &[array, 1]);
    rt.store(array as u32 + 20, (two as u32).to_le_bytes()).unwrap();
    assert_eq!(rt.shows(id::ARRAY_TEXT, array), "[one, two, two, three]");
    let comma = rt.str(", ");
    let joined = rt.ok(RtFn::rt_array_join, &[array, comma]);
    assert_eq!(rt.take(joined), "one, two, two, three");
    let cut = rt.ok(RtFn::rt_array_truncate, &[array, 2]);
    assert_eq!(rt.shows(id::ARRAY_TEXT, cut), "[one, two]");
    assert_eq!(rt.fails(RtFn::rt_array_remove, &[cut, 7]).message, "index 7 out of range for length 2");
    for object in [slice, filled, cut, comma] {
        rt.drop(object);
    }
    rt.assert_empty();
}

#[test]
fn pushing_is_linear() {
    let mut rt = Table::new().rt_with(64 << 20);
    let mut first = rt.ints(&[]);
    let mut second = rt.ints(&[]);
    for i in 0..100_000 {
        first = rt.push(first, i, 8);
        second = rt.push(second, i, 8);
    }
    assert_eq!(values(&rt, second).len(), 100_000);
    rt.drop(first);
    rt.drop(second);
    rt.assert_empty();
}

#[test]
fn sorting_structs_is_stable() {
    let mut table = Table::new();
    let list = fields(&[("key", id::I64), ("name", id::TEXT)]);
    let pair = table.add(TypeKind::Tuple(list), &[Repr::I64, Repr::Ref], false, false);
    let array_type = table.array(pair);
    let mut rt = table.rt();
    let mut array = rt.ok(RtFn::rt_array_new, &[u64::from(array_type.0), 4]);
    for (i, (key, name)) in [(2, "x"), (1, "b"), (2, "a"), (1, "a")].into_iter().enumerate() {
        array = rt.ok(RtFn::rt_array_reserve, &[array, 1]);
        let text = rt.str(name);
        let at = array as u32 + 16 + i as u32 * 16;
        rt.store(at, (key as u64).to_le_bytes()).unwrap();
        rt.store(at + 8, (text as u32).to_le_bytes()).unwrap();
        rt.store(array as u32 + 8, (i as u32 + 1).to_le_bytes()).unwrap();
    }
    array = rt.ok(RtFn::rt_array_sort, &[array, 0]);
    assert_eq!(rt.shows(array_type, array), "[(1, a), (1, b), (2, a), (2, x)]");
    array = rt.ok(RtFn::rt_array_sort, &[array, 1]);
    assert_eq!(rt.shows(array_type, array), "[(2, x), (2, a), (1, b), (1, a)]");
    rt.drop(array);
    rt.assert_empty();
}

#[test]
fn floats_sort_with_nan_last() {
    let mut table = Table::new();
    let ty = table.array(id::F64);
    let mut rt = table.rt();
    let mut array = rt.ok(RtFn::rt_array_new, &[u64::from(ty.0), 0]);
    for value in [f64::NAN, 1.5, f64::NEG_INFINITY, -0.0, 1e21] {
        array = rt.push(array, value.to_bits(), 8);
    }
    array = rt.ok(RtFn::rt_array_sort, &[array, 0]);
    assert_eq!(rt.shows(ty, array), "[-inf, -0, 1.5, 1000000000000000000000, NaN]");
    rt.drop(array);
    rt.assert_empty();
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]
    #[test]
    fn sorting_agrees_with_vec(mut list in prop::collection::vec(-50i64..50, 0..200), names in prop::collection::vec("[a-c]{0,3}", 0..60)) {
        let mut rt = Table::new().rt();
        let array = rt.ints(&list);
        let array = rt.ok(RtFn::rt_array_sort, &[array, 0]);
        list.sort();
        prop_assert_eq!(values(&rt, array), list);
        let refs: Vec<&str> = names.iter().map(String::as_str).collect();
        let array = rt.texts(&refs);
        let array = rt.ok(RtFn::rt_array_sort, &[array, 0]);
        let mut sorted = refs.clone();
        sorted.sort();
        prop_assert_eq!(rt.shows(id::ARRAY_TEXT, array), format!("[{}]", sorted.join(", ")));
    }
}
