//! Random programs that are well typed and end: what the engines must agree about.
//!
//! A program is made of a tape of numbers: each choice takes the next one, and choice 0, which an empty tape gives, is the simplest. So a shorter tape with smaller numbers makes a
//! simpler program, and whoever shrinks tapes shrinks programs.

use std::fmt::Write as _;

/// The source text that a tape makes.
pub fn program(tape: &[u32]) -> String {
    let mut generator = Generator { tape: tape.iter(), ..Generator::default() };
    generator.declarations();
    let functions = generator.pick(4);
    for _ in 0..functions {
        generator.function();
    }
    generator.body();
    HELPERS.to_owned() + &generator.text
}

/// Generic functions that every program may call.
const HELPERS: &str = "\
fn pick<T>(c: bool, a: T, b: T) -> T:
    if c: a else: b
fn twice<T>(f: fn(T) -> T, x: T) -> T:
    f(f(x))
fn fill<T>(x: T, n: i64) -> [T]:
    var all: [T] = []
    for i in 0..n:
        all.push(x)
    all
trait Sized:
    fn size() -> i64
impl Sized for i64:
    fn size() -> i64: self
impl Sized for text:
    fn size() -> i64: self.len()
fn total<T: Sized>(a: T, b: T) -> i64:
    a.size() + b.size()
";

/// A type. Declared ones are numbers of their declarations.
#[derive(Clone, PartialEq, Debug)]
enum Ty {
    Int(&'static str),
    Float,
    Bool,
    Text,
    Array(Box<Ty>),
    Option(Box<Ty>),
    Tuple(Box<Ty>, Box<Ty>),
    Struct(usize),
    Class(usize),
    Enum(usize),
    /// A function of one parameter.
    Fn(Box<Ty>, Box<Ty>),
}

const I64: Ty = Ty::Int("i64");

struct Variable {
    name: String,
    ty: Ty,
    mutable: bool,
}

struct Function {
    name: String,
    params: Vec<Ty>,
    result: Ty,
}

#[derive(Default)]
struct Generator<'a> {
    tape: std::slice::Iter<'a, u32>,
    text: String,
    indent: usize,
    /// Fields of structs, of classes; payloads of the variants of enums.
    structs: Vec<Vec<Ty>>,
    classes: Vec<Vec<Ty>>,
    enums: Vec<Vec<Vec<Ty>>>,
    functions: Vec<Function>,
    scope: Vec<Variable>,
    names: usize,
    /// How many loops are open: they multiply.
    loops: usize,
}

impl Generator<'_> {
    /// A number below `limit`; 0 at the end of the tape.
    fn pick(&mut self, limit: usize) -> usize {
        self.tape.next().map_or(0, |&number| number as usize % limit)
    }

    fn line(&mut self, text: &str) {
        let _ = writeln!(self.text, "{:1$}{text}", "", 4 * self.indent);
    }

    fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    // -- declarations ------------------------------------------------------------------------------------------

    fn declarations(&mut self) {
        for number in 0..self.pick(3) {
            let fields = self.fields();
            self.declare("struct", "S", number, &fields);
            self.structs.push(fields);
        }
        for number in 0..self.pick(2) {
            let fields = self.fields();
            self.declare("class", "C", number, &fields);
            self.classes.push(fields);
        }
        for number in 0..self.pick(3) {
            self.line(&format!("enum E{number}:"));
            let mut variants = Vec::new();
            for variant in 0..1 + self.pick(4) {
                let payload: Vec<Ty> = (0..self.pick(3)).map(|_| self.data_type(1)).collect();
                let types: Vec<String> = payload.iter().map(|ty| self.written(ty)).collect();
                let payload_text =
                    if types.is_empty() { String::new() } else { format!("({})", types.join(", ")) };
                self.line(&format!("    V{variant}{payload_text}"));
                variants.push(payload);
            }
            self.enums.push(variants);
        }
    }

    fn fields(&mut self) -> Vec<Ty> {
        (0..1 + self.pick(3)).map(|_| self.data_type(1)).collect()
    }

    fn declare(&mut self, keyword: &str, prefix: &str, number: usize, fields: &[Ty]) {
        self.line(&format!("{keyword} {prefix}{number}:"));
        for (index, ty) in fields.iter().enumerate() {
            let ty = self.written(ty);
            self.line(&format!("    f{index}: {ty}"));
        }
    }

    fn function(&mut self) {
        let name = self.name("fun");
        let params: Vec<Ty> = (0..self.pick(4)).map(|_| self.any_type()).collect();
        let result = self.data_type(2);
        let mut written = Vec::new();
        for ty in &params {
            let param = self.name("p");
            written.push(format!("{param}: {}", self.written(ty)));
            self.scope.push(Variable { name: param, ty: ty.clone(), mutable: false });
        }
        let result_text = self.written(&result);
        self.line(&format!("fn {name}({}) -> {result_text}:", written.join(", ")));
        self.indent += 1;
        self.statement(2);
        self.statements(2);
        let value = self.expr(&result, 3);
        self.line(&value);
        self.indent -= 1;
        self.scope.clear();
        self.functions.push(Function { name, params, result });
    }

    fn body(&mut self) {
        for _ in 0..2 + self.pick(12) {
            self.statement(3);
        }
        for function in 0..self.functions.len() {
            let (name, value) = (self.name("s"), self.call_of(function, 2));
            self.line(&format!("val {name} = {value}"));
            self.line(&format!("print {name}"));
        }
        let ty = self.data_type(2);
        self.show(&ty);
        let visible: Vec<String> =
            self.scope.iter().filter(|it| printable(&it.ty)).map(|it| it.name.clone()).collect();
        for name in visible {
            self.line(&format!("print \"{name} = {{{name}}}\""));
        }
    }

    // -- types -------------------------------------------------------------------------------------------------

    /// A type of values that can be printed and compared.
    fn data_type(&mut self, depth: usize) -> Ty {
        // Variables are used where there are several of a type.
        match self.pick(8) {
            0 | 1 => return I64,
            2 => return Ty::Text,
            3 if depth > 0 => return Ty::Array(Box::new(I64)),
            _ => {}
        }
        let simple = [I64, Ty::Text, Ty::Bool, Ty::Float, Ty::Int("i32"), Ty::Int("u8"), Ty::Int("u64")];
        let choice = self.pick(simple.len() + 5);
        if let Some(ty) = simple.get(choice) {
            return ty.clone();
        }
        match choice - simple.len() {
            _ if depth == 0 => I64,
            0 => Ty::Array(Box::new(self.data_type(depth - 1))),
            1 => Ty::Option(Box::new(self.not_option(depth - 1))),
            2 if !self.structs.is_empty() => Ty::Struct(self.pick(self.structs.len())),
            3 if !self.enums.is_empty() => Ty::Enum(self.pick(self.enums.len())),
            4 => Ty::Tuple(Box::new(self.data_type(depth - 1)), Box::new(self.data_type(depth - 1))),
            _ => Ty::Text,
        }
    }

    /// An option of an option is written as one of the language's own.
    fn not_option(&mut self, depth: usize) -> Ty {
        match self.data_type(depth) {
            Ty::Option(inner) => *inner,
            ty => ty,
        }
    }

    fn any_type(&mut self) -> Ty {
        match self.pick(6) {
            4 if !self.classes.is_empty() => Ty::Class(self.pick(self.classes.len())),
            5 => Ty::Fn(Box::new(self.data_type(1)), Box::new(self.data_type(1))),
            _ => self.data_type(2),
        }
    }

    fn written(&self, ty: &Ty) -> String {
        match ty {
            Ty::Int(name) => (*name).to_owned(),
            Ty::Float => "f64".to_owned(),
            Ty::Bool => "bool".to_owned(),
            Ty::Text => "text".to_owned(),
            Ty::Array(elem) => format!("[{}]", self.written(elem)),
            Ty::Option(inner) => format!("{}?", self.written(inner)),
            Ty::Tuple(a, b) => format!("({}, {})", self.written(a), self.written(b)),
            Ty::Struct(number) => format!("S{number}"),
            Ty::Class(number) => format!("C{number}"),
            Ty::Enum(number) => format!("E{number}"),
            Ty::Fn(param, result) => format!("fn({}) -> {}", self.written(param), self.written(result)),
        }
    }

    // -- statements --------------------------------------------------------------------------------------------

    fn statements(&mut self, depth: usize) {
        for _ in 0..self.pick(5) {
            self.statement(depth);
        }
    }

    fn block(&mut self, depth: usize) {
        let visible = self.scope.len();
        self.indent += 1;
        self.statement(depth);
        self.statements(depth);
        self.indent -= 1;
        self.scope.truncate(visible);
    }

    fn statement(&mut self, depth: usize) {
        match self.pick(12) {
            0 => {
                let ty = self.data_type(2);
                self.show(&ty);
            }
            1..=3 => self.declaration(),
            4..=6 => self.assignment(),
            7 if depth > 0 => {
                let condition = self.expr(&Ty::Bool, 2);
                self.line(&format!("if {condition}:"));
                self.block(depth - 1);
                if self.pick(2) == 1 {
                    self.line("else:");
                    self.block(depth - 1);
                }
            }
            8 if depth > 0 && self.loops < 2 => {
                let name = self.name("i");
                let count = self.pick(5);
                self.line(&format!("for {name} in 0..{count}:"));
                self.scope.push(Variable { name, ty: I64, mutable: false });
                self.loops += 1;
                self.block(depth - 1);
                self.loops -= 1;
                self.scope.pop();
            }
            9 if depth > 0 && self.loops < 2 => {
                let elem = self.data_type(1);
                let list = self.expr(&Ty::Array(Box::new(elem.clone())), 2);
                let name = self.name("x");
                self.line(&format!("for {name} in {list}:"));
                self.scope.push(Variable { name, ty: elem, mutable: false });
                self.loops += 1;
                self.block(depth - 1);
                self.loops -= 1;
                self.scope.pop();
            }
            10 if depth > 0 && !self.enums.is_empty() => self.match_statement(depth - 1),
            11 if depth > 0 => {
                let inner = self.not_option(1);
                let option = self.expr(&Ty::Option(Box::new(inner.clone())), 2);
                let name = self.name("o");
                self.line(&format!("if val {name} = {option}:"));
                self.scope.push(Variable { name, ty: inner, mutable: false });
                self.block(depth - 1);
                self.scope.pop();
            }
            _ => self.declaration(),
        }
    }

    fn show(&mut self, ty: &Ty) {
        let (name, value) = (self.name("s"), self.expr(ty, 3));
        self.line(&format!("val {name} = {value}"));
        self.line(&format!("print {name}"));
    }

    fn declaration(&mut self) {
        let ty = self.any_type();
        let value = self.expr(&ty, 3);
        let mutable = self.pick(3) > 0;
        let (keyword, name) = (if mutable { "var" } else { "val" }, self.name("v"));
        let written = self.written(&ty);
        self.line(&format!("{keyword} {name}: {written} = {value}"));
        self.scope.push(Variable { name, ty, mutable });
    }

    fn assignment(&mut self) {
        let candidates: Vec<usize> = (0..self.scope.len())
            .filter(|&it| self.scope[it].mutable || matches!(self.scope[it].ty, Ty::Class(_)))
            .collect();
        if candidates.is_empty() {
            return self.declaration();
        }
        let choice = candidates[self.pick(candidates.len())];
        let variable = &self.scope[choice];
        let (name, ty, mutable) = (variable.name.clone(), variable.ty.clone(), variable.mutable);
        match &ty {
            Ty::Array(elem) if self.pick(3) > 0 => {
                let value = self.expr(elem, 2);
                match self.pick(3) {
                    0 => self.line(&format!("{name}.push({value})")),
                    1 => {
                        let index = self.expr(&I64, 1);
                        self.line(&format!(
                            "if {name}.len() > 0: {name}[({index}) % {name}.len()] = {value}"
                        ));
                    }
                    _ => self.line(&format!("if {name}.len() > 1: {name}.pop()")),
                }
            }
            Ty::Struct(number) | Ty::Class(number) if !mutable || self.pick(3) > 0 => {
                let is_struct = matches!(ty, Ty::Struct(_));
                let fields = if is_struct { &self.structs } else { &self.classes }[*number].clone();
                let index = self.pick(fields.len());
                let field = fields[index].clone();
                let value = self.expr(&field, 2);
                self.line(&format!("{name}.f{index} = {value}"));
            }
            Ty::Int(_) | Ty::Float | Ty::Text if self.pick(2) == 1 => {
                let value = self.expr(&ty, 2);
                self.line(&format!("{name} += {value}"));
            }
            _ => {
                let value = self.expr(&ty, 3);
                self.line(&format!("{name} = {value}"));
            }
        }
    }

    fn match_statement(&mut self, depth: usize) {
        let number = self.pick(self.enums.len());
        let value = self.expr(&Ty::Enum(number), 2);
        self.line(&format!("match {value}:"));
        self.indent += 1;
        for (variant, payload) in self.enums[number].clone().into_iter().enumerate() {
            let names: Vec<String> = payload.iter().map(|_| self.name("m")).collect();
            let bound = if names.is_empty() { String::new() } else { format!("({})", names.join(", ")) };
            self.line(&format!("case V{variant}{bound}:"));
            let visible = self.scope.len();
            for (name, ty) in names.into_iter().zip(payload) {
                self.scope.push(Variable { name, ty, mutable: false });
            }
            self.block(depth);
            self.scope.truncate(visible);
        }
        self.indent -= 1;
    }

    // -- expressions -------------------------------------------------------------------------------------------

    /// An expression of a type, in parentheses where it needs them.
    fn expr(&mut self, ty: &Ty, depth: usize) -> String {
        let known: Vec<&Variable> = self.scope.iter().filter(|it| it.ty == *ty).collect();
        let known: Vec<String> = known.into_iter().map(|it| it.name.clone()).collect();
        if depth == 0 || self.pick(3) == 0 {
            if !known.is_empty() && self.pick(4) > 0 {
                return known[self.pick(known.len())].clone();
            }
            return self.literal(ty);
        }
        match self.pick(8) {
            0 => self.literal(ty),
            1 => {
                let condition = self.expr(&Ty::Bool, depth - 1);
                let (a, b) = (self.expr(ty, depth - 1), self.expr(ty, depth - 1));
                format!("(if {condition}: {a} else: {b})")
            }
            2 => {
                let condition = self.expr(&Ty::Bool, depth - 1);
                let (a, b) = (self.expr(ty, depth - 1), self.expr(ty, depth - 1));
                format!("pick({condition}, {a}, {b})")
            }
            3 => self.call(ty, depth).unwrap_or_else(|| self.literal(ty)),
            4 => {
                let (elem, count) = (self.expr(ty, depth - 1), 1 + self.pick(4));
                // Seldom behind the end.
                let index = if self.pick(40) == 1 { count } else { self.pick(count) };
                format!("fill({elem}, {count})[{index}]")
            }
            5 => {
                let inner = Ty::Option(Box::new(ty.clone()));
                match ty {
                    Ty::Option(_) => self.literal(ty),
                    _ => {
                        let (option, other) = (self.expr(&inner, depth - 1), self.expr(ty, depth - 1));
                        format!("({option} ?? {other})")
                    }
                }
            }
            _ => self.operation(ty, depth - 1),
        }
    }

    fn call(&mut self, ty: &Ty, depth: usize) -> Option<String> {
        // A loop around a call of a function with loops takes long.
        let fits: Vec<usize> = (0..self.functions.len())
            .filter(|&it| self.functions[it].result == *ty && self.loops < 2)
            .collect();
        if fits.is_empty() {
            let values: Vec<(String, Ty)> = self
                .scope
                .iter()
                .filter_map(|it| match &it.ty {
                    Ty::Fn(param, result) if **result == *ty => Some((it.name.clone(), (**param).clone())),
                    _ => None,
                })
                .collect();
            if values.is_empty() {
                return None;
            }
            let (name, param) = values[self.pick(values.len())].clone();
            let arg = self.expr(&param, depth - 1);
            return Some(format!("{name}({arg})"));
        }
        let function = fits[self.pick(fits.len())];
        Some(self.call_of(function, depth - 1))
    }

    fn call_of(&mut self, function: usize, depth: usize) -> String {
        let (name, params) = (self.functions[function].name.clone(), self.functions[function].params.clone());
        let args: Vec<String> = params.iter().map(|ty| self.expr(ty, depth)).collect();
        format!("{name}({})", args.join(", "))
    }

    fn literal(&mut self, ty: &Ty) -> String {
        match ty {
            Ty::Int("i64") => {
                let known = [
                    "0",
                    "1",
                    "2",
                    "-1",
                    "7",
                    "10",
                    "100",
                    "-9",
                    "9223372036854775807",
                    "(-9223372036854775807 - 1)",
                    "4294967296",
                ];
                known[self.pick(known.len())].to_owned()
            }
            Ty::Int(name) => {
                let known: &[&str] = match *name {
                    "i32" => &["0", "1", "-1", "2147483647", "77", "-2147483647"],
                    "u8" => &["0", "1", "255", "128", "9"],
                    _ => &["0", "1", "18446744073709551615", "9223372036854775808", "3"],
                };
                format!("({} as {name})", known[self.pick(known.len())])
                    .replace("(18446744073709551615 as u64)", "18446744073709551615u64")
                    .replace("(9223372036854775808 as u64)", "9223372036854775808u64")
            }
            Ty::Float => {
                let known = ["0.0", "1.0", "-1.5", "0.1", "1e300", "-0.0", "3.25", "1e-7", "100.0"];
                known[self.pick(known.len())].to_owned()
            }
            Ty::Bool => ["false", "true"][self.pick(2)].to_owned(),
            Ty::Text => {
                let known =
                    ["\"\"", "\"a\"", "\"hello\"", "\"Zürich\"", "\"x y z\"", "\"a,b,,c\"", "\"日本\""];
                known[self.pick(known.len())].to_owned()
            }
            Ty::Array(elem) => {
                let items: Vec<String> = (0..self.pick(4)).map(|_| self.literal(elem)).collect();
                if items.is_empty() {
                    format!("fill({}, 0)", self.literal(elem))
                } else {
                    format!("[{}]", items.join(", "))
                }
            }
            Ty::Option(inner) => match self.pick(2) {
                0 => format!("pick(true, nil, Some({}))", self.literal(inner)),
                _ => format!("Some({})", self.literal(inner)),
            },
            Ty::Tuple(a, b) => format!("({}, {})", self.literal(a), self.literal(b)),
            Ty::Struct(number) => self.object("S", *number, self.structs[*number].clone()),
            Ty::Class(number) => self.object("C", *number, self.classes[*number].clone()),
            Ty::Enum(number) => {
                let variant = self.pick(self.enums[*number].len());
                let payload = self.enums[*number][variant].clone();
                let values: Vec<String> = payload.iter().map(|ty| self.literal(ty)).collect();
                let values =
                    if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
                format!("E{number}.V{variant}{values}")
            }
            Ty::Fn(param, result) => {
                let name = self.name("l");
                self.scope.push(Variable { name: name.clone(), ty: (**param).clone(), mutable: false });
                let body = self.expr(result, 2);
                self.scope.pop();
                format!("(\\{name}: {body})")
            }
        }
    }

    fn object(&mut self, prefix: &str, number: usize, fields: Vec<Ty>) -> String {
        let values: Vec<String> =
            fields.iter().enumerate().map(|(index, ty)| format!("f{index}: {}", self.literal(ty))).collect();
        format!("{prefix}{number}({})", values.join(", "))
    }

    /// What a type's own operators and methods give.
    fn operation(&mut self, ty: &Ty, depth: usize) -> String {
        match ty {
            Ty::Int(_) => self.integer(ty, depth),
            Ty::Float => {
                let (a, b) = (self.expr(ty, depth), self.expr(ty, depth));
                match self.pick(6) {
                    op @ 0..=3 => format!("({a} {} {b})", ["+", "-", "*", "/"][op]),
                    4 => format!("(-{a})"),
                    _ => format!("({} as f64)", self.expr(&I64, depth)),
                }
            }
            Ty::Bool => {
                let compared = self.data_type(1);
                match self.pick(5) {
                    0 => format!("({} == {})", self.expr(&compared, depth), self.expr(&compared, depth)),
                    1 => format!("({} < {})", self.expr(&I64, depth), self.expr(&I64, depth)),
                    2 => format!("({} and {})", self.expr(ty, depth), self.expr(ty, depth)),
                    3 => format!("({} or {})", self.expr(ty, depth), self.expr(ty, depth)),
                    _ => format!("(not {})", self.expr(ty, depth)),
                }
            }
            Ty::Text => match self.pick(5) {
                0 => format!("({} + {})", self.expr(ty, depth), self.expr(ty, depth)),
                1 => {
                    let shown = self.data_type(1);
                    let name = self.name("t");
                    // Quotes do not nest everywhere: what is shown gets a name of its own.
                    let value = self.expr(&shown, depth);
                    format!("twice(\\{name}: \"<{{{name}}}>\", \"\" + \"{{{}}}\")", plain(&value))
                }
                2 => format!("{}.upper()", self.expr(ty, depth)),
                3 => format!("{}.replace({}, {})", self.expr(ty, depth), "\"a\"", self.literal(ty)),
                _ => format!("{}.join(\"-\")", self.expr(&Ty::Array(Box::new(Ty::Text)), depth)),
            },
            Ty::Array(elem) => {
                let list = self.expr(ty, depth);
                match self.pick(5) {
                    0 => format!("({list} + {})", self.expr(ty, depth)),
                    1 => format!("{list}.reversed()"),
                    2 => format!("{list}[0:{}]", self.pick(3)),
                    3 => {
                        let function = self.literal(&Ty::Fn(elem.clone(), elem.clone()));
                        format!("{list}.map({function})")
                    }
                    _ => {
                        let function = self.literal(&Ty::Fn(elem.clone(), Box::new(Ty::Bool)));
                        format!("{list}.filter({function})")
                    }
                }
            }
            Ty::Option(inner) => format!("Some({})", self.expr(inner, depth)),
            Ty::Tuple(a, b) => format!("({}, {})", self.expr(a, depth), self.expr(b, depth)),
            Ty::Struct(_) | Ty::Class(_) | Ty::Enum(_) => {
                let function = self.literal(&Ty::Fn(Box::new(ty.clone()), Box::new(ty.clone())));
                format!("twice({function}, {})", self.expr(ty, depth))
            }
            Ty::Fn(..) => self.literal(ty),
        }
    }

    fn integer(&mut self, ty: &Ty, depth: usize) -> String {
        let (a, b) = (self.expr(ty, depth), self.expr(ty, depth));
        match self.pick(12) {
            op @ 0..=7 => format!("({a} {} {b})", ["+", "-", "*", "/", "%", "&", "|", "xor"][op]),
            8 => {
                let other = [I64, Ty::Int("i32"), Ty::Int("u8"), Ty::Int("u64")][self.pick(4)].clone();
                format!("({} as {})", self.expr(&other, depth), self.written(ty))
            }
            9 => {
                let list = self.data_type(1);
                format!("({}.len() as {})", self.expr(&Ty::Array(Box::new(list)), depth), self.written(ty))
            }
            10 => format!("({} as {})", self.expr(&Ty::Float, depth), self.written(ty)),
            _ => {
                let of = [I64, Ty::Text][self.pick(2)].clone();
                format!(
                    "(total({}, {}) as {})",
                    self.expr(&of, depth),
                    self.expr(&of, depth),
                    self.written(ty)
                )
            }
        }
    }
}

/// What can stand between braces in a text.
fn plain(value: &str) -> &str {
    if value.contains(['"', '{', '\\', ':']) { "0" } else { value }
}

fn printable(ty: &Ty) -> bool {
    !matches!(ty, Ty::Fn(..) | Ty::Class(_))
}
