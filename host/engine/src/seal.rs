//! Keyed hashes on what is kept in the user's cache folder.

/// Bytes of a tag.
const TAG: usize = 32;

/// Makes and compares tags with a key that only the user can read.
pub(crate) struct Seal {
    key: [u8; 32],
}

impl Seal {
    pub(crate) fn new(key: [u8; 32]) -> Seal {
        Seal { key }
    }

    /// To be fed with the content of an entry. The name is part of what is hashed: one entry cannot stand in for another.
    pub(crate) fn hasher(&self, name: &str) -> blake3::Hasher {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
        hasher
    }

    /// The content with its tag before it.
    pub(crate) fn close(&self, name: &str, content: &[u8]) -> Vec<u8> {
        let mut bytes = self.hasher(name).update(content).finalize().as_bytes().to_vec();
        bytes.extend(content);
        bytes
    }

    /// The content behind a tag that fits.
    pub(crate) fn open<'a>(&self, name: &str, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let (tag, content) = bytes.split_at_checked(TAG)?;
        let expected = blake3::Hash::from_slice(tag).ok()?;
        // Comparing `Hash` values takes constant time.
        (self.hasher(name).update(content).finalize() == expected).then_some(content)
    }
}
