//! Compiles the standard library: the component carries it as a library and never reads its source at start.

use base::{Budget, Cx};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let mut cx = Cx { budget: Budget::new(u64::MAX), ..Cx::default() };
    let program = sema::check_std(&mut cx, stdlib::SOURCES).expect("there is no limit");
    for found in cx.diags.list() {
        let place = cx.sources.line_col(found.primary.span);
        let path = &cx.sources.file(found.primary.span.file).path;
        println!("cargo::error={path}:{}:{}: {}", place.line, place.column, found.message);
    }
    if cx.diags.has_errors() {
        return;
    }
    let parts =
        mir::library::write(&mut cx, &program, sema::library::Text::LeftOut).expect("there is no limit");
    let folder = std::env::var_os("OUT_DIR").expect("Cargo names the folder");
    std::fs::write(std::path::Path::new(&folder).join("std.library"), parts.to_bytes())
        .expect("a writable folder");
}
