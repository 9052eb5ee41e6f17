//! A request that no datagram should carry (RFC 3261 §18.1.1), on real sockets.

use std::io::Read as _;
use std::net::{TcpListener, UdpSocket};

use ringfence::sip::{Message, Method};
use serde_json::json;

use crate::rig::Scratch;
use crate::rig::agent::{Agent, BOUND};

/// An agent on a line by UDP without registration or password, that calls somebody with a very long name at `port`.
fn caller(scratch: &Scratch, port: u16) -> Agent {
    let mut agent = Agent::start(scratch, "caller", &["--bind", "127.0.0.1:0"]);
    agent.ok(json!({
        "do": "sign_in", "address": "anna@voip.example", "register": false,
        "server": format!("127.0.0.1:{port}"), "transport": "udp",
    }));
    agent.ok(json!({"do": "call", "account": 1, "to": "b".repeat(250)}));
    agent
}

fn is_the_invite(bytes: &[u8], transport: &str) -> bool {
    let invite = Message::parse(bytes).expect("a whole message");
    bytes.len() > 1300
        && invite.method() == Some(&Method::Invite)
        && invite.via().is_some_and(|via| via.transport == transport)
        && invite.has_sdp()
}

#[test]
fn a_large_invite_of_a_udp_line_comes_by_tcp_and_its_answer_is_taken_from_there() {
    let scratch = Scratch::new();
    let datagrams = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let port = datagrams.local_addr().expect("bound").port();
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("the same port by TCP");
    let mut agent = caller(&scratch, port);
    let (mut stream, _) = listener.accept().expect("a connection");
    stream.set_read_timeout(Some(BOUND)).expect("a bound");
    let mut bytes = Vec::new();
    while Message::parse(&bytes).is_err() {
        let mut piece = [0; 4096];
        let count = stream.read(&mut piece).expect("more of the INVITE");
        assert!(count > 0, "closed in the middle of the INVITE");
        bytes.extend_from_slice(&piece[..count]);
    }
    assert!(is_the_invite(&bytes, "TCP"));
    let invite = Message::parse(&bytes).expect("the INVITE");
    let busy = Message::response_to(&invite, 486, "", Some("b"));
    std::io::Write::write_all(&mut stream, &busy.to_bytes()).expect("answered");
    let ended = agent.call("ended");
    assert_eq!(ended["reason"]["code"], "busy", "{ended}");
    let mut piece = [0; 4096];
    let count = stream.read(&mut piece).expect("the ACK");
    assert!(piece[..count].starts_with(b"ACK "));
    datagrams.set_nonblocking(true).expect("a socket");
    assert!(datagrams.recv(&mut piece).is_err(), "nothing of it went by UDP");
}

#[test]
fn a_large_invite_comes_in_fragments_where_nobody_listens_by_tcp() {
    let scratch = Scratch::new();
    let datagrams = UdpSocket::bind("127.0.0.1:0").expect("a port");
    datagrams.set_read_timeout(Some(BOUND)).expect("a bound");
    let agent = caller(&scratch, datagrams.local_addr().expect("bound").port());
    let mut bytes = vec![0; 65_535];
    let count = datagrams.recv(&mut bytes).expect("the INVITE");
    assert!(is_the_invite(&bytes[..count], "UDP"));
    drop(agent);
}
