//! Module files through the real command: compiled, used without the source, run, listed, damaged; and artifacts that are kept.

use guest_tests::simple;
use std::fs;
use std::process::{Command, Output};

const LISTS: &str = "\
pub trait Sized:
    fn size() -> i64

pub struct Stack<T>:
    items: [T]

    me push(item: T):
        self.items.push(item)

pub fn largest(items):
    var best = items[0]
    for item in items:
        if item > best:
            best = item
    best

pub fn total<T: Sized>(items: [T]) -> i64:
    var sum = 0
    for item in items:
        sum += item.size()
    sum

pub fn pick(items: [i64], at: i64) -> i64:
    items[at]
";

const BOXES: &str = "\
use lists.{Sized, Stack, total, largest}

struct Box:
    width: i64

impl Sized for Box:
    fn size() -> i64: self.width

var boxes = Stack<Box>(items: [])
boxes.push(Box(width: 3))
boxes.push(Box(width: 4))
print total(boxes.items)
print largest([2.5, 1.5])
";

const WORDS: &str = "\
use lists.{largest, pick}

print largest([\"pear\", \"quince\", \"apple\"])
print pick([1, 2], 9)
";

/// A folder with files, and a cache of its own.
struct Place(tempfile::TempDir);

impl Place {
    fn new(files: &[(&str, &str)]) -> Place {
        let place = Place(tempfile::tempdir().expect("a folder"));
        for (name, text) in files {
            place.write(name, text.as_bytes());
        }
        place
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).expect("a file");
    }

    fn simple(&self, args: &[&str]) -> Output {
        simple::run_command(Command::new(simple::path()).args(args).current_dir(self.0.path()), b"")
    }

    /// What a command prints if all is well.
    fn prints(&self, args: &[&str]) -> String {
        let output = self.simple(args);
        assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_library_without_its_source_serves_two_programs() {
    let place = Place::new(&[("lists.spl", LISTS), ("boxes.spl", BOXES), ("words.spl", WORDS)]);
    place.prints(&["compile", "lists.spl"]);
    fs::remove_file(place.path("lists.spl")).expect("the source");
    for engine in ["native", "interp"] {
        assert_eq!(place.prints(&["run", "--engine", engine, "boxes.spl"]), "7\n2.5\n");
        let output = place.simple(&["run", "--engine", engine, "words.spl"]);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(text(&output.stdout), "quince\n");
        let expected = "error[E3002]: index 9 out of range for length 2\n  at pick (lists.spl:24:5)\n  at <module> (words.spl:4:7)\n";
        assert_eq!(text(&output.stderr), expected);
    }
    let listing = place.prints(&["inspect", "lists.smf"]);
    assert!(listing.contains("fn total<T>") && listing.contains("possible"), "{listing}");
    // What a program calls of it tells which types its templates are used with.
    place.prints(&["compile", "boxes.spl"]);
    let listing = place.prints(&["inspect", "boxes.smf"]);
    assert!(listing.contains("total  fn([Box]) -> i64 at boxes.spl:12:7"), "{listing}");
}

#[test]
fn a_program_runs_from_its_file() {
    let place = Place::new(&[("lists.spl", LISTS), ("boxes.spl", BOXES)]);
    for options in
        [&[][..], &["--compression", "zstd"], &["--compression", "lz4", "--strip-source"], &["--shebang"]]
    {
        let mut args = vec!["compile", "boxes.spl", "-o", "boxes.smf"];
        args.extend(options);
        place.prints(&args);
        let alone = Place::new(&[]);
        alone.write("boxes.smf", &fs::read(place.path("boxes.smf")).expect("the module"));
        assert_eq!(alone.prints(&["run", "boxes.smf"]), "7\n2.5\n", "{options:?}");
        assert!(alone.prints(&["inspect", "boxes.smf"]).contains("executable"));
    }
}

#[test]
fn a_module_file_may_hold_webassembly() {
    let place = Place::new(&[("lists.spl", LISTS), ("boxes.spl", BOXES)]);
    place.prints(&["compile", "boxes.spl", "-o", "boxes.smf", "--target", "wasm32", "--target", "host"]);
    let file = fs::read(place.path("boxes.smf")).expect("the module");
    let header: Vec<usize> =
        (0..file.len() - 8).filter(|&at| file[at..].starts_with(b"\0asm\x01\0\0\0")).collect();
    assert_eq!(header.len(), 1, "one module of WebAssembly");
    let listing = place.prints(&["inspect", "boxes.smf"]);
    assert!(listing.contains("wasm32"), "{listing}");
    let alone = Place::new(&[]);
    alone.write("boxes.smf", &file);
    assert_eq!(alone.prints(&["run", "--engine", "wasm", "boxes.smf"]), "7\n2.5\n");
    place.prints(&["compile", "boxes.spl", "-o", "again.smf", "--target", "wasm32", "--target", "host"]);
    assert_eq!(fs::read(place.path("again.smf")).expect("the module"), file);
}

#[test]
fn sources_win_over_stale_module_files() {
    let place = Place::new(&[("lists.spl", LISTS), ("boxes.spl", BOXES)]);
    place.prints(&["compile", "lists.spl"]);
    place.write("lists.spl", LISTS.replace("sum += item.size()", "sum += 100").as_bytes());
    assert_eq!(place.prints(&["run", "boxes.spl"]), "200\n2.5\n");
}

#[test]
fn damage_is_told_with_its_place() {
    let place = Place::new(&[("lists.spl", LISTS), ("boxes.spl", BOXES)]);
    place.prints(&["compile", "lists.spl"]);
    fs::remove_file(place.path("lists.spl")).expect("the source");
    let whole = fs::read(place.path("lists.smf")).expect("the module");
    for at in [10, whole.len() / 2, whole.len() - 60] {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        place.write("lists.smf", &damaged);
        for args in [&["run", "boxes.spl"][..], &["inspect", "lists.smf"]] {
            let output = place.simple(args);
            let message = text(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{message}");
            assert!(message.contains("lists.smf") && message.contains("at byte"), "{message}");
        }
    }
    place.write("lists.smf", &whole[..whole.len() - 40]);
    assert_eq!(place.simple(&["run", "boxes.spl"]).status.code(), Some(1));
    let nothing = place.simple(&["inspect", "nothing.smf"]);
    assert!(text(&nothing.stderr).contains("there is no such file"));
}

#[test]
fn what_was_compiled_is_kept_until_a_file_changes() {
    let place = Place::new(&[("lists.spl", LISTS), ("boxes.spl", BOXES)]);
    let cache = simple::empty_cache();
    let run = |options: &[&str]| {
        let mut command = Command::new(simple::path());
        command.arg("run").args(options).args(["--timings", "boxes.spl"]);
        let output =
            simple::run_command(command.current_dir(place.0.path()).env("SIMPLE_CACHE", cache.path()), b"");
        assert!(output.status.success(), "{}", text(&output.stderr));
        (text(&output.stdout), text(&output.stderr).contains("work units"))
    };
    let expected = "7\n2.5\n".to_owned();
    assert_eq!(run(&[]), (expected.clone(), true));
    assert_eq!(run(&[]), (expected.clone(), false));
    assert_eq!(run(&["--no-cache"]), (expected.clone(), true));
    assert_eq!(run(&["--no-optimize"]), (expected.clone(), true));
    // A module that is used changed, then changed back.
    place.write("lists.spl", LISTS.replace("sum += item.size()", "sum += 100").as_bytes());
    assert_eq!(run(&[]), ("200\n2.5\n".to_owned(), true));
    assert_eq!(run(&[]), ("200\n2.5\n".to_owned(), false));
    place.write("lists.spl", LISTS.as_bytes());
    assert_eq!(run(&[]), (expected.clone(), true));
    let files = simple::kept(cache.path());
    assert_eq!(files.len(), 2, "one for each set of options");
    // Tampered entries are refused and made again, to the same bytes.
    for file in files {
        let whole = fs::read(&file).expect("an entry");
        let mut forged = whole.clone();
        let last = forged.len() - 1;
        forged[last] ^= 1;
        fs::write(&file, &forged).expect("an entry");
        run(&[]);
        run(&["--no-optimize"]);
        assert_eq!(fs::read(&file).expect("an entry"), whole);
    }
}

#[test]
fn two_processes_may_write_at_once() {
    let place = Place::new(&[("lists.spl", LISTS), ("boxes.spl", BOXES)]);
    let cache = simple::empty_cache();
    for round in 0..5 {
        place.write("boxes.spl", format!("# {round}\n{BOXES}").as_bytes());
        let processes: Vec<_> = (0..4)
            .map(|_| {
                Command::new(simple::path())
                    .args(["run", "boxes.spl"])
                    .current_dir(place.0.path())
                    .env("SIMPLE_CACHE", cache.path())
                    .stdout(std::process::Stdio::piped())
                    .spawn()
                    .expect("the command starts")
            })
            .collect();
        for process in processes {
            let output = process.wait_with_output().expect("the command ends");
            assert_eq!(text(&output.stdout), "7\n2.5\n");
        }
        assert_eq!(simple::kept(cache.path()).len(), round + 1);
    }
}
