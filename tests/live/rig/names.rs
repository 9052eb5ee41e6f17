//! A name server of a test's own, over UDP and TCP on one port: a few records, and the ways in which servers fail.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UdpSocket};

const A: u16 = 1;
const AAAA: u16 = 28;
const SRV: u16 = 33;
const NAPTR: u16 = 35;

/// What is asked, in lower case without the final dot, and its answer.
pub type Record = (&'static str, Data);

/// One record, or a failure of its name.
#[derive(Clone)]
pub enum Data {
    Address(IpAddr),
    Srv {
        priority: u16,
        weight: u16,
        port: u16,
        target: &'static str,
    },
    Naptr {
        order: u16,
        preference: u16,
        flags: &'static str,
        service: &'static str,
        replacement: &'static str,
    },
    /// SERVFAIL.
    Broken,
    /// No answer at all.
    Silence,
}

impl Data {
    fn kind(&self) -> Option<u16> {
        match self {
            Data::Address(IpAddr::V4(_)) => Some(A),
            Data::Address(IpAddr::V6(_)) => Some(AAAA),
            Data::Srv { .. } => Some(SRV),
            Data::Naptr { .. } => Some(NAPTR),
            Data::Broken | Data::Silence => None,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let numbers = |list: &[u16]| list.iter().flat_map(|n| n.to_be_bytes()).collect::<Vec<u8>>();
        match self {
            Data::Address(IpAddr::V4(addr)) => addr.octets().to_vec(),
            Data::Address(IpAddr::V6(addr)) => addr.octets().to_vec(),
            Data::Srv { priority, weight, port, target } => {
                [numbers(&[*priority, *weight, *port]), name(target)].concat()
            }
            Data::Naptr { order, preference, flags, service, replacement } => {
                [numbers(&[*order, *preference]), text(flags), text(service), text(""), name(replacement)].concat()
            }
            Data::Broken | Data::Silence => Vec::new(),
        }
    }
}

fn text(text: &str) -> Vec<u8> {
    let mut bytes = vec![u8::try_from(text.len()).expect("short")];
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

fn name(dotted: &str) -> Vec<u8> {
    let mut bytes: Vec<u8> = dotted.split('.').filter(|label| !label.is_empty()).flat_map(text).collect();
    bytes.push(0);
    bytes
}

/// The answer to a query; `None` is silence. Over UDP, what is longer than 512 bytes is truncated (RFC 1035 §4.2.1).
fn answer(records: &[Record], query: &[u8], over_udp: bool) -> Option<Vec<u8>> {
    let mut labels = Vec::new();
    let mut at = 12;
    while query[at] != 0 {
        let length = usize::from(query[at]);
        labels.push(String::from_utf8_lossy(&query[at + 1..=at + length]).to_ascii_lowercase());
        at += length + 1;
    }
    let (asked, question) = (labels.join("."), &query[12..at + 5]);
    let kind = u16::from_be_bytes([query[at + 1], query[at + 2]]);
    let named: Vec<&Data> = records.iter().filter(|(name, _)| *name == asked).map(|(_, data)| data).collect();
    if named.iter().any(|data| matches!(data, Data::Silence)) {
        return None;
    }
    let broken = named.iter().any(|data| matches!(data, Data::Broken));
    let code: u16 = if broken {
        2
    } else if named.is_empty() {
        3
    } else {
        0
    };
    let rows: Vec<Vec<u8>> = named.iter().filter(|data| data.kind() == Some(kind)).map(|data| data.bytes()).collect();
    let head = |flags: u16, answers: usize| {
        let counts = [0x8180 | flags | code, 1, u16::try_from(answers).expect("few"), 0, 0];
        let counts = counts.iter().flat_map(|n| n.to_be_bytes()).collect::<Vec<u8>>();
        [&query[..2], &counts, question].concat()
    };
    let mut whole = head(0, rows.len());
    for row in &rows {
        // The name is a pointer to the question's; class IN, 60 s.
        whole.extend_from_slice(&[0xc0, 12]);
        whole.extend_from_slice(&kind.to_be_bytes());
        whole.extend_from_slice(&[0, 1, 0, 0, 0, 60]);
        whole.extend_from_slice(&u16::try_from(row.len()).expect("short").to_be_bytes());
        whole.extend_from_slice(row);
    }
    Some(if over_udp && whole.len() > 512 { head(0x0200, 0) } else { whole })
}

/// Serves until the runtime of the test ends.
pub async fn serve(records: Vec<Record>) -> SocketAddr {
    let (udp, tcp) = loop {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        if let Ok(tcp) = TcpListener::bind(udp.local_addr().expect("bound")).await {
            break (udp, tcp);
        }
    };
    let addr = udp.local_addr().expect("bound");
    let records = Arc::new(records);
    let for_tcp = Arc::clone(&records);
    tokio::spawn(async move {
        let mut buffer = [0; 2048];
        while let Ok((length, from)) = udp.recv_from(&mut buffer).await {
            if let Some(answer) = answer(&records, &buffer[..length], true) {
                udp.send_to(&answer, from).await.ok();
            }
        }
    });
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = tcp.accept().await {
            let records = Arc::clone(&for_tcp);
            tokio::spawn(async move {
                while let Ok(length) = stream.read_u16().await {
                    let mut query = vec![0; usize::from(length)];
                    stream.read_exact(&mut query).await.ok();
                    if let Some(answer) = answer(&records, &query, false) {
                        stream.write_u16(u16::try_from(answer.len()).expect("short")).await.ok();
                        stream.write_all(&answer).await.ok();
                    }
                }
            });
        }
    });
    addr
}
