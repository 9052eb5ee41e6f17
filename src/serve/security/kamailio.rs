//! A Kamailio's registrations, through the datagram socket of its `jsonrpcs` module: `ul.lookup`, `ul.rm_contact`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::UdpSocket;

use super::ledger::LedgerError;
use crate::base::WallTime;
use crate::io::clock::wall;
use crate::io::datagram;
use crate::provider_api::Stamp;
use crate::provider_api::sessions::Registration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// The longest answer.
const LONGEST: usize = 65_535;

/// Where `jsonrpcs` listens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Socket {
    /// `modparam("jsonrpcs", "dgram_socket", "/run/…")`
    Unix(PathBuf),
    /// `modparam("jsonrpcs", "dgram_socket", "udp:127.0.0.1:…")`
    Udp(SocketAddr),
}

impl Socket {
    /// Reads `unix:PATH` or `udp:ADDRESS:PORT`; what does not suit comes back in words.
    pub(super) fn parse(text: &str) -> Result<Socket, &'static str> {
        match text.split_once(':') {
            Some(("unix", _)) if !datagram::EXISTS => Err("this system has no such sockets, use udp:ADDRESS:PORT"),
            Some(("unix", path)) => Ok(Socket::Unix(PathBuf::from(path))),
            Some(("udp", addr)) => match addr.parse::<SocketAddr>() {
                Ok(addr) if addr.ip().is_loopback() => Ok(Socket::Udp(addr)),
                Ok(_) | Err(_) => Err("udp:ADDRESS:PORT of this machine"),
            },
            Some(_) | None => Err("unix:PATH or udp:ADDRESS:PORT"),
        }
    }
}

/// A Kamailio's location service.
#[derive(Clone, Debug)]
pub(crate) struct Kamailio {
    pub(super) socket: Socket,
    /// `modparam("registrar", "use_domain", …)` and the like: whether records are kept by `user@domain`.
    pub(super) domain: Option<String>,
}

/// One contact of a record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Contact {
    pub(super) address: String,
    pub(super) shown: Registration,
}

impl Kamailio {
    pub(super) async fn list(&self, user: &str) -> Result<Vec<Contact>, LedgerError> {
        let answer = self.call("ul.lookup", &["location", &self.record(user)]).await?;
        if answer.get("error").is_some() {
            // 404: nobody is registered. Kamailio has no other error for a record that it is asked for.
            return Ok(Vec::new());
        }
        let contacts = answer.pointer("/result/Contacts").and_then(Value::as_array);
        let now = wall();
        Ok(contacts.into_iter().flatten().filter_map(|row| contact(row, now)).collect())
    }

    pub(super) async fn remove(&self, user: &str, address: &str) -> Result<(), LedgerError> {
        let answer = self.call("ul.rm_contact", &["location", &self.record(user), address]).await?;
        match answer.pointer("/error/message").and_then(Value::as_str) {
            None => Ok(()),
            Some(words) => Err(LedgerError(format!("Kamailio does not end a registration: {words}"))),
        }
    }

    fn record(&self, user: &str) -> String {
        self.domain.as_ref().map_or_else(|| user.to_owned(), |domain| format!("{user}@{domain}"))
    }

    async fn call(&self, method: &str, params: &[&str]) -> Result<Value, LedgerError> {
        let request = json!({"jsonrpc": "2.0", "method": method, "params": params, "id": 1}).to_string();
        let exchange = async {
            match &self.socket {
                Socket::Unix(path) => datagram::ask(path, request.as_bytes(), LONGEST).await,
                Socket::Udp(addr) => through_udp(*addr, request.as_bytes()).await,
            }
        };
        let answer = tokio::time::timeout(PATIENCE, exchange).await;
        let answer = answer.map_err(|_| LedgerError(format!("Kamailio does not answer {method}")))?;
        let answer = answer.map_err(|error| LedgerError(format!("Kamailio's RPC socket: {error}")))?;
        serde_json::from_slice(&answer).map_err(|_| LedgerError(format!("Kamailio's answer to {method} is no JSON")))
    }
}

async fn through_udp(addr: SocketAddr, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let here = if addr.is_ipv4() { "127.0.0.1:0" } else { "[::1]:0" };
    let socket = UdpSocket::bind(here).await?;
    socket.connect(addr).await?;
    socket.send(request).await?;
    let mut buffer = vec![0; LONGEST];
    let length = socket.recv(&mut buffer).await?;
    buffer.truncate(length);
    Ok(buffer)
}

/// What Kamailio tells of a contact. Since when it is there, it does not know: each refresh is a new date.
fn contact(row: &Value, now: WallTime) -> Option<Contact> {
    let row = row.get("Contact")?;
    // Seconds that are left, or a word: `permanent`, and two for what is there no more and not yet swept away.
    let left = row.get("Expires").and_then(Value::as_i64);
    if row.get("Expires").and_then(Value::as_str).is_some_and(|word| word == "expired" || word == "deleted") {
        return None;
    }
    let modified = row.get("Last-Modified").and_then(Value::as_i64).filter(|seconds| *seconds > 0);
    let stamp = |seconds: i64| Stamp(WallTime(seconds.saturating_mul(1000)));
    let text = |name: &str| {
        let value = row.get(name)?.as_str()?;
        (value != "[not set]" && !value.is_empty()).then(|| value.to_owned())
    };
    let address = text("Address")?;
    let shown = Registration {
        id: text("Ruid")?.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "."),
        instance: text("Instance").map(|instance| instance.trim_matches(['<', '>', '"']).to_owned()),
        user_agent: text("User-Agent"),
        address: Some(text("Received").unwrap_or_else(|| address.clone())),
        refreshed: modified.map(stamp),
        expires: left.map(|left| stamp(now.0.div_euclid(1000).saturating_add(left))),
        ..Registration::default()
    };
    Some(Contact { address, shown })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_asked_only_on_this_machine_and_only_as_this_system_can() {
        assert_eq!(Socket::parse("udp:127.0.0.1:2049"), Ok(Socket::Udp(([127, 0, 0, 1], 2049).into())));
        for (text, words) in [("udp:192.0.2.1:2049", "of this machine"), ("tcp:127.0.0.1:2049", "unix:PATH or udp")] {
            assert!(Socket::parse(text).is_err_and(|error| error.contains(words)), "{text}");
        }
        let unix = Socket::parse("unix:/run/kamailio/rpc");
        let refused = unix.as_ref().is_err_and(|error| error.contains("no such sockets"));
        assert_eq!((unix == Ok(Socket::Unix("/run/kamailio/rpc".into())), refused), (cfg!(unix), !cfg!(unix)));
    }

    #[test]
    fn a_contact_is_read_as_kamailio_writes_it() {
        let row = json!({"Contact": {
            "Address": "sip:anna@192.0.2.1:5060", "Expires": 3593, "Q": -1, "Call-ID": "x", "CSeq": 2,
            "User-Agent": "Ringfence", "Received": "[not set]", "Instance": "<urn:uuid:1>", "Ruid": "uloc-1-2-3",
            "Last-Modified": 1_795_356_593,
        }});
        let now = WallTime(1_795_356_600_250);
        let read = |row: &Value| contact(row, now);
        let contact = read(&row).unwrap();
        assert_eq!(contact.address, "sip:anna@192.0.2.1:5060");
        assert_eq!(contact.shown.instance.as_deref(), Some("urn:uuid:1"));
        assert_eq!((contact.shown.id.as_str(), contact.shown.user_agent.as_deref()), ("uloc-1-2-3", Some("Ringfence")));
        let times = [contact.shown.refreshed, contact.shown.expires].map(|at| at.map(|at| at.to_string()));
        assert_eq!(times, [Some("2026-11-22T14:09:53Z".to_owned()), Some("2026-11-22T15:09:53Z".to_owned())]);
        assert_eq!((contact.shown.since, contact.shown.country), (None, None), "nobody has told these");
        let with = |expires: Value| {
            let mut row = row.clone();
            row["Contact"]["Expires"] = expires;
            read(&row).map(|contact| contact.shown.expires)
        };
        assert_eq!(with(json!("permanent")), Some(None), "it has no end");
        assert_eq!((with(json!("expired")), with(json!("deleted"))), (None, None), "it is there no more");
    }
}
