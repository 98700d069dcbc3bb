//! Questions for type arguments as text, with types as a program has them.

use base::Cx;
use driver::{Hint, Named, Node, Question, TemplateOf, TypeParameter};
use syntax::ast::{ItemKind, StmtKind, Type, TypeKind};

/// The question of a line.
pub fn read(line: &str) -> Question {
    let mut parts = line.split(" | ");
    let template = parts.next().expect("a template").trim();
    let mut reader = Reader { nodes: Vec::new(), generics: Vec::new() };
    let template = match template.strip_prefix('<') {
        Some(signature) => reader.signature(signature),
        None => TemplateOf::Symbol(template.to_owned()),
    };
    let hints = parts.map(|part| reader.hint(part.trim())).collect();
    Question { nodes: reader.nodes, template, hints }
}

struct Reader {
    nodes: Vec<Node>,
    /// Names of type parameters of a signature. Those of a template that is named are `#0`, `#1`, and `P0`, `P1` in types.
    generics: Vec<String>,
}

impl Reader {
    /// `T: Show, U>(T, [U]) -> U`.
    fn signature(&mut self, text: &str) -> TemplateOf {
        let (generics, rest) = text.split_once(">(").expect("type parameters");
        let list: Vec<(&str, &str)> =
            generics.split(", ").map(|generic| generic.split_once(": ").unwrap_or((generic, ""))).collect();
        self.generics = list.iter().map(|(name, _)| (*name).to_owned()).collect();
        let (params, result) = rest.rsplit_once(") -> ").expect("a result");
        let Node::Function(params, result) = self.parse(&format!("fn({params}) -> {result}")) else {
            panic!("not a signature: {text}")
        };
        let bounds =
            |text: &str| text.split(" + ").filter(|it| !it.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        let generics = list
            .iter()
            .map(|(name, text)| TypeParameter {
                name: (*name).to_owned(),
                bounds: bounds(text).iter().map(|bound| self.named(bound)).collect(),
            })
            .collect();
        TemplateOf::Signature { name: "signature".to_owned(), generics, params, result }
    }

    fn hint(&mut self, text: &str) -> Hint {
        if let Some(rest) = text.strip_prefix("arg ") {
            let (index, ty) = rest.split_once(": ").expect("a type");
            return Hint::CallSite(index.parse().expect("a number"), self.ty(ty));
        }
        if let Some(ty) = text.strip_prefix("return: ") {
            return Hint::Return(self.ty(ty));
        }
        if let Some(ty) = text.strip_prefix("assign: ") {
            return Hint::Assignment(self.ty(ty));
        }
        if let Some((param, ty)) = text.split_once(" = ") {
            return Hint::Equals(self.param(param), self.ty(ty));
        }
        let (param, bound) = text.split_once(": ").expect("a bound");
        Hint::Implements(self.param(param), self.named(bound))
    }

    fn param(&self, text: &str) -> u32 {
        match text.strip_prefix('#') {
            Some(number) => number.parse().expect("a number"),
            None => self.generics.iter().position(|name| name == text).expect("a type parameter") as u32,
        }
    }

    fn named(&mut self, text: &str) -> Named {
        match self.parse(text) {
            Node::Named(name, args) => Named { name, args },
            other => panic!("no name: {other:?}"),
        }
    }

    fn ty(&mut self, text: &str) -> u32 {
        let node = match text.strip_prefix('@') {
            // A number of the table, whatever stands there.
            Some(number) => return number.parse().expect("a number"),
            None => self.parse(text),
        };
        self.add(node)
    }

    fn add(&mut self, node: Node) -> u32 {
        self.nodes.push(node);
        self.nodes.len() as u32 - 1
    }

    fn parse(&mut self, text: &str) -> Node {
        let mut cx = Cx::default();
        let file = cx.sources.add("type.spl", &format!("type X = {text}\n"));
        let module = syntax::parse(&mut cx, file);
        assert!(!cx.diags.has_errors(), "{text}: {:?}", cx.diags.list());
        let alias = module.body.iter().find_map(|stmt| match &stmt.kind {
            StmtKind::Item(item) => match &item.kind {
                ItemKind::TypeAlias { ty, .. } => Some(ty),
                _ => None,
            },
            _ => None,
        });
        self.node(&cx, alias.expect("an alias"))
    }

    fn all(&mut self, cx: &Cx, types: &[Type]) -> Vec<u32> {
        types
            .iter()
            .map(|ty| {
                let node = self.node(cx, ty);
                self.add(node)
            })
            .collect()
    }

    fn node(&mut self, cx: &Cx, ty: &Type) -> Node {
        match &ty.kind {
            TypeKind::Path { path, args } => {
                let names: Vec<&str> = path.iter().map(|name| cx.names.name(name.sym)).collect();
                let name = names.join("::");
                let args = self.all(cx, args);
                if let Some(index) = self.generics.iter().position(|generic| *generic == name) {
                    return Node::Parameter(index as u32);
                }
                let number = |prefix: char| name.strip_prefix(prefix).and_then(|rest| rest.parse().ok());
                match (name.as_str(), number('i'), number('u'), number('f'), number('P')) {
                    ("bool", ..) => Node::Bool,
                    ("text", ..) => Node::Text,
                    ("any", ..) => Node::Any,
                    ("never", ..) => Node::Never,
                    ("Range", ..) => Node::Range,
                    (_, Some(bits), ..) => Node::Int { bits, signed: true },
                    (_, _, Some(bits), ..) => Node::Int { bits, signed: false },
                    (_, _, _, Some(bits), _) => Node::Float(bits),
                    (_, _, _, _, Some(index)) => Node::Parameter(index.into()),
                    _ => Node::Named(name, args),
                }
            }
            TypeKind::Array(elem) => Node::Array(self.all(cx, std::slice::from_ref(elem))[0]),
            TypeKind::Dict(key, value) => {
                let key = self.all(cx, std::slice::from_ref(key))[0];
                Node::Dict(key, self.all(cx, std::slice::from_ref(value))[0])
            }
            TypeKind::Tuple(items) if items.is_empty() => Node::Unit,
            TypeKind::Tuple(items) => Node::Tuple(self.all(cx, items)),
            TypeKind::Option(inner) => Node::Option(self.all(cx, std::slice::from_ref(inner))[0]),
            TypeKind::Fn(params, result) => {
                let params = self.all(cx, params);
                let result = match result {
                    Some(result) => self.all(cx, std::slice::from_ref(result))[0],
                    None => self.add(Node::Unit),
                };
                Node::Function(params, result)
            }
            TypeKind::Dyn(inner) => match self.node(cx, inner) {
                Node::Named(name, args) => Node::Dynamic(name, args),
                other => panic!("no trait: {other:?}"),
            },
            other => panic!("not in a question: {other:?}"),
        }
    }
}

/// A type of a table as a program has it.
pub fn show(nodes: &[Node], index: u32) -> String {
    let one = |index: &u32| show(nodes, *index);
    let list = |items: &[u32]| items.iter().map(one).collect::<Vec<_>>().join(", ");
    let applied = |name: &str, args: &[u32]| match args {
        [] => name.to_owned(),
        args => format!("{name}<{}>", list(args)),
    };
    match &nodes[index as usize] {
        Node::Unit => "()".to_owned(),
        Node::Bool => "bool".to_owned(),
        Node::Int { bits, signed } => format!("{}{bits}", if *signed { 'i' } else { 'u' }),
        Node::Float(bits) => format!("f{bits}"),
        Node::Text => "text".to_owned(),
        Node::Any => "any".to_owned(),
        Node::Range => "Range".to_owned(),
        Node::Array(elem) => format!("[{}]", one(elem)),
        Node::Dict(key, value) => format!("{{{}: {}}}", one(key), one(value)),
        Node::Tuple(items) => format!("({})", list(items)),
        Node::Option(inner) => format!("{}?", one(inner)),
        Node::Function(params, result) => format!("fn({}) -> {}", list(params), one(result)),
        Node::Named(name, args) => applied(name, args),
        Node::Dynamic(name, args) => format!("dyn {}", applied(name, args)),
        Node::Parameter(index) => format!("P{index}"),
        Node::Never => "never".to_owned(),
    }
}
