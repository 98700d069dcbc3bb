//! Every function that can be kept busy counts its work, and so can be stopped.

use super::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Less work than any of the calls below makes.
const ALLOWED: u64 = 20_000;
const MANY: i64 = 1 << 20;

struct Busy {
    rt: TestRt,
    /// `[i32]`, `[text]` and `{i64: i64}` have ways of their own in most functions; `[[i64]]` has none.
    small: TypeId,
    rows: TypeId,
    dict: TypeId,
    node: TypeId,
}

fn busy() -> Busy {
    let mut table = Table::new();
    let small = table.array(id::I32);
    let rows = table.array(id::ARRAY_I64);
    let dict = table.dict(id::I64, id::I64);
    let first = table.0.len() as u32;
    let list = fields(&[("left", TypeId(first + 1)), ("right", TypeId(first + 1))]);
    let kind = TypeKind::Class { name: "Node".to_string(), fields: list };
    let node = table.add(kind, &[Repr::Ref, Repr::Ref], false, true);
    table.niche(node, true);
    let rt = Rt::new(VecMemory::new(1 << 30), BufferHost::new(1 << 30), table.0).unwrap();
    Busy { rt, small, rows, dict, node }
}

impl Busy {
    /// 8 MiB.
    fn text(&mut self) -> u64 {
        let part = self.rt.str("abcdefg ");
        self.rt.ok(RtFn::rt_text_repeat, &[part, MANY as u64])
    }

    /// The same with another end.
    fn other_text(&mut self) -> u64 {
        let (text, end) = (self.text(), self.rt.str("!"));
        self.rt.ok(RtFn::rt_text_concat, &[text, end])
    }

    fn filled(&mut self, ty: TypeId, count: i64, word: u64) -> u64 {
        let at = self.rt.a(word);
        self.rt.ok(RtFn::rt_array_fill, &[u64::from(ty.0), count as u64, at])
    }

    fn ints(&mut self) -> u64 {
        self.filled(id::ARRAY_I64, MANY, 7)
    }

    fn texts(&mut self) -> u64 {
        let text = self.rt.str("some text of more than a few bytes");
        self.filled(id::ARRAY_TEXT, MANY, text)
    }

    fn arrays(&mut self) -> u64 {
        let row = self.rt.ints(&[1, 2, 3]);
        self.filled(self.rows, MANY / 16, row)
    }

    fn dict(&mut self) -> u64 {
        let mut dict = self.rt.ok(RtFn::rt_dict_new, &[u64::from(self.dict.0)]);
        for key in 0..MANY as u64 / 16 {
            // Not in order.
            let at = self.rt.a(key.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            dict = self.rt.ok(RtFn::rt_dict_slot, &[dict, at]);
        }
        dict
    }

    fn any(&mut self, ty: TypeId, word: u64) -> u64 {
        self.rt.any(ty, word)
    }

    /// A node whose two children are the same, and theirs, and so on: a small heap with a huge number of paths through it.
    fn lattice(&mut self) -> u64 {
        let mut child = 0;
        for _ in 0..60 {
            let node = self.rt.ok(RtFn::rt_object_new, &[u64::from(self.node.0)]);
            for field in [8, 12] {
                self.rt.store(node as u32 + field, (child as u32).to_le_bytes()).unwrap();
                self.rt.retain(child as u32).unwrap();
            }
            self.rt.release(child as u32).unwrap();
            child = node;
        }
        child
    }

    /// A list of nodes from left to right.
    fn chain(&mut self) -> u64 {
        let mut left = 0;
        for _ in 0..MANY / 8 {
            let node = self.rt.ok(RtFn::rt_object_new, &[u64::from(self.node.0)]);
            self.rt.store(node as u32 + 8, (left as u32).to_le_bytes()).unwrap();
            left = node;
        }
        left
    }

    /// Values of a type at the scratch addresses.
    fn pair(&mut self, ty: TypeId, a: u64, b: u64) -> Vec<u64> {
        self.rt.store(context::SCRATCH_A, a.to_le_bytes()).unwrap();
        self.rt.store(context::SCRATCH_B, b.to_le_bytes()).unwrap();
        vec![u64::from(ty.0), u64::from(context::SCRATCH_A), u64::from(context::SCRATCH_B)]
    }
}

type Prepare = fn(&mut Busy) -> (RtFn, Vec<u64>);

/// Calls that have much to do.
const CALLS: &[Prepare] = &[
    |b| {
        let chain = b.chain();
        b.rt.store(chain as u32, [0; 4]).unwrap();
        (RtFn::rt_free, vec![chain])
    },
    |b| {
        let ints = b.ints();
        b.rt.retain(ints as u32).unwrap();
        (RtFn::rt_unique, vec![ints])
    },
    |b| {
        let text = b.text();
        b.rt.retain(text as u32).unwrap();
        (RtFn::rt_unique, vec![text])
    },
    |b| {
        let dict = b.dict();
        b.rt.retain(dict as u32).unwrap();
        (RtFn::rt_unique, vec![dict])
    },
    |b| (RtFn::rt_array_fill, vec![u64::from(id::ARRAY_I64.0), 8 * MANY as u64, b.rt.a(1)]),
    |b| {
        let text = b.rt.str("text");
        (RtFn::rt_array_fill, vec![u64::from(id::ARRAY_TEXT.0), MANY as u64, b.rt.a(text)])
    },
    |b| {
        let ints = b.ints();
        b.rt.retain(ints as u32).unwrap();
        (RtFn::rt_array_reserve, vec![ints, 1])
    },
    |b| (RtFn::rt_array_insert_hole, vec![b.ints(), 0]),
    |b| (RtFn::rt_array_remove, vec![b.ints(), 0]),
    |b| (RtFn::rt_array_truncate, vec![b.texts(), 0]),
    |b| (RtFn::rt_array_slice, vec![b.ints(), 0, i64::MIN as u64, 2]),
    |b| (RtFn::rt_array_slice, vec![b.texts(), 0, i64::MIN as u64, 1]),
    |b| (RtFn::rt_array_concat, vec![b.ints(), b.ints()]),
    |b| (RtFn::rt_array_concat, vec![b.texts(), b.texts()]),
    |b| (RtFn::rt_array_reverse, vec![b.ints()]),
    |b| (RtFn::rt_array_sort, vec![b.ints(), 0]),
    |b| (RtFn::rt_array_sort, vec![b.texts(), 1]),
    |b| (RtFn::rt_array_sort, vec![b.filled(b.small, MANY, 3), 0]),
    |b| (RtFn::rt_array_sort, vec![b.arrays(), 0]),
    |b| {
        let ints = b.ints();
        (RtFn::rt_array_index_of, vec![ints, b.rt.a(8)])
    },
    |b| {
        let (texts, wanted) = (b.texts(), b.rt.str("another text"));
        (RtFn::rt_array_index_of, vec![texts, b.rt.a(wanted)])
    },
    |b| {
        let (arrays, wanted) = (b.arrays(), b.rt.ints(&[1, 2, 4]));
        (RtFn::rt_array_index_of, vec![arrays, b.rt.a(wanted)])
    },
    |b| (RtFn::rt_array_join, vec![b.texts(), b.rt.str(", ")]),
    |b| {
        let dict = b.dict();
        b.rt.retain(dict as u32).unwrap();
        (RtFn::rt_dict_slot, vec![dict, b.rt.a(1)])
    },
    |b| (RtFn::rt_dict_sort, vec![b.dict()]),
    |b| {
        let ty = b.rt.new_object(well_known::DICT_ANY).unwrap();
        let key = b.text();
        let key = b.any(id::TEXT, key);
        (RtFn::rt_dict_find, vec![u64::from(ty), b.rt.a(key)])
    },
    |b| (RtFn::rt_text_concat, vec![b.text(), b.text()]),
    |b| (RtFn::rt_text_eq, vec![b.text(), b.text()]),
    |b| (RtFn::rt_text_cmp, vec![b.text(), b.other_text()]),
    |b| {
        let (text, end) = (b.text(), b.rt.str("é"));
        let text = b.rt.ok(RtFn::rt_text_concat, &[text, end]);
        (RtFn::rt_text_char_at, vec![text, -1i64 as u64])
    },
    |b| (RtFn::rt_text_slice, vec![b.text(), 1, i64::MIN as u64, 1]),
    |b| (RtFn::rt_text_slice, vec![b.text(), 0, i64::MIN as u64, 2]),
    |b| (RtFn::rt_text_find, vec![b.text(), b.rt.str("g!")]),
    |b| (RtFn::rt_text_rfind, vec![b.text(), b.rt.str("!a")]),
    |b| (RtFn::rt_text_contains, vec![b.other_text(), b.text()]),
    |b| (RtFn::rt_text_rfind, vec![b.other_text(), b.text()]),
    |b| (RtFn::rt_text_starts_with, vec![b.other_text(), b.text()]),
    |b| (RtFn::rt_text_ends_with, vec![b.text(), b.text()]),
    |b| (RtFn::rt_text_upper, vec![b.text()]),
    |b| (RtFn::rt_text_lower, vec![b.text()]),
    |b| (RtFn::rt_text_capitalize, vec![b.text()]),
    |b| (RtFn::rt_text_title, vec![b.text()]),
    |b| {
        let space = b.rt.str(" ");
        (RtFn::rt_text_trim, vec![b.rt.ok(RtFn::rt_text_repeat, &[space, MANY as u64]), 1])
    },
    |b| {
        let space = b.rt.str(" ");
        (RtFn::rt_text_trim, vec![b.rt.ok(RtFn::rt_text_repeat, &[space, MANY as u64]), 2])
    },
    |b| (RtFn::rt_text_split, vec![b.text(), b.rt.str(" ")]),
    |b| (RtFn::rt_text_split, vec![b.text(), b.rt.str("no such part")]),
    |b| {
        let line = b.rt.str("line\n");
        (RtFn::rt_text_lines, vec![b.rt.ok(RtFn::rt_text_repeat, &[line, MANY as u64])])
    },
    |b| (RtFn::rt_text_chars, vec![b.text()]),
    |b| (RtFn::rt_text_bytes, vec![b.text()]),
    |b| {
        let text = b.text();
        (RtFn::rt_text_from_bytes, vec![b.rt.ok(RtFn::rt_text_bytes, &[text])])
    },
    |b| (RtFn::rt_text_replace, vec![b.text(), b.rt.str("g"), b.rt.str("GGG"), -1i64 as u64]),
    |b| (RtFn::rt_text_repeat, vec![b.rt.str("ab"), 8 * MANY as u64]),
    |b| (RtFn::rt_text_reverse, vec![b.text()]),
    |b| (RtFn::rt_text_pad, vec![b.rt.str("x"), 8 * MANY as u64, b.rt.str("é"), 2]),
    |b| {
        let letter = b.rt.str("a");
        (RtFn::rt_text_is_class, vec![b.rt.ok(RtFn::rt_text_repeat, &[letter, MANY as u64]), 1])
    },
    |b| {
        let ints = b.ints();
        (RtFn::rt_show, vec![u64::from(id::ARRAY_I64.0), b.rt.a(ints)])
    },
    |b| {
        let dict = b.dict();
        (RtFn::rt_show, vec![u64::from(b.dict.0), b.rt.a(dict)])
    },
    |b| {
        let (text, spec) = (b.texts(), b.rt.str(">10"));
        (RtFn::rt_format, vec![u64::from(id::ARRAY_TEXT.0), b.rt.a(text), spec])
    },
    |b| {
        let (left, right) = (b.ints(), b.ints());
        (RtFn::rt_cmp, b.pair(id::ARRAY_I64, left, right))
    },
    |b| {
        let (left, right) = (b.arrays(), b.arrays());
        (RtFn::rt_eq, b.pair(b.rows, left, right))
    },
    |b| {
        let (left, right) = (b.dict(), b.dict());
        (RtFn::rt_eq, b.pair(b.dict, left, right))
    },
    |b| {
        let node = b.chain();
        let other = b.chain();
        (RtFn::rt_eq, b.pair(b.node, node, other))
    },
    |b| {
        let ints = b.ints();
        let ints = b.any(id::ARRAY_I64, ints);
        (RtFn::rt_any_to, vec![ints, u64::from(id::ARRAY_ANY.0), u64::from(context::SCRATCH_A)])
    },
    |b| {
        let (ints, other) = (b.ints(), b.rt.anys(&[]));
        let add = abi::runtime_fns::DynOp::Add as u64;
        let (ints, other) = (b.any(id::ARRAY_I64, ints), b.any(id::ARRAY_ANY, other));
        (RtFn::rt_any_binary, vec![add, ints, other])
    },
    |b| {
        let ints = b.ints();
        let is_in = abi::runtime_fns::DynOp::In as u64;
        let (ints, wanted) = (b.any(id::ARRAY_I64, ints), b.any(id::I64, 8));
        (RtFn::rt_any_compare, vec![is_in, wanted, ints])
    },
    |b| {
        let dict = b.dict();
        let is_in = abi::runtime_fns::DynOp::In as u64;
        let (dict, wanted) = (b.any(b.dict, dict), b.any(id::I64, 8));
        (RtFn::rt_any_compare, vec![is_in, wanted, dict])
    },
    |b| {
        let dict = b.dict();
        let (dict, name, args) = (b.any(b.dict, dict), b.rt.str("values"), b.rt.anys(&[]));
        (RtFn::rt_any_method, vec![dict, name, args])
    },
    |b| (RtFn::rt_print, vec![b.text(), 1]),
];

#[test]
fn work_is_counted() {
    for (n, prepare) in CALLS.iter().enumerate() {
        let mut busy = busy();
        let (function, args) = prepare(&mut busy);
        busy.rt.take_work();
        busy.rt.limit_work(ALLOWED);
        let result = busy.rt.call(function, &args);
        assert_eq!(result, Err(Raised::OutOfFuel), "call {n}, {}", function.name());
        let work = busy.rt.take_work();
        assert!(work < 8 * ALLOWED + 400_000, "call {n}, {}: {work}", function.name());
    }
}

#[test]
fn a_request_to_stop_is_heard() {
    for (n, prepare) in CALLS.iter().enumerate() {
        let mut busy = busy();
        let (function, args) = prepare(&mut busy);
        let flag = Arc::<AtomicBool>::default();
        let mut bytes = VecMemory::with_interrupt(1 << 30, flag.clone());
        std::mem::swap(&mut bytes, busy.rt.memory_mut());
        crate::Memory::grow_to(busy.rt.memory_mut(), crate::Memory::bytes(&bytes).len() as u64);
        crate::Memory::bytes_mut(busy.rt.memory_mut()).copy_from_slice(crate::Memory::bytes(&bytes));
        busy.rt.take_work();
        flag.store(true, Ordering::Relaxed);
        let result = busy.rt.call(function, &args);
        assert_eq!(result, Err(Raised::Interrupted), "call {n}, {}", function.name());
    }
}

/// The collector has no call of its own that is sure to run it.
#[test]
fn a_collection_is_counted() {
    let mut busy = busy();
    let mut nodes = Vec::new();
    for _ in 0..3 {
        let chain = busy.chain();
        busy.rt.retain(chain as u32).unwrap();
        busy.rt.ok(RtFn::rt_cycle_root, &[chain]);
        nodes.push(chain);
    }
    busy.rt.take_work();
    busy.rt.limit_work(ALLOWED);
    assert_eq!(busy.rt.collect(), Err(Raised::OutOfFuel));
}

/// What has few objects and many paths ends all the same, by size, by what was met before, or by request.
#[test]
fn many_paths_end() {
    let mut busy = busy();
    let (left, right) = (busy.lattice(), busy.lattice());
    let args = busy.pair(busy.node, left, right);
    busy.rt.limit_work(100_000_000);
    assert_eq!(busy.rt.ok(RtFn::rt_eq, &args), 1);
    let result = busy.rt.call(RtFn::rt_show, &args[..2]);
    assert!(matches!(result, Err(Raised::OutOfFuel | Raised::OutOfMemory)), "{result:?}");
}

#[test]
fn what_calls_did_is_taken_once() {
    let mut rt = Table::new().rt();
    let part = rt.str("abcdefgh");
    rt.take_work();
    let text = rt.ok(RtFn::rt_text_repeat, &[part, 100_000]);
    let work = rt.take_work();
    assert!((10_000..20_000).contains(&work), "{work}");
    assert_eq!(rt.take_work(), 0);
    rt.drop(text);
    assert!(rt.take_work() < 10);
}
