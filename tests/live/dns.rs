//! The three look-ups of RFC 3263 against a name server of the test's own, with the ways in which servers fail.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use ringfence::io::connect_to::Rules;
use ringfence::io::dns::Dns;
use ringfence::port::RequestId;
use ringfence::port::dns::{Answer, Naptr, Query, Srv};

use crate::rig::names::{Data, serve};

async fn ask(server: Option<SocketAddr>, query: Query) -> Answer {
    let (sender, mut answers) = tokio::sync::mpsc::channel(4);
    Dns::new(server, Rules::default(), sender).perform(RequestId(7), query);
    let (of, answer) = tokio::time::timeout(Duration::from_secs(20), answers.recv()).await.unwrap().unwrap();
    assert_eq!(of, RequestId(7));
    answer
}

fn address(text: &str) -> Data {
    Data::Address(text.parse().unwrap())
}

#[tokio::test]
async fn naptr_srv_and_addresses_are_found() {
    let naptr = |order, service, replacement| Data::Naptr { order, preference: 50, flags: "s", service, replacement };
    let server = serve(vec![
        ("voip.example", naptr(20, "SIP+D2U", "_sip._udp.voip.example")),
        ("voip.example", naptr(10, "SIPS+D2T", "_sips._tcp.voip.example")),
        ("_sips._tcp.voip.example", Data::Srv { priority: 1, weight: 7, port: 5061, target: "one.voip.example" }),
        ("one.voip.example", address("2001:db8::1")),
        ("one.voip.example", address("127.0.0.3")),
        ("one.voip.example", address("127.0.0.2")),
    ])
    .await;
    let found = ask(Some(server), Query::Naptr("voip.example".into())).await;
    let row = |order, service: &str, replacement: &str| Naptr {
        order,
        preference: 50,
        service: service.into(),
        flags: "s".into(),
        replacement: replacement.into(),
    };
    let Answer::Naptr(mut rows) = found else { panic!("{found:?}") };
    rows.sort_by_key(|row| row.order);
    let expected = [row(10, "SIPS+D2T", "_sips._tcp.voip.example"), row(20, "SIP+D2U", "_sip._udp.voip.example")];
    assert_eq!(rows, expected);
    let found = ask(Some(server), Query::Srv("_sips._tcp.voip.example".into())).await;
    let expected = Srv { priority: 1, weight: 7, port: 5061, target: "one.voip.example".into() };
    assert_eq!(found, Answer::Srv(vec![expected]));
    let found = ask(Some(server), Query::Addresses("one.voip.example".into())).await;
    let Answer::Addresses(addrs) = found else { panic!("{found:?}") };
    assert_eq!(addrs.len(), 3);
    assert!(addrs[..2].iter().all(std::net::IpAddr::is_ipv4) && addrs[2].is_ipv6(), "{addrs:?}");
}

#[tokio::test]
async fn what_does_not_exist_is_told_from_what_failed() {
    let server = serve(vec![("voip.example", address("127.0.0.2")), ("broken.example", Data::Broken)]).await;
    let queries = |name: &str| [Query::Naptr(name.into()), Query::Srv(name.into()), Query::Addresses(name.into())];
    for query in queries("absent.example") {
        assert_eq!(ask(Some(server), query).await, Answer::NotFound, "NXDOMAIN");
    }
    assert_eq!(ask(Some(server), Query::Srv("voip.example".into())).await, Answer::NotFound, "no such records");
    for query in queries("broken.example") {
        let answer = ask(Some(server), query).await;
        assert!(matches!(answer, Answer::Failed(_)), "SERVFAIL: {answer:?}");
    }
    assert_eq!(ask(Some(server), Query::Addresses("..".into())).await, Answer::NotFound, "no name at all");
}

#[tokio::test]
async fn a_server_that_is_silent_or_absent_has_failed_after_two_seconds() {
    let silent = serve(vec![("voip.example", Data::Silence)]).await;
    let absent = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for server in [silent, absent] {
        let began = Instant::now();
        let answer = ask(Some(server), Query::Naptr("voip.example".into())).await;
        assert!(matches!(answer, Answer::Failed(_)), "{answer:?}");
        assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    }
}

#[tokio::test]
async fn an_answer_too_long_for_udp_comes_over_tcp() {
    let srv = |port| {
        ("_sip._udp.voip.example", Data::Srv { priority: 0, weight: 0, port, target: "a-long-name.voip.example" })
    };
    let server = serve((5000..5040).map(srv).collect()).await;
    let answer = ask(Some(server), Query::Srv("_sip._udp.voip.example".into())).await;
    assert!(matches!(&answer, Answer::Srv(rows) if rows.len() == 40), "{answer:?}");
}

#[tokio::test]
async fn the_systems_own_names_are_known_without_a_name_server() {
    let answer = ask(None, Query::Addresses("localhost".into())).await;
    assert!(matches!(&answer, Answer::Addresses(addrs) if addrs.iter().all(|addr| addr.is_loopback())), "{answer:?}");
}
