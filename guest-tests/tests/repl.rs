//! `simple repl` through the real command, with its input from a pipe.

use guest_tests::simple;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

fn run(folder: &Path, input: &str) -> (Option<i32>, String, String) {
    let output = simple::run(folder, &["repl", "--color", "never"], input.as_bytes());
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// What is printed for an input that ends well.
fn printed(input: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, stdout, stderr) = run(folder.path(), input);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
    stdout
}

#[test]
fn values_and_state() {
    assert_eq!(printed("1 + 2\nit * 10\nit\n"), "3\n30\n30\n");
    assert_eq!(printed("var n = 1\nn += 5\nn\nfor i in 0..3:\n    n += i\n\nn\n"), "6\n9\n");
    assert_eq!(
        printed("var xs = [1, 2]\nxs.push(3)\nxs\nxs.len()\nxs.map(_ * 2)\n"),
        "[1, 2, 3]\n3\n[2, 4, 6]\n"
    );
    assert_eq!(printed("val x = 5\nfn f(): x\nval x = \"new\"\nx\nf()\n"), "new\n5\n");
    // What has an effect has it once.
    assert_eq!(
        printed("fn f():\n    print \"once\"\n    7\n\nval a = f()\na\nval b = a + 1\nb\n"),
        "once\n7\n8\n"
    );
    assert_eq!(
        printed("val (a, b) = (1, \"two\")\nb\n:names\n"),
        "two\nval a: i64\nval b: text\nval it: text\n"
    );
}

#[test]
fn declarations() {
    let types = "struct P:\n    a: i64\n    fn twice(): self.a * 2\n\nenum C: Red, Blue\nval p = P(a: 4)\np.twice()\n";
    let more = "impl P:\n    fn thrice(): self.a * 3\n\np.thrice()\nval c = C.Blue\nmatch c:\n    case Red: 1\n    case Blue: 2\n\n:type p\n:type [C.Red]\n";
    assert_eq!(printed(&format!("{types}{more}")), "8\n12\n2\nP\n[C]\n");
    assert_eq!(
        printed("fn twice(a):\n    a * 2\n\ntwice(21)\ntwice(1.5)\n(1 +\n2)\n\"\"\"a\nb\"\"\"\n"),
        "42\n3\n3\na\nb\n"
    );
    assert_eq!(printed("val a = 1\n:reset\n:names\n1\n:quit\n2\n"), "1\n");
}

#[test]
fn errors_end_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let input = "var n = 1\nval = 3\nunknown\nn / 0\n[1][5]\nfn f(): f() + 1\nf()\n:bogus\n:type nothing\nval a: text = 1\nval bad = 1 / 0\nbad\nn = n + 1\nn\nexit(3)\nprint \"never\"\n";
    let (code, stdout, stderr) = run(folder.path(), input);
    assert_eq!((code, stdout.as_str()), (Some(3), "2\n"), "{stderr}");
    for wanted in [
        "error[E0007]: expected a pattern",
        "entry_2.spl:1:5",
        "`unknown` is not declared",
        "error[E3001]: division by zero",
        "index 5 out of range",
        "stack overflow",
        "no command `:bogus`",
        "`nothing` is not declared",
        "`bad` is not declared",
    ] {
        assert!(stderr.contains(wanted), "{wanted}: {stderr}");
    }
}

#[test]
fn files_of_the_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(
        folder.path().join("shapes.spl"),
        "export area, count\nvar count = 0\nprint \"body\"\nfn area(r): r * r\n",
    )
    .expect("written");
    let (code, stdout, stderr) =
        run(folder.path(), "use shapes.{area, count}\narea(3)\ncount += 2\ncount\nuse nowhere\n1\n");
    assert_eq!((code, stdout.as_str()), (Some(0), "body\n9\n2\n1\n"), "{stderr}");
    assert!(stderr.contains("there is no module `nowhere`"), "{stderr}");
}

/// Nonsense: the loop goes on.
#[test]
fn nonsense() {
    let folder = tempfile::tempdir().expect("a folder");
    let input = format!(
        "{}\n\u{1}\u{2}\n)\n]\n:\n# only a comment\n{}\n5\n",
        "(".repeat(3_000) + &")".repeat(3_000),
        "x + ".repeat(2_000) + "1"
    );
    let (code, stdout, stderr) = run(folder.path(), &input);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.ends_with("5\n"), "{stdout} {stderr}");
    assert_eq!(run(folder.path(), ""), (Some(0), String::new(), String::new()));
}

/// Ctrl-C stops what runs, and nothing else.
#[cfg(unix)]
#[test]
fn interrupts() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = Command::new(simple::path())
        .arg("repl")
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut stdin = child.stdin.take().expect("a piped input");
    let mut lines = BufReader::new(child.stdout.take().expect("a piped output")).lines();
    stdin.write_all(b"var n = 1\nprint \"go\"\nwhile true:\n    n += 1\n\n").expect("it reads");
    assert_eq!(lines.next().expect("a line").expect("UTF-8"), "go");
    std::thread::sleep(std::time::Duration::from_millis(800));
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(sent.success());
    stdin.write_all(b"n > 1000\n").expect("it reads");
    drop(stdin);
    assert_eq!(lines.next().expect("a line").expect("UTF-8"), "true");
    let output = child.wait_with_output().expect("it ends");
    assert!(String::from_utf8_lossy(&output.stderr).contains("interrupted"), "{output:?}");
}
