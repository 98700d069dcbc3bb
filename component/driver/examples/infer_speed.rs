//! The median time in nanoseconds of one question for the type arguments of a template with two parameters, in a session that is checked.

use driver::{Hint, Node, OptLevel, Options, Question, Session, TemplateOf};
use std::time::Instant;

fn main() {
    let mut session = Session::new(Options {
        budget: u64::MAX,
        optimization: OptLevel::Speed,
        verify: false,
        max_output: 1 << 30,
    });
    session.add_module(
        "speed.spl",
        "fn apply<T, U>(items: [T], f: fn(T) -> U) -> [U]: [for x in items: f(x)]\n",
    );
    session.check().expect("a program without mistakes");
    let int = Node::Int { bits: 64, signed: true };
    let question = Question {
        nodes: vec![int, Node::Text, Node::Array(0), Node::Function(vec![0], 1)],
        template: TemplateOf::Symbol("apply".to_owned()),
        hints: vec![Hint::CallSite(0, 2), Hint::CallSite(1, 3)],
    };
    let mut times = Vec::new();
    for _ in 0..20_000 {
        let run = Instant::now();
        let answer = session.infer(&question).expect("enough budget");
        times.push(run.elapsed());
        assert!(answer.is_ok());
    }
    times.sort();
    println!("{}", times[times.len() / 2].as_nanos());
}
