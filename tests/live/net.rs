//! Flows over real sockets: UDP up to 64 KiB, TCP framing and keep-alive, who may be strangers, how flows end.

use std::net::SocketAddr;
use std::time::Duration;

use ringfence::base::AccountId;
use ringfence::io::connect_to::Rules;
use ringfence::io::net::{Net, Options};
use ringfence::io::tls::Trust;
use ringfence::port::RequestId;
use ringfence::port::net::{Flow, FlowId, NetError, Order, Report, Target, Transport};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::mpsc;

const BOUND: Duration = Duration::from_secs(20);

/// Transports and their reports.
pub struct Side {
    pub net: Net,
    reports: mpsc::Receiver<Report>,
}

impl Side {
    pub fn start(options: Options) -> Side {
        let (sender, reports) = mpsc::channel(64);
        Side { net: Net::start(options, sender).unwrap(), reports }
    }

    pub async fn report(&mut self) -> Report {
        tokio::time::timeout(BOUND, self.reports.recv()).await.expect("a report in time").expect("a report")
    }

    pub async fn open(&mut self, target: Target) -> Result<Flow, NetError> {
        self.net.perform(Order::Open(target.clone()));
        match self.report().await {
            Report::Opened(of, flow) => {
                assert_eq!(of, target);
                Ok(flow)
            }
            Report::OpenFailed(of, why) => {
                assert_eq!(of, target);
                Err(why)
            }
            other => panic!("{other:?}"),
        }
    }

    async fn message(&mut self) -> (Flow, Vec<u8>) {
        match self.report().await {
            Report::Message(flow, bytes) => (flow, bytes),
            other => panic!("{other:?}"),
        }
    }

    pub fn send(&mut self, flow: FlowId, bytes: &[u8]) {
        self.net.perform(Order::Send { flow, to: None, bytes: bytes.to_vec() });
    }
}

pub fn options() -> Options {
    Options { bind: None, trust: Trust::new(None), connect_to: Rules::default() }
}

fn listening() -> Options {
    Options { bind: Some(([127, 0, 0, 1], 0).into()), ..options() }
}

pub fn target(transport: Transport, addr: SocketAddr) -> Target {
    Target { transport, addr, tls_name: None, account: Some(AccountId(1)), pin: None, attempt: RequestId(1) }
}

fn sip(body: usize) -> Vec<u8> {
    let head = format!(
        "OPTIONS sip:a@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKa\r\nFrom: <sip:b@c>;tag=1\r\n\
         To: <sip:a@127.0.0.1>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Type: text/plain\r\nContent-Length : {body}\r\n\r\n"
    );
    let mut bytes = head.into_bytes();
    bytes.resize(bytes.len() + body, b'x');
    bytes
}

#[tokio::test]
async fn udp_carries_datagrams_of_64_kib_both_ways_and_knows_its_own_address() {
    let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let remote = server.local_addr().unwrap();
    let mut side = Side::start(options());
    let flow = side.open(target(Transport::Udp, remote)).await.unwrap();
    assert_eq!((flow.remote, flow.account, &flow.tls), (remote, Some(AccountId(1)), &None));
    let big = vec![b'y'; 65_507];
    side.send(flow.id, &big);
    let mut buffer = vec![0; 70_000];
    let (length, from) = server.recv_from(&mut buffer).await.unwrap();
    assert_eq!(&buffer[..length], &big);
    assert_eq!(from, flow.local, "what Via says is what the other end sees");
    server.send_to(&big, from).await.unwrap();
    assert_eq!(side.message().await, (flow, big));
}

#[tokio::test]
async fn after_the_last_udp_flow_is_closed_the_next_one_comes_from_another_port() {
    let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let other = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut side = Side::start(options());
    let first = side.open(target(Transport::Udp, server.local_addr().unwrap())).await.unwrap();
    let second = side.open(target(Transport::Udp, other.local_addr().unwrap())).await.unwrap();
    assert_eq!(first.local, second.local, "one socket for all");
    side.net.perform(Order::Close(first.id));
    let third = side.open(target(Transport::Udp, server.local_addr().unwrap())).await.unwrap();
    assert_eq!(third.local, second.local, "still in use");
    // A stranger's flow keeps no socket open.
    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    stranger.send_to(b"hello", second.local).await.unwrap();
    assert_eq!(side.message().await.0.account, None);
    side.net.perform(Order::Close(second.id));
    side.net.perform(Order::Close(third.id));
    let fourth = side.open(target(Transport::Udp, server.local_addr().unwrap())).await.unwrap();
    assert_ne!(fourth.local.port(), first.local.port());
    side.send(fourth.id, b"here");
    let mut buffer = [0; 16];
    let (length, from) = server.recv_from(&mut buffer).await.unwrap();
    assert_eq!((&buffer[..length], from), (b"here".as_slice(), fourth.local));
    server.send_to(b"there", from).await.unwrap();
    assert_eq!(side.message().await, (fourth, b"there".to_vec()));
}

#[tokio::test]
async fn a_port_that_was_asked_for_is_kept() {
    let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut side = Side::start(listening());
    let first = side.open(target(Transport::Udp, server.local_addr().unwrap())).await.unwrap();
    side.net.perform(Order::Close(first.id));
    let second = side.open(target(Transport::Udp, server.local_addr().unwrap())).await.unwrap();
    assert_eq!(second.local, first.local);
}

#[tokio::test]
async fn udp_keep_alives_of_the_other_end_are_not_messages() {
    let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut side = Side::start(options());
    let flow = side.open(target(Transport::Udp, server.local_addr().unwrap())).await.unwrap();
    for blank in [b"\r\n\r\n".as_slice(), b"\0\0\0\0", b"", b"\r\n"] {
        server.send_to(blank, flow.local).await.unwrap();
    }
    server.send_to(b"real", flow.local).await.unwrap();
    assert_eq!(side.message().await, (flow.clone(), b"real".to_vec()));
    side.net.perform(Order::KeepAlive(flow.id));
    let mut buffer = [0; 16];
    let length = server.recv(&mut buffer).await.unwrap();
    assert_eq!(&buffer[..length], b"\r\n");
}

#[tokio::test]
async fn strangers_over_udp_get_a_flow_each_and_only_so_many_are_remembered() {
    let mut side = Side::start(listening());
    let here = side.net.listening().unwrap();
    let first = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    first.send_to(b"one", here).await.unwrap();
    let (flow, _) = side.message().await;
    assert_eq!((flow.account, flow.remote, flow.local), (None, first.local_addr().unwrap(), here));
    first.send_to(b"two", here).await.unwrap();
    assert_eq!(side.message().await.0, flow, "the same stranger has the same flow");
    let (mut last, mut open) = (flow.clone(), Vec::new());
    for _ in 0..256 {
        let other = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        other.send_to(b"other", here).await.unwrap();
        last = side.message().await.0;
        open.push(other);
    }
    side.send(last.id, b"still known");
    side.send(flow.id, b"forgotten");
    assert_eq!(side.report().await, Report::Closed(flow.id, NetError::Closed));
}

#[tokio::test]
async fn responses_may_go_elsewhere_over_udp() {
    let (asks, elsewhere) =
        (UdpSocket::bind("127.0.0.1:0").await.unwrap(), UdpSocket::bind("127.0.0.1:0").await.unwrap());
    let mut side = Side::start(listening());
    asks.send_to(b"request", side.net.listening().unwrap()).await.unwrap();
    let (flow, _) = side.message().await;
    let to = Some(elsewhere.local_addr().unwrap());
    side.net.perform(Order::Send { flow: flow.id, to, bytes: b"response".to_vec() });
    let mut buffer = [0; 16];
    let length = elsewhere.recv(&mut buffer).await.unwrap();
    assert_eq!(&buffer[..length], b"response");
}

#[tokio::test]
async fn two_accounts_at_one_server_have_two_flows_and_closing_one_keeps_the_other() {
    let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let remote = server.local_addr().unwrap();
    let mut side = Side::start(options());
    let one = side.open(target(Transport::Udp, remote)).await.unwrap();
    let two = side.open(Target { account: Some(AccountId(2)), ..target(Transport::Udp, remote) }).await.unwrap();
    assert_ne!(one.id, two.id);
    side.net.perform(Order::Close(two.id));
    server.send_to(b"hello", one.local).await.unwrap();
    assert_eq!(side.message().await.0, one);
}

#[tokio::test]
async fn tcp_is_framed_whatever_the_pieces_and_goes_on_after_a_malformed_message() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut side = Side::start(options());
    let flow = side.open(target(Transport::Tcp, listener.local_addr().unwrap())).await.unwrap();
    let (mut server, from) = listener.accept().await.unwrap();
    assert_eq!(from, flow.local);
    let bad = b"OPTIONS sip:a@b SIP/2.0\r\nno colon here\r\nContent-Length: 3\r\n\r\nabc".to_vec();
    let stream = [sip(5000), bad.clone(), sip(0), sip(7)].concat();
    for piece in stream.chunks(611) {
        server.write_all(piece).await.unwrap();
        server.flush().await.unwrap();
    }
    assert_eq!(side.message().await.1, sip(5000));
    assert_eq!(side.report().await, Report::Malformed(flow.clone(), bad));
    assert_eq!(side.message().await.1, sip(0));
    assert_eq!(side.message().await.1, sip(7));
    server.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
    assert!(matches!(side.report().await, Report::Closed(id, NetError::Other(_)) if id == flow.id));
}

#[tokio::test]
async fn pings_are_answered_and_pongs_reported() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut side = Side::start(options());
    let flow = side.open(target(Transport::Tcp, listener.local_addr().unwrap())).await.unwrap();
    let (mut server, _) = listener.accept().await.unwrap();
    side.net.perform(Order::KeepAlive(flow.id));
    let mut four = [0; 4];
    server.read_exact(&mut four).await.unwrap();
    assert_eq!(&four, b"\r\n\r\n");
    server.write_all(b"\r\n").await.unwrap();
    assert_eq!(side.report().await, Report::Pong(flow.id));
    server.write_all(b"\r\n\r\n").await.unwrap();
    let mut two = [0; 2];
    server.read_exact(&mut two).await.unwrap();
    assert_eq!(&two, b"\r\n");
}

#[tokio::test]
async fn the_end_of_a_connection_is_reported_once_and_our_own_end_never() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut side = Side::start(options());
    let ours = side.open(target(Transport::Tcp, listener.local_addr().unwrap())).await.unwrap();
    let (mut server, _) = listener.accept().await.unwrap();
    side.send(ours.id, b"BYE");
    side.net.perform(Order::Close(ours.id));
    let mut all = Vec::new();
    server.read_to_end(&mut all).await.unwrap();
    assert_eq!(all, b"BYE", "what was sent before closing still leaves");
    let theirs = side.open(target(Transport::Tcp, listener.local_addr().unwrap())).await.unwrap();
    drop(listener.accept().await.unwrap());
    assert_eq!(side.report().await, Report::Closed(theirs.id, NetError::Closed));
    side.send(theirs.id, b"late");
    assert_eq!(side.report().await, Report::Closed(theirs.id, NetError::Closed));
}

#[tokio::test]
async fn strangers_over_tcp_are_taken_where_we_listen_up_to_a_limit() {
    let mut side = Side::start(listening());
    let here = side.net.listening().unwrap();
    let mut held = Vec::new();
    for _ in 0..32 {
        let mut stream = TcpStream::connect(here).await.unwrap();
        stream.write_all(&sip(0)).await.unwrap();
        let (flow, bytes) = side.message().await;
        assert_eq!((flow.transport, flow.account, flow.remote), (Transport::Tcp, None, stream.local_addr().unwrap()));
        assert_eq!(bytes, sip(0));
        held.push((stream, flow));
    }
    let mut refused = TcpStream::connect(here).await.unwrap();
    assert!(matches!(refused.read(&mut [0; 1]).await, Ok(0) | Err(_)), "one too many");
    let (stream, flow) = held.remove(0);
    drop(stream);
    assert_eq!(side.report().await, Report::Closed(flow.id, NetError::Closed));
    let mut taken = TcpStream::connect(here).await.unwrap();
    taken.write_all(&sip(0)).await.unwrap();
    side.message().await;
}

#[tokio::test]
async fn closing_lets_the_last_messages_leave() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut side = Side::start(options());
    let flow = side.open(target(Transport::Tcp, listener.local_addr().unwrap())).await.unwrap();
    let (mut server, _) = listener.accept().await.unwrap();
    let last = sip(60_000);
    side.send(flow.id, &last);
    side.net.close().await;
    let mut all = Vec::new();
    server.read_to_end(&mut all).await.unwrap();
    assert_eq!(all, last);
}

#[tokio::test]
async fn a_closed_port_is_refused_and_a_taken_one_cannot_be_bound() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut side = Side::start(options());
    assert_eq!(side.open(target(Transport::Tcp, free)).await, Err(NetError::Refused));
    let taken = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let (sender, _reports) = mpsc::channel(1);
    let taken = Options { bind: Some(taken.local_addr().unwrap()), ..options() };
    assert!(matches!(Net::start(taken, sender), Err(NetError::Other(_))));
}

#[tokio::test]
async fn connect_to_leads_elsewhere_and_the_flow_says_where() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let real = listener.local_addr().unwrap();
    let rules = Rules::new(vec![format!("voip.example:5060:{real}").parse().unwrap()]);
    let mut side = Side::start(Options { connect_to: rules, ..options() });
    let wanted =
        Target { tls_name: Some("voip.example".into()), ..target(Transport::Tcp, "192.0.2.1:5060".parse().unwrap()) };
    assert_eq!(side.open(wanted).await.unwrap().remote, real);
}

#[tokio::test]
async fn a_message_that_nobody_can_carry_ends_its_flow() {
    let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut side = Side::start(options());
    let flow = side.open(target(Transport::Udp, server.local_addr().unwrap())).await.unwrap();
    side.send(flow.id, &vec![0; 65_508]);
    assert!(matches!(side.report().await, Report::Closed(id, NetError::Other(_)) if id == flow.id));
}
