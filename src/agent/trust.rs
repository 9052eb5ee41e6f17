//! What lines ask for and hear about passwords' places, other devices and what became weaker.

use serde_json::{Value, json};

use super::line::{Fields, Mistake, Request};
use crate::base::{AccountId, Secret};
use crate::phone::command::{Alarm, Command, DeviceCommand, Place, Protection, TrustCommand};
use crate::phone::devices_registered::words;
use crate::phone::view::{DeviceId, DeviceListing, DeviceView, PhoneView, TrustView, VaultQuestion};

/// What is asked of one account.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// `device`
    Device(DeviceCommand),
    /// `trust_certificate`
    Certificate(String),
    /// `allow_weaker`
    AllowWeaker(Protection),
    /// `dismiss_alarm`
    Dismiss(Alarm),
}

const ALARMS: [(&str, Alarm); 5] = [
    (Alarm::WeakerDigest.code(), Alarm::WeakerDigest),
    (Alarm::NoTls.code(), Alarm::NoTls),
    (Alarm::NoSrtp.code(), Alarm::NoSrtp),
    (Alarm::CertificateChanged.code(), Alarm::CertificateChanged),
    (Alarm::NotVouched.code(), Alarm::NotVouched),
];

/// Reads the rest of a line whose `do` is one of these; `None` if it is not.
pub(super) fn request(what: &str, fields: &mut Fields) -> Option<Result<Request, Mistake>> {
    Some(match what {
        "unlock_vault" => fields.needed("passphrase").map(|typed| Request::UnlockVault(Secret::new(typed))),
        "move_passwords" => move_passwords(fields),
        "devices" => fields.account().map(Request::Devices),
        "device" => device(fields).and_then(|action| on(fields, action)),
        "trust_certificate" => certificate(fields).and_then(|action| on(fields, action)),
        "allow_weaker" => weaker(fields).and_then(|action| on(fields, action)),
        "dismiss_alarm" => dismiss(fields).and_then(|action| on(fields, action)),
        _ => return None,
    })
}

fn on(fields: &mut Fields, action: Action) -> Result<Request, Mistake> {
    Ok(Request::OnTrust(fields.account()?, action))
}

fn move_passwords(fields: &mut Fields) -> Result<Request, Mistake> {
    let places = [("keyring", Place::Keyring), ("passphrase", Place::Passphrase)];
    let to = fields.choice("to", &places)?.ok_or_else(|| Mistake::new("missing_field", "`to` is missing"))?;
    Ok(Request::MovePasswords(to))
}

fn device(fields: &mut Fields) -> Result<Action, Mistake> {
    let key = DeviceId(fields.needed("key")?);
    let (name, has) = (fields.text("name")?, fields.flag("has_password")?);
    let forget = fields.flag("forget")?.unwrap_or(false);
    match (name, has, forget) {
        (Some(name), None, false) => Ok(Action::Device(DeviceCommand::Name(key, name))),
        (None, Some(true), false) => Ok(Action::Device(DeviceCommand::HasPassword(key))),
        (None, Some(false), false) => Ok(Action::Device(DeviceCommand::LacksPassword(key))),
        (None, None, true) => Ok(Action::Device(DeviceCommand::Forget(key))),
        _ => Err(Mistake::new("bad_field", "one of `name`, `has_password` and `\"forget\":true` is needed")),
    }
}

fn certificate(fields: &mut Fields) -> Result<Action, Mistake> {
    fields.needed("fingerprint").map(Action::Certificate)
}

fn weaker(fields: &mut Fields) -> Result<Action, Mistake> {
    let all = [
        ("digest", Protection::SignIn),
        ("tls", Protection::Transport),
        ("srtp", Protection::Sound),
        ("authority", Protection::Certificate),
    ];
    let what = fields.choice("what", &all)?.ok_or_else(|| Mistake::new("missing_field", "`what` is missing"))?;
    Ok(Action::AllowWeaker(what))
}

fn dismiss(fields: &mut Fields) -> Result<Action, Mistake> {
    let alarm = fields.choice("alarm", &ALARMS)?;
    Ok(Action::Dismiss(alarm.ok_or_else(|| Mistake::new("missing_field", "`alarm` is missing"))?))
}

/// The command that an action is.
pub(super) fn command(account: AccountId, action: Action) -> Command {
    match action {
        Action::Device(command) => Command::Device(account, command),
        Action::Certificate(fingerprint) => Command::Trust(TrustCommand::ReplaceCertificate(account, fingerprint)),
        Action::AllowWeaker(what) => Command::Trust(TrustCommand::AllowWeaker(account, what)),
        Action::Dismiss(alarm) => Command::Trust(TrustCommand::Dismiss(account, alarm)),
    }
}

/// The answer to `devices`.
pub(super) fn devices(view: &PhoneView, account: AccountId) -> Value {
    let devices = view.security.iter().find(|security| security.account == account).map(|security| &security.devices);
    let (listing, at) = match devices.map(|devices| devices.listed) {
        None | Some(DeviceListing::NotAsked) => ("not_asked", None),
        Some(DeviceListing::NotListed) => ("not_listed", None),
        Some(DeviceListing::At(at)) => ("listed", Some(at)),
    };
    let provider = view.accounts.iter().find(|it| it.id == account).map(|it| it.provider.as_str());
    let here = devices.map_or(0, |devices| devices.all.iter().filter(|device| device.present).count());
    let listed = devices.map(|devices| devices.listed).unwrap_or_default();
    let message = words::sentence(listed, provider.unwrap_or("The provider"), here);
    let all: Vec<Value> = devices.into_iter().flat_map(|devices| &devices.all).map(device_fields).collect();
    json!({ "account": account, "listing": listing, "at": at, "message": message, "devices": all })
}

fn device_fields(device: &DeviceView) -> Value {
    json!({
        "key": device.id,
        "name": device.name.clone().unwrap_or_else(|| words::unnamed(&device.id.0, &device.place)),
        "named": device.name.is_some(),
        "place": device.place,
        "here": device.present,
        "needs_password": device.needs_password,
        "since": device.first_seen,
    })
}

/// The event of a device that nobody has seen before.
pub(super) fn device_event(account: AccountId, device: &DeviceView) -> Value {
    let mut value = device_fields(device);
    value["event"] = json!("device");
    value["account"] = json!(account);
    value
}

/// The event of something that became weaker.
pub(super) fn alarm_event(account: AccountId, alarm: Alarm, provider: &str) -> Value {
    json!({ "event": "weakened", "account": account, "alarm": alarm.code(), "message": alarm.sentence(provider) })
}

/// What became weaker on a line, in `state`.
pub(super) fn trust(trust: &TrustView) -> Value {
    let refused = trust.refused.as_ref();
    json!({
        "alarms": trust.alarms.iter().map(|(at, alarm)| json!({ "at": at, "alarm": alarm.code() })).collect::<Vec<_>>(),
        "pinned": trust.pinned,
        "refused": refused.map(|it| json!({ "host": it.host, "fingerprint": it.fingerprint, "trusted": it.trusted })),
    })
}

/// What the person would be asked about the place of the passwords.
pub(super) fn vault_question(question: &VaultQuestion) -> Value {
    match question {
        VaultQuestion::Choose => json!("choose"),
        VaultQuestion::Unlock(_) => json!("unlock"),
        VaultQuestion::Working => json!("working"),
        VaultQuestion::Moved { from, to } => json!({ "move": { "from": from, "to": to } }),
    }
}
