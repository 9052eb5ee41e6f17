//! Name service by hickory, built when the first name is asked for; the system's own resolver as a fallback for
//! addresses, since it knows more sources than DNS (hosts file, mDNS, the local network's names).

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::{DnsError, NetError, runtime::TokioRuntimeProvider};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{RData, RecordType};
use tokio::sync::mpsc;

use super::connect_to::Rules;
use crate::port::RequestId;
use crate::port::dns::{Answer, Naptr, Query, Srv};

/// How long a look-up may take in all.
pub const PATIENCE: Duration = Duration::from_secs(2);
/// How long one name server is waited for before it is asked again, or the next one is.
const ATTEMPT: Duration = Duration::from_millis(600);
/// Where the system's name servers are listed, and whose change means new ones.
const RESOLV_CONF: &str = "/etc/resolv.conf";

/// The name service of one engine.
#[derive(Clone, Debug)]
pub struct Dns {
    shared: Arc<Shared>,
    reports: mpsc::Sender<(RequestId, Answer)>,
}

#[derive(Debug)]
struct Shared {
    server: Option<SocketAddr>,
    connect_to: Rules,
    built: Mutex<Option<Built>>,
}

#[derive(Debug)]
struct Built {
    resolver: TokioResolver,
    /// The age of the system's list when it was read.
    of: Option<SystemTime>,
}

impl Dns {
    /// Asks `server`, or whom the system asks. Hosts that a rule names are looked up nowhere.
    #[must_use]
    pub fn new(server: Option<SocketAddr>, connect_to: Rules, reports: mpsc::Sender<(RequestId, Answer)>) -> Dns {
        Dns { shared: Arc::new(Shared { server, connect_to, built: Mutex::default() }), reports }
    }

    /// Looks a name up; the answer is reported with the number, within 2 s. Must be called inside a tokio runtime.
    pub fn perform(&self, id: RequestId, query: Query) {
        let answer = self.shared.known(&query);
        let (shared, reports) = (Arc::clone(&self.shared), self.reports.clone());
        let look_up = async move {
            let answer = match answer {
                Some(answer) => answer,
                None => tokio::time::timeout(PATIENCE, shared.look_up(&query))
                    .await
                    .unwrap_or_else(|_| Answer::Failed("no answer in time".into())),
            };
            tracing::debug!(?query, ?answer, "DNS");
            // An engine that has ended wants no answers.
            drop(reports.send((id, answer)).await);
        };
        #[expect(clippy::disallowed_methods, reason = "this is io")]
        tokio::spawn(look_up);
    }

    /// The addresses of a host, within 2 s, for another driver.
    ///
    /// # Errors
    /// In words, if there are none.
    pub(super) async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, String> {
        let query = Query::Addresses(host.to_owned());
        let answer = match self.shared.known(&query) {
            Some(answer) => answer,
            None => tokio::time::timeout(PATIENCE, self.shared.look_up(&query))
                .await
                .unwrap_or_else(|_| Answer::Failed("no answer in time".into())),
        };
        match answer {
            Answer::Addresses(addresses) => Ok(addresses),
            Answer::Failed(why) => Err(why),
            Answer::NotFound | Answer::Naptr(_) | Answer::Srv(_) => Err("there is no such host".into()),
        }
    }
}

impl Shared {
    /// What nobody needs to be asked about.
    fn known(&self, query: &Query) -> Option<Answer> {
        match query {
            Query::Naptr(name) | Query::Srv(name) => self.connect_to.names(name).then_some(Answer::NotFound),
            Query::Addresses(host) => {
                let literal = host.trim_start_matches('[').trim_end_matches(']').parse().ok();
                self.connect_to.address_of(host).or(literal).map(|addr| Answer::Addresses(vec![addr]))
            }
        }
    }

    async fn look_up(&self, query: &Query) -> Answer {
        match query {
            Query::Naptr(name) => self.records(name, RecordType::NAPTR, Answer::Naptr, naptr).await,
            Query::Srv(name) => self.records(name, RecordType::SRV, Answer::Srv, srv).await,
            Query::Addresses(host) => self.addresses(host).await,
        }
    }

    async fn records<T>(
        &self,
        name: &str,
        kind: RecordType,
        answer: fn(Vec<T>) -> Answer,
        row: fn(&RData) -> Option<T>,
    ) -> Answer {
        let Some(resolver) = self.resolver() else { return Answer::Failed("no name server is known".into()) };
        match resolver.lookup(absolute(name), kind).await {
            Ok(found) => {
                let rows: Vec<T> = found.answers().iter().filter_map(|record| row(&record.data)).collect();
                if rows.is_empty() { Answer::NotFound } else { answer(rows) }
            }
            Err(error) => failure(&error),
        }
    }

    async fn addresses(&self, host: &str) -> Answer {
        let by_dns = match self.resolver().filter(|_| host.contains('.') || self.server.is_some()) {
            Some(resolver) => match resolver.lookup_ip(absolute(host)).await {
                Ok(found) => Answer::Addresses(in_order(found.iter().collect())),
                Err(error) => failure(&error),
            },
            // A name without a dot is the local network's business, not DNS'.
            None => Answer::NotFound,
        };
        if matches!(by_dns, Answer::Addresses(_)) || self.server.is_some() {
            return by_dns;
        }
        match tokio::net::lookup_host((host, 0)).await {
            Ok(found) => match in_order(found.map(|addr| addr.ip()).collect()) {
                none if none.is_empty() => by_dns,
                some => Answer::Addresses(some),
            },
            Err(_) => by_dns,
        }
    }

    /// The resolver, built anew when the system's list of name servers has changed.
    fn resolver(&self) -> Option<TokioResolver> {
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        let of = std::fs::metadata(RESOLV_CONF).and_then(|file| file.modified()).ok();
        match &*built {
            Some(old) if old.of == of || self.server.is_some() => Some(old.resolver.clone()),
            _ => {
                let resolver = build(self.server)?;
                *built = Some(Built { resolver: resolver.clone(), of });
                Some(resolver)
            }
        }
    }
}

fn build(server: Option<SocketAddr>) -> Option<TokioResolver> {
    let mut builder = match server {
        Some(server) => with_servers(vec![server]),
        None => match TokioResolver::builder_tokio() {
            Ok(builder) => builder,
            Err(error) => {
                tracing::warn!(%error, "{RESOLV_CONF}");
                let servers = name_servers(&std::fs::read_to_string(RESOLV_CONF).unwrap_or_default());
                if servers.is_empty() {
                    return None;
                }
                with_servers(servers)
            }
        },
    };
    builder.options_mut().timeout = ATTEMPT;
    builder.options_mut().attempts = 2;
    builder.build().inspect_err(|error| tracing::warn!(%error, "no resolver")).ok()
}

fn with_servers(servers: Vec<SocketAddr>) -> hickory_resolver::ResolverBuilder<TokioRuntimeProvider> {
    let servers = servers.into_iter().map(|server| {
        let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
            connection.port = server.port();
            connection
        });
        NameServerConfig::new(server.ip(), true, connections.into())
    });
    let config = ResolverConfig::from_name_servers(servers.collect());
    TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
}

/// The name servers of a `resolv.conf` of which a stricter reader would have nothing.
fn name_servers(text: &str) -> Vec<SocketAddr> {
    let listed = text.lines().filter_map(|line| {
        let mut words = line.split_ascii_whitespace();
        (words.next() == Some("nameserver")).then(|| words.next()).flatten()
    });
    let without_zone = listed.map(|server| server.split('%').next().unwrap_or(server));
    without_zone.filter_map(|server| Some(SocketAddr::new(server.parse().ok()?, 53))).collect()
}

/// A name that no search list is appended to.
fn absolute(name: &str) -> String {
    format!("{}.", name.trim_end_matches('.'))
}

fn failure(error: &NetError) -> Answer {
    #[expect(clippy::wildcard_enum_match_arm, reason = "a foreign list that grows; the rest keeps its own words")]
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none))
            if matches!(none.response_code, ResponseCode::NXDomain | ResponseCode::NoError) =>
        {
            Answer::NotFound
        }
        // A name that cannot be asked for cannot exist.
        NetError::Proto(_) => Answer::NotFound,
        NetError::Dns(DnsError::ResponseCode(ResponseCode::NXDomain)) => Answer::NotFound,
        other => Answer::Failed(other.to_string()),
    }
}

fn naptr(data: &RData) -> Option<Naptr> {
    let RData::NAPTR(row) = data else { return None };
    Some(Naptr {
        order: row.order,
        preference: row.preference,
        service: String::from_utf8_lossy(&row.services).into_owned(),
        flags: String::from_utf8_lossy(&row.flags).into_owned(),
        replacement: relative(&row.replacement.to_string()),
    })
}

fn srv(data: &RData) -> Option<Srv> {
    let RData::SRV(row) = data else { return None };
    let target = relative(&row.target.to_string());
    Some(Srv { priority: row.priority, weight: row.weight, port: row.port, target })
}

/// A name without the final dot; the root, which means "none", becomes empty.
fn relative(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_owned()
}

/// IPv4 first, then IPv6, each in the resolver's order; what there is no route to comes last.
fn in_order(mut addrs: Vec<IpAddr>) -> Vec<IpAddr> {
    let mut seen = Vec::new();
    addrs.retain(|addr| {
        !seen.contains(addr) && {
            seen.push(*addr);
            true
        }
    });
    addrs.sort_by_cached_key(|addr| (!is_routed(*addr), addr.is_ipv6()));
    addrs
}

/// Whether the routing table knows a way; asks the kernel and sends nothing.
fn is_routed(addr: IpAddr) -> bool {
    let any: SocketAddr = if addr.is_ipv4() { ([0; 4], 0).into() } else { ([0; 16], 0).into() };
    UdpSocket::bind(any).and_then(|socket| socket.connect((addr, 9))).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_lines_and_zones_of_resolv_conf_cost_no_name_server() {
        let text = "nameserver 192.0.2.1\nnameserver\nnameserver nonsense\nsearch -- ..\n\
                    options ndots:x\nnameserver fe80::1%eth0\n# nameserver 192.0.2.2\n\u{fffd}\n";
        let expected: Vec<SocketAddr> = vec!["192.0.2.1:53".parse().unwrap(), "[fe80::1]:53".parse().unwrap()];
        assert_eq!(name_servers(text), expected);
    }

    #[test]
    fn ipv4_comes_before_ipv6_and_nothing_twice() {
        let addrs = ["::1", "127.0.0.1", "127.0.0.1", "127.0.0.2"].map(|addr| addr.parse().unwrap());
        let ordered = in_order(addrs.to_vec());
        assert_eq!(ordered.len(), 3);
        assert_eq!(ordered.first(), Some(&"127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn literals_and_hosts_of_rules_are_known() {
        let rules = Rules::new(vec!["voip.example:5061:127.0.0.9:7000".parse().unwrap()]);
        let shared = Shared { server: None, connect_to: rules, built: Mutex::default() };
        let addresses = |host: &str| shared.known(&Query::Addresses(host.into()));
        assert_eq!(addresses("192.0.2.7"), Some(Answer::Addresses(vec!["192.0.2.7".parse().unwrap()])));
        assert_eq!(addresses("[2001:db8::7]"), Some(Answer::Addresses(vec!["2001:db8::7".parse().unwrap()])));
        assert_eq!(addresses("voip.example"), Some(Answer::Addresses(vec!["127.0.0.9".parse().unwrap()])));
        assert_eq!(addresses("other.example"), None);
        assert_eq!(shared.known(&Query::Srv("_sip._udp.voip.example".into())), Some(Answer::NotFound));
    }
}
