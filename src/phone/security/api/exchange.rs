//! One request to the provider's API that proves who asks: HTTP Digest (RFC 7616) with the line's own password, and
//! the signature of this computer's key over the same nonce, if it is enrolled (level A).
//!
//! Only the pinned realm is answered, and nothing weaker than the registrar has asked with before. A password is tried
//! once; a nonce that aged under way is no refusal.

use std::collections::VecDeque;

use crate::base::{Entropy, Secret};
use crate::port::http::{Accept, Method, Outcome, Request};
use crate::provider_api::ed25519::{DeviceKey, Signed};
use crate::provider_api::policy::etag;
use crate::provider_api::{DEVICE_ID, DEVICE_SIGNATURE, IDEMPOTENCY_KEY, IF_MATCH, MAX_BODY, Origin, Path, TxId};
use crate::sip::digest::algorithm::Terms;
use crate::sip::digest::{Challenge, Credentials, Hash};
use crate::sip::header::Auth;

/// How often one request is challenged at most: each password once, and a nonce that aged now and then.
const MAX_ROUNDS: u8 = 6;

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub struct Who<'a> {
    /// The login, the same as in SIP.
    pub login: &'a str,
    /// The realm that was pinned.
    pub realm: &'a str,
    /// The weakest hash that is answered.
    pub floor: Option<Hash>,
    /// The id under which this computer is enrolled, and its key.
    pub device: Option<(&'a str, &'a DeviceKey)>,
}

/// A nonce of the provider's, used again and counted.
#[derive(Clone, Debug)]
pub struct Nonce {
    challenge: Challenge,
    count: u32,
}

/// A request, until it was answered.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The pinned issuer.
    pub origin: Origin,
    /// How.
    pub method: Method,
    /// Which resource.
    pub path: Path,
    /// The transaction, and the generation that it is for.
    pub tx: Option<(TxId, Option<u64>)>,
    /// JSON.
    pub body: Option<Secret<Vec<u8>>>,
    /// Headers that say nothing secret: `If-None-Match`.
    pub headers: Vec<(&'static str, String)>,
    /// What to prove it with: each is tried once, the likeliest first.
    pub passwords: VecDeque<Secret<String>>,
    rounds: u8,
    /// The credentials that were sent answered a challenge of this exchange: if they are refused, it is not for the
    /// nonce's age.
    fresh: bool,
}

/// What comes next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Next {
    /// Send this.
    Send(Box<Request>),
    /// That is the answer.
    Over(Outcome),
    /// None of the passwords is accepted.
    WrongPassword,
    /// Nobody asked in a way that may be answered.
    NotAllowed,
}

impl Exchange {
    /// A request that has not been sent yet.
    #[must_use]
    pub fn new(origin: Origin, method: Method, path: Path, passwords: Vec<Secret<String>>) -> Exchange {
        let (tx, body) = (None, None);
        let passwords = passwords.into();
        Exchange { origin, method, path, tx, body, headers: Vec::new(), passwords, rounds: 0, fresh: false }
    }

    /// The first attempt: with credentials, if a nonce is known.
    pub fn first(&mut self, who: Who<'_>, nonce: &mut Option<Nonce>, dice: &mut Entropy) -> Request {
        self.request(who, nonce, dice)
    }

    /// The provider has answered, or has not.
    pub fn on_outcome(
        &mut self,
        outcome: Outcome,
        who: Who<'_>,
        nonce: &mut Option<Nonce>,
        dice: &mut Entropy,
    ) -> Next {
        let Outcome::Answer(answer) = &outcome else { return Next::Over(outcome) };
        if answer.status != 401 {
            return Next::Over(outcome);
        }
        self.rounds += 1;
        let Some(challenge) = strongest(&answer.challenges, who).filter(|_| self.rounds <= MAX_ROUNDS) else {
            *nonce = None;
            return Next::NotAllowed;
        };
        if self.fresh && !challenge.stale {
            self.passwords.pop_front();
        }
        self.fresh = true;
        *nonce = Some(Nonce { challenge, count: 0 });
        if self.passwords.is_empty() {
            return Next::WrongPassword;
        }
        Next::Send(Box::new(self.request(who, nonce, dice)))
    }

    fn request(&mut self, who: Who<'_>, nonce: &mut Option<Nonce>, dice: &mut Entropy) -> Request {
        let mut request = Request {
            origin: self.origin.clone(),
            method: self.method,
            path: self.path.clone(),
            headers: self.headers.clone(),
            authorization: None,
            body: self.body.clone(),
            accept: Accept::Json,
            cap: MAX_BODY,
        };
        if let Some((tx, generation)) = &self.tx {
            request = request.with(IDEMPOTENCY_KEY, tx.as_str());
            if let Some(generation) = generation {
                request = request.with(IF_MATCH, etag(*generation));
            }
        }
        let password = self.passwords.front();
        if let (Some(nonce), Some(password)) = (nonce.as_mut(), password) {
            nonce.count = nonce.count.saturating_add(1);
            request.authorization = credentials(nonce, who.login, password, &request, dice);
            if let Some((id, signature)) = self.signature(who, &nonce.challenge.nonce) {
                request = request.with(DEVICE_ID, id).with(DEVICE_SIGNATURE, signature);
            }
        }
        request
    }

    fn signature(&self, who: Who<'_>, nonce: &str) -> Option<(String, String)> {
        let (id, key) = who.device?;
        let none = Vec::new();
        let body = self.body.as_ref().map_or(&none, |body| body.expose("it is signed"));
        let (tx, generation) = match &self.tx {
            Some((tx, generation)) => (tx.as_str(), generation.map(|it| it.to_string()).unwrap_or_default()),
            None => ("", String::new()),
        };
        let (method, path) = (self.method.as_str(), self.path.as_str());
        let signature = key.sign(&Signed { method, path, body, tx, generation: &generation, nonce })?;
        Some((id.to_owned(), signature))
    }
}

/// The strongest challenge that may be answered.
fn strongest(challenges: &[String], who: Who<'_>) -> Option<Challenge> {
    let all = challenges.iter().flat_map(|line| Auth::parse_all(line));
    let good = all.filter_map(|auth| Challenge::from_auth(&auth)).filter(|challenge| {
        let hash = challenge.algorithm.map(|algorithm| algorithm.hash);
        challenge.realm == who.realm && challenge.is_answerable() && hash >= who.floor
    });
    good.max_by_key(|challenge| challenge.algorithm.map(|algorithm| algorithm.hash))
}

fn credentials(
    nonce: &Nonce,
    login: &str,
    password: &Secret<String>,
    request: &Request,
    dice: &mut Entropy,
) -> Option<Secret<String>> {
    let challenge = &nonce.challenge;
    let (algorithm, qop) = (challenge.algorithm?, challenge.best_qop()?);
    let none = Vec::new();
    let (cnonce, uri) = (dice.token(24), request.path.as_str().to_owned());
    let terms = Terms {
        algorithm,
        username: login,
        realm: &challenge.realm,
        nonce: &challenge.nonce,
        cnonce: &cnonce,
        count: nonce.count,
        qop,
        method: request.method.as_str(),
        uri: &uri,
        body: request.body.as_ref().map_or(&none, |body| body.expose("auth-int covers it")),
    };
    let response = terms.response(password);
    let credentials = Credentials {
        username: login.to_owned(),
        realm: challenge.realm.clone(),
        nonce: challenge.nonce.clone(),
        uri,
        response,
        algorithm: Some(algorithm),
        named: challenge.named,
        qop: qop.map(|qop| (qop, nonce.count)),
        cnonce: (qop.is_some() || algorithm.sess).then_some(cnonce),
        opaque: challenge.opaque.clone(),
        userhash: false,
    };
    Some(Secret::new(credentials.to_auth().to_string()))
}
