//! The agent's commands for account security, and how it is told: `change_password` and what follows it, `lockdown`,
//! the event `password_change`.

use serde_json::{Value, json};

use super::line::{Fields, Mistake};
use crate::base::{AccountId, Secret};
use crate::phone::command::{ChangeCommand, Command, SafetyCommand};
use crate::phone::view::{
    AccountView, ChangePhase, ChangeView, CheckItem, CheckState, Fact, KeptPasswords, KeyringTrouble, LaterWhy,
    NeedsPerson, OldPassword, SecurityView, StepState, Todo,
};

/// What a line asks for; the account comes beside it.
#[derive(Clone, PartialEq, Debug)]
pub enum SecurityRequest {
    /// A step of the password change.
    Change(ChangeCommand),
    /// `reveal_password`
    Reveal,
    /// The rest.
    Safety(SafetyCommand),
    /// `security`
    Tell,
}

impl SecurityRequest {
    /// The command for this account; `None` for what is answered without one.
    pub(super) fn command(self, account: AccountId) -> Option<Command> {
        match self {
            SecurityRequest::Change(change) => Some(Command::Change(account, change)),
            SecurityRequest::Safety(safety) => Some(Command::Safety(account, safety)),
            SecurityRequest::Reveal | SecurityRequest::Tell => None,
        }
    }
}

/// Reads the fields of a security command; `None` if it is none.
pub(super) fn parse(what: &str, fields: &mut Fields) -> Option<Result<SecurityRequest, Mistake>> {
    let change = |change| Some(Ok(SecurityRequest::Change(change)));
    let safety = |safety| Some(Ok(SecurityRequest::Safety(safety)));
    match what {
        "change_password" => {
            Some(fields.text("new").map(|new| SecurityRequest::Change(ChangeCommand::Now(new.map(Secret::new)))))
        }
        "changed_at_provider" => change(ChangeCommand::ChangedIt),
        "paste_password" => Some(
            fields
                .needed("password")
                .map(|password| SecurityRequest::Change(ChangeCommand::GaveMeOne(Secret::new(password)))),
        ),
        "saved_elsewhere" => Some(
            fields.needed("last").map(|last| SecurityRequest::Change(ChangeCommand::SavedElsewhere(Secret::new(last)))),
        ),
        "try_again" => change(ChangeCommand::Go),
        "cancel_change" => change(ChangeCommand::Cancel),
        "finish_change" => change(ChangeCommand::Finish),
        "test_old_password" => change(ChangeCommand::TestOld),
        "reveal_password" => Some(Ok(SecurityRequest::Reveal)),
        "tick" => Some(tick(fields)),
        "lockdown" => Some(fields.flag("on").map(|on| {
            SecurityRequest::Safety(if on.unwrap_or(true) {
                SafetyCommand::Lockdown
            } else {
                SafetyCommand::EndLockdown
            })
        })),
        "export_log" => safety(SafetyCommand::ExportLog),
        "try_kept_passwords" => safety(SafetyCommand::TryKept),
        "delete_other_passwords" => safety(SafetyCommand::DeleteOthers),
        "remove_account" => safety(SafetyCommand::Remove),
        "security" => Some(Ok(SecurityRequest::Tell)),
        _ => None,
    }
}

const ITEMS: [(&str, CheckItem); 6] = [
    ("top_up", CheckItem::TopUp),
    ("website", CheckItem::Website),
    ("voicemail", CheckItem::Voicemail),
    ("forwarding", CheckItem::Forwarding),
    ("other_phones", CheckItem::OtherPhones),
    ("bill", CheckItem::Bill),
];

fn tick(fields: &mut Fields) -> Result<SecurityRequest, Mistake> {
    let item = fields.choice("item", &ITEMS)?.ok_or_else(|| Mistake::new("missing_field", "`item` is missing"))?;
    let done = fields.flag("done")?.unwrap_or(true);
    Ok(SecurityRequest::Safety(SafetyCommand::Tick(item, done)))
}

/// The event of a change that has moved on.
#[must_use]
pub(super) fn change_event(account: AccountId, change: &ChangeView) -> Value {
    let mut value = change_fields(change);
    value["event"] = json!("password_change");
    value["account"] = json!(account);
    value
}

fn change_fields(change: &ChangeView) -> Value {
    let (state, more) = phase(&change.phase);
    let steps: serde_json::Map<String, Value> = change
        .steps()
        .into_iter()
        .filter_map(|(step, state)| {
            let state = state.map_or("to_come", |state| match state {
                StepState::Doing => "doing",
                StepState::Done => "done",
                StepState::Failed => "failed",
            });
            Some((serde_json::to_value(step).ok()?.as_str()?.to_owned(), json!(state)))
        })
        .collect();
    let mut value = json!({
        "state": state,
        "way": change.way,
        "steps": steps,
        "can_cancel": change.can_cancel,
    });
    if let (Some(fields), Value::Object(more)) = (value.as_object_mut(), more) {
        fields.extend(more);
    }
    if let Some(new) = &change.new {
        value["new"] = json!({ "made": new.made, "characters": new.characters, "bits": new.bits });
    }
    value
}

/// The state in a word, and what belongs to it.
fn phase(phase: &ChangePhase) -> (&'static str, Value) {
    let nothing = json!({});
    match phase {
        ChangePhase::Idle => ("idle", nothing),
        ChangePhase::Later { until, why } => ("later", json!({ "until": until, "why": later(*why) })),
        ChangePhase::Preparing => ("preparing", nothing),
        ChangePhase::Keyring(trouble) => ("keyring", json!({ "why": keyring(*trouble) })),
        ChangePhase::SaveElsewhere => ("save_elsewhere", nothing),
        ChangePhase::Compose(compose) => ("compose", json!({ "rules": compose.rules, "complaint": compose.complaint })),
        ChangePhase::Saving => ("saving", nothing),
        ChangePhase::Saved => ("saved", nothing),
        ChangePhase::Sending => ("sending", nothing),
        ChangePhase::Uncertain => ("uncertain", nothing),
        ChangePhase::Undoing => ("undoing", nothing),
        ChangePhase::Testing => ("testing", nothing),
        ChangePhase::Keeping => ("keeping", nothing),
        ChangePhase::CheckingOld => ("checking_old", nothing),
        ChangePhase::Wait { until, why } => ("wait", json!({ "until": until, "why": why })),
        ChangePhase::NeedsPerson(need) => ("needs_person", json!({ "why": needs(need) })),
        ChangePhase::AtProvider => ("at_provider", nothing),
        ChangePhase::Aborted(why) => ("aborted", json!({ "why": why })),
        ChangePhase::Done { old, at } => ("done", json!({ "old_password": old, "at": at })),
    }
}

const fn later(why: LaterWhy) -> &'static str {
    match why {
        LaterWhy::Asked => "asked",
        LaterWhy::ProviderDown => "provider_down",
    }
}

const fn keyring(trouble: KeyringTrouble) -> &'static str {
    match trouble {
        KeyringTrouble::Missing => "missing",
        KeyringTrouble::Locked => "locked",
        KeyringTrouble::Denied => "denied",
        KeyringTrouble::Waiting => "waiting",
        KeyringTrouble::Stuck => "stuck",
        KeyringTrouble::Ambiguous => "ambiguous",
        KeyringTrouble::Damaged => "damaged",
    }
}

const fn needs(need: &NeedsPerson) -> &'static str {
    match need {
        NeedsPerson::NeitherWorks => "neither_works",
        NeedsPerson::ChangedElsewhere => "changed_elsewhere",
        NeedsPerson::NotAllowed => "not_allowed",
        NeedsPerson::NotChangedYet => "not_changed_yet",
        NeedsPerson::PastedRefused => "pasted_refused",
    }
}

/// What `security` answers: what the Security centre shows of one line.
#[must_use]
pub(super) fn tell(account: &AccountView, security: &SecurityView) -> Value {
    let check_list: Vec<Value> = security
        .check_list
        .iter()
        .map(|row| {
            let (state, at) = match row.state {
                CheckState::Open => ("open", None),
                CheckState::Told(at) => ("you_told_us", Some(at)),
                CheckState::Proven(at) => ("proven", Some(at)),
            };
            json!({ "item": row.item, "state": state, "at": at })
        })
        .collect();
    json!({
        "account": account.id,
        "todo": security.todo.iter().map(todo).collect::<Vec<_>>(),
        "facts": security.facts.iter().map(fact).collect::<Vec<_>>(),
        "change": change_fields(&security.change),
        "check_list": check_list,
        "log": security.log.iter().map(|row| json!({ "at": row.at, "words": row.words })).collect::<Vec<_>>(),
        "log_saved_at": security.log_saved_at,
        "lockdown": security.lockdown,
        "limits_at_provider": security.limits_there,
        "restricted": security.restricted,
        "kept_passwords": security.kept.map(kept_passwords),
        "portal": security.contact.portal.as_ref().map(|link| &link.url),
        "change_page": security.contact.change.as_ref().map(|link| &link.url),
        "support": security.contact.support,
        "fraud": security.contact.fraud,
    })
}

fn kept_passwords(kept: KeptPasswords) -> Value {
    json!({ "count": kept.count, "state": kept.state, "can_be_tried": kept.can_be_tried, "until": kept.until })
}

fn todo(todo: &Todo) -> &'static str {
    match todo {
        Todo::ChangePassword(_) => "change_password",
        Todo::Asked(_) => "provider_asks",
        Todo::Notice(_) => "notice",
        Todo::FinishChange => "finish_change",
        Todo::UnnamedDevice(_) => "unnamed_device",
        Todo::NewSession(_) => "new_session",
        Todo::DevicesNeedPassword(_) => "devices_need_password",
        Todo::OldPasswordAccepted => "old_password_accepted",
        Todo::SeveralPasswords(_) => "several_passwords",
        Todo::PasswordRefused => "password_refused",
        Todo::Weaker(_) => "weaker",
        Todo::NoticesNotConfirmed(_) => "notices_not_confirmed",
    }
}

fn fact(fact: &Fact) -> Value {
    match fact {
        Fact::Password { place, characters, since, changed } => {
            let (place, since, changed) = (json!(place), json!(since), json!(changed));
            json!({ "fact": "password", "place": place, "characters": characters, "since": since, "changed": changed })
        }
        Fact::Connection { tls, srtp, digest } => {
            json!({ "fact": "connection", "tls": tls, "srtp": srtp, "digest": digest })
        }
        Fact::Limits { abroad, premium } => json!({ "fact": "limits", "abroad": abroad, "premium": premium }),
        Fact::Emergency => json!({ "fact": "emergency_never_blocked_here" }),
        Fact::OldPassword(old, at) => json!({ "fact": "old_password", "state": old_password(*old), "at": at }),
        Fact::PinnedCertificate { fingerprint, since } => {
            json!({ "fact": "pinned_certificate", "fingerprint": fingerprint, "since": since })
        }
        Fact::Enrolled { since, counts_from, needed } => {
            json!({ "fact": "enrolled", "since": since, "counts_from": counts_from, "needed": needed })
        }
        Fact::Devices(count) => json!({ "fact": "devices", "count": count }),
    }
}

const fn old_password(old: OldPassword) -> &'static str {
    match old {
        OldPassword::NotChecked => "not_checked",
        OldPassword::Refused => "refused",
        OldPassword::StillAccepted => "still_accepted",
    }
}
