//! The `simple` command.
//!
//! Exit codes: what the program says for `run`; 1 for a program that is wrong, ends with an error, or cannot be read; 2 for a wrong command line.

mod args;
mod build;
mod compile;
mod doc;
mod files;
mod fmt;
mod input;
mod interp;
mod kept;
mod lazy;
mod module;
mod native;
mod new;
mod output;
mod render;
mod repl;
mod test;
mod timings;
mod wasm;
mod watch;

use args::{Arguments, Command};
use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::Run(run) => run_program(&run),
        Command::Test(test) => test::run(&test),
        Command::Doctest(test) => test::run(&args::Test { doctest: true, ..test }),
        Command::Check(check) => compile::check(&check),
        Command::New(new) => new::run(&new),
        Command::Doc(doc) => doc::run(&doc),
        Command::Repl(repl) => repl::run(&repl),
        Command::Lsp(_) => language_server(),
        Command::Fmt(fmt) => fmt::run(&fmt),
        Command::Dump(dump) => compile::dump(&dump),
        Command::Compile(compile) => module::compile(&compile),
        Command::Build(build) => build::build(&build),
        Command::Inspect(inspect) => module::inspect(&inspect),
        Command::Version => compile::version(),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn language_server() -> anyhow::Result<u8> {
    lsp::serve(compile::load()?)?;
    Ok(0)
}

fn run_program(run: &args::Run) -> anyhow::Result<u8> {
    if run.lazy && run.engine != args::EngineName::Native {
        anyhow::bail!(
            "only machine code can be made while the program runs: `--lazy` needs `--engine native`"
        );
    }
    match run.engine {
        args::EngineName::Native if run.watch => watch::run(run),
        args::EngineName::Native => native::run(run),
        args::EngineName::Interp | args::EngineName::Wasm if run.watch => {
            anyhow::bail!("only machine code can be replaced while it runs")
        }
        args::EngineName::Interp => interp::run(run),
        args::EngineName::Wasm => wasm::run(run),
    }
}
