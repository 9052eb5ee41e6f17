//! The tables of telephone numbers are loaded as soon as a line works, on a thread of their own that gives way to every
//! other: the first call to a number does not wait for them, nor does the registration. Once, then the thread is gone.
//! A number that is dialled before it is done is classified all the same: the engine's thread waits for the rest.

use std::thread::Builder;

use crate::io::memory;
use crate::phone::guard::numbers;
use crate::phone::view::{AccountState, PhoneView};

/// Whether they are being loaded, or were.
#[derive(Debug, Default)]
pub(super) struct Tables {
    begun: bool,
}

impl Tables {
    /// Looks whether it is time. The demo's people have names and need no tables.
    pub(super) fn look(&mut self, view: &PhoneView) {
        if self.begun || !is_time(view) {
            return;
        }
        self.begun = true;
        let home = view.guard_state.home.map(|home| home.region);
        let thread = Builder::new().name("tables".to_owned()).spawn(move || {
            give_way();
            numbers::warm(home);
            // Reading them took as much again as they need.
            memory::give_back();
        });
        if let Err(error) = thread {
            tracing::warn!(%error, "the first call to a number will wait for its tables");
        }
    }
}

fn is_time(view: &PhoneView) -> bool {
    view.accounts.iter().any(|account| !account.demo && account.state == AccountState::Registered)
}

/// The kernel gives this thread what the others leave. Elsewhere than on Linux it is one thread among others.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), 19) {
        tracing::debug!(%error, "the tables are loaded at the usual priority");
    }
}

#[cfg(test)]
mod tests {
    use super::is_time;
    use crate::base::AccountId;
    use crate::phone::view::{AccountState, AccountView, PasswordPlace, PhoneView};

    fn with(state: AccountState, demo: bool) -> PhoneView {
        let line = AccountView {
            id: AccountId(1),
            name: String::new(),
            address: "alice@voip.example".to_owned(),
            provider: "voip.example".to_owned(),
            state,
            transport: None,
            tls: None,
            problem: None,
            demo,
            password: PasswordPlace::Session,
        };
        PhoneView { accounts: vec![line], ..PhoneView::default() }
    }

    #[test]
    fn they_are_loaded_when_a_real_line_works_and_not_before() {
        assert!(!is_time(&PhoneView::default()));
        assert!(!is_time(&with(AccountState::Registering, false)));
        assert!(!is_time(&with(AccountState::Registered, true)), "the demo needs none");
        assert!(is_time(&with(AccountState::Registered, false)));
    }
}
