//! The client: challenges in, credentials out, for several realms at once. Keeps the nonces it was given, counts
//! their use, and sends credentials ahead where a server has asked before.
//!
//! While a password is being changed there are two: the *current* one, and an *alternate* that is tried once where
//! the current one is refused (a server that lags behind, a change whose outcome is not known yet). Never a third
//! time, so that nobody is locked out.

use super::algorithm::{Strength, Terms};
use super::challenge::{Challenge, Door};
use super::credentials::Credentials;
use crate::base::{Entropy, Secret};
use crate::sip::message::Message;

/// Nonces kept, one per realm and door; the oldest goes first.
const MAX_NONCES: usize = 16;
/// Challenges that one request answers at most: two realms, each stale once, and one to spare.
const MAX_ROUNDS: u8 = 5;

/// The realms that may be answered.
#[derive(Clone, Copy, Debug)]
pub enum Realms<'a> {
    /// Whichever the server names: at sign-in, before one is pinned.
    Any,
    /// Those pinned at sign-in.
    Only(&'a [String]),
}

impl Realms<'_> {
    fn allow(self, realm: &str) -> bool {
        match self {
            Realms::Any => true,
            Realms::Only(pinned) => pinned.iter().any(|known| known == realm),
        }
    }
}

/// What one request has gone through so far. Begins empty; kept by whoever owns the request until its last response.
#[derive(Clone, Debug, Default)]
pub struct Attempts {
    rounds: u8,
    refusals: u8,
    used: Vec<Used>,
    /// Only the current password answers.
    one_password: bool,
}

impl Attempts {
    /// For a request that tries the current password and never the alternate one.
    #[must_use]
    pub fn with_one_password() -> Attempts {
        Attempts { one_password: true, ..Attempts::default() }
    }

    /// Whether a challenge to this request has been answered.
    #[must_use]
    pub fn answered(&self) -> bool {
        self.rounds > 0
    }

    /// How many of its credentials were refused so far, those that were sent ahead included.
    #[must_use]
    pub fn refusals(&self) -> u8 {
        self.refusals
    }

    /// The realms that the request in hand carries credentials for, each once.
    #[must_use]
    pub fn realms(&self) -> Vec<String> {
        each_once(self.used.iter().map(|used| used.realm.clone()))
    }

    #[cfg(test)]
    pub(super) fn after_one_answer() -> Attempts {
        Attempts { rounds: 1, ..Attempts::default() }
    }
}

/// One nonce that the request in hand carried credentials for.
#[derive(Clone, Debug)]
struct Used {
    door: Door,
    realm: String,
    nonce: String,
    /// The credentials were an answer, not sent ahead: if they are refused, it is not for the nonce's age.
    fresh: bool,
    which: Which,
    /// Of which set of passwords.
    set: u32,
}

/// Which of the two passwords.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Which {
    Current,
    Alternate,
}

/// Why a challenge is not answered.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// The credentials were refused: the password or the login is wrong. Trying again would lock the account.
    #[error("the credentials for {0:?} were refused")]
    Rejected(String),
    /// A realm asks that was not pinned at sign-in.
    #[error("the realm {0:?} is not ours")]
    ForeignRealm(String),
    /// A weaker algorithm than this server has used before, or no qop where it had one: somebody may be in between.
    #[error("the realm {0:?} asks for weaker authentication than before")]
    Weaker(String),
    /// Nothing that was asked can be computed: unknown algorithm or quality.
    #[error("no challenge that we can answer")]
    Unsupported,
    /// 401 or 407 without any challenge in it.
    #[error("no challenge in the response")]
    NoChallenge,
    /// Challenged again and again.
    #[error("challenged too often")]
    TooOften,
}

/// A nonce in use.
#[derive(Clone, Debug)]
struct Nonce {
    door: Door,
    challenge: Challenge,
    /// One for the nonce's life, as `-sess` wants it.
    cnonce: String,
    count: u32,
    /// The methods for which this door asked: only those carry credentials ahead. Others would bring them past a
    /// proxy that does not take them off, to whoever is called.
    methods: Vec<String>,
}

/// The credentials of one account, and the nonces that its servers gave out.
#[derive(Debug)]
pub struct Authenticator {
    login: String,
    password: Secret<String>,
    alternate: Option<Secret<String>>,
    /// Another password than the current one may be in force: nothing is sent ahead, where it would be refused once
    /// more than needed.
    doubted: bool,
    /// Counts the changes of the two.
    set: u32,
    nonces: Vec<Nonce>,
    /// The best that each realm has asked with, and the least that it may ask with.
    seen: Vec<(String, Strength)>,
    floors: Vec<(String, Strength)>,
}

impl Authenticator {
    /// An authenticator for one login.
    #[must_use]
    pub fn new(login: &str, password: Secret<String>) -> Authenticator {
        Authenticator {
            login: login.to_owned(),
            password,
            alternate: None,
            doubted: false,
            set: 0,
            nonces: Vec::new(),
            seen: Vec::new(),
            floors: Vec::new(),
        }
    }

    /// Another password from now on, and no alternate. The nonces are forgotten with the old one.
    pub fn set_password(&mut self, password: Secret<String>) {
        self.set_passwords(password, None);
    }

    /// Another password from now on, and one that is tried once where that is refused.
    pub fn set_passwords(&mut self, current: Secret<String>, alternate: Option<Secret<String>>) {
        self.password = current;
        self.alternate = alternate;
        self.set = self.set.wrapping_add(1);
        self.nonces.clear();
    }

    /// From now on this one is tried once where the current one is refused; or only the current one answers.
    pub fn set_alternate(&mut self, alternate: Option<Secret<String>>) {
        self.alternate = alternate.filter(|alternate| *alternate != self.password);
    }

    /// Whether another password than the current one may be in force.
    pub fn set_doubted(&mut self, doubted: bool) {
        self.doubted = doubted;
    }

    /// The current password.
    #[must_use]
    pub fn password(&self) -> &Secret<String> {
        &self.password
    }

    /// The login.
    #[must_use]
    pub fn login(&self) -> &str {
        &self.login
    }

    /// The best that a realm has asked with, to be kept beside the account and demanded next time.
    #[must_use]
    pub fn strongest(&self, realm: &str) -> Option<Strength> {
        of_realm(&self.seen, realm)
    }

    /// Refuses anything weaker than `least` from `realm` from now on ([`Refusal::Weaker`]).
    pub fn demand(&mut self, realm: &str, least: Strength) {
        raise(&mut self.floors, realm, least);
    }

    /// Takes any strength again: the person allowed it.
    pub fn demand_nothing(&mut self) {
        self.floors.clear();
        self.seen.clear();
    }

    /// Puts credentials on a request that nobody has challenged yet, where the same method was challenged before and
    /// the password is not in doubt. Ask [`super::may_foresee`] first.
    pub fn prepare(&mut self, request: &mut Message, attempts: &mut Attempts, realms: Realms<'_>) {
        let Some(method) = request.method().map(|method| method.as_str().to_owned()) else { return };
        for nonce in self.nonces.iter().filter(|_| !self.doubted) {
            let challenge = &nonce.challenge;
            if nonce.methods.contains(&method) && realms.allow(&challenge.realm) {
                let (realm, nonce_text) = (challenge.realm.clone(), challenge.nonce.clone());
                let (which, set) = (Which::Current, self.set);
                attempts.used.push(Used { door: nonce.door, realm, nonce: nonce_text, fresh: false, which, set });
            }
        }
        self.sign(request, attempts);
    }

    /// Answers a 401 or 407: puts credentials on `request` for every realm that has asked so far, in place of those
    /// that it has. The caller raises CSeq and sends it as a new transaction. Ask [`super::may_answer`] first.
    ///
    /// # Errors
    /// When the credentials were refused, or nothing in the response can or may be answered.
    pub fn answer(
        &mut self,
        request: &mut Message,
        response: &Message,
        attempts: &mut Attempts,
        realms: Realms<'_>,
        dice: &mut Entropy,
    ) -> Result<(), Refusal> {
        if attempts.rounds >= MAX_ROUNDS {
            return Err(Refusal::TooOften);
        }
        let challenges = challenges_of(response);
        let best = strongest_of_each(&challenges);
        if best.is_empty() {
            return Err(if challenges.is_empty() { Refusal::NoChallenge } else { Refusal::Unsupported });
        }
        let mut refused = None;
        let mut taken = Vec::new();
        for (door, challenge) in best {
            match self.judge(attempts, door, challenge, realms) {
                Ok(which) => taken.push((door, challenge, which)),
                Err(why @ (Refusal::Rejected(_) | Refusal::Weaker(_))) => return Err(why),
                Err(why) => refused = Some(why),
            }
        }
        if taken.is_empty() {
            return Err(refused.unwrap_or(Refusal::Unsupported));
        }
        let method = request.method().map(|method| method.as_str().to_owned()).unwrap_or_default();
        for (door, challenge, which) in taken {
            let again = |used: &Used| used.door == door && used.realm == challenge.realm;
            if !challenge.stale && attempts.used.iter().any(again) {
                attempts.refusals = attempts.refusals.saturating_add(1);
            }
            self.take(attempts, door, challenge, &method, dice);
            if let Some(used) = attempts.used.last_mut() {
                used.which = which;
            }
        }
        attempts.rounds += 1;
        self.sign(request, attempts);
        Ok(())
    }

    /// Whether this challenge may be answered after what the request has been through, and with which password.
    fn judge(
        &self,
        attempts: &Attempts,
        door: Door,
        challenge: &Challenge,
        realms: Realms<'_>,
    ) -> Result<Which, Refusal> {
        let realm = &challenge.realm;
        if !realms.allow(realm) {
            return Err(Refusal::ForeignRealm(realm.clone()));
        }
        if let (Some(floor), Some(strength)) = (of_realm(&self.floors, realm), challenge.strength())
            && !strength.meets(floor)
        {
            return Err(Refusal::Weaker(realm.clone()));
        }
        match attempts.used.iter().find(|used| used.door == door && used.realm == *realm) {
            // The passwords were changed while the request was under way.
            Some(used) if used.set != self.set => Ok(Which::Current),
            // An answer was refused. Only a nonce that aged under way excuses that, and then there is a new one.
            Some(used) if used.fresh && !(challenge.stale && used.nonce != challenge.nonce) => {
                let left = used.which == Which::Current && self.alternate.is_some() && !attempts.one_password;
                if left { Ok(Which::Alternate) } else { Err(Refusal::Rejected(realm.clone())) }
            }
            // Credentials sent ahead were refused: the nonce may have aged, whether or not the server says `stale`.
            Some(used) => Ok(used.which),
            None => Ok(Which::Current),
        }
    }

    /// Remembers a challenge and that this request answers it.
    fn take(&mut self, attempts: &mut Attempts, door: Door, challenge: &Challenge, method: &str, dice: &mut Entropy) {
        if let Some(strength) = challenge.strength() {
            raise(&mut self.seen, &challenge.realm, strength);
        }
        let same = |n: &Nonce| n.door == door && n.challenge.realm == challenge.realm;
        let mut methods = Vec::new();
        match self.nonces.iter_mut().find(|n| same(n)) {
            Some(known) if known.challenge.nonce == challenge.nonce => {
                known.challenge = challenge.clone();
                note(&mut known.methods, method);
            }
            known => {
                if let Some(known) = known {
                    methods = std::mem::take(&mut known.methods);
                }
                note(&mut methods, method);
                self.nonces.retain(|n| !same(n));
                if self.nonces.len() >= MAX_NONCES {
                    self.nonces.remove(0);
                }
                let (challenge, cnonce) = (challenge.clone(), dice.token(24));
                self.nonces.push(Nonce { door, challenge, cnonce, count: 0, methods });
            }
        }
        attempts.used.retain(|used| used.door != door || used.realm != challenge.realm);
        let (realm, nonce) = (challenge.realm.clone(), challenge.nonce.clone());
        let (which, set) = (Which::Current, self.set);
        attempts.used.push(Used { door, realm, nonce, fresh: true, which, set });
    }

    /// Puts credentials on a request for every nonce that it uses; each use is counted.
    fn sign(&mut self, request: &mut Message, attempts: &Attempts) {
        for door in Door::ALL {
            request.headers.remove(door.answers());
        }
        for used in &attempts.used {
            let same = |n: &&mut Nonce| n.door == used.door && n.challenge.realm == used.realm;
            if let Some(nonce) = self.nonces.iter_mut().find(same) {
                nonce.count = nonce.count.saturating_add(1);
                let password = match (used.which, &self.alternate) {
                    (Which::Alternate, Some(alternate)) => alternate,
                    (Which::Current, _) | (Which::Alternate, None) => &self.password,
                };
                if let Some(credentials) = credentials_for(nonce, &self.login, password, request) {
                    request.headers.push(used.door.answers(), credentials.to_auth().to_string());
                }
            }
        }
    }
}

/// The realms that a 401 or 407 asks for in a way that can be answered, each once.
#[must_use]
pub fn realms_of(response: &Message) -> Vec<String> {
    if !Door::ALL.iter().any(|door| response.status() == Some(door.status())) {
        return Vec::new();
    }
    let challenges = challenges_of(response);
    each_once(strongest_of_each(&challenges).into_iter().map(|(_, challenge)| challenge.realm.clone()))
}

fn each_once(realms: impl Iterator<Item = String>) -> Vec<String> {
    let mut realms: Vec<String> = realms.collect();
    realms.sort_unstable();
    realms.dedup();
    realms
}

/// Every challenge in a response; `None` for one that makes no sense.
fn challenges_of(response: &Message) -> Vec<(Door, Option<Challenge>)> {
    let of = |door: Door| response.auth(door.asks()).into_iter().map(move |auth| (door, Challenge::from_auth(&auth)));
    Door::ALL.into_iter().flat_map(of).take(MAX_NONCES).collect()
}

fn of_realm(list: &[(String, Strength)], realm: &str) -> Option<Strength> {
    list.iter().find(|(known, _)| known == realm).map(|(_, strength)| *strength)
}

/// Raises the entry of a realm to `strength` where it is lower or missing.
fn raise(list: &mut Vec<(String, Strength)>, realm: &str, strength: Strength) {
    let full = list.len() >= MAX_NONCES;
    match list.iter_mut().find(|(known, _)| known == realm) {
        Some((_, known)) => *known = strength.and(*known),
        None if full => {}
        None => list.push((realm.to_owned(), strength)),
    }
}

fn note(methods: &mut Vec<String>, method: &str) {
    if methods.len() < MAX_NONCES && !methods.iter().any(|known| known == method) {
        methods.push(method.to_owned());
    }
}

/// Of each door and realm the strongest challenge that we can answer, in the order of the response.
fn strongest_of_each(challenges: &[(Door, Option<Challenge>)]) -> Vec<(Door, &Challenge)> {
    let mut best: Vec<(Door, &Challenge)> = Vec::new();
    let answerable = challenges.iter().filter_map(|(door, challenge)| {
        let challenge = challenge.as_ref().filter(|challenge| challenge.is_answerable())?;
        Some((*door, challenge))
    });
    for (door, challenge) in answerable {
        let full = best.len() >= MAX_NONCES;
        match best.iter_mut().find(|(d, c)| *d == door && c.realm == challenge.realm) {
            Some((_, known)) if known.strength() < challenge.strength() => *known = challenge,
            Some(_) => {}
            None if full => {}
            None => best.push((door, challenge)),
        }
    }
    best
}

fn credentials_for(nonce: &Nonce, login: &str, password: &Secret<String>, request: &Message) -> Option<Credentials> {
    let challenge = &nonce.challenge;
    let algorithm = challenge.algorithm?;
    let qop = challenge.best_qop()?;
    let uri = request.uri()?.to_string();
    let terms = Terms {
        algorithm,
        username: login,
        realm: &challenge.realm,
        nonce: &challenge.nonce,
        cnonce: &nonce.cnonce,
        count: nonce.count,
        qop,
        method: request.method()?.as_str(),
        uri: &uri,
        body: &request.body,
    };
    let response = terms.response(password);
    let username = if challenge.userhash {
        algorithm.hash.hex(&[login.as_bytes(), challenge.realm.as_bytes()])
    } else {
        login.to_owned()
    };
    Some(Credentials {
        username,
        realm: challenge.realm.clone(),
        nonce: challenge.nonce.clone(),
        uri,
        response,
        algorithm: Some(algorithm),
        named: challenge.named,
        qop: qop.map(|qop| (qop, nonce.count)),
        cnonce: (qop.is_some() || algorithm.sess).then(|| nonce.cnonce.clone()),
        opaque: challenge.opaque.clone(),
        userhash: challenge.userhash,
    })
}
