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
    for engine in ["native", "interp", "wasm"] {
        let started = Instant::now();
        let output = run(&["--engine", engine, "--timeout", "300ms"], "var n = 0\nloop:\n    n += 1\n");
        assert_eq!(output.status.code(), Some(1), "{engine}");
        assert!(stderr(&output).contains("time limit"), "{engine}: {}", stderr(&output));
        assert!(started.elapsed() < Duration::from_secs(10), "{engine}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_system_that_refuses_addresses_for_a_pool() {
    // Enough for one instance and one program, far from enough for all places of the pool.
    let script = "ulimit -v 25000000 && exec \"$0\" run --no-cache --jobs 2 -";
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("program.spl");
    std::fs::write(&program, "print 6 * 7\n").expect("a written file");
    let output = std::process::Command::new("sh")
        .args(["-c", script])
        .arg(simple::path())
        .stdin(std::fs::File::open(&program).expect("the file"))
        .output()
        .expect("a shell");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "42\n", "{}", stderr(&output));
}

#[test]
fn jobs_do_not_change_what_a_program_does() {
    let program = include_str!("../examples/tour.spl");
    let alone = run(&["--no-cache", "--jobs", "1"], program);
    assert_eq!(alone.status.code(), Some(0), "{}", stderr(&alone));
    for jobs in ["2", "3"] {
        assert_eq!(run(&["--no-cache", "--jobs", jobs], program), alone, "{jobs}");
    }
    let wrong = run(&["--no-cache", "--jobs", "3"], "print a\n");
    assert_eq!(wrong.status.code(), Some(1));
    assert_eq!(stderr(&wrong).matches("E1001").count(), 1, "{}", stderr(&wrong));
    assert_eq!(run(&["--jobs", "0"], "print 1\n").status.code(), Some(2));
}

#[test]
fn memory_is_capped() {
    let source = "var xs: [i64] = []\nloop:\n    xs.push(1)\n";
    for engine in ["native", "interp", "wasm"] {
        let output = run(&["--engine", engine, "--max-memory", "32M"], source);
        assert_eq!(output.status.code(), Some(1), "{engine}");
        assert!(stderr(&output).contains("out of memory"), "{engine}: {}", stderr(&output));
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_stops_a_program() {
    use std::process::{Command, Stdio};
    for engine in ["native", "interp", "wasm"] {
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

/// Starts a program with an input that stays open and silent.
fn waiting(args: &[&str], source: &str) -> (std::process::Child, tempfile::TempDir) {
    use std::process::{Command, Stdio};
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("program.spl");
    std::fs::write(&program, source).expect("a written file");
    let child = Command::new(simple::path())
        .args(["run", "--color", "never"])
        .args(args)
        .arg(&program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    (child, folder)
}

/// The end of a program, whose input stays open until then; the test fails, and the program is ended, if there is none soon.
fn end_of(mut child: std::process::Child) -> Output {
    let input = child.stdin.take();
    let started = Instant::now();
    while child.try_wait().expect("a child").is_none() {
        if started.elapsed() > Duration::from_secs(20) {
            child.kill().expect("a program that runs");
            panic!("the program goes on");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    drop(input);
    child.wait_with_output().expect("the command ends")
}

const READS: &str = "print \"started\"\nval line = input()\nprint \"[{line}]\"\n";

#[test]
fn a_wait_for_input_ends_at_the_time_limit() {
    for engine in ["native", "interp", "wasm"] {
        let (child, _folder) = waiting(&["--engine", engine, "--timeout", "300ms"], READS);
        let output = end_of(child);
        assert_eq!(output.status.code(), Some(1), "{engine}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "started\n", "{engine}");
        assert!(stderr(&output).contains("time limit"), "{engine}: {}", stderr(&output));
        assert!(stderr(&output).contains("program.spl:2:"), "{engine}: {}", stderr(&output));
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_a_wait_for_input() {
    use std::io::Read as _;
    use std::process::Command;
    for engine in ["native", "interp", "wasm"] {
        let (mut child, _folder) = waiting(&["--engine", engine], READS);
        let mut started = [0; 8];
        child.stdout.as_mut().expect("a piped output").read_exact(&mut started).expect("the first line");
        // The line was printed; the wait begins at once.
        std::thread::sleep(Duration::from_millis(200));
        let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
        assert!(sent.success());
        let output = end_of(child);
        assert_eq!(output.status.code(), Some(1), "{engine}");
        assert!(stderr(&output).contains("interrupted"), "{engine}: {}", stderr(&output));
    }
}

#[test]
fn a_line_longer_than_the_memory_is_an_error() {
    for engine in ["native", "interp", "wasm"] {
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join("program.spl");
        std::fs::write(&program, READS).expect("a written file");
        let program = program.to_str().expect("a path in UTF-8");
        let args = ["run", "--engine", engine, "--max-memory", "1M", program];
        let output = simple::run(here(), &args, &vec![b'x'; 4 << 20]);
        assert_eq!(output.status.code(), Some(1), "{engine}");
        assert!(stderr(&output).contains("memory"), "{engine}: {}", stderr(&output));
    }
}

/// Programs that are inside of one runtime function nearly all the time, most of them for longer than any test waits.
const BUSY: &[(&str, &str)] = &[
    (
        "sorting numbers",
        "val xs = (\"sphinx of black quartz\" * 400000).bytes()\nloop:\n    val ys = xs.sorted()\n",
    ),
    (
        "sorting by a function",
        "val xs = (\"sphinx of black quartz\" * 100000).bytes()\nval ys = xs.sorted_by(\\a, b: a - b)\nloop:\n    val zs = xs.sorted_by(\\a, b: a - b)\n",
    ),
    (
        "sorting texts",
        "val xs = (\"how vexingly quick \" * 1000000).split(\" \")\nloop:\n    val ys = xs.sorted()\n",
    ),
    ("repeating", "loop:\n    val t = \"x\" * 300000000\n"),
    ("searching", "val t = \"x\" * 200000000\nloop:\n    val found = t.contains(\"xy\")\n"),
    ("capital letters", "val t = \"é\" * 50000000\nloop:\n    val u = t.upper()\n"),
    ("joining", "val xs = (\"a b \" * 2000000).split(\" \")\nloop:\n    val t = xs.join(\", \")\n"),
    ("printing", "val xs = (\"a b \" * 1000000).bytes()\nloop:\n    val t = \"{xs}\"\n"),
    (
        "comparing along many paths",
        "enum Tree:\n    Leaf\n    Node([Tree])\n\nfn grow() -> Tree:\n    var t = Tree.Leaf\n    for i in 0..60:\n        t = Tree.Node([t, t])\n    t\n\nprint grow() == grow()\n",
    ),
    (
        "recursion without loops",
        "fn fib(n: i64) -> i64:\n    if n < 2: n else: fib(n - 1) + fib(n - 2)\nprint fib(90)\n",
    ),
];

#[test]
fn runtime_functions_stop_at_the_time_limit() {
    for engine in ["native", "interp", "wasm"] {
        for (what, source) in BUSY {
            let started = Instant::now();
            let output = run(&["--engine", engine, "--timeout", "1s"], source);
            assert_eq!(output.status.code(), Some(1), "{what}, {engine}: {}", stderr(&output));
            assert!(stderr(&output).contains("time limit"), "{what}, {engine}: {}", stderr(&output));
            // Starting and compiling are part of it, on a machine that does other things as well.
            assert!(started.elapsed() < Duration::from_secs(6), "{what}, {engine}: {:?}", started.elapsed());
        }
    }
}

/// Structures a million deep are built, compared, printed, copied and freed on an ordinary stack.
#[test]
fn deep_structures_need_no_stack() {
    let source = "class Node:\n    value: i64\n    next: Node?\n\nfn chain(n: i64) -> Node:\n    var node = Node(value: 0, next: nil)\n    for i in 1..n:\n        node = Node(value: i, next: node)\n    node\n\nval a = chain(1000000)\nval b = chain(1000000)\nprint \"{a}\".len() > 100\nprint a == b\n";
    for engine in ["native", "interp", "wasm"] {
        let output = run(&["--engine", engine, "--check-leaks"], source);
        assert_eq!(output.status.code(), Some(0), "{engine}: {}", stderr(&output));
        assert!(String::from_utf8_lossy(&output.stdout).starts_with("true\n"), "{engine}");
    }
}
