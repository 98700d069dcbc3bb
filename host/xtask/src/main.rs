//! Builds, runs, tests and measures the project: `cargo xtask --help`.

mod aarch64;
mod bench;
mod component;
mod host;
mod prepare;
mod progress;
mod runtime;
mod suite;
mod toolchain;
mod wasi;
mod web;

use anyhow::Result;
use clap::{Parser, Subcommand, ValueEnum};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Parser)]
#[command(about = "Builds, runs, tests and measures Simple. Every command does all the set-up it needs.")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Builds the component and target/release/simple.
    Build,
    /// Builds, then runs a program: `cargo xtask run guest-tests/examples/tour.spl`.
    Run {
        /// What `simple run` takes: options, the file, the program's arguments.
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Builds, then runs every check and test.
    Test {
        /// Only tests whose name contains this; leaves out format and lints.
        filter: Option<String>,
    },
    /// Installs what the tests take besides Rust, on Debian as root: a browser, Valgrind, an emulator of AArch64, PyPI's Wasmtime. What is missing, the tests leave out.
    Prepare,
    /// Builds, then measures; prints tables with ratios.
    Bench {
        /// Which tables; all by default.
        tables: Vec<bench::Table>,
    },
    /// Runs the suite's programs as code for AArch64, under emulation on another machine. Installs what it needs on Debian, as root.
    Aarch64,
    /// Runs the suite's programs as components in a Wasmtime that is not ours: PyPI's, which is put into the target folder. Takes Python.
    Wasi,
    /// Lets all engines run random programs until they disagree or the programs are through; prints where that is, made as simple as possible.
    Fuzz {
        /// The first seed; another one each time, if not given.
        #[arg(long)]
        seed: Option<u64>,
        /// How many programs.
        #[arg(long, default_value_t = u64::from(u32::MAX))]
        count: u64,
    },
    /// Builds the playground and serves it on localhost.
    Playground {
        /// The port; 0 for any that is free.
        #[arg(long, default_value_t = 8380)]
        port: u16,
    },
    /// Builds the JavaScript package and the playground, and tests them in Node and in a browser. Installs what it needs on Debian, as root.
    WebTest,
    /// Builds the component alone and prints its sizes.
    Component {
        /// How it is optimised.
        #[arg(long, value_enum, default_value_t = Profile::Component)]
        profile: Profile,
    },
}

/// How the component is optimised.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// As it ships.
    Component,
    /// For a quick turn while developing.
    ComponentDev,
}

impl Profile {
    /// The name of the Cargo profile.
    pub fn name(self) -> &'static str {
        match self {
            Profile::Component => "component",
            Profile::ComponentDev => "component-dev",
        }
    }
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    let profile = match std::env::var("SIMPLE_COMPONENT_PROFILE").as_deref() {
        Ok("component-dev") => Profile::ComponentDev,
        _ => Profile::Component,
    };
    // What the host carries inside.
    let build = || -> Result<PathBuf> {
        runtime::build()?;
        component::build(profile)
    };
    match command {
        Command::Build => {
            let simple = host::build(&build()?)?;
            println!("{}", simple.display());
        }
        Command::Run { args } => {
            let simple = host::build(&build()?)?;
            return host::run(&simple, &args);
        }
        Command::Test { filter } => {
            let component = build()?;
            host::build_with_tests(&component)?;
            return suite::run(&component, profile, filter.as_deref());
        }
        Command::Prepare => prepare::run(),
        Command::Bench { tables } => {
            let component = build()?;
            let simple = host::build(&component)?;
            bench::run(&component, &simple, &tables)?;
        }
        Command::Aarch64 => return aarch64::run(),
        Command::Wasi => {
            let component = build()?;
            return wasi::run(&component);
        }
        Command::Fuzz { seed, count } => return suite::fuzz(&build()?, seed, count),
        Command::Playground { port } => return web::serve(&build()?, port),
        Command::WebTest => {
            let component = build()?;
            let simple = host::build(&component)?;
            let passed = web::test(&component, &simple)?;
            return Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Command::Component { profile } => {
            let path = component::build(profile)?;
            println!("{}\n{}", path.display(), component::sizes(&path)?);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The top of the checkout.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("this crate lies two folders below the top")
}

/// The folder of everything that is built.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}
