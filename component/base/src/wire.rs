//! Bytes of compiled libraries: numbers in LEB128 (seven bits a byte, low ones first), texts with their length before them.

/// Bytes that are being written.
#[derive(Default)]
pub struct Out {
    bytes: Vec<u8>,
}

impl Out {
    /// One byte.
    pub fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    /// A number without sign.
    pub fn uint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    /// A number with sign: small ones of either sign are short.
    pub fn int(&mut self, value: i64) {
        self.uint((value << 1 ^ value >> 63) as u64);
    }

    /// Bytes, with their number before them.
    pub fn block(&mut self, bytes: &[u8]) {
        self.uint(bytes.len() as u64);
        self.bytes.extend_from_slice(bytes);
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// True if nothing was written.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// What was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Bytes are not what they should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Malformed {
    /// Where, from the start of what is read.
    pub offset: usize,
    /// What was expected there.
    pub expected: &'static str,
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} expected at offset {}", self.expected, self.offset)
    }
}

/// Bytes that are being read.
#[derive(Clone)]
pub struct In<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> In<'a> {
    /// Reads from the start.
    pub fn new(bytes: &'a [u8]) -> In<'a> {
        In { bytes, at: 0 }
    }

    /// Says that something else was expected at the place that is read next.
    ///
    /// # Errors
    /// Always.
    pub fn fail<T>(&self, expected: &'static str) -> Result<T, Malformed> {
        Err(Malformed { offset: self.at, expected })
    }

    /// The place that is read next.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// True if everything was read.
    pub fn is_at_end(&self) -> bool {
        self.at == self.bytes.len()
    }

    /// One byte.
    ///
    /// # Errors
    /// There is none left.
    pub fn byte(&mut self) -> Result<u8, Malformed> {
        match self.bytes.get(self.at) {
            Some(&byte) => {
                self.at += 1;
                Ok(byte)
            }
            None => self.fail("a byte"),
        }
    }

    /// A number without sign.
    ///
    /// # Errors
    /// It has more than 64 bits, or does not end.
    pub fn uint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return self.fail("a number of at most 64 bits");
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        self.fail("the end of a number")
    }

    /// A number with sign.
    ///
    /// # Errors
    /// As of [`In::uint`].
    pub fn int(&mut self) -> Result<i64, Malformed> {
        let value = self.uint()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// The number of things that follow, of which each takes at least a byte: so nothing is reserved for what cannot be there.
    ///
    /// # Errors
    /// There are fewer bytes than that.
    pub fn count(&mut self) -> Result<usize, Malformed> {
        let count = self.uint()?;
        if count > (self.bytes.len() - self.at) as u64 {
            return self.fail("as many elements as announced");
        }
        Ok(count as usize)
    }

    /// Bytes with their number before them.
    ///
    /// # Errors
    /// There are fewer.
    pub fn block(&mut self) -> Result<&'a [u8], Malformed> {
        let len = self.count()?;
        let block = &self.bytes[self.at..self.at + len];
        self.at += len;
        Ok(block)
    }

    /// A text with the number of its bytes before it.
    ///
    /// # Errors
    /// It is not UTF-8, or there are fewer bytes.
    pub fn text(&mut self) -> Result<&'a str, Malformed> {
        let at = self.at;
        let block = self.block()?;
        std::str::from_utf8(block).map_err(|_| Malformed { offset: at, expected: "a text in UTF-8" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
            let mut out = Out::default();
            out.uint(value);
            out.int(value as i64);
            let bytes = out.into_bytes();
            let mut input = In::new(&bytes);
            assert_eq!(input.uint(), Ok(value));
            assert_eq!(input.int(), Ok(value as i64));
            assert!(input.is_at_end());
        }
    }

    #[test]
    fn wrong_bytes_are_refused() {
        assert!(In::new(&[0x80]).uint().is_err());
        assert!(In::new(&[0xff; 11]).uint().is_err());
        assert!(In::new(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]).uint().is_err());
        assert!(In::new(&[5, 1, 2]).block().is_err());
        assert!(In::new(&[2, 0xff, 0xfe]).text().is_err());
    }
}
