//! Rust values into programs and back, through functions in legal MIR that give what they get.

mod support;

use abi::Repr;
use codegen::OptLevel;
use loader::value::{FromProgram, ToProgram};
use loader::{BufferHost, CallError, Function, HandleError, Limits, Process, Program, Signature};
use std::fmt::Debug;
use support::artifact;

/// A process with `echo`, which gives the machine values that it takes.
fn echo(reprs: &[Repr]) -> Process<'static> {
    let list = |of: fn(usize, Repr) -> String| {
        let items = reprs.iter().enumerate().map(|(index, &repr)| of(index, repr));
        items.collect::<Vec<_>>().join(", ")
    };
    let types = list(|_, repr| repr.name().to_owned());
    let params = list(|index, repr| format!("v{index}: {}", repr.name()));
    let values = list(|index, _| format!("v{index}"));
    let params = if params.is_empty() { params } else { format!("({params})") };
    let source = format!(
        "symbol0 = code \"echo\" (fn0) is 1 1\nfn0 \"echo\" ({types}) -> ({types}) {{\nblock0{params}:\n    return {values}\n}}\n"
    );
    let program = Program::load(&artifact(&source, OptLevel::Speed)).expect("it loads");
    Process::new(&program, Limits::default(), Box::new(BufferHost::new(0))).expect("a process")
}

fn handle<T: ToProgram + FromProgram>(
    process: &mut Process<'_>,
    reprs: &[Repr],
) -> Result<Function<(T,), T>, HandleError> {
    let signature = Signature { params: reprs.to_vec(), results: reprs.to_vec() };
    Function::new(process, ("echo".to_owned(), 1, 1), &signature)
}

/// Each value comes back, a hundred times, and nothing is left.
fn comes_back<T: ToProgram + FromProgram + Clone + PartialEq + Debug>(reprs: &[Repr], values: &[T]) {
    let mut process = echo(reprs);
    let echo = handle::<T>(&mut process, reprs).expect("these machine types");
    for value in values.iter().cycle().take(100.max(values.len())) {
        assert_eq!(echo.call(&mut process, (value.clone(),)).as_ref(), Ok(value));
    }
    assert_eq!(process.stats().live_objects, Some(0), "{}", T::ty());
}

#[test]
fn numbers_of_all_widths() {
    comes_back(&[Repr::I8], &[i8::MIN, -1, 0, i8::MAX]);
    comes_back(&[Repr::I16], &[i16::MIN, -1, 0, i16::MAX]);
    comes_back(&[Repr::I32], &[i32::MIN, -1, 0, i32::MAX]);
    comes_back(&[Repr::I64], &[i64::MIN, -1, 0, i64::MAX]);
    comes_back(&[Repr::I8], &[0, u8::MAX]);
    comes_back(&[Repr::I16], &[0, u16::MAX]);
    comes_back(&[Repr::I32], &[0, u32::MAX]);
    comes_back(&[Repr::I64], &[0, u64::MAX]);
    comes_back(&[Repr::F32], &[0.1f32, -0.0, f32::MIN_POSITIVE, f32::INFINITY]);
    comes_back(&[Repr::F64], &[0.1f64, -0.0, f64::MAX, f64::NEG_INFINITY]);
    comes_back(&[Repr::I8], &[false, true]);
    comes_back(&[], &[()]);
}

#[test]
fn texts_and_arrays() {
    let words = ["", "a", "ä", "Hello", "🦀 and more than a word of it, so that it has a block of its own"];
    let words = words.map(str::to_owned);
    comes_back(&[Repr::Ref], &words);
    comes_back(&[Repr::Ref], &[words.to_vec(), Vec::new()]);
    comes_back(&[Repr::Ref], &[vec![1u8, 2, 255], vec![]]);
    comes_back(&[Repr::Ref], &[vec![vec![1.5f32], vec![], vec![2.5, 3.5]]]);
    comes_back(&[Repr::Ref], &[(0..10_000).collect::<Vec<i64>>()]);
    comes_back(&[Repr::Ref], &[vec![(1i8, "one".to_owned(), 1.0f64), (2, "two".to_owned(), 2.0)]]);
    comes_back(&[Repr::Ref], &[vec![(), ()]]);
}

#[test]
fn options() {
    comes_back(&[Repr::I8, Repr::I64], &[Some(5i64), None]);
    // A niche, and an option of one, which has none any more.
    comes_back(&[Repr::Ref], &[Some("x".to_owned()), Some(String::new()), None]);
    comes_back(&[Repr::I8, Repr::Ref], &[Some(Some("x".to_owned())), Some(None), None]);
    comes_back(&[Repr::I8, Repr::I8], &[Some(Some(())), Some(None), None]);
    comes_back(&[Repr::Ref], &[vec![Some(1i16), None, Some(-1)]]);
    comes_back(&[Repr::I8, Repr::I8, Repr::Ref], &[Some((true, "x".to_owned())), None]);
}

/// Five leaves.
type Five = (i64, String, f64, u8, bool);

#[test]
fn tuples() {
    let five = |text: &str| (1, text.to_owned(), 0.5, 7, true);
    let reprs = [Repr::I64, Repr::Ref, Repr::F64, Repr::I8, Repr::I8];
    comes_back::<Five>(&reprs, &[five("x")]);
    comes_back(&[Repr::I64], &[(5i64,)]);
    // More than eight leaves are boxed.
    comes_back::<(Five, Five)>(&[Repr::Ref], &[(five("x"), five("yy"))]);
    comes_back::<Option<(Five, Five)>>(&[Repr::Ref], &[Some((five("x"), five("yy"))), None]);
    comes_back::<Vec<(Five, Five)>>(&[Repr::Ref], &[vec![(five("x"), five("yy")), (five(""), five("z"))]]);
    type Eight = (i64, i64, i64, i64, i64, i64, i64, i64);
    comes_back::<Option<Eight>>(&[Repr::Ref], &[Some((1, 2, 3, 4, 5, 6, 7, 8)), None]);
    comes_back::<Eight>(&[Repr::I64; 8], &[(1, 2, 3, 4, 5, 6, 7, 8)]);
}

#[test]
fn other_machine_types_are_refused() {
    let mut process = echo(&[Repr::I64]);
    let wrong = handle::<String>(&mut process, &[Repr::I64]).expect_err("a text is no number");
    assert_eq!(wrong.to_string(), "`echo` does not take and give its values as `fn(text) -> text` does");
    let echo = handle::<i64>(&mut process, &[Repr::I64]).expect("a number");
    let mut other = self::echo(&[Repr::I64]);
    assert_eq!(echo.call(&mut other, (1,)), Err(CallError::NoFunction));
}

#[test]
fn a_value_without_room_is_an_error() {
    let mut process = echo(&[Repr::Ref]);
    let echo = handle::<String>(&mut process, &[Repr::Ref]).expect("a text");
    let long = "x".repeat(2 << 30);
    match echo.call(&mut process, (long,)) {
        Err(CallError::Failed(report)) => assert_eq!(report.kind, abi::ErrorKind::OutOfMemory),
        other => panic!("{:?}", other.map(|text| text.len())),
    }
    assert_eq!(echo.call(&mut process, ("x".to_owned(),)), Ok("x".to_owned()));
}
