//! What lines ask for and hear about passwords' places, other devices and what became weaker.

use serde_json::{Value, json};

use super::line::{Fields, Mistake, Request};
use crate::base::{AccountId, Secret};
use crate::phone::command::{Alarm, Command, DeviceCommand, Place, Protection, TrustCommand};
use crate::phone::devices_registered::words;
use crate::phone::view::{
    DeviceId, DeviceListing, DeviceView, DevicesView, Ending, KeyView, LoginView, PhoneView, ProviderList, SessionId,
    TrustView, VaultQuestion,
};

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
        "devices" => devices_or_check(fields),
        "end_device" => end_device(fields).and_then(|action| on(fields, action)),
        "end_others" => fields
            .flag("on")
            .and_then(|on_off| on(fields, Action::Device(DeviceCommand::EndOthers(on_off.unwrap_or(true))))),
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

/// `devices`, and with `"check":true` the wish that the provider is asked now.
fn devices_or_check(fields: &mut Fields) -> Result<Request, Mistake> {
    if fields.flag("check")?.unwrap_or(false) {
        return on(fields, Action::Device(DeviceCommand::Check));
    }
    fields.account().map(Request::Devices)
}

/// A device by its key, or a login or key of the provider's list by its session, which may be the person's own.
fn end_device(fields: &mut Fields) -> Result<Action, Mistake> {
    if fields.flag("mine")?.unwrap_or(false) {
        return fields.needed("session").map(|session| Action::Device(DeviceCommand::Mine(SessionId(session))));
    }
    match (fields.text("key")?, fields.text("session")?) {
        (Some(key), None) => Ok(Action::Device(DeviceCommand::End(DeviceId(key)))),
        (None, Some(session)) => Ok(Action::Device(DeviceCommand::EndSession(SessionId(session)))),
        (Some(_), Some(_)) | (None, None) => Err(Mistake::new("bad_field", "one of `key` and `session` is needed")),
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
    let provider = provider.unwrap_or("The provider");
    let nothing = DevicesView::default();
    let devices = devices.unwrap_or(&nothing);
    let mut value = json!({
        "account": account,
        "listing": listing,
        "at": at,
        "message": words::sentence(devices.listed, provider, here),
        "list": list_fields(devices, provider),
        "devices": devices.all.iter().map(device_fields).collect::<Vec<_>>(),
        "more": devices.more,
        "end_others": devices.end_others,
        "others_stay": devices.others_stay,
    });
    if let Some(own) = &devices.own {
        value["this_computer"] = json!({ "place": own.place, "registered": own.registered,
            "refreshed": own.refreshed, "expires": own.expires });
    }
    let login = |login: &LoginView| {
        json!({ "session": login.id, "software": login.software, "country": login.country, "since": login.since,
            "ending": ending(login.ending) })
    };
    let key = |key: &KeyView| {
        json!({ "session": key.id, "label": key.label, "active": key.active, "active_from": key.active_from,
            "this_computer": key.own, "ending": ending(key.ending) })
    };
    value["logins"] = devices.logins.iter().map(login).collect();
    value["keys"] = devices.keys.iter().map(key).collect();
    value
}

/// The provider's own list: whether there is one, and whether it could be read.
fn list_fields(devices: &DevicesView, provider: &str) -> Value {
    let warning = words::list(devices.list, provider);
    let (state, at, why) = match devices.list {
        ProviderList::NotOffered => ("not_offered", None, None),
        ProviderList::NotRead => ("not_read", None, None),
        ProviderList::Read { at, .. } => ("read", Some(at), None),
        ProviderList::Failed { why, at } => ("failed", Some(at), Some(why)),
    };
    let complete = matches!(devices.list, ProviderList::Read { names_us: true, .. });
    json!({ "state": state, "at": at, "why": why, "asking": devices.asking, "names_us": complete, "warning": warning })
}

fn ending(ending: Ending) -> Value {
    match ending {
        Ending::Possible => json!({ "state": "possible" }),
        Ending::UnderWay => json!({ "state": "under_way" }),
        Ending::No(why) => json!({ "state": "no", "why": why }),
        Ending::Failed(why) => json!({ "state": "failed", "why": why }),
    }
}

fn device_fields(device: &DeviceView) -> Value {
    json!({
        "key": device.id,
        "name": device.name.clone().unwrap_or_else(|| words::unnamed(&device.id.0, &device.place)),
        "named": device.name.is_some(),
        "place": device.place,
        "software": device.software,
        "country": device.country,
        "registered": device.registered,
        "refreshed": device.refreshed,
        "expires": device.expires,
        "ending": ending(device.ending),
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
