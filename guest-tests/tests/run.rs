//! Runs every program of `run/` and `examples/` on every engine, through the `simple` command and so through the component. All engines
//! must show the same: output, error, exit code. Programs of `reject/` are wrong: `simple check` says how.

use guest_tests::{Case, Observed, files, folders, name_of, simple};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;

const ENGINES: [&str; 2] = ["native", "interp"];

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    let alone = ["run", "examples"].into_iter().flat_map(|folder| files(folder, "spl"));
    // Each folder of `modules/` is a program of several files.
    for path in alone.chain(folders("modules").into_iter().map(|folder| folder.join("main.spl"))) {
        for engine in ENGINES {
            let name = format!("{}::{engine}", name_of(&path));
            let path = path.clone();
            trials.push(Trial::test(name, move || run(&path, engine)));
        }
    }
    for path in files("reject", "spl") {
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
    let observed = Observed {
        exit: output.status.code().ok_or_else(|| format!("ended by a signal: {}", output.status))?,
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    Ok(case.check(&observed)?)
}
