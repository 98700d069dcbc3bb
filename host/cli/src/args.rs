//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// The Simple language: compiles in a sandbox, runs as machine code.
#[derive(Parser)]
#[command(name = "simple", disable_version_flag = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Runs a program.
    Run(Run),
    /// Runs the examples of test files.
    Test(Test),
    /// Runs the examples of documentation: `simple test --doctest`.
    Doctest(Test),
    /// Looks for mistakes without running anything.
    Check(Check),
    /// Lays out sources in the house style.
    Fmt(Fmt),
    /// Makes the folder of a new project.
    New(New),
    /// Writes pages of what modules say about themselves.
    Doc(Doc),
    /// Runs a program that is entered piece by piece.
    Repl(Repl),
    /// Answers an editor: the language server, over standard input and output.
    Lsp(Lsp),
    /// Prints what a stage of the compiler makes of a program.
    Dump(Dump),
    /// Compiles a program or a library to a module file.
    Compile(Compile),
    /// Compiles a program to one WebAssembly component, which any WASI host runs, or whose functions others call.
    Build(Build),
    /// Prints what is in a module file.
    Inspect(Inspect),
    /// Prints the version.
    Version,
}

/// What all commands that compile understand.
#[derive(Args, Clone)]
pub struct Common {
    /// Diagnostics as JSON, one object per line, on the error stream.
    #[arg(long)]
    pub json: bool,
    /// When to use colours.
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    /// Prints phases, work units and bytes to the error stream.
    #[arg(long)]
    pub timings: bool,
    /// Work units that the compiler may use.
    #[arg(long, default_value_t = 400_000_000, value_name = "UNITS")]
    pub budget: u64,
    /// Checks every intermediate form: slower, finds bugs of the compiler.
    #[arg(long)]
    pub verify: bool,
    /// Leaves out optimisations.
    #[arg(long)]
    pub no_optimize: bool,
    /// Whether contracts are checked when the program runs.
    #[arg(long, value_enum, default_value_t = Contracts::Checked)]
    pub contracts: Contracts,
}

/// How many instances of the compiler work at a program.
#[derive(Args, Clone, Copy)]
pub struct Jobs {
    /// Instances of the compiler that make machine code at the same time. One for small programs, else one for each core up to four, if not
    /// given; the code does not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=32))]
    jobs: Option<u8>,
}

impl Jobs {
    /// As the engine takes it.
    pub fn jobs(self) -> engine::Jobs {
        self.jobs.and_then(std::num::NonZero::new).map_or(engine::Jobs::Auto, engine::Jobs::Exactly)
    }

    /// One instance.
    pub const ONE: Jobs = Jobs { jobs: Some(1) };

    /// For work without machine code: one instance does all of it, however many there may be.
    pub fn without_code(self) -> Jobs {
        Jobs::ONE
    }
}

#[derive(Args, Clone)]
pub struct Run {
    #[command(flatten)]
    pub common: Common,
    #[command(flatten)]
    pub jobs: Jobs,
    /// What executes the program.
    #[arg(long, value_enum, default_value_t = EngineName::Native)]
    pub engine: EngineName,
    /// Stops the program after this time, such as 500ms, 10s, 2m.
    #[arg(long, value_parser = duration)]
    pub timeout: Option<Duration>,
    /// Heap that the program may use, such as 64M or 2G; at most 4G.
    #[arg(long, value_parser = bytes, default_value = "1G", value_name = "BYTES")]
    pub max_memory: u64,
    /// Replaces functions while the program runs, as its files change; runs it again when it has ended.
    #[arg(long, conflicts_with_all = ["timeout", "check_leaks"])]
    pub watch: bool,
    /// Compiles even what was compiled before.
    #[arg(long)]
    pub no_cache: bool,
    /// Compiles each instance of a generic function when it is called first.
    #[arg(long, conflicts_with_all = ["eager", "watch"])]
    pub lazy: bool,
    /// Compiles the whole program before it runs: so it is without `--lazy`.
    #[arg(long)]
    pub eager: bool,
    /// Fails if objects are left at the end: finds bugs of the compiler.
    #[arg(long, hide = true)]
    pub check_leaks: bool,
    /// The program; `-` reads it from the standard input.
    pub file: PathBuf,
    /// Arguments for the program.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub args: Vec<String>,
}

#[derive(Args)]
pub struct Test {
    #[command(flatten)]
    pub common: Common,
    /// What executes the programs.
    #[arg(long, value_enum, default_value_t = EngineName::Native)]
    pub engine: EngineName,
    /// How the results are printed.
    #[arg(long, value_enum, default_value_t = ReportName::Doc)]
    pub format: ReportName,
    /// Runs only examples whose groups and name contain this; may be repeated.
    #[arg(long, value_name = "TEXT")]
    pub filter: Vec<String>,
    /// Runs only examples with this tag, their own or that of a group; may be repeated.
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,
    /// Lists the examples without running them.
    #[arg(long)]
    pub list: bool,
    /// Runs the examples of documentation instead: blocks "```sdoctest" in programs and in Markdown.
    #[arg(long)]
    pub doctest: bool,
    /// Stops at the first example that fails.
    #[arg(long)]
    pub fail_fast: bool,
    /// Shows what examples print, not only those that fail.
    #[arg(long)]
    pub show_output: bool,
    /// Shows the time of each example, and how many ran in a second.
    #[arg(long)]
    pub times: bool,
    /// Files that run at the same time; as many as the machine has processors, if not given.
    #[arg(short, long, value_name = "COUNT")]
    pub jobs: Option<std::num::NonZeroUsize>,
    /// Compiles even what was compiled before.
    #[arg(long)]
    pub no_cache: bool,
    /// Stops a run after this time, such as 500ms, 10s, 2m: the example that runs then has failed.
    #[arg(long, value_parser = duration)]
    pub timeout: Option<Duration>,
    /// Heap that a program may use, such as 64M or 2G; at most 4G.
    #[arg(long, value_parser = bytes, default_value = "1G", value_name = "BYTES")]
    pub max_memory: u64,
    /// Test files, and folders whose files `*_spec.spl` and `*_test.spl` are run; the current folder, if none is given.
    pub paths: Vec<PathBuf>,
}

#[derive(Args)]
pub struct Check {
    #[command(flatten)]
    pub common: Common,
    #[command(flatten)]
    pub jobs: Jobs,
    /// The program; `-` reads it from the standard input.
    pub file: PathBuf,
}

#[derive(Args)]
pub struct New {
    /// The folder, whose name is the project's.
    pub path: PathBuf,
}

#[derive(Args)]
pub struct Doc {
    #[command(flatten)]
    pub common: Common,
    /// The folder that the pages are written to.
    #[arg(short, long, default_value = "doc")]
    pub output: PathBuf,
    /// Sources, and folders with sources; the current folder, if none is given. Tests are left out.
    pub paths: Vec<PathBuf>,
}

#[derive(Args)]
pub struct Repl {
    #[command(flatten)]
    pub common: Common,
    /// Heap that the program may use, such as 64M or 2G; at most 4G.
    #[arg(long, value_parser = bytes, default_value = "1G", value_name = "BYTES")]
    pub max_memory: u64,
}

#[derive(Args)]
pub struct Lsp {
    /// Editors say how they talk to the server; this is the only way, and what happens without.
    #[arg(long)]
    pub stdio: bool,
}

#[derive(Args)]
pub struct Fmt {
    #[command(flatten)]
    pub common: Common,
    /// Lists the files that would change, and fails if there are any.
    #[arg(long)]
    pub check: bool,
    /// Sources, and folders whose sources are laid out; the current folder, if none is given; `-` writes the standard input to the output.
    pub paths: Vec<PathBuf>,
}

#[derive(Args)]
pub struct Compile {
    #[command(flatten)]
    pub common: Common,
    #[command(flatten)]
    pub jobs: Jobs,
    /// The module file; beside the source, with the ending `.smf`, if not given.
    #[arg(short, long)]
    pub output: Option<PathBuf>,
    /// Machines that a program is compiled for; may be repeated. A library has code for none.
    #[arg(long, value_enum, default_values_t = [TargetName::Host])]
    pub target: Vec<TargetName>,
    /// How sections are packed.
    #[arg(long, value_enum, default_value_t = CompressionName::None)]
    pub compression: CompressionName,
    /// Leaves out the sources: messages then name lines without showing them.
    #[arg(long)]
    pub strip_source: bool,
    /// Begins the file with a `#!` line, so that it can be started by its name.
    #[arg(long)]
    pub shebang: bool,
    /// The program or library.
    pub file: PathBuf,
}

#[derive(Args)]
pub struct Build {
    #[command(flatten)]
    pub common: Common,
    #[command(flatten)]
    pub jobs: Jobs,
    /// The component; beside the source, with the ending `.wasm`, if not given.
    #[arg(short, long)]
    pub output: Option<PathBuf>,
    /// Makes a library: the program's public functions are exports of the component.
    #[arg(long, conflicts_with = "exit_codes")]
    pub lib: bool,
    /// Prints the world of the library in WIT, and writes no component.
    #[arg(long, requires = "lib", conflicts_with = "output")]
    pub wit: bool,
    /// Heap that the program may use, such as 64M or 2G; at most 4G.
    #[arg(long, value_parser = bytes, default_value = "1G", value_name = "BYTES")]
    pub max_memory: u64,
    /// Calls that may be active until there is a stack overflow. Hosts have a limit of their own, where they end the program in their own words.
    #[arg(long, default_value_t = bundle::MAX_CALLS, value_name = "COUNT")]
    pub max_calls: u16,
    /// Keeps exit codes as they are. WASI has this as a part that is not stable: of Wasmtime it takes `-S cli-exit-with-code`. Without it, all codes but 0 are 1.
    #[arg(long)]
    pub exit_codes: bool,
    /// The program.
    pub file: PathBuf,
}

#[derive(Args)]
pub struct Inspect {
    /// The module file.
    pub file: PathBuf,
}

#[derive(Args)]
pub struct Dump {
    #[command(flatten)]
    pub common: Common,
    /// Which stage.
    #[arg(long, value_enum)]
    pub stage: StageName,
    /// For which machine: matters for clif and asm.
    #[arg(long, value_enum, default_value_t = TargetName::Host)]
    pub target: TargetName,
    /// The program; `-` reads it from the standard input.
    pub file: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub enum Contracts {
    /// One that does not hold ends the program.
    #[value(name = "on")]
    Checked,
    /// They cost nothing.
    #[value(name = "off")]
    Unchecked,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EngineName {
    /// Machine code.
    Native,
    /// The interpreter inside the component.
    Interp,
    /// WebAssembly in a sandbox.
    Wasm,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportName {
    /// Groups and examples, indented.
    Doc,
    /// XML as JUnit writes it.
    Junit,
    /// One JSON value.
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StageName {
    /// Tokens.
    Tokens,
    /// The syntax tree.
    Ast,
    /// The typed tree.
    Hir,
    /// Generic MIR.
    Mir,
    /// Legal MIR: the instances, as engines execute them.
    Lir,
    /// Cranelift's form.
    Clif,
    /// Machine code.
    Asm,
    /// WebAssembly.
    Wat,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TargetName {
    /// This machine.
    Host,
    /// x86-64.
    X86_64,
    /// AArch64.
    Aarch64,
    /// WebAssembly.
    Wasm32,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CompressionName {
    /// As they are.
    None,
    /// Zstandard.
    Zstd,
    /// LZ4.
    Lz4,
}

fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: f64 = digits.parse().map_err(|_| format!("`{text}` is not a time such as 500ms, 10s, 2m"))?;
    let seconds = match &text[digits.len()..] {
        "ms" => number / 1e3,
        "s" | "" => number,
        "m" => number * 60.0,
        "h" => number * 3600.0,
        unit => return Err(format!("`{unit}` is not a unit of time: ms, s, m, h")),
    };
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

fn bytes(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().map_err(|_| format!("`{text}` is not a size such as 64M or 2G"))?;
    let unit: u64 = match text[digits.len()..].to_ascii_uppercase().as_str() {
        "" | "B" => 1,
        "K" | "KB" | "KIB" => 1 << 10,
        "M" | "MB" | "MIB" => 1 << 20,
        "G" | "GB" | "GIB" => 1 << 30,
        unit => return Err(format!("`{unit}` is not a unit of size: K, M, G")),
    };
    let bytes = number.checked_mul(unit).filter(|&bytes| bytes <= 4 << 30);
    bytes.ok_or_else(|| "a program's heap has at most 4G".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1.5"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert!(duration("soon").is_err() && duration("5x").is_err() && duration("-1s").is_err());
        assert_eq!(bytes("64M"), Ok(64 << 20));
        assert_eq!(bytes("4g"), Ok(4 << 30));
        assert!(bytes("5G").is_err() && bytes("M").is_err() && bytes("1T").is_err());
    }

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory as _;
        Arguments::command().debug_assert();
    }
}
