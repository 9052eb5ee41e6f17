//! Ports for daemons that must be told theirs before they bind it.
//!
//! A port that the kernel picked and that was closed again may be picked for somebody else, as the local end of any
//! connection, before the daemon gets to it. So these come from outside the kernel's own range, and from a block that
//! this process alone holds: its first port stays bound for as long as the process lives.

use std::net::{TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

/// Ports in a block. A run of all tests asks for about 500.
const BLOCK: u16 = 2048;
/// The first block. Services that a machine may have of its own are below.
const LOWEST: u16 = 16_384;

/// What this process holds: the listener on the block's first port, and what is handed out next.
struct Block {
    _held: TcpListener,
    first: u16,
    next: AtomicU16,
}

static MINE: LazyLock<Block> = LazyLock::new(|| {
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let mut ends = range.split_whitespace().filter_map(|end| end.parse::<u16>().ok());
    let (low, high) = (ends.next().unwrap_or(32_768), ends.next().unwrap_or(60_999));
    let outside = |first: &u16| first.checked_add(BLOCK - 1).is_some_and(|last| last < low || *first > high);
    let held = (LOWEST..=u16::MAX - BLOCK)
        .step_by(usize::from(BLOCK))
        .filter(outside)
        .find_map(|first| Some((first, TcpListener::bind(("127.0.0.1", first)).ok()?)));
    let (first, held) = held.expect("a block of ports outside the kernel's own range");
    Block { _held: held, first, next: AtomicU16::new(0) }
});

/// A port that is free for UDP and TCP on loopback, and the next one too (baresip takes it for TLS). No two calls give
/// the same one before the whole block went round.
pub fn free_port() -> u16 {
    // One at a time: two that try the same port would each find it taken by the other.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for _ in 0..BLOCK / 2 {
        let pair = MINE.next.fetch_add(2, Ordering::Relaxed) % (BLOCK - 2);
        let port = MINE.first + 2 + pair;
        if [port, port + 1].iter().all(|port| {
            TcpListener::bind(("127.0.0.1", *port)).is_ok() && UdpSocket::bind(("127.0.0.1", *port)).is_ok()
        }) {
            return port;
        }
    }
    panic!("every port from {} is taken", MINE.first);
}
