//! The only door to the file system: source texts below granted folders, and the user's cache folder.
//!
//! Built on cap-std: `..` and links do not lead out of a granted folder.

mod cache;
mod read;
mod root;

pub use cache::CacheDir;
pub use read::{MAX_SOURCE, read_stdin, to_text};
pub use root::Root;
