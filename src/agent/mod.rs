//! The same engine without a window: one JSON object per line on stdin and stdout, logs on stderr.

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the agent until `quit`, the end of input, or SIGTERM.
#[must_use]
pub fn run(_arguments: Vec<OsString>) -> ExitCode {
    ExitCode::FAILURE
}
