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

/// The files in a cache folder that hold artifacts.
pub fn kept(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut kept: Vec<_> = entries.map(|entry| entry.path()).collect();
    kept.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("artifact-")));
    kept
}

/// A cache folder without artifacts, for `SIMPLE_CACHE`. The compiler's own fast form is taken over from the user's folder: making it takes seconds.
///
/// # Panics
/// It cannot be made.
pub fn empty_cache() -> tempfile::TempDir {
    let cache = tempfile::tempdir().expect("a folder");
    let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    let users = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or(home);
    let files = users.and_then(|folder| std::fs::read_dir(folder.join("simple")).ok()).into_iter().flatten();
    for file in files.filter_map(Result::ok) {
        if file.file_name().to_string_lossy().starts_with("component") {
            std::fs::copy(file.path(), cache.path().join(file.file_name())).expect("a copy");
        }
    }
    cache
}
