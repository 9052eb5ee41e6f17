//! HTTPS requests under way: who asked, and where the outcome goes. One place drops what nobody waits for any more.

use std::collections::BTreeMap;

use super::Phone;
use crate::base::{AccountId, Now};
use crate::phone::output::Output;
use crate::phone::update::Wanted;
use crate::port::RequestId;
use crate::port::http::{Outcome, Request};

/// Who asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// The look-out for notices of this account: discovery, roots, notices.
    Notices(AccountId),
    /// Everything else of this account's security: policy, change, sessions, enrolment.
    Security(AccountId),
    /// The release channel: a document, or (true) its signature.
    Release(Wanted, bool),
}

impl Purpose {
    const fn account(self) -> Option<AccountId> {
        match self {
            Purpose::Notices(account) | Purpose::Security(account) => Some(account),
            Purpose::Release(..) => None,
        }
    }
}

/// What was asked.
#[derive(Debug, Default)]
pub(super) struct Https {
    asked: BTreeMap<RequestId, Purpose>,
    last: u64,
}

impl Phone {
    /// Asks. The outcome comes to `on_notices_http` or `on_security_http` with this number.
    pub(super) fn ask_http(&mut self, purpose: Purpose, request: Request) -> RequestId {
        self.https.last += 1;
        let id = RequestId(self.https.last);
        self.https.asked.insert(id, purpose);
        self.out.push_back(Output::Http(id, request));
        id
    }

    /// What was asked for an account that is gone is of no interest any more.
    pub(super) fn forget_http(&mut self, account: AccountId) {
        self.https.asked.retain(|_, purpose| purpose.account() != Some(account));
    }

    pub(super) fn on_http(&mut self, now: Now, id: RequestId, outcome: Outcome) {
        match self.https.asked.remove(&id) {
            Some(Purpose::Notices(account)) => self.on_notices_http(now, account, outcome),
            Some(Purpose::Security(account)) => self.on_security_http(now, account, id, outcome),
            Some(Purpose::Release(wanted, signature)) => self.on_release_http(now, wanted, signature, outcome),
            None => {}
        }
    }
}
