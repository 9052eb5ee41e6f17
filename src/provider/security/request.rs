//! A request, and what it asks. Reading it needs no account.

use std::net::IpAddr;

use super::reply::Reply;
use crate::provider_api::devices::Enrolment;
use crate::provider_api::guards::Guards;
use crate::provider_api::policy::generation_of;
use crate::provider_api::{ChangeRequest, Problem, TxId, Urn};

/// Where the resources are; discovery says so to phones.
pub mod paths {
    /// Rules and generation of an account.
    pub const POLICY: &str = "/sasa/policy";
    /// Password changes.
    pub const CHANGES: &str = "/sasa/changes";
    /// Registrations and devices.
    pub const SESSIONS: &str = "/sasa/sessions";
    /// Limits of what a line may call.
    pub const GUARDS: &str = "/sasa/guards";
    /// Enrolment of devices.
    pub const DEVICES: &str = "/sasa/devices";
    /// Notices to one account alone.
    pub const NOTICES_ME: &str = "/sasa/notices/me";
}

/// A request, whatever carried it.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// `GET`, `POST`, …
    pub method: &'a str,
    /// Its target, as it stands in the request.
    pub path: &'a str,
    /// `Authorization`.
    pub authorization: Option<&'a str>,
    /// `Idempotency-Key`.
    pub idempotency_key: Option<&'a str>,
    /// `If-Match`.
    pub if_match: Option<&'a str>,
    /// `Sasa-Device`.
    pub device: Option<&'a str>,
    /// `Sasa-Signature`.
    pub signature: Option<&'a str>,
    /// `Sasa-Instance`: which telephone asks.
    pub instance: Option<&'a str>,
    /// The body, of bounded length.
    pub body: &'a [u8],
    /// From where it came.
    pub from: IpAddr,
}

/// What is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Route {
    /// `GET policy`
    Policy,
    /// `POST changes`, for the generation that `If-Match` names.
    Change(Box<ChangeRequest>, u64),
    /// `GET changes/{tx}`
    Query(TxId),
    /// `DELETE changes/{tx}`
    Fence(TxId),
    /// `GET sessions`
    Sessions,
    /// `DELETE sessions/{id}`
    EndSession(String),
    /// `GET guards`
    Guards,
    /// `PUT guards`
    SetGuards(Guards),
    /// `POST devices`
    Enrol(Enrolment),
    /// `GET notices/me`
    OwnNotices,
}

impl Route {
    /// What a request asks.
    ///
    /// # Errors
    /// The answer to a request that asks nothing sensible: 400, 404 or 405.
    pub fn parse(request: &Request<'_>) -> Result<Route, Reply> {
        let tail = |path: &str| request.path.strip_prefix(path).and_then(|rest| rest.strip_prefix('/'));
        match (request.method, request.path) {
            ("GET", paths::POLICY) => Ok(Route::Policy),
            ("GET", paths::SESSIONS) => Ok(Route::Sessions),
            ("GET", paths::GUARDS) => Ok(Route::Guards),
            ("GET", paths::NOTICES_ME) => Ok(Route::OwnNotices),
            ("PUT", paths::GUARDS) => Guards::parse(request.body).map(Route::SetGuards).map_err(|e| malformed(&e)),
            ("POST", paths::DEVICES) => Enrolment::parse(request.body).map(Route::Enrol).map_err(|e| malformed(&e)),
            ("POST", paths::CHANGES) => change(request),
            (_, paths::POLICY | paths::SESSIONS | paths::NOTICES_ME) => Err(not_allowed("GET")),
            (_, paths::GUARDS) => Err(not_allowed("GET, PUT")),
            (_, paths::DEVICES | paths::CHANGES) => Err(not_allowed("POST")),
            (method, _) => match (method, tail(paths::CHANGES).and_then(TxId::parse), tail(paths::SESSIONS)) {
                ("GET", Some(tx), _) => Ok(Route::Query(tx)),
                ("DELETE", Some(tx), _) => Ok(Route::Fence(tx)),
                ("DELETE", None, Some(id)) if is_id(id) => Ok(Route::EndSession(id.to_owned())),
                (_, Some(_), _) => Err(not_allowed("GET, DELETE")),
                (_, None, Some(_)) => Err(not_allowed("DELETE")),
                (_, None, None) => Err(Reply::refused(Urn::NotFound, "no such resource")),
            },
        }
    }

    /// The transaction that it is about.
    #[must_use]
    pub fn tx(&self) -> Option<&TxId> {
        match self {
            Route::Change(request, _) => Some(&request.tx),
            Route::Query(tx) | Route::Fence(tx) => Some(tx),
            Route::Policy
            | Route::Sessions
            | Route::EndSession(_)
            | Route::Guards
            | Route::SetGuards(_)
            | Route::Enrol(_)
            | Route::OwnNotices => None,
        }
    }

    /// Whether the registrations are wanted to decide it.
    #[must_use]
    pub const fn is_about_sessions(&self) -> bool {
        matches!(self, Route::Sessions | Route::EndSession(_))
    }

    /// Whether it changes anything.
    #[must_use]
    pub const fn writes(&self) -> bool {
        match self {
            Route::Change(..) | Route::Fence(_) | Route::EndSession(_) | Route::SetGuards(_) | Route::Enrol(_) => true,
            Route::Policy | Route::Query(_) | Route::Sessions | Route::Guards | Route::OwnNotices => false,
        }
    }
}

fn change(request: &Request<'_>) -> Result<Route, Reply> {
    let change = ChangeRequest::parse(request.body).map_err(|error| malformed(&error))?;
    if request.idempotency_key != Some(change.tx.as_str()) {
        return Err(Reply::refused(Urn::BadRequest, "Idempotency-Key must name the transaction"));
    }
    let generation = request.if_match.and_then(generation_of);
    let generation = generation.ok_or_else(|| Reply::refused(Urn::BadRequest, "If-Match must name a generation"))?;
    Ok(Route::Change(Box::new(change), generation))
}

/// Ids of sessions are of our making: letters, digits and what base64url has.
fn is_id(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

fn malformed(error: &crate::provider_api::ReadError) -> Reply {
    Reply::refused(Urn::BadRequest, &format!("the body: {error}"))
}

/// RFC 9110 §15.5.6: with the methods that there are.
fn not_allowed(methods: &str) -> Reply {
    let title = Some("no such method here".to_owned());
    let problem = Problem { status: Some(405), title, ..Problem::new(Urn::NotFound) };
    Reply::problem(&problem).with("Allow", methods.to_owned())
}
