//! RFC 3263 as a procedure: what is asked, and which candidates follow.

use ringfence::base::Entropy;
use ringfence::phone::locate::{Candidate, Locate, Missing, Wanted};
use ringfence::port::RequestId;
use ringfence::port::dns::{Answer, Naptr, Query, Srv};
use ringfence::port::net::Transport;

const ALL: [Transport; 3] = [Transport::Tls, Transport::Tcp, Transport::Udp];

fn wanted(host: &str, port: Option<u16>, transports: &[Transport]) -> Wanted {
    Wanted { host: host.into(), port, transports: transports.to_vec(), exact: false }
}

fn srv(priority: u16, weight: u16, port: u16, target: &str) -> Srv {
    Srv { priority, weight, port, target: target.into() }
}

fn naptr(order: u16, preference: u16, service: &str, flags: &str, replacement: &str) -> Naptr {
    Naptr { order, preference, service: service.into(), flags: flags.into(), replacement: replacement.into() }
}

fn addresses(list: &[&str]) -> Answer {
    Answer::Addresses(list.iter().map(|text| text.parse().unwrap()).collect())
}

/// Runs a search against a name service; gives what was asked and what was found.
fn search(wanted: Wanted, zone: impl Fn(&Query) -> Answer) -> (Vec<Query>, Result<Vec<Candidate>, Missing>) {
    let (mut locate, mut dice, mut asked) = (Locate::new(wanted), Entropy::from_number(5), Vec::new());
    let mut last = RequestId(0);
    loop {
        let queries = locate.ask(&mut last);
        assert!(asked.len() + queries.len() < 100, "it asks for ever");
        if queries.is_empty() {
            return (asked, locate.outcome(&mut dice).expect("nothing is awaited"));
        }
        for (id, query) in queries {
            assert!(locate.outcome(&mut dice).is_none(), "an answer is awaited");
            locate.answer(id, &zone(&query));
            asked.push(query);
        }
    }
}

/// `TLS 192.0.2.1:5061` and so on.
fn words(found: Result<Vec<Candidate>, Missing>) -> Vec<String> {
    let candidates = found.expect("candidates");
    candidates.iter().map(|candidate| format!("{} {}", candidate.transport.via(), candidate.addr)).collect()
}

#[test]
fn a_port_is_changed_to_the_other_kinds_usual_one_only_where_no_transport_was_named() {
    let usual = ["TLS 192.0.2.1:5061", "TCP 192.0.2.1:5060", "UDP 192.0.2.1:5060"];
    for port in [5060, 5061] {
        let open = wanted("192.0.2.1", Some(port), &ALL);
        assert_eq!(words(search(open, |_| Answer::NotFound).1), usual, "{port}");
        for transport in ALL {
            let named = Wanted { exact: true, ..wanted("192.0.2.1", Some(port), &[transport]) };
            let found = words(search(named, |_| Answer::NotFound).1);
            assert_eq!(found, [format!("{} 192.0.2.1:{port}", transport.via())]);
        }
    }
}

#[test]
fn an_address_is_tried_as_it_is_and_nothing_is_asked() {
    for (host, port, expected) in [
        ("192.0.2.1", None, ["TLS 192.0.2.1:5061", "TCP 192.0.2.1:5060", "UDP 192.0.2.1:5060"]),
        ("192.0.2.1", Some(7000), ["TLS 192.0.2.1:7000", "TCP 192.0.2.1:7000", "UDP 192.0.2.1:7000"]),
        ("[2001:db8::1]", None, ["TLS [2001:db8::1]:5061", "TCP [2001:db8::1]:5060", "UDP [2001:db8::1]:5060"]),
    ] {
        let (asked, found) = search(wanted(host, port, &ALL), |_| Answer::NotFound);
        assert_eq!((asked.len(), words(found)), (0, expected.map(String::from).to_vec()), "{host}");
    }
}

#[test]
fn a_port_that_was_named_leaves_naptr_and_srv_out() {
    let zone = |_: &Query| addresses(&["192.0.2.1", "2001:db8::1"]);
    let (asked, found) = search(wanted("sip.example.org", Some(6000), &[Transport::Tcp]), zone);
    assert_eq!(asked, [Query::Addresses("sip.example.org".into())]);
    assert_eq!(words(found), ["TCP 192.0.2.1:6000", "TCP [2001:db8::1]:6000"]);
}

#[test]
fn without_any_record_but_an_address_the_usual_ports_are_tried() {
    let zone = |query: &Query| match query {
        Query::Addresses(_) => addresses(&["192.0.2.1"]),
        Query::Naptr(_) | Query::Srv(_) => Answer::NotFound,
    };
    let (_, found) = search(wanted("example.org", None, &ALL), zone);
    assert_eq!(words(found), ["TLS 192.0.2.1:5061", "TCP 192.0.2.1:5060", "UDP 192.0.2.1:5060"]);
}

#[test]
fn every_error_but_the_last_counts_as_no_such_record() {
    let zone = |query: &Query| match query {
        Query::Addresses(_) => addresses(&["192.0.2.1"]),
        Query::Naptr(_) => Answer::Failed("SERVFAIL".into()),
        Query::Srv(_) => Answer::Failed("time-out".into()),
    };
    let (_, found) = search(wanted("example.org", None, &ALL), zone);
    assert_eq!(words(found).len(), 3);
}

#[test]
fn srv_rows_give_port_and_host_by_priority() {
    let zone = |query: &Query| match query {
        Query::Srv(name) if name == "_sips._tcp.example.org" => {
            Answer::Srv(vec![srv(20, 0, 5071, "b.example.org."), srv(10, 0, 5061, "a.example.org.")])
        }
        Query::Addresses(name) if name == "a.example.org" => addresses(&["192.0.2.1"]),
        Query::Addresses(name) if name == "b.example.org" => addresses(&["192.0.2.2"]),
        Query::Addresses(_) | Query::Srv(_) | Query::Naptr(_) => Answer::NotFound,
    };
    let (_, found) = search(wanted("example.org", None, &[Transport::Tls]), zone);
    assert_eq!(words(found), ["TLS 192.0.2.1:5061", "TLS 192.0.2.2:5071"]);
}

#[test]
fn naptr_names_the_srv_records_but_does_not_choose_the_weakest_transport() {
    let zone = |query: &Query| match query {
        Query::Naptr(_) => Answer::Naptr(vec![
            naptr(10, 10, "SIP+D2U", "s", "_sip._udp.elsewhere.net."),
            naptr(20, 10, "SIPS+D2T", "s", "_sips._tcp.elsewhere.net."),
            naptr(1, 1, "SIP+D2T", "u", "ignored.net."),
        ]),
        Query::Srv(name) if name == "_sip._udp.elsewhere.net" => Answer::Srv(vec![srv(1, 1, 5080, "u.elsewhere.net")]),
        Query::Srv(name) if name == "_sips._tcp.elsewhere.net" => Answer::Srv(vec![srv(1, 1, 5081, "s.elsewhere.net")]),
        Query::Addresses(name) if name == "u.elsewhere.net" => addresses(&["192.0.2.1"]),
        Query::Addresses(name) if name == "s.elsewhere.net" => addresses(&["192.0.2.2"]),
        Query::Addresses(_) | Query::Srv(_) => Answer::NotFound,
    };
    let (_, found) = search(wanted("example.org", None, &ALL), zone);
    let words = words(found);
    assert_eq!(words.first().map(String::as_str), Some("TLS 192.0.2.2:5081"), "a forged order cannot put UDP first");
    assert_eq!(words.last().map(String::as_str), Some("UDP 192.0.2.1:5080"));
}

#[test]
fn one_transport_alone_never_becomes_another() {
    let zone = |query: &Query| match query {
        Query::Naptr(_) => Answer::Naptr(vec![naptr(1, 1, "SIP+D2U", "s", "_sip._udp.example.org")]),
        Query::Srv(name) if name.starts_with("_sip._udp") => Answer::Srv(vec![srv(1, 1, 5060, "u.example.org")]),
        Query::Srv(_) => Answer::NotFound,
        Query::Addresses(_) => addresses(&["192.0.2.1"]),
    };
    let (asked, found) = search(wanted("example.org", None, &[Transport::Tls]), zone);
    assert!(found.expect("candidates").iter().all(|candidate| candidate.transport == Transport::Tls));
    assert!(!asked.iter().any(|query| matches!(query, Query::Srv(name) if name.contains("_udp"))));
}

#[test]
fn a_root_target_says_that_there_is_no_such_service() {
    let zone = |query: &Query| match query {
        Query::Srv(_) => Answer::Srv(vec![srv(0, 0, 0, ".")]),
        Query::Naptr(_) => Answer::NotFound,
        Query::Addresses(_) => addresses(&["192.0.2.1"]),
    };
    // What is left is the domain's own address: that costs one attempt, and is no downgrade.
    let (_, found) = search(wanted("example.org", None, &[Transport::Tls]), zone);
    assert_eq!(words(found), ["TLS 192.0.2.1:5061"]);
}

#[test]
fn no_such_name_and_no_name_service_are_told_apart() {
    let (_, found) = search(wanted("exmaple.org", None, &ALL), |_| Answer::NotFound);
    assert_eq!(found, Err(Missing::NoSuchName));
    let (_, found) = search(wanted("example.org", None, &ALL), |_| Answer::Failed("unreachable".into()));
    assert_eq!(found, Err(Missing::OffLine));
}

#[test]
fn weights_share_the_load_and_weight_zero_is_rare_but_possible() {
    let rows = || vec![srv(1, 0, 1, "z.example.org"), srv(1, 25, 2, "s.example.org"), srv(1, 75, 3, "l.example.org")];
    let (mut first, mut dice) = ([0_u32; 4], Entropy::from_number(9));
    for _ in 0..2000 {
        let mut locate = Locate::new(wanted("example.org", None, &[Transport::Udp]));
        let mut last = RequestId(0);
        loop {
            let queries = locate.ask(&mut last);
            if queries.is_empty() {
                break;
            }
            for (id, query) in queries {
                let answer = match &query {
                    Query::Srv(_) => Answer::Srv(rows()),
                    Query::Addresses(_) => addresses(&["192.0.2.1"]),
                    Query::Naptr(_) => Answer::NotFound,
                };
                locate.answer(id, &answer);
            }
        }
        let found = locate.outcome(&mut dice).expect("an outcome").expect("candidates");
        assert_eq!(found.len(), 3);
        first[usize::from(found[0].addr.port())] += 1;
    }
    assert!((1400..1600).contains(&first[3]), "{first:?}");
    assert!((400..600).contains(&first[2]), "{first:?}");
    assert!((1..100).contains(&first[1]), "{first:?}");
}

#[test]
fn a_thousand_rows_are_not_followed() {
    let zone = |query: &Query| match query {
        Query::Naptr(_) => Answer::Naptr(
            (0..1000).map(|n| naptr(n, 0, "SIPS+D2T", "s", &format!("_sips._tcp.n{n}.example.org"))).collect(),
        ),
        Query::Srv(name) => {
            Answer::Srv((0..1000).map(|n| srv(n, 0, 5061, &format!("h{n}.{}", name.replace('_', "")))).collect())
        }
        Query::Addresses(_) => Answer::Addresses(vec!["192.0.2.1".parse().unwrap(); 1000]),
    };
    let (asked, found) = search(wanted("example.org", None, &[Transport::Tls]), zone);
    assert!(asked.len() < 100 && found.expect("candidates").len() < 1000, "{}", asked.len());
}
