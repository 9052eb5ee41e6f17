//! Changes of the network, in namespaces: what is noticed, and what a flow looks like from behind a router.

use std::net::SocketAddr;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use ringfence::port::net::{Flow, NetError, Report, Transport};

use crate::net::{Side, options, target};
use crate::rig::nat::{CLIENT, Namespace, Nat, ROUTER, SERVER};

/// Runs `work` in the namespace, in a runtime such as the engine has.
fn within<T: Send + 'static, F: Future<Output = T>>(
    namespace: &Namespace,
    work: impl FnOnce() -> F + Send + 'static,
) -> std::thread::JoinHandle<T> {
    namespace.inside(|| tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work()))
}

#[test]
fn a_new_address_a_lost_one_and_a_new_default_route_are_noticed_and_nothing_else() {
    let machine = Namespace::new();
    machine.ip("link add one type veth peer name two");
    let (ready, wait_ready) = sync_channel(0);
    let (noticed, wait_noticed) = sync_channel(8);
    let watching = within(&machine, move || async move {
        let mut side = Side::start(options());
        // The transports subscribe as soon as the runtime gets to it.
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        ready.send(()).unwrap();
        for _ in 0..3 {
            noticed.send(side.report().await).unwrap();
        }
        // Had anything else been noticed, one of the three would still be to come.
        tokio::time::timeout(Duration::from_secs(1), side.report()).await.is_err()
    });
    wait_ready.recv().unwrap();
    let next = || wait_noticed.recv_timeout(Duration::from_secs(20)).unwrap();
    // A link alone, and a route to somewhere that is not the default, change nobody's address.
    machine.ip("link set two up");
    machine.ip("addr add 10.1.0.2/24 dev one");
    machine.ip("link set one up");
    assert_eq!(next(), Report::AddressesChanged);
    machine.ip("route add 10.9.0.0/16 via 10.1.0.1");
    machine.ip("route add default via 10.1.0.1");
    assert_eq!(next(), Report::AddressesChanged);
    machine.ip("addr del 10.1.0.2/24 dev one");
    assert_eq!(next(), Report::AddressesChanged);
    assert!(watching.join().unwrap(), "something else was noticed");
}

#[test]
fn off_line_there_is_no_route_and_soon_after_there_is() {
    let machine = Namespace::new();
    machine.ip("link add one type veth peer name two");
    let there: SocketAddr = "10.1.0.9:5060".parse().unwrap();
    let (off_line, wait_off_line) = sync_channel(0);
    let trying = within(&machine, move || async move {
        let mut side = Side::start(options());
        for transport in [Transport::Udp, Transport::Tcp] {
            assert_eq!(side.open(target(transport, there)).await, Err(NetError::Unreachable));
        }
        off_line.send(()).unwrap();
        assert_eq!(side.report().await, Report::AddressesChanged);
        side.open(target(Transport::Udp, there)).await.unwrap().local
    });
    wait_off_line.recv().unwrap();
    machine.ip("link set one up");
    machine.ip("link set two up");
    machine.ip("addr add 10.1.0.2/24 dev one");
    assert_eq!(trying.join().unwrap().ip(), "10.1.0.2".parse::<std::net::IpAddr>().unwrap());
}

/// Sends until the echo comes: the link may need a moment.
async fn echo(side: &mut Side, flow: &Flow, bytes: &[u8]) {
    loop {
        side.send(flow.id, bytes);
        match tokio::time::timeout(Duration::from_millis(200), side.report()).await {
            Ok(Report::Message(of, echo)) if echo == bytes => return assert_eq!(&of, flow),
            Ok(Report::Message(..)) | Err(_) => {}
            Ok(other) => panic!("{other:?}"),
        }
    }
}

#[test]
fn behind_a_router_the_server_sees_another_address_and_a_restart_changes_it() {
    let nat = Nat::new();
    let (seen, wait_seen) = sync_channel(1000);
    nat.server.inside(move || {
        let socket = std::net::UdpSocket::bind((SERVER, 5060)).unwrap();
        let mut buffer = [0; 100];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            if seen.send((buffer[..length].to_vec(), from)).is_err() {
                return;
            }
            socket.send_to(&buffer[..length], from).unwrap();
        }
    });
    let (answered, wait_answered) = sync_channel(0);
    let (go_on, wait_go_on) = sync_channel::<()>(0);
    let client = within(&nat.client, move || async move {
        let mut side = Side::start(options());
        let flow = side.open(target(Transport::Udp, SocketAddr::new(SERVER.parse().unwrap(), 5060))).await.unwrap();
        assert_eq!(flow.local.ip().to_string(), CLIENT);
        echo(&mut side, &flow, b"one").await;
        answered.send(()).unwrap();
        tokio::task::spawn_blocking(move || wait_go_on.recv().unwrap()).await.unwrap();
        echo(&mut side, &flow, b"two").await;
    });
    wait_answered.recv().unwrap();
    nat.restart_router();
    go_on.send(()).unwrap();
    client.join().unwrap();
    let source = |of: &[u8]| wait_seen.iter().find(|(bytes, _)| bytes == of).unwrap().1;
    let (before, after) = (source(b"one"), source(b"two"));
    assert_eq!(before.ip().to_string(), ROUTER);
    assert!((40_000..45_000).contains(&before.port()), "{before}");
    assert!((45_000..50_000).contains(&after.port()), "{after}");
}
