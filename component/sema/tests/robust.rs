//! Whatever the program, the checker accepts it or says what is wrong and where.

#[path = "../fuzz/check.rs"]
mod fuzz;

use guest_tests::mutate;

#[test]
fn damaged_programs() {
    let corpus = mutate::corpus(&["run", "infer", "instantiate", "reject", "diag"], "spl");
    mutate::damaged(&corpus, 3_000, |data| fuzz::check(&String::from_utf8_lossy(data)));
}
