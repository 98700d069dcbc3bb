//! Contracts can be left unchecked; they are looked at all the same.

use driver::{OptLevel, Options, Session, State};

fn session(text: &str) -> Session {
    let options =
        Options { budget: u64::MAX, optimization: OptLevel::Speed, verify: true, max_output: 1 << 30 };
    let mut session = Session::new(options);
    session.add_module("program.spl", text);
    session
}

/// What the program prints, and the code of its error.
fn run(mut session: Session) -> (String, Option<&'static str>) {
    let mut execution = session.start(Vec::new(), 1 << 24).expect("a program that is right");
    let mut printed = Vec::new();
    loop {
        let step = execution.step(1 << 20);
        printed.extend(step.stdout);
        match step.state {
            State::Running => {}
            State::NeedsInput => execution.supply_line(None),
            State::Ended(ended) => {
                let code = ended.error.map(|report| report.kind.code());
                return (String::from_utf8_lossy(&printed).into_owned(), code);
            }
        }
    }
}

const BROKEN: &str = "
class Account:
    balance: i64
    invariant: self.balance >= 0
    me take(n: i64) -> i64:
        in: n > 0
        out(r): r == old(self.balance)
        self.balance -= n
        self.balance
print Account(balance: 1).take(-3)
print Account(balance: -1).take(2)
";

#[test]
fn checked() {
    assert_eq!(run(session(BROKEN)), (String::new(), Some("E3015")));
}

#[test]
fn unchecked() {
    let mut session = session(BROKEN);
    session.leave_contracts_unchecked();
    assert_eq!(run(session), ("4\n-3\n".to_owned(), None));
}

#[test]
fn looked_at() {
    let mut session = session("fn f(x: i64) -> i64:\n    in: x > \"a\"\n    x\nprint f(1)\n");
    session.leave_contracts_unchecked();
    assert!(session.check().is_err());
    assert_eq!(session.diagnostics().len(), 1);
}
