//! Symbols: 72 bytes each, sorted by the hash of their name.

use crate::bytes::Origin;
use crate::error::{Fault, ReadError};
use crate::hash::name_hash;
use crate::header::reserved;

record! {
    /// A symbol as it stands in the file.
    RawSymbol, SymbolOffsets, 72 {
        0 name_offset: u32,
        4 name_hash: u32,
        8 kind: u8,
        9 binding: u8,
        10 visibility: u8,
        11 flags: u8,
        12 value: u64,
        20 size: u64,
        28 type_id: u32,
        32 version: u32,
        36 template_params: u8,
        37 template_offset: u64,
    }
}

codes! {
    /// What a symbol names.
    SymbolKind: "a symbol type" {
        /// Something that another module has.
        None = 0 "none",
        /// A function.
        Fn = 1 "fn",
        /// A variable.
        Data = 2 "data",
        /// A type.
        Type = 3 "type",
        /// A trait.
        Trait = 4 "trait",
        /// An actor.
        Actor = 5 "actor",
        /// A constant.
        Const = 6 "const",
    }
}

codes! {
    /// Who may refer to a symbol.
    Binding: "a binding" {
        /// Its module.
        Local = 0 "local",
        /// Every module.
        Global = 1 "global",
        /// Every module, where no global symbol of the name exists.
        Weak = 2 "weak",
    }
}

codes! {
    /// Whether other modules see a symbol.
    Visibility: "a visibility" {
        /// They do.
        Public = 0 "public",
        /// They do not.
        Private = 1 "private",
    }
}

codes! {
    /// When a program first needs a symbol: where a linker puts it.
    Phase: "a layout phase" {
        /// Before `main`.
        Startup = 0 "startup",
        /// Until the first thing is shown.
        FirstFrame = 1 "first-frame",
        /// While it runs.
        Steady = 2 "steady",
        /// Rarely.
        Cold = 3 "cold",
    }
}

/// How a symbol has to do with templates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Not at all.
    Plain,
    /// It names a template; code exists once it is instantiated.
    Template,
    /// It is an instance of a template.
    Specialised,
}

const PHASE_BITS: u8 = 0b11;
const ANCHOR: u8 = 1 << 2;
const PINNED: u8 = 1 << 3;
const TEMPLATE: u8 = 1 << 4;
const SPECIALISED: u8 = 1 << 5;

impl Role {
    fn bits(self) -> u8 {
        match self {
            Role::Plain => 0,
            Role::Template => TEMPLATE,
            Role::Specialised => SPECIALISED,
        }
    }

    fn from_bits(flags: u8) -> Role {
        match (flags & TEMPLATE != 0, flags & SPECIALISED != 0) {
            (true, _) => Role::Template,
            (false, true) => Role::Specialised,
            (false, false) => Role::Plain,
        }
    }
}

/// A symbol.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Symbol {
    /// Its name, unique in the module and without zeros.
    pub name: String,
    /// What it names.
    pub kind: SymbolKind,
    /// Who may refer to it.
    pub binding: Binding,
    /// Whether other modules see it.
    pub visibility: Visibility,
    /// When it is first needed.
    pub phase: Phase,
    /// It is an event loop's own function: the code around it stays together.
    pub event_loop_anchor: bool,
    /// It stays where the linker put it.
    pub pinned: bool,
    /// How it has to do with templates.
    pub role: Role,
    /// Of a function: where it begins in the primary code. Zero for a template and for what another module has; else the producer's.
    pub value: u64,
    /// Of a function: bytes in the primary code. Zero where `value` must be; else the producer's.
    pub size: u64,
    /// Its type, by an index whose meaning is the producer's.
    pub type_id: u32,
    /// Version of its interface.
    pub version: u32,
}

impl Symbol {
    /// A public function with code.
    pub fn function(name: impl Into<String>, value: u64, size: u64) -> Symbol {
        Symbol {
            name: name.into(),
            kind: SymbolKind::Fn,
            binding: Binding::Global,
            visibility: Visibility::Public,
            phase: Phase::Steady,
            event_loop_anchor: false,
            pinned: false,
            role: Role::Plain,
            value,
            size,
            type_id: 0,
            version: 0,
        }
    }

    /// A public template: `kind` is Fn, Type or Trait.
    pub fn template(name: impl Into<String>, kind: SymbolKind) -> Symbol {
        Symbol { kind, role: Role::Template, ..Symbol::function(name, 0, 0) }
    }

    /// The symbol with its place in the other tables.
    pub(crate) fn as_view(&self, template_params: u8, template_offset: u64) -> SymbolView<'_> {
        SymbolView {
            name: &self.name,
            hash: name_hash(&self.name),
            kind: self.kind,
            binding: self.binding,
            visibility: self.visibility,
            phase: self.phase,
            event_loop_anchor: self.event_loop_anchor,
            pinned: self.pinned,
            role: self.role,
            value: self.value,
            size: self.size,
            type_id: self.type_id,
            version: self.version,
            template_params,
            template_offset,
        }
    }
}

/// A symbol of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SymbolView<'a> {
    /// Its name.
    pub name: &'a str,
    /// FNV-1a of the name.
    pub hash: u32,
    /// What it names.
    pub kind: SymbolKind,
    /// Who may refer to it.
    pub binding: Binding,
    /// Whether other modules see it.
    pub visibility: Visibility,
    /// When it is first needed.
    pub phase: Phase,
    /// It is an event loop's own function.
    pub event_loop_anchor: bool,
    /// It stays where the linker put it.
    pub pinned: bool,
    /// How it has to do with templates.
    pub role: Role,
    /// See [`Symbol::value`].
    pub value: u64,
    /// See [`Symbol::size`].
    pub size: u64,
    /// See [`Symbol::type_id`].
    pub type_id: u32,
    /// See [`Symbol::version`].
    pub version: u32,
    /// How many type parameters a template has; else 0.
    pub template_params: u8,
    /// Where a template stands in the template code; else 0.
    pub template_offset: u64,
}

impl<'a> SymbolView<'a> {
    /// Whether other modules may use it: it is defined here, not local, and public.
    pub fn is_exported(&self) -> bool {
        self.kind != SymbolKind::None
            && self.binding != Binding::Local
            && self.visibility == Visibility::Public
    }

    /// The symbol as a value of its own.
    pub fn to_symbol(&self) -> Symbol {
        Symbol {
            name: self.name.to_owned(),
            kind: self.kind,
            binding: self.binding,
            visibility: self.visibility,
            phase: self.phase,
            event_loop_anchor: self.event_loop_anchor,
            pinned: self.pinned,
            role: self.role,
            value: self.value,
            size: self.size,
            type_id: self.type_id,
            version: self.version,
        }
    }

    /// The order of symbols in a file.
    pub(crate) fn key(&self) -> (u32, &'a str) {
        (self.hash, self.name)
    }

    /// The rules for value and size, on both ways. `primary` is the size of the primary code.
    pub(crate) fn check_range(&self, primary: Option<u64>) -> Result<(), Fault> {
        let has_none = self.kind == SymbolKind::None || self.role == Role::Template;
        let limit = if has_none {
            0
        } else if self.kind == SymbolKind::Fn {
            primary.unwrap_or(0)
        } else {
            u64::MAX
        };
        match self.value.checked_add(self.size) {
            Some(end) if end <= limit => Ok(()),
            Some(_) | None => {
                let what = if has_none { "what has no code here" } else { "the primary code" };
                let found = format!("value {}, size {}", self.value, self.size);
                Err(Fault::new(format!("a range in the {limit} bytes of {what}"), found))
            }
        }
    }

    pub(crate) fn encode(&self, name_offset: u32) -> [u8; RawSymbol::SIZE] {
        let anchor = if self.event_loop_anchor { ANCHOR } else { 0 };
        let pinned = if self.pinned { PINNED } else { 0 };
        RawSymbol {
            name_offset,
            name_hash: self.hash,
            kind: self.kind.code(),
            binding: self.binding.code(),
            visibility: self.visibility.code(),
            flags: self.phase.code() | anchor | pinned | self.role.bits(),
            value: self.value,
            size: self.size,
            type_id: self.type_id,
            version: self.version,
            template_params: self.template_params,
            template_offset: self.template_offset,
        }
        .encode()
    }

    /// One entry of the table: byte `at` of the symbol table, whose origin is given. Its name must stand at byte `name_offset` of
    /// the strings, and is given without its zero.
    pub(crate) fn decode(
        entry: &[u8; RawSymbol::SIZE],
        at: usize,
        origin: Origin,
        name_offset: usize,
        name: &'a str,
        primary: Option<u64>,
    ) -> Result<SymbolView<'a>, ReadError> {
        let fail = |field: usize, fault: Fault| origin.error(at + field, fault);
        let fields = RawSymbol::AT;
        let raw = RawSymbol::decode(entry);
        reserved(entry, RawSymbol::USED).map_err(|(index, fault)| fail(index, fault))?;
        if raw.name_offset as usize != name_offset {
            let fault = Fault::new(format!("name offset {name_offset}"), raw.name_offset.to_string());
            return Err(fail(fields.name_offset, fault));
        }
        let hash = name_hash(name);
        if raw.name_hash != hash {
            let fault =
                Fault::new(format!("hash {hash:#010x} of `{name}`"), format!("{:#010x}", raw.name_hash));
            return Err(fail(fields.name_hash, fault));
        }
        let phase = Phase::from_code(raw.flags & PHASE_BITS).map_err(|fault| fail(fields.flags, fault))?;
        let symbol = SymbolView {
            name,
            hash,
            kind: SymbolKind::from_code(raw.kind).map_err(|fault| fail(fields.kind, fault))?,
            binding: Binding::from_code(raw.binding).map_err(|fault| fail(fields.binding, fault))?,
            visibility: Visibility::from_code(raw.visibility)
                .map_err(|fault| fail(fields.visibility, fault))?,
            phase,
            event_loop_anchor: raw.flags & ANCHOR != 0,
            pinned: raw.flags & PINNED != 0,
            role: Role::from_bits(raw.flags),
            value: raw.value,
            size: raw.size,
            type_id: raw.type_id,
            version: raw.version,
            template_params: raw.template_params,
            template_offset: raw.template_offset,
        };
        let known = PHASE_BITS | raw.flags & (ANCHOR | PINNED) | symbol.role.bits();
        if raw.flags & !known != 0 {
            let fault = Fault::new(
                "known flags, and not both template and specialised",
                format!("flags {:#x}", raw.flags),
            );
            return Err(fail(fields.flags, fault));
        }
        symbol.check_range(primary).map_err(|fault| fail(fields.value, fault))?;
        let is_template = symbol.role == Role::Template;
        if is_template != (raw.template_offset != 0) || (!is_template && raw.template_params != 0) {
            let fault = Fault::new(
                "a template's offset for templates alone",
                format!("offset {}, {} parameters", raw.template_offset, raw.template_params),
            );
            return Err(fail(fields.template_params, fault));
        }
        Ok(symbol)
    }
}
