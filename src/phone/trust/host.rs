//! The phone's side: what was proven is remembered, what is weaker is refused or said, and what the person allows.

use super::{Alarm, TrustView, certificate};
use crate::base::{AccountId, Now};
use crate::phone::Phone;
use crate::phone::account::{Account, Link, tls_name};
use crate::phone::command::TrustCommand;
use crate::phone::commands::not_now;
use crate::phone::event::Event;
use crate::phone::input::{Done, Ticket};
use crate::phone::output::Output;
use crate::phone::problem::{Problem, ProblemKind};
use crate::phone::view::{CallState, CertificateQuestion, Encryption, Fact, Protection, Todo};
use crate::port::net::{CertificateError, Fingerprint, NetError, Transport};
use crate::sip::digest::Hash;

impl Account {
    /// The account is signed in: remembers by what means. True if that is news.
    pub(in crate::phone) fn remember_protection(&mut self, now: Now) -> bool {
        let before = self.record.trust.clone();
        if !self.demo && self.flow().is_some_and(|flow| flow.transport == Transport::Tls) {
            self.record.trust.tls = true;
            if self.record.draft.trusted_certificate.is_none() {
                self.record.trust.vouched = true;
            } else {
                self.record.trust.trusted_since.get_or_insert(now.wall);
            }
        }
        self.refused = None;
        self.record.trust != before
    }
}

impl Phone {
    /// Where passwords are, and whom the phone trusts.
    pub(in crate::phone) fn trust_command(&mut self, now: Now, ticket: Option<Ticket>, command: TrustCommand) {
        let done = match command {
            TrustCommand::UsePassphrase(passphrase) | TrustCommand::Unlock(passphrase) => {
                return self.unlock_vault(ticket, passphrase);
            }
            TrustCommand::UseSession => self.use_session(now),
            TrustCommand::TakeOver => self.take_over(),
            TrustCommand::Move(to) => self.move_passwords(to),
            TrustCommand::TrustCertificate(fingerprint) => self.trust_and_sign_in(now, &fingerprint),
            TrustCommand::RefuseCertificate => self.distrusted.take().is_some(),
            TrustCommand::ReplaceCertificate(account, fingerprint) => {
                fingerprint.parse().is_ok_and(|fingerprint| self.trust_certificate(now, account, fingerprint))
            }
            TrustCommand::AllowWeaker(account, what) => self.allow_weaker(now, account, what),
            TrustCommand::Dismiss(account, alarm) => self.dismiss_alarm(account, alarm),
        };
        self.answer(ticket, if done { Ok(Done::Ok) } else { Err(not_now("")) });
    }

    /// The person trusts the certificate that the last sign-in failed for: sign in again with it. False if they saw
    /// another fingerprint.
    fn trust_and_sign_in(&mut self, now: Now, fingerprint: &str) -> bool {
        let seen = |(_, question): &(_, CertificateQuestion)| question.fingerprint == fingerprint;
        if !self.distrusted.as_ref().is_some_and(seen) {
            return false;
        }
        let Some((mut wish, _)) = self.distrusted.take() else { return false };
        wish.draft.trusted_certificate = fingerprint.parse().ok();
        self.sign_in(now, wish);
        true
    }

    /// Something became weaker: kept, told, and shown until the person dismisses it.
    pub(in crate::phone) fn raise_alarm(&mut self, now: Now, id: AccountId, alarm: Alarm) {
        let Some(account) = self.account(id).filter(|account| !account.demo) else { return };
        let provider = account.provider();
        if account.record.trust.raise(alarm, now.wall) {
            self.note(now, id, alarm.code(), alarm.sentence(&provider));
            self.out.push_back(Output::Event(Event::Weakened(id, alarm)));
            self.save_accounts();
        }
    }

    /// A refusal of a registration that is an alarm, too.
    pub(in crate::phone) fn alarm_of(&mut self, now: Now, id: AccountId, problem: &Problem) {
        if problem.kind == ProblemKind::WeakerDigest {
            self.raise_alarm(now, id, Alarm::WeakerDigest);
        }
    }

    /// The server of an account could not be connected to: if its certificate is why, that is kept, and an alarm.
    pub(in crate::phone) fn certificate_refused(&mut self, now: Now, id: AccountId, error: &NetError) {
        let NetError::Certificate(why, shown) = error else { return };
        let Some(account) = self.account(id) else { return };
        account.refused = shown.map(|shown| (why.clone(), shown));
        let vouched = account.record.trust.vouched;
        match why {
            CertificateError::Changed => self.raise_alarm(now, id, Alarm::CertificateChanged),
            CertificateError::WrongName | CertificateError::UnknownIssuer if vouched => {
                self.raise_alarm(now, id, Alarm::NotVouched);
            }
            CertificateError::WrongName
            | CertificateError::UnknownIssuer
            | CertificateError::Expired
            | CertificateError::NotYetValid
            | CertificateError::Other(_) => {}
        }
    }

    /// In the settings: the person compared a fingerprint and trusts it. False unless that very certificate was
    /// refused last, and may be trusted at all.
    pub(in crate::phone) fn trust_certificate(&mut self, now: Now, id: AccountId, wanted: Fingerprint) -> bool {
        let Some(account) = self.account(id) else { return false };
        let Some((_, shown)) = &account.refused else { return false };
        if *shown != wanted || !may_replace(account) {
            return false;
        }
        account.record.trust.trusted_since = Some(now.wall);
        account.record.draft.trusted_certificate = Some(wanted);
        account.record.trust.dismiss(Alarm::CertificateChanged);
        account.refused = None;
        account.failures = 0;
        self.save_accounts();
        self.try_again(now, id);
        true
    }

    /// In the settings: what was strong once is no longer demanded.
    pub(in crate::phone) fn allow_weaker(&mut self, now: Now, id: AccountId, what: Protection) -> bool {
        let Some(account) = self.account(id) else { return false };
        let trust = &mut account.record.trust;
        match what {
            Protection::SignIn => {
                trust.dismiss(Alarm::WeakerDigest);
                account.record.strongest.clear();
                if let Some(auth) = &mut account.auth {
                    auth.demand_nothing();
                }
            }
            Protection::Transport => {
                trust.tls = false;
                trust.dismiss(Alarm::NoTls);
            }
            Protection::Sound => {
                trust.srtp = false;
                trust.dismiss(Alarm::NoSrtp);
            }
            Protection::Certificate => {
                trust.vouched = false;
                trust.dismiss(Alarm::NotVouched);
            }
        }
        self.save_accounts();
        self.try_again(now, id);
        true
    }

    /// What stood in the way is gone: an account that was refused or waits tries again.
    fn try_again(&mut self, now: Now, id: AccountId) {
        if self.account(id).is_some_and(|account| matches!(account.link, Link::Rejected | Link::Waiting(..))) {
            self.reconnect(now, id);
        }
    }

    /// An alarm was read.
    pub(in crate::phone) fn dismiss_alarm(&mut self, id: AccountId, alarm: Alarm) -> bool {
        let done = self.account(id).is_some_and(|account| account.record.trust.dismiss(alarm));
        if done {
            self.save_accounts();
        }
        done
    }

    /// Calls that are established tell whether sound is encrypted on their line.
    pub(in crate::phone) fn watch_encryption(&mut self, now: Now) {
        let established = self.calls.views().into_iter().filter(|call| call.state == CallState::Established);
        let seen: Vec<_> = established.map(|call| (call.account, call.encryption)).collect();
        for (id, encryption) in seen {
            let Some(account) = self.account(id).filter(|account| !account.demo) else { continue };
            match encryption {
                Encryption::ToProvider if !account.record.trust.srtp => {
                    account.record.trust.srtp = true;
                    self.save_accounts();
                }
                Encryption::None if account.record.trust.srtp => self.raise_alarm(now, id, Alarm::NoSrtp),
                Encryption::ToProvider | Encryption::None => {}
            }
        }
    }
}

/// What the screens draw of an account's protection.
pub(in crate::phone) fn view(account: &Account) -> TrustView {
    let draft = &account.record.draft;
    let pinned = draft.trusted_certificate;
    let refused = account.refused.as_ref().map(|(why, shown)| {
        let host = tls_name(draft, &account.address).unwrap_or_else(|_| account.address.domain.clone());
        certificate::question(why, &host, *shown, pinned, may_replace(account))
    });
    let (account, alarms) = (account.id(), account.record.trust.alarms.clone());
    TrustView { account, alarms, pinned: pinned.map(|pinned| pinned.to_string()), refused }
}

/// Whether the certificate that was refused last may be trusted in the settings.
fn may_replace(account: &Account) -> bool {
    account.refused.as_ref().is_some_and(|(why, _)| {
        *why == CertificateError::Changed || certificate::may_be_trusted(why, account.record.trust.vouched)
    })
}

/// The certificate that the person trusts, as a fact.
pub(in crate::phone) fn fact(account: &Account) -> Option<Fact> {
    let fingerprint = account.record.draft.trusted_certificate?.to_string();
    Some(Fact::PinnedCertificate { fingerprint, since: account.record.trust.trusted_since.unwrap_or_default() })
}

/// What has become weaker, as things to do.
pub(in crate::phone) fn todo(account: &Account) -> impl Iterator<Item = Todo> + '_ {
    let digest = match account.record.strongest.values().map(|strength| strength.hash).max() {
        Some(Hash::Sha512_256) => "SHA-512/256",
        Some(Hash::Sha256) => "SHA-256",
        Some(Hash::Md5) | None => "MD5",
    };
    account.record.trust.alarms.iter().map(|(_, alarm)| Todo::Weaker(alarm.weaker(digest)))
}
