//! The server: makes challenges and verifies answers. Nonces are signed, not stored; what is stored is how often each
//! has been used, so that a recorded answer cannot be played back.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::algorithm::{Algorithm, Hash, Qop, Terms, ha1};
use super::challenge::{Challenge, Door};
use super::credentials::Credentials;
use crate::base::{Entropy, Mono, Secret};
use crate::sip::message::Message;

/// Used nonces remembered. When there are more, the oldest go, and with them every nonce made before them.
const MAX_USED: usize = 1024;

/// One request with credentials, whatever protocol it came by: HTTP has the same digest (RFC 7616).
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// What it answered.
    pub given: &'a Credentials,
    /// Its method.
    pub method: &'a str,
    /// Its target, as it stands in the request.
    pub uri: &'a str,
    /// Its body, for `auth-int`.
    pub body: &'a [u8],
}

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
    used: HashMap<String, u32>,
    /// The keys of `used`, oldest first.
    order: VecDeque<String>,
    capacity: usize,
    /// Nonces made until then are no longer taken: how often they were used is forgotten.
    forgotten: Option<Mono>,
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
            used: HashMap::new(),
            order: VecDeque::new(),
            capacity: MAX_USED,
            forgotten: None,
        }
    }

    /// The same, remembering so many used nonces: for a server of many clients.
    #[must_use]
    pub fn with_capacity(mut self, capacity: usize) -> Verifier {
        self.capacity = capacity.max(1);
        self
    }

    /// The realm.
    #[must_use]
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// Adds one challenge header field per algorithm to a response, all with the same new nonce.
    pub fn challenge(&self, response: &mut Message, door: Door, now: Mono, stale: bool, dice: &mut Entropy) {
        for challenge in self.challenges(now, stale, dice) {
            response.headers.push(door.asks(), challenge.to_auth().to_string());
        }
    }

    /// One challenge per algorithm, all with the same new nonce.
    #[must_use]
    pub fn challenges(&self, now: Mono, stale: bool, dice: &mut Entropy) -> Vec<Challenge> {
        let stem = format!("{:x}.{}", now.as_micros(), dice.token(10));
        let nonce = format!("{stem}.{}", self.seal(&stem));
        let challenge = |algorithm: &Algorithm| Challenge {
            qop: self.qop.clone(),
            stale,
            ..Challenge::new(&self.realm, &nonce, *algorithm)
        };
        self.algorithms.iter().map(challenge).collect()
    }

    /// Judges the credentials on a request; `password_of` gives a login's password.
    pub fn verify(
        &mut self,
        request: &Message,
        door: Door,
        now: Mono,
        password_of: impl Fn(&str) -> Option<Secret<String>>,
    ) -> Verdict {
        let realm = self.realm.clone();
        self.verify_by(request, door, now, |login, hash| {
            password_of(login).map(|password| ha1(hash, login, &realm, &password)).into_iter().collect()
        })
    }

    /// The same for a server that keeps H(user:realm:password) and not passwords; `ha1s_of` as in [`Verifier::judge`].
    pub fn verify_by(
        &mut self,
        request: &Message,
        door: Door,
        now: Mono,
        ha1s_of: impl FnOnce(&str, Hash) -> Vec<Secret<String>>,
    ) -> Verdict {
        let all = request.auth(door.answers());
        let mut all = all.iter().take(8).filter_map(Credentials::from_auth);
        let Some(given) = all.find(|given| given.realm == self.realm) else { return Verdict::Missing };
        let Some((method, uri)) = request.method().zip(request.uri()) else { return Verdict::Bad };
        let asked = Asked { given: &given, method: method.as_str(), uri: &uri.to_string(), body: &request.body };
        self.judge(now, &asked, ha1s_of)
    }

    /// Judges credentials against what a server keeps of passwords; `ha1s_of` gives those of a login that are taken
    /// with this hash. All of them are tried, whichever fits.
    pub fn judge(
        &mut self,
        now: Mono,
        asked: &Asked<'_>,
        ha1s_of: impl FnOnce(&str, Hash) -> Vec<Secret<String>>,
    ) -> Verdict {
        let given = asked.given;
        if given.realm != self.realm {
            return Verdict::Missing;
        }
        let Some(algorithm) = given.algorithm.filter(|algorithm| self.algorithms.contains(algorithm)) else {
            return Verdict::Bad;
        };
        let (qop, count) = match given.qop {
            Some((qop, count)) if self.qop.contains(&qop) => (Some(qop), count),
            None if self.qop.is_empty() => (None, 0),
            Some(_) | None => return Verdict::Bad,
        };
        if given.uri != asked.uri {
            return Verdict::Bad;
        }
        let terms = Terms {
            algorithm,
            username: &given.username,
            realm: &self.realm,
            nonce: &given.nonce,
            cnonce: given.cnonce.as_deref().unwrap_or_default(),
            count,
            qop,
            method: asked.method,
            uri: &given.uri,
            body: asked.body,
        };
        let ha1s = ha1s_of(&given.username, algorithm.hash);
        let fits = ha1s.iter().filter(|ha1| same(&terms.response_by(ha1), &given.response)).count();
        if fits == 0 {
            return Verdict::Bad;
        }
        if self.is_fresh(now, &given.nonce) && self.count(&given.nonce, count, qop.is_some()) {
            Verdict::Good(given.username.clone())
        } else {
            Verdict::Stale
        }
    }

    fn seal(&self, stem: &str) -> String {
        let key = self.key.expose("nonces are signed with it").as_bytes();
        let inner = Hash::Sha256.hex(&[key, stem.as_bytes()]);
        Hash::Sha256.hex(&[key, inner.as_bytes()])
    }

    /// Whether we made this nonce, not too long ago, and still know how often it was used.
    fn is_fresh(&self, now: Mono, nonce: &str) -> bool {
        let Some((stem, seal)) = nonce.rsplit_once('.') else { return false };
        let young = made(nonce).is_some_and(|made| {
            now.since(made) <= self.lifetime && self.forgotten.is_none_or(|forgotten| made > forgotten)
        });
        young && same(&self.seal(stem), seal)
    }

    /// Whether this use of a nonce is a new one; it no longer is after this.
    fn count(&mut self, nonce: &str, count: u32, counted: bool) -> bool {
        match self.used.get_mut(nonce) {
            // Without a count, a nonce may be used while it lives: RFC 2069 knows no better.
            Some(_) if !counted => true,
            Some(last) if count > *last => {
                *last = count;
                true
            }
            Some(_) => false,
            None => {
                self.used.insert(nonce.to_owned(), count);
                self.order.push_back(nonce.to_owned());
                while self.order.len() > self.capacity {
                    let oldest = self.order.pop_front().unwrap_or_default();
                    self.used.remove(&oldest);
                    self.forgotten = self.forgotten.max(made(&oldest));
                }
                true
            }
        }
    }
}

/// When a nonce of ours was made.
fn made(nonce: &str) -> Option<Mono> {
    let (micros, _) = nonce.split_once('.')?;
    u64::from_str_radix(micros, 16).ok().map(Mono::from_micros)
}

/// Compares without telling by the time it takes where the difference is.
fn same(ours: &str, theirs: &str) -> bool {
    ours.len() == theirs.len() && ours.bytes().zip(theirs.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}
