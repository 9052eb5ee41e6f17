//! A Kamailio's registrations, through the datagram socket of its `jsonrpcs` module: `ul.lookup`, `ul.rm_contact`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::{UdpSocket, UnixDatagram};

use super::ledger::LedgerError;
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
        Ok(contacts.into_iter().flatten().filter_map(contact).collect())
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
                Socket::Unix(path) => through_unix(path, request.as_bytes()).await,
                Socket::Udp(addr) => through_udp(*addr, request.as_bytes()).await,
            }
        };
        let answer = tokio::time::timeout(PATIENCE, exchange).await;
        let answer = answer.map_err(|_| LedgerError(format!("Kamailio does not answer {method}")))?;
        let answer = answer.map_err(|error| LedgerError(format!("Kamailio's RPC socket: {error}")))?;
        serde_json::from_slice(&answer).map_err(|_| LedgerError(format!("Kamailio's answer to {method} is no JSON")))
    }
}

/// Kamailio answers to the address that the question came from: it needs a name.
async fn through_unix(path: &Path, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let here = tempfile_name();
    let socket = UnixDatagram::bind(&here)?;
    let removed = Removed(here);
    // Kamailio runs as another user and must be able to answer; the name is unpredictable and lives for one question.
    std::fs::set_permissions(&removed.0, std::os::unix::fs::PermissionsExt::from_mode(0o666))?;
    socket.connect(path)?;
    socket.send(request).await?;
    let mut buffer = vec![0; LONGEST];
    let length = socket.recv(&mut buffer).await?;
    buffer.truncate(length);
    Ok(buffer)
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

fn tempfile_name() -> PathBuf {
    let name = crate::io::entropy::from_system().map_or_else(|_| String::new(), |mut dice| dice.token(20));
    std::env::temp_dir().join(format!("ringfence-provider-{name}.sock"))
}

/// A socket's name that goes with it.
struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.0) {
            tracing::debug!(%error, "a socket's name was not removed");
        }
    }
}

fn contact(row: &Value) -> Option<Contact> {
    let row = row.get("Contact")?;
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
        ..Registration::default()
    };
    Some(Contact { address, shown })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_is_read_as_kamailio_writes_it() {
        let row = json!({"Contact": {
            "Address": "sip:anna@192.0.2.1:5060", "Expires": 3593, "Q": -1, "Call-ID": "x", "CSeq": 2,
            "User-Agent": "Ringfence", "Received": "[not set]", "Instance": "<urn:uuid:1>", "Ruid": "uloc-1-2-3",
        }});
        let contact = contact(&row).unwrap();
        assert_eq!(contact.address, "sip:anna@192.0.2.1:5060");
        assert_eq!(contact.shown.instance.as_deref(), Some("urn:uuid:1"));
        assert_eq!((contact.shown.id.as_str(), contact.shown.user_agent.as_deref()), ("uloc-1-2-3", Some("Ringfence")));
    }
}
