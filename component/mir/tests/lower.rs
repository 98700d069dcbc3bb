//! Lowering against a direct reading of the typed tree: made-up functions are instantiated, verified, interpreted; output and
//! leftovers on the heap must be as expected. Simplified they do the same, down to the places of an error.

#[path = "build/generate.rs"]
mod generate;
#[path = "build/tree.rs"]
mod tree;

use base::{Budget, Cx, EntityId, Map};
use mir::interp::{Execution, Limits, State};
use mir::library::Templates;
use sema::hir::*;
use sema::intrinsic::Intrinsic;
use sema::ty::{Ty, TyId, Types};
use std::sync::Arc;

/// A value of the few types that the functions use.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum V {
    Unit,
    Int(i64),
    Bool(bool),
    /// An array or a tuple.
    Many(Vec<V>),
    Nil,
    Some(Box<V>),
    /// A variant with its payload.
    Variant(u32, Vec<V>),
}

/// How a run went on until its end: raised, or returned these values.
#[derive(PartialEq, Debug)]
pub(crate) enum Outcome {
    Returned(Vec<V>, V),
    Raised,
    OutOfFuel,
}

/// Where an index leads: negative ones count from the end.
pub(crate) fn index(i: i64, len: usize) -> Option<usize> {
    let i = if i < 0 { i + len as i64 } else { i };
    usize::try_from(i).ok().filter(|&i| i < len)
}

#[test]
fn instances_do_what_the_tree_says() {
    let mut finished = 0;
    for seed in 0..1500 {
        let mut made = generate::function(seed);
        let expected = tree::run(&made.program, made.main);
        if expected == Outcome::OutOfFuel {
            continue;
        }
        complete(&mut made);
        let mut cx = Cx { names: std::mem::take(&mut made.names), ..Cx::default() };
        cx.sources.add("made.spl", "");
        let Some(program) = mir::instantiate::instantiate(&mut cx, &mut made.program, &Templates::default())
        else {
            panic!("seed {seed}: {:#?}", cx.diags.list());
        };
        let text = || {
            let body = mir::build::template(&made.program, made.main, &mut Budget::default());
            let body = body.expect("within the budget");
            let generic = mir::generic_text::text(&made.program, &cx.names, &body);
            format!("{generic}\n{}", mir::legal::text::print(&program))
        };
        let errors = mir::legal::verify::verify(&program);
        assert!(errors.is_empty(), "seed {seed}: {errors:#?}\n{}", text());
        let mut run = Execution::new(Arc::new(program.clone()), Vec::new(), Limits::default())
            .expect("the program has an entry");
        let state = run.run();
        let output = String::from_utf8(run.take_output().0).expect("output is text");
        let mut simple = program.clone();
        mir::simplify::simplify(&mut simple, &mut Budget::default()).expect("there is no limit");
        let simple_text = || format!("{}\n{}", text(), mir::legal::text::print(&simple));
        assert_eq!(mir::legal::verify::verify(&simple), [], "seed {seed}, simplified\n{}", simple_text());
        let mut again = Execution::new(Arc::new(simple.clone()), Vec::new(), Limits::default())
            .expect("the program has an entry");
        assert_eq!(again.run(), state, "seed {seed}, simplified\n{}", simple_text());
        assert_eq!(again.take_output().0, output.as_bytes(), "seed {seed}, simplified\n{}", simple_text());
        if let State::Exited(_) = state {
            assert_eq!(again.stats().live_objects, 0, "seed {seed}, simplified\n{}", simple_text());
        }
        match (&expected, &state) {
            (Outcome::Returned(values, global), State::Exited(0)) => {
                finished += 1;
                assert_eq!(output, render(values, global), "seed {seed}\n{}", text());
                assert_eq!(run.stats().live_objects, 0, "seed {seed} leaves objects\n{}", text());
            }
            (Outcome::Raised, State::Failed(report)) if report.kind != abi::ErrorKind::Internal => {}
            _ => panic!("seed {seed}: {expected:?}, but {state:?}\n{}", text()),
        }
    }
    assert!(finished > 500, "only {finished} functions came to an end");
}

fn render(values: &[V], global: &V) -> String {
    let mut all: Vec<String> = values.iter().map(show).collect();
    all.push(show(global));
    format!("({})\n", all.join(", "))
}

fn show(value: &V) -> String {
    match value {
        V::Int(n) => n.to_string(),
        V::Many(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", ")),
        other => panic!("{other:?} is not given back"),
    }
}

fn e(kind: ExprKind, ty: TyId) -> Expr {
    Expr { kind, ty, span: generate::SPAN() }
}

fn int(n: u64) -> Expr {
    e(ExprKind::Int(n), Types::i64())
}

fn call(id: FnId, args: Vec<Expr>, ty: TyId) -> Expr {
    e(ExprKind::Call(Box::new(Call { callee: Callee::Fn(id, Vec::new()), args })), ty)
}

fn block(stmts: Vec<Expr>, value: Expr) -> Expr {
    let ty = value.ty;
    e(ExprKind::Block { stmts, value: Some(Box::new(value)) }, ty)
}

/// Bodies for what the function calls, and a module body that calls it and prints what comes back.
fn complete(made: &mut generate::Made) {
    let name = made.names.intern("v");
    let program = &mut made.program;
    let array = program.types.intern(Ty::Array(Types::i64()));
    let global = || e(ExprKind::Global(GlobalId::from_index(0)), Types::i64());
    let f = |path: &str, params: Vec<TyId>, ret, kind| Fn {
        name,
        path: path.into(),
        span: generate::SPAN(),
        generics: Vec::new(),
        params,
        ret,
        receiver: Receiver::None,
        kind,
        is_std: true,
    };
    let len = FnKind::Intrinsic(Intrinsic::ArrayLen);
    let len = program.fns.push(f("array_len", vec![array], Types::i64(), len));
    let pop = FnKind::Intrinsic(Intrinsic::ArrayPop);
    let pop = program.fns.push(f("array_pop", vec![array], Types::i64(), pop));
    let print = FnKind::Runtime(abi::RtFn::rt_print);
    let print = program.fns.push(f("rt_print", vec![Types::text(), Types::bool()], Types::unit(), print));
    let local = |ty| Local { name, ty, span: generate::SPAN() };
    let read = |n: usize, ty| e(ExprKind::Local(LocalId::from_index(n)), ty);
    let body = |locals: Vec<TyId>, params: usize, value| {
        FnKind::Body(Body {
            locals: locals.into_iter().map(local).collect::<Map<_, _>>(),
            params: (0..params).map(LocalId::from_index).collect(),
            captures: Vec::new(),
            self_closure: None,
            value,
        })
    };
    let add = |op, value| {
        let place = Box::new(global());
        e(ExprKind::Assign { place, op, value: Box::new(value) }, Types::unit())
    };

    let bump = block(vec![add(Some(BinOp::Add), read(0, Types::i64()))], global());
    program.fns[FnId::from_index(generate::BUMP)].kind = body(vec![Types::i64()], 1, bump);

    let count = call(len, vec![read(0, array)], Types::i64());
    let zero = Box::new(int(0));
    let is_empty = e(ExprKind::Binary(BinOp::Eq, Box::new(count), zero), Types::bool());
    let pop_or = e(
        ExprKind::If {
            cond: Box::new(Cond::Expr(is_empty)),
            then: Box::new(read(1, Types::i64())),
            otherwise: Some(Box::new(call(pop, vec![read(0, array)], Types::i64()))),
        },
        Types::i64(),
    );
    program.fns[FnId::from_index(generate::POP_OR)].kind = body(vec![array, Types::i64()], 2, pop_or);

    let bind = |n: usize, init: Expr| {
        let ty = init.ty;
        let kind = PatKind::Bind(LocalId::from_index(n));
        let pat = Pat { kind, ty, span: generate::SPAN() };
        e(ExprKind::Let { pat, init: Box::new(init) }, Types::unit())
    };
    let items = e(ExprKind::Array(vec![(false, int(7)), (false, int(8))]), array);
    let result = call(made.main, vec![read(0, array), int(3)], Types::i64());
    let in_out = program.fns[made.main].receiver == Receiver::InOut;
    let mut shown = vec![read(1, Types::i64()), global()];
    if in_out {
        shown.insert(0, read(0, array));
    }
    let tuple = program.types.intern(Ty::Tuple(shown.iter().map(|e| e.ty).collect()));
    let shown =
        e(ExprKind::Format(vec![FormatPart::Value(e(ExprKind::Tuple(shown), tuple), None)]), Types::text());
    let yes = e(ExprKind::Bool(true), Types::bool());
    let start = block(
        vec![add(None, int(10)), bind(0, items), bind(1, result)],
        call(print, vec![shown, yes], Types::unit()),
    );
    let start = body(vec![array, Types::i64()], 0, start);
    let init = program.fns.push(f("<module>", Vec::new(), Types::unit(), start));
    program.modules.push(Module::new("lower.spl", Some(init)));
}
