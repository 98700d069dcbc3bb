use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn set(rt: &mut TestRt, dict: u64, key: u64, value: i64) -> u64 {
    let at = rt.a(key);
    let dict = rt.ok(RtFn::rt_dict_slot, &[dict, at]);
    let slot = rt.word32(context::SCRATCH_R);
    rt.store(slot, value.to_le_bytes()).unwrap();
    dict
}

fn get(rt: &mut TestRt, dict: u64, key: u64) -> Option<i64> {
    let at = rt.a(key);
    let found = rt.ok(RtFn::rt_dict_find, &[dict, at]) as u32;
    (found != 0).then(|| rt.word(found) as i64)
}

fn remove(rt: &mut TestRt, dict: u64, key: u64) -> (u64, bool) {
    let at = rt.a(key);
    let dict = rt.ok(RtFn::rt_dict_remove, &[dict, at]);
    (dict, rt.word32(context::SCRATCH_R) != 0)
}

#[test]
fn text_keys_are_owned_once() {
    let mut table = Table::new();
    let ty = table.dict(id::TEXT, id::I64);
    let mut rt = table.rt();
    let mut dict = rt.ok(RtFn::rt_dict_new, &[u64::from(ty.0)]);
    for round in 0..3 {
        for i in (0..100).rev() {
            let key = rt.str(&format!("key {i:03}"));
            dict = set(&mut rt, dict, key, i + round);
        }
    }
    assert_eq!(rt.word32(dict as u32 + 8), 100);
    let key = rt.str("key 042");
    assert_eq!(get(&mut rt, dict, key), Some(44));
    rt.drop(key);
    rt.retain(dict as u32).unwrap();
    let key = rt.str("aaa");
    let other = set(&mut rt, dict, key, 1);
    assert_ne!(other, dict);
    assert!(rt.shows(ty, other).starts_with("{aaa: 1, key 000: 2, key 001: 3"));
    assert!(rt.shows(ty, dict).starts_with("{key 000: 2,"));
    let cleared = rt.ok(RtFn::rt_dict_clear, &[dict]);
    assert_eq!(rt.shows(ty, cleared), "{}");
    rt.drop(cleared);
    rt.drop(other);
    rt.assert_empty();
}

#[test]
fn numbers_that_are_equal_are_one_key_but_not_texts() {
    let mut rt = Table::new().rt();
    let mut dict = rt.ok(RtFn::rt_dict_new, &[u64::from(id::DICT_ANY.0)]);
    let text = rt.str("1 and more");
    let keys =
        [8, rt.any(id::F64, 1.0f64.to_bits()), rt.any(id::TEXT, text), abi::value::NIL, abi::value::TRUE];
    for key in keys {
        let at = rt.a(key);
        dict = rt.ok(RtFn::rt_dict_slot, &[dict, at]);
        let slot = rt.word32(context::SCRATCH_R);
        rt.store(slot, abi::value::NIL.to_le_bytes()).unwrap();
    }
    assert_eq!(rt.shows(id::DICT_ANY, dict), "{nil: nil, true: nil, 1: nil, 1 and more: nil}");
    rt.drop(dict);
    rt.assert_empty();
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]
    #[test]
    fn behaves_like_a_map(steps in prop::collection::vec((0u8..6, -40i64..40), 0..400)) {
        let mut table = Table::new();
        let ty = table.dict(id::I64, id::I64);
        let mut rt = table.rt();
        let mut dict = rt.ok(RtFn::rt_dict_new, &[u64::from(ty.0)]);
        let mut model = BTreeMap::new();
        for (n, (step, key)) in steps.into_iter().enumerate() {
            match step {
                0..3 => {
                    dict = set(&mut rt, dict, key as u64, n as i64);
                    model.insert(key, n as i64);
                }
                3 => {
                    let (after, was_there) = remove(&mut rt, dict, key as u64);
                    dict = after;
                    prop_assert_eq!(was_there, model.remove(&key).is_some());
                }
                4 => prop_assert_eq!(get(&mut rt, dict, key as u64), model.get(&key).copied()),
                _ => {
                    rt.ok(RtFn::rt_dict_sort, &[dict]);
                    let mut all = Vec::new();
                    for i in 0..u64::from(rt.word32(dict as u32 + 8)) {
                        let key = rt.ok(RtFn::rt_dict_key_at, &[dict, i]) as u32;
                        let value = rt.ok(RtFn::rt_dict_value_at, &[dict, i]) as u32;
                        all.push((rt.word(key) as i64, rt.word(value) as i64));
                    }
                    prop_assert_eq!(all, model.clone().into_iter().collect::<Vec<_>>());
                }
            }
        }
        let shown: Vec<String> = model.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        prop_assert_eq!(rt.shows(ty, dict), format!("{{{}}}", shown.join(", ")));
        rt.drop(dict);
        rt.assert_empty();
    }
}
