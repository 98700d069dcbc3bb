//! The printed form of values.

use crate::value::Val;
use crate::{Host, Memory, Raised, Rt};
use abi::types::FieldDesc;
use abi::{TypeId, TypeKind};
use std::fmt::Write;

/// Values inside values, deeper than this, are shown as `...`.
const MAX_DEPTH: u32 = 100;

/// What is being written, and how large it may get.
struct Out {
    text: String,
    limit: u64,
    /// Class instances that are being shown: another look at one of them is a cycle.
    open: Vec<u32>,
}

impl Out {
    fn push(&mut self, text: &str) -> Result<(), Raised> {
        if (self.text.len() + text.len()) as u64 > self.limit {
            return Err(Raised::OutOfMemory);
        }
        self.text.push_str(text);
        Ok(())
    }

    fn write(&mut self, what: std::fmt::Arguments<'_>) -> Result<(), Raised> {
        self.text.write_fmt(what).map_err(|_| Raised::Internal)?;
        self.push("")
    }
}

impl<M: Memory, H: Host> Rt<M, H> {
    /// The printed form of a value.
    pub(crate) fn shown(&self, value: &Val) -> Result<String, Raised> {
        let mut out = Out { text: String::new(), limit: self.heap.mem.limit(), open: Vec::new() };
        self.show(value, &mut out, 0)?;
        Ok(out.text)
    }

    fn show(&self, value: &Val, out: &mut Out, depth: u32) -> Result<(), Raised> {
        self.heap.work(1)?;
        if depth > MAX_DEPTH {
            return match value {
                Val::Class(at) => {
                    let name = self.class_name(*at)?;
                    out.push(name)?;
                    out.push("(...)")
                }
                _ => out.push("..."),
            };
        }
        match value {
            Val::Nil => out.push("nil"),
            Val::Unit => out.push("()"),
            Val::Bool(true) => out.push("true"),
            Val::Bool(false) => out.push("false"),
            Val::Int(value) => out.write(format_args!("{value}")),
            Val::UInt(value) => out.write(format_args!("{value}")),
            Val::F32(value) => out.write(format_args!("{value}")),
            Val::F64(value) => out.write(format_args!("{value}")),
            Val::Text(at) => {
                let text = self.str_of(*at)?;
                self.heap.work_on_bytes(text.len() as u64)?;
                out.push(text)
            }
            Val::Range { start, end, step, inclusive } => {
                out.write(format_args!("{start}.."))?;
                if !(*inclusive && *end == i64::MAX) {
                    out.write(format_args!("{}{end}", if *inclusive { "=" } else { "" }))?;
                }
                if *step == 1 { Ok(()) } else { out.write(format_args!(" by {step}")) }
            }
            Val::Array(at) => {
                let (elem, stride) = self.array_type(*at)?;
                out.push("[")?;
                for i in 0..self.len_of(*at)? {
                    if i > 0 {
                        out.push(", ")?;
                    }
                    let item = self.val_at(elem, self.elem_at(*at, stride, i))?;
                    self.show(&item, out, depth + 1)?;
                }
                out.push("]")
            }
            Val::Dict(at) => {
                out.push("{")?;
                for (i, entry) in self.entries_in_order(*at, 0)?.into_iter().enumerate() {
                    if i > 0 {
                        out.push(", ")?;
                    }
                    let (key, value) = self.entry_vals(*at, entry)?;
                    self.show(&key, out, depth + 1)?;
                    // A dictionary of nothing is a set.
                    if !matches!(value, Val::Unit) {
                        out.push(": ")?;
                        self.show(&value, out, depth + 1)?;
                    }
                }
                out.push("}")
            }
            Val::Fn(at) => match &self.types.get(self.type_of(*at)?)?.desc.kind {
                TypeKind::Closure { name, .. } if !name.is_empty() => out.write(format_args!("<fn:{name}>")),
                _ => out.push("<lambda>"),
            },
            Val::Class(at) => {
                let name = self.class_name(*at)?;
                out.push(name)?;
                if out.open.contains(at) {
                    return out.push("(...)");
                }
                out.open.push(*at);
                let (ty, words) = self.class_words(*at)?;
                self.show_fields(self.fields_of(ty, &words)?.1, &words, out, depth)?;
                out.open.pop();
                Ok(())
            }
            Val::Flat(ty, words) => self.show_flat(*ty, words, out, depth),
        }
    }

    fn show_flat(&self, ty: TypeId, words: &[u64], out: &mut Out, depth: u32) -> Result<(), Raised> {
        if let Some(inner) = self.option_inner(ty, words)? {
            return self.show(&inner, out, depth + 1);
        }
        let (tag, fields) = self.fields_of(ty, words)?;
        match &self.types.get(ty)?.desc.kind {
            // A union is shown as the value that it is.
            TypeKind::Enum { name, .. } if name.is_empty() => match fields {
                [only] => {
                    let val = self.field(only, words)?;
                    self.show(&val, out, depth + 1)
                }
                _ => Err(Raised::Internal),
            },
            TypeKind::Enum { name, variants } => {
                out.push(name)?;
                out.push("::")?;
                out.push(&variants.get(tag as usize).ok_or(Raised::Internal)?.name)?;
                // A payload is shown by position, also where its parts have names.
                if fields.is_empty() { Ok(()) } else { self.show_parts(fields, words, false, out, depth) }
            }
            TypeKind::Struct { name, .. } => {
                out.push(name)?;
                self.show_fields(fields, words, out, depth)
            }
            _ => self.show_parts(fields, words, false, out, depth),
        }
    }

    fn show_fields(
        &self,
        fields: &[FieldDesc],
        words: &[u64],
        out: &mut Out,
        depth: u32,
    ) -> Result<(), Raised> {
        self.show_parts(fields, words, true, out, depth)
    }

    fn show_parts(
        &self,
        fields: &[FieldDesc],
        words: &[u64],
        named: bool,
        out: &mut Out,
        depth: u32,
    ) -> Result<(), Raised> {
        out.push("(")?;
        for (i, field) in fields.iter().enumerate() {
            if i > 0 {
                out.push(", ")?;
            }
            if named && !field.name.is_empty() {
                out.push(&field.name)?;
                out.push(": ")?;
            }
            self.show(&self.field(field, words)?, out, depth + 1)?;
        }
        out.push(")")
    }

    fn class_name(&self, at: u32) -> Result<&str, Raised> {
        match &self.types.get(self.type_of(at)?)?.desc.kind {
            TypeKind::Class { name, .. } => Ok(name),
            _ => Err(Raised::Internal),
        }
    }

    /// A text that shows a value; a text shows itself.
    pub(crate) fn show_to_text(&mut self, value: &Val) -> Result<u32, Raised> {
        if let Val::Text(at) = value {
            self.heap.retain(*at)?;
            return Ok(*at);
        }
        let shown = self.shown(value)?;
        self.text_from(shown.as_bytes())
    }

    pub(crate) fn rt_show(&mut self, ty: u32, value: u32) -> Result<u32, Raised> {
        let value = self.val_at(TypeId(ty), value)?;
        self.show_to_text(&value)
    }

    pub(crate) fn rt_show_i64(&mut self, value: i64) -> Result<u32, Raised> {
        // Digits from the back, without the machinery of formatting.
        let mut digits = [0u8; 20];
        let mut at = digits.len();
        let mut rest = value.unsigned_abs();
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if value < 0 {
            at -= 1;
            digits[at] = b'-';
        }
        self.text_from(&digits[at..])
    }

    pub(crate) fn rt_show_f64(&mut self, value: f64) -> Result<u32, Raised> {
        self.text_from(value.to_string().as_bytes())
    }
}
