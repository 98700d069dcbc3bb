//! The reader.

use super::lex::{Spanned, Token, lex};
use super::print::{COUNTING, float_bits};
use super::unused_ty;
use crate::legal::{
    Block, BlockId, End, Export, Func, FuncId, Inst, Loc, LocId, Op, Program, Shape, Sig, SigId, Slot,
    SlotId, Symbol, SymbolKind, Target, Value,
};
use abi::types::{FieldDesc, Leaf, VariantDesc};
use abi::{Repr, RtFn, TypeDesc, TypeId, TypeKind, exports};
use base::{EntityId, Map};
use smallvec::SmallVec;
use std::str::FromStr;

/// What is wrong with a text, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReadError {
    /// The line, from 1.
    pub line: u32,
    /// What is wrong.
    pub message: String,
}

impl ReadError {
    pub(super) fn new(line: u32, message: impl Into<String>) -> Self {
        ReadError { line, message: message.into() }
    }
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ReadError {}

/// Reads a program.
///
/// # Errors
/// The first place that is not of the form described in [`super`].
pub fn read(text: &str) -> Result<Program, ReadError> {
    let mut reader = Reader {
        tokens: lex(text)?,
        at: 0,
        program: Program { types: abi::types::well_known(), ..Program::default() },
        own_locs: false,
    };
    while reader.peek().is_some() {
        reader.item()?;
    }
    Ok(reader.program)
}

/// Values of one function are numbered below this.
const MAX_VALUES: usize = 1 << 22;
/// The file that a text without places is in.
const TEXT_FILE: &str = "text.lmir";

struct Reader<'a> {
    tokens: Vec<Spanned<'a>>,
    at: usize,
    program: Program,
    /// The text names no places; its own lines are the places.
    own_locs: bool,
}

type Read<T> = Result<T, ReadError>;

/// A function while it is read.
struct Body {
    name: String,
    values: Vec<Option<Repr>>,
    loc: LocId,
    /// The line that `loc` stands for, where lines are places.
    line: u32,
}

impl Body {
    fn define(&mut self, value: Value, repr: Repr) -> Result<(), String> {
        let index = value.index();
        if index >= MAX_VALUES {
            return Err(format!("{value} is too large a number"));
        }
        if self.values.len() <= index {
            self.values.resize(index + 1, None);
        }
        match self.values[index].replace(repr) {
            // That it is defined twice is for the verifier to say.
            Some(before) if before != repr => Err(format!("{value} has two types")),
            Some(_) | None => Ok(()),
        }
    }
}

impl<'a> Reader<'a> {
    // -- tokens -----------------------------------------------------------------------------------------------

    fn peek(&self) -> Option<&Token<'a>> {
        self.tokens.get(self.at).map(|spanned| &spanned.token)
    }

    fn line(&self) -> u32 {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(1, |spanned| spanned.line)
    }

    fn fail<T>(&self, message: impl Into<String>) -> Read<T> {
        Err(ReadError::new(self.line(), message))
    }

    fn expected<T>(&self, what: &str) -> Read<T> {
        match self.peek() {
            Some(Token::Word(found) | Token::Number(found) | Token::Mark(found)) => {
                self.fail(format!("expected {what}, found {found}"))
            }
            Some(Token::Text(found)) => self.fail(format!("expected {what}, found {found:?}")),
            None => self.fail(format!("expected {what}, found the end")),
        }
    }

    fn eat_mark(&mut self, mark: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Mark(found)) if *found == mark);
        self.at += usize::from(found);
        found
    }

    fn mark(&mut self, mark: &str) -> Read<()> {
        if self.eat_mark(mark) { Ok(()) } else { self.expected(mark) }
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(found)) if *found == word);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self, what: &str) -> Read<&'a str> {
        match self.peek() {
            Some(Token::Word(word)) => {
                let word = *word;
                self.at += 1;
                Ok(word)
            }
            _ => self.expected(what),
        }
    }

    fn text(&mut self) -> Read<String> {
        match self.peek() {
            Some(Token::Text(text)) => {
                let text = text.clone();
                self.at += 1;
                Ok(text)
            }
            _ => self.expected("a text in quotes"),
        }
    }

    fn number<T: FromStr>(&mut self) -> Read<T> {
        match self.peek() {
            Some(Token::Number(digits)) => match digits.parse() {
                Ok(number) => {
                    self.at += 1;
                    Ok(number)
                }
                Err(_) => self.fail(format!("{digits} does not fit here")),
            },
            _ => self.expected("a number"),
        }
    }

    /// The number behind a prefix, such as 3 of `block3`.
    fn index_of(&self, prefix: &str) -> Option<usize> {
        let Some(Token::Word(word)) = self.peek() else { return None };
        let digits = word.strip_prefix(prefix)?;
        digits.parse::<u32>().ok().map(|index| index as usize)
    }

    fn index(&mut self, prefix: &str) -> Read<usize> {
        match self.index_of(prefix) {
            Some(index) => {
                self.at += 1;
                Ok(index)
            }
            None => self.expected(&format!("{prefix} and a number")),
        }
    }

    fn id<K: EntityId>(&mut self, prefix: &str) -> Read<K> {
        Ok(K::from_index(self.index(prefix)?))
    }

    fn ty(&mut self) -> Read<TypeId> {
        Ok(TypeId(u32::try_from(self.index("ty")?).expect("read as 32 bits")))
    }

    /// `item , item ... close`
    fn until<T>(&mut self, close: &str, mut item: impl FnMut(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let mut items = Vec::new();
        while !self.eat_mark(close) {
            if !items.is_empty() {
                self.mark(",")?;
            }
            items.push(item(self)?);
        }
        Ok(items)
    }

    fn repr(&mut self) -> Read<Repr> {
        match self.peek() {
            Some(Token::Word(name)) => match Repr::from_name(name) {
                Some(repr) => {
                    self.at += 1;
                    Ok(repr)
                }
                None => self.expected("a machine type"),
            },
            _ => self.expected("a machine type"),
        }
    }

    // -- tables -----------------------------------------------------------------------------------------------

    fn item(&mut self) -> Read<()> {
        if self.eat_word("file") {
            let file = self.text()?;
            self.program.files.push(file);
        } else if self.eat_word("table") {
            self.mark("=")?;
            loop {
                let func = self.id("fn")?;
                self.program.table.push(func);
                if !self.eat_mark(",") {
                    break;
                }
            }
        } else if self.eat_word("globals") {
            self.mark("=")?;
            self.program.globals = Some(self.ty()?);
        } else if self.index_of("symbol").is_some() {
            self.next("symbol", self.program.symbols.len())?;
            self.mark("=")?;
            let symbol = self.symbol()?;
            self.program.symbols.push(symbol);
        } else if self.eat_word("export") {
            self.mark("=")?;
            let export = self.export()?;
            self.program.exports.push(export);
        } else if self.eat_word("entry") {
            self.mark("=")?;
            self.program.entry = Some(self.id("fn")?);
        } else if self.index_of("loc").is_some() {
            self.next("loc", self.program.locs.len())?;
            self.mark("=")?;
            let loc = self.loc()?;
            self.program.locs.push(loc);
        } else if self.index_of("ty").is_some() {
            self.next("ty", self.program.types.len())?;
            self.mark("=")?;
            let desc = self.type_desc()?;
            self.program.types.push(desc);
        } else if self.index_of("sig").is_some() {
            self.next("sig", self.program.sigs.len())?;
            self.mark("=")?;
            let sig = self.sig()?;
            self.program.sigs.push(sig);
        } else if self.index_of("slot").is_some() {
            self.next("slot", self.program.slots.len())?;
            self.mark("=")?;
            let slot = self.slot()?;
            self.program.slots.push(slot);
        } else if self.index_of("fn").is_some() {
            if self.program.locs.is_empty() {
                self.own_locs = true;
                if self.program.files.is_empty() {
                    self.program.files.push(TEXT_FILE.to_owned());
                }
            }
            let line = self.line();
            self.next("fn", self.program.funcs.len())?;
            let func = self.func(line)?;
            self.program.funcs.push(func);
        } else {
            return self.expected("file, loc, ty, sig, slot, table, globals, symbol, entry or fn");
        }
        Ok(())
    }

    /// The id of a thing that is being defined.
    fn next(&mut self, prefix: &str, number: usize) -> Read<()> {
        match self.index_of(prefix) {
            Some(index) if index == number => {
                self.at += 1;
                Ok(())
            }
            _ => self.expected(&format!("{prefix}{number}: things are numbered in order")),
        }
    }

    fn loc(&mut self) -> Read<Loc> {
        let file = self.number()?;
        self.mark(":")?;
        let line = self.number()?;
        self.mark(":")?;
        let column = self.number()?;
        let function = self.text()?;
        let is_std = self.eat_word("std");
        let inlined_at = if self.eat_word("inlined") { Some(self.id("loc")?) } else { None };
        Ok(Loc { file, line, column, function, inlined_at, is_std })
    }

    fn sig(&mut self) -> Read<Sig> {
        self.mark("(")?;
        let params = self.until(")", Self::repr)?;
        self.mark("->")?;
        self.mark("(")?;
        let results = self.until(")", Self::repr)?;
        Ok(Sig { params, results })
    }

    fn slot(&mut self) -> Read<Slot> {
        if self.index_of("symbol").is_some() {
            return Ok(Slot::Symbol(self.symbol_number()?));
        }
        Ok(match self.word("text, type, table, globals, symbol or host")? {
            "text" => Slot::Text(self.text()?),
            "type" => Slot::Type(self.ty()?),
            "table" => Slot::Table(self.number()?),
            "globals" => Slot::Globals,
            "host" => Slot::Host(self.text()?, self.ty()?),
            other => {
                return self
                    .fail(format!("a slot holds text, type, table, globals, symbol or host, not {other}"));
            }
        })
    }

    fn symbol_number(&mut self) -> Read<u32> {
        Ok(u32::try_from(self.index("symbol")?).expect("read as 32 bits"))
    }

    fn symbol(&mut self) -> Read<Symbol> {
        let kind = self.word("code, import or variable")?;
        let name = self.text()?;
        let kind = match kind {
            "code" => {
                self.mark("(")?;
                SymbolKind::Code(self.until(")", |reader| reader.id("fn"))?)
            }
            "import" => SymbolKind::Import(self.number()?),
            "variable" => {
                let ty = self.ty()?;
                let initialiser = if self.eat_word("set") { Some(self.symbol_number()?) } else { None };
                SymbolKind::Variable { ty, initialiser }
            }
            other => return self.fail(format!("a symbol is code, import or variable, not {other}")),
        };
        if !self.eat_word("is") {
            return self.expected("is");
        }
        let (signature, content) = (self.number()?, self.number()?);
        let is_value = self.eat_word("value");
        Ok(Symbol { name, signature, content, is_value, kind })
    }

    fn export(&mut self) -> Read<Export> {
        let name = self.text()?;
        let func = self.id("fn")?;
        self.mark("(")?;
        let params = self.until(")", |reader| Ok((reader.text()?, reader.ty()?)))?;
        Ok(Export { func, signature: exports::Export { name, params, result: self.ty()? } })
    }

    fn type_desc(&mut self) -> Read<TypeDesc> {
        let kind = match self.word("a kind of type")? {
            "unit" => TypeKind::Unit,
            "bool" => TypeKind::Bool,
            "int" => TypeKind::Int { signed: true },
            "uint" => TypeKind::Int { signed: false },
            "float" => TypeKind::Float,
            "text" => TypeKind::Text,
            "any" => TypeKind::Any,
            "range" => TypeKind::Range,
            "array" => TypeKind::Array { elem: self.ty()? },
            "dict" => TypeKind::Dict { key: self.ty()?, value: self.ty()? },
            "tuple" => TypeKind::Tuple(self.fields()?),
            "struct" => TypeKind::Struct { name: self.text()?, fields: self.fields()? },
            "class" => TypeKind::Class { name: self.text()?, fields: self.fields()? },
            "enum" => TypeKind::Enum { name: self.text()?, variants: self.variants()? },
            "option" => TypeKind::Option { inner: self.ty()?, niche: self.eat_word("niche") },
            "fn" => TypeKind::Fn,
            "closure" => TypeKind::Closure { name: self.text()?, captures: self.fields()? },
            "dyn" => TypeKind::Dyn,
            "box" => TypeKind::Box { inner: self.ty()? },
            other => return self.fail(format!("{other} is no kind of type")),
        };
        let (mut leaves, mut size) = (Vec::new(), 0);
        if self.eat_word("leaves") {
            self.mark("[")?;
            leaves = self.until("]", |reader| {
                let repr = reader.repr()?;
                reader.mark("@")?;
                Ok(Leaf { offset: reader.number()?, repr })
            })?;
        }
        if self.eat_word("size") {
            size = self.number()?;
        }
        let boxed = self.eat_word("boxed");
        let may_cycle = self.eat_word("cycle");
        Ok(TypeDesc { kind, boxed, leaves, size, may_cycle })
    }

    fn variants(&mut self) -> Read<Vec<VariantDesc>> {
        self.mark("{")?;
        self.until("}", |reader| Ok(VariantDesc { name: reader.text()?, fields: reader.fields()? }))
    }

    fn fields(&mut self) -> Read<Vec<FieldDesc>> {
        self.mark("(")?;
        self.until(")", |reader| {
            let name = reader.text()?;
            reader.mark(":")?;
            let ty = reader.ty()?;
            reader.mark("[")?;
            Ok(FieldDesc { name, ty, leaves: reader.until("]", Self::number)? })
        })
    }

    // -- functions --------------------------------------------------------------------------------------------

    fn func(&mut self, line: u32) -> Read<Func> {
        let name = self.text()?;
        let sig = self.sig()?;
        let given = self.loc_mark()?;
        let mut body = Body { name, values: Vec::new(), loc: given.unwrap_or(LocId::from_index(0)), line: 0 };
        self.place(&mut body, line);
        let loc = body.loc;
        self.mark("{")?;
        while self.eat_word("unused") {
            self.typed_value(&mut body, None)?;
        }
        let mut blocks: Map<BlockId, Block> = Map::new();
        while !self.eat_mark("}") {
            self.next("block", blocks.len())?;
            blocks.push(self.block(&mut body)?);
        }
        let values = body.values.into_iter().map(|repr| repr.unwrap_or(Repr::I64)).collect();
        Ok(Func { name: body.name, sig, values, blocks, loc })
    }

    fn loc_mark(&mut self) -> Read<Option<LocId>> {
        if self.eat_mark("@") { Ok(Some(self.id("loc")?)) } else { Ok(None) }
    }

    /// Makes `line` the current place, where lines are places.
    fn place(&mut self, body: &mut Body, line: u32) {
        if self.own_locs && body.line != line {
            body.line = line;
            body.loc = self.program.locs.push(Loc {
                file: 0,
                line,
                column: 1,
                function: body.name.clone(),
                inlined_at: None,
                is_std: false,
            });
        }
    }

    fn value(&mut self) -> Read<Value> {
        self.id("v")
    }

    /// `v3: i64`, or `v3` where the type is known.
    fn typed_value(&mut self, body: &mut Body, known: Option<Repr>) -> Read<Value> {
        let value = self.value()?;
        let repr = if self.eat_mark(":") { Some(self.repr()?) } else { known };
        let Some(repr) = repr else { return self.expected(": and the type of this value") };
        match body.define(value, repr) {
            Ok(()) => Ok(value),
            Err(message) => self.fail(message),
        }
    }

    fn block(&mut self, body: &mut Body) -> Read<Block> {
        let params = if self.eat_mark("(") {
            self.until(")", |reader| reader.typed_value(body, None))?
        } else {
            Vec::new()
        };
        let cold = self.eat_word("cold");
        self.mark(":")?;
        let mut insts = Vec::new();
        loop {
            if let Some(end) = self.end()? {
                return Ok(Block { params, insts, end, cold });
            }
            insts.push(self.inst(body)?);
        }
    }

    fn end(&mut self) -> Read<Option<End>> {
        let Some(Token::Word(word)) = self.peek() else { return Ok(None) };
        Ok(Some(match *word {
            "jump" => {
                self.at += 1;
                End::Jump(self.target()?)
            }
            "branch" => {
                self.at += 1;
                let value = self.value()?;
                self.mark(",")?;
                let then = self.target()?;
                self.mark(",")?;
                End::Branch(value, then, self.target()?)
            }
            "switch" => {
                self.at += 1;
                let value = self.value()?;
                self.mark("{")?;
                let cases = self.until("}", |reader| {
                    let constant = reader.number()?;
                    reader.mark(":")?;
                    Ok((constant, reader.target()?))
                })?;
                if !self.eat_word("else") {
                    return self.expected("else");
                }
                End::Switch(value, cases, self.target()?)
            }
            "return" => {
                self.at += 1;
                let mut values = SmallVec::new();
                if self.index_of("v").is_some() {
                    values.push(self.value()?);
                    while self.eat_mark(",") {
                        values.push(self.value()?);
                    }
                }
                End::Return(values)
            }
            "unreachable" => {
                self.at += 1;
                End::Unreachable
            }
            _ => return Ok(None),
        }))
    }

    fn target(&mut self) -> Read<Target> {
        let block = self.id("block")?;
        let args = if self.eat_mark("(") { self.until(")", Self::value)?.into() } else { SmallVec::new() };
        Ok(Target { block, args })
    }

    fn inst(&mut self, body: &mut Body) -> Read<Inst> {
        let line = self.line();
        // Result types may depend on the operation behind them.
        let mut written: SmallVec<[(Value, Option<Repr>); 2]> = SmallVec::new();
        if self.index_of("v").is_some() {
            loop {
                let value = self.value()?;
                let repr = if self.eat_mark(":") { Some(self.repr()?) } else { None };
                written.push((value, repr));
                if !self.eat_mark(",") {
                    break;
                }
            }
            self.mark("=")?;
        }
        let word = self.word("an instruction or the end of the block")?;
        let (mnemonic, ty) = match word.split_once('.') {
            Some((mnemonic, ty)) => (mnemonic, Some(ty)),
            None => (word, None),
        };
        let op = Op::from_mnemonic(mnemonic);
        let ty = match (op, ty) {
            (Some(_), Some(ty)) => Repr::from_name(ty),
            (Some(op), None) => {
                let unused = unused_ty(op.shape());
                if unused.is_none() {
                    self.at -= 1;
                    return self.fail(format!("{word} needs a type, such as {word}.i64"));
                }
                unused
            }
            (None, _) => None,
        };
        let (Some(op), Some(ty)) = (op, ty) else {
            self.at -= 1;
            return self.fail(format!("there is no instruction {word}"));
        };
        let mut inst = Inst {
            op,
            ty,
            args: SmallVec::new(),
            imm: 0,
            results: SmallVec::new(),
            loc: LocId::from_index(0),
        };
        self.operands(&mut inst)?;
        if let Some(loc) = self.loc_mark()? {
            body.loc = loc;
        } else {
            self.place(body, line);
        }
        inst.loc = body.loc;

        let derived = self.program.result_types(&inst).unwrap_or_default();
        for (index, (value, repr)) in written.into_iter().enumerate() {
            let Some(repr) = repr.or(derived.get(index).copied()) else {
                return Err(ReadError::new(line, format!("{value} needs a type, such as {value}: i64")));
            };
            body.define(value, repr).map_err(|message| ReadError::new(line, message))?;
            inst.results.push(value);
        }
        Ok(inst)
    }

    fn operands(&mut self, inst: &mut Inst) -> Read<()> {
        match inst.op.shape() {
            Shape::Const => inst.imm = self.constant(inst)?,
            Shape::Slot => inst.imm = index_imm(self.id::<SlotId>("slot")?),
            Shape::Unary
            | Shape::Binary
            | Shape::Compare
            | Shape::Convert
            | Shape::Select
            | Shape::Test
            | Shape::Poll => self.values(inst)?,
            Shape::Load | Shape::Store => {
                inst.args.push(self.value()?);
                if self.eat_mark("+") {
                    inst.imm = self.number()?;
                }
                if self.eat_mark(",") {
                    self.values(inst)?;
                }
            }
            Shape::Count => {
                self.values(inst)?;
                while let Some((flag, _)) = COUNTING.into_iter().find(|(_, name)| self.eat_word(name)) {
                    inst.imm |= flag;
                }
            }
            Shape::Call => {
                inst.imm = index_imm(self.id::<FuncId>("fn")?);
                self.mark("(")?;
                inst.args = self.until(")", Self::value)?.into();
            }
            Shape::CallIndirect => {
                inst.imm = index_imm(self.id::<SigId>("sig")?);
                self.mark("(")?;
                inst.args = self.until(")", Self::value)?.into();
            }
            Shape::Runtime => {
                inst.imm = match self.peek() {
                    Some(Token::Number(_)) => self.number()?,
                    _ => {
                        let name = self.word("a runtime function")?;
                        match RtFn::from_name(name) {
                            Some(function) => function as i64,
                            None => {
                                self.at -= 1;
                                return self.fail(format!("there is no runtime function {name}"));
                            }
                        }
                    }
                };
                self.mark("(")?;
                inst.args = self.until(")", Self::value)?.into();
            }
        }
        Ok(())
    }

    fn values(&mut self, inst: &mut Inst) -> Read<()> {
        while self.index_of("v").is_some() && self.same_line() {
            inst.args.push(self.value()?);
            if !self.eat_mark(",") {
                break;
            }
        }
        Ok(())
    }

    /// True where the next token stands on the line of the one before it: an instruction's operands do.
    fn same_line(&self) -> bool {
        self.at.checked_sub(1).is_some_and(|before| self.tokens[before].line == self.line())
    }

    fn constant(&mut self, inst: &Inst) -> Read<i64> {
        let Some(Token::Number(digits)) = self.peek() else { return self.expected("a number") };
        let bits = if let Some(hex) = digits.strip_prefix("0x") {
            u64::from_str_radix(hex, 16).ok().map(|bits| bits as i64)
        } else if inst.op == Op::FConst {
            float_bits(digits, inst.ty)
        } else {
            digits.parse().ok()
        };
        match bits {
            Some(bits) => {
                self.at += 1;
                Ok(bits)
            }
            None => self.fail(format!("{digits} is no constant of this type")),
        }
    }
}

fn index_imm(id: impl EntityId) -> i64 {
    i64::try_from(id.index()).expect("ids are 32 bits")
}
