//! Modules for the fuzzer to begin with: `cargo run -p smf --example seeds -- component/smf/fuzz/corpus/read`.

#[path = "../tests/smf/sample.rs"]
mod sample;

use smf::{Compression, Module};
use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args_os().nth(1).expect("a folder to write to"));
    std::fs::create_dir_all(&folder)?;
    for &compression in Compression::ALL {
        for (name, module) in [("sample", sample::sample()), ("plain", sample::plain())] {
            let file = sample::file(&Module { compression, ..module });
            std::fs::write(folder.join(format!("{name}-{compression}.smf")), file)?;
        }
    }
    Ok(())
}
