//! A place at the front of the queue for the media thread.

use std::num::NonZeroU64;

/// Lowest of the real-time priorities that sound servers use, above which they themselves and their drivers are.
const PRIORITY: i32 = 5;

/// Asks for timers to the microsecond and for real-time scheduling of this thread, or at least a better nice value.
/// All are wishes: a person's limits may forbid them, and sound works without.
pub(crate) fn be_punctual() {
    rustix::thread::set_current_timer_slack(NonZeroU64::new(1_000)).ok();
    if !real_time() {
        rustix::process::setpriority_process(Some(rustix::thread::gettid()), -11).ok();
    }
}

/// Round robin: two media threads share a processor that they do not have to themselves. Threads that this one
/// starts (of the sound system) begin without it.
#[expect(unsafe_code, reason = "no crate among ours wraps sched_setscheduler")]
fn real_time() -> bool {
    let parameters = libc::sched_param { sched_priority: PRIORITY };
    // SAFETY: the pointer is to a live value of the type that the call reads; 0 is the calling thread.
    unsafe { libc::sched_setscheduler(0, libc::SCHED_RR | libc::SCHED_RESET_ON_FORK, &raw const parameters) == 0 }
}
