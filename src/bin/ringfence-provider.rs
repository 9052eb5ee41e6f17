//! `ringfence-provider`: account security for people who run a SIP server. Everything is in the library.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use ringfence::serve::publish::command as publishing;
use ringfence::serve::security::command::{self, Invocation};

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    if publishing::is_ours(&arguments) {
        log();
        return match publishing::parse(arguments).map_err(|error| error.to_string()).and_then(publishing::execute) {
            Ok((text, true)) => say(&text),
            // A report with something wrong in it is said, and is a failure all the same.
            Ok((text, false)) => {
                say(&text);
                ExitCode::FAILURE
            }
            Err(error) => complain(&error),
        };
    }
    match command::parse(arguments) {
        Ok(Invocation::Help) => say(&format!("{}\n{}", command::HELP, publishing::HELP)),
        Ok(Invocation::Version) => say(concat!("ringfence-provider ", env!("CARGO_PKG_VERSION"), "\n")),
        Ok(Invocation::Run(order, config)) => {
            log();
            match command::run(&order, &config) {
                Ok(text) => say(&text),
                Err(error) => complain(&error),
            }
        }
        Err(error) => complain(&format!("{error}; see `ringfence-provider --help`")),
    }
}

fn complain(what: &str) -> ExitCode {
    // Nowhere left to say that this could not be said.
    drop(writeln!(std::io::stderr(), "ringfence-provider: {what}"));
    ExitCode::FAILURE
}

fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env();
    let filter = filter.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("ringfence=info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
}

fn say(text: &str) -> ExitCode {
    std::io::stdout().write_all(text.as_bytes()).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}
