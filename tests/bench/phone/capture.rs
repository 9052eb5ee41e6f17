//! What was on the wire, and when: tcpdump on loopback, read back.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use crate::rig::{Daemon, Scratch, wait_until};

/// One UDP datagram.
pub struct Datagram {
    /// Seconds since the Unix epoch.
    pub at: f64,
    pub from: SocketAddr,
    pub to: SocketAddr,
    pub payload: Vec<u8>,
}

impl Datagram {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.payload).into_owned()
    }

    /// The value of a SIP header (long form).
    pub fn header(&self, name: &str) -> Option<String> {
        self.text().lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':').map(|v| v.trim().to_owned()))
    }

    /// RTP version 2 with a payload type below 128 that is no RTCP packet type.
    pub fn is_rtp(&self) -> bool {
        self.payload.len() > 12 && self.payload[0] >> 6 == 2 && !(72..=78).contains(&(self.payload[1] & 127))
    }
}

/// A running capture.
pub struct Capture {
    daemon: Daemon,
    file: PathBuf,
}

impl Capture {
    pub fn start(scratch: &Scratch) -> Capture {
        let folder = scratch.folder("capture");
        let file = folder.join("lo.pcap");
        let mut command = Command::new("tcpdump");
        command
            .args([
                "-i",
                "lo",
                "-U",
                "-n",
                "-s",
                "2048",
                "-B",
                "16384",
                "--immediate-mode",
                "--time-stamp-precision=nano",
                "-Z",
                "root",
                "-w",
            ])
            .arg(&file)
            .arg("udp");
        let daemon = Daemon::spawn("tcpdump", command, &folder);
        daemon.wait_for_log("listening on");
        Capture { daemon, file }
    }

    /// Ends it and reads what it has seen.
    pub fn stop(self) -> Vec<Datagram> {
        self.daemon.signal(rustix::process::Signal::INT);
        wait_until("tcpdump has ended", || self.daemon.log().contains("packets captured"));
        let bytes = std::fs::read(&self.file).expect("a capture");
        parse(&bytes)
    }
}

/// Classic pcap with nanoseconds, Ethernet (as Linux's loopback has it), IPv4, UDP.
fn parse(bytes: &[u8]) -> Vec<Datagram> {
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    assert_eq!(word(0), 0xa1b2_3c4d, "pcap with nanoseconds");
    let (mut at, mut datagrams) = (24, Vec::new());
    while at + 16 <= bytes.len() {
        let (seconds, nanos, length) = (word(at), word(at + 4), word(at + 8) as usize);
        let Some(frame) = bytes.get(at + 16..at + 16 + length) else { break };
        at += 16 + length;
        if frame.len() < 42 || frame[12..14] != [8, 0] || frame[23] != 17 {
            continue;
        }
        let ip = &frame[14..];
        let udp = &ip[usize::from(ip[0] & 15) * 4..];
        let port = |n: usize| u16::from_be_bytes([udp[n], udp[n + 1]]);
        let address = |n: usize, port: u16| SocketAddr::from(([ip[n], ip[n + 1], ip[n + 2], ip[n + 3]], port));
        datagrams.push(Datagram {
            at: f64::from(seconds) + f64::from(nanos) / 1e9,
            from: address(12, port(0)),
            to: address(16, port(2)),
            payload: udp[8..].to_vec(),
        });
    }
    datagrams
}
