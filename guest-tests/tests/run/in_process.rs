//! Programs compiled in this process, where a debugger and a profiler see everything.

use driver::{OptLevel, Options, Session, State, Target};
use guest_tests::{Case, Observed, simple};
use libtest_mimic::Failed;
use loader::{BufferHost, Instances, Known, Limits, Program};
use sandbox::Sandbox;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

/// Names the program that runs artifacts for AArch64.
pub const AARCH64_RUNNER: &str = "SIMPLE_AARCH64_RUNNER";
/// Names the program that runs components.
pub const WASI_RUNNER: &str = "SIMPLE_WASI_RUNNER";

const MEMORY: u64 = 1 << 30;
const TIME: Duration = Duration::from_secs(60);

/// How a program is compiled: with which effort, and in how many parts.
#[derive(Clone, Copy, Debug)]
struct Way {
    optimization: OptLevel,
    shape: Shape,
}

#[derive(Clone, Copy, Debug)]
enum Shape {
    Whole,
    Parts,
    /// In parts, with generic functions left to their first call: for machine code alone.
    Lazy,
}

const LAZY: Way = Way { optimization: OptLevel::Speed, shape: Shape::Lazy };

const WAYS: [Way; 3] = [
    Way { optimization: OptLevel::None, shape: Shape::Whole },
    Way { optimization: OptLevel::Speed, shape: Shape::Whole },
    Way { optimization: OptLevel::Speed, shape: Shape::Parts },
];

/// A session with the program; the path in its messages is the file's name.
fn session(case: &Case, Way { optimization, shape }: Way) -> Result<Session, Failed> {
    let options = Options { budget: u64::MAX, optimization, verify: true, max_output: 1 << 30 };
    let mut session = Session::new(options);
    match shape {
        Shape::Whole => {}
        Shape::Parts => session.make_reloadable(driver::Linkage::new([], true, false)),
        Shape::Lazy => session.make_reloadable(driver::Linkage::new([], true, true)),
    }
    let name = case.path.file_name().ok_or("no file name")?.to_string_lossy();
    let folder = case.path.parent().ok_or("no folder")?;
    let mut missing = session.add_module(&name, &case.source);
    loop {
        let wanted = missing.iter().flat_map(|module| &module.candidates);
        let found = wanted
            .into_iter()
            .find_map(|path| Some((path, std::fs::read_to_string(folder.join(path)).ok()?)));
        let Some((path, text)) = found else { return Ok(session) };
        missing = session.add_module(path, &text);
    }
}

/// What the compiler says about a program that it should have compiled.
fn rejected(session: &Session, failure: &driver::Failure) -> Failed {
    let messages: Vec<&str> = session.diagnostics().iter().map(|found| found.message.as_str()).collect();
    format!("{failure:?}: {}", messages.join("; ")).into()
}

fn artifact(case: &Case, way: Way, target: Target) -> Result<Vec<u8>, Failed> {
    let mut session = session(case, way)?;
    session.emit(target).map_err(|failure| rejected(&session, &failure))
}

/// The interpreter.
pub fn interp(path: &Path) -> Result<(), Failed> {
    let case = Case::read(path)?;
    for way in WAYS {
        let mut session = session(&case, way)?;
        let started = session.start(case.args.clone(), MEMORY);
        let mut execution = started.map_err(|failure| rejected(&session, &failure))?;
        let mut lines = case.stdin.lines();
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let ended = loop {
            let step = execution.step(1 << 24);
            stdout.extend(step.stdout);
            stderr.extend(step.stderr);
            match step.state {
                State::Running => {}
                State::NeedsInput => execution.supply_line(lines.next().map(str::to_owned)),
                State::Ended(ended) => break ended,
            }
        };
        if ended.live_objects > 0 {
            return Err(format!("{way:?}: {} objects are left", ended.live_objects).into());
        }
        let report = ended.error.map(|report| report.to_string());
        check(&case, way, ended.exit_code, &stdout, &stderr, report)?;
    }
    Ok(())
}

/// Machine code.
pub fn native(path: &Path) -> Result<(), Failed> {
    let case = Case::read(path)?;
    let target = Target::host().ok_or("no machine code here")?;
    for way in WAYS.into_iter().chain([LAZY]) {
        let mut session = session(&case, way)?;
        let artifact = session.emit(target).map_err(|failure| rejected(&session, &failure))?;
        let program = Program::load(&artifact)?;
        session.add_known(program.symbols());
        let mut host = BufferHost::new(1 << 30);
        host.args = case.args.clone();
        host.input = case.stdin.lines().map(str::to_owned).collect();
        let limits = Limits { memory: MEMORY, time: Some(TIME), ..Limits::default() };
        let outcome = program.run_lazily(&limits, &mut host, Box::new(FirstCalls { session, target }))?;
        if let Some(live @ 1..) = outcome.stats.live_objects {
            return Err(format!("{way:?}: {live} objects are left").into());
        }
        let report = outcome.error.map(|report| report.to_string());
        check(&case, way, outcome.exit_code, &host.out, &host.err, report)?;
    }
    Ok(())
}

/// Makes functions when they are called first.
struct FirstCalls {
    session: Session,
    target: Target,
}

impl Instances for FirstCalls {
    fn make(&mut self, name: &str, signature: u64) -> Result<Program, String> {
        let made = self.session.instantiate_symbol(name, signature, self.target);
        let made = made.map_err(|failure| format!("{failure:?}"))?;
        let instance =
            made.map_err(|wrong| wrong.into_iter().map(|found| found.message).collect::<String>())?;
        let artifact = instance.artifact.as_ref().ok_or("it was there")?;
        Program::load(artifact).map_err(|error| error.to_string())
    }

    fn linked(&mut self, symbols: &[Known]) {
        self.session.add_known(symbols.iter().cloned());
    }
}

/// WebAssembly. It is whole: there is one module.
pub fn wasm(path: &Path) -> Result<(), Failed> {
    static SANDBOX: LazyLock<Sandbox> =
        LazyLock::new(|| Sandbox::new(sandbox::Settings::default()).expect("a sandbox"));
    let case = Case::read(path)?;
    for way in [WAYS[0], WAYS[1]] {
        let program = SANDBOX.load(&artifact(&case, way, Target::Wasm32)?)?;
        let mut host = BufferHost::new(1 << 30);
        host.args = case.args.clone();
        host.input = case.stdin.lines().map(str::to_owned).collect();
        let limits = sandbox::Limits { memory: MEMORY, time: Some(TIME), ..sandbox::Limits::default() };
        let (host, outcome) = program.run(&limits, host);
        let outcome = outcome?;
        if let Some(live @ 1..) = outcome.live_objects {
            return Err(format!("{way:?}: {live} objects are left").into());
        }
        let report = outcome.error.map(|report| report.to_string());
        check(&case, way, outcome.exit_code, &host.out, &host.err, report)?;
    }
    Ok(())
}

/// One component with the runtime in it, in the host that a command names.
pub fn wasi(path: &Path) -> Result<(), Failed> {
    let case = Case::read(path)?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("program.wasm");
    let options = bundle::Options {
        max_memory: MEMORY,
        max_calls: bundle::MAX_CALLS,
        exit_codes: bundle::ExitCodes::Success,
    };
    let module = artifact(&case, WAYS[1], Target::Wasm32)?;
    std::fs::write(&file, bundle::command(&module, &options)?)?;
    let mut command = runner(WASI_RUNNER)?;
    let output = simple::run_command(command.arg(&file).args(&case.args), case.stdin.as_bytes());
    let mut observed = crate::observed(&output)?;
    // All codes but 0 are the same.
    if observed.exit == 1 && case.expected.exit != 0 {
        observed.exit = case.expected.exit;
    }
    Ok(case.check(&observed)?)
}

/// The command that a variable names, to be completed with arguments.
fn runner(variable: &str) -> Result<Command, Failed> {
    let runner = std::env::var(variable).map_err(|error| error.to_string())?;
    let mut words = runner.split_whitespace();
    let mut command = Command::new(words.next().ok_or("the name of the runner is empty")?);
    command.args(words);
    Ok(command)
}

/// Machine code for AArch64, under emulation if this machine is another one.
pub fn aarch64(path: &Path) -> Result<(), Failed> {
    let case = Case::read(path)?;
    for way in WAYS {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("program.artifact");
        std::fs::write(&file, artifact(&case, way, Target::Aarch64)?)?;
        let mut command = runner(AARCH64_RUNNER)?;
        let output = simple::run_command(command.arg(&file).args(&case.args), case.stdin.as_bytes());
        case.check(&crate::observed(&output)?).map_err(|what| format!("{way:?}: {what}"))?;
    }
    Ok(())
}

fn check(
    case: &Case,
    way: Way,
    exit_code: i32,
    stdout: &[u8],
    stderr: &[u8],
    report: Option<String>,
) -> Result<(), Failed> {
    let observed = Observed {
        // What a process can give.
        exit: exit_code & 0xff,
        stdout: String::from_utf8_lossy(stdout).into_owned(),
        stderr: String::from_utf8_lossy(stderr).into_owned() + &report.unwrap_or_default(),
    };
    case.check(&observed).map_err(|what| format!("{way:?}: {what}").into())
}
