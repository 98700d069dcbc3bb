//! Whatever emitted code passes: an error at worst, and an end.

use super::*;
use proptest::prelude::*;

fn word() -> impl Strategy<Value = u64> {
    prop_oneof![
        0u64..4096,
        any::<u64>(),
        Just(u64::MAX),
        Just(i64::MIN as u64),
        (u32::MAX - 64..=u32::MAX).prop_map(u64::from),
        (0u64..600).prop_map(|n| 2048 + n * 8),
        (0u64..600).prop_map(|n| (2048 + n * 8) | 1),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]
    #[test]
    fn random_arguments_never_panic(calls in prop::collection::vec((0..RtFn::ALL.len(), prop::collection::vec(word(), 5)), 1..40)) {
        let mut table = Table::new();
        table.dict(id::TEXT, id::I64);
        table.option(id::TEXT);
        let mut rt = table.rt_with(1 << 20);
        rt.texts(&["one", "two"]);
        rt.ints(&[1, 2, 3]);
        rt.ok(RtFn::rt_dict_new, &[32]);
        for (function, args) in calls {
            let function = RtFn::ALL[function];
            let _ = rt.call(function, &args[..function.params().len()]);
            rt.take_error(Raised::Error);
        }
    }

    #[test]
    fn a_damaged_heap_never_panics(
        damage in prop::collection::vec((512u32..1100, any::<u32>()), 1..30),
        calls in prop::collection::vec((0..RtFn::ALL.len(), prop::collection::vec(word(), 5)), 1..20),
    ) {
        let mut rt = Table::new().rt_with(1 << 20);
        rt.texts(&["one", "two"]);
        rt.anys(&[8, 3]);
        for (at, word) in damage {
            let _ = rt.store(at * 4, (word % 5000).to_le_bytes());
        }
        for (function, args) in calls {
            let function = RtFn::ALL[function];
            let _ = rt.call(function, &args[..function.params().len()]);
        }
    }
}
