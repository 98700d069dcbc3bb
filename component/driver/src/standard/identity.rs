// What the libraries of the standard library are known by; the build script reads this file too.

/// What every program has. The compiler brings it along: there is no other.
pub(crate) const STD_IDENTITY: sema::library::Identity = sema::library::Identity([0; 16]);

/// A module of the standard library, by its name behind `std.`. No hash is a short name and zeros.
pub(crate) fn identity_of(module: &str) -> sema::library::Identity {
    let mut bytes = [0; 16];
    bytes[..module.len()].copy_from_slice(module.as_bytes());
    sema::library::Identity(bytes)
}
