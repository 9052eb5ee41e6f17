//! What somebody may choose for a line beyond address and password, as its servers see it: the name for
//! authentication, the proxy that everything goes through, the codecs.

use std::time::Duration;

use ringfence::phone::VaultUse;
use ringfence::phone::command::{AccountDraft, Command, Dialled};
use ringfence::phone::problem::ProblemKind;
use ringfence::phone::view::{AccountState, CallState};
use ringfence::port::dns::{Answer, Query};
use ringfence::port::net::{NetError, Report, Transport};
use ringfence::sip::{Message, Method, Uri};

use super::world::{Entry, Server, Subscribes, Talk, World, draft, numeric, server};

const PROXY: &str = "192.0.2.7:5070";

fn call(world: &mut World) {
    let id = world.id();
    world.command(Command::PlaceCall(id, Dialled::parse("bob").expect("a name")));
}

/// Every request of this method: to which server, and what it said.
fn requests<'a>(world: &'a World, method: &Method) -> Vec<(String, &'a Message)> {
    let of = world.sent.iter().filter(|(_, _, message)| message.method() == Some(method));
    of.map(|(_, flow, message)| (flow.remote.to_string(), message)).collect()
}

/// The program ends and begins again, before the same servers.
fn restarted(world: World) -> World {
    let mut next = World::with_disk(VaultUse::Keyring, world.disk, world.kept);
    (next.login, next.servers, next.names) = (world.login, world.servers, world.names);
    next.load();
    next
}

/// The parameter of this name in all credentials that were sent.
fn in_credentials(world: &World, name: &str) -> Vec<String> {
    let headers = world.sent.iter().flat_map(|(_, _, message)| message.headers.iter());
    let headers = headers.filter(|header| header.is("Authorization") || header.is("Proxy-Authorization"));
    let values = headers.map(|header| header.value().trim_start_matches("Digest ").to_owned());
    let parameter = |value: String| {
        let mut all = value.split(", ").filter_map(|one| one.split_once('='));
        all.find(|(it, _)| *it == name).map(|(_, value)| value.trim_matches('"').to_owned())
    };
    values.map(|value| parameter(value).expect("the parameter")).collect()
}

#[test]
fn whoever_has_a_name_for_authentication_proves_the_password_under_it_and_keeps_their_address() {
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    world
        .servers
        .insert((Transport::Tls, server("192.0.2.2:5061")), Server { door: Entry::Open, talk: Talk::AsksWhoCalls });
    world.login = "alice-17".into();
    world.subscribes = Subscribes::Grants(3600);
    world.sign_in(AccountDraft { auth_user: Some("alice-17".into()), ..numeric(None) });
    world.pass(Duration::from_secs(5));
    for begun_anew in [false, true] {
        if begun_anew {
            world = restarted(world);
        }
        assert_eq!(world.state(), Some(AccountState::Registered), "{begun_anew}");
        call(&mut world);
        assert_eq!(world.view().calls[0].state, CallState::Established, "{begun_anew}");
        let names = in_credentials(&world, "username");
        assert!(names.len() >= 2 && names.iter().all(|name| name == "alice-17"), "{begun_anew}: {names:?}");
        assert!(world.refusals.is_empty(), "{begun_anew}");
        for (_, request) in requests(&world, &Method::Register) {
            let ours = [request.from(), request.to()].map(|it| it.expect("somebody").uri.to_string());
            assert_eq!(ours, ["sip:anna@voip.example"; 2], "{begun_anew}");
        }
    }
}

#[test]
fn whoever_has_no_other_name_proves_it_under_that_of_their_address() {
    for auth_user in [None, Some("anna".to_owned())] {
        let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
        world.sign_in(AccountDraft { auth_user, ..numeric(None) });
        assert_eq!(world.state(), Some(AccountState::Registered));
        assert_eq!(in_credentials(&world, "username"), ["anna"]);
    }
}

/// A proxy, which DNS knows under its name; nobody is at the domain's own address.
fn with_a_proxy() -> World {
    let mut world = World::new(VaultUse::Keyring);
    let address = |text: &str| Answer::Addresses(vec![server(text).ip()]);
    world.names.insert(Query::Addresses("proxy.example".into()), address(PROXY));
    world.names.insert(Query::Addresses("voip.example".into()), address("192.0.2.2:0"));
    let open = Server { door: Entry::Open, talk: Talk::Answers };
    world.servers.insert((Transport::Tls, server(PROXY)), open);
    world.load();
    world
}

fn through_the_proxy(draft: AccountDraft) -> World {
    let mut world = with_a_proxy();
    world.sign_in(draft);
    world
}

#[test]
fn everything_goes_to_the_outbound_proxy_with_its_route_and_is_for_the_domain() {
    for (typed, route) in
        [("proxy.example:5070", "<sip:proxy.example:5070;lr>"), (" 192.0.2.7:5070 ", "<sip:192.0.2.7:5070;lr>")]
    {
        let mut world = through_the_proxy(AccountDraft { outbound_proxy: Some(typed.into()), ..draft() });
        for then in ["signed in", "connection lost", "begun anew"] {
            match then {
                "connection lost" => {
                    let flow = world.flows.pop_first().expect("a flow").1.id;
                    world.net_report(Report::Closed(flow, NetError::Closed));
                }
                "begun anew" => world = restarted(world),
                _ => {}
            }
            assert_eq!(world.state(), Some(AccountState::Registered), "{typed} {then}");
            let opened: Vec<String> = world.opened.iter().map(|(_, target)| target.addr.to_string()).collect();
            assert!(opened.iter().all(|addr| addr == PROXY), "{typed} {then}: {opened:?}");
            call(&mut world);
            let begins = |(_, request): &(String, &Message)| request.to_tag().is_none();
            let registers = requests(&world, &Method::Register);
            // What is said within a call takes the call's own route.
            let invites: Vec<_> = requests(&world, &Method::Invite).into_iter().filter(begins).collect();
            for (to, request) in registers.iter().chain(&invites) {
                assert_eq!((to.as_str(), request.headers.values("Route")), (PROXY, vec![route]), "{typed} {then}");
            }
            assert!(registers.len() >= 2, "{typed} {then}: with and without credentials");
            assert!(registers.iter().all(|(_, it)| it.uri().expect("a request").to_string() == "sip:voip.example"));
            let (_, invite) = invites.last().expect("a call");
            assert_eq!(invite.uri().expect("a request").to_string(), "sip:bob@voip.example", "{typed} {then}");
        }
    }
}

#[test]
fn the_proxys_certificate_is_to_be_in_the_proxys_name() {
    let world = through_the_proxy(AccountDraft { outbound_proxy: Some("proxy.example:5070".into()), ..draft() });
    assert_eq!(world.opened[0].1.tls_name.as_deref(), Some("proxy.example"));
    let world = through_the_proxy(AccountDraft { outbound_proxy: Some(PROXY.into()), ..draft() });
    assert_eq!(world.opened[0].1.tls_name.as_deref(), Some("voip.example"), "an address is a way to the domain");
}

#[test]
fn a_line_without_a_proxy_goes_to_its_server_and_names_no_route() {
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    world.sign_in(numeric(None));
    call(&mut world);
    assert_eq!(world.opened.len(), 1);
    assert!(world.sent.iter().all(|(_, _, request)| request.headers.values("Route").is_empty()));
}

#[test]
fn with_a_server_behind_the_proxy_everything_passes_both_in_this_order_and_is_still_for_the_domain() {
    let both = |server: &str| AccountDraft {
        outbound_proxy: Some("proxy.example:5070".into()),
        server: Some(server.into()),
        ..draft()
    };
    let proxy = "<sip:proxy.example:5070;lr>";
    for (server, routes) in [
        ("sip.voip.example", vec![proxy, "<sip:sip.voip.example;lr>"]),
        ("192.0.2.2:5080", vec![proxy, "<sip:192.0.2.2:5080;lr>"]),
        ("voip.example:5080", vec![proxy, "<sip:voip.example:5080;lr>"]),
        // What the address says, and the proxy itself, need no hop of their own.
        ("VoIP.example", vec![proxy]),
        ("proxy.example:5070", vec![proxy]),
    ] {
        let mut world = through_the_proxy(both(server));
        assert_eq!(world.state(), Some(AccountState::Registered), "{server}");
        assert!(!world.asked.contains(&Query::Addresses("sip.voip.example".into())), "that is the proxy's business");
        call(&mut world);
        for (to, request) in requests(&world, &Method::Register).iter().chain(&requests(&world, &Method::Invite)) {
            assert_eq!((to.as_str(), request.headers.values("Route")), (PROXY, routes.clone()), "{server}");
        }
        let (_, register) = requests(&world, &Method::Register)[0];
        assert_eq!(register.uri().expect("a request").to_string(), "sip:voip.example", "{server}");
    }
}

#[test]
fn what_asks_whether_anybody_is_there_takes_the_same_way() {
    let mut world = with_a_proxy();
    world.servers.insert((Transport::Udp, server(PROXY)), Server { door: Entry::Open, talk: Talk::Registrar });
    world.servers.remove(&(Transport::Tls, server(PROXY)));
    let (outbound_proxy, server) = (Some(PROXY.into()), Some("sip.voip.example".into()));
    world.sign_in(AccountDraft { outbound_proxy, server, unencrypted_ok: true, ..draft() });
    assert_eq!(world.state(), Some(AccountState::Registered));
    let registers = requests(&world, &Method::Register);
    assert_eq!(registers.len(), 3, "the probe, and REGISTER twice");
    for (_, request) in registers {
        assert_eq!(request.headers.values("Route"), ["<sip:192.0.2.7:5070;lr>", "<sip:sip.voip.example;lr>"]);
    }
}

#[test]
fn an_empty_field_names_nothing() {
    for blank in ["", "  "] {
        let blank = || Some(blank.to_owned());
        let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
        world.sign_in(AccountDraft { outbound_proxy: blank(), auth_user: blank(), ..numeric(None) });
        assert_eq!(world.state(), Some(AccountState::Registered));
        assert_eq!(world.opened[0].1.addr, server("192.0.2.2:5061"), "the server that was named");
        assert_eq!(in_credentials(&world, "username"), ["anna"]);
        assert!(world.sent.iter().all(|(_, _, request)| request.headers.values("Route").is_empty()));
        let world = through_the_proxy(AccountDraft { outbound_proxy: Some(PROXY.into()), server: blank(), ..draft() });
        assert_eq!(world.state(), Some(AccountState::Registered));
    }
}

#[test]
fn a_proxy_or_a_server_that_is_no_host_is_refused_whichever_of_them_it_is() {
    for (proxy, behind) in [("pro xy", None), (PROXY, Some("ser ver")), ("pro xy", Some("192.0.2.2"))] {
        let (outbound_proxy, server) = (Some(proxy.to_owned()), behind.map(str::to_owned));
        let world = through_the_proxy(AccountDraft { outbound_proxy, server, ..draft() });
        assert_eq!(world.failure(), Some(ProblemKind::BadAddress), "{proxy} {behind:?}");
        assert!(world.opened.is_empty() && world.asked.is_empty());
    }
}

/// The payload types of the sound in a description, and what `a=rtpmap` says of them.
fn formats(message: &Message) -> (Vec<String>, Vec<String>) {
    let text = String::from_utf8_lossy(&message.body).into_owned();
    let sound = text.lines().find(|line| line.starts_with("m=audio ")).expect("a line for sound");
    let types = sound.split(' ').skip(3).map(str::to_owned).collect();
    let names = text.lines().filter_map(|line| line.strip_prefix("a=rtpmap:")?.split_once(' '));
    (types, names.map(|(_, name)| name.to_owned()).collect())
}

/// A line that takes every call at once, in these codecs only.
fn speaks_only(codecs: &[&str]) -> World {
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    let codecs = codecs.iter().map(|name| (*name).to_owned()).collect();
    world.sign_in(AccountDraft { codecs, auto_answer: true, ..numeric(None) });
    assert_eq!(world.state(), Some(AccountState::Registered));
    world
}

/// Opus, PCMU, PCMA, G.722 and digits, in this order, as a caller offers them.
const OFFERED: &str = "96 0 8 9 101\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:101 telephone-event/8000";

/// Somebody calls and offers sound in these formats: the response that is final.
fn is_called(world: &mut World, offered: &str) -> Message {
    let contact = world.bindings[0].split(['<', '>']).nth(1).expect("a contact").to_owned();
    let flow = world.flows.values().next().expect("a flow").clone();
    let body = format!(
        "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP {offered}\r\n"
    );
    let invite = Message::request(Method::Invite, Uri::parse(&contact).expect("an address"))
        .with("Via", "SIP/2.0/TLS 192.0.2.2;branch=z9hG4bKx")
        .with("From", "<sip:carl@voip.example>;tag=1")
        .with("To", "<sip:anna@voip.example>")
        .with("Call-ID", "incoming")
        .with("CSeq", "1 INVITE")
        .with("Contact", "<sip:carl@192.0.2.2>")
        .with_body("application/sdp", body);
    world.net_report(Report::Message(flow, invite.to_bytes()));
    world.responses.last().expect("an answer").clone()
}

#[test]
fn a_call_is_offered_in_the_codecs_of_the_line_in_their_order_and_in_no_other() {
    let offer = |codecs: &[&str]| {
        let mut world = speaks_only(codecs);
        call(&mut world);
        formats(requests(&world, &Method::Invite).first().expect("a call").1)
    };
    let owned = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
    let (types, names) = offer(&["PCMA"]);
    assert_eq!(types, ["8", "101"]);
    assert_eq!(names, owned(&["PCMA/8000", "telephone-event/8000"]));
    let (types, names) = offer(&["pcmu", "G722"]);
    assert_eq!(types, ["0", "9", "101"]);
    assert_eq!(names, owned(&["PCMU/8000", "G722/8000", "telephone-event/8000"]));
    let (types, _) = offer(&[]);
    assert_eq!(types[..4], owned(&["111", "9", "8", "0"]), "all, where none is named");
}

#[test]
fn a_call_is_taken_in_the_codec_that_the_line_has_whatever_the_caller_likes_better() {
    for (codecs, taken) in [(&["PCMA"][..], "8"), (&["G722"], "9"), (&["PCMU"], "0"), (&["opus"], "96"), (&[], "96")] {
        let mut world = speaks_only(codecs);
        let answer = is_called(&mut world, OFFERED);
        assert_eq!(answer.status(), Some(200), "{codecs:?}");
        let (types, _) = formats(&answer);
        assert_eq!(types.first().map(String::as_str), Some(taken), "{codecs:?}");
        if !codecs.is_empty() {
            let sounds: Vec<&String> = types.iter().filter(|it| it.as_str() != "101").collect();
            assert_eq!(sounds, [taken], "{codecs:?}: nothing else");
        }
    }
}

#[test]
fn a_caller_who_has_no_codec_of_the_line_is_refused_although_the_phone_has_it() {
    let pcmu = "0 101\r\na=rtpmap:101 telephone-event/8000";
    assert_eq!(is_called(&mut speaks_only(&["PCMA"]), pcmu).status(), Some(488));
    assert_eq!(is_called(&mut speaks_only(&["PCMU"]), pcmu).status(), Some(200));
}
