use super::*;
use abi::runtime_fns::DynOp;
use abi::value::{FALSE, NIL, TRUE};

fn binary(rt: &mut TestRt, op: DynOp, a: u64, b: u64) -> String {
    let result = rt.ok(RtFn::rt_any_binary, &[op as u64, a, b]);
    let shown = rt.shows(id::ANY, result);
    rt.ok(RtFn::rt_any_release, &[result]);
    shown
}

fn int(value: i64) -> u64 {
    (value << 3) as u64
}

#[test]
fn arithmetic() {
    let mut rt = Table::new().rt();
    let half = rt.any(id::F64, 0.5f64.to_bits());
    let big = rt.any(id::I64, i64::MAX as u64);
    let unsigned = rt.any(id::U64, 3);
    assert_eq!(binary(&mut rt, DynOp::Add, int(2), int(3)), "5");
    assert_eq!(binary(&mut rt, DynOp::Add, int(2), half), "2.5");
    assert_eq!(binary(&mut rt, DynOp::Add, big, int(1)), i64::MIN.to_string());
    assert_eq!(binary(&mut rt, DynOp::Sub, unsigned, int(4)), u64::MAX.to_string());
    assert_eq!(binary(&mut rt, DynOp::Rem, int(-17), int(5)), "-2");
    assert_eq!(binary(&mut rt, DynOp::Pow, int(2), int(10)), "1024");
    assert_eq!(binary(&mut rt, DynOp::Div, half, int(0)), "inf");
    assert_eq!(
        rt.fails(RtFn::rt_any_binary, &[DynOp::Div as u64, int(1), int(0)]).message,
        "division by zero"
    );
    assert_eq!(rt.fails(RtFn::rt_any_binary, &[DynOp::Rem as u64, int(1), int(0)]).message, "modulo by zero");
    let error = rt.fails(RtFn::rt_any_binary, &[DynOp::Sub as u64, int(1), NIL]);
    assert_eq!(error.message, "`-` is not possible between i64 and nil");
    for value in [half, big, unsigned] {
        rt.ok(RtFn::rt_any_release, &[value]);
    }
    rt.assert_empty();
}

#[test]
fn equality_and_order() {
    let mut rt = Table::new().rt();
    let three = rt.any(id::F64, 3.0f64.to_bits());
    let text = rt.str("three");
    let text = rt.any(id::TEXT, text);
    let mut compare = |op: DynOp, a: u64, b: u64| rt.ok(RtFn::rt_any_compare, &[op as u64, a, b]);
    assert_eq!(compare(DynOp::Eq, three, int(3)), 1);
    for other in [int(0), int(3), FALSE, TRUE, text] {
        assert_eq!(compare(DynOp::Eq, NIL, other), 0);
    }
    assert_eq!(compare(DynOp::Eq, FALSE, int(0)), 0);
    assert_eq!(compare(DynOp::Lt, int(2), three), 1);
    assert_eq!(compare(DynOp::Le, three, int(3)), 1);
    let error = rt.fails(RtFn::rt_any_compare, &[DynOp::Lt as u64, text, int(3)]);
    assert_eq!(error.message, "`<` is not possible between text and i64");
    rt.ok(RtFn::rt_any_release, &[three]);
    rt.ok(RtFn::rt_any_release, &[text]);
    rt.assert_empty();
}

#[test]
fn conversions() {
    let mut table = Table::new();
    let maybe = table.option(id::I64);
    let floats = table.array(id::F64);
    let pair = table.add(
        TypeKind::Tuple(fields(&[("", id::I64), ("", id::TEXT)])),
        &[Repr::I64, Repr::Ref],
        false,
        false,
    );
    let mut rt = table.rt();
    let out = context::SCRATCH_B;
    let to = |rt: &mut TestRt, value: u64, ty: TypeId| {
        rt.call(RtFn::rt_any_to, &[value, u64::from(ty.0), u64::from(out)]).is_ok()
    };
    assert!(
        to(&mut rt, int(300), id::I16) && !to(&mut rt, int(300), id::I8) && !to(&mut rt, int(-1), id::U64)
    );
    assert!(to(&mut rt, int(3), id::F64));
    assert_eq!(f64::from_bits(rt.word(out)), 3.0);
    assert!(to(&mut rt, NIL, maybe) && !to(&mut rt, NIL, id::I64));
    assert_eq!(rt.word(out) as u8, 0);
    assert!(to(&mut rt, int(9), maybe));
    assert_eq!((rt.word(out) as u8, rt.word(out + 8)), (1, 9));
    // [i64] is no [f64], but converts to one.
    let ints = rt.ints(&[1, 2]);
    assert_eq!(rt.ok(RtFn::rt_any_is, &[ints | 1, u64::from(floats.0)]), 0);
    assert!(to(&mut rt, ints | 1, floats));
    let converted = u64::from(rt.word32(out));
    assert_eq!(rt.shows(floats, converted), "[1, 2]");
    rt.drop(converted);
    rt.drop(ints);
    // A flat tuple goes into a box and comes back.
    let text = rt.str("two");
    rt.store(context::SCRATCH_A, 1u64.to_le_bytes()).unwrap();
    rt.store(context::SCRATCH_A + 8, (text as u32).to_le_bytes()).unwrap();
    let any = rt.ok(RtFn::rt_any_from, &[u64::from(pair.0), u64::from(context::SCRATCH_A)]);
    assert_eq!(rt.shows(id::ANY, any), "(1, two)");
    assert_eq!(rt.ok(RtFn::rt_any_is, &[any, u64::from(pair.0)]), 1);
    let second = rt.ok(RtFn::rt_any_index, &[any, int(1)]);
    assert_eq!(rt.shows(id::ANY, second), "two");
    rt.ok(RtFn::rt_any_release, &[second]);
    assert!(to(&mut rt, any, pair));
    assert_eq!(u64::from(rt.word32(out + 8)), text);
    rt.drop(text);
    rt.ok(RtFn::rt_any_release, &[any]);
    let error = rt.fails(RtFn::rt_any_to, &[TRUE, u64::from(id::TEXT.0), u64::from(out)]);
    assert_eq!(error.message, "expected text, found bool");
    rt.assert_empty();
}

#[test]
fn collections() {
    let mut rt = Table::new().rt();
    let array = rt.ints(&[1, 2, 3]) | 1;
    let text = rt.str("x");
    let text = rt.any(id::TEXT, text);
    // An element of another type makes it an [any].
    let array = rt.ok(RtFn::rt_any_set_index, &[array, int(-1), text]);
    assert_eq!(rt.shows(id::ANY, array), "[1, 2, x]");
    assert_eq!(rt.ok(RtFn::rt_any_len, &[array]), 3);
    let name = rt.str("sorted");
    let none = rt.anys(&[]);
    let sorted = rt.ok(RtFn::rt_any_method, &[array, name, none]);
    assert_eq!(rt.shows(id::ANY, sorted), "[1, 2, x]");
    let dict = rt.ok(RtFn::rt_dict_new, &[u64::from(id::DICT_ANY.0)]) | 1;
    let dict = rt.ok(RtFn::rt_any_set_index, &[dict, int(2), TRUE]);
    let dict = rt.ok(RtFn::rt_any_set_index, &[dict, int(1), sorted]);
    assert_eq!(rt.shows(id::ANY, dict), "{1: [1, 2, x], 2: true}");
    let entry = rt.ok(RtFn::rt_any_item, &[dict, 0]);
    assert_eq!(rt.shows(id::ANY, entry), "(1, [1, 2, x])");
    assert_eq!(rt.ok(RtFn::rt_any_index, &[dict, int(9)]), NIL);
    assert_eq!(rt.ok(RtFn::rt_any_compare, &[DynOp::In as u64, int(2), dict]), 1);
    let missing = rt.str("nope");
    let error = rt.fails(RtFn::rt_any_method, &[int(1), missing, none]);
    assert_eq!(error.message, "a value of type i64 has no method `nope` with 0 arguments");
    for value in [array, dict, entry] {
        rt.ok(RtFn::rt_any_release, &[value]);
    }
    for object in [name, none, missing] {
        rt.drop(object);
    }
    rt.assert_empty();
}

#[test]
fn truth() {
    let mut rt = Table::new().rt();
    let zero = rt.any(id::F64, 0);
    let empty = rt.ints(&[]);
    let one = rt.ints(&[0]);
    for (value, expected) in
        [(NIL, 0), (FALSE, 0), (TRUE, 1), (int(0), 0), (int(-1), 1), (zero, 0), (empty | 1, 0), (one | 1, 1)]
    {
        assert_eq!(rt.ok(RtFn::rt_any_truthy, &[value]), expected);
    }
}

#[test]
fn the_world() {
    let mut rt = Table::new().rt();
    let text = rt.str("name? ");
    rt.host_mut().input_closed = false;
    assert_eq!(rt.call(RtFn::rt_input, &[text]), Err(Raised::NeedInput));
    rt.host_mut().input.push_back("Ada".to_string());
    let line = rt.ok(RtFn::rt_input, &[text]);
    rt.ok(RtFn::rt_print, &[line, 1]);
    assert_eq!(rt.host().out, b"name? Ada\n");
    rt.host_mut().input_closed = true;
    assert_eq!(rt.ok(RtFn::rt_input, &[text]), u64::from(rt.empty));
    let exit = rt.fails(RtFn::rt_exit, &[3]);
    assert_eq!((exit.kind, exit.args[0]), (abi::ErrorKind::Exit, 3));
    let raised = rt.fails(RtFn::rt_raise, &[abi::ErrorKind::IndexOutOfRange as u64, 7, 3]);
    assert_eq!(raised.message, "index 7 out of range for length 3");
    let raised = rt.fails(RtFn::rt_raise_text, &[abi::ErrorKind::AssertionFailed as u64, text]);
    assert_eq!(raised.message, "assertion failed: name? ");
}
