//! `simple fmt` through the real command. What the formatter does to programs is tested in its crate.

use guest_tests::simple;
use std::fs;
use std::path::Path;

fn run(folder: &Path, args: &[&str], input: &str) -> (Option<i32>, String, String) {
    let output = simple::run(folder, args, input.as_bytes());
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn files_folders_and_the_standard_input() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let read = |name: &str| fs::read_to_string(path(name)).expect("a file");
    fs::create_dir(path("inner")).expect("a folder");
    fs::write(path("a.spl"), "val  x=1\n").expect("written");
    fs::write(path("inner/b.spl"), "if x :\n  print  x\n").expect("written");
    fs::write(path("inner/wrong.spl"), "val = 1\n").expect("written");
    fs::write(path("inner/binary.spl"), [0xff, 0xfe, 0x00]).expect("written");
    fs::write(path("inner/other.txt"), "val  x=1\n").expect("written");

    let (code, stdout, stderr) = run(folder.path(), &["fmt", "--check", "--color", "never"], "");
    assert_eq!((code, stdout.as_str()), (Some(1), "a.spl\ninner/b.spl\n"), "{stderr}");
    assert_eq!(read("a.spl"), "val  x=1\n");

    let (code, _, stderr) = run(folder.path(), &["fmt", "--color", "never", "."], "");
    assert_eq!(code, Some(1));
    assert!(
        stderr.contains("error[E0007]: expected a pattern") && stderr.contains("inner/wrong.spl:1:5"),
        "{stderr}"
    );
    assert!(stderr.contains("inner/binary.spl is not UTF-8"), "{stderr}");
    assert!(stderr.ends_with("formatted 2 of 4 files; 2 files could not be read\n"), "{stderr}");
    assert_eq!(read("a.spl"), "val x = 1\n");
    assert_eq!(read("inner/b.spl"), "if x:\n    print x\n");
    assert_eq!(read("inner/wrong.spl"), "val = 1\n");
    assert_eq!(read("inner/other.txt"), "val  x=1\n");

    assert_eq!(run(folder.path(), &["fmt", "a.spl"], "").0, Some(0));
    assert_eq!(
        run(folder.path(), &["fmt", "-"], "f(a,b)\n"),
        (Some(0), "f(a, b)\n".to_owned(), String::new())
    );
    assert_eq!(run(folder.path(), &["fmt", "--check", "-"], "f(a,b)\n").0, Some(1));
    assert_eq!(run(folder.path(), &["fmt", "--check", "-"], "").0, Some(0));
    assert_eq!(run(folder.path(), &["fmt", "absent.spl"], "").0, Some(1));
    assert_eq!(run(folder.path(), &["fmt", "--budget", "3", "-"], "f(a, b, c, d)\n").0, Some(1));
}

/// A file is replaced at once, and stays what it was besides: its permissions, and a link to it a link.
#[cfg(unix)]
#[test]
fn files_stay_what_they_are() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let (file, link) = (folder.path().join("a.spl"), folder.path().join("link.spl"));
    fs::write(&file, "val  x=1\n").expect("written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o740)).expect("set");
    std::os::unix::fs::symlink("a.spl", &link).expect("a link");
    assert_eq!(run(folder.path(), &["fmt", "link.spl"], "").0, Some(0));
    assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
    assert_eq!(fs::read_to_string(&file).expect("there"), "val x = 1\n");
    assert_eq!(fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o740);
    assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 2);
}
