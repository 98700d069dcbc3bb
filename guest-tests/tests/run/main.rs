//! Runs every program of `run/` and `examples/` in every way there is, and all must show the same: output, error, exit code.
//!
//! * `in-process-interp`, `in-process-native`, `in-process-wasm`: compiler and engine linked into this process, at both efforts, with every intermediate form
//!   verified.
//! * `interp`, `native`, `wasm`: through the `simple` command, and so through the component.
//! * `wasi`: components in the host that `SIMPLE_WASI_RUNNER` names (`cargo xtask wasi`), where it does.
//! * `aarch64`: artifacts for AArch64 in the runner that `SIMPLE_AARCH64_RUNNER` names (`cargo xtask aarch64`), where it does.
//!
//! Programs of `reject/` and `reject-modules/` are wrong, those of `warn/` are doubtful: `simple check` says how.

mod in_process;

use guest_tests::{Case, Observed, files, folders, name_of, simple};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;
use std::process::Output;

/// A way to run a program, by its name in the tests.
type Engine = (&'static str, fn(&Path) -> Result<(), Failed>);

const ENGINES: [Engine; 6] = [
    ("in-process-interp", in_process::interp),
    ("in-process-native", in_process::native),
    ("in-process-wasm", in_process::wasm),
    ("interp", |path| run(path, "interp")),
    ("native", |path| run(path, "native")),
    ("wasm", |path| run(path, "wasm")),
];
/// Engines that are there where a variable names them.
const NAMED: [(&str, Engine); 2] = [
    (in_process::AARCH64_RUNNER, ("aarch64", in_process::aarch64)),
    (in_process::WASI_RUNNER, ("wasi", in_process::wasi)),
];

fn main() {
    let arguments = Arguments::from_args();
    let named = NAMED.iter().filter(|(variable, _)| std::env::var_os(variable).is_some());
    let named: Vec<Engine> = named.map(|(_, engine)| *engine).collect();
    let mut trials = Vec::new();
    let alone = ["run", "examples"].into_iter().flat_map(|folder| files(folder, "spl"));
    // Each folder of `modules/` is a program of several files.
    for path in alone.chain(folders("modules").into_iter().map(|folder| folder.join("main.spl"))) {
        for (engine, run) in ENGINES.iter().chain(&named).copied() {
            let path = path.clone();
            trials.push(Trial::test(format!("{}::{engine}", name_of(&path)), move || run(&path)));
        }
    }
    let several = folders("reject-modules").into_iter().map(|folder| folder.join("main.spl"));
    let alone = ["reject", "warn"].into_iter().flat_map(|folder| files(folder, "spl"));
    for path in alone.chain(several) {
        let name = name_of(&path);
        trials.push(Trial::test(name, move || start(&path, &["check", "--color", "never"])));
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn run(path: &Path, engine: &str) -> Result<(), Failed> {
    start(path, &["run", "--color", "never", "--timeout", "60s", "--check-leaks", "--engine", engine])
}

fn start(path: &Path, args: &[&str]) -> Result<(), Failed> {
    let case = Case::read(path)?;
    let mut args = args.to_vec();
    args.push(path.file_name().and_then(|name| name.to_str()).ok_or("no file name")?);
    args.extend(case.args.iter().map(String::as_str));
    // Messages name files as they were given: from their own folder the same on every machine.
    let output = simple::run(path.parent().ok_or("no folder")?, &args, case.stdin.as_bytes());
    Ok(case.check(&observed(&output)?)?)
}

/// What a process showed.
fn observed(output: &Output) -> Result<Observed, String> {
    Ok(Observed {
        exit: output.status.code().ok_or_else(|| format!("ended by a signal: {}", output.status))?,
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
