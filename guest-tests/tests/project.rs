//! `simple new` and `simple doc` through the real command.

use guest_tests::simple;
use std::path::Path;

fn run(folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let output = simple::run(folder, args, b"");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// A new project runs, passes its tests, and is in the house style.
#[test]
fn a_new_project() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, stdout, stderr) = run(folder.path(), &["new", "tea-time"]);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("simple run tea-time/main.spl"), "{stdout}");
    assert_eq!(run(folder.path(), &["run", "tea-time/main.spl", "Ada"]).1, "Hello, Ada!\n");
    assert_eq!(run(folder.path(), &["run", "tea-time/main.spl"]).1, "Hello, World!\n");
    let project = folder.path().join("tea-time");
    let (code, stdout, stderr) = run(&project, &["test"]);
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    assert!(stdout.contains("2 passed") || stdout.contains("2 examples"), "{stdout}");
    assert_eq!(run(&project, &["fmt", "--check"]).0, Some(0));
    // What is there is left alone; what is no name is none.
    for wrong in ["tea-time", "..", "9lives", "a b", "absent/inner"] {
        let (code, _, stderr) = run(folder.path(), &["new", wrong]);
        assert_eq!(code, Some(1), "{wrong}");
        assert!(stderr.starts_with("error: "), "{stderr}");
    }
}

#[test]
fn pages() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    std::fs::create_dir(folder.path().join("inner")).expect("a folder");
    write(
        "shapes.spl",
        "# Shapes & sizes.\n\n## A `<point>`.\n##\n## ```\n## P(x: 1)\n## ```\npub struct P:\n    x: i64\n    ## Twice <x>.\n    fn twice() -> i64: self.x * 2\n\nfn hidden(): 1\n",
    );
    write("inner/more.spl", "\"\"\"Says more.\"\"\"\nfn plain(a, b = 1): a\nfn _own(): 2\n");
    write("more_spec.spl", "describe \"a\":\n    it \"b\":\n        expect true\n");
    let (code, stdout, stderr) = run(folder.path(), &["doc", "-o", "out"]);
    assert_eq!((code, stdout.as_str()), (Some(0), "out/index.html\n"), "{stderr}");
    let read = |name: &str| std::fs::read_to_string(folder.path().join("out").join(name)).expect("a page");
    let (list, shapes, more) = (read("index.html"), read("shapes.html"), read("inner.more.html"));
    assert!(list.contains("<a href=\"inner.more.html\">inner/more</a></dt><dd>Says more.</dd>"), "{list}");
    assert!(!list.contains("spec"), "{list}");
    for wanted in [
        "Shapes &amp; sizes.",
        "<code>struct P(x: i64)</code>",
        "<p>A <code>&lt;point&gt;</code>.</p>\n<pre><code>P(x: 1)</code></pre>",
        "fn P.twice() -&gt; i64",
        "Twice &lt;x&gt;.",
    ] {
        assert!(shapes.contains(wanted), "{wanted}: {shapes}");
    }
    assert!(!shapes.contains("hidden") && more.contains("fn plain(a") && !more.contains("_own"), "{more}");
    write("wrong.spl", "val = 1\n");
    assert_eq!(run(folder.path(), &["doc", "-o", "out"]).0, Some(1));
    assert_eq!(run(folder.path(), &["doc", "absent.spl"]).0, Some(1));
}
