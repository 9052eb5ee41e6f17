//! reg-event (RFC 3680): asked once of a server that has none, refreshed where it has, news in their order, un-SUBSCRIBE
//! at the end; and servers and strangers that mean harm.

use std::time::Duration;

use ringfence::base::{AccountId, Entropy};
use ringfence::phone::VaultUse;
use ringfence::phone::command::Command;
use ringfence::phone::event::Event;
use ringfence::phone::fuzz;
use ringfence::phone::view::DeviceView;
use ringfence::port::net::{Flow, Report, Transport};
use ringfence::sip::{Message, Method};

use super::world::{Subscribes, World, server};

const LINE: AccountId = AccountId(1);
const DESK: &str = "<contact id='d' state='active' event='registered'><uri>sip:anna@192.168.1.20</uri>\
    <unknown-param name='+sip.instance'>\"&lt;urn:uuid:desk&gt;\"</unknown-param></contact>";
const THIEF: &str = "<contact id='t' state='active' event='registered'><uri>sip:anna@203.0.113.9</uri></contact>";

fn signed_in(subscribes: Subscribes) -> World {
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    world.subscribes = subscribes;
    world.sign_in(super::world::numeric(Some(Transport::Tls)));
    world.pass(Duration::from_secs(3));
    world
}

fn subscribes(world: &World) -> Vec<(Flow, Message)> {
    let all = world.sent.iter().filter(|(_, _, it)| it.method() == Some(&Method::Subscribe));
    all.map(|(_, flow, message)| (flow.clone(), message.clone())).collect()
}

fn document(version: u32, state: &str, contacts: &str) -> String {
    format!(
        "<?xml version='1.0'?><reginfo xmlns='urn:ietf:params:xml:ns:reginfo' version='{version}' state='{state}'>\
         <registration aor='sip:anna@voip.example' id='r' state='active'>{contacts}</registration></reginfo>"
    )
}

/// Our own contact, as the server names it.
fn ours(world: &World) -> String {
    let contact = world.bindings[0].split('>').next().expect("a contact").trim_start_matches('<').to_owned();
    format!("<contact id='o' state='active'><uri>{}</uri></contact>", contact.replace('&', "&amp;"))
}

/// A NOTIFY in the dialog of the last SUBSCRIBE; `change` makes it another one.
fn notify_with(world: &mut World, cseq: u32, body: &str, change: impl FnOnce(String) -> String) -> Option<u16> {
    let (flow, subscribe) = subscribes(world).pop().expect("a subscription");
    let header = |name: &str| subscribe.headers.get(name).unwrap_or_default().to_owned();
    let to = if subscribe.to_tag().is_some() { header("To") } else { format!("{};tag=srv", header("To")) };
    let text = format!(
        "NOTIFY sip:anna@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/TLS 192.0.2.2;branch=z9hG4bK{cseq}-{}\r\nMax-Forwards: 70\r\n\
         From: {to}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {cseq} NOTIFY\r\nContact: <sip:srv@192.0.2.2>\r\nEvent: reg\r\n\
         Subscription-State: active;expires=3600\r\nContent-Type: application/reginfo+xml\r\nContent-Length: {}\r\n\r\n{body}",
        world.responses.len(),
        header("From"),
        subscribe.call_id(),
        body.len(),
    );
    let before = world.responses.len();
    world.net_report(Report::Message(flow, change(text).into_bytes()));
    world.responses.get(before).and_then(Message::status)
}

fn notify(world: &mut World, cseq: u32, body: &str) -> Option<u16> {
    notify_with(world, cseq, body, |text| text)
}

fn devices(world: &World) -> Vec<DeviceView> {
    world.view().security[0].devices.all.clone()
}

fn appeared(world: &World) -> usize {
    world.events.iter().filter(|event| matches!(event, Event::DeviceAppeared(..))).count()
}

#[test]
fn a_server_without_it_is_asked_once_and_nobody_hears_of_it() {
    for status in [489, 405, 501, 403, 404] {
        let mut world = signed_in(Subscribes::Refuses(status));
        let before = (world.events.len(), world.view().clone());
        world.pass(Duration::from_secs(6 * 3600));
        assert_eq!(subscribes(&world).len(), 1, "{status}");
        let after = (world.events.len(), world.view().clone());
        assert_eq!((before.0, &before.1.accounts), (after.0, &after.1.accounts), "{status}");
    }
}

#[test]
fn a_server_in_trouble_is_asked_again_half_an_hour_later() {
    let mut world = signed_in(Subscribes::Refuses(503));
    world.subscribes = Subscribes::Grants(3600);
    world.pass(Duration::from_secs(1700));
    assert_eq!(subscribes(&world).len(), 1);
    world.pass(Duration::from_secs(200));
    assert_eq!(subscribes(&world).len(), 3, "and its challenge is answered");
}

#[test]
fn what_it_names_is_shown_and_who_is_new_is_an_alarm_once() {
    let mut world = signed_in(Subscribes::Grants(3600));
    assert_eq!(subscribes(&world).len(), 2);
    let full = document(0, "full", &format!("{}{DESK}", ours(&world)));
    assert_eq!(notify(&mut world, 1, &full), Some(200));
    let all = devices(&world);
    assert_eq!(all.iter().map(|it| it.id.0.as_str()).collect::<Vec<_>>(), ["urn:uuid:desk"], "we are not among them");
    assert_eq!(appeared(&world), 0, "what was there at first is no news");
    assert_eq!(notify(&mut world, 2, &document(1, "partial", THIEF)), Some(200));
    assert_eq!((appeared(&world), devices(&world).len()), (1, 2));
    assert_eq!(notify(&mut world, 3, &document(1, "partial", THIEF)), Some(200), "told twice");
    let gone = "<contact id='t' state='terminated' event='unregistered'/>";
    assert_eq!(notify(&mut world, 4, &document(2, "partial", gone)), Some(200));
    assert!(devices(&world)[0].present && !devices(&world)[1].present);
    assert_eq!(appeared(&world), 1);
}

#[test]
fn a_device_that_the_registrar_names_too_is_one_device() {
    let mut world = signed_in(Subscribes::Grants(3600));
    world.others = vec!["<sip:anna@192.168.1.20>;+sip.instance=\"<urn:uuid:DESK>\"".into()];
    world.pass(Duration::from_secs(600));
    let full = document(0, "full", &format!("{}{DESK}", ours(&world)));
    notify(&mut world, 1, &full);
    assert_eq!(devices(&world).len(), 1);
}

#[test]
fn it_is_refreshed_in_its_dialog_and_ended_at_sign_out() {
    let mut world = signed_in(Subscribes::Grants(3600));
    world.pass(Duration::from_secs(3200));
    let all = subscribes(&world);
    assert_eq!(all.len(), 3, "once, with the nonce that is known");
    assert_eq!(all[2].1.to_tag().as_deref(), Some("srv"));
    assert!(all[2].1.headers.has("Authorization"));
    world.command(Command::SignOut(LINE));
    let last = subscribes(&world).pop().expect("an end").1;
    assert_eq!((last.expires(), last.to_tag().as_deref()), (Some(0), Some("srv")));
    world.pass(Duration::from_secs(7200));
    assert_eq!(subscribes(&world).len(), 4);
}

#[test]
fn only_the_pinned_realm_is_answered() {
    let mut world = signed_in(Subscribes::Foreign);
    world.pass(Duration::from_secs(7200));
    let all = subscribes(&world);
    assert_eq!(all.len(), 1);
    assert!(!all[0].1.headers.has("Authorization"));
}

#[test]
fn a_lost_document_brings_the_whole_and_not_too_often() {
    let mut world = signed_in(Subscribes::Grants(3600));
    let full = document(0, "full", &ours(&world));
    notify(&mut world, 1, &full);
    let before = subscribes(&world).len();
    assert_eq!(notify(&mut world, 2, &document(5, "partial", THIEF)), Some(200));
    assert_eq!((subscribes(&world).len(), devices(&world).len()), (before + 1, 0), "it does not count");
    notify(&mut world, 3, &document(9, "partial", THIEF));
    assert_eq!(subscribes(&world).len(), before + 1, "once a minute");
    let full = document(10, "full", &format!("{}{THIEF}", ours(&world)));
    notify(&mut world, 4, &full);
    assert_eq!((devices(&world).len(), appeared(&world)), (1, 1));
}

#[test]
fn what_is_not_for_us_or_makes_no_sense_changes_nothing() {
    let mut world = signed_in(Subscribes::Grants(3600));
    let full = document(0, "full", DESK);
    let tag = subscribes(&world)[0].1.from_tag().expect("a tag");
    let cases: [(&str, String, Option<u16>); 6] = [
        ("Event: reg", "Event: presence".into(), Some(489)),
        ("application/reginfo+xml", "application/pidf+xml".into(), Some(415)),
        ("<?xml version='1.0'?>", "<!DOCTYPE a [ ]><!----".into(), Some(400)),
        ("tag=srv", "tag=evil".into(), Some(481)),
        ("Call-ID: ", "Call-ID: x".into(), Some(481)),
        (&tag, "guessed".into(), Some(481)),
    ];
    for (number, (from, to, expected)) in (1..).zip(cases) {
        let status = notify_with(&mut world, number, &full, |text| text.replace(from, &to));
        assert_eq!(status, expected, "{from} → {to}");
        assert!(devices(&world).is_empty(), "{to}");
    }
    // From elsewhere it is not even heard.
    let (flow, _) = subscribes(&world).pop().expect("a subscription");
    let stranger = Flow { remote: server("203.0.113.66:5061"), account: None, ..flow };
    let before = world.responses.len();
    world.net_report(Report::Message(stranger, b"NOTIFY sip:anna@192.0.2.1 SIP/2.0\r\n\r\n".to_vec()));
    assert_eq!(world.responses.len(), before);
    assert_eq!(notify(&mut world, 20, &full), Some(200));
    assert_eq!(notify(&mut world, 19, &document(1, "partial", THIEF)), Some(500), "out of order");
    assert_eq!(devices(&world).len(), 1);
}

#[test]
fn a_subscription_that_the_server_ends_begins_anew_or_not_at_all() {
    for (state, again) in [("terminated;reason=deactivated", true), ("terminated;reason=rejected", false)] {
        let mut world = signed_in(Subscribes::Grants(3600));
        let before = subscribes(&world).len();
        let status = notify_with(&mut world, 1, "", |text| text.replace("active;expires=3600", state));
        assert_eq!(status, Some(200));
        world.pass(Duration::from_secs(120));
        let all = subscribes(&world);
        assert_eq!(all.len() > before, again, "{state}");
        assert!(!again || all[before].1.to_tag().is_none(), "a dialog of its own");
    }
}

#[test]
fn it_moves_with_the_line_to_another_flow() {
    let mut world = signed_in(Subscribes::Grants(3600));
    let (old, _) = subscribes(&world).pop().expect("a subscription");
    world.net_report(Report::AddressesChanged);
    world.pass(Duration::from_secs(10));
    let (new, message) = subscribes(&world).pop().expect("a subscription");
    assert_ne!(new.id, old.id);
    assert_eq!(message.to_tag().as_deref(), Some("srv"));
}

#[test]
fn whatever_is_sent_as_a_document_is_read_or_refused() {
    let seed = document(0, "full", &format!("{DESK}{THIEF}")).into_bytes();
    let words: [&[u8]; 12] = [
        b"<",
        b">",
        b"/>",
        b"&amp;",
        b"&#x0;",
        b"<![CDATA[",
        b"]]>",
        b"<!--",
        b"\"",
        b"version='4294967295'",
        b"state='partial'",
        b"\xff",
    ];
    let mut dice = Entropy::from_number(3680);
    let mut below = |bound: usize| dice.bits32() as usize % bound.max(1);
    for _ in 0..20_000 {
        let mut data = seed.clone();
        for _ in 0..=below(4) {
            let at = below(data.len());
            match below(4) {
                0 if !data.is_empty() => data[at] ^= 1 << below(8),
                1 => drop(data.splice(at..at, words[below(words.len())].iter().copied())),
                2 => data.truncate(at),
                _ => {
                    let end = (at + below(20)).min(data.len());
                    drop(data.drain(at..end));
                }
            }
        }
        fuzz::reginfo(&data);
    }
}
