//! The composition root: arguments, log, engine, window.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use ringfence::agent;

const HELP: &str = "\
Ringfence: a telephone for this computer.

Usage: ringfence                 open the window
       ringfence demo            open it, signed in to a provider inside this program
       ringfence agent [OPTION]  the same without a window: `ringfence agent --help`
       ringfence --version
       ringfence --help

Logs go to stderr; RUST_LOG=ringfence=debug shows more.
";

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let first = arguments.next();
    let rest: Vec<OsString> = arguments.collect();
    match first.as_deref().and_then(std::ffi::OsStr::to_str) {
        Some("--help" | "-h") => say(HELP),
        Some("--version" | "-V") => say(concat!("ringfence ", env!("CARGO_PKG_VERSION"), "\n")),
        Some("agent") => {
            log();
            agent::run(rest)
        }
        Some(_) | None => ExitCode::FAILURE,
    }
}

fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env();
    let filter = filter.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
}

fn say(text: &str) -> ExitCode {
    std::io::stdout().write_all(text.as_bytes()).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}
