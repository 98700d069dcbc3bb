//! Random programs (`guest_tests::generate`): interpreter, machine code and WebAssembly must agree on all that they show, and leave no object behind.
//!
//! `FUZZ_SEED` chooses other programs, `FUZZ_COUNT` how many; `cargo xtask fuzz` goes on for as long as one likes. What engines disagree about is made simpler before it is
//! printed.

use driver::{OptLevel, Options, Session, State, Target};
use guest_tests::{Observed, generate};
use loader::BufferHost;
use proptest::collection::vec;
use proptest::strategy::{Strategy, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sandbox::Sandbox;
use std::sync::LazyLock;

const MEMORY: u64 = 64 << 20;
/// Programs that take longer are left out.
const MOST_INSTRUCTIONS: u64 = 20_000_000;
/// The generator is wrong, or the compiler; the message says where in the program.
const NOT_COMPILED: &str = "the program does not compile";
/// Choices in a program.
const TAPE: std::ops::Range<usize> = 0..6000;

#[test]
fn engines_agree() {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let first = number("FUZZ_SEED").unwrap_or(1);
    let count = number("FUZZ_COUNT").unwrap_or(40);
    for seed in first..first.saturating_add(count) {
        if let Some((tape, what)) = disagreement(seed) {
            panic!(
                "FUZZ_SEED={seed} FUZZ_COUNT=1 makes it; at its simplest:\n{}\n{what}",
                generate::program(&tape)
            );
        }
        if count > 1000 && seed % 100 == 0 {
            println!("seed {seed}");
        }
    }
}

/// The program of a seed, made simpler for as long as engines disagree, and about what.
fn disagreement(seed: u64) -> Option<(Vec<u32>, String)> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let tapes = vec(0u32..1 << 16, TAPE);
    let mut tree = tapes.new_tree(&mut runner).expect("nothing is filtered");
    let mut found = (tree.current(), check(&tree.current()).err()?);
    for _ in 0..2000 {
        if found.1.starts_with(NOT_COMPILED) || !tree.simplify() {
            break;
        }
        let mut simpler = tree.current();
        loop {
            match check(&simpler) {
                Err(what) => {
                    found = (simpler, what);
                    break;
                }
                Ok(()) if tree.complicate() => simpler = tree.current(),
                Ok(()) => return Some(found),
            }
        }
    }
    Some(found)
}

/// Runs a program in all engines at both efforts.
fn check(tape: &[u32]) -> Result<(), String> {
    let source = generate::program(tape);
    let mut known: Option<(String, Observed)> = None;
    for effort in [OptLevel::None, OptLevel::Speed] {
        let mut session = session(&source, effort);
        let Some(observed) = interpret(&mut session)? else { return Ok(()) };
        let others = [("native", native(&mut session)?), ("wasm", wasm(&mut session)?)];
        let all = std::iter::once(("interp", observed)).chain(others);
        for (engine, observed) in all {
            let engine = format!("{engine} {effort:?}");
            match &known {
                None => known = Some((engine, observed)),
                Some((_, first)) if *first == observed => {}
                Some((other, first)) => {
                    return Err(format!("{other}:\n{}{engine}:\n{}", shown(first), shown(&observed)));
                }
            }
        }
    }
    Ok(())
}

fn shown(Observed { exit, stdout, stderr }: &Observed) -> String {
    format!("exit {exit}\n{stdout}{stderr}\n")
}

fn session(source: &str, optimization: OptLevel) -> Session {
    let options = Options { budget: u64::MAX, optimization, verify: true, max_output: 1 << 30 };
    let mut session = Session::new(options);
    session.add_module("random.spl", source);
    session
}

fn rejected(session: &Session, failure: &driver::Failure) -> String {
    let said: Vec<String> = session
        .diagnostics()
        .iter()
        .map(|found| {
            let source = session.source(found.primary.span.file).map_or("", |file| &file.text);
            let before = &source[..found.primary.span.start as usize];
            let line = source.lines().nth(before.matches('\n').count()).unwrap_or_default();
            format!("{}: {}", found.message, line.trim())
        })
        .collect();
    format!("{NOT_COMPILED}: {failure:?}: {}\n", said.join("\n"))
}

/// What the interpreter shows; none if it takes too long.
fn interpret(session: &mut Session) -> Result<Option<Observed>, String> {
    let started = session.start(Vec::new(), MEMORY);
    let mut execution = started.map_err(|failure| rejected(session, &failure))?;
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut left = MOST_INSTRUCTIONS;
    loop {
        let step = execution.step(1 << 20);
        stdout.extend(step.stdout);
        stderr.extend(step.stderr);
        match step.state {
            State::Running | State::NeedsInput if left == 0 => return Ok(None),
            State::Running | State::NeedsInput => left = left.saturating_sub(1 << 20),
            State::Ended(ended) => {
                let error = ended.error.map(|report| report.to_string());
                return observed(
                    "interp",
                    ended.exit_code,
                    &stdout,
                    &stderr,
                    error,
                    Some(ended.live_objects),
                )
                .map(Some);
            }
        }
    }
}

fn native(session: &mut Session) -> Result<Observed, String> {
    let target = Target::host().ok_or("no machine code here")?;
    let artifact = session.emit(target).map_err(|failure| rejected(session, &failure))?;
    let mut host = BufferHost::new(1 << 30);
    let limits = loader::Limits { memory: MEMORY, ..loader::Limits::default() };
    let outcome = loader::run(&artifact, &limits, &mut host).map_err(|error| error.to_string())?;
    let error = outcome.error.map(|report| report.to_string());
    observed("native", outcome.exit_code, &host.out, &host.err, error, outcome.stats.live_objects)
}

fn wasm(session: &mut Session) -> Result<Observed, String> {
    static SANDBOX: LazyLock<Sandbox> =
        LazyLock::new(|| Sandbox::new(sandbox::Settings::default()).expect("a sandbox"));
    let module = session.emit(Target::Wasm32).map_err(|failure| rejected(session, &failure))?;
    let program = SANDBOX.load(&module).map_err(|error| error.to_string())?;
    let limits = sandbox::Limits { memory: MEMORY, ..sandbox::Limits::default() };
    let (host, outcome) = program.run(&limits, sandbox::BufferHost::new(1 << 30));
    let outcome = outcome.map_err(|error| error.to_string())?;
    let error = outcome.error.map(|report| report.to_string());
    observed("wasm", outcome.exit_code, &host.out, &host.err, error, outcome.live_objects)
}

fn observed(
    engine: &str,
    exit: i32,
    stdout: &[u8],
    stderr: &[u8],
    error: Option<String>,
    live: Option<u64>,
) -> Result<Observed, String> {
    if error.is_none()
        && let Some(live @ 1..) = live
    {
        return Err(format!("{engine}: {live} objects are left"));
    }
    Ok(Observed {
        exit,
        stdout: String::from_utf8_lossy(stdout).into_owned(),
        stderr: String::from_utf8_lossy(stderr).into_owned() + &error.unwrap_or_default(),
    })
}
