//! Reading a table from front to back with every step checked, and writing one.

use crate::error::{Fault, Part, ReadError};
use crate::record::Field;

/// Where bytes that are being read come from: decides how an error names a place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub(crate) part: Part,
    /// Where the bytes, or the packed form of them, begin in the file.
    pub(crate) start: u64,
    pub(crate) packed: bool,
}

impl Origin {
    /// The error for something wrong at byte `at` of these bytes.
    pub(crate) fn error(self, at: usize, fault: Fault) -> ReadError {
        let at = at as u64;
        if self.packed {
            ReadError { unpacked: Some(at), ..fault.at(self.part, self.start) }
        } else {
            fault.at(self.part, self.start + at)
        }
    }
}

/// A place in a table.
#[derive(Clone)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    origin: Origin,
}

impl<'a> Cursor<'a> {
    /// At the front of `bytes`.
    pub(crate) fn new(bytes: &'a [u8], origin: Origin) -> Cursor<'a> {
        Cursor { bytes, at: 0, origin }
    }

    /// At byte `at`, if there is one.
    pub(crate) fn starting_at(bytes: &'a [u8], at: u64, origin: Origin) -> Option<Cursor<'a>> {
        let at = usize::try_from(at).ok().filter(|at| *at < bytes.len())?;
        Some(Cursor { bytes, at, origin })
    }

    /// The next byte's index.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// An error at byte `at`.
    pub(crate) fn error(&self, at: usize, fault: Fault) -> ReadError {
        self.origin.error(at, fault)
    }

    /// The next `length` bytes.
    pub(crate) fn take(&mut self, length: usize, what: &str) -> Result<&'a [u8], ReadError> {
        let rest = &self.bytes[self.at..];
        let Some(taken) = rest.get(..length) else {
            let fault = Fault::new(format!("{what}: {length} bytes"), format!("{} bytes", rest.len()));
            return Err(self.error(self.at, fault));
        };
        self.at += length;
        Ok(taken)
    }

    /// The next number.
    pub(crate) fn get<F: Field>(&mut self, what: &str) -> Result<F, ReadError> {
        Ok(F::get(self.take(F::WIDTH, what)?))
    }

    /// A magic word.
    pub(crate) fn magic(&mut self, magic: &[u8; 4]) -> Result<(), ReadError> {
        let at = self.at;
        let found = self.take(4, "a magic word")?;
        if found == magic {
            return Ok(());
        }
        Err(self.error(at, Fault::new(quoted(magic), quoted(found))))
    }

    /// How many things of at least `least` bytes follow. Refuses more than the rest can hold, so what a caller allocates for them
    /// is bounded by the input.
    pub(crate) fn count(&mut self, least: usize, what: &str) -> Result<usize, ReadError> {
        let at = self.at;
        let count: u32 = self.get(what)?;
        let most = (self.bytes.len() - self.at) / least;
        match usize::try_from(count) {
            Ok(count) if count <= most => Ok(count),
            Ok(_) | Err(_) => {
                Err(self.error(at, Fault::new(format!("{what} of at most {most}"), count.to_string())))
            }
        }
    }

    /// A text: u16 length, UTF-8.
    pub(crate) fn text(&mut self, what: &str) -> Result<&'a str, ReadError> {
        let length: u16 = self.get(what)?;
        let at = self.at;
        let bytes = self.take(usize::from(length), what)?;
        std::str::from_utf8(bytes).map_err(|error| {
            let bad = error.valid_up_to();
            self.error(at + bad, Fault::new(format!("{what} in UTF-8"), format!("byte {:#04x}", bytes[bad])))
        })
    }

    /// Nothing must be left.
    pub(crate) fn finish(self) -> Result<(), ReadError> {
        match self.bytes.len() - self.at {
            0 => Ok(()),
            left => {
                Err(self.error(self.at, Fault::new("the end of the table", format!("{left} more bytes"))))
            }
        }
    }
}

/// A magic word as people read it.
pub(crate) fn quoted(bytes: &[u8]) -> String {
    format!("\"{}\"", bytes.escape_ascii())
}

/// A number at the end of `out`.
pub(crate) fn put<F: Field>(out: &mut Vec<u8>, value: F) {
    let at = out.len();
    out.resize(at + F::WIDTH, 0);
    value.put(&mut out[at..]);
}

/// A count, at most `u32::MAX`.
pub(crate) fn put_count(out: &mut Vec<u8>, count: usize, what: &str) -> Result<(), Fault> {
    let count = u32::try_from(count)
        .map_err(|_| Fault::new(format!("at most {} {what}", u32::MAX), count.to_string()))?;
    put(out, count);
    Ok(())
}

/// A text, at most `u16::MAX` bytes.
pub(crate) fn put_text(out: &mut Vec<u8>, text: &str) -> Result<(), Fault> {
    let length = u16::try_from(text.len()).map_err(|_| {
        Fault::new(format!("a text of at most {} bytes", u16::MAX), format!("{} bytes", text.len()))
    })?;
    put(out, length);
    out.extend_from_slice(text.as_bytes());
    Ok(())
}
