//! Template code: generic functions and types, with a payload that the compiler writes and reads.
//!
//! ```text
//! GTPL   version u16 = 1   count u32   then, for each template:
//! kind u8   name text   parameters u8, each a text   payload: length u32, bytes
//! ```
//! The symbol of a template says where in this section it begins.

use crate::bytes::{Cursor, Origin, put, put_count, put_text};
use crate::error::{Fault, Part, ReadError};
use crate::read::SymbolTable;
use crate::symbol::{Role, SymbolKind};
use smallvec::SmallVec;
use std::borrow::Cow;

pub(crate) const MAGIC: [u8; 4] = *b"GTPL";
pub(crate) const VERSION: u16 = 1;
/// Bytes of the smallest template: kind, empty name, no parameters, no payload.
const LEAST: usize = 1 + 2 + 1 + 4;

codes! {
    /// What a template makes.
    TemplateKind: "a template kind" {
        /// A function.
        Fn = 0 "fn",
        /// A struct.
        Struct = 1 "struct",
        /// A class.
        Class = 2 "class",
        /// An enum.
        Enum = 3 "enum",
        /// A trait.
        Trait = 4 "trait",
    }
}

impl TemplateKind {
    /// The kind of its symbol.
    pub const fn symbol_kind(self) -> SymbolKind {
        match self {
            TemplateKind::Fn => SymbolKind::Fn,
            TemplateKind::Struct | TemplateKind::Class | TemplateKind::Enum => SymbolKind::Type,
            TemplateKind::Trait => SymbolKind::Trait,
        }
    }
}

/// A template. A module has a symbol of its name, with [`Role::Template`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Template {
    /// What it makes.
    pub kind: TemplateKind,
    /// Its name.
    pub name: String,
    /// Names of its type parameters, in order; at most 255.
    pub params: Vec<String>,
    /// What the compiler needs to instantiate it.
    pub payload: Vec<u8>,
}

impl Template {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) -> Result<(), Fault> {
        put(out, self.kind.code());
        put_text(out, &self.name)?;
        put(out, self.param_count()?);
        for param in &self.params {
            put_text(out, param)?;
        }
        put_count(out, self.payload.len(), "bytes of payload")?;
        out.extend_from_slice(&self.payload);
        Ok(())
    }

    pub(crate) fn param_count(&self) -> Result<u8, Fault> {
        u8::try_from(self.params.len())
            .map_err(|_| Fault::new("at most 255 type parameters", self.params.len().to_string()))
    }
}

/// A template of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TemplateView<'a> {
    /// What it makes.
    pub kind: TemplateKind,
    /// Its name.
    pub name: &'a str,
    /// Names of its type parameters, in order.
    pub params: SmallVec<[&'a str; 4]>,
    /// What the compiler needs to instantiate it.
    pub payload: &'a [u8],
}

impl<'a> TemplateView<'a> {
    fn decode(cursor: &mut Cursor<'a>) -> Result<TemplateView<'a>, ReadError> {
        let at = cursor.at();
        let kind = TemplateKind::from_code(cursor.get("the kind of a template")?)
            .map_err(|fault| cursor.error(at, fault))?;
        let name = cursor.text("the name of a template")?;
        let count: u8 = cursor.get("the number of type parameters")?;
        let params =
            (0..count).map(|_| cursor.text("the name of a type parameter")).collect::<Result<_, _>>()?;
        let length = cursor.count(1, "the size of a payload")?;
        Ok(TemplateView { kind, name, params, payload: cursor.take(length, "a payload")? })
    }

    /// The template as a value of its own.
    pub fn to_template(&self) -> Template {
        Template {
            kind: self.kind,
            name: self.name.to_owned(),
            params: self.params.iter().map(|&param| param.to_owned()).collect(),
            payload: self.payload.to_vec(),
        }
    }
}

/// The templates of a file, unpacked but not decoded.
#[derive(Clone, Debug)]
pub struct Templates<'v, 'a> {
    code: Cow<'a, [u8]>,
    count: usize,
    /// Behind the counts.
    first: usize,
    origin: Origin,
    symbols: &'v SymbolTable<'a>,
}

impl<'v, 'a> Templates<'v, 'a> {
    pub(crate) fn none(symbols: &'v SymbolTable<'a>) -> Templates<'v, 'a> {
        let origin = Origin { part: Part::Templates, start: 0, packed: false };
        Templates { code: Cow::Borrowed(&[]), count: 0, first: 0, origin, symbols }
    }

    pub(crate) fn open(
        code: Cow<'a, [u8]>,
        origin: Origin,
        symbols: &'v SymbolTable<'a>,
    ) -> Result<Templates<'v, 'a>, ReadError> {
        let mut cursor = Cursor::new(&code, origin);
        cursor.magic(&MAGIC)?;
        let at = cursor.at();
        let version: u16 = cursor.get("the version of the template table")?;
        if version != VERSION {
            return Err(
                cursor.error(at, Fault::new(format!("version {VERSION}"), format!("version {version}")))
            );
        }
        let at = cursor.at();
        let count = cursor.count(LEAST, "the number of templates")?;
        let named = symbols.iter().filter(|symbol| symbol.role == Role::Template).count();
        if count != named || count == 0 {
            let fault =
                Fault::new(format!("{} templates, as there are symbols", named.max(1)), count.to_string());
            return Err(cursor.error(at, fault));
        }
        let first = cursor.at();
        Ok(Templates { code, count, first, origin, symbols })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The template of a name. Decodes only this one.
    pub fn get(&self, name: &str) -> Result<Option<TemplateView<'_>>, ReadError> {
        let Some(symbol) = self.symbols.get(name).filter(|symbol| symbol.role == Role::Template) else {
            return Ok(None);
        };
        let Some(mut cursor) = Cursor::starting_at(&self.code, symbol.template_offset, self.origin) else {
            let fault = Fault::new(
                format!("the template `{name}` within {} bytes", self.code.len()),
                format!("offset {}", symbol.template_offset),
            );
            return Err(self.origin.error(0, fault));
        };
        let at = cursor.at();
        let template = self.next(&mut cursor)?;
        if template.name != name {
            let fault = Fault::new(format!("the template `{name}`"), format!("`{}`", template.name));
            return Err(cursor.error(at, fault));
        }
        Ok(Some(template))
    }

    /// All templates in order, each decoded when it is reached; ends behind the first that is wrong.
    pub fn iter(&self) -> impl Iterator<Item = Result<TemplateView<'_>, ReadError>> {
        let mut cursor = Cursor::new(&self.code, self.origin);
        let mut left = match cursor.take(self.first, "the counts") {
            Ok(_) => self.count,
            Err(_) => 0,
        };
        std::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            let mut template = self.next(&mut cursor);
            if left == 0 && template.is_ok() {
                template = cursor.clone().finish().and(template);
            }
            if template.is_err() {
                left = 0;
            }
            Some(template)
        })
    }

    /// The template at the cursor, which must be what its symbol says.
    fn next<'s>(&'s self, cursor: &mut Cursor<'s>) -> Result<TemplateView<'s>, ReadError> {
        let at = cursor.at();
        let template = TemplateView::decode(cursor)?;
        let found =
            format!("{} `{}` with {} parameters", template.kind, template.name, template.params.len());
        let fits = self.symbols.get(template.name).is_some_and(|symbol| {
            symbol.role == Role::Template
                && symbol.template_offset == at as u64
                && symbol.kind == template.kind.symbol_kind()
                && usize::from(symbol.template_params) == template.params.len()
        });
        if fits {
            Ok(template)
        } else {
            Err(cursor.error(at, Fault::new("a template that its symbol describes", found)))
        }
    }
}
