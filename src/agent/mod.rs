//! The same engine without a window: one JSON object per line on stdin and stdout, logs on stderr.
//!
//! `line` reads what is asked, `session` carries it out, `json` says what became of it. One thread waits for
//! everything: lines come from a second thread, which only reads; the engine wakes it for views and events.

pub mod fuzz;
mod guard;
mod json;
pub mod line;
pub mod notices;
pub mod options;
pub mod security;
mod session;
mod stdin;
pub mod trust;
mod wiped;

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use options::Invocation;
use session::Session;

use crate::engine::{self, Options};

/// What wakes the agent.
enum Wake {
    /// A line of input.
    Line(Vec<u8>),
    /// A line that was longer than is read.
    TooLong,
    /// The end of input.
    End,
    /// The engine has something.
    Engine,
}

/// How long the engine may take to end everything after the end of input: it bounds itself to 2 s.
const STOP: Duration = Duration::from_secs(4);

/// Runs the agent until `quit`, the end of input, or SIGTERM. `arguments` are those after `agent`.
#[must_use]
pub fn run(arguments: Vec<OsString>) -> ExitCode {
    match options::parse(arguments) {
        Ok(Invocation::Run(options)) => run_with(*options),
        Ok(Invocation::Help) => match std::io::stdout().write_all(include_bytes!("help.txt")) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
        Err(error) => complain(&format!("{error}; see `ringfence agent --help`"), 2),
    }
}

fn run_with(options: Options) -> ExitCode {
    let (wakes, waiting) = sync_channel(64);
    let engine_wakes = wakes.clone();
    // A full channel is no loss: whoever empties it looks at the engine after every line.
    let wake = Arc::new(move || drop(engine_wakes.try_send(Wake::Engine)));
    let handle = match engine::start(options, wake) {
        Ok(handle) => handle,
        Err(error) => return complain(&error.to_string(), 1),
    };
    if let Err(error) = read_lines(wakes) {
        return complain(&format!("no thread for the input: {error}"), 1);
    }
    let mut session = Session::new(handle);
    serve(&mut session, &waiting);
    if session.join(STOP) { ExitCode::SUCCESS } else { complain("the phone did not end in time", 1) }
}

fn read_lines(wakes: SyncSender<Wake>) -> std::io::Result<()> {
    let reader = std::thread::Builder::new().name("stdin".into());
    let mut input = wiped::stdin()?;
    reader.spawn(move || stdin::read(&mut input, &wakes)).map(drop)
}

/// Until the engine has stopped, or stdout is gone and the engine was told so.
fn serve(session: &mut Session, waiting: &Receiver<Wake>) {
    let mut out = std::io::stdout().lock();
    loop {
        let wake =
            if session.is_ending() { waiting.recv_timeout(STOP).map_err(drop) } else { waiting.recv().map_err(drop) };
        match wake {
            Ok(Wake::Line(line)) => session.line(line),
            Ok(Wake::TooLong) => session.too_long(),
            Ok(Wake::End) => session.end(),
            Ok(Wake::Engine) => {}
            Err(()) => return,
        }
        session.look();
        let written = session.take_lines().try_for_each(|line| writeln!(out, "{line}")).and_then(|()| out.flush());
        if written.is_err() {
            session.end();
        }
        if session.has_stopped() {
            return;
        }
    }
}

fn complain(what: &str, code: u8) -> ExitCode {
    // Nowhere left to say that this could not be said.
    drop(writeln!(std::io::stderr(), "ringfence agent: {what}"));
    ExitCode::from(code)
}
