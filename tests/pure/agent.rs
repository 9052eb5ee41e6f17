//! The agent's lines: what each asks for, and what is wrong with it, without ever repeating a value.

use ringfence::agent::line::{Action, MAX_LINE, Request, parse};
use ringfence::agent::security::SecurityRequest;
use ringfence::base::{AccountId, CallId, Secret};
use ringfence::phone::command::{AcceptFrom, ChangeCommand, DeviceCommand, SafetyCommand, Srtp};
use ringfence::phone::view::{CheckItem, DeviceId, SessionId};
use ringfence::port::net::Transport;
use serde_json::json;

#[test]
fn every_command_is_read() {
    let read = |line: &str| parse(line.as_bytes()).1.unwrap_or_else(|mistake| panic!("{line}: {mistake:?}"));
    assert_eq!(read(r#"{"do":"demo"}"#), Request::Demo);
    assert_eq!(read(r#"{"do":"state"}"#), Request::State);
    assert_eq!(read(r#"{"do":"quit","id":7}"#), Request::Quit);
    assert_eq!(read(r#"{"do":"sign_out","account":2}"#), Request::SignOut(Some(AccountId(2))));
    assert_eq!(read(r#"{"do":"stats","call":3}"#), Request::Stats(Some(CallId(3))));
    assert!(matches!(read(r#"{"do":"call","account":1,"to":"+49 30 1"}"#),
        Request::Call(Some(AccountId(1)), to, false) if to.as_str() == "+49301"));
    assert!(matches!(read(r#"{"do":"call","to":"+49301","confirmed":true}"#), Request::Call(None, _, true)));
    let on_call = [
        ("answer", Action::Answer),
        ("decline", Action::Decline),
        ("hang_up", Action::HangUp),
        ("hold", Action::SetHeld(true)),
        ("resume", Action::SetHeld(false)),
        ("mute", Action::SetMuted(true)),
    ];
    for (word, action) in on_call {
        assert_eq!(read(&json!({"do": word, "call": 4}).to_string()), Request::OnCall(Some(CallId(4)), action.clone()));
        assert_eq!(read(&json!({ "do": word }).to_string()), Request::OnCall(None, action));
    }
    assert_eq!(read(r#"{"do":"mute","on":false}"#), Request::OnCall(None, Action::SetMuted(false)));
    assert!(matches!(read(r#"{"do":"digits","digits":"1a#"}"#),
        Request::OnCall(None, Action::Digits(digits)) if digits.as_str() == "1A#"));
}

#[test]
fn devices_are_asked_for_and_ended() {
    let read = |line: &str| parse(line.as_bytes()).1;
    let on = |command| Ok(Request::OnTrust(Some(AccountId(1)), ringfence::agent::trust::Action::Device(command)));
    assert_eq!(read(r#"{"do":"devices","account":1}"#), Ok(Request::Devices(Some(AccountId(1)))));
    assert_eq!(read(r#"{"do":"devices","account":1,"check":true}"#), on(DeviceCommand::Check));
    let end = DeviceCommand::End(DeviceId("urn:uuid:desk".into()));
    assert_eq!(read(r#"{"do":"end_device","account":1,"key":"urn:uuid:desk"}"#), on(end));
    let end = DeviceCommand::EndSession(SessionId("p1".into()));
    assert_eq!(read(r#"{"do":"end_device","account":1,"session":"p1"}"#), on(end));
    assert_eq!(read(r#"{"do":"end_others","account":1}"#), on(DeviceCommand::EndOthers(true)));
    assert_eq!(read(r#"{"do":"end_others","account":1,"on":false}"#), on(DeviceCommand::EndOthers(false)));
    for bad in [r#"{"do":"end_device"}"#, r#"{"do":"end_device","key":"a","session":"b"}"#] {
        assert_eq!(read(bad).map_err(|mistake| mistake.code), Err("bad_field"), "{bad}");
    }
}

#[test]
fn every_command_of_the_password_change_is_read_and_shows_no_password() {
    let read = |line: &str| parse(line.as_bytes()).1.unwrap_or_else(|mistake| panic!("{line}: {mistake:?}"));
    let change = |change| Request::Security(Some(AccountId(1)), SecurityRequest::Change(change));
    let new = Some(Secret::from("canary"));
    for (line, expected) in [
        (r#"{"do":"change_password","account":1,"new":null}"#, change(ChangeCommand::Now(None))),
        (r#"{"do":"change_password","account":1,"new":"canary"}"#, change(ChangeCommand::Now(new))),
        (r#"{"do":"changed_at_provider","account":1}"#, change(ChangeCommand::ChangedIt)),
        (
            r#"{"do":"paste_password","account":1,"password":"canary"}"#,
            change(ChangeCommand::GaveMeOne(Secret::from("canary"))),
        ),
        (
            r#"{"do":"saved_elsewhere","account":1,"last":"nary"}"#,
            change(ChangeCommand::SavedElsewhere(Secret::from("nary"))),
        ),
        (r#"{"do":"cancel_change","account":1}"#, change(ChangeCommand::Cancel)),
        (r#"{"do":"finish_change","account":1}"#, change(ChangeCommand::Finish)),
        (r#"{"do":"test_old_password","account":1}"#, change(ChangeCommand::TestOld)),
        (r#"{"do":"reveal_password","account":1}"#, Request::Security(Some(AccountId(1)), SecurityRequest::Reveal)),
        (r#"{"do":"try_kept_passwords"}"#, Request::Security(None, SecurityRequest::Safety(SafetyCommand::TryKept))),
        (
            r#"{"do":"delete_other_passwords"}"#,
            Request::Security(None, SecurityRequest::Safety(SafetyCommand::DeleteOthers)),
        ),
        (r#"{"do":"lockdown"}"#, Request::Security(None, SecurityRequest::Safety(SafetyCommand::Lockdown))),
        (
            r#"{"do":"lockdown","on":false}"#,
            Request::Security(None, SecurityRequest::Safety(SafetyCommand::EndLockdown)),
        ),
        (
            r#"{"do":"tick","item":"voicemail","done":false}"#,
            Request::Security(None, SecurityRequest::Safety(SafetyCommand::Tick(CheckItem::Voicemail, false))),
        ),
    ] {
        let request = read(line);
        assert_eq!(request, expected, "{line}");
        assert!(!format!("{request:?}").contains("nary"), "{line}");
    }
    for bad in [
        r#"{"do":"change_password","new":7}"#,
        r#"{"do":"paste_password"}"#,
        r#"{"do":"saved_elsewhere"}"#,
        r#"{"do":"tick","item":"line"}"#,
        r#"{"do":"tick"}"#,
        r#"{"do":"change_password","password":"canary"}"#,
    ] {
        let mistake = parse(bad.as_bytes()).1.expect_err(bad);
        assert!(!mistake.message.contains("canary"), "{bad}: {mistake:?}");
    }
}

#[test]
fn a_sign_in_has_every_field_of_the_issue() {
    let line = json!({
        "do": "sign_in", "address": "anna@voip.example", "password": "canary", "server": "h:5070", "transport": "tcp",
        "auth_user": "a", "register": false, "auto_answer": true, "codecs": ["PCMA"], "srtp": "require",
        "accept_from": "any",
    });
    let (_, Ok(Request::SignIn(draft, password))) = parse(line.to_string().as_bytes()) else { panic!("no sign-in") };
    assert_eq!(password.expose("a test"), "canary");
    assert_eq!((draft.address.as_str(), draft.server.as_deref()), ("anna@voip.example", Some("h:5070")));
    assert_eq!((draft.transport, draft.auth_user.as_deref()), (Some(Transport::Tcp), Some("a")));
    assert!(draft.no_registration && draft.auto_answer);
    assert_eq!(
        (draft.codecs, draft.srtp, draft.accept_from),
        (vec!["PCMA".to_owned()], Srtp::Require, AcceptFrom::Any)
    );
    let (_, Ok(Request::SignIn(draft, _))) = parse(br#"{"do":"sign_in","address":"a@b"}"#) else {
        panic!("no sign-in")
    };
    assert!(!draft.no_registration && !draft.auto_answer && !draft.unencrypted_ok);
}

#[test]
fn what_is_wrong_with_a_line_is_said_and_its_values_are_not() {
    let cases = [
        ("", "bad_json"),
        ("null", "bad_json"),
        ("[1]", "bad_json"),
        (r#"{"do":"state""#, "bad_json"),
        ("\u{0}canary", "bad_json"),
        ("{}", "missing_field"),
        (r#"{"do":7}"#, "bad_field"),
        (r#"{"do":"canary"}"#, "unknown_command"),
        (r#"{"do":"call"}"#, "missing_field"),
        (r#"{"do":"call","to":"a canary <x>"}"#, "bad_field"),
        (r#"{"do":"call","to":"a","account":"canary"}"#, "bad_field"),
        (r#"{"do":"call","to":"a","account":-1}"#, "bad_field"),
        (r#"{"do":"call","to":"a","account":4294967296}"#, "bad_field"),
        (r#"{"do":"digits","digits":"canary"}"#, "bad_field"),
        (r#"{"do":"sign_in","password":"canary"}"#, "missing_field"),
        (r#"{"do":"sign_in","address":"a@b","password":["canary"]}"#, "bad_field"),
        (r#"{"do":"sign_in","address":"a@b","transport":"canary"}"#, "bad_field"),
        (r#"{"do":"sign_in","address":"a@b","register":"canary"}"#, "bad_field"),
        (r#"{"do":"sign_in","address":"a@b","codecs":[1]}"#, "bad_field"),
        (r#"{"do":"state","extra":"canary"}"#, "unknown_field"),
        (r#"{"do":"state","id":["canary"]}"#, "bad_field"),
    ];
    for (line, code) in cases {
        let (_, outcome) = parse(line.as_bytes());
        let mistake = outcome.expect_err(line);
        assert_eq!(mistake.code, code, "{line}: {mistake:?}");
        assert!(!format!("{mistake:?}").contains("canary"), "{mistake:?}");
    }
}

#[test]
fn an_id_is_given_back_as_it_was() {
    for id in [json!(1), json!("a"), json!(null), json!(1.5)] {
        assert_eq!(parse(json!({"do": "state", "id": id}).to_string().as_bytes()).0, id);
    }
    assert_eq!(parse(json!({"do": "nothing", "id": 9}).to_string().as_bytes()).0, json!(9), "of a mistake, too");
}

#[test]
fn a_line_may_have_64_kib_and_no_more() {
    let padded = |length: usize| {
        let line = r#"{"do":"state"}"#;
        format!("{line}{}", " ".repeat(length - line.len()))
    };
    assert!(parse(padded(MAX_LINE).as_bytes()).1.is_ok());
    assert_eq!(parse(padded(MAX_LINE + 1).as_bytes()).1.unwrap_err().code, "line_too_long");
}

#[test]
fn deep_nesting_is_an_error_and_not_a_stack_overflow() {
    let deep = format!("{{\"do\":{}", "[".repeat(60_000));
    assert_eq!(parse(deep.as_bytes()).1.unwrap_err().code, "bad_json");
}

#[test]
fn a_password_in_a_request_is_not_shown() {
    let (_, request) = parse(br#"{"do":"sign_in","address":"a@b","password":"canary"}"#);
    assert!(!format!("{request:?}").contains("canary"));
}

#[test]
fn mutations_of_good_lines_harm_nothing() {
    let good = json!({"do": "sign_in", "id": 3, "address": "a@b", "password": "p", "codecs": ["opus"], "srtp": "off"});
    let good = good.to_string().into_bytes();
    let mut dice = ringfence::base::Entropy::from_number(11);
    for _ in 0..20_000 {
        let mut line = good.clone();
        for _ in 0..=dice.bits32() % 4 {
            let at = dice.bits32() as usize % line.len();
            match dice.bits32() % 3 {
                0 => line[at] = dice.bits32().to_le_bytes()[0],
                1 => drop(line.remove(at)),
                _ => line.insert(at, dice.bits32().to_le_bytes()[0]),
            }
        }
        ringfence::agent::fuzz::line(&line);
    }
}
