//! The token table: every kind of token with its printed form, and the words among them.

use base::Symbol;

macro_rules! tokens {
    (
        special { $($sp:ident $sp_text:literal)* }
        marks { $($mark:ident $mark_text:literal)* }
        hard { $($hard:ident $hard_text:literal)* }
        soft { $($soft:ident $soft_text:literal)* }
    ) => {
        /// A kind of token.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
        #[repr(u8)]
        #[allow(missing_docs)]
        pub enum T { $($sp,)* $($mark,)* $($hard,)* $($soft,)* }

        impl T {
            /// What the token is called in messages: its spelling, or words for a whole family.
            pub fn text(self) -> &'static str {
                match self {
                    $(T::$sp => $sp_text,)* $(T::$mark => $mark_text,)*
                    $(T::$hard => $hard_text,)* $(T::$soft => $soft_text,)*
                }
            }

            /// True for a word that is never a name at the head of a statement or as an operand.
            pub fn is_hard(self) -> bool {
                matches!(self, $(T::$hard)|*)
            }

            /// True for a word that means something in one context and is a name in all others.
            pub fn is_soft(self) -> bool {
                matches!(self, $(T::$soft)|*)
            }
        }

        /// Every reserved word with its kind.
        pub const WORDS: &[(&str, T)] = &[$(($hard_text, T::$hard),)* $(($soft_text, T::$soft),)*];
    };
}

tokens! {
    special {
        Eof "end of file"
        Newline "end of line"
        Stray "character"
        Name "name"
        Int "number"
        Float "number"
        UnitNumber "number with unit"
        Text "text"
        TaggedText "tagged text"
        FormatStart "text"
        FormatText "text"
        FormatOpen "{"
        FormatSpec "format spec"
        FormatClose "}"
        FormatEnd "end of text"
        Label "label"
        Atom "atom"
        CustomBlock "custom block"
    }
    marks {
        LParen "("
        RParen ")"
        LBracket "["
        RBracket "]"
        LBrace "{"
        RBrace "}"
        HashBracket "#["
        Comma ","
        Semicolon ";"
        Colon ":"
        ColonColon "::"
        ColonEq ":="
        Dot "."
        DotDot ".."
        DotDotEq "..="
        DotDotDot "..."
        DotQuestion ".?"
        Question "?"
        QuestionDot "?."
        QuestionQuestion "??"
        Arrow "->"
        FatArrow "=>"
        Backslash "\\"
        At "@"
        Bang "!"
        Tilde "~"
        TildeEq "~="
        TildeArrow "~>"
        Dollar "$"
        PipeArrow "|>"
        Eq "="
        EqEq "=="
        BangEq "!="
        Lt "<"
        LtEq "<="
        Gt ">"
        GtEq ">="
        Shl "<<"
        Shr ">>"
        Plus "+"
        Minus "-"
        Star "*"
        StarStar "**"
        Slash "/"
        SlashSlash "//"
        Percent "%"
        Amp "&"
        AmpAmp "&&"
        Pipe "|"
        PipePipe "||"
        Caret "^"
        PlusEq "+="
        MinusEq "-="
        StarEq "*="
        SlashEq "/="
        PercentEq "%="
        StarStarEq "**="
        AmpEq "&="
        PipeEq "|="
        CaretEq "^="
        ShlEq "<<="
        ShrEq ">>="
    }
    hard {
        Fn "fn"
        Val "val"
        Var "var"
        If "if"
        Elif "elif"
        Else "else"
        For "for"
        While "while"
        Match "match"
        Case "case"
        Break "break"
        Continue "continue"
        Return "return"
        Struct "struct"
        Class "class"
        Enum "enum"
        Trait "trait"
        Impl "impl"
        And "and"
        Or "or"
        Not "not"
        In "in"
        Is "is"
        As "as"
        True "true"
        False "false"
        Nil "nil"
    }
    soft {
        Loop "loop"
        Pass "pass"
        PassTodo "pass_todo"
        PassDoNothing "pass_do_nothing"
        PassDn "pass_dn"
        Me "me"
        Let "let"
        Mut "mut"
        Const "const"
        Static "static"
        Pub "pub"
        Priv "priv"
        Extern "extern"
        Async "async"
        Sync "sync"
        Gen "gen"
        Kernel "kernel"
        Type "type"
        Alias "alias"
        Union "union"
        Mixin "mixin"
        Actor "actor"
        Unit "unit"
        Bitfield "bitfield"
        Newtype "newtype"
        Macro "macro"
        Literal "literal"
        Mod "mod"
        Use "use"
        Import "import"
        From "from"
        Export "export"
        Common "common"
        Auto "auto"
        Lazy "lazy"
        Where "where"
        Dyn "dyn"
        Iso "iso"
        Extends "extends"
        With "with"
        Then "then"
        Xor "xor"
        Unwrap "unwrap"
        OrReturn "or_return"
        Assert "assert"
        Assume "assume"
        Admit "admit"
        Skip "skip"
        Defer "defer"
        Errdefer "errdefer"
        Context "context"
        Unsafe "unsafe"
        Asm "asm"
        Spawn "spawn"
        Go "go"
        New "new"
        Await "await"
        Yield "yield"
        Move "move"
        Comptime "comptime"
        Bind "bind"
        On "on"
        Forbid "forbid"
        Allow "allow"
        Mock "mock"
        HandlePool "handle_pool"
        Requires "requires"
        Ensures "ensures"
        Invariant "invariant"
        Decreases "decreases"
        Out "out"
        OutErr "out_err"
        Forall "forall"
        Exists "exists"
        Describe "describe"
        It "it"
        SlowIt "slow_it"
        SkipIt "skip_it"
        Pending "pending"
        Expect "expect"
        BeforeEach "before_each"
        AfterEach "after_each"
        BeforeAll "before_all"
        AfterAll "after_all"
        GivenLazy "given_lazy"
        ItBehavesLike "it_behaves_like"
        SharedExamples "shared_examples"
        Feature "feature"
        Scenario "scenario"
    }
}

impl T {
    /// True where a name may be expected: a name or a soft keyword.
    pub fn is_name(self) -> bool {
        self == T::Name || self.is_soft()
    }

    /// True for anything spelled as a word; after `.` and as a label every word is a name.
    pub fn is_word(self) -> bool {
        self.is_name() || self.is_hard()
    }

    /// True for a token that opens a bracket.
    pub fn opens(self) -> bool {
        matches!(self, T::LParen | T::LBracket | T::LBrace | T::HashBracket | T::FormatOpen)
    }

    /// True for a token that closes a bracket.
    pub fn closes(self) -> bool {
        matches!(self, T::RParen | T::RBracket | T::RBrace | T::FormatClose)
    }
}

/// One token. Texts and numbers are decoded from the source by the parser; words carry their symbol.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    /// Its kind.
    pub kind: T,
    /// First on its line: the parser decides whether that ends anything.
    pub first: bool,
    /// White space or a line end before it.
    pub spaced: bool,
    /// Column of the line it stands on, for tokens that are first: spaces count 1, tabs 4.
    pub column: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// The interned word, for words.
    pub word: Option<Symbol>,
}
