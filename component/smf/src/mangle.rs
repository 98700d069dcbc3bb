//! Names of instances: `name$T1_T2`.
//!
//! ```text
//! mangled   = name [ "$" argument { "_" argument } ]
//! name      = { plain | "_" | escape }
//! argument  = { plain | escape }
//! plain     = any character but "%" "$" "_", space, and the control characters of ASCII
//! escape    = "%" and two upper-case hexadecimal digits: the code of a character that is not plain
//! ```
//! In a name, `_` stands for itself; in an argument it is `%5F`. So the first `$` ends the name and each `_` behind it ends an
//! argument, whatever names and types contain, and a text has at most one reading. A name without arguments is mangled to itself, with escapes.

use std::fmt;

/// A text that [`mangle`] never makes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotMangled {
    /// The byte where it stops being one.
    pub offset: usize,
}

impl fmt::Display for NotMangled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a mangled name from byte {} on", self.offset)
    }
}

impl std::error::Error for NotMangled {}

/// The name of the instance of `name` for types that are written `args`.
pub fn mangle<T: AsRef<str>>(name: &str, args: &[T]) -> String {
    let mut out = String::with_capacity(name.len() + 8 * args.len());
    escape(name, Place::Name, &mut out);
    for (index, arg) in args.iter().enumerate() {
        out.push(if index == 0 { '$' } else { '_' });
        escape(arg.as_ref(), Place::Argument, &mut out);
    }
    out
}

/// Name and arguments of a mangled name. Inverse of [`mangle`] on both sides.
pub fn demangle(mangled: &str) -> Result<(String, Vec<String>), NotMangled> {
    let Some((name, args)) = mangled.split_once('$') else {
        return Ok((unescape(mangled, Place::Name, 0)?, Vec::new()));
    };
    let mut at = name.len() + 1;
    let name = unescape(name, Place::Name, 0)?;
    let args = args.split('_').map(|arg| {
        let start = at;
        at += arg.len() + 1;
        unescape(arg, Place::Argument, start)
    });
    Ok((name, args.collect::<Result<_, _>>()?))
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Name,
    Argument,
}

impl Place {
    fn is_plain(self, c: char) -> bool {
        match c {
            '%' | '$' | '\0'..=' ' | '\x7f' => false,
            '_' => self == Place::Name,
            _ => true,
        }
    }
}

fn escape(text: &str, place: Place, out: &mut String) {
    for c in text.chars() {
        if place.is_plain(c) {
            out.push(c);
        } else {
            // Only ASCII is not plain.
            out.push('%');
            for digit in [u32::from(c) >> 4, u32::from(c) & 15] {
                out.extend(char::from_digit(digit, 16).map(|digit| digit.to_ascii_uppercase()));
            }
        }
    }
}

/// `start` is where the text begins in the mangled name.
fn unescape(text: &str, place: Place, start: usize) -> Result<String, NotMangled> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let at = start + text.len() - rest.len();
        if place.is_plain(c) {
            out.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        }
        let escaped = rest.strip_prefix('%').and_then(|rest| rest.get(..2)).and_then(code);
        match escaped.filter(|&c| c.is_ascii() && !place.is_plain(c)) {
            Some(c) => out.push(c),
            None => return Err(NotMangled { offset: at }),
        }
        rest = &rest[3..];
    }
    Ok(out)
}

/// The character of two upper-case hexadecimal digits.
fn code(digits: &str) -> Option<char> {
    let upper = digits.bytes().all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte));
    upper.then(|| u8::from_str_radix(digits, 16).ok()).flatten().map(char::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn readable_where_names_are_plain() {
        assert_eq!(mangle("push_all", &["i64", "Vec<text>"]), "push_all$i64_Vec<text>");
        assert_eq!(mangle::<&str>("main", &[]), "main");
        assert_eq!(mangle("f", &["my_type"]), "f$my%5Ftype");
        assert_eq!(mangle("a$b", &["(i64, text)", "_"]), "a%24b$(i64,%20text)_%5F");
    }

    #[test]
    fn only_what_is_made_is_read() {
        for (text, offset) in [
            ("%41", 0),
            ("a%2", 1),
            ("a%2é", 1),
            ("f$i64$text", 5),
            ("f$%5f", 2),
            ("f$a_%5", 4),
            ("f$a b", 3),
            ("f%5Fg$a", 1),
        ] {
            assert_eq!(demangle(text), Err(NotMangled { offset }), "{text}");
        }
        assert_eq!(demangle("f$"), Ok(("f".to_owned(), vec![String::new()])));
    }

    proptest! {
        #[test]
        fn mangling_can_be_undone(name in "[a-c_$% \\PC\0]{0,8}", args in prop::collection::vec("[a-c_$% \\PC\0]{0,6}", 0..4)) {
            let mangled = mangle(&name, &args);
            prop_assert!(!mangled.contains('\0'));
            prop_assert_eq!(demangle(&mangled), Ok((name, args)));
        }

        #[test]
        fn what_is_read_is_the_only_spelling(text in "[a_$%0-9A-F]{0,10}") {
            if let Ok((name, args)) = demangle(&text) {
                prop_assert_eq!(mangle(&name, &args), text);
            }
        }
    }
}
