//! Hostile input through the real command: each ends in a clear error, in bounded time and memory, with an ordinary exit code.

use guest_tests::simple;
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn check(source: &str) -> (Option<i32>, String) {
    let started = Instant::now();
    let output = simple::run(here(), &["check", "--color", "never", "-"], source.as_bytes());
    assert!(started.elapsed() < Duration::from_secs(60), "took {:?}", started.elapsed());
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn run(args: &[&str], source: &str) -> Output {
    let mut all = vec!["run", "--color", "never"];
    all.extend(args);
    all.push("-");
    simple::run(here(), &all, source.as_bytes())
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn rejected_with(source: &str, code: &str) {
    let (exit, message) = check(source);
    assert_eq!(exit, Some(1), "{message}");
    assert!(message.contains(code), "expected {code} in: {}", &message[..message.len().min(2000)]);
}

#[test]
fn ten_thousand_parentheses() {
    rejected_with(&format!("print {}1{}\n", "(".repeat(10_000), ")".repeat(10_000)), "E0008");
}

#[test]
fn deep_blocks() {
    let source: String = (0..2_000).map(|depth| format!("{}if true:\n", " ".repeat(depth))).collect();
    rejected_with(&(source + &" ".repeat(2_000) + "print 1\n"), "E0008");
}

#[test]
fn a_very_long_sum() {
    rejected_with(&format!("print 1{}\n", " + 1".repeat(200_000)), "E0008");
}

#[test]
fn fifty_megabytes_on_a_line() {
    let (exit, message) = check(&format!("val x = [{}1]\n", "1, ".repeat(17_000_000)));
    assert_eq!(exit, Some(1), "{message}");
    assert!(message.contains("error"), "{message}");
}

#[test]
fn types_that_grow_exponentially() {
    let mut source = String::from("fn pair(x): (x, x)\nval a0 = 1\n");
    for n in 1..60 {
        source += &format!("val a{n} = pair(a{})\n", n - 1);
    }
    let (exit, message) = check(&(source + "print a59\n"));
    assert_eq!(exit, Some(1), "{message}");
    assert!(message.contains("error["), "{message}");
}

#[test]
fn a_template_that_instantiates_itself_for_ever() {
    let output = run(
        &[],
        "fn grow<T>(x: T, n: i64) -> i64:\n    if n == 0: 0 else: grow<[T]>([x], n - 1)\nprint grow(1, 3)\n",
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("E2001"), "{}", stderr(&output));
}

#[test]
fn odd_files() {
    for (source, expected) in
        [("", Some(0)), ("\u{0}\u{1}\u{2}", Some(1)), ("\"", Some(1)), (")))", Some(1)), ("\\", Some(1))]
    {
        let (exit, message) = check(source);
        assert_eq!(exit, expected, "{source:?}: {message}");
    }
    let binary = simple::run(here(), &["check", "-"], &[0xff, 0xfe, 0x00, 0x80]);
    assert_eq!(binary.status.code(), Some(1));
    assert!(stderr(&binary).contains("UTF-8"), "{}", stderr(&binary));
    let missing = simple::run(here(), &["run", "no/such/file.spl"], b"");
    assert_eq!(missing.status.code(), Some(1));
    assert!(stderr(&missing).contains("no/such/file.spl"), "{}", stderr(&missing));
}

#[test]
fn endless_loops_stop_at_the_time_limit() {
    for engine in ["native", "interp"] {
        let started = Instant::now();
        let output = run(&["--engine", engine, "--timeout", "300ms"], "var n = 0\nloop:\n    n += 1\n");
        assert_eq!(output.status.code(), Some(1), "{engine}");
        assert!(stderr(&output).contains("time limit"), "{engine}: {}", stderr(&output));
        assert!(started.elapsed() < Duration::from_secs(10), "{engine}");
    }
}

#[test]
fn memory_is_capped() {
    let source = "var xs: [i64] = []\nloop:\n    xs.push(1)\n";
    for engine in ["native", "interp"] {
        let output = run(&["--engine", engine, "--max-memory", "32M"], source);
        assert_eq!(output.status.code(), Some(1), "{engine}");
        assert!(stderr(&output).contains("out of memory"), "{engine}: {}", stderr(&output));
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_stops_a_program() {
    use std::process::{Command, Stdio};
    for engine in ["native", "interp"] {
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join("loop.spl");
        std::fs::write(&program, "print \"started\"\nvar n = 0\nloop:\n    n += 1\n")
            .expect("a written file");
        let child = Command::new(simple::path())
            .args(["run", "--engine", engine])
            .arg(&program)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        std::thread::sleep(Duration::from_secs(2));
        let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
        assert!(sent.success());
        let output = child.wait_with_output().expect("the command ends");
        assert_eq!(output.status.code(), Some(1), "{engine}");
        assert!(stderr(&output).contains("interrupted"), "{engine}: {}", stderr(&output));
    }
}
