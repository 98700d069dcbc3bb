//! The MIR builder against a direct reading of the typed tree: made-up functions full of writes in the middle of expressions are run in both
//! forms and must agree; every body passes the verifier.

// Values and outcomes speak for themselves.
#![allow(missing_docs)]

#[path = "build/generate.rs"]
mod generate;
#[path = "build/mir.rs"]
mod mir_run;
#[path = "build/tree.rs"]
mod tree;

use base::Budget;

/// A value of the few types that the functions use.
#[derive(Clone, PartialEq, Debug)]
pub enum V {
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
pub enum Outcome {
    Returned(Vec<V>, V),
    Raised,
    OutOfFuel,
}

/// Where an index leads. Any index is one, so that most runs do not end early.
pub fn index(i: i64, len: usize) -> Option<usize> {
    if len == 0 { None } else { Some(i.rem_euclid(len as i64) as usize) }
}

#[test]
fn both_forms_agree() {
    let mut finished = 0;
    for seed in 0..6000 {
        let made = generate::function(seed);
        let body = mir::build::template(&made.program, made.main, &mut Budget::default())
            .expect("within the budget");
        let text = || mir::generic_text::text(&made.program, &made.names, &body);
        if let Err(errors) = mir::generic_verify::verify(&made.program, &body) {
            panic!("seed {seed}: {errors:#?}\n{}", text());
        }
        let expected = tree::run(&made.program, made.main);
        if expected == Outcome::OutOfFuel {
            continue;
        }
        finished += 1;
        let got = mir_run::run(&made.program, &body);
        assert_eq!(expected, got, "seed {seed}\n{}", text());
    }
    assert!(finished > 3000, "only {finished} functions came to an end");
}
