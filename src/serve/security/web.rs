//! HTTP in, HTTP out: requests become [`Request`]s, replies become responses, and what is published is served as it
//! stands in its folder.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request as HttpRequest;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use axum::routing::get;

use super::ledger::Ledger;
use super::lines::Lines;
use super::published::{Published, tagged, unless_known};
use super::service::Service;
use crate::provider::security::request::paths;
use crate::provider::security::{Reply, Request};
use crate::provider_api::discovery::{AuthLevel, Discovery, Endpoints, Generation, Incident};
use crate::provider_api::policy::SecretForm;
use crate::provider_api::{
    DEVICE_ID, DEVICE_SIGNATURE, IDEMPOTENCY_KEY, INSTANCE, JSON, Path, Signed, Urn, VERSION, WELL_KNOWN,
};
use crate::sip::digest::Algorithm;

/// The longest body that is taken.
const MAX_BODY: usize = 64 * 1024;
/// A body that has not arrived by then never will.
const PATIENCE: Duration = Duration::from_secs(15);
/// Where signed notices are, below the issuer.
const NOTICES: &str = "/sasa/notices.json";
/// Where roots are.
const ROOTS: &str = "/sasa/roots";

/// From where a connection came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// What is served.
#[derive(Debug)]
pub(crate) struct Site<L, R> {
    pub(crate) service: Service<L, R>,
    /// Discovery without its root, which is looked up in the folder.
    pub(crate) discovery: Discovery,
    pub(crate) published: Published,
    pub(crate) behind_proxy: bool,
    pub(crate) weather: Weather,
}

/// What goes wrong, as the demo's rehearsal wants it. A real provider has fair weather.
#[derive(Clone, Debug, Default)]
pub(crate) struct Weather(Arc<AtomicU8>);

impl Weather {
    const LOST: u8 = 1;
    const CLOSED: u8 = 2;

    pub(crate) fn set(&self, sky: Sky) {
        let code = match sky {
            Sky::Fair => 0,
            Sky::RepliesLost => Weather::LOST,
            Sky::Closed => Weather::CLOSED,
        };
        self.0.store(code, Ordering::Relaxed);
    }
}

/// Kinds of weather.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sky {
    /// Everything works.
    Fair,
    /// What is asked is done, and nobody learns of it: the connection breaks before the answer. Who only looks gets
    /// an answer: else nobody would begin a change in this weather.
    RepliesLost,
    /// Nothing is done: 503 to everybody.
    Closed,
}

/// On a response: break the connection instead of sending it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lost;

/// Discovery of a provider, without root and notices.
pub(crate) fn discovery(
    settings: &crate::provider::security::Settings,
    issuer: crate::provider_api::Origin,
    published: &Published,
    own: &Published,
) -> Discovery {
    use crate::provider::security::policy::{Exposed, PasswordAlone};
    let exposed = settings.exposed != Exposed::No;
    let publishes = published.is_somewhere();
    let mut auth = vec![AuthLevel::DeviceKey];
    if !exposed && settings.password_alone != PasswordAlone::Refused {
        auth.push(AuthLevel::Digest);
    }
    let name = |hash: &_| Algorithm { hash: *hash, sess: false }.name().to_owned();
    Discovery {
        sasa: VERSION.to_owned(),
        issuer,
        sip_domains: vec![settings.domain.clone()],
        registrars: Vec::new(),
        realm: settings.realm.clone(),
        digest: settings.kept.iter().map(name).collect(),
        endpoints: Endpoints {
            policy: Path::parse(paths::POLICY),
            changes: Path::parse(paths::CHANGES),
            sessions: Path::parse(paths::SESSIONS),
            guards: Path::parse(paths::GUARDS),
            enrol: Path::parse(paths::DEVICES),
            notices: Path::parse(NOTICES).filter(|_| publishes),
            notices_me: Path::parse(paths::NOTICES_ME).filter(|_| publishes && own.is_somewhere()),
            roots: Path::parse(ROOTS).filter(|_| publishes),
        },
        auth,
        generation: vec![Generation::Client],
        secret_forms: vec![SecretForm::Ha1, SecretForm::Plain],
        links: BTreeMap::new(),
        root: None,
        poll_s: 900,
        incident: Incident { credentials_exposed: exposed },
    }
}

/// The routes.
pub(crate) fn router<L: Ledger, R: Lines>(site: Arc<Site<L, R>>) -> Router {
    let known = Arc::clone(&site);
    let (notices, signature, roots) = (Arc::clone(&site), Arc::clone(&site), Arc::clone(&site));
    Router::new()
        .route(WELL_KNOWN, get(move |headers: HeaderMap| async move { known.discovery(&headers).await }))
        .route(NOTICES, get(move |headers: HeaderMap| async move { notices.file("notices.json", &headers).await }))
        .route(
            "/sasa/notices.json.minisig",
            get(move |headers: HeaderMap| async move { signature.file("notices.json.minisig", &headers).await }),
        )
        .route(
            "/sasa/roots/{name}",
            get(move |axum::extract::Path(name): axum::extract::Path<String>, headers: HeaderMap| async move {
                let number = name.strip_suffix(".json").and_then(|number| number.parse::<u32>().ok());
                match number {
                    Some(number) => roots.file(&format!("roots/{number}.json"), &headers).await,
                    None => response(Reply::refused(Urn::NotFound, "no such root")),
                }
            }),
        )
        .fallback(move |request: HttpRequest| {
            let site = Arc::clone(&site);
            async move { site.api(request).await }
        })
}

impl<L: Ledger, R: Lines> Site<L, R> {
    async fn api(&self, request: HttpRequest) -> Response<Body> {
        let sky = self.weather.0.load(Ordering::Relaxed);
        if sky == Weather::CLOSED {
            return response(Reply::refused(Urn::Maintenance, "not now").retry_after(Duration::from_secs(5)));
        }
        let looks = request.method() == axum::http::Method::GET;
        let mut response = self.answer(request).await;
        if sky == Weather::LOST && !looks {
            response.extensions_mut().insert(Lost);
        }
        response
    }

    async fn answer(&self, request: HttpRequest) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let body = tokio::time::timeout(PATIENCE, axum::body::to_bytes(body, MAX_BODY)).await;
        let Ok(Ok(body)) = body else {
            return response(Reply::refused(Urn::BadRequest, "the body is too long, or did not arrive"));
        };
        let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let peer = parts.extensions.get::<Peer>().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0);
        let request = Request {
            method: parts.method.as_str(),
            path: parts.uri.path_and_query().map_or_else(|| parts.uri.path(), |target| target.as_str()),
            authorization: text("authorization"),
            idempotency_key: text(IDEMPOTENCY_KEY),
            if_match: text("if-match"),
            device: text(DEVICE_ID),
            signature: text(DEVICE_SIGNATURE),
            instance: text(INSTANCE),
            body: &body,
            from: if self.behind_proxy { forwarded(&parts.headers).unwrap_or(peer) } else { peer },
        };
        let reply = self.service.answer(&request).await;
        response(if request.method == "GET" { unless_known(reply, text("if-none-match")) } else { reply })
    }

    async fn discovery(&self, headers: &HeaderMap) -> Response<Body> {
        let mut document = self.discovery.clone();
        match self.newest_root().await {
            Ok(root) => document.root = root,
            Err(error) => {
                tracing::error!(%error, "the published root cannot be read");
                return response(Reply::refused(Urn::Maintenance, "not now").retry_after(Duration::from_secs(60)));
            }
        }
        sent(tagged(Reply::json(200, &document).body, JSON), headers)
    }

    /// The root of the highest version, if any was published.
    async fn newest_root(&self) -> Result<Option<Signed>, String> {
        let mut newest = None;
        for version in 1.. {
            match self.published.read(&format!("roots/{version}.json")).await {
                Ok(Some(bytes)) => newest = Some(Signed::parse(&bytes).map_err(|error| error.to_string())?),
                Ok(None) => break,
                Err(error) => return Err(error.to_string()),
            }
        }
        Ok(newest)
    }

    async fn file(&self, name: &str, headers: &HeaderMap) -> Response<Body> {
        let kind = if name.ends_with(".json") { JSON } else { "text/plain" };
        match self.published.read(name).await {
            Ok(Some(bytes)) => sent(tagged(bytes, kind), headers),
            Ok(None) => response(Reply::refused(Urn::NotFound, "not published")),
            Err(error) => {
                tracing::error!(%error, name, "a published file cannot be read");
                response(Reply::refused(Urn::Maintenance, "not now").retry_after(Duration::from_secs(60)))
            }
        }
    }
}

/// A published file, or 304 to whoever has it.
fn sent(reply: Reply, headers: &HeaderMap) -> Response<Body> {
    response(unless_known(reply, headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok())))
}

/// The proxy's last word on where a request comes from: what stands before it, anybody can have written.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
}

fn response(reply: Reply) -> Response<Body> {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(reply.kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    for (name, value) in reply.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value)) {
            headers.append(name, value);
        }
    }
    response
}
