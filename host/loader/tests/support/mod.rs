//! Programs of legal MIR, compiled for this machine.
#![allow(dead_code, reason = "each test uses its part")]

use base::Budget;
use codegen::{OptLevel, Options, Target};
use mir::legal::text;

/// The artifact of a program; it must be sound and follow the rules for emitted code.
pub fn artifact(source: &str, opt: OptLevel) -> Vec<u8> {
    let program = text::read(source).unwrap_or_else(|error| panic!("{error:?}"));
    let errors = mir::legal::verify::verify(&program);
    assert!(errors.is_empty(), "{errors:#?}");
    let target = Target::host().expect("a machine that runs artifacts");
    let options = Options { opt, verify: true };
    let bytes = codegen::emit(&program, target, &options, &mut Budget::default()).expect("it is emitted");
    let artifact = abi::artifact::Artifact::decode(&bytes).expect("it decodes");
    codegen::rules::check_rules(&artifact).expect("it follows the rules");
    bytes
}

pub const HELLO: &str = r#"
slot0 = text "Hello"
entry = fn0
fn0 "main" () -> (i64) {
block0:
    v0 = slot.ref slot0
    v1 = iconst.i8 1
    rt rt_print(v0, v1)
    v2 = iconst.i64 42
    v3 = rt rt_show_i64(v2)
    rt rt_print(v3, v1)
    release.ref v3
    v4 = iconst.i64 7
    return v4
}
"#;

/// Each entry's loop, call or division is what the name says.
pub mod hostile {
    pub const RECURSION: &str = r#"
file "deep.spl"
loc0 = 0:1:1 "main"
loc1 = 0:5:9 "deep"
entry = fn0
fn0 "main" () -> (i64) @loc0 {
block0:
    v0 = iconst.i64 1
    v1: i64 = call fn1(v0)
    return v1
}
fn1 "deep" (i64) -> (i64) @loc1 {
block0(v0: i64):
    v1 = add.i64 v0, v0
    v2: i64 = call fn1(v1)
    v3 = add.i64 v2, v0
    return v3
}
"#;

    pub const LOOP: &str = r#"
entry = fn0
fn0 "main" () -> (i64) {
block0:
    jump block1
block1:
    poll
    jump block1
}
"#;

    /// A poll in front of a loop must not answer for the one inside.
    pub const TWO_LOOPS: &str = r#"
entry = fn0
fn0 "main" () -> (i64) {
block0:
    v0 = iconst.i64 100
    jump block1(v0)
block1(v1: i64):
    poll
    v2 = iconst.i64 1
    v3 = sub.i64 v1, v2
    v4 = iconst.i64 0
    v5 = eq.i64 v3, v4
    branch v5, block2, block1(v3)
block2:
    poll
    jump block2
}
"#;

    pub const ALLOCATION: &str = r#"
ty32 = class "Node" ("next": ty32 [0]) leaves [ref@0] size 4 cycle
slot0 = type ty32
entry = fn0
fn0 "main" () -> (i64) {
block0:
    v0 = iconst.ref 0
    jump block1(v0)
block1(v1: ref):
    v2 = slot.i32 slot0
    v3 = rt rt_object_new(v2)
    store.ref v3+8, v1
    poll
    jump block1(v3)
}
"#;

    pub const BIG_ALLOCATION: &str = r#"
slot0 = text "0123456789"
entry = fn0
fn0 "main" () -> (i64) {
block0:
    v0 = slot.ref slot0
    v1 = iconst.i64 9223372036854775807
    v2 = rt rt_text_repeat(v0, v1)
    release.ref v2
    return v1
}
"#;

    pub const DIVISION: &str = r#"
file "div.spl"
loc0 = 0:2:5 "main"
loc1 = 0:7:12 "std_divide" std
loc2 = 0:9:3 "divide" inlined loc0
entry = fn0
fn0 "main" () -> (i64) @loc0 {
block0:
    v0 = iconst.i64 1
    v1 = iconst.i64 0
    v2: i64 = call fn1(v0, v1) @loc2
    return v2
}
fn1 "std_divide" (i64, i64) -> (i64) @loc1 {
block0(v0: i64, v1: i64):
    v2 = iconst.i64 0
    v3 = eq.i64 v1, v2
    branch v3, block1, block2
block1 cold:
    v4 = iconst.i32 1
    rt rt_raise(v4, v2, v2)
    unreachable
block2:
    v5 = udiv.i64 v0, v1
    return v5
}
"#;

    /// A call of a table entry that no function has.
    pub const WILD_CALL: &str = r#"
sig0 = () -> (i64)
entry = fn0
fn0 "main" () -> (i64) {
block0:
    v0 = iconst.i32 -3
    v1 = call_indirect sig0(v0)
    return v1
}
"#;

    pub const WILD_FREE: &str = r#"
entry = fn0
fn0 "main" () -> (i64) {
block0:
    v0 = iconst.i32 12345
    rt rt_free(v0)
    v1 = iconst.i64 0
    return v1
}
"#;
}
