//! The phone's view as JSON: what `state` answers and what events carry.

use serde_json::{Value, json};

use crate::phone::problem::Problem;
use crate::phone::view::{
    AccountState, AccountView, CallState, CallView, Encryption, EndReason, Peer, PhoneView, SignInView, VaultState,
};

/// `{"code":…,"message":…,"status":…}`
#[must_use]
pub(super) fn problem(problem: &Problem) -> Value {
    let message = format!("{} {}", problem.title(), problem.advice());
    let mut value = json!({ "code": problem.code(), "message": message.trim_end() });
    if let Some(status) = problem.status {
        value["status"] = json!(status);
    }
    value
}

/// The event of a line's state.
#[must_use]
pub(super) fn account_event(account: &AccountView) -> Value {
    let mut value = account_fields(account);
    value["event"] = json!("account");
    value
}

fn account_fields(account: &AccountView) -> Value {
    let mut reason = account.problem.as_ref().map(problem);
    let (state, retry_at) = match account.state {
        AccountState::Off => ("off", None),
        AccountState::Registering => ("registering", None),
        AccountState::Registered => ("registered", None),
        AccountState::Rejected => ("rejected", None),
        AccountState::Waiting(at) => ("waiting", Some(at.as_millis())),
        AccountState::NeedsPassword => {
            let message = "Its password is not kept on this computer: sign in again.";
            reason.get_or_insert_with(|| json!({ "code": "needs_password", "message": message }));
            ("off", None)
        }
    };
    let mut value = json!({
        "account": account.id,
        "address": account.address,
        "state": state,
        "transport": account.transport,
        "reason": reason,
    });
    if let Some(at) = retry_at {
        value["retry_at"] = json!(at);
    }
    if let Some(tls) = &account.tls {
        value["tls"] = json!(tls);
    }
    value
}

/// The same, with the places of its password, and told apart why it is off.
fn account_state(account: &AccountView, view: &PhoneView) -> Value {
    let mut value = account_fields(account);
    if account.state == AccountState::NeedsPassword {
        value["state"] = json!(account.state);
    }
    value["password"] = json!(account.password);
    value["provider"] = json!(account.provider);
    value["name"] = json!(account.name);
    value["demo"] = json!(account.demo);
    let mine = view.trust.iter().find(|trust| trust.account == account.id);
    value["trust"] = mine.map_or(Value::Null, super::trust::trust);
    value
}

/// The event of a call's state.
#[must_use]
pub(super) fn call_event(call: &CallView) -> Value {
    let mut value = call_fields(call);
    value["event"] = json!("call");
    value
}

fn call_fields(call: &CallView) -> Value {
    let (state, reason) = match &call.state {
        CallState::Inviting => ("inviting", None),
        CallState::Ringing | CallState::Offered | CallState::Answering => ("ringing", None),
        CallState::Early => ("early", None),
        CallState::Established if call.held || call.held_by_peer => ("held", None),
        CallState::Established => ("established", None),
        CallState::Ended(reason) => ("ended", Some(end_reason(reason))),
    };
    json!({
        "call": call.id,
        "account": call.account,
        "direction": call.direction,
        "peer": peer(&call.peer),
        "state": state,
        "held": call.held,
        "held_by_peer": call.held_by_peer,
        "muted": call.muted,
        "codec": call.codec,
        "encrypted": call.encryption != Encryption::None,
        "encryption": call.encryption,
        "reason": reason,
    })
}

/// `{"code":…,"message":…}` of the end of a call.
fn end_reason(reason: &EndReason) -> Value {
    let (code, message) = match reason {
        EndReason::HungUp => ("hung_up", "You hung up."),
        EndReason::PeerHungUp => ("peer_hung_up", "The other end hung up."),
        EndReason::Declined => ("declined_by_us", "You declined."),
        EndReason::Missed => ("missed", "Nobody answered in time."),
        EndReason::MissedBusy => ("missed_busy", "Another call was in progress."),
        EndReason::AnsweredElsewhere => ("answered_elsewhere", "Another phone answered."),
        EndReason::Cancelled => ("cancelled", "You gave up before they answered."),
        EndReason::Silent => ("silent", "Nothing was heard for 60 s."),
        EndReason::Failed(what) => return problem(what),
    };
    json!({ "code": code, "message": message })
}

fn peer(peer: &Peer) -> Value {
    json!({ "name": peer.name, "address": peer.address })
}

/// The figures of a call.
#[must_use]
pub(super) fn stats(call: &CallView) -> Value {
    json!({
        "call": call.id,
        "codec": call.codec,
        "quality": call.quality,
        "silent_secs": call.silent_secs,
        "stats": call.stats,
    })
}

/// The whole state.
#[must_use]
pub(super) fn state(view: &PhoneView) -> Value {
    let calls: Vec<Value> = view
        .calls
        .iter()
        .map(|call| {
            let mut value = call_fields(call);
            value["since"] = json!(call.since);
            value["digits"] = json!(call.digits);
            value["quality"] = json!(call.quality);
            value["stats"] = json!(call.stats);
            value
        })
        .collect();
    let history: Vec<Value> = view
        .history
        .iter()
        .map(|row| {
            json!({
                "at": row.at, "account": row.account, "direction": row.direction, "peer": peer(&row.peer),
                "answered_secs": row.answered_secs, "missed": row.is_missed(), "reason": end_reason(&row.end),
            })
        })
        .collect();
    json!({
        "accounts": view.accounts.iter().map(|account| account_state(account, view)).collect::<Vec<_>>(),
        "calls": calls,
        "history": history,
        "unseen_missed": view.unseen_missed,
        "vault": vault(&view.vault),
        "vault_question": view.vault_question.as_ref().map(super::trust::vault_question),
        "sign_in": sign_in(&view.sign_in),
        "audio": { "in_use": view.audio.in_use, "trouble": view.audio.trouble },
    })
}

fn vault(vault: &VaultState) -> &'static str {
    match vault {
        VaultState::Checking => "checking",
        VaultState::Ok => "ok",
        VaultState::Locked => "locked",
        VaultState::Missing => "missing",
        VaultState::Waiting => "waiting",
        VaultState::Stuck => "stuck",
        VaultState::Failed(_) => "failed",
        VaultState::Unused => "unused",
        VaultState::NoFile => "no_file",
        VaultState::NeedsPassphrase => "needs_passphrase",
        VaultState::WrongPassphrase => "wrong_passphrase",
        VaultState::Unlocking => "unlocking",
        VaultState::FileOpen => "file_open",
    }
}

fn sign_in(sign_in: &SignInView) -> Value {
    match sign_in {
        SignInView::Idle => json!("idle"),
        SignInView::Trying(_) => json!("trying"),
        SignInView::AskUnencrypted(_, transport) => json!({ "unencrypted": transport }),
        SignInView::Failed(_, what) => json!({ "failed": problem(what) }),
    }
}
