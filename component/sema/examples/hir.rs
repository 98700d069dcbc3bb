//! Prints the typed tree of a file, or its signatures (`--sig`), and what was found wrong.

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let signatures = args.iter().any(|arg| arg == "--sig");
    for path in args.iter().filter(|arg| !arg.starts_with("--")) {
        let text = std::fs::read_to_string(path).expect("a readable file");
        let mut cx = base::Cx::default();
        let file = cx.sources.add(path, &text);
        let module = syntax::parse(&mut cx, file);
        let program = sema::check_alone(&mut cx, stdlib::SOURCES, &module);
        for diagnostic in cx.diags.list() {
            let at = |span: base::Span| {
                let place = cx.sources.line_col(span);
                format!("{}:{}:{}", cx.sources.file(span.file).path, place.line, place.column)
            };
            println!(
                "{} {}: {} [{}]",
                diagnostic.code.number(),
                at(diagnostic.primary.span),
                diagnostic.message,
                diagnostic.primary.text
            );
            for note in &diagnostic.secondary {
                println!("    note {}: {}", at(note.span), note.text);
            }
            for help in &diagnostic.help {
                println!("    help: {help}");
            }
        }
        match program {
            Ok(program) if !cx.diags.has_errors() => {
                if signatures {
                    print!("{}", sema::dump::dump_signatures(&cx, &program));
                } else {
                    print!("{}", sema::dump_hir(&cx, &program));
                }
            }
            Ok(_) => {}
            Err(_) => println!("budget exhausted"),
        }
        println!("-- {} units", cx.budget.used());
    }
}
