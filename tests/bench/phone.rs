//! The figures: `packaging/bench` runs this beside Debian's baresip and linphonec, in one run on one machine.
//! Times on the wire come from a capture, CPU from the scheduler's own accounts.
#![expect(clippy::disallowed_methods, reason = "a bench measures real time")]
#![expect(clippy::expect_used, reason = "a bench may stop at the first surprise")]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(unreachable_pub, reason = "the rig is shared with the live tests")]
#![expect(dead_code, reason = "the rig is shared with the live tests")]

#[path = "phone/capture.rs"]
mod capture;
#[path = "phone/changes.rs"]
mod changes;
#[path = "phone/figures.rs"]
mod figures;
#[path = "phone/linphone.rs"]
mod linphone;
#[path = "phone/notices.rs"]
mod notices;
#[path = "phone/process.rs"]
mod process;
#[path = "phone/provider.rs"]
mod provider;
#[path = "../live/rig/mod.rs"]
mod rig;

/// The program that is measured: the one that was built with this, or a release that `RINGFENCE_PROGRAM` names.
fn program() -> std::ffi::OsString {
    std::env::var_os("RINGFENCE_PROGRAM").unwrap_or_else(|| env!("CARGO_BIN_EXE_ringfence").into())
}

/// The provider's side of it: the one beside that program.
fn provider_program() -> std::ffi::OsString {
    let named = std::env::var_os("RINGFENCE_PROGRAM").map(std::path::PathBuf::from);
    match named {
        Some(program) => program.with_file_name("ringfence-provider").into_os_string(),
        None => env!("CARGO_BIN_EXE_ringfence-provider").into(),
    }
}

/// What agents log: what a customer's would.
const AGENT_LOG: &str = "warn";

fn main() {
    // `cargo bench -- WORD…` runs the figures whose name holds one of the words; cargo itself adds `--bench`.
    let words: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    for (name, figure) in figures::ALL {
        if words.is_empty() || words.iter().any(|w| name.contains(w.as_str())) {
            println!("\n## {name}");
            figure();
        }
    }
}
