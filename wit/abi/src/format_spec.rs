//! Format specs: what stands behind the colon in `"{x:>8.2f}"`. One parser for the compiler, which checks specs, and
//! the runtime, which applies them.
//!
//! `[[fill]align][sign][#][0][width][,_][.precision][type]`

/// A parsed format spec.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FormatSpec {
    /// What the width is filled with.
    pub fill: char,
    /// Where the value stands; `None` is on the left.
    pub align: Option<Align>,
    /// What stands before a number that is not negative.
    pub sign: Sign,
    /// Prefixes `0x`, `0b`, `0o`; keeps trailing zeros of `g`.
    pub alternate: bool,
    /// Zeros between sign and digits up to the width.
    pub zero: bool,
    /// Least number of characters.
    pub width: u32,
    /// Between groups of digits: `,` or `_`.
    pub grouping: Option<char>,
    /// Digits behind the point; significant digits for `g`; most characters of a text.
    pub precision: Option<u32>,
    /// How the value is written.
    pub form: Option<Form>,
}

/// Alignment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Align {
    /// `<`
    Left,
    /// `>`
    Right,
    /// `^`
    Center,
    /// `=`: the fill stands between sign and digits.
    AfterSign,
}

/// What stands before a number that is not negative.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sign {
    /// `-`: nothing.
    Negative,
    /// `+`: a plus.
    Always,
    /// A space.
    Space,
}

/// The type letter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// `b`
    Binary,
    /// `c`
    Char,
    /// `d`
    Decimal,
    /// `n`: `d` for integers, `g` for floats.
    Number,
    /// `e`, `E`
    Exponent {
        /// `E`
        upper: bool,
    },
    /// `f`, `F`
    Fixed,
    /// `g`, `G`
    General {
        /// `G`
        upper: bool,
    },
    /// `o`
    Octal,
    /// `s`
    Text,
    /// `x`, `X`
    Hex {
        /// `X`
        upper: bool,
    },
    /// `%`
    Percent,
}

impl Form {
    /// True where a text (or what is written as its text) can be formatted so.
    pub fn fits_text(self) -> bool {
        matches!(self, Form::Text)
    }

    /// True where a float can be formatted so.
    pub fn fits_float(self) -> bool {
        matches!(
            self,
            Form::Number
                | Form::Exponent { .. }
                | Form::Fixed
                | Form::General { .. }
                | Form::Percent
                | Form::Text
        )
    }
}

/// Widths and precisions are at most this.
pub const MAX_WIDTH: u32 = 10_000;

/// Reads a spec; what is wrong with it otherwise.
pub fn parse(spec: &str) -> Result<FormatSpec, &'static str> {
    let mut parsed = FormatSpec {
        fill: ' ',
        align: None,
        sign: Sign::Negative,
        alternate: false,
        zero: false,
        width: 0,
        grouping: None,
        precision: None,
        form: None,
    };
    let mut rest = spec;
    let mut first_two = spec.chars();
    if let (Some(fill), Some(align)) = (first_two.next(), first_two.next().and_then(align_of)) {
        (parsed.fill, parsed.align, rest) = (fill, Some(align), first_two.as_str());
    } else if let Some(align) = spec.chars().next().and_then(align_of) {
        (parsed.align, rest) = (Some(align), &spec[1..]);
    }
    if let Some(after) = rest.strip_prefix('+') {
        (parsed.sign, rest) = (Sign::Always, after);
    } else if let Some(after) = rest.strip_prefix(' ') {
        (parsed.sign, rest) = (Sign::Space, after);
    } else if let Some(after) = rest.strip_prefix('-') {
        rest = after;
    }
    (parsed.alternate, rest) = flag(rest, '#');
    (parsed.zero, rest) = flag(rest, '0');
    if let (Some(width), after) = number(rest)? {
        (parsed.width, rest) = (width, after);
    }
    if let Some(mark @ (',' | '_')) = rest.chars().next() {
        (parsed.grouping, rest) = (Some(mark), &rest[1..]);
    }
    if let Some(after) = rest.strip_prefix('.') {
        let (precision, after) = number(after)?;
        parsed.precision = Some(precision.ok_or("a number is missing behind the point")?);
        rest = after;
    }
    let mut letters = rest.chars();
    parsed.form = match letters.next() {
        None => None,
        Some('b') => Some(Form::Binary),
        Some('c') => Some(Form::Char),
        Some('d') => Some(Form::Decimal),
        Some('n') => Some(Form::Number),
        Some('e') => Some(Form::Exponent { upper: false }),
        Some('E') => Some(Form::Exponent { upper: true }),
        Some('f' | 'F') => Some(Form::Fixed),
        Some('g') => Some(Form::General { upper: false }),
        Some('G') => Some(Form::General { upper: true }),
        Some('o') => Some(Form::Octal),
        Some('s') => Some(Form::Text),
        Some('x') => Some(Form::Hex { upper: false }),
        Some('X') => Some(Form::Hex { upper: true }),
        Some('%') => Some(Form::Percent),
        Some(_) => return Err("the type letter is none of b c d e E f F g G n o s x X %"),
    };
    if letters.next().is_some() {
        return Err("something follows the type letter");
    }
    Ok(parsed)
}

fn align_of(mark: char) -> Option<Align> {
    match mark {
        '<' => Some(Align::Left),
        '>' => Some(Align::Right),
        '^' => Some(Align::Center),
        '=' => Some(Align::AfterSign),
        _ => None,
    }
}

fn flag(text: &str, mark: char) -> (bool, &str) {
    match text.strip_prefix(mark) {
        Some(after) => (true, after),
        None => (false, text),
    }
}

fn number(text: &str) -> Result<(Option<u32>, &str), &'static str> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return Ok((None, text));
    }
    match text[..digits].parse::<u32>() {
        Ok(value) if value <= MAX_WIDTH => Ok((Some(value), &text[digits..])),
        Ok(_) | Err(_) => Err("a width or precision is too large"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_all_parts() {
        let spec = parse("*^+#012,.3f").unwrap();
        assert_eq!((spec.fill, spec.align, spec.sign), ('*', Some(Align::Center), Sign::Always));
        assert!(spec.alternate && spec.zero);
        assert_eq!((spec.width, spec.grouping, spec.precision), (12, Some(','), Some(3)));
        assert_eq!(spec.form, Some(Form::Fixed));
    }

    #[test]
    fn fill_may_be_an_align_mark_and_any_character() {
        assert_eq!(parse("<>8").unwrap().fill, '<');
        assert_eq!(parse("é>8").unwrap().fill, 'é');
        assert_eq!(parse(">8").unwrap().fill, ' ');
    }

    #[test]
    fn refuses() {
        for bad in ["q", ".f", "5dd", "99999999999", ">8 "] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
