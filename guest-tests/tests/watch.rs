//! `simple run --watch` through the real command: a program is edited while it runs.

use guest_tests::simple;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(120);

/// A program that is watched, ended with the test.
struct Watched {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
}

impl Watched {
    fn start(folder: &Path) -> Watched {
        let mut child = Command::new(simple::path())
            .args(["run", "--color", "never", "--watch", "app.spl"])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        let stdin = child.stdin.take();
        let stdout = lines(child.stdout.take().expect("a piped output"));
        let stderr = lines(child.stderr.take().expect("a piped output"));
        Watched { child, stdin, stdout, stderr }
    }

    /// One more turn of the program's loop, and what it prints.
    fn turn(&mut self) -> String {
        let stdin = self.stdin.as_mut().expect("the input is open");
        stdin.write_all(b"next\n").expect("the program reads");
        self.stdout.recv_timeout(PATIENCE).expect("the program prints")
    }

    /// Turns until the program prints a line that is wanted. The lines before it are of one kind.
    fn turns_until(&mut self, before: &str, wanted: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let line = self.turn();
            if line.starts_with(wanted) {
                return line;
            }
            assert!(line.starts_with(before), "printed {line:?} on the way to {wanted:?}");
            assert!(Instant::now() < end, "never printed {wanted:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn told(&self, wanted: &str) {
        let end = Instant::now() + PATIENCE;
        let mut seen = Vec::new();
        while let Ok(line) = self.stderr.recv_timeout(end.saturating_duration_since(Instant::now())) {
            if line.contains(wanted) {
                return;
            }
            seen.push(line);
        }
        panic!("never told {wanted:?}, but {seen:?}");
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // It may have ended, and nobody asks how.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(stream: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

fn app(show: &str, call: &str) -> String {
    format!(
        "use helper\n\nvar turns = 0\n\n{show}\n\nfn step():\n    turns += 1\n    {call}\n\n\
         fn main():\n    while input() != \"\":\n        step()\n"
    )
}

fn number(line: &str) -> u32 {
    line.rsplit(' ').next().and_then(|word| word.parse().ok()).expect("a line ends with the turn")
}

#[test]
fn a_program_is_edited_while_it_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let write =
        |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("it is written");
    let helper = |word: &str| write("helper.spl", &format!("fn word() -> text:\n    \"{word}\"\n"));
    helper("a");
    write("app.spl", &app("fn show(n: i64):\n    print \"old {helper.word()} {n}\"", "show(turns)"));
    let mut program = Watched::start(folder.path());
    assert_eq!(program.turn(), "old a 1");
    assert_eq!(program.turn(), "old a 2");

    // A function: the state is kept, no turn is lost.
    write("app.spl", &app("fn show(n: i64):\n    print \"new {helper.word()} {n}\"", "show(turns)"));
    let mut at = number(&program.turns_until("old a ", "new a "));
    assert!(at > 2);
    program.told("replaced: app.spl::show");

    // A module.
    helper("b");
    let next = number(&program.turns_until("new a ", "new b "));
    assert!(next > at);
    at = next;

    // A mistake is told, and the program goes on as it was.
    write("app.spl", &app("fn show(n: i64):\n    print nowhere", "show(turns)"));
    program.told("nowhere");
    assert_eq!(program.turn(), format!("new b {}", at + 1));

    // Another signature.
    write("app.spl", &app("fn show(n: text):\n    print \"text {n}\"", "show(\"{turns}\")"));
    assert!(number(&program.turns_until("new b ", "text ")) > at + 1);

    // It ends with its input, and runs again after the next change.
    drop(program.stdin.take());
    program.told("waiting for the files to change");
    write("app.spl", "print \"again\"\n");
    assert_eq!(program.stdout.recv_timeout(PATIENCE).as_deref(), Ok("again"));
    program.told("waiting for the files to change");
    assert!(matches!(program.stdout.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout)));
}
