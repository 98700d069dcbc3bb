//! A module for people: what `simple inspect` prints.

use crate::error::{ReadError, printable};
use crate::header::{Compression, VERSION};
use crate::note::Notes;
use crate::read::View;
use crate::section::SectionView;
use crate::symbol::{Role, SymbolView};

/// A readable listing. A table that cannot be read is listed as its error, so that the rest can be seen.
pub fn listing(view: &View<'_>) -> String {
    let mut out = String::new();
    head(&mut out, view);
    sections(&mut out, view);
    symbols(&mut out, view);
    templates(&mut out, view);
    specialisations(&mut out, view);
    sources(&mut out, view);
    notes(&mut out, view);
    out
}

/// One line. Names come from the file: control characters must not reach a terminal.
macro_rules! line {
    ($out:expr) => { $out.push('\n') };
    ($out:expr, $($arg:tt)*) => {{
        $out.push_str(&printable(&format!($($arg)*)));
        $out.push('\n');
    }};
}

fn head(out: &mut String, view: &View<'_>) {
    let header = view.header();
    let version = view.version();
    let (major, minor) = VERSION;
    line!(out, "SMF module, version {major}.{minor}, {}", bytes(view.file().len() as u64));
    line!(out, "  target       {} {}", header.platform, header.arch);
    line!(out, "  flags        {}", or_none(header.flags.names().collect::<Vec<_>>().join(", ")));
    match view.primary_code() {
        Some(_) if header.flags.executable => line!(out, "  entry        {:#x}", header.entry_point),
        Some(_) | None => {}
    }
    let app = header.app;
    let mut words = app.kind.to_string();
    if app.window != (0, 0) {
        words += &format!(", window {} x {}", app.window.0, app.window.1);
    }
    if (app.prefetch, app.prefetch_count) != (0, 0) {
        words += &format!(", prefetch {} of {} files", app.prefetch, app.prefetch_count);
    }
    line!(out, "  app          {words}");
    line!(out, "  compiler     {}", or_none(version.compiler.clone()));
    line!(out, "  abi          {:016x}", version.abi_hash);
    line!(out, "  mir format   {}", version.mir_format);
    match header.compression {
        Compression::None => line!(out, "  compression  none"),
        method @ (Compression::Zstd | Compression::Lz4) => {
            line!(out, "  compression  {method}, level {}", header.compression_level);
        }
    }
    match view.stub() {
        [] => line!(out, "  stub         none"),
        stub => line!(out, "  stub         {}, data at {}", stub_words(stub), header.smf_data_offset),
    }
    line!(out, "  module hash  {:016x}", header.module_hash);
    line!(out, "  source hash  {:016x}", header.source_hash);
}

/// A stub that is one line is shown.
fn stub_words(stub: &[u8]) -> String {
    match std::str::from_utf8(stub) {
        Ok(text) if text.starts_with("#!") && text.len() < 100 && text.trim_end().lines().count() == 1 => {
            format!("{} `{}`", bytes(stub.len() as u64), text.trim_end())
        }
        Ok(_) | Err(_) => bytes(stub.len() as u64),
    }
}

fn sections(out: &mut String, view: &View<'_>) {
    let rows = view.sections();
    line!(out);
    line!(out, "sections ({})", rows.len());
    let name = width(rows.iter().map(|section| printable(section.name)), "name");
    let number = width(
        rows.iter().flat_map(|row| [row.offset, row.size, row.vsize]).map(|number| number.to_string()),
        "offset",
    );
    line!(
        out,
        "  {:name$}  {:12}  {:>number$}  {:>number$}  {:>number$}  {:>5}  flags",
        "name",
        "type",
        "offset",
        "size",
        "vsize",
        "align"
    );
    for row in rows {
        line!(
            out,
            "  {:name$}  {:12}  {:>number$}  {:>number$}  {:>number$}  {:>5}  {}",
            printable(row.name),
            row.kind,
            row.offset,
            row.size,
            row.vsize,
            row.align,
            flags(row)
        );
    }
}

fn flags(section: &SectionView<'_>) -> String {
    let access = section.access;
    let mut letters: String = [(access.read, 'r'), (access.write, 'w'), (access.exec, 'x')]
        .into_iter()
        .map(|(set, letter)| if set { letter } else { '-' })
        .collect();
    if section.packed != Compression::None {
        letters += " packed";
    }
    letters
}

/// Symbols by name: their order in the file means nothing to people.
fn symbols(out: &mut String, view: &View<'_>) {
    let mut rows: Vec<&SymbolView<'_>> = view.symbols().iter().collect();
    rows.sort_by_key(|symbol| symbol.name);
    line!(out);
    line!(out, "symbols ({}, {} exported)", rows.len(), view.header().exported_count);
    if rows.is_empty() {
        return;
    }
    let name = width(rows.iter().map(|symbol| printable(symbol.name)), "name");
    let number =
        width(rows.iter().flat_map(|row| [format!("{:#x}", row.value), row.size.to_string()]), "value");
    line!(
        out,
        "  {:name$}  {:5}  {:7}  {:7}  {:>number$}  {:>number$}  {:>4}  {:>7}  phase and flags",
        "name",
        "kind",
        "binding",
        "visible",
        "value",
        "size",
        "type",
        "version"
    );
    for row in rows {
        line!(
            out,
            "  {:name$}  {:5}  {:7}  {:7}  {:>number$}  {:>number$}  {:>4}  {:>7}  {}",
            printable(row.name),
            row.kind,
            row.binding,
            row.visibility,
            format!("{:#x}", row.value),
            row.size,
            row.type_id,
            row.version,
            symbol_words(row)
        );
    }
}

fn symbol_words(symbol: &SymbolView<'_>) -> String {
    let mut words = vec![symbol.phase.name()];
    if symbol.event_loop_anchor {
        words.push("event-loop");
    }
    if symbol.pinned {
        words.push("pinned");
    }
    match symbol.role {
        Role::Plain => {}
        Role::Template => words.push("template"),
        Role::Specialised => words.push("specialised"),
    }
    words.join(", ")
}

fn templates(out: &mut String, view: &View<'_>) {
    let templates = match view.templates() {
        Ok(templates) if templates.is_empty() => return,
        Ok(templates) => templates,
        Err(error) => return unreadable(out, "templates", &error),
    };
    line!(out);
    line!(out, "templates ({})", templates.len());
    for template in templates.iter() {
        match template {
            Ok(template) => {
                let params = template.params.join(", ");
                let size = bytes(template.payload.len() as u64);
                line!(out, "  {} {}<{params}>  {size}", template.kind, template.name);
            }
            Err(error) => line!(out, "  unreadable: {error}"),
        }
    }
}

fn specialisations(out: &mut String, view: &View<'_>) {
    let meta = match view.meta() {
        Ok(meta) if meta.specialisations.is_empty() => return,
        Ok(meta) => meta,
        Err(error) => return unreadable(out, "specialisations", &error),
    };
    line!(out);
    line!(out, "specialisations ({})", meta.specialisations.len());
    for row in meta.specialisations {
        let bindings: Vec<String> = row.bindings.iter().map(|(name, ty)| format!("{name} = {ty}")).collect();
        let bindings = if bindings.is_empty() { String::new() } else { format!("  {}", bindings.join(", ")) };
        let args = row.type_args.join(", ");
        line!(out, "  {}<{}>  {}{}", row.template, args, row.mangled_name(), bindings);
    }
}

fn sources(out: &mut String, view: &View<'_>) {
    let map = match view.source_map() {
        Ok(map) if map.is_empty() => return,
        Ok(map) => map,
        Err(error) => return unreadable(out, "sources", &error),
    };
    line!(out);
    line!(out, "sources ({})", map.files.len());
    let mut counts = vec![(0, 0); map.files.len()];
    for lines in &map.lines {
        // Reading has compared the index with the files.
        let (symbols, rows) = &mut counts[lines.file as usize];
        *symbols += 1;
        *rows += lines.rows.len();
    }
    for (file, (symbols, rows)) in map.files.iter().zip(counts) {
        line!(out, "  {}  {:016x}  {rows} rows for {symbols} symbols", file.path, file.hash);
    }
}

fn notes(out: &mut String, view: &View<'_>) {
    let Notes { instantiations, possible, type_inferences } = match view.notes() {
        Ok(notes) => notes,
        Err(error) => return unreadable(out, "notes", &error),
    };
    if !instantiations.is_empty() {
        line!(out);
        line!(out, "instantiations ({})", instantiations.len());
    }
    for row in instantiations {
        let from = format!("{}:{}", row.from_file, row.from_loc);
        let to = if row.output_file.is_empty() { String::new() } else { format!(" in {}", row.output_file) };
        line!(out, "  {}  {}{}, for {}", row.mangled_name(), row.status, to, from);
    }
    if !possible.is_empty() {
        line!(out);
        line!(out, "possible ({})", possible.len());
    }
    for row in possible {
        let when = if row.can_defer { "when needed" } else { "before start" };
        line!(out, "  {}  {when}, for {}", row.mangled_name(), row.required_by);
    }
    if !type_inferences.is_empty() {
        line!(out);
        line!(out, "type inferences ({})", type_inferences.len());
    }
    for row in type_inferences {
        let from = format!("{}:{}", row.from_file, row.from_loc);
        line!(out, "  {}  {} at {}", row.symbol, row.context, from);
    }
}

fn unreadable(out: &mut String, what: &str, error: &ReadError) {
    line!(out);
    line!(out, "{what}: unreadable: {error}");
}

fn or_none(text: String) -> String {
    if text.is_empty() { "none".to_owned() } else { text }
}

fn bytes(count: u64) -> String {
    if count == 1 { "1 byte".to_owned() } else { format!("{count} bytes") }
}

/// The widest of a column, which has a title.
fn width(texts: impl Iterator<Item = impl AsRef<str>>, title: &str) -> usize {
    texts.map(|text| text.as_ref().chars().count()).max().unwrap_or(0).max(title.len())
}
