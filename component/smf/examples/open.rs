//! What opening costs: `cargo run --release -p smf --example open`. A module of 1,000 templates with 2,000 bytes each.

use smf::*;
use std::time::{Duration, Instant};

fn main() {
    for &compression in Compression::ALL {
        let mut module = Module::new(Platform::Any, Arch::X86_64, Version::default());
        module.compression = compression;
        for index in 0..1000u32 {
            let name = format!("function_number_{index}");
            module.symbols.push(Symbol::template(name.clone(), SymbolKind::Fn));
            let payload = (0..500u32).flat_map(|word| (word * index % 97).to_le_bytes()).collect();
            module.templates.push(Template {
                kind: TemplateKind::Fn,
                name,
                params: vec!["T".to_owned()],
                payload,
            });
        }
        let file = write(&module).expect("a sound module");
        println!("{compression}: {} bytes", file.len());
        let view = View::open(&file, Limits::default()).expect("a module");
        let templates = view.templates().expect("templates");
        print("write", &|| write(&module).is_ok());
        print("hash the file", &|| module_hash(&file).is_some());
        print("open", &|| View::open(&file, Limits::default()).is_ok());
        print("unpack the templates", &|| view.templates().is_ok());
        print("find a symbol", &|| view.symbol("function_number_777").is_some());
        print("find and decode a template", &|| {
            templates.get("function_number_777").is_ok_and(|found| found.is_some())
        });
        print("read everything", &|| read(&file, Limits::default()).is_ok());
    }
}

/// The mean of what fits into a while, at least ten runs; all must succeed.
fn print(what: &str, work: &dyn Fn() -> bool) {
    let start = Instant::now();
    let mut runs = 0;
    while runs < 10 || start.elapsed() < Duration::from_millis(200) {
        assert!(work(), "{what}");
        runs += 1;
    }
    println!("  {what:28} {:>10.2?}", start.elapsed() / runs);
}
