//! Format specs applied to values.

use crate::value::Val;
use crate::{Host, Memory, Raised, Rt};
use abi::TypeId;
use abi::format_spec::{Align, Form, FormatSpec, Sign, parse};

/// A number as it is padded: sign, prefix, digits.
struct Number {
    negative: bool,
    prefix: &'static str,
    /// Digits, and what follows them; `whole` bytes stand before a point or exponent.
    digits: String,
    whole: usize,
    /// Digits between two marks.
    group: usize,
}

impl<M: Memory, H: Host> Rt<M, H> {
    pub(crate) fn rt_format(&mut self, ty: u32, value: u32, spec: u32) -> Result<u32, Raised> {
        let text = self.str_of(spec)?.to_string();
        let spec = match parse(&text) {
            Ok(spec) => spec,
            Err(what) => return self.raise_invalid(format!("the format `{text}` is not valid: {what}")),
        };
        let value = self.val_at(TypeId(ty), value)?;
        let formatted = match (&value, spec.form) {
            (Val::Int(value), form) => integer(i128::from(*value), form, &spec),
            (Val::UInt(value), form) => integer(i128::from(*value), form, &spec),
            (Val::Bool(value), Some(form)) if form != Form::Text => {
                integer(i128::from(*value), Some(form), &spec)
            }
            (Val::F64(value), form) => float(*value, form, &spec, &|| value.abs().to_string()),
            (Val::F32(value), form) => float(f64::from(*value), form, &spec, &|| value.abs().to_string()),
            (_, None | Some(Form::Text)) => Some(pad_text(&self.shown(&value)?, &spec)),
            (_, Some(_)) => None,
        };
        match formatted {
            Some(formatted) => self.text_from(formatted.as_bytes()),
            None => {
                let name = self.kind_name(&value)?;
                self.raise_invalid(format!("the format `{text}` does not fit a value of type {name}"))
            }
        }
    }
}

fn integer(value: i128, form: Option<Form>, spec: &FormatSpec) -> Option<String> {
    let magnitude = value.unsigned_abs();
    let (prefix, digits, group) = match form {
        None | Some(Form::Decimal | Form::Number) => ("", magnitude.to_string(), 3),
        Some(Form::Binary) => ("0b", format!("{magnitude:b}"), 4),
        Some(Form::Octal) => ("0o", format!("{magnitude:o}"), 4),
        Some(Form::Hex { upper: false }) => ("0x", format!("{magnitude:x}"), 4),
        Some(Form::Hex { upper: true }) => ("0X", format!("{magnitude:X}"), 4),
        Some(Form::Char) => {
            let code = u32::try_from(value).ok().and_then(char::from_u32)?;
            return Some(pad_text(code.encode_utf8(&mut [0; 4]), spec));
        }
        Some(Form::Text) => return Some(pad_text(&value.to_string(), spec)),
        Some(Form::Exponent { .. } | Form::Fixed | Form::General { .. } | Form::Percent) => {
            return float(value as f64, form, spec, &String::new);
        }
    };
    let prefix = if spec.alternate { prefix } else { "" };
    let whole = digits.len();
    Some(pad_number(Number { negative: value < 0, prefix, digits, whole, group }, spec))
}

/// `shortest` gives the digits of the magnitude that read back.
fn float(value: f64, form: Option<Form>, spec: &FormatSpec, shortest: &dyn Fn() -> String) -> Option<String> {
    let magnitude = value.abs();
    let negative = value.is_sign_negative() && !value.is_nan();
    let precision = spec.precision.map(|precision| precision as usize);
    let digits = if !value.is_finite() {
        if value.is_nan() { "NaN".to_string() } else { "inf".to_string() }
    } else {
        match form {
            None => match precision {
                None => shortest(),
                Some(precision) => general(magnitude, precision, spec.alternate),
            },
            Some(Form::Fixed) => format!("{magnitude:.*}", precision.unwrap_or(6)),
            Some(Form::Exponent { upper }) => cased(exponent(magnitude, precision), upper),
            Some(Form::General { upper }) => {
                cased(general(magnitude, precision.unwrap_or(6), spec.alternate), upper)
            }
            Some(Form::Number) => general(magnitude, precision.unwrap_or(6), spec.alternate),
            Some(Form::Percent) => format!("{:.*}%", precision.unwrap_or(6), magnitude * 100.0),
            Some(Form::Text) => return Some(pad_text(&value.to_string(), spec)),
            Some(Form::Binary | Form::Char | Form::Decimal | Form::Octal | Form::Hex { .. }) => return None,
        }
    };
    let whole = digits.bytes().take_while(u8::is_ascii_digit).count();
    Some(pad_number(Number { negative, prefix: "", digits, whole, group: 3 }, spec))
}

fn cased(digits: String, upper: bool) -> String {
    if upper { digits.to_uppercase() } else { digits }
}

fn exponent(magnitude: f64, precision: Option<usize>) -> String {
    match precision {
        Some(precision) => format!("{magnitude:.precision$e}"),
        None => format!("{magnitude:e}"),
    }
}

/// `precision` significant digits, with an exponent where the number is very small or large.
fn general(magnitude: f64, precision: usize, keep_zeros: bool) -> String {
    let precision = precision.max(1);
    let with_exponent = format!("{magnitude:.*e}", precision - 1);
    let Some((mantissa, power)) = with_exponent.split_once('e') else { return with_exponent };
    let power: i64 = power.parse().unwrap_or(0);
    if power < -4 || power >= precision as i64 {
        return format!("{}e{power}", trimmed(mantissa, keep_zeros));
    }
    let decimals = (precision as i64 - 1 - power).max(0) as usize;
    trimmed(&format!("{magnitude:.decimals$}"), keep_zeros).to_string()
}

fn trimmed(digits: &str, keep_zeros: bool) -> &str {
    if keep_zeros || !digits.contains('.') {
        digits
    } else {
        digits.trim_end_matches('0').trim_end_matches('.')
    }
}

fn pad_number(number: Number, spec: &FormatSpec) -> String {
    let sign = match (number.negative, spec.sign) {
        (true, _) => "-",
        (false, Sign::Always) => "+",
        (false, Sign::Space) => " ",
        (false, Sign::Negative) => "",
    };
    let (whole, rest) = number.digits.split_at(number.whole);
    let head = sign.len() + number.prefix.len();
    // Zeros are digits, so they are grouped; an alignment that was written out turns the flag into a fill.
    let zeros = spec.zero && matches!(spec.align, None | Some(Align::AfterSign)) && !whole.is_empty();
    let grouped = |digits: &str| match spec.grouping {
        Some(mark) => group(digits, mark, number.group),
        None => digits.to_string(),
    };
    let mut body = grouped(whole);
    if zeros {
        let wanted = (spec.width as usize).saturating_sub(head + rest.len());
        let mut padded = whole.to_string();
        while body.len() < wanted {
            padded.insert(0, '0');
            body = grouped(&padded);
        }
    }
    body.push_str(rest);
    let spec =
        if spec.zero && !zeros && !whole.is_empty() { &FormatSpec { fill: '0', ..*spec } } else { spec };
    if spec.align == Some(Align::AfterSign) {
        let missing = (spec.width as usize).saturating_sub(head + body.len());
        let fill: String = std::iter::repeat_n(spec.fill, missing).collect();
        return format!("{sign}{}{fill}{body}", number.prefix);
    }
    pad(&format!("{sign}{}{body}", number.prefix), spec)
}

fn group(digits: &str, mark: char, size: usize) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / size);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(size) {
            out.push(mark);
        }
        out.push(digit);
    }
    out
}

fn pad_text(text: &str, spec: &FormatSpec) -> String {
    match spec.precision {
        Some(most) => {
            let end = text.char_indices().nth(most as usize).map_or(text.len(), |(at, _)| at);
            pad(&text[..end], spec)
        }
        None => pad(text, spec),
    }
}

fn pad(text: &str, spec: &FormatSpec) -> String {
    let missing = (spec.width as usize).saturating_sub(text.chars().count());
    let left = match spec.align {
        None | Some(Align::Left) => 0,
        Some(Align::Right | Align::AfterSign) => missing,
        Some(Align::Center) => missing / 2,
    };
    let fill = |count| std::iter::repeat_n(spec.fill, count);
    fill(left).chain(text.chars()).chain(fill(missing - left)).collect()
}
