//! The change by the provider's own API: the phone tells the provider, with proof, and the provider never learns the
//! password where it takes its hashes. Everything goes to the origin that was pinned; nothing else names a host.
//!
//! `exchange` is one request with its proof, `answers` what comes back, `enrol` this computer's key, `sessions` who else
//! is on the line, `limits` what the provider lets it call.

mod answers;
mod enrol;
pub mod exchange;
mod limits;
mod sessions;

pub use sessions::Look;

use exchange::{Exchange, Next, Nonce, Who};

use crate::base::{AccountId, Now, Secret, WallTime};
use crate::phone::Phone;
use crate::phone::account::Account;
use crate::phone::https::Purpose;
use crate::phone::notice::Pinned;
use crate::phone::password_change::input::{PolicyAnswer, SubmitAnswer, TxAnswer};
use crate::phone::password_change::output::Request as Asked;
use crate::phone::password_change::{Input, Txn};
use crate::phone::view::ChangeWay;
use crate::port::RequestId;
use crate::port::http::{Method, Outcome, Request};
use crate::provider_api::changes::{Calls, ChangeRequest, Generator, Target, Terminate, Whose};
use crate::provider_api::discovery::Generation;
use crate::provider_api::ed25519::DeviceKey;
use crate::provider_api::policy::SecretForm;
use crate::provider_api::{Credential, Path, Policy, Rules, Stamp, TxId};

/// How long a change may be under way, if the provider allows it: long enough for a slow night, short enough that a
/// late request is history soon.
const NOT_AFTER: i64 = 5 * 60 * 1000;

/// What is known of an account's API, and what was asked of it.
#[derive(Debug, Default)]
pub(super) struct Api {
    /// The policy that was told last.
    policy: Option<Policy>,
    /// Rules that came with a refusal.
    rules: Option<Rules>,
    nonce: Option<Nonce>,
    /// That of the look-out for notices.
    notices_nonce: Option<Nonce>,
    under_way: Option<UnderWay>,
    /// This computer's key, once it was read from the vault.
    pub(super) key: Option<DeviceKey>,
    /// Enrolling was tried in this process.
    enrolled: enrol::Tried,
    /// The others are ended with the change: the person chose so before it.
    pub(super) end_others: bool,
    /// And with them the logins to the website.
    pub(super) end_logins: bool,
    /// Asking who else is on the line.
    sessions: sessions::Sessioning,
}

/// What a request is part of: each has its own nonce, for a provider may insist on their order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Via {
    Change,
    Sessions,
    Notices,
}

#[derive(Debug)]
struct UnderWay {
    request: RequestId,
    what: What,
    exchange: Exchange,
}

/// What is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
enum What {
    Policy,
    Submit(TxId),
    Transaction(TxId),
    Enrol,
}

impl Phone {
    /// Is there an API, and which generation is in force? Answered at once if there is none.
    pub(super) fn ask_policy(&mut self, id: AccountId) -> Option<Input> {
        let answer = self.request_policy(id);
        if let (Some(hosted), Some(_)) = (self.security.changes.get_mut(&id), &answer) {
            hosted.way = ChangeWay::Person;
        }
        answer
    }

    fn request_policy(&mut self, id: AccountId) -> Option<Input> {
        let absent = Some(Input::Policy(PolicyAnswer::Absent));
        let Some((origin, path)) = self
            .pinned(id)
            .filter(|it| can_change(it))
            .and_then(|pinned| Some((pinned.discovery.issuer.clone(), pinned.discovery.endpoints.policy.clone()?)))
        else {
            return absent;
        };
        let Some(password) = self.password_in_use(id) else { return absent };
        let exchange = Exchange::new(origin, Method::Get, path, vec![password]);
        if self.ask_api(id, What::Policy, exchange) { None } else { absent }
    }

    /// Set this password.
    pub(super) fn submit_change(&mut self, id: AccountId, asked: &Asked) -> Option<Input> {
        let refused = Some(Input::Submit(SubmitAnswer::Refused));
        let Some((path, body)) = self.change_request(id, &asked.txn) else { return refused };
        let Some(origin) = self.pinned(id).map(|pinned| pinned.discovery.issuer.clone()) else { return refused };
        let mut exchange = Exchange::new(origin, Method::Post, path, asked.old.clone().into_iter().collect());
        exchange.tx = Some((asked.txn.tx.clone(), asked.txn.generation));
        exchange.body = Some(body);
        if self.ask_api(id, What::Submit(asked.txn.tx.clone()), exchange) { None } else { refused }
    }

    /// What became of it, or: forget it. Either password may prove who asks.
    pub(super) fn ask_transaction(&mut self, id: AccountId, asked: &Asked, method: Method) -> Option<Input> {
        let refused = Some(Input::Tx(TxAnswer::Refused));
        let tx = &asked.txn.tx;
        let Some((origin, path)) = self.pinned(id).and_then(|pinned| {
            let path = pinned.discovery.endpoints.changes.as_ref()?.join(tx.as_str())?;
            Some((pinned.discovery.issuer.clone(), path))
        }) else {
            return refused;
        };
        let passwords = asked.old.iter().cloned().chain([asked.txn.new.clone()]).collect();
        let exchange = Exchange::new(origin, method, path, passwords);
        if self.ask_api(id, What::Transaction(tx.clone()), exchange) { None } else { refused }
    }

    /// The path and the body of `POST changes`.
    fn change_request(&self, id: AccountId, txn: &Txn) -> Option<(Path, Secret<Vec<u8>>)> {
        let account = self.accounts.iter().find(|account| account.id() == id)?;
        let hosted = self.security.changes.get(&id)?;
        let discovery = &self.pinned(id)?.discovery;
        let form = hosted.api.policy.as_ref().map(|policy| policy.secret_form).unwrap_or_default();
        let secret = match form {
            SecretForm::Ha1 => Credential::ha1(account.login(), &discovery.realm, &txn.new, &discovery.algorithms()),
            SecretForm::Plain => Credential::Plain(txn.new.clone()),
            SecretForm::Unknown => return None,
        };
        let others = if hosted.api.end_others { Whose::Others } else { Whose::None };
        let logins = if hosted.api.end_logins { Whose::Others } else { Whose::None };
        let keep = Some(format!("urn:uuid:{}", account.record.uuid));
        let request = ChangeRequest {
            tx: txn.tx.clone(),
            target: Target::Sip,
            generation: Generator::Client,
            not_after: Stamp(txn.not_after?),
            secret: Some(secret),
            terminate: Terminate { registrations: others, tokens: logins, calls: Calls::None, keep },
            reason: Some(hosted.machine().notice().map_or("person".to_owned(), |notice| format!("notice:{notice}"))),
        };
        let body = serde_json::to_vec(&request).ok()?;
        Some((discovery.endpoints.changes.clone()?, Secret::new(body)))
    }

    /// Sends the first leg. False if it cannot be sent.
    fn ask_api(&mut self, id: AccountId, what: What, mut exchange: Exchange) -> bool {
        let Some(Next::Send(request)) = self.next_leg(id, &mut exchange, Via::Change, None) else { return false };
        self.send_leg(id, what, exchange, *request);
        true
    }

    fn send_leg(&mut self, id: AccountId, what: What, exchange: Exchange, request: Request) {
        let request = self.ask_http(Purpose::Security(id), request);
        if let Some(hosted) = self.security.changes.get_mut(&id) {
            hosted.api.under_way = Some(UnderWay { request, what, exchange });
        }
    }

    /// What to send first, or what follows from an outcome. `None` if there is nobody to ask.
    fn next_leg(&mut self, id: AccountId, exchange: &mut Exchange, via: Via, outcome: Option<Outcome>) -> Option<Next> {
        let account = self.accounts.iter().find(|account| account.id() == id)?;
        let pinned = self.notices.pinned(id)?;
        let hosted = self.security.changes.get_mut(&id)?;
        let device = self.security.memory.accounts.get(&account.record.uuid).and_then(|it| it.device.as_deref());
        let who = who(account, pinned, device, hosted.api.key.as_ref());
        let nonce = match via {
            Via::Change => &mut hosted.api.nonce,
            Via::Sessions => &mut hosted.api.sessions.nonce,
            Via::Notices => &mut hosted.api.notices_nonce,
        };
        Some(match outcome {
            None => Next::Send(Box::new(exchange.first(who, nonce, &mut self.entropy))),
            Some(outcome) => exchange.on_outcome(outcome, who, nonce, &mut self.entropy),
        })
    }

    /// Begins a request of the look-out for notices that proves who asks; `None` if that cannot be proven now.
    pub(in crate::phone) fn prove(&self, id: AccountId, request: Request) -> Option<Exchange> {
        let password = self.password_in_use(id).filter(|_| self.is_calm(id))?;
        let mut exchange = Exchange::new(request.origin, request.method, request.path, vec![password]);
        exchange.headers = request.headers;
        Some(exchange)
    }

    /// Its next leg, or what became of it.
    pub(in crate::phone) fn next_proof(
        &mut self,
        id: AccountId,
        exchange: &mut Exchange,
        outcome: Option<Outcome>,
    ) -> Option<Next> {
        self.next_leg(id, exchange, Via::Notices, outcome)
    }

    /// HTTPS brought something.
    pub(in crate::phone) fn on_security_http(&mut self, now: Now, id: AccountId, request: RequestId, outcome: Outcome) {
        if self.page_answered(id, request, &outcome) || self.sessions_answered(now, id, request, &outcome) {
            return;
        }
        let Some(hosted) = self.security.changes.get_mut(&id) else { return };
        let Some(mut under_way) = hosted.api.under_way.take_if(|it| it.request == request) else { return };
        let date = if let Outcome::Answer(answer) = &outcome { answer.date } else { None };
        let Some(next) = self.next_leg(id, &mut under_way.exchange, Via::Change, Some(outcome)) else { return };
        if let Next::Send(request) = next {
            return self.send_leg(id, under_way.what, under_way.exchange, *request);
        }
        if let Some(Stamp(provider)) = date {
            if let Some(hosted) = self.security.changes.get_mut(&id) {
                hosted.heard = Some((provider, now.mono));
            }
            self.drive(now, id, Input::Clocks { provider, ours: now.wall });
        }
        self.api_answered(now, id, &under_way.what, &next);
    }

    fn api_answered(&mut self, now: Now, id: AccountId, what: &What, next: &Next) {
        let input = match what {
            What::Policy => {
                let (answer, policy) = answers::policy(next);
                if let Some(hosted) = self.security.changes.get_mut(&id) {
                    hosted.way = match answer {
                        PolicyAnswer::Known { .. } => ChangeWay::Phone,
                        PolicyAnswer::Absent => ChangeWay::Person,
                        PolicyAnswer::Unreachable { .. } | PolicyAnswer::WrongPassword | PolicyAnswer::Refused => {
                            ChangeWay::Unknown
                        }
                    };
                }
                if let Some(policy) = policy {
                    self.policy_told(now, id, &policy);
                    if let Some(hosted) = self.security.changes.get_mut(&id) {
                        hosted.api.rules = None;
                        hosted.api.policy = Some(policy);
                    }
                }
                Input::Policy(answer)
            }
            What::Submit(tx) => {
                let (answer, rules) = answers::submit(next, tx);
                if let (Some(hosted), Some(rules)) = (self.security.changes.get_mut(&id), rules) {
                    hosted.api.rules = Rules::parse(&rules).ok();
                }
                Input::Submit(answer)
            }
            What::Transaction(tx) => Input::Tx(answers::transaction(next, tx)),
            What::Enrol => return self.enrolled(now, id, next),
        };
        self.drive(now, id, input);
    }

    /// The rules that the new password must follow: those that refused the last one, else those of the policy.
    pub(super) fn rules_of(&self, id: AccountId) -> Rules {
        let api = self.security.changes.get(&id).map(|hosted| &hosted.api);
        let told = api.and_then(|api| api.policy.as_ref()).and_then(|policy| policy.rules().ok());
        api.and_then(|api| api.rules.clone()).or(told).unwrap_or_default()
    }

    /// When the provider shall stop taking the change, by its own clock; none if that was never heard.
    pub(super) fn not_after(&self, now: Now, id: AccountId) -> Option<WallTime> {
        let hosted = self.security.changes.get(&id)?;
        let longest = i64::from(hosted.api.policy.as_ref()?.not_after_max_s).saturating_mul(1000);
        let passed = |at| i64::try_from(now.mono.since(at).as_millis()).unwrap_or(i64::MAX);
        let here = || hosted.heard.map(|(heard, at)| WallTime(heard.0.saturating_add(passed(at))));
        // What the API itself said last counts: its clock may differ from that of the notices.
        let theirs = here().or_else(|| self.provider_time(now, id))?;
        // A little less than allowed: clocks are read in whole seconds.
        let until = NOT_AFTER.min(longest.saturating_sub(5_000)).max(1_000);
        Some(WallTime(theirs.0.saturating_add(until)))
    }

    fn password_in_use(&self, id: AccountId) -> Option<Secret<String>> {
        let account = self.accounts.iter().find(|account| account.id() == id)?;
        account.auth.as_ref().map(|auth| auth.password().clone())
    }
}

/// Whether the phone can make a change by this API: it has the resources, lets the phone choose the password (one that
/// the server chooses is lost with its answer), and asks with algorithms that we know.
fn can_change(pinned: &Pinned) -> bool {
    let discovery = &pinned.discovery;
    let known = discovery.algorithms().len();
    let ours = discovery.generation.is_empty() || discovery.generation.contains(&Generation::Client);
    discovery.endpoints.changes.is_some() && ours && known > 0 && known == discovery.digest.len()
}

fn who<'a>(account: &'a Account, pinned: &'a Pinned, device: Option<&'a str>, key: Option<&'a DeviceKey>) -> Who<'a> {
    let realm = pinned.discovery.realm.as_str();
    let floor = account.record.strongest.get(realm).map(|strength| strength.hash);
    Who { login: account.login(), realm, floor, device: device.zip(key) }
}
