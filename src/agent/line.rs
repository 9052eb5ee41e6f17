//! One line of input: bytes to [`Request`], or what is wrong with it. Values are never repeated in a message, since
//! one of them may be a password.

use serde_json::{Map, Value};

use super::notices::{self, NoticeRequest};
use super::security::{self, SecurityRequest};
use super::{guard, trust};
use crate::base::{AccountId, CallId, Secret};
use crate::phone::command::{AcceptFrom, AccountDraft, Dialled, Digits, Place, Srtp};
use crate::port::net::{Fingerprint, Transport};

/// The longest line that is read.
pub const MAX_LINE: usize = 64 * 1024;

/// What a line asks for. Where a call or account is not named, it is the only one.
#[derive(Clone, PartialEq, Debug)]
pub enum Request {
    /// `sign_in`
    SignIn(Box<AccountDraft>, Secret<String>),
    /// `demo`
    Demo,
    /// `call`; whether what the guard asks is confirmed already.
    Call(Option<AccountId>, Dialled, bool),
    /// `guard`
    Guard(Box<guard::Change>),
    /// Whatever is done to a call.
    OnCall(Option<CallId>, Action),
    /// `stats`
    Stats(Option<CallId>),
    /// `state`
    State,
    /// `sign_out`
    SignOut(Option<AccountId>),
    /// `unlock_vault`
    UnlockVault(Secret<String>),
    /// `move_passwords`
    MovePasswords(Place),
    /// `devices`
    Devices(Option<AccountId>),
    /// Whatever is said about an account's devices and protection.
    OnTrust(Option<AccountId>, trust::Action),
    /// Account security.
    Security(Option<AccountId>, SecurityRequest),
    /// `rehearse`
    Rehearse(bool),
    /// `notices` and `notice`
    Notices(Option<AccountId>, NoticeRequest),
    /// `quit`
    Quit,
}

/// What is done to a call.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// `answer`
    Answer,
    /// `decline`
    Decline,
    /// `hang_up`
    HangUp,
    /// `hold` and `resume`
    SetHeld(bool),
    /// `mute`, with `"on":false` to unmute
    SetMuted(bool),
    /// `digits`
    Digits(Digits),
}

/// What is wrong with a line.
#[derive(Clone, PartialEq, Debug)]
pub struct Mistake {
    /// For programs.
    pub code: &'static str,
    /// For people.
    pub message: String,
}

impl Mistake {
    /// A mistake in words.
    pub fn new(code: &'static str, message: impl Into<String>) -> Mistake {
        Mistake { code, message: message.into() }
    }
}

/// Reads a line. The first value is its `id`, null if it has none that can be read.
pub fn parse(line: &[u8]) -> (Value, Result<Request, Mistake>) {
    if line.len() > MAX_LINE {
        return (Value::Null, Err(Mistake::new("line_too_long", "a line may have 65536 bytes")));
    }
    let Ok(Value::Object(fields)) = serde_json::from_slice(line) else {
        return (Value::Null, Err(Mistake::new("bad_json", "a line is one JSON object")));
    };
    let mut fields = Fields(fields);
    let id = fields.0.remove("id").unwrap_or(Value::Null);
    if id.is_array() || id.is_object() || id.as_str().is_some_and(|id| id.len() > 256) {
        return (Value::Null, Err(Mistake::new("bad_field", "`id` is a number or a short string")));
    }
    let request = request(&mut fields).and_then(|request| fields.finish().map(|()| request));
    (id, request)
}

fn request(fields: &mut Fields) -> Result<Request, Mistake> {
    let Some(what) = fields.text("do")? else {
        return Err(Mistake::new("missing_field", "`do` says what to do"));
    };
    let on_call = |fields: &mut Fields, action| Ok(Request::OnCall(fields.call()?, action));
    match what.as_str() {
        "sign_in" => sign_in(fields),
        "demo" => Ok(Request::Demo),
        "call" => {
            let to = fields.needed("to")?;
            let to = Dialled::parse(&to).map_err(|error| Mistake::new("bad_field", format!("`to`: {error}")))?;
            Ok(Request::Call(fields.account()?, to, fields.flag("confirmed")?.unwrap_or(false)))
        }
        "guard" => Ok(Request::Guard(Box::new(guard::Change::parse(fields)?))),
        "answer" => on_call(fields, Action::Answer),
        "decline" => on_call(fields, Action::Decline),
        "hang_up" => on_call(fields, Action::HangUp),
        "hold" => on_call(fields, Action::SetHeld(true)),
        "resume" => on_call(fields, Action::SetHeld(false)),
        "mute" => {
            let on = fields.flag("on")?.unwrap_or(true);
            on_call(fields, Action::SetMuted(on))
        }
        "digits" => {
            let digits = Digits::parse(&fields.needed("digits")?);
            let digits = digits.ok_or_else(|| Mistake::new("bad_field", "`digits` are 1 to 64 of 0-9 * # A-D"))?;
            on_call(fields, Action::Digits(digits))
        }
        "stats" => Ok(Request::Stats(fields.call()?)),
        "state" => Ok(Request::State),
        "rehearse" => Ok(Request::Rehearse(fields.flag("on")?.unwrap_or(true))),
        "notices" => Ok(Request::Notices(fields.account()?, notices::all(fields)?)),
        "notice" => Ok(Request::Notices(fields.account()?, notices::one(fields)?)),
        "sign_out" => Ok(Request::SignOut(fields.account()?)),
        "quit" => Ok(Request::Quit),
        other => match (trust::request(other, fields), security::parse(other, fields)) {
            (Some(request), _) => request,
            (None, Some(request)) => Ok(Request::Security(fields.account()?, request?)),
            (None, None) => {
                Err(Mistake::new("unknown_command", "no such command in `do`; see `ringfence agent --help`"))
            }
        },
    }
}

fn sign_in(fields: &mut Fields) -> Result<Request, Mistake> {
    let password = Secret::new(fields.text("password")?.unwrap_or_default());
    let address = fields.needed("address")?;
    let transport =
        fields.choice("transport", &[("udp", Transport::Udp), ("tcp", Transport::Tcp), ("tls", Transport::Tls)])?;
    let srtp = fields.choice("srtp", &[("off", Srtp::Off), ("offer", Srtp::Offer), ("require", Srtp::Require)])?;
    let accept_from = fields.choice("accept_from", &[("server", AcceptFrom::Server), ("any", AcceptFrom::Any)])?;
    let draft = AccountDraft {
        address,
        server: fields.text("server")?,
        transport,
        outbound_proxy: fields.text("outbound_proxy")?,
        auth_user: fields.text("auth_user")?,
        display_name: fields.text("display_name")?,
        no_registration: !fields.flag("register")?.unwrap_or(true),
        auto_answer: fields.flag("auto_answer")?.unwrap_or(false),
        codecs: fields.texts("codecs")?,
        srtp: srtp.unwrap_or_default(),
        accept_from: accept_from.unwrap_or_default(),
        website: fields.text("website")?,
        unencrypted_ok: fields.flag("unencrypted_ok")?.unwrap_or(false),
        trusted_certificate: fingerprint(fields)?,
    };
    Ok(Request::SignIn(Box::new(draft), password))
}

/// The one certificate that is good, if the line names one.
fn fingerprint(fields: &mut Fields) -> Result<Option<Fingerprint>, Mistake> {
    let Some(typed) = fields.text("fingerprint")? else { return Ok(None) };
    typed.parse().map(Some).map_err(|error| Mistake::new("bad_field", format!("`fingerprint`: {error}")))
}

/// The fields of a line, taken out one by one: what is left at the end is unknown.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Mistake> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Mistake::new("bad_field", format!("`{name}` is a string"))),
        }
    }

    pub(super) fn needed(&mut self, name: &str) -> Result<String, Mistake> {
        self.text(name)?.ok_or_else(|| Mistake::new("missing_field", format!("`{name}` is missing")))
    }

    fn texts(&mut self, name: &str) -> Result<Vec<String>, Mistake> {
        let wrong = || Mistake::new("bad_field", format!("`{name}` is a list of strings"));
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(items)) if items.len() <= 32 => {
                items.into_iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
            }
            Some(_) => Err(wrong()),
        }
    }

    pub(super) fn flag(&mut self, name: &str) -> Result<Option<bool>, Mistake> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(_) => Err(Mistake::new("bad_field", format!("`{name}` is true or false"))),
        }
    }

    pub(super) fn choice<T: Copy>(&mut self, name: &str, choices: &[(&str, T)]) -> Result<Option<T>, Mistake> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let found = choices.iter().find(|(word, _)| *word == text);
        found.map(|(_, value)| Some(*value)).ok_or_else(|| {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            Mistake::new("bad_field", format!("`{name}` is one of {}", words.join(", ")))
        })
    }

    pub(super) fn number(&mut self, name: &str) -> Result<Option<u32>, Mistake> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
                number.map(Some).ok_or_else(|| Mistake::new("bad_field", format!("`{name}` is a number")))
            }
        }
    }

    /// A list of fields of its own, such as `{"premium":"block"}`.
    pub(super) fn words(&mut self, name: &str) -> Result<Vec<(String, String)>, Mistake> {
        let wrong = || Mistake::new("bad_field", format!("`{name}` is an object of strings"));
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Object(fields)) if fields.len() <= 512 => {
                let word = |(key, value): (String, Value)| Some((key, value.as_str()?.to_owned()));
                fields.into_iter().map(|field| word(field).ok_or_else(wrong)).collect()
            }
            Some(_) => Err(wrong()),
        }
    }

    pub(super) fn account(&mut self) -> Result<Option<AccountId>, Mistake> {
        Ok(self.number("account")?.map(AccountId))
    }

    fn call(&mut self) -> Result<Option<CallId>, Mistake> {
        Ok(self.number("call")?.map(CallId))
    }

    fn finish(&self) -> Result<(), Mistake> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => {
                let name: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
                Err(Mistake::new("unknown_field", format!("`{name}` does not belong here")))
            }
        }
    }
}
