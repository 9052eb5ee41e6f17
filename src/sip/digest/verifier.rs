//! The server: makes challenges and verifies answers. Nonces are signed, not stored; what is stored is how often each
//! has been used, so that a recorded answer cannot be played back.

use std::collections::VecDeque;
use std::time::Duration;

use super::algorithm::{Algorithm, Hash, Qop, Terms};
use super::challenge::{Challenge, Door};
use super::credentials::Credentials;
use crate::base::{Entropy, Mono, Secret};
use crate::sip::message::Message;

/// Used nonces remembered.
const MAX_USED: usize = 1024;

/// What an answer is worth.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It is this login.
    Good(String),
    /// The password fits but the nonce has aged or its count was seen: challenge again with `stale`.
    Stale,
    /// Login, password or arithmetic is wrong.
    Bad,
    /// No credentials for this realm.
    Missing,
}

/// One protection space of a server.
#[derive(Debug)]
pub struct Verifier {
    realm: String,
    algorithms: Vec<Algorithm>,
    qop: Vec<Qop>,
    lifetime: Duration,
    key: Secret<String>,
    used: VecDeque<(String, u32)>,
}

impl Verifier {
    /// A protection space that asks with `algorithms`, in that order, and takes a nonce for `lifetime`.
    pub fn new(realm: &str, algorithms: &[Algorithm], qop: &[Qop], lifetime: Duration, dice: &mut Entropy) -> Verifier {
        Verifier {
            realm: realm.to_owned(),
            algorithms: algorithms.to_vec(),
            qop: qop.to_vec(),
            lifetime,
            key: Secret::new(dice.token(40)),
            used: VecDeque::new(),
        }
    }

    /// The realm.
    #[must_use]
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// Adds one challenge header field per algorithm to a response, all with the same new nonce.
    pub fn challenge(&self, response: &mut Message, door: Door, now: Mono, stale: bool, dice: &mut Entropy) {
        let stem = format!("{:x}.{}", now.as_micros(), dice.token(10));
        let nonce = format!("{stem}.{}", self.seal(&stem));
        for algorithm in &self.algorithms {
            let mut challenge = Challenge::new(&self.realm, &nonce, *algorithm);
            challenge.qop.clone_from(&self.qop);
            challenge.stale = stale;
            response.headers.push(door.asks(), challenge.to_auth().to_string());
        }
    }

    /// Judges the credentials on a request; `password_of` gives a login's password.
    pub fn verify(
        &mut self,
        request: &Message,
        door: Door,
        now: Mono,
        password_of: impl Fn(&str) -> Option<Secret<String>>,
    ) -> Verdict {
        let all = request.auth(door.answers());
        let mut all = all.iter().take(8).filter_map(Credentials::from_auth);
        let Some(given) = all.find(|given| given.realm == self.realm) else { return Verdict::Missing };
        let Some(algorithm) = given.algorithm.filter(|algorithm| self.algorithms.contains(algorithm)) else {
            return Verdict::Bad;
        };
        let (qop, count) = match given.qop {
            Some((qop, count)) if self.qop.contains(&qop) => (Some(qop), count),
            None if self.qop.is_empty() => (None, 0),
            Some(_) | None => return Verdict::Bad,
        };
        let Some((method, uri)) = request.method().zip(request.uri()) else { return Verdict::Bad };
        let Some(password) = password_of(&given.username).filter(|_| given.uri == uri.to_string()) else {
            return Verdict::Bad;
        };
        let terms = Terms {
            algorithm,
            username: &given.username,
            realm: &self.realm,
            nonce: &given.nonce,
            cnonce: given.cnonce.as_deref().unwrap_or_default(),
            count,
            qop,
            method: method.as_str(),
            uri: &given.uri,
            body: &request.body,
        };
        if !same(&terms.response(&password), &given.response) {
            return Verdict::Bad;
        }
        if self.is_fresh(now, &given.nonce) && self.count(&given.nonce, count, qop.is_some()) {
            Verdict::Good(given.username)
        } else {
            Verdict::Stale
        }
    }

    fn seal(&self, stem: &str) -> String {
        let key = self.key.expose("nonces are signed with it").as_bytes();
        let inner = Hash::Sha256.hex(&[key, stem.as_bytes()]);
        Hash::Sha256.hex(&[key, inner.as_bytes()])
    }

    /// Whether we made this nonce, and not too long ago.
    fn is_fresh(&self, now: Mono, nonce: &str) -> bool {
        let Some((stem, seal)) = nonce.rsplit_once('.') else { return false };
        let made = stem.split_once('.').and_then(|(micros, _)| u64::from_str_radix(micros, 16).ok());
        let young = made.is_some_and(|micros| now.since(Mono::from_micros(micros)) <= self.lifetime);
        young && same(&self.seal(stem), seal)
    }

    /// Whether this use of a nonce is a new one; it no longer is after this.
    fn count(&mut self, nonce: &str, count: u32, counted: bool) -> bool {
        match self.used.iter_mut().find(|(known, _)| known == nonce) {
            // Without a count, a nonce may be used while it lives: RFC 2069 knows no better.
            Some(_) if !counted => true,
            Some((_, last)) if count > *last => {
                *last = count;
                true
            }
            Some(_) => false,
            None => {
                if self.used.len() >= MAX_USED {
                    self.used.pop_front();
                }
                self.used.push_back((nonce.to_owned(), count));
                true
            }
        }
    }
}

/// Compares without telling by the time it takes where the difference is.
fn same(ours: &str, theirs: &str) -> bool {
    ours.len() == theirs.len() && ours.bytes().zip(theirs.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}
