//! Where a provider's servers are: the procedure of RFC 3263 for each transport at once.
//!
//! Which look-ups are needed follows from the answers that are there; when nothing is missing any more, the rows of
//! each transport follow, best first. All look-ups that can be known beforehand are asked in parallel: a person
//! waits. A transport that DNS says nothing about is tried at the hosts that the others' rows name.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use crate::base::Entropy;
use crate::port::RequestId;
use crate::port::dns::{Answer, Naptr, Query, Srv};
use crate::port::net::Transport;

/// More rows than this of one answer are not looked at.
const MOST_ROWS: usize = 8;

/// What is looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// Domain, host, or address (an IPv6 one in brackets).
    pub host: String,
    /// With a port, RFC 3263 leaves NAPTR and SRV out.
    pub port: Option<u16>,
    /// The transports that may be used, in order of preference.
    pub transports: Vec<Transport>,
    /// The port is meant as it stands: the transport that it is for was named.
    pub exact: bool,
}

/// One way to a server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// By which transport.
    pub transport: Transport,
    /// Where.
    pub addr: SocketAddr,
    /// The name of the host, as it was found.
    pub host: String,
}

/// Why there is no way.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Missing {
    /// DNS knows no such name.
    NoSuchName,
    /// DNS does not answer.
    OffLine,
}

/// One search.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Locate {
    wanted: Wanted,
    /// `None` while the answer to the look-up of this number is waited for.
    answers: Vec<(RequestId, Query, Option<Answer>)>,
}

impl Locate {
    /// Begins a search; [`Locate::ask`] says what to look up.
    #[must_use]
    pub fn new(wanted: Wanted) -> Locate {
        Locate { wanted, answers: Vec::new() }
    }

    /// What is looked for.
    #[must_use]
    pub fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    /// The look-ups that are needed now and were not asked for yet, counted on from `last`.
    pub fn ask(&mut self, last: &mut RequestId) -> Vec<(RequestId, Query)> {
        let mut new = self.needed();
        new.retain(|query| !self.answers.iter().any(|(_, asked, _)| asked == query));
        let new: Vec<(RequestId, Query)> = new.into_iter().map(|query| (last.count(), query)).collect();
        self.answers.extend(new.iter().map(|(id, query)| (*id, query.clone(), None)));
        new
    }

    /// An answer has come. False if this search did not wait for it.
    pub fn answer(&mut self, id: RequestId, answer: &Answer) -> bool {
        let waiting = self.answers.iter_mut().find(|(asked, _, answer)| *asked == id && answer.is_none());
        waiting.is_some_and(|(_, _, place)| {
            *place = Some(answer.clone());
            true
        })
    }

    /// The ways that were found, those of the best transport first; `None` while an answer is missing. `dice` is for
    /// the weights of SRV (RFC 2782).
    #[must_use]
    pub fn outcome(&self, dice: &mut Entropy) -> Option<Result<Vec<Candidate>, Missing>> {
        if self.needed().iter().any(|query| self.get(query).is_none()) {
            return None;
        }
        let found: Vec<Candidate> =
            self.wanted.transports.iter().flat_map(|transport| self.candidates(*transport, dice)).collect();
        if !found.is_empty() {
            return Some(Ok(found));
        }
        let failed = self.answers.iter().any(|(_, _, answer)| matches!(answer, Some(Answer::Failed(_))));
        Some(Err(if failed { Missing::OffLine } else { Missing::NoSuchName }))
    }

    fn needed(&self) -> Vec<Query> {
        if numeric(&self.wanted.host).is_some() {
            return Vec::new();
        }
        let host = &self.wanted.host;
        if self.wanted.port.is_some() {
            return vec![Query::Addresses(host.clone())];
        }
        let mut needed = vec![Query::Naptr(host.clone())];
        for transport in &self.wanted.transports {
            needed.extend(self.services(*transport).into_iter().map(Query::Srv));
        }
        let (mut hosts, mut all_known) = (Vec::new(), true);
        for query in &needed {
            match (query, self.get(query)) {
                (Query::Srv(_), Some(Answer::Srv(rows))) => {
                    let targets = rows.iter().take(MOST_ROWS).map(|row| trimmed(&row.target));
                    hosts.extend(targets.filter(|host| !host.is_empty()));
                }
                (_, None) => all_known = false,
                _ => {}
            }
        }
        if hosts.is_empty() && all_known {
            hosts.push(host.clone());
        }
        needed.extend(hosts.into_iter().filter(|host| numeric(host).is_none()).map(Query::Addresses));
        needed
    }

    /// The names of the SRV rows of a transport: what NAPTR says, or what RFC 3263 §4.1 makes up.
    fn services(&self, transport: Transport) -> Vec<String> {
        let host = &self.wanted.host;
        let (service, prefix) = match transport {
            Transport::Tls => ("SIPS+D2T", "_sips._tcp"),
            Transport::Tcp => ("SIP+D2T", "_sip._tcp"),
            Transport::Udp => ("SIP+D2U", "_sip._udp"),
        };
        let rows = match self.get(&Query::Naptr(host.clone())) {
            Some(Answer::Naptr(rows)) => rows.as_slice(),
            _ => &[],
        };
        let mut rows: Vec<&Naptr> = rows
            .iter()
            .filter(|row| row.service.eq_ignore_ascii_case(service) && row.flags.eq_ignore_ascii_case("s"))
            .take(MOST_ROWS)
            .collect();
        rows.sort_by_key(|row| (row.order, row.preference));
        let usual = format!("{prefix}.{host}");
        if rows.is_empty() {
            return vec![usual];
        }
        let mut names: Vec<String> = rows.into_iter().map(|row| trimmed(&row.replacement)).collect();
        names.dedup();
        names
    }

    fn candidates(&self, transport: Transport, dice: &mut Entropy) -> Vec<Candidate> {
        let host = &self.wanted.host;
        if self.wanted.port.is_some() || numeric(host).is_some() {
            return self.at(transport, host, self.port(transport));
        }
        let rows: Vec<Srv> = self.services(transport).iter().flat_map(|name| ordered(self.srv(name), dice)).collect();
        let own: Vec<Candidate> =
            rows.iter().flat_map(|row| self.at(transport, &trimmed(&row.target), row.port)).collect();
        if !own.is_empty() {
            return own;
        }
        let mut hosts: Vec<String> = self.other_hosts(dice);
        if hosts.is_empty() {
            hosts.push(host.clone());
        }
        hosts.iter().flat_map(|host| self.at(transport, host, transport.default_port())).collect()
    }

    /// The port that was asked for. Where no transport was named, it is not taken for the other kind's usual one: who
    /// types `sip.example:5060` and has TLS there means 5061 for it.
    fn port(&self, transport: Transport) -> u16 {
        match (transport, self.wanted.port) {
            (Transport::Tls, Some(5060)) | (Transport::Tcp | Transport::Udp, Some(5061)) if !self.wanted.exact => {
                transport.default_port()
            }
            (_, port) => port.unwrap_or(transport.default_port()),
        }
    }

    /// The hosts that the rows of any transport name.
    fn other_hosts(&self, dice: &mut Entropy) -> Vec<String> {
        let mut hosts: Vec<String> = Vec::new();
        for transport in &self.wanted.transports {
            for name in self.services(*transport) {
                for row in ordered(self.srv(&name), dice) {
                    let host = trimmed(&row.target);
                    if !hosts.contains(&host) {
                        hosts.push(host);
                    }
                }
            }
        }
        hosts
    }

    fn at(&self, transport: Transport, host: &str, port: u16) -> Vec<Candidate> {
        let addresses = match (numeric(host), self.get(&Query::Addresses(host.to_owned()))) {
            (Some(ip), _) => vec![ip],
            (None, Some(Answer::Addresses(addresses))) => addresses.iter().copied().take(MOST_ROWS).collect(),
            (None, _) => Vec::new(),
        };
        let candidate = |ip| Candidate { transport, addr: SocketAddr::new(ip, port), host: host.to_owned() };
        addresses.into_iter().map(candidate).collect()
    }

    fn srv(&self, name: &str) -> &[Srv] {
        match self.get(&Query::Srv(name.to_owned())) {
            // A single row with the root as target says: there is no such service (RFC 2782).
            Some(Answer::Srv(rows)) if !rows.iter().any(|row| trimmed(&row.target).is_empty()) => {
                rows.get(..rows.len().min(MOST_ROWS)).unwrap_or_default()
            }
            _ => &[],
        }
    }

    fn get(&self, query: &Query) -> Option<&Answer> {
        self.answers.iter().find(|(_, asked, _)| asked == query).and_then(|(_, _, answer)| answer.as_ref())
    }
}

/// Lowest priority number first; among equals, dice by weight (RFC 2782).
fn ordered(rows: &[Srv], dice: &mut Entropy) -> Vec<Srv> {
    let mut groups: BTreeMap<u16, Vec<Srv>> = BTreeMap::new();
    for row in rows {
        groups.entry(row.priority).or_default().push(row.clone());
    }
    let mut order = Vec::with_capacity(rows.len());
    for mut group in groups.into_values() {
        while !group.is_empty() {
            let total: u32 = group.iter().map(|row| u32::from(row.weight)).sum();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and total")]
            let mut chosen = (dice.fraction() * f64::from(total + 1)) as u32;
            let at = group.iter().position(|row| {
                let weight = u32::from(row.weight);
                let here = chosen <= weight;
                chosen = chosen.saturating_sub(weight);
                here
            });
            order.push(group.remove(at.unwrap_or(0)));
        }
    }
    order
}

fn trimmed(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

fn numeric(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    bare.parse().ok()
}
