//! Hosts the password change: gives it what happens, performs what it wants, and shows where it is.

use super::probe::Outcome;
use crate::base::{AccountId, Now};
use crate::phone::Phone;
use crate::phone::account::Account;
use crate::phone::command::ChangeCommand;
use crate::phone::commands::not_now;
use crate::phone::input::Done;
use crate::phone::problem::Problem;
use crate::phone::view::ChangeView;

impl Phone {
    pub(in crate::phone) fn change_command(
        &mut self,
        _now: Now,
        _id: AccountId,
        _command: ChangeCommand,
    ) -> Result<Done, Problem> {
        Err(not_now(""))
    }

    /// A probe's outcome.
    pub(super) fn probed(&mut self, _now: Now, id: AccountId, outcome: Outcome) {
        tracing::debug!(%id, ?outcome, "probed");
    }

    /// Where the change of this account is.
    pub(super) fn change_view(&self, _account: &Account) -> ChangeView {
        ChangeView::default()
    }

    /// The account goes, and its change with it.
    pub(super) fn forget_change(&mut self, uuid: &str) {
        if self.security.journal.accounts.remove(uuid).is_some() {
            let save = self.security.journal.save();
            self.out.push_back(crate::phone::Output::Save(save));
        }
    }

    /// Whether the provider holds outgoing calls back until the change is made.
    pub(super) fn is_restricted(&self, _account: &Account) -> bool {
        false
    }
}
