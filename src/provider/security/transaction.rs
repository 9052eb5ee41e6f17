//! The record of one password change. It is kept for seven days, so that whoever asks again gets the same answer.

use super::account::Hashes;
use crate::base::WallTime;
use crate::provider_api::TxId;

/// How long a record is kept at least, in milliseconds.
pub const KEPT_MS: i64 = 7 * 24 * 3600 * 1000;

/// Where a change has got to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum State {
    /// Accepted, and done at [`Transaction::due`] unless it is cancelled before.
    Pending,
    /// Done.
    Applied,
    /// Never to be done: fenced off by its owner, perhaps before we had seen it.
    Cancelled,
    /// Never to be done: refused for good, for this reason.
    Rejected(Refusal),
}

/// Why a change was refused for good.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Refusal {
    /// It came after its own `not_after`.
    Late,
    /// The password had been changed by somebody else.
    Generation,
    /// The new password does not meet the rules.
    Rules,
}

impl State {
    /// As it is stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            State::Pending => "pending",
            State::Applied => "applied",
            State::Cancelled => "cancelled",
            State::Rejected(Refusal::Late) => "rejected:late",
            State::Rejected(Refusal::Generation) => "rejected:generation",
            State::Rejected(Refusal::Rules) => "rejected:rules",
        }
    }

    /// Reads what [`State::code`] wrote.
    #[must_use]
    pub fn from_code(code: &str) -> Option<State> {
        [
            State::Pending,
            State::Applied,
            State::Cancelled,
            State::Rejected(Refusal::Late),
            State::Rejected(Refusal::Generation),
            State::Rejected(Refusal::Rules),
        ]
        .into_iter()
        .find(|state| state.code() == code)
    }
}

/// One change of one account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transaction {
    /// Its name, chosen by the phone: the idempotency key.
    pub tx: TxId,
    /// Where it has got to.
    pub state: State,
    /// SHA-256 of the request's body, in hexadecimal; `None` if it was fenced off before it came.
    pub body: Option<String>,
    /// The generation that it made, or found when it was refused.
    pub generation: u64,
    /// What the password hashed to before. Whoever knows it may ask what became of the change.
    pub before: Hashes,
    /// And after. The same.
    pub after: Hashes,
    /// When a pending one is done.
    pub due: Option<WallTime>,
    /// When it was last touched.
    pub at: WallTime,
    /// Others' registrations are to be ended and have not been yet; the contact's instance that is spared.
    pub flush: Option<Flush>,
}

/// The registrations to end.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Flush {
    /// The `+sip.instance` to spare; empty if none is.
    pub keep: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_read_as_it_was_written() {
        for state in [State::Pending, State::Applied, State::Cancelled, State::Rejected(Refusal::Late)] {
            assert_eq!(State::from_code(state.code()), Some(state));
        }
        assert_eq!(State::from_code("rejected"), None);
    }
}
