//! A line without registration (`register: false`) that has a password: its server may still want to know who calls.
//!
//! Challenges are answered only for a realm that is pinned, and what pins it elsewhere is the registrar's challenge at
//! sign-in. So such a line sends one REGISTER that binds nothing (RFC 3261 §10.2.3), as sign-in does to find out
//! whether anybody is there, and pins the realms of its challenges. They are not answered: only the realms are wanted.
//! Were the first challenge to a call taken instead, whoever is called could forge it.

use super::{Phone, probe};
use crate::base::{AccountId, Now};
use crate::sip::digest::realms_of;
use crate::sip::endpoint::{ClientKey, Happening};

impl Phone {
    /// The flow of a line without registration is open: asks for the realm, if there is a use for it and it is not
    /// known yet.
    pub(super) fn ask_realm(&mut self, now: Now, id: AccountId) {
        let Some(account) = self.accounts.iter_mut().find(|account| account.id() == id) else { return };
        let has_password = account.auth.is_some() && !account.unkept.as_ref().is_some_and(is_empty);
        if !has_password || !account.record.realms.is_empty() {
            return;
        }
        let Some(flow) = account.flow().cloned() else { return };
        let question = probe::fetch(&account.record.draft, &account.address, &mut self.entropy);
        account.realm_question = Some(self.endpoint.request(now, &flow, question));
    }

    /// Whether this was about such a question.
    pub(super) fn realm_happening(&mut self, client: ClientKey, happening: &Happening) -> bool {
        let asked = |account: &&mut super::account::Account| account.realm_question == Some(client);
        let Some(account) = self.accounts.iter_mut().find(asked) else { return false };
        let realms = match happening {
            Happening::Response { message, .. } if message.status().is_some_and(|status| status < 200) => return true,
            Happening::Response { message, .. } => realms_of(message),
            // Nobody answers REGISTER there: a line between two telephones needs no password.
            Happening::Failed { .. }
            | Happening::Request { .. }
            | Happening::Ack { .. }
            | Happening::Cancelled { .. }
            | Happening::ServerFailed { .. } => Vec::new(),
        };
        account.realm_question = None;
        if !realms.is_empty() {
            account.record.realms = realms;
            self.save_accounts();
        }
        true
    }
}

fn is_empty(password: &crate::base::Secret<String>) -> bool {
    password.expose("whether there is a password at all").is_empty()
}
