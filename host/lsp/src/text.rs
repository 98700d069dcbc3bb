//! Texts as editors see them: lines and columns, changes, and the names of files.

use lsp_types::{Position, PositionEncodingKind, Range, TextDocumentContentChangeEvent, Uri};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

/// How columns are counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// In bytes.
    Utf8,
    /// In units of two bytes, as the protocol has it unless both sides agree on another way.
    Utf16,
}

impl Encoding {
    /// The one to use with a client that knows these.
    pub fn choose(known: Option<&[PositionEncodingKind]>) -> Encoding {
        let utf8 = known.is_some_and(|known| known.contains(&PositionEncodingKind::UTF8));
        if utf8 { Encoding::Utf8 } else { Encoding::Utf16 }
    }

    /// Its name in the protocol.
    pub fn kind(self) -> PositionEncodingKind {
        match self {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
        }
    }

    fn width(self, letter: char) -> u32 {
        match self {
            Encoding::Utf8 => letter.len_utf8() as u32,
            Encoding::Utf16 => letter.len_utf16() as u32,
        }
    }
}

/// A text with its line starts.
#[derive(Clone, Debug)]
pub struct Text {
    text: String,
    starts: Vec<usize>,
    encoding: Encoding,
}

impl Text {
    /// A text whose columns are counted like this.
    pub fn new(text: String, encoding: Encoding) -> Text {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Text { text, starts, encoding }
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The place of a byte; one inside of a character counts as that character, one behind the text as its end.
    pub fn position(&self, at: u32) -> Position {
        let at = self.text.floor_char_boundary(at as usize);
        let line = self.starts.partition_point(|&start| start <= at) - 1;
        let column = self.text[self.starts[line]..at].chars().map(|letter| self.encoding.width(letter)).sum();
        Position { line: line as u32, character: column }
    }

    /// The byte of a place; one behind the end of its line counts as that end.
    pub fn offset(&self, place: Position) -> u32 {
        let Some(&start) = self.starts.get(place.line as usize) else { return self.text.len() as u32 };
        let end = self.starts.get(place.line as usize + 1).map_or(self.text.len(), |next| next - 1);
        let mut left = place.character;
        for (at, letter) in self.text[start..end].char_indices() {
            let width = self.encoding.width(letter);
            if left < width || letter == '\r' {
                return (start + at) as u32;
            }
            left -= width;
        }
        end as u32
    }

    /// The range of some bytes.
    pub fn range(&self, start: u32, end: u32) -> Range {
        Range { start: self.position(start), end: self.position(end.max(start)) }
    }

    /// The text after a change.
    pub fn changed(&self, change: TextDocumentContentChangeEvent) -> Text {
        let text = match change.range {
            None => change.text,
            Some(range) => {
                let start = self.offset(range.start) as usize;
                let end = (self.offset(range.end) as usize).max(start);
                format!("{}{}{}", &self.text[..start], change.text, &self.text[end..])
            }
        };
        Text::new(text, self.encoding)
    }

    /// The name at a byte, or that ends there: its bytes.
    pub fn word(&self, at: u32) -> Option<(u32, u32)> {
        let at = self.text.floor_char_boundary(at as usize);
        let is_part = |letter: char| letter == '_' || letter.is_alphanumeric();
        let start = self.text[..at]
            .rfind(|letter| !is_part(letter))
            .map_or(0, |before| before + self.text[before..].chars().next().map_or(1, char::len_utf8));
        let end =
            self.text[at..].find(|letter| !is_part(letter)).map_or(self.text.len(), |length| at + length);
        (start < end).then_some((start as u32, end as u32))
    }
}

/// The file that a name of the protocol means.
pub fn to_path(uri: &Uri) -> Option<PathBuf> {
    let path = uri.as_str().strip_prefix("file://")?;
    // `file://host/path` is a file of another machine, but for the own one's name.
    let path = path.strip_prefix("localhost").unwrap_or(path);
    let mut bytes = Vec::new();
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        let decoded = match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        };
        bytes.push(decoded);
    }
    let path = String::from_utf8(bytes).ok()?;
    path.starts_with('/').then(|| PathBuf::from(path))
}

/// The name of a file in the protocol.
pub fn to_uri(path: &Path) -> Option<Uri> {
    let mut text = "file://".to_owned();
    for &byte in path.to_str()?.as_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(byte))
            }
            byte => {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    Uri::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let source = "aé😀b\r\nzwei\n";
        for (encoding, columns) in [(Encoding::Utf8, [0, 1, 3, 7]), (Encoding::Utf16, [0, 1, 2, 4])] {
            let text = Text::new(source.to_owned(), encoding);
            for ((at, _), column) in source.char_indices().zip(columns) {
                let place = Position { line: 0, character: column };
                assert_eq!((text.position(at as u32), text.offset(place)), (place, at as u32));
            }
            assert_eq!(text.offset(Position { line: 0, character: 99 }), 8);
            assert_eq!(text.offset(Position { line: 9, character: 0 }), source.len() as u32);
            assert_eq!(text.position(999), Position { line: 2, character: 0 });
            let range = Some(Range {
                start: Position { line: 1, character: 1 },
                end: Position { line: 2, character: 0 },
            });
            let change = TextDocumentContentChangeEvent { range, range_length: None, text: "!".to_owned() };
            assert_eq!(text.changed(change).as_str(), "aé😀b\r\nz!");
        }
        let text = Text::new("foo.bär + x".to_owned(), Encoding::Utf8);
        assert_eq!(text.word(0), Some((0, 3)));
        assert_eq!(text.word(6), Some((4, 8)));
        assert_eq!(text.word(9), None);
        assert_eq!(text.word(12), Some((11, 12)));
    }

    #[test]
    fn names_of_files() {
        let path = Path::new("/a b/ö%.spl");
        let uri = to_uri(path).expect("a name");
        assert_eq!(uri.as_str(), "file:///a%20b/%C3%B6%25.spl");
        assert_eq!(to_path(&uri).as_deref(), Some(path));
        for wrong in ["untitled:Untitled-1", "file:relative", "file:///%zz"] {
            assert_eq!(Uri::from_str(wrong).ok().and_then(|uri| to_path(&uri)), None, "{wrong}");
        }
    }
}
