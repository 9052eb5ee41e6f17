//! What the screens draw, made anew after each input; and the steps of lines and calls as events, for those who must
//! miss none.

use super::Phone;
use super::account::Account;
use crate::phone::event::Event;
use crate::phone::output::Output;
use crate::phone::view::{AccountState, AccountView, CallView};

/// What was told of lines and calls so far.
#[derive(Debug, Default)]
pub(super) struct Shown {
    accounts: Vec<AccountView>,
    calls: Vec<CallView>,
}

impl Phone {
    pub(super) fn publish(&mut self) {
        self.show_sign_in();
        let hidden = self.sign_in.as_ref().and_then(super::SignIn::hidden);
        let accounts: Vec<AccountView> = self.accounts.iter().map(Account::view).collect();
        let calls = self.calls.views();
        self.tell_accounts(&accounts);
        self.tell_calls(&calls);
        self.view.accounts = accounts.iter().filter(|account| Some(account.id) != hidden).cloned().collect();
        self.view.calls.clone_from(&calls);
        self.shown = Shown { accounts, calls };
        self.view.history = self.recents.rows();
        self.view.unseen_missed = self.recents.unseen_missed();
        self.publish_guard();
        self.view.vault = self.vault_state();
        self.view.vault_question = self.vault_question();
        self.view.certificate = self.distrusted.as_ref().map(|(_, question)| question.clone());
        let shown = || self.accounts.iter().filter(|account| Some(account.id()) != hidden && !account.demo);
        self.view.trust = shown().map(super::trust::host::view).collect();
        self.view.audio.clone_from(&self.audio);
        self.view.security = self.security_views();
        self.view.unsaved = self.security.unsaved.values().cloned().collect();
        if self.view.settings != self.settings {
            self.view.settings.clone_from(&self.settings);
        }
    }

    fn tell_accounts(&mut self, accounts: &[AccountView]) {
        let gone = self.shown.accounts.iter().filter(|old| !accounts.iter().any(|new| new.id == old.id));
        let gone = gone.filter(|old| old.state != AccountState::Off && old.state != AccountState::Rejected);
        let gone = gone.map(|old| AccountView { state: AccountState::Off, transport: None, tls: None, ..old.clone() });
        let new = accounts.iter().filter(|new| {
            let old = self.shown.accounts.iter().find(|old| old.id == new.id);
            old.is_none_or(|old| (old.state, old.transport, &old.problem) != (new.state, new.transport, &new.problem))
        });
        let events: Vec<AccountView> = gone.chain(new.cloned()).collect();
        self.out.extend(events.into_iter().map(|account| Output::Event(Event::AccountChanged(Box::new(account)))));
    }

    fn tell_calls(&mut self, calls: &[CallView]) {
        let new = calls.iter().filter(|new| {
            let old = self.shown.calls.iter().find(|old| old.id == new.id);
            old.is_none_or(|old| step(old) != step(new))
        });
        self.out.extend(new.map(|call| Output::Event(Event::CallChanged(Box::new(call.clone())))));
    }
}

/// What makes a step: not figures, which change every second.
fn step(call: &CallView) -> impl PartialEq + '_ {
    (&call.state, call.held, call.held_by_peer, call.muted, call.codec, call.encryption)
}
