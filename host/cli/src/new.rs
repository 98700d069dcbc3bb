//! `simple new`: the folder of a new project.

use crate::args::New;
use anyhow::{Context as _, Result, bail};
use std::path::Path;

/// Makes the folder. One that is there already is left alone.
pub fn run(new: &New) -> Result<u8> {
    let name = new.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let mut letters = name.chars();
    let starts = letters.next().is_some_and(|first| first.is_ascii_alphabetic());
    if !starts || !letters.all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-')) {
        bail!("`{name}` is not a name for a project: use letters, digits, `-` and `_`, a letter first");
    }
    std::fs::create_dir(&new.path)
        .with_context(|| format!("cannot make the folder {}", new.path.display()))?;
    for (path, text) in files(name) {
        let path = new.path.join(path);
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let shown = new.path.display();
    println!(
        "{shown} is there; run it and its tests:\n  simple run {}\n  simple test {shown}",
        new.path.join("main.spl").display()
    );
    Ok(0)
}

/// The files of a project, which pass their own tests.
fn files(name: &str) -> [(&'static Path, String); 5] {
    let readme = format!(
        "# {name}\n\n```sh\nsimple run main.spl Ada     # runs the program\nsimple test                 # runs the tests\nsimple fmt                  # lays out the sources\nsimple doc                  # writes the documentation to doc/\n```\n"
    );
    let project = format!(
        "# Marks the outermost folder of the project: `crate.` in `use` lines stands for it.\nname: {name}\n"
    );
    [
        (Path::new("simple.sdn"), project),
        (Path::new("main.spl"), MAIN.to_owned()),
        (Path::new("greeting.spl"), GREETING.to_owned()),
        (Path::new("greeting_spec.spl"), SPEC.to_owned()),
        (Path::new("README.md"), readme),
    ]
}

const MAIN: &str = "\
use greeting.{greeting}

fn main():
    val names = get_cli_args()
    if names.is_empty():
        print greeting()
    for name in names:
        print greeting(name)
";

const GREETING: &str = "\
## What is said to somebody.
pub fn greeting(name = \"World\") -> text:
    \"Hello, {name}!\"
";

const SPEC: &str = "\
use greeting.{greeting}

describe \"greeting\":
    it \"names whom it greets\":
        expect greeting(\"Ada\") == \"Hello, Ada!\"

    it \"greets everybody\":
        expect greeting() == \"Hello, World!\"
";
