//! What holds for legal MIR whatever its text is. The fuzz target and the tests of the crate share it.

use base::Budget;
use mir::interp::{Execution, Limits};
use mir::legal::{text, verify};
use std::sync::Arc;

/// Checks a program: what reads is printed as it was read; what the verifier finds sound is simplified to something sound; and nothing that
/// it does makes the interpreter panic.
///
/// # Panics
/// Something does not hold.
pub fn check(source: &str) {
    let Ok(program) = text::read(source) else { return };
    let printed = text::print(&program);
    let again = text::read(&printed).unwrap_or_else(|error| panic!("{error} in\n{printed}"));
    assert_eq!(text::print(&again), printed);
    if !verify::verify(&program).is_empty() {
        return;
    }
    let mut simple = again;
    if mir::simplify::simplify(&mut simple, &mut Budget::new(10_000_000)).is_ok() {
        let errors = verify::verify(&simple);
        assert!(errors.is_empty(), "unsound after simplification: {}\n{printed}", errors[0]);
    }
    for program in [program, simple] {
        let limits =
            Limits { memory: 1 << 20, depth: 100, stack_words: 1 << 16, fuel: 20_000, output: 1 << 12 };
        if let Ok(mut execution) = Execution::new(Arc::new(program), Vec::new(), limits) {
            execution.run();
        }
    }
}
