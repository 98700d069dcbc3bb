//! The `simple` command as tests start it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The path of the built command.
///
/// # Panics
/// It was not built yet; the message says how.
pub fn path() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from);
    let simple = target.join("release/simple");
    assert!(simple.exists(), "{} is not there: run `cargo xtask build` once", simple.display());
    simple
}

/// Runs the command in a folder with some input and waits for its end.
///
/// # Panics
/// It cannot be started.
pub fn run(folder: &Path, args: &[&str], input: &[u8]) -> Output {
    run_command(Command::new(path()).args(args).current_dir(folder), input)
}

/// Runs a command with some input and waits for its end.
///
/// # Panics
/// It cannot be started.
pub fn run_command(command: &mut Command, input: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut stdin = child.stdin.take().expect("a piped input");
    let input = input.to_vec();
    // From a thread: the command may print before it reads. One that does not read its input may be gone already.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("the command ends");
    writer.join().expect("the writer ends");
    output
}
