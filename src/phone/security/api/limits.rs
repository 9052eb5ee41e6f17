//! Lockdown at the provider: its own limits of this line are tightened, where it has any, and never loosened. What came
//! of it is said. Nothing waits for it: this app's guard is tight already.

use super::exchange::{Exchange, Next};
use super::sessions::Asked;
use crate::base::{AccountId, Now, Secret};
use crate::phone::Phone;
use crate::phone::view::LimitsThere;
use crate::port::http::{Method, Outcome};
use crate::provider_api::guards::Guards;
use crate::provider_api::{Origin, Path};

impl Phone {
    /// Asks the provider to block calls abroad and premium numbers.
    pub(in crate::phone::security) fn tighten_at_provider(&mut self, now: Now, id: AccountId) {
        if self.limits_at(id).is_none() {
            return;
        }
        if !self.is_calm(id) {
            return self.limits_told(now, id, LimitsThere::NotAsked);
        }
        let Some(hosted) = self.security.changes.get_mut(&id) else { return };
        hosted.api.sessions.tighten = true;
        self.limits_told(now, id, LimitsThere::Asked);
        self.sessions_go_on(now, id);
    }

    /// Where they are, if the provider has any. The demo's calls cost nothing.
    fn limits_at(&self, id: AccountId) -> Option<(Origin, Path)> {
        let demo = self.accounts.iter().any(|account| account.id() == id && account.demo);
        let discovery = &self.pinned(id).filter(|_| !demo)?.discovery;
        Some((discovery.issuer.clone(), discovery.endpoints.guards.clone()?))
    }

    pub(super) fn ask_limits(&mut self, now: Now, id: AccountId) {
        let asked = self.limits_at(id).is_some_and(|(origin, path)| {
            self.ask_beside(id, Asked::Limits, Exchange::new(origin, Method::Get, path, Vec::new()))
        });
        if !asked {
            self.limits_told(now, id, LimitsThere::NotAsked);
        }
    }

    /// What may be called now: asked to be less, unless it is little enough.
    pub(super) fn limits_read(&mut self, now: Now, id: AccountId, next: &Next) {
        let body = match settled(next) {
            Ok(body) => body,
            Err(why) => return self.limits_told(now, id, why),
        };
        let Ok(theirs) = Guards::parse(body) else { return self.limits_told(now, id, LimitsThere::Refused) };
        let wanted = theirs.tightened();
        if wanted == theirs {
            return self.limits_told(now, id, LimitsThere::Tight);
        }
        let (Some((origin, path)), Ok(body)) = (self.limits_at(id), serde_json::to_vec(&wanted)) else { return };
        let mut exchange = Exchange::new(origin, Method::Put, path, Vec::new());
        exchange.body = Some(Secret::new(body));
        if !self.ask_beside(id, Asked::Tighten, exchange) {
            self.limits_told(now, id, LimitsThere::NotAsked);
        }
    }

    pub(super) fn limits_tightened(&mut self, now: Now, id: AccountId, next: &Next) {
        let there = settled(next).map_or_else(|why| why, |_| LimitsThere::Tight);
        self.limits_told(now, id, there);
    }

    /// Kept, and noted; on the way nothing is said yet.
    fn limits_told(&mut self, now: Now, id: AccountId, there: LimitsThere) {
        let Some(account) = self.account(id) else { return };
        let (uuid, provider) = (account.record.uuid.clone(), account.provider());
        self.security.memory.of(&uuid).limits_there = Some(there);
        self.save_memory();
        if there != LimitsThere::Asked {
            self.note(now, id, "limits_there", there.sentence(&provider));
        }
    }
}

/// A good answer's body, or what stands in its place.
fn settled(next: &Next) -> Result<&[u8], LimitsThere> {
    match next {
        Next::Over(Outcome::Answer(answer)) if (200..300).contains(&answer.status) => {
            Ok(answer.body.expose("limits are read"))
        }
        Next::Over(Outcome::Answer(_)) | Next::Send(_) | Next::WrongPassword | Next::NotAllowed => {
            Err(LimitsThere::Refused)
        }
        Next::Over(Outcome::Failed(_)) => Err(LimitsThere::Unknown),
    }
}
