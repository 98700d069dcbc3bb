//! Runs every program of `run/` and `examples/` on every engine, through the `simple` command and so through the component. All engines
//! must show the same: output, error, exit code.

use guest_tests::{Case, Observed, files};
use libtest_mimic::{Arguments, Failed, Trial};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const ENGINES: [&str; 2] = ["native", "interp"];

fn main() {
    let arguments = Arguments::from_args();
    let simple = simple();
    let mut trials = Vec::new();
    for folder in ["run", "examples"] {
        for path in files(folder, "spl") {
            for engine in ENGINES {
                let name =
                    format!("{folder}/{}::{engine}", path.file_stem().unwrap_or_default().to_string_lossy());
                let (path, simple) = (path.clone(), simple.clone());
                trials.push(Trial::test(name, move || run(&simple, &path, engine)));
            }
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn run(simple: &Path, path: &Path, engine: &str) -> Result<(), Failed> {
    let case = Case::read(path)?;
    let mut child = Command::new(simple)
        .args(["run", "--color", "never", "--timeout", "60s", "--check-leaks", "--engine", engine])
        .arg(path.file_name().ok_or("no file name")?)
        .args(&case.args)
        // Messages name files as they were given: from their own folder the same on every machine.
        .current_dir(path.parent().ok_or("no folder")?)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    // A program that does not read its input may be gone already.
    let _ = child.stdin.take().ok_or("no input")?.write_all(case.stdin.as_bytes());
    let output = child.wait_with_output()?;
    let observed = Observed {
        exit: output.status.code().ok_or_else(|| format!("ended by a signal: {}", output.status))?,
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    Ok(case.check(&observed)?)
}

fn simple() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from);
    let simple = target.join("release/simple");
    assert!(simple.exists(), "{} is not there: run `cargo xtask build` once", simple.display());
    simple
}
