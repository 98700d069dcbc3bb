//! Programs of legal MIR, compiled and run on this machine.

use abi::ErrorKind;
use base::Budget;
use codegen::{OptLevel, Options, Target};
use loader::{BufferHost, Limits, Outcome, Program, Stopper};
use mir::legal::text;
use std::time::{Duration, Instant};

fn artifact(source: &str, opt: OptLevel) -> Vec<u8> {
    let program = text::read(source).unwrap_or_else(|error| panic!("{error:?}"));
    let errors = mir::legal::verify::verify(&program);
    assert!(errors.is_empty(), "{errors:#?}");
    let target = Target::host().expect("a machine that runs artifacts");
    let options = Options { opt, verify: true };
    let bytes = codegen::emit(&program, target, &options, &mut Budget::default()).expect("it is emitted");
    let artifact = abi::artifact::Artifact::decode(&bytes).expect("it decodes");
    codegen::rules::check_rules(&artifact).expect("it follows the rules");
    bytes
}

/// Runs a program at both efforts; the outcome must be the same.
fn run(source: &str, limits: &Limits) -> (Outcome, BufferHost) {
    let [(a, host), (b, other)] = [OptLevel::Speed, OptLevel::None].map(|opt| {
        let mut host = BufferHost::new(1 << 20);
        let outcome = loader::run(&artifact(source, opt), limits, &mut host).expect("it starts");
        (outcome, host)
    });
    assert_eq!((&a.exit_code, &a.error, &host.out), (&b.exit_code, &b.error, &other.out));
    (a, host)
}

const HELLO: &str = r#"
slot0 = text "Hello"
entry = fn0
fn0 "main" () -> (i64) {
block0:
    v0 = slot.ref slot0
    v1 = iconst.i8 1
    rt rt_print(v0, v1)
    v2 = iconst.i64 42
    v3 = rt rt_show_i64(v2)
    rt rt_print(v3, v1)
    release.ref v3
    v4 = iconst.i64 7
    return v4
}
"#;

#[test]
fn it_prints_and_returns() {
    let (outcome, host) = run(HELLO, &Limits::default());
    assert_eq!((outcome.exit_code, outcome.error), (7, None));
    assert_eq!(outcome.stats.live_objects, Some(0));
    assert_eq!(String::from_utf8_lossy(&host.out), "Hello\n42\n");
}
