//! Which challenges may be answered at all. A challenge from whoever called us is the "SIP digest leak": the answer
//! to it is enough to guess a weak password at leisure. So this is asked before any credential is computed.

use super::authenticator::Attempts;
use super::challenge::Door;

/// Who opened the dialog that a request belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Opened {
    /// The request belongs to no dialog (REGISTER, or the INVITE that opens one).
    NoDialog,
    /// We called.
    ByUs,
    /// They called: whoever answers our request may be a stranger.
    ByThem,
}

/// The circumstances of a request of ours.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// Its method.
    pub method: &'a str,
    /// Who opened its dialog.
    pub opened: Opened,
    /// Whether the next hop was the account's own server.
    pub own_server: bool,
}

/// Whether a challenge to a request of ours may be answered; which *realm* may be answered is the next question
/// ([`super::Realms`]).
///
/// * Never when the next hop was not the account's own server.
/// * ACK and CANCEL cannot be challenged (RFC 3261 §22.1).
/// * In a dialog that somebody else opened: BYE never (it ends locally), 401 never; re-INVITE and UPDATE once, on
///   407. A peer can forge that 407 through the proxy: the one exposure left, named in the README.
#[must_use]
pub fn may_answer(case: Case<'_>, asked_by: Door, attempts: &Attempts) -> bool {
    if !case.own_server || matches!(case.method, "ACK" | "CANCEL") {
        return false;
    }
    match case.opened {
        Opened::NoDialog | Opened::ByUs => true,
        Opened::ByThem => asked_by == Door::Proxy && matches!(case.method, "INVITE" | "UPDATE") && !attempts.answered(),
    }
}

/// Whether a request may carry credentials that nobody has asked for yet, from a nonce that we know.
#[must_use]
pub fn may_foresee(case: Case<'_>) -> bool {
    case.own_server && !matches!(case.method, "ACK" | "CANCEL") && case.opened != Opened::ByThem
}

#[cfg(test)]
mod tests {
    use super::*;

    const METHODS: [&str; 14] = [
        "INVITE",
        "ACK",
        "BYE",
        "CANCEL",
        "REGISTER",
        "OPTIONS",
        "PRACK",
        "SUBSCRIBE",
        "NOTIFY",
        "PUBLISH",
        "INFO",
        "REFER",
        "MESSAGE",
        "UPDATE",
    ];

    fn case(method: &str, opened: Opened, own_server: bool) -> Case<'_> {
        Case { method, opened, own_server }
    }

    #[test]
    fn in_a_dialog_of_theirs_only_one_407_to_a_re_invite_or_update_is_answered() {
        for method in METHODS {
            let case = case(method, Opened::ByThem, true);
            for door in Door::ALL {
                let first = may_answer(case, door, &Attempts::default());
                assert_eq!(first, matches!(method, "INVITE" | "UPDATE") && door == Door::Proxy, "{method} {door:?}");
                assert!(!may_answer(case, door, &Attempts::after_one_answer()), "{method} {door:?} again");
            }
            assert!(!may_foresee(case), "{method}");
        }
    }

    #[test]
    fn nothing_is_answered_when_the_next_hop_was_not_our_server() {
        for method in METHODS {
            for opened in [Opened::NoDialog, Opened::ByUs, Opened::ByThem] {
                let case = case(method, opened, false);
                for door in Door::ALL {
                    assert!(!may_answer(case, door, &Attempts::default()), "{method} {opened:?} {door:?}");
                }
                assert!(!may_foresee(case), "{method} {opened:?}");
            }
        }
    }

    #[test]
    fn our_own_requests_are_answered_but_ack_and_cancel_are_not() {
        for method in METHODS {
            for door in Door::ALL {
                let expected = !matches!(method, "ACK" | "CANCEL");
                for opened in [Opened::NoDialog, Opened::ByUs] {
                    let case = case(method, opened, true);
                    assert_eq!(may_answer(case, door, &Attempts::default()), expected, "{method}");
                    assert_eq!(may_answer(case, door, &Attempts::after_one_answer()), expected, "{method}");
                }
            }
        }
    }
}
