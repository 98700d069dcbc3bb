//! The syntax tree as lists.

use super::Node;
use crate::ast::*;
use base::{Cx, Symbol};

/// Turns parts of the tree into nodes.
pub(super) struct Tree<'a> {
    pub cx: &'a Cx,
}

/// An optional child: nothing where it is absent.
fn some(head: &str, node: Option<Node>) -> Option<Node> {
    node.map(|node| Node::new(head, vec![node]))
}

impl Tree<'_> {
    pub fn module(&self, module: &Module) -> Vec<Node> {
        let uses = module.uses.iter().map(|item| self.use_(item));
        uses.chain(module.body.iter().map(|stmt| self.stmt(stmt))).collect()
    }

    fn sym(&self, symbol: Symbol) -> String {
        self.cx.names.name(symbol).to_owned()
    }

    fn name(&self, name: Name) -> Node {
        Node::leaf(self.sym(name.sym))
    }

    fn path(&self, path: &[Name]) -> String {
        path.iter().map(|name| self.sym(name.sym)).collect::<Vec<_>>().join(".")
    }

    fn use_(&self, item: &Use) -> Node {
        let head = if item.export { "export-use" } else { "use" };
        let path = if item.path.is_empty() { "()".to_owned() } else { self.path(&item.path) };
        let mut nodes = vec![Node::leaf(path)];
        let alias = |name: Name, alias: Option<Name>| match alias {
            Some(alias) => Node::new("as", vec![self.name(name), self.name(alias)]),
            None => self.name(name),
        };
        match &item.what {
            UseWhat::Module(None) => {}
            UseWhat::Module(Some(name)) => nodes.push(Node::new("as", vec![self.name(*name)])),
            UseWhat::Items(items) => nodes.extend(items.iter().map(|&(name, other)| alias(name, other))),
            UseWhat::Glob => nodes.push(Node::leaf("*")),
        }
        Node::new(head, nodes)
    }

    fn block(&self, block: &Block) -> Node {
        Node::new("do", block.stmts.iter().map(|stmt| self.stmt(stmt)).collect())
    }

    fn stmt(&self, stmt: &Stmt) -> Node {
        match &stmt.kind {
            StmtKind::Item(item) => self.item(item),
            StmtKind::Expr(expr) => self.expr(expr),
            StmtKind::Let { mutable, pat, ty, init, otherwise } => {
                let mut nodes = vec![self.pat(pat)];
                nodes.extend(some(":", ty.as_ref().map(|ty| self.ty(ty))));
                nodes.extend(init.as_ref().map(|init| self.expr(init)));
                nodes.extend(some("else", otherwise.as_ref().map(|block| self.block(block))));
                Node::new(if *mutable { "var" } else { "val" }, nodes)
            }
            StmtKind::Assign { target, op, value } => {
                let head = format!("{}=", op.map_or("", BinOp::symbol));
                Node::new(head, vec![self.expr(target), self.expr(value)])
            }
            StmtKind::Return(value) => {
                Node::new("return", value.iter().map(|value| self.expr(value)).collect())
            }
            StmtKind::Break { label, value } => {
                let mut nodes: Vec<Node> = label.iter().map(|&label| self.label(label)).collect();
                nodes.extend(value.iter().map(|value| self.expr(value)));
                Node::new("break", nodes)
            }
            StmtKind::Continue { label } => {
                Node::new("continue", label.iter().map(|&label| self.label(label)).collect())
            }
            StmtKind::Pass => Node::leaf("pass"),
            StmtKind::Assert { cond, message } => {
                let mut nodes = vec![self.expr(cond)];
                nodes.extend(message.iter().map(|message| self.expr(message)));
                Node::new("assert", nodes)
            }
            StmtKind::Defer { on_error, body } => {
                Node::new(if *on_error { "errdefer" } else { "defer" }, vec![self.block(body)])
            }
            StmtKind::Group(body) => Node::new("group", vec![self.block(body)]),
            StmtKind::Contract(contract) => {
                let word = match contract.kind {
                    ContractKind::Requires => "requires",
                    ContractKind::Ensures => "ensures",
                    ContractKind::EnsuresError => "ensures-error",
                    ContractKind::Invariant => "invariant",
                    ContractKind::Decreases => "decreases",
                };
                let mut nodes: Vec<Node> = contract.name.iter().map(|name| self.name(*name)).collect();
                nodes.extend(contract.clauses.iter().map(|clause| self.clause_of(clause)));
                Node::new(word, nodes)
            }
            StmtKind::Error => Node::leaf("<error>"),
        }
    }

    /// A condition of a contract.
    fn clause_of(&self, clause: &Clause) -> Node {
        match &clause.message {
            Some(message) => Node::new("clause", vec![self.expr(&clause.cond), self.expr(message)]),
            None => self.expr(&clause.cond),
        }
    }

    fn label(&self, label: Name) -> Node {
        Node::leaf(format!("'{}", self.sym(label.sym)))
    }

    fn item(&self, item: &Item) -> Node {
        let node = self.item_kind(&item.kind);
        let mut wraps = Vec::new();
        for attr in &item.attrs {
            let mark = if attr.hash { "#" } else { "@" };
            let args = attr.args.iter().map(|arg| self.arg(arg)).collect();
            wraps.push(Node::new(format!("{mark}{}", self.sym(attr.name.sym)), args));
        }
        let mut node = node;
        if item.public {
            node = Node::new("pub", vec![node]);
        }
        if wraps.is_empty() {
            return node;
        }
        wraps.push(node);
        Node::new("attributes", wraps)
    }

    fn item_kind(&self, kind: &ItemKind) -> Node {
        match kind {
            ItemKind::Fn(function) => self.function(function),
            ItemKind::Struct(item) => self.structure(if item.is_class { "class" } else { "struct" }, item),
            ItemKind::Mixin(item) => self.structure("mixin", item),
            ItemKind::FnAlias { name, target } => {
                Node::new("fn-alias", vec![self.name(*name), self.name(*target)])
            }
            ItemKind::Module { name, items } => {
                let nodes = items.iter().map(|item| self.item(item)).collect();
                self.declaration("mod", *name, nodes)
            }
            ItemKind::Enum(item) => {
                let mut nodes = self.generics(&item.generics);
                nodes.extend(item.variants.iter().map(|variant| self.variant(variant)));
                nodes.extend(item.methods.iter().map(|method| self.item(method)));
                self.declaration("enum", item.name, nodes)
            }
            ItemKind::Trait(item) => {
                let mut nodes = self.generics(&item.generics);
                nodes.extend(item.supers.iter().map(|ty| Node::new("super", vec![self.ty(ty)])));
                nodes.extend(item.types.iter().map(|(name, ty)| {
                    let mut parts = vec![self.name(*name)];
                    parts.extend(ty.iter().map(|ty| self.ty(ty)));
                    Node::new("type", parts)
                }));
                nodes.extend(item.methods.iter().map(|method| self.item(method)));
                self.declaration("trait", item.name, nodes)
            }
            ItemKind::Impl(item) => {
                let mut nodes = self.generics(&item.generics);
                nodes.extend(some("trait", item.trait_.as_ref().map(|ty| self.ty(ty))));
                nodes.push(Node::new("for", vec![self.ty(&item.self_ty)]));
                nodes.extend(
                    item.types
                        .iter()
                        .map(|(name, ty)| Node::new("type", vec![self.name(*name), self.ty(ty)])),
                );
                nodes.extend(item.methods.iter().map(|method| self.item(method)));
                Node::new("impl", nodes).tall()
            }
            ItemKind::TypeAlias { name, generics, ty } => {
                let mut nodes = self.generics(generics);
                nodes.push(self.ty(ty));
                self.declaration("type", *name, nodes)
            }
            ItemKind::NotYet(word) => Node::new("not-yet", vec![self.name(*word)]),
        }
    }

    fn structure(&self, word: &str, item: &Struct) -> Node {
        let mut nodes = self.generics(&item.generics);
        nodes.extend(item.mixins.iter().map(|(name, args)| {
            let args = args.iter().map(|arg| self.ty(arg));
            Node::new("use-mixin", std::iter::once(self.name(*name)).chain(args).collect())
        }));
        nodes.extend(item.fields.iter().map(|field| {
            let mut parts = vec![self.name(field.name), self.ty(&field.ty)];
            parts.extend(field.default.iter().map(|value| self.expr(value)));
            Node::new("field", parts)
        }));
        nodes.extend(
            item.forwards
                .iter()
                .map(|(ty, field)| Node::new("forward", vec![self.ty(ty), self.name(*field)])),
        );
        nodes.extend(item.methods.iter().map(|method| self.item(method)));
        nodes.extend(some(
            "invariant",
            (!item.invariants.is_empty()).then(|| {
                Node::new("all", item.invariants.iter().map(|clause| self.clause_of(clause)).collect())
            }),
        ));
        self.declaration(word, item.name, nodes)
    }

    fn declaration(&self, word: &str, name: Name, nodes: Vec<Node>) -> Node {
        let node = Node::new(format!("{word} {}", self.sym(name.sym)), nodes);
        if node.children.len() > 1 { node.tall() } else { node }
    }

    fn function(&self, function: &Fn) -> Node {
        let word = match function.kind {
            FnKind::Fn => "fn",
            FnKind::Me => "me",
            FnKind::Static => "static-fn",
            FnKind::Const => "const",
        };
        let mut nodes = self.generics(&function.generics);
        if function.explicit_self.is_some() {
            nodes.push(Node::leaf("self"));
        }
        nodes.extend(function.params.iter().map(|param| {
            let mut parts = vec![self.name(param.name)];
            parts.extend(some(":", param.ty.as_ref().map(|ty| self.ty(ty))));
            parts.extend(some("=", param.default.as_ref().map(|value| self.expr(value))));
            if param.mutable {
                parts.push(Node::leaf("mut"));
            }
            if param.variadic {
                parts.push(Node::leaf("..."));
            }
            Node::new("param", parts)
        }));
        nodes.extend(some("->", function.ret.as_ref().map(|ty| self.ty(ty))));
        nodes.extend(function.body.iter().map(|body| self.block(body)));
        let node = Node::new(format!("{word} {}", self.sym(function.name.sym)), nodes);
        if function.is_extern { Node::new("extern", vec![node]) } else { node.tall() }
    }

    fn generics(&self, generics: &Generics) -> Vec<Node> {
        let mut nodes: Vec<Node> = generics
            .params
            .iter()
            .map(|param| {
                let mut parts = vec![self.name(param.name)];
                parts.extend(some("const", param.constant.as_ref().map(|ty| self.ty(ty))));
                parts.extend(param.bounds.iter().map(|bound| self.ty(bound)));
                parts.extend(some("=", param.default.as_ref().map(|ty| self.ty(ty))));
                Node::new("generic", parts)
            })
            .collect();
        nodes.extend(generics.wheres.iter().map(|(ty, bounds)| {
            let mut parts = vec![self.ty(ty)];
            parts.extend(bounds.iter().map(|bound| self.ty(bound)));
            Node::new("where", parts)
        }));
        nodes
    }

    fn variant(&self, variant: &Variant) -> Node {
        let mut parts = vec![self.name(variant.name)];
        parts.extend(variant.fields.iter().map(|(name, ty)| match name {
            Some(name) => Node::new(":", vec![self.name(*name), self.ty(ty)]),
            None => self.ty(ty),
        }));
        parts.extend(some("=", variant.discriminant.as_ref().map(|value| self.expr(value))));
        Node::new("variant", parts)
    }

    fn ty(&self, ty: &Type) -> Node {
        let all = |types: &[Type]| types.iter().map(|ty| self.ty(ty)).collect::<Vec<_>>();
        match &ty.kind {
            TypeKind::Path { path, args } => Node::new(self.path(path), all(args)),
            TypeKind::Array(element) => Node::new("array-type", vec![self.ty(element)]),
            TypeKind::FixedArray(element, length) => {
                Node::new("array-type", vec![self.ty(element), self.expr(length)])
            }
            TypeKind::Dict(key, value) => Node::new("dict-type", vec![self.ty(key), self.ty(value)]),
            TypeKind::Set(element) => Node::new("set-type", vec![self.ty(element)]),
            TypeKind::Tuple(types) => {
                if types.is_empty() {
                    Node::leaf("()")
                } else {
                    Node::new("tuple-type", all(types))
                }
            }
            TypeKind::Option(inner) => Node::new("?", vec![self.ty(inner)]),
            TypeKind::Fn(params, result) => {
                let mut nodes = all(params);
                nodes.extend(some("->", result.as_ref().map(|ty| self.ty(ty))));
                Node::new("fn-type", nodes)
            }
            TypeKind::Dyn(inner) => Node::new("dyn", vec![self.ty(inner)]),
            TypeKind::Number(value) => Node::leaf(value.to_string()),
            TypeKind::Not(ty) => Node::new("!", vec![self.ty(ty)]),
            TypeKind::Binding(name, ty) => Node::new("=", vec![self.name(*name), self.ty(ty)]),
            TypeKind::Union(types) => Node::new("union", all(types)),
            TypeKind::NotYet(word) => Node::new("not-yet", vec![Node::leaf(self.sym(*word))]),
            TypeKind::Error => Node::leaf("<error>"),
        }
    }

    fn exprs(&self, exprs: &[Expr]) -> Vec<Node> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    fn number(&self, text: String, suffix: Suffix) -> Node {
        Node::leaf(format!("{text}{}", suffix.map_or(String::new(), |suffix| self.sym(suffix))))
    }

    fn expr(&self, expr: &Expr) -> Node {
        match &expr.kind {
            ExprKind::Int(value, suffix) => self.number(value.to_string(), *suffix),
            ExprKind::Float(value, suffix) => self.number(format!("{value:?}"), *suffix),
            ExprKind::Bool(value) => Node::leaf(value.to_string()),
            ExprKind::Text(text) => Node::leaf(format!("{text:?}")),
            ExprKind::Format(parts) => {
                Node::new("format", parts.iter().map(|part| self.part(part)).collect())
            }
            ExprKind::Nil => Node::leaf("nil"),
            ExprKind::Unit => Node::leaf("()"),
            ExprKind::Name(name) => Node::leaf(self.sym(*name)),
            ExprKind::TypeApply(base, types) => {
                let mut nodes = vec![self.expr(base)];
                nodes.extend(types.iter().map(|ty| self.ty(ty)));
                Node::new("type-apply", nodes)
            }
            ExprKind::Tuple(items) => Node::new("tuple", self.exprs(items)),
            ExprKind::Array(items) if items.is_empty() => Node::leaf("[]"),
            ExprKind::Dict(items) if items.is_empty() => Node::leaf("{}"),
            ExprKind::Array(items) => {
                Node::new("array", items.iter().map(|item| self.element(item)).collect())
            }
            ExprKind::Repeat(value, count) => Node::new("repeat", vec![self.expr(value), self.expr(count)]),
            ExprKind::Dict(items) => {
                Node::new("dict", items.iter().map(|item| self.dict_element(item)).collect())
            }
            ExprKind::Record { ty, fields } => {
                let mut nodes = vec![self.expr(ty)];
                let field =
                    |(name, value): &(Name, Expr)| Node::new(":", vec![self.name(*name), self.expr(value)]);
                nodes.extend(fields.iter().map(field));
                Node::new("record", nodes)
            }
            ExprKind::ArrayComp { value, clause } => {
                Node::new("array-for", vec![self.expr(value), self.clause(clause)])
            }
            ExprKind::DictComp { key, value, clause } => {
                Node::new("dict-for", vec![self.expr(key), self.expr(value), self.clause(clause)])
            }
            ExprKind::Range { start, end, inclusive } => self.range(
                *inclusive,
                start.as_deref().map(|e| self.expr(e)),
                end.as_deref().map(|e| self.expr(e)),
            ),
            ExprKind::Binary(op, left, right) => {
                Node::new(op.symbol().replace(' ', "-"), vec![self.expr(left), self.expr(right)])
            }
            ExprKind::Chain(ops, operands) => {
                let ops: Vec<&str> = ops.iter().map(|op| op.symbol()).collect();
                Node::new(format!("chain {}", ops.join(" ")), self.exprs(operands))
            }
            ExprKind::Compared { op, sides, names: _, tell } => {
                let op = op.symbol().replace(' ', "-");
                let [left, right] = &**sides;
                Node::new(format!("compared {op}"), vec![self.expr(left), self.expr(right), self.expr(tell)])
            }
            ExprKind::And(left, right) => Node::new("and", vec![self.expr(left), self.expr(right)]),
            ExprKind::Or(left, right) => Node::new("or", vec![self.expr(left), self.expr(right)]),
            ExprKind::Coalesce(left, right) => Node::new("??", vec![self.expr(left), self.expr(right)]),
            ExprKind::Generator(body) => Node::new("generator", vec![self.block(body)]),
            ExprKind::Yield(value) => {
                Node::new("yield", value.iter().map(|value| self.expr(value)).collect())
            }
            ExprKind::Combine(op, left, right) => {
                Node::new(op.symbol(), vec![self.expr(left), self.expr(right)])
            }
            ExprKind::Unary(op, operand) => Node::new(op.symbol(), vec![self.expr(operand)]),
            ExprKind::Call { callee, args } => {
                let mut nodes = vec![self.expr(callee)];
                nodes.extend(args.iter().map(|arg| self.arg(arg)));
                Node::new("call", nodes)
            }
            ExprKind::Field(base, name) => Node::new(".", vec![self.expr(base), self.name(*name)]),
            ExprKind::OptChain { base, name, call } => {
                let mut nodes = vec![self.expr(base), self.name(*name)];
                nodes.extend(
                    call.iter().map(|args| Node::new("args", args.iter().map(|arg| self.arg(arg)).collect())),
                );
                Node::new("?.", nodes)
            }
            ExprKind::Index(base, index) => Node::new("index", vec![self.expr(base), self.expr(index)]),
            ExprKind::Slice { base, start, end, step } => {
                let mut nodes = vec![self.expr(base)];
                let bound =
                    |bound: &Option<Box<Expr>>| bound.as_deref().map_or(Node::leaf("_"), |e| self.expr(e));
                nodes.extend([bound(start), bound(end), bound(step)]);
                Node::new("slice", nodes)
            }
            ExprKind::Try(inner) => Node::new("try", vec![self.expr(inner)]),
            ExprKind::Present(inner) => Node::new("present", vec![self.expr(inner)]),
            ExprKind::Cast(inner, ty) => Node::new("as", vec![self.expr(inner), self.ty(ty)]),
            ExprKind::Lambda { params, body } => {
                let mut nodes: Vec<Node> = params
                    .iter()
                    .map(|param| match &param.ty {
                        Some(ty) => Node::new(":", vec![self.pat(&param.pat), self.ty(ty)]),
                        None => self.pat(&param.pat),
                    })
                    .collect();
                nodes.push(self.block(body));
                Node::new("lambda", nodes)
            }
            ExprKind::If { cond, then, otherwise } => {
                let mut nodes = vec![self.cond(cond), self.block(then)];
                nodes.extend(otherwise.iter().map(|block| self.block(block)));
                Node::new("if", nodes)
            }
            ExprKind::Match { value, arms } => {
                let mut nodes = vec![self.expr(value)];
                nodes.extend(arms.iter().map(|arm| {
                    let mut parts = vec![self.pat(&arm.pat)];
                    parts.extend(some("if", arm.guard.as_ref().map(|guard| self.expr(guard))));
                    parts.push(self.block(&arm.body));
                    Node::new("case", parts)
                }));
                Node::new("match", nodes)
            }
            ExprKind::While { label, cond, body } => {
                let nodes = vec![self.cond(cond), self.block(body)];
                self.loop_("while", *label, nodes)
            }
            ExprKind::For { label, index, pat, iter, body } => {
                let mut nodes: Vec<Node> =
                    index.iter().map(|&name| Node::new("index", vec![self.name(name)])).collect();
                nodes.extend([self.pat(pat), self.expr(iter), self.block(body)]);
                self.loop_("for", *label, nodes)
            }
            ExprKind::Loop { label, body } => self.loop_("loop", *label, vec![self.block(body)]),
            ExprKind::Jump(stmt) => self.stmt(stmt),
            ExprKind::Block(block) => self.block(block),
            ExprKind::Unwrap { value, kind, fallback } => {
                let head = match kind {
                    UnwrapKind::Or => "unwrap-or",
                    UnwrapKind::Else => "unwrap-else",
                    UnwrapKind::OrReturn => "unwrap-or-return",
                };
                Node::new(head, vec![self.expr(value), self.expr(fallback)])
            }
            ExprKind::Set(items) => Node::new("set", items.iter().map(|item| self.element(item)).collect()),
            ExprKind::Anonymous(fields) => Node::new(
                "anonymous",
                fields
                    .iter()
                    .map(|(name, value)| Node::new(":", vec![self.name(*name), self.expr(value)]))
                    .collect(),
            ),
            ExprKind::Context { object, body } => {
                Node::new("context", vec![self.expr(object), self.block(body)])
            }
            ExprKind::With { resource, pat, body } => {
                let mut nodes = vec![self.expr(resource)];
                nodes.extend(pat.iter().map(|pat| self.pat(pat)));
                nodes.push(self.block(body));
                Node::new("with", nodes)
            }
            ExprKind::Await(value) => Node::new("await", vec![self.expr(value)]),
            ExprKind::NotYet(word) => Node::new("not-yet", vec![Node::leaf(self.sym(*word))]),
            ExprKind::Error => Node::leaf("<error>"),
        }
    }

    fn loop_(&self, word: &str, label: Option<Name>, nodes: Vec<Node>) -> Node {
        Node::new(label.map_or(word.to_owned(), |label| format!("{word} '{}", self.sym(label.sym))), nodes)
    }

    fn cond(&self, cond: &Cond) -> Node {
        match cond {
            Cond::Expr(expr) => self.expr(expr),
            Cond::Let { mutable, pat, value } => {
                Node::new(if *mutable { "var" } else { "val" }, vec![self.pat(pat), self.expr(value)])
            }
        }
    }

    fn range(&self, inclusive: bool, start: Option<Node>, end: Option<Node>) -> Node {
        let open = || Node::leaf("_");
        Node::new(
            if inclusive { "..=" } else { ".." },
            vec![start.unwrap_or_else(open), end.unwrap_or_else(open)],
        )
    }

    fn part(&self, part: &FormatPart) -> Node {
        match part {
            FormatPart::Text(text) => Node::leaf(format!("{text:?}")),
            FormatPart::Expr { expr, spec: None } => self.expr(expr),
            FormatPart::Expr { expr, spec: Some((spec, _)) } => {
                Node::new("spec", vec![self.expr(expr), Node::leaf(format!("{spec:?}"))])
            }
        }
    }

    fn element(&self, element: &Element) -> Node {
        match element {
            Element::Item(expr) => self.expr(expr),
            Element::Spread(expr) => Node::new("*", vec![self.expr(expr)]),
        }
    }

    fn dict_element(&self, element: &DictElement) -> Node {
        match element {
            DictElement::Pair(key, value) => Node::new(":", vec![self.expr(key), self.expr(value)]),
            DictElement::Spread(expr) => Node::new("**", vec![self.expr(expr)]),
        }
    }

    fn clause(&self, clause: &CompClause) -> Node {
        let mut nodes = vec![self.pat(&clause.pat), self.expr(&clause.iter)];
        nodes.extend(some("if", clause.cond.as_ref().map(|cond| self.expr(cond))));
        Node::new("for", nodes)
    }

    fn arg(&self, arg: &Arg) -> Node {
        let value = self.expr(&arg.value);
        let value = if arg.spread { Node::new("*", vec![value]) } else { value };
        match arg.name {
            Some(name) => Node::new(":", vec![self.name(name), value]),
            None => value,
        }
    }

    fn pats(&self, pats: &[Pat]) -> Vec<Node> {
        pats.iter().map(|pat| self.pat(pat)).collect()
    }

    fn pat(&self, pat: &Pat) -> Node {
        match &pat.kind {
            PatKind::Wild => Node::leaf("_"),
            PatKind::Name { name, mutable: false } => self.name(*name),
            PatKind::Name { name, mutable: true } => Node::new("mut", vec![self.name(*name)]),
            PatKind::Literal(expr) => self.expr(expr),
            PatKind::Nil => Node::leaf("nil"),
            PatKind::Range { start, end, inclusive } => self.range(
                *inclusive,
                start.as_deref().map(|e| self.expr(e)),
                end.as_deref().map(|e| self.expr(e)),
            ),
            PatKind::Or(pats) => Node::new("|", self.pats(pats)),
            PatKind::Tuple(pats) => Node::new("tuple", self.pats(pats)),
            PatKind::Array { items, rest } => {
                let mut nodes = self.pats(items);
                if let Some((at, name)) = rest {
                    let name = name.map_or(String::new(), |name| self.sym(name.sym));
                    nodes.insert((*at).min(nodes.len()), Node::leaf(format!("...{name}")));
                }
                Node::new("array", nodes)
            }
            PatKind::Record { path, fields } => {
                let mut nodes = vec![Node::leaf(self.path(path))];
                nodes.extend(fields.iter().map(|(name, pat)| match pat {
                    Some(pat) => Node::new(":", vec![self.name(*name), self.pat(pat)]),
                    None => self.name(*name),
                }));
                Node::new("record", nodes)
            }
            PatKind::Variant { path, args } => {
                let mut nodes = vec![Node::leaf(self.path(path))];
                nodes.extend(args.iter().flat_map(|args| self.pats(args)));
                Node::new("variant", nodes)
            }
            PatKind::Typed { name, ty } => Node::new(":", vec![self.name(*name), self.ty(ty)]),
            PatKind::Error => Node::leaf("<error>"),
        }
    }
}
