//! What any bytes must survive. Shared with the fuzz target in `fuzz/`.

use smf::{HEADER_SIZE, Limits, View, attach_stub, extract, listing, module_hash, read, strip_stub, write};

/// Where the module hash stands in the header.
pub const HASH_AT: usize = 60;
/// Unpacks little, so that no input takes long.
pub const LIMITS: Limits = Limits { unpacked: 1 << 20 };

/// Gives the bytes the hash that belongs to them, where they have room for a header.
pub fn seal(bytes: &mut [u8]) {
    if let Some(hash) = module_hash(bytes) {
        let at = bytes.len() - HEADER_SIZE + HASH_AT;
        bytes[at..at + 8].copy_from_slice(&hash.to_le_bytes());
    }
}

/// Reads the bytes as a module in every way there is. Nothing may panic, and what can be read must come out the same again.
/// Answers whether they are a module.
pub fn exercise(bytes: &[u8]) -> bool {
    let _ = extract(bytes, LIMITS);
    let Ok(view) = View::open(bytes, LIMITS) else {
        assert!(read(bytes, LIMITS).is_err(), "what cannot be opened cannot be read");
        return false;
    };
    let text = listing(&view);
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "a listing is safe to print");
    for symbol in view.symbols().iter() {
        assert_eq!(view.symbol(symbol.name), Some(symbol));
    }
    if let Ok(templates) = view.templates() {
        for template in templates.iter().flatten() {
            assert_eq!(templates.get(template.name), Ok(Some(template)));
        }
    }
    let alone = strip_stub(bytes, LIMITS).expect("an opened module can lose its stub");
    let again = View::open(&alone, LIMITS).expect("and is a module without it");
    assert_eq!(attach_stub(view.stub(), &again).as_deref(), Ok(bytes), "and can get it back");

    let Ok(module) = view.to_module() else { return false };
    let written = write(&module).expect("what was read can be written");
    let reread = read(&written, LIMITS).expect("what was written can be read");
    assert!(reread == module, "a module comes back as it was");
    let canonical_notes = match view.section("note.sdn") {
        Some(section) => {
            !module.notes.is_empty()
                && section.contents().is_ok_and(|text| text == module.notes.to_sdn().as_bytes())
        }
        None => true,
    };
    if module.compression == smf::Compression::None && canonical_notes {
        assert!(written == bytes, "one module has one encoding");
    }
    true
}
