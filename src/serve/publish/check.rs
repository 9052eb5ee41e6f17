//! `ringfence-provider check DOMAIN`: tries a provider as a phone would, and says what is wrong and how to mend it.
//! It signs in to nothing and changes nothing.

use std::time::Duration;

use tokio::sync::mpsc;

use crate::base::{Secret, WallTime};
use crate::io::http::Http;
use crate::port::RequestId;
use crate::port::http::{Accept, Answer, Method, Outcome, Request};
use crate::provider_api::notices::Index;
use crate::provider_api::{
    Discovery, MAX_DISCOVERY, MAX_SIGNATURE, Origin, Path, Root, Signed, WELL_KNOWN, read_back_code,
};
use crate::sip::digest::Challenge;
use crate::sip::header::Auth;

/// So much earlier than the end it is said that something runs out.
const SOON: i64 = 30 * 86_400 * 1000;
/// A list should be signed anew daily; two days before its end somebody forgot.
const LIST_SOON: i64 = 2 * 86_400 * 1000;
/// How far the provider's clock may be off, in milliseconds.
const SKEW: i64 = 60_000;

/// How one thing was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mark {
    /// As it should be.
    Good,
    /// It works, but not for long, or not as well as it could.
    Soon,
    /// Phones will refuse it, or cannot use it.
    Wrong,
}

/// One line of the report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// How it was found.
    pub mark: Mark,
    /// What was looked at and how it is; if it is wrong, what to do.
    pub words: String,
}

/// What was found, in the order in which it was looked at.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// The lines.
    pub findings: Vec<Finding>,
}

impl Report {
    fn say(&mut self, mark: Mark, words: impl Into<String>) {
        self.findings.push(Finding { mark, words: words.into() });
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.findings.iter().all(|finding| finding.mark != Mark::Wrong)
    }

    /// The report as it is printed.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for finding in &self.findings {
            let mark = match finding.mark {
                Mark::Good => "ok   ",
                Mark::Soon => "soon ",
                Mark::Wrong => "WRONG",
            };
            text.push_str(&format!("{mark}  {}\n", finding.words));
        }
        text
    }
}

/// Asks one thing after the other.
#[derive(Debug)]
pub struct Visitor {
    http: Http,
    answers: mpsc::Receiver<(RequestId, Outcome)>,
    asked: u64,
}

impl Visitor {
    /// A visitor by this HTTPS, whose outcomes come by this channel.
    #[must_use]
    pub const fn new(http: Http, answers: mpsc::Receiver<(RequestId, Outcome)>) -> Visitor {
        Visitor { http, answers, asked: 0 }
    }

    async fn ask(&mut self, request: Request) -> Result<Answer, String> {
        self.asked += 1;
        let id = RequestId(self.asked);
        self.http.perform(id, request);
        loop {
            match self.answers.recv().await {
                Some((of, Outcome::Answer(answer))) if of == id => return Ok(answer),
                Some((of, Outcome::Failed(error))) if of == id => return Err(error.to_string()),
                Some(_) => {}
                None => return Err("no answer".to_owned()),
            }
        }
    }

    async fn get(&mut self, origin: &Origin, path: &Path, accept: Accept, cap: usize) -> Result<Answer, String> {
        let request = Request { accept, cap, ..Request::get(origin.clone(), path.clone()) };
        let answer = self.ask(request).await?;
        if answer.status == 200 { Ok(answer) } else { Err(format!("status {}", answer.status)) }
    }

    /// Looks at everything that a phone with an account at `domain` would use.
    pub async fn check(&mut self, domain: &str, now: WallTime) -> Report {
        let mut report = Report::default();
        let Some(discovery) = self.discovery(domain, now, &mut report).await else { return report };
        self.api(&discovery, &mut report).await;
        match self.root(&discovery, now, &mut report).await {
            Some(root) => self.notices(&discovery, &root, now, &mut report).await,
            None => report.say(Mark::Soon, "no notices can be shown: phones know no key of yours (`key new`)"),
        }
        report
    }

    async fn discovery(&mut self, domain: &str, now: WallTime, report: &mut Report) -> Option<Discovery> {
        let (Some(origin), Some(path)) = (Origin::of_host(domain), Path::parse(WELL_KNOWN)) else {
            report.say(Mark::Wrong, format!("{domain} is no domain"));
            return None;
        };
        let answer = match self.get(&origin, &path, Accept::Json, MAX_DISCOVERY).await {
            Ok(answer) => answer,
            Err(error) => {
                let hint = "serve it there by HTTPS, as application/json, without a redirect";
                report.say(Mark::Wrong, format!("discovery {origin}{path}: {error}; {hint}"));
                return None;
            }
        };
        match answer.date {
            Some(date) if (date.as_millis() - now.as_millis()).abs() <= SKEW => {}
            Some(date) => {
                let off = Duration::from_millis((date.as_millis() - now.as_millis()).unsigned_abs()).as_secs();
                report.say(Mark::Wrong, format!("its clock and this one differ by {off} s: set both by NTP"));
            }
            None => report.say(Mark::Soon, "no Date header: phones with a wrong clock cannot tell what is still valid"),
        }
        let discovery = match Discovery::parse(answer.body.expose("a public document")) {
            Ok(discovery) => discovery,
            Err(error) => {
                report.say(Mark::Wrong, format!("discovery {origin}{path}: {error}"));
                return None;
            }
        };
        if discovery.speaks_for(domain, &[]) {
            report.say(Mark::Good, format!("discovery {origin}{path}, issuer {}", discovery.issuer));
            Some(discovery)
        } else {
            let hint = "its sip_domains must name the domain, and issuer must be a host of the same registrant";
            report.say(Mark::Wrong, format!("discovery does not speak for {domain}: {hint}"));
            None
        }
    }

    /// Without a password: each resource must ask for one, for the realm that discovery names.
    async fn api(&mut self, discovery: &Discovery, report: &mut Report) {
        let endpoints = &discovery.endpoints;
        let all = [
            ("policy", &endpoints.policy),
            ("sessions", &endpoints.sessions),
            ("guards", &endpoints.guards),
            ("notices to one account", &endpoints.notices_me),
        ];
        for (name, path) in all {
            let Some(path) = path else { continue };
            let request = Request::get(discovery.issuer.clone(), path.clone());
            match self.ask(request).await {
                Ok(answer) => challenge(discovery, name, &answer, report),
                Err(error) => report.say(Mark::Wrong, format!("{name} {path}: {error}")),
            }
        }
        self.writing(discovery, report).await;
        match (&endpoints.policy, &endpoints.changes) {
            (Some(_), Some(_)) => {}
            (None, None) => report.say(Mark::Soon, "no changes: customers change their passwords at your website"),
            _ => report.say(Mark::Wrong, "policy and changes belong together: offer both or neither"),
        }
        digest(discovery, report);
    }

    /// What writes asks for a password, too: a change that nobody has made, and a key of nobody's.
    async fn writing(&mut self, discovery: &Discovery, report: &mut Report) {
        let get = |path: Path| Request::get(discovery.issuer.clone(), path);
        let changes = discovery.endpoints.changes.as_ref().and_then(|path| path.join("check-00000000-0"));
        let key = br#"{"pub":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","label":"check"}"#;
        let enrol = |path: Path| Request { method: Method::Post, body: Some(Secret::new(key.to_vec())), ..get(path) };
        let changes = changes.map(|path| ("changes", get(path)));
        let enrol = discovery.endpoints.enrol.clone().map(|path| ("enrol", enrol(path)));
        for (name, request) in changes.into_iter().chain(enrol) {
            match self.ask(request).await {
                Ok(answer) => challenge(discovery, name, &answer, report),
                Err(error) => report.say(Mark::Wrong, format!("{name}: {error}")),
            }
        }
    }

    async fn root(&mut self, discovery: &Discovery, now: WallTime, report: &mut Report) -> Option<Root> {
        let signed = discovery.root.as_ref()?;
        let root = match Root::first(signed) {
            Ok(root) => root,
            Err(error) => {
                report.say(Mark::Wrong, format!("the root in discovery: {error}"));
                return None;
            }
        };
        if root.issuer != discovery.issuer || root.realm != discovery.realm {
            report.say(Mark::Wrong, "the root names another issuer or realm than discovery: use `key rotate`");
        }
        let left = root.expires.as_millis() - now.as_millis();
        let until = root.expires;
        match left {
            ..=0 => report.say(Mark::Wrong, format!("root {} ended on {until}: use `key rotate`", root.version)),
            1..=SOON => {
                report.say(Mark::Soon, format!("root {} ends on {until}: use `key rotate` before", root.version))
            }
            _ => report.say(Mark::Good, format!("root {}, good until {until}", root.version)),
        }
        if let Err(words) = self.walk(discovery, &root).await {
            report.say(Mark::Wrong, format!("{words}; phones that know an older root cannot follow"));
        }
        Some(root)
    }

    /// From the first root to the one of discovery, as a phone that knows the first one walks.
    async fn walk(&mut self, discovery: &Discovery, root: &Root) -> Result<(), String> {
        let Some(roots) = &discovery.endpoints.roots else { return Ok(()) };
        let mut before: Option<Root> = None;
        for version in 1..=root.version {
            let Some(path) = roots.join(&format!("{version}.json")) else { continue };
            let at = |error: String| format!("root {version} at {path}: {error}");
            let answer = self.get(&discovery.issuer, &path, Accept::Json, MAX_DISCOVERY).await.map_err(at)?;
            let signed =
                Signed::parse(answer.body.expose("a public document")).map_err(|error| at(error.to_string()))?;
            let next = match &before {
                None => Root::first(&signed),
                Some(before) => before.next(&signed),
            };
            let next = next.map_err(|error| at(error.to_string()))?;
            if next.version != version {
                return Err(at(format!("it is root {}", next.version)));
            }
            before = Some(next);
        }
        if before.as_ref() == Some(root) {
            Ok(())
        } else {
            Err("the last root is another than that of discovery".into())
        }
    }

    async fn notices(&mut self, discovery: &Discovery, root: &Root, now: WallTime, report: &mut Report) {
        let Some(path) = &discovery.endpoints.notices else {
            return report.say(Mark::Wrong, "there is a root, but no notices: set `publish`");
        };
        let list = self.get(&discovery.issuer, path, Accept::Json, crate::provider_api::MAX_BODY).await;
        let signature = match Path::parse(&format!("{path}.minisig")) {
            Some(path) => self.get(&discovery.issuer, &path, Accept::Signature, MAX_SIGNATURE).await,
            None => Err("no path for a signature".to_owned()),
        };
        let (list, signature) = match (list, signature) {
            (Ok(list), Ok(signature)) => (list, signature),
            (Err(error), _) => return report.say(Mark::Wrong, format!("notices {path}: {error}")),
            (_, Err(error)) => return report.say(Mark::Wrong, format!("notices {path}.minisig: {error}")),
        };
        if list.etag.is_none() {
            report.say(Mark::Soon, "the list has no ETag: every phone fetches it whole each time");
        }
        let bytes = list.body.expose("a public document");
        let signature = String::from_utf8_lossy(signature.body.expose("a public signature")).into_owned();
        let Some((key, ends)) = root.signer(bytes, &signature, now) else {
            let hint = "sign it with a key that the root lists and that has not ended (`notice refresh`)";
            return report.say(Mark::Wrong, format!("the list of notices is not signed as the root wants it: {hint}"));
        };
        if ends.expires.as_millis() - now.as_millis() <= SOON {
            report.say(Mark::Soon, format!("the key {key} ends on {}: use `key rotate` before", ends.expires));
        }
        match Index::parse(bytes) {
            Ok(index) if index.issuer != discovery.issuer => {
                report.say(Mark::Wrong, "the list names another issuer than discovery");
            }
            Ok(index) => {
                let left = index.expires.as_millis() - now.as_millis();
                let (seq, count, until) = (index.seq, index.notices.len(), index.expires);
                match left {
                    ..=0 => report.say(Mark::Wrong, format!("list {seq} ended on {until}: run `notice refresh` daily")),
                    1..=LIST_SOON => {
                        report.say(Mark::Soon, format!("list {seq} ends on {until}: run `notice refresh` daily"));
                    }
                    _ => {
                        let code = read_back_code(bytes);
                        let words =
                            format!("list {seq} with {count} notices, signed by {key}, until {until}, code {code}");
                        report.say(Mark::Good, words);
                    }
                }
            }
            Err(error) => report.say(Mark::Wrong, format!("the list of notices: {error}")),
        }
    }
}

/// A change carries a hash for each algorithm that is named: a phone that does not know one makes no change.
fn digest(discovery: &Discovery, report: &mut Report) {
    let known = discovery.algorithms();
    let is_known = |name: &&String| known.iter().any(|algorithm| name.eq_ignore_ascii_case(algorithm.name()));
    if known.is_empty() {
        report.say(Mark::Wrong, "digest names no algorithm that phones know: MD5, SHA-256, SHA-512-256");
    } else if let Some(name) = discovery.digest.iter().find(|name| !is_known(name)) {
        report.say(Mark::Wrong, format!("digest names {name}, which phones do not know: they change no password then"));
    } else if discovery.digest.iter().all(|name| name.eq_ignore_ascii_case("MD5")) {
        report.say(Mark::Soon, "digest is MD5 alone: offer SHA-256 beside it as soon as your server can (RFC 8760)");
    }
}

/// A stranger must be asked for the line's password, for the realm that discovery names.
fn challenge(discovery: &Discovery, name: &str, answer: &Answer, report: &mut Report) {
    if answer.status != 401 {
        let status = answer.status;
        return report.say(Mark::Wrong, format!("{name} answers {status} to a stranger: it must be 401"));
    }
    let challenges = answer.challenges.iter().flat_map(|text| Auth::parse_all(text));
    let realms: Vec<String> =
        challenges.filter_map(|auth| Challenge::from_auth(&auth)).map(|challenge| challenge.realm).collect();
    if realms.is_empty() {
        report
            .say(Mark::Wrong, format!("{name} asks for no Digest (RFC 7616): phones send a password in no other way"));
    } else if realms.contains(&discovery.realm) {
        report.say(Mark::Good, format!("{name} asks for the line's password, realm {}", discovery.realm));
    } else {
        let (asked, said) = (realms.join(", "), &discovery.realm);
        report.say(Mark::Wrong, format!("{name} asks for realm {asked}, discovery says {said}: they must be the same"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_algorithm_that_phones_do_not_know_is_wrong_whatever_stands_beside_it() {
        for (named, mark) in [
            (r#""SHA-256","MD5""#, None),
            (r#""sha-256""#, None),
            (r#""MD5""#, Some(Mark::Soon)),
            (r#""SHA-256","SHA-3""#, Some(Mark::Wrong)),
            (r#""SHA-3""#, Some(Mark::Wrong)),
        ] {
            let json = format!(
                r#"{{"sasa":"1","issuer":"https://voip.example","sip_domains":["voip.example"],"realm":"x","digest":[{named}]}}"#
            );
            let mut report = Report::default();
            digest(&Discovery::parse(json.as_bytes()).expect("a document"), &mut report);
            assert_eq!(report.findings.first().map(|finding| finding.mark), mark, "{named}: {}", report.text());
        }
    }
}
