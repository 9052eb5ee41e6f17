//! The list for this account alone (`GET notices/me`): asked for at the end of a look, with proof of who asks, and judged
//! and taken by the very rules of everybody's. Whatever goes wrong with it changes nothing and is said where details
//! are: a provider may have nothing to say to one customer, and everybody's list is what a look is for.

use std::time::Duration;

use super::cycle::{LONGEST_WAIT, Look, Stage};
use super::judge::{self, Refusal, Verdict};
use super::{Do, Lookout, RETRY};
use crate::base::{Mono, Now};
use crate::phone::view::{OwnNotices, OwnTrouble};
use crate::port::http::{Answer, HttpError, Outcome, Request};
use crate::provider_api::{Origin, Path, SignedList};

/// How asking goes. Not kept: each start begins anew.
#[derive(Clone, Debug, Default)]
pub(super) struct Asking {
    /// It is to be asked for when this look has come to its end.
    pub(super) wanted: Option<Look>,
    /// It could not be asked for: nobody could prove who asks.
    missed: bool,
    /// The proof was refused: each further attempt would count against the line.
    refused: bool,
    /// Not before: the provider is busy.
    not_before: Option<Mono>,
    /// What came of asking last, if anything was asked.
    came: Option<OwnNotices>,
}

impl Lookout {
    /// As whom the list is asked for, and for whom it must be ([`crate::provider_api::own::account`]). What was for
    /// another login is forgotten.
    pub fn reads_as(&mut self, now: Now, account: &str) {
        if self.kept.own_account.as_deref() == Some(account) {
            return;
        }
        let had = self.kept.own.take().is_some();
        self.kept.own_account = Some(account.to_owned());
        self.kept.own_confirmed = None;
        if had {
            self.put_together(now);
            self.out.push_back(Do::Save);
        }
    }

    /// Where it is, if the provider has such lists and says who may sign them.
    pub(super) fn own_at(&self) -> Option<(Origin, Path)> {
        let pinned = self.pinned.as_ref().filter(|pinned| pinned.root.is_some())?;
        Some((pinned.discovery.issuer.clone(), pinned.discovery.endpoints.notices_me.clone()?))
    }

    /// Asks, if there is anything to ask and nothing against it. What the host cannot send comes back by
    /// [`Lookout::own_not_asked`].
    pub(super) fn ask_own(&mut self, now: Now, look: Look) {
        let rests = self.own.refused || self.own.not_before.is_some_and(|at| now.mono < at);
        let doubtful = self.kept.mismatch.is_some() || self.root_expired(look.time.unwrap_or(now.wall));
        let Some((origin, path)) = self.own_at().filter(|_| !rests && !doubtful) else { return };
        let mut request = Request::get(origin, path);
        if let Some(etag) = self.kept.own.as_ref().and_then(|list| list.etag.clone()) {
            request = request.with("If-None-Match", etag);
        }
        self.own.missed = false;
        self.stage = Stage::Own(look);
        self.out.push_back(Do::AskOwn(Box::new(request)));
    }

    /// Nobody can prove who asks now: the line is not registered, or its password is being changed.
    pub fn own_not_asked(&mut self, now: Now) {
        self.stage = Stage::Idle;
        self.own.missed = true;
        self.own_is_over(now);
    }

    /// The provider does not take the proof.
    pub fn own_refused(&mut self, now: Now) {
        self.stage = Stage::Idle;
        self.own.refused = true;
        self.own_failed(now, OwnTrouble::Refused);
        self.own_is_over(now);
    }

    /// The line has just proven who it is: what could not be asked for can be now. With a new password, also what was
    /// refused.
    pub fn own_can_be_asked(&mut self, now: Now, new_password: bool) {
        if new_password {
            self.own.missed |= self.own.refused;
            self.own.refused = false;
        }
        if self.own.missed && matches!(self.stage, Stage::Idle) {
            self.ask_own(now, Look::default());
        }
    }

    /// The person asks: once more, even if it was refused.
    pub(super) fn own_by_hand(&mut self) {
        self.own.refused = false;
    }

    /// A look that came in between begins now.
    pub(super) fn own_is_over(&mut self, now: Now) {
        if matches!(self.stage, Stage::Idle) && std::mem::take(&mut self.again) {
            self.begin(now);
        }
    }

    /// What HTTPS brought.
    pub(super) fn on_own(&mut self, now: Now, mut look: Look, outcome: Outcome) {
        let answer = match outcome {
            Outcome::Answer(answer) => answer,
            Outcome::Failed(HttpError::NotSent(_) | HttpError::Unknown(_)) => {
                return self.own_failed(now, OwnTrouble::Unreachable);
            }
            Outcome::Failed(HttpError::Redirected(_) | HttpError::TooLong(_) | HttpError::WrongType(_)) => {
                return self.own_failed(now, OwnTrouble::Unreadable);
            }
        };
        if look.time.is_none() {
            look.time = Some(self.heard(now, answer.date.map_or(now.wall, |date| date.0)));
        }
        let busy = answer.status == 429 || answer.status >= 500;
        let wait = answer.retry_after.unwrap_or(Duration::ZERO).min(LONGEST_WAIT).max(RETRY);
        self.own.not_before = busy.then(|| now.mono + wait);
        match answer.status {
            200 => self.judge_own(now, look, answer),
            304 => self.confirm_own(now, look),
            // Nothing to say to this line alone. That is no news about what was said before.
            404 | 410 if self.kept.own.is_none() => self.own.came = Some(OwnNotices::None(now.wall)),
            401 | 403 => {
                self.own.refused = true;
                self.own_failed(now, OwnTrouble::Refused);
            }
            404 | 405 | 410 | 501 => self.own_failed(now, OwnTrouble::Gone),
            _ if busy => self.own_failed(now, OwnTrouble::Unreachable),
            _ => self.own_failed(now, OwnTrouble::Unreadable),
        }
    }

    fn judge_own(&mut self, now: Now, look: Look, answer: Answer) {
        let time = look.time.unwrap_or(now.wall);
        let list = SignedList::parse(answer.body.expose("it is told to this account"));
        let bytes = list.and_then(|list| Ok((list.bytes()?, list.sig)));
        let Ok((bytes, signature)) = bytes else { return self.own_failed(now, OwnTrouble::Unreadable) };
        let root = self.pinned.as_ref().and_then(|pinned| pinned.root.as_ref());
        let (Some(root), false) = (root, self.root_expired(time)) else {
            return self.own_failed(now, OwnTrouble::NotBelieved);
        };
        let (reader, known) = (self.kept.own_account.as_deref(), self.kept.own.as_ref());
        // Without a name there is no list that could be for us.
        let verdict = match reader {
            Some(_) => judge::judge(&bytes, &signature, answer.etag, root, reader, known, time),
            None => Err(Refusal::OtherReader),
        };
        match verdict {
            Ok(Verdict::Same) => self.confirm_own(now, look),
            Ok(Verdict::Newer(list)) => {
                self.take_list(now, true, *list);
                self.confirm_own(now, look);
            }
            // As with everybody's list: the key may be a new one that discovery knows of.
            Err(Refusal::NotSigned) if !look.discovered => self.ask_discovery_anew(),
            Err(why) => {
                tracing::warn!(%why, domain = %self.sip_domain, "notices to this line alone are not believed");
                self.own_failed(now, OwnTrouble::NotBelieved);
            }
        }
    }

    /// The list that we have is the provider's, now; unless it has run out meanwhile.
    fn confirm_own(&mut self, now: Now, look: Look) {
        let time = look.time.unwrap_or(now.wall);
        if self.kept.own.as_ref().is_none_or(|list| list.expires <= time) {
            return self.own_failed(now, OwnTrouble::NotBelieved);
        }
        let at = time.min(now.wall);
        self.kept.own_confirmed = Some(at);
        self.own.came = Some(OwnNotices::Confirmed(at));
        self.out.push_back(Do::Save);
    }

    fn own_failed(&mut self, now: Now, why: OwnTrouble) {
        self.own.came = Some(OwnNotices::Failed { why, at: now.wall, confirmed: self.kept.own_confirmed });
    }

    /// What is known of the list for this account alone: for the details.
    #[must_use]
    pub fn own_source(&self) -> OwnNotices {
        let kept = || self.kept.own_confirmed.map_or(OwnNotices::NotAsked, OwnNotices::Confirmed);
        if self.own_at().is_some() { self.own.came.unwrap_or_else(kept) } else { OwnNotices::NotOffered }
    }
}
