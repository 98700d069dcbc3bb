//! Recursive passes follow the nesting of the source: the stack in linear memory has to be larger than the linker's megabyte.

fn main() {
    if std::env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("wasm32") {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size=8388608");
    }
}
