//! The steps of which a way is made, by name: what a trace is printed in.

use ringfence::phone::password_change::input::Level;

/// What happens. The number is the device's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Action {
    Begin(u8),
    Choose(u8),
    Cancel(u8),
    GivesUpChoosing(u8),
    TryAgain(u8),
    Finish(u8),
    EnterCurrent(u8),
    EnterWrong(u8),
    /// The person proves a copy of the new password.
    ProvesCopy(u8),
    /// The person types the password in force from a copy.
    EntersCopy(u8),
    /// A notice demands so much, or none demands anything any more.
    Demanded(u8, Option<Level>),
    Snoozes(u8),
    SaysChanged(u8),
    ChangesAtPortal(u8),
    VaultDone(u8),
    VaultFails(u8),
    VaultFailsButDidIt(u8),
    VaultDestroys(u8),
    VaultHangs(u8),
    VaultWakesDone(u8),
    VaultWakesFailed(u8),
    DiskDone(u8),
    DiskFails(u8),
    DiskFailsButDidIt(u8),
    Answered(u8),
    RefusedByPolicy(u8),
    AcceptedForLater(u8),
    AnsweredAndRepeated(u8),
    AnswerLost(u8),
    Delayed(u8),
    NotSent(u8),
    ProviderBusy(u8),
    ApiRefuses(u8),
    AppliedWithLag(u8),
    ProbeAnswered(u8),
    ProbeLost(u8),
    ProbeUnsent(u8),
    ProbeBlocked(u8),
    ProbeStale(u8),
    LineRefused(u8),
    TimerFires(u8),
    Fortnight(u8),
    DateHeard(u8),
    ClockJumps(u8),
    CrashBefore(u8),
    CrashAfter(u8),
    LateArrives(u8),
    LateDropped(u8),
    PendingApplied,
    RegistrarCatchesUp,
    RegistrarFallsBack,
    ForeignChange,
    NotAfterPasses,
}

impl Action {
    /// Whether it happens by itself if nothing goes wrong: the person who remembers nothing included.
    pub(super) const fn is_fair(self) -> bool {
        use Action::*;
        matches!(
            self,
            Choose(_)
                | GivesUpChoosing(_)
                | TryAgain(_)
                | Finish(_)
                | VaultDone(_)
                | VaultWakesDone(_)
                | DiskDone(_)
                | Answered(_)
                | ProbeAnswered(_)
                | LineRefused(_)
                | TimerFires(_)
                | LateArrives(_)
                | LateDropped(_)
                | PendingApplied
                | RegistrarCatchesUp
                | SaysChanged(_)
                | ProvesCopy(_)
                | EntersCopy(_)
        )
    }
}
