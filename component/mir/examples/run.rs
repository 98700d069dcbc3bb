//! Compiles and interprets a program while developing: `cargo run -p mir --example run -- FILE [--generic] [--legal] [--plain]`.

use base::{Budget, Cx};
use mir::interp::{Execution, Limits};
use mir::library::Templates;
use std::sync::Arc;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| args.iter().any(|arg| arg == flag);
    let Some(path) = args.iter().find(|arg| !arg.starts_with("--")) else { return };
    let source = std::fs::read_to_string(path).expect("a program");
    let mut cx = Cx::default();
    let file = cx.sources.add(path, &source);
    let module = syntax::parse(&mut cx, file);
    let Ok(mut program) = sema::check_alone(&mut cx, stdlib::SOURCES, &module) else { return };
    let mut made = None;
    if !cx.diags.has_errors() {
        if has("--generic") {
            let text = mir::generic_text::program_text(&program, &cx.names, &mut Budget::default());
            println!("{}", text.expect("no limit"));
        }
        made = mir::instantiate::instantiate(&mut cx, &mut program, &Templates::default());
    }
    for finding in cx.diags.list() {
        let place = cx.sources.line_col(finding.primary.span);
        let path = &cx.sources.file(finding.primary.span.file).path;
        println!("{path}:{}:{}: {}", place.line, place.column, finding.message);
    }
    let Some(mut made) = made else { return };
    if !has("--plain") {
        mir::simplify::simplify(&mut made, &mut cx.budget).expect("no limit");
    }
    if has("--legal") {
        println!("{}", mir::legal::text::print(&made));
    }
    let mut run = Execution::new(Arc::new(made), Vec::new(), Limits::default()).expect("an entry");
    let state = run.run();
    let (out, err) = run.take_output();
    print!("{}{}", String::from_utf8_lossy(&out), String::from_utf8_lossy(&err));
    println!("-- {state:?}, {} operations, {:?}", run.fuel_used(), run.stats());
}
