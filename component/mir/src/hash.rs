//! A hash that is the same on every host: 64 bits of FNV-1a. It tells versions of one program apart, not friend from foe.

/// A hash on its way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hash64(u64);

impl Default for Hash64 {
    fn default() -> Self {
        Hash64(0xcbf2_9ce4_8422_2325)
    }
}

impl Hash64 {
    /// Adds bytes; their number is up to the caller to add.
    fn bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// Adds a number.
    pub fn number(&mut self, number: u64) {
        self.bytes(&number.to_le_bytes());
    }

    /// Adds a text.
    pub fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes(text.as_bytes());
    }

    /// The hash of what was added.
    pub fn finish(self) -> u64 {
        self.0
    }
}

/// What is added by `derive(Hash)`. Numbers of the width of a machine word are 64 bits everywhere.
impl std::hash::Hasher for Hash64 {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.bytes(bytes);
    }

    fn write_u32(&mut self, number: u32) {
        self.bytes(&number.to_le_bytes());
    }

    fn write_usize(&mut self, number: usize) {
        self.number(number as u64);
    }

    fn write_isize(&mut self, number: isize) {
        self.number(number as i64 as u64);
    }
}
