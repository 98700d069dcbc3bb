//! Programs of several artifacts, written in legal MIR.

mod support;

use codegen::OptLevel;
use loader::{Host, Input, Limits, LinkError, Reload, Reloader, RunError, Stream, Waker};
use std::time::Duration;
use support::artifact;

/// Prints a line and calls `f` until that gives 2.
const PROGRAM: &str = r#"
sig0 = () -> (i64)
slot0 = symbol0
slot1 = text "turn"
symbol0 = code "f" (fn1) is 1 10
entry = fn0
fn0 "main" () -> (i64) {
block0:
    jump block1
block1:
    v0 = slot.ref slot1
    v1 = iconst.i8 1
    rt rt_print(v0, v1)
    v2 = rt rt_poll()
    v3 = slot.i32 slot0
    v4: i64 = call_indirect sig0(v3)
    v5 = iconst.i64 2
    v6 = eq.i64 v4, v5
    branch v6, block2, block1
block2:
    return v4
}
fn1 "f" () -> (i64) {
block0:
    v0 = iconst.i64 1
    return v0
}
"#;

/// The next `f`: 2, by way of a variable that it brings along, whose class is a circle.
const F: &str = r#"
ty32 = class "Node" ("next": ty32 [0], "value": ty5 [1]) leaves [ref@0, i64@8] size 16 cycle
ty33 = class "variables" ("n": ty5 [0]) leaves [i64@0] size 8
sig0 = () -> (i64)
slot0 = symbol1
slot1 = type ty32
symbol0 = code "f" (fn0) is 1 20
symbol1 = variable "n" ty33 set symbol2 is 7 0
symbol2 = code "<n>" (fn1) is 8 30
fn0 "f" () -> (i64) {
block0:
    v0 = slot.ref slot0
    v1 = load.i64 v0+8
    return v1
}
fn1 "<n>" () -> () {
block0:
    v0 = slot.i32 slot1
    v1 = rt rt_object_new(v0)
    release.ref v1
    v2 = slot.ref slot0
    v3 = iconst.i64 2
    store.i64 v2+8, v3
    return
}
"#;

const ASKS_FOR_MORE: &str = r#"
sig0 = () -> (i64)
slot0 = symbol1
symbol0 = code "f" (fn0) is 1 20
symbol1 = import "g" 1 is 2 30
fn0 "f" () -> (i64) {
block0:
    v0 = slot.i32 slot0
    v1: i64 = call_indirect sig0(v0)
    return v1
}
"#;

const SETS_NOTHING: &str = r#"
ty32 = class "variables" ("n": ty5 [0]) leaves [i64@0] size 8
slot0 = symbol1
symbol0 = code "f" (fn0) is 1 20
symbol1 = variable "n" ty32 is 7 0
fn0 "f" () -> (i64) {
block0:
    v0 = slot.ref slot0
    v1 = load.i64 v0+8
    return v1
}
"#;

/// Submits the next artifact with every line that the program prints.
struct Editor {
    reloader: Reloader,
    artifacts: std::vec::IntoIter<Vec<u8>>,
    answers: Vec<Result<Reload, LinkError>>,
}

impl Host for Editor {
    fn write(&mut self, _: Stream, bytes: &[u8]) -> bool {
        if bytes == b"\n" {
            return true;
        }
        self.answers.extend(self.reloader.answer(Duration::ZERO));
        if let Some(artifact) = self.artifacts.next() {
            let (version, _) = self.reloader.known().expect("the program runs");
            self.reloader.submit(version, &artifact).expect("it is for this program");
        }
        true
    }

    fn read_line(&mut self) -> Input {
        Input::End
    }

    fn args(&self) -> Vec<String> {
        Vec::new()
    }

    fn waker(&self) -> Option<Waker> {
        None
    }
}

#[test]
fn a_program_links_what_fits_and_goes_on_after_what_does_not() {
    for opt in [OptLevel::None, OptLevel::Speed] {
        let whole = support::HELLO;
        let versions = [ASKS_FOR_MORE, SETS_NOTHING, whole, F].map(|text| artifact(text, opt)).to_vec();
        let reloader = Reloader::new();
        let limits = Limits {
            memory: 1 << 20,
            time: Some(Duration::from_secs(60)),
            reloader: Some(reloader.clone()),
            ..Limits::default()
        };
        let mut editor =
            Editor { reloader: reloader.clone(), artifacts: versions.into_iter(), answers: Vec::new() };
        let outcome = loader::run(&artifact(PROGRAM, opt), &limits, &mut editor).expect("it runs");
        editor.answers.extend(reloader.answer(Duration::ZERO));
        assert_eq!((outcome.exit_code, outcome.error, outcome.stats.live_objects), (2, None, Some(0)));
        let mut answers = editor.answers.into_iter();
        assert_eq!(answers.next(), Some(Err(LinkError::Missing("g".to_owned()))));
        assert_eq!(answers.next(), Some(Err(LinkError::Unset("n".to_owned()))));
        assert_eq!(answers.next(), Some(Err(LinkError::Whole)));
        let last = answers.next().expect("an answer").expect("it is linked");
        assert_eq!(
            (last.replaced.as_slice(), last.added.as_slice()),
            (&["f".to_owned()][..], &["n".to_owned(), "<n>".to_owned()][..])
        );
        assert!(answers.next().is_none() && reloader.known().is_none());
    }
}

#[test]
fn a_part_is_no_program() {
    let mut editor =
        Editor { reloader: Reloader::new(), artifacts: Vec::new().into_iter(), answers: Vec::new() };
    let part = PROGRAM.replace("code \"f\" (fn1)", "import \"f\" 1");
    match loader::run(&artifact(&part, OptLevel::Speed), &Limits::default(), &mut editor) {
        Err(RunError::Link(LinkError::Missing(name))) => assert_eq!(name, "f"),
        other => panic!("{other:?}"),
    }
}
