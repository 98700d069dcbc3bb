//! `simple run --lazy` through the real command: instances that are made when they are called first are kept from one run to the next.

use guest_tests::simple;
use std::path::Path;
use std::process::Command;

const PROGRAM: &str = "\
use pairs.{pair, deep}

for name in input(\"\").split(\" \"):
    if name == \"text\": print pair(\"a\")
    elif name == \"int\": print pair(1)
    elif name == \"deep\": print deep([0], 3)
    else: print name
";

const PAIRS: &str = "\
pub fn pair<T>(x: T) -> (T, T): (x, x)
pub fn deep<T>(x: T, n: i64) -> i64:
    if n == 0: return 0
    1 + deep((x, n), n - 1)
";

/// What a run prints, and whether it needed the compiler.
fn run(folder: &Path, cache: &Path, options: &[&str], input: &str) -> (String, bool) {
    let mut command = Command::new(simple::path());
    command.args(["run", "--timings"]).args(options).arg("main.spl").current_dir(folder);
    let output = simple::run_command(command.env("SIMPLE_CACHE", cache), input.as_bytes());
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    (String::from_utf8_lossy(&output.stdout).into_owned(), told.contains("work units"))
}

#[test]
fn instances_are_kept_for_the_next_run() {
    let (folder, cache) = (tempfile::tempdir().expect("a folder"), simple::empty_cache());
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    write("main.spl", PROGRAM);
    write("pairs.spl", PAIRS);
    let lazy = |input: &str| run(folder.path(), cache.path(), &["--lazy"], input);
    let afresh = |input: &str| run(folder.path(), cache.path(), &["--lazy", "--no-cache"], input).0;
    for (input, compiles) in [
        ("int\n", true),
        ("int\n", false),
        // Nothing is asked for.
        ("x int\n", false),
        // The second call is one that nobody made before, behind one that was.
        ("int deep text\n", true),
        ("int deep text\n", false),
        ("int deep\n", false),
        ("text\n", true),
    ] {
        let (printed, compiled) = lazy(input);
        assert_eq!(printed, afresh(input), "{input}");
        assert_eq!(compiled, compiles, "{input}");
    }
    // Another version of a module that the instances came from.
    write("pairs.spl", &PAIRS.replace("(x, x)", "(x, x) # the same"));
    assert_eq!(lazy("int\n"), ("(1, 1)\n".to_owned(), true));
    write("pairs.spl", PAIRS);
    assert_eq!(lazy("int deep text\n").0, afresh("int deep text\n"));
    // A damaged entry is as good as none.
    for entry in simple::kept(cache.path()) {
        let mut bytes = std::fs::read(&entry).expect("its bytes");
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        std::fs::write(entry, bytes).expect("a file");
    }
    assert_eq!(lazy("int deep text\n"), (afresh("int deep text\n"), true));
}
