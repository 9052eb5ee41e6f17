//! HTTPS by reqwest, with everything switched off that is not asked for: no redirects, no cookies, no referer, no proxy,
//! no retries, no compression, nothing but TLS 1.2 and 1.3 under our own trust. One client per origin, made at its first
//! request, so that no connection of one provider is ever used for another.

mod download;

use std::collections::HashMap;
use std::error::Error as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{self, HeaderMap};
use tokio::sync::mpsc;

use super::clock;
use super::connect_to::Rules;
use super::dns::Dns;
use super::tls::{self, Trust};
use crate::base::Secret;
use crate::port::RequestId;
use crate::port::http::{Accept, Answer, HttpError, Method, Outcome, Request};
use crate::port::net::{NetError, Target, Transport};
use crate::provider_api::{JSON, Origin, PROBLEM_JSON, Stamp};

/// How long connecting may take, TLS included.
pub const CONNECT: Duration = Duration::from_secs(5);
/// How long everything may take.
pub const TOTAL: Duration = Duration::from_secs(15);
/// How long a connection that nobody uses is kept: a change is several requests in a row.
const IDLE: Duration = Duration::from_secs(10);
/// The most headers of an answer, and the longest value that is taken.
const MAX_HEADERS: usize = 64;
const MAX_VALUE: usize = 4096;

/// The HTTPS of one engine.
#[derive(Clone, Debug)]
pub struct Http {
    shared: Arc<Shared>,
    reports: mpsc::Sender<(RequestId, Outcome)>,
}

#[derive(Debug)]
struct Shared {
    trust: Trust,
    dns: Dns,
    connect_to: Rules,
    clients: Mutex<HashMap<Origin, reqwest::Client>>,
    /// Hosts that no DNS knows: the demo's.
    places: Mutex<HashMap<String, SocketAddr>>,
}

impl Http {
    /// Trusts whom the SIP side trusts, and looks names up as it does.
    #[must_use]
    pub fn new(trust: Trust, dns: Dns, connect_to: Rules, reports: mpsc::Sender<(RequestId, Outcome)>) -> Http {
        Http {
            shared: Arc::new(Shared { trust, dns, connect_to, clients: Mutex::default(), places: Mutex::default() }),
            reports,
        }
    }

    /// From now on, HTTPS' own port of `host` is here, whatever DNS says: the demo provider's.
    pub fn lead(&self, host: &str, addr: SocketAddr) {
        let host = host.to_ascii_lowercase();
        self.shared.places.lock().unwrap_or_else(PoisonError::into_inner).insert(host.clone(), addr);
        // Who was there before is there no more.
        self.shared.clients.lock().unwrap_or_else(PoisonError::into_inner).retain(|origin, _| origin.host() != host);
    }

    /// Sends a request; its outcome is reported with its number, within 15 s. Must be called inside a tokio runtime.
    pub fn perform(&self, id: RequestId, request: Request) {
        let (shared, reports) = (Arc::clone(&self.shared), self.reports.clone());
        let task = async move {
            let (method, path) = (request.method.as_str(), request.path.clone());
            let outcome = match shared.ask(request).await {
                Ok(answer) => {
                    tracing::debug!(method, %path, status = answer.status, "HTTPS");
                    Outcome::Answer(answer)
                }
                Err(error) => {
                    tracing::debug!(method, %path, %error, "HTTPS");
                    Outcome::Failed(error)
                }
            };
            // An engine that has ended wants no answers.
            drop(reports.send((id, outcome)).await);
        };
        #[expect(clippy::disallowed_methods, reason = "this is io")]
        tokio::spawn(task);
    }
}

impl Shared {
    async fn ask(self: Arc<Shared>, request: Request) -> Result<Answer, HttpError> {
        let client = self.client(&request.origin).await.map_err(HttpError::NotSent)?;
        let built = build(&client, &request)?;
        let response = client.execute(built).await.map_err(|error| failure(&error))?;
        read(response, &request).await
    }

    /// The client of an origin. Making one reads the platform's trust store: not on the engine's thread.
    async fn client(self: &Arc<Shared>, origin: &Origin) -> Result<reqwest::Client, NetError> {
        let known = self.clients.lock().unwrap_or_else(PoisonError::into_inner).get(origin).cloned();
        if let Some(client) = known {
            return Ok(client);
        }
        let (shared, wanted) = (Arc::clone(self), origin.clone());
        let made = tokio::task::spawn_blocking(move || shared.make(&wanted)).await;
        let client = made.map_err(|error| NetError::Other(error.to_string()))??;
        self.clients.lock().unwrap_or_else(PoisonError::into_inner).insert(origin.clone(), client.clone());
        Ok(client)
    }

    fn make(&self, origin: &Origin) -> Result<reqwest::Client, NetError> {
        let mut tls = self.trust.config_for(origin.host())?.as_ref().clone();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        let place = self.places.lock().unwrap_or_else(PoisonError::into_inner).get(origin.host()).copied();
        let place = place.filter(|_| origin.port() == 443);
        let (dns, connect_to) = (self.dns.clone(), self.connect_to.clone());
        let resolver = Resolver { origin: origin.clone(), place, dns, connect_to };
        reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .https_only(true)
            .http1_only()
            .http1_max_headers(MAX_HEADERS)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .connect_timeout(CONNECT)
            .timeout(TOTAL)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(2)
            .user_agent(concat!("Ringfence/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(resolver)
            .build()
            .map_err(|error| NetError::Other(in_words(&error)))
    }
}

/// Where an origin's host really is: by `--connect-to`, `--dns`, or whom the system asks.
struct Resolver {
    origin: Origin,
    /// Where it is without asking anybody.
    place: Option<SocketAddr>,
    dns: Dns,
    connect_to: Rules,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (origin, dns, rules) = (self.origin.clone(), self.dns.clone(), self.connect_to.clone());
        let known = self.place;
        Box::pin(async move {
            if !name.as_str().eq_ignore_ascii_case(origin.host()) {
                return Err("a client of another origin".into());
            }
            if let Some(known) = known {
                return Ok(Box::new(std::iter::once(known)) as Addrs);
            }
            let found = dns.addresses(origin.host()).await?;
            let place = |ip| {
                let (addr, tls_name) = (SocketAddr::new(ip, origin.port()), Some(origin.host().to_owned()));
                let (transport, attempt) = (Transport::Tls, RequestId(0));
                rules.redirect(&Target { transport, addr, tls_name, account: None, pin: None, attempt })
            };
            let addrs: Vec<SocketAddr> = found.into_iter().map(place).collect();
            Ok(Box::new(addrs.into_iter()) as Addrs)
        })
    }
}

/// The request as reqwest has it. The URL names no port: the resolver knows it, and so `--connect-to` may change it.
fn build(client: &reqwest::Client, request: &Request) -> Result<reqwest::Request, HttpError> {
    let method = match request.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Delete => reqwest::Method::DELETE,
    };
    let mut builder = client.request(method, format!("https://{}{}", request.origin.host(), request.path));
    if request.origin.port() != 443 {
        builder = builder.header(header::HOST, format!("{}:{}", request.origin.host(), request.origin.port()));
    }
    let accept = match request.accept {
        Accept::Json => "application/json, application/problem+json",
        Accept::Signature | Accept::Status => "*/*",
    };
    builder = builder.header(header::ACCEPT, accept);
    for (name, value) in &request.headers {
        builder = builder.header(*name, value);
    }
    if let Some(authorization) = &request.authorization {
        let mut value = header::HeaderValue::from_str(authorization.expose("it goes to the pinned origin"))
            .map_err(|error| HttpError::NotSent(NetError::Other(error.to_string())))?;
        value.set_sensitive(true);
        builder = builder.header(header::AUTHORIZATION, value);
    }
    if let Some(body) = &request.body {
        let bytes = body.expose("it goes to the pinned origin").clone();
        builder = builder.header(header::CONTENT_TYPE, JSON).body(bytes);
    }
    builder.build().map_err(|error| HttpError::NotSent(NetError::Other(in_words(&error))))
}

/// The answer, read piece by piece, and no further than its cap.
async fn read(mut response: reqwest::Response, request: &Request) -> Result<Answer, HttpError> {
    let status = response.status().as_u16();
    let mut answer = head(status, response.headers());
    if (300..400).contains(&status) && status != 304 && request.accept != Accept::Status {
        return Err(HttpError::Redirected(status));
    }
    if status == 304 || status == 204 || request.accept == Accept::Status {
        return Ok(answer);
    }
    let mut body: Vec<u8> = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| HttpError::Unknown(cause(&error)))? {
        if body.len() + piece.len() > request.cap {
            return Err(HttpError::TooLong(status));
        }
        body.extend_from_slice(&piece);
    }
    if request.accept == Accept::Json && !body.is_empty() && !is_json(response.headers()) {
        return Err(HttpError::WrongType(status));
    }
    answer.body = Secret::new(body);
    Ok(answer)
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case(JSON) || kind.eq_ignore_ascii_case(PROBLEM_JSON)
}

/// The headers that count.
fn head(status: u16, headers: &HeaderMap) -> Answer {
    let text =
        |value: &header::HeaderValue| value.to_str().ok().filter(|value| value.len() <= MAX_VALUE).map(str::to_owned);
    let one = |name: header::HeaderName| headers.get(name).and_then(text);
    Answer {
        status,
        etag: one(header::ETAG).filter(|etag| etag.len() <= 256),
        date: one(header::DATE).and_then(|date| Stamp::parse_http(&date)),
        retry_after: one(header::RETRY_AFTER).and_then(|after| retry_after(&after)),
        challenges: headers.get_all(header::WWW_AUTHENTICATE).iter().filter_map(text).take(8).collect(),
        auth_info: one(header::HeaderName::from_static("authentication-info")),
        location: one(header::LOCATION),
        body: Secret::default(),
    }
}

/// `Retry-After` in seconds, or as a date.
fn retry_after(value: &str) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let left = Stamp::parse_http(value)?.as_millis().saturating_sub(clock::wall().as_millis());
    Some(Duration::from_millis(u64::try_from(left).unwrap_or(0)))
}

/// Whether bytes of the request may have left.
fn failure(error: &reqwest::Error) -> HttpError {
    let cause = cause(error);
    if error.is_connect() || error.is_builder() || error.is_dns() {
        HttpError::NotSent(cause)
    } else {
        HttpError::Unknown(cause)
    }
}

/// The deepest reason that we know: the certificate, the operating system, or time.
fn cause(error: &reqwest::Error) -> NetError {
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(mut io) = inner.downcast_ref::<std::io::Error>() {
            // hyper-rustls wraps what rustls said twice.
            while let Some(deeper) = io.get_ref().and_then(|inner| inner.downcast_ref::<std::io::Error>()) {
                io = deeper;
            }
            return tls::handshake_error(io);
        }
        source = inner.source();
    }
    if error.is_timeout() { NetError::TimedOut } else { NetError::Other(in_words(error)) }
}

/// reqwest's words and those below them, without the URL.
fn in_words(error: &reqwest::Error) -> String {
    let mut words = Vec::new();
    let mut source = error.source();
    while let Some(inner) = source {
        words.push(inner.to_string());
        source = inner.source();
    }
    if words.is_empty() { "the request could not be made".to_owned() } else { words.join(": ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_both_forms() {
        assert_eq!(retry_after(" 120 "), Some(Duration::from_secs(120)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        assert_eq!(retry_after("soon"), None);
    }

    #[test]
    fn only_json_is_json() {
        let of = |kind: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
            is_json(&headers)
        };
        assert!(of("application/json") && of("Application/Problem+JSON; charset=utf-8"));
        assert!(!of("text/html") && !of("application/jsonp") && !is_json(&HeaderMap::new()));
    }
}
