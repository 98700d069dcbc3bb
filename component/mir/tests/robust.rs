//! Whatever the text of legal MIR, it is read or refused, found sound or not, and run.

#[path = "../fuzz/check.rs"]
mod fuzz;

use guest_tests::mutate;

#[test]
fn damaged_programs() {
    let corpus = mutate::corpus(&["verify", "simplify", "rt", "emit"], "lmir");
    mutate::damaged(&corpus, 4_000, |data| fuzz::check(&String::from_utf8_lossy(data)));
}
