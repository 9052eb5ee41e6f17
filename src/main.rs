//! The composition root: arguments, log, engine, window.

// On Windows, no console window beside the phone's. What is redirected (the agent's pipes) works all the same.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use ringfence::agent::options::Invocation;
use ringfence::phone::link::looks_like_link;
use ringfence::phone::update::Channel;
use ringfence::{agent, engine, io, ui};

const HELP: &str = "\
Ringfence: a telephone for this computer.

Usage: ringfence [OPTION]        open the window
       ringfence demo [OPTION]   open it at the line of a provider inside this program
       ringfence agent [OPTION]  the same without a window
       ringfence [OPTION] LINK  put a tel:, sip:, sips: or callto: link into its field; never dials
       ringfence --version
       ringfence --help

Options are the same for all three, such as --profile DIR: see `ringfence agent --help`.

Logs go to stderr; RUST_LOG=ringfence=debug shows more.
";

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    io::harden::begin();
    io::console::join();
    let rest = || arguments.get(1..).unwrap_or_default().to_vec();
    match arguments.first().map(|first| first.to_string_lossy()).as_deref() {
        Some("--help" | "-h") => say(HELP),
        Some("--version" | "-V") => say(concat!("ringfence ", env!("CARGO_PKG_VERSION"), "\n")),
        Some("agent") => {
            log();
            io::harden::close();
            agent::run(rest())
        }
        Some("demo") => window(rest(), |options| engine::Options { to_the_demo: true, ..options }),
        // What a web page made: it comes alone or last, and is never taken for an option.
        Some(_) if arguments.last().is_some_and(|last| looks_like_link(&last.to_string_lossy())) => {
            let (options, link) = arguments.split_at(arguments.len() - 1);
            let link = link.first().map(|link| link.to_string_lossy().into_owned());
            window(options.to_vec(), |options| engine::Options { link, ..options })
        }
        Some(other) if !other.starts_with('-') => complain("no such command; see `ringfence --help`"),
        Some(_) | None => window(arguments, |options| options),
    }
}

/// Opens the window on an engine of its own, at what `at` adds to the options. If there is one already, that one's
/// window comes to the front, and goes there.
fn window(arguments: Vec<OsString>, at: impl FnOnce(engine::Options) -> engine::Options) -> ExitCode {
    let options = match agent::options::parse(arguments) {
        // Only the window looks for releases: a script's phone is updated by whoever runs the script.
        Ok(Invocation::Run(options)) => at(engine::Options { updates: Channel::of_build(), ..*options }),
        Ok(Invocation::Help) => return say(HELP),
        Err(error) => return complain(&format!("{error}; see `ringfence --help`")),
    };
    log();
    let waker = ui::Waker::default();
    let handle = match engine::start(options, waker.callback()) {
        Ok(handle) => handle,
        Err(engine::StartError::Raised) => return ExitCode::SUCCESS,
        Err(error) => return complain(&error.to_string()),
    };
    let clock = io::clock::Clock::start();
    let clock = ui::Clock::system(move || clock.now().wall);
    let system_theme = ui::SystemTheme::new(io::appearance::follow);
    let desktop = ui::Desktop {
        notify: Box::new(io::notification::show),
        starts_at_login: Box::new(io::autostart::is_on),
        set_start_at_login: Box::new(io::autostart::switch),
        free_shader_compiler: io::graphics::free_shader_compiler,
        give_back_memory: io::memory::give_back,
    };
    match ui::run(handle, waker, ui::Options { clock, system_theme, desktop, start: ui::state::UiState::default() }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(&error.to_string()),
    }
}

fn complain(what: &str) -> ExitCode {
    // Nowhere left to say that this could not be said.
    drop(writeln!(std::io::stderr(), "ringfence: {what}"));
    ExitCode::FAILURE
}

fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env();
    let filter = filter.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
}

fn say(text: &str) -> ExitCode {
    std::io::stdout().write_all(text.as_bytes()).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}
