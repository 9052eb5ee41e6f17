//! HTTPS, as far as account security needs it: one request to one pinned origin, one answer, nothing followed.

use std::time::Duration;

use crate::base::Secret;
use crate::port::net::NetError;
use crate::provider_api::{MAX_BODY, Origin, Path, Stamp};

/// One request. It goes to this origin and to no other, whatever the answer says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// Where to.
    pub origin: Origin,
    /// How.
    pub method: Method,
    /// Which resource.
    pub path: Path,
    /// Headers that say nothing secret: `If-None-Match`, `If-Match`, `Idempotency-Key`, the device's.
    pub headers: Vec<(&'static str, String)>,
    /// The value of `Authorization`, made by whoever asks (RFC 7616).
    pub authorization: Option<Secret<String>>,
    /// The body, always JSON. The only place where a secret may travel.
    pub body: Option<Secret<Vec<u8>>>,
    /// What may come back.
    pub accept: Accept,
    /// The longest body that is read, in bytes.
    pub cap: usize,
}

impl Request {
    /// A GET for JSON of the usual length.
    #[must_use]
    pub const fn get(origin: Origin, path: Path) -> Request {
        Request {
            origin,
            method: Method::Get,
            path,
            headers: Vec::new(),
            authorization: None,
            body: None,
            accept: Accept::Json,
            cap: MAX_BODY,
        }
    }

    /// The same with one more header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Request {
        self.headers.push((name, value.into()));
        self
    }
}

/// The methods in use.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Method {
    /// GET
    Get,
    /// POST
    Post,
    /// PUT
    Put,
    /// DELETE
    Delete,
}

impl Method {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        }
    }
}

/// What may come back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Accept {
    /// `application/json` or `application/problem+json`, else [`HttpError::WrongType`].
    Json,
    /// A minisign signature, which web servers call many things: any type.
    Signature,
    /// Only the status is of interest: the body is not read.
    Status,
}

/// What became of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The server answered, with whichever status that is no redirect.
    Answer(Answer),
    /// There is no answer that counts.
    Failed(HttpError),
}

/// An answer.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// `ETag`, as it stands.
    pub etag: Option<String>,
    /// `Date`: the provider's clock when it answered.
    pub date: Option<Stamp>,
    /// `Retry-After`, in either form, counted from now; a date in the past is zero.
    pub retry_after: Option<Duration>,
    /// The values of all `WWW-Authenticate` headers.
    pub challenges: Vec<String>,
    /// `Authentication-Info`, with the next nonce perhaps.
    pub auth_info: Option<String>,
    /// Where the server wants us to go instead, if it is a redirect: only to be shown, never followed.
    pub location: Option<String>,
    /// The body. It may hold a secret that the server made up: wiped when dropped.
    pub body: Secret<Vec<u8>>,
}

/// Why there is no answer.
#[derive(Clone, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum HttpError {
    /// No connection: not a byte of the request left. It may be sent again as it is.
    #[error("no connection: {0}")]
    NotSent(NetError),
    /// Something went wrong after bytes had left, or may have: whether the server has acted is not known.
    #[error("no answer: {0}")]
    Unknown(NetError),
    /// The server sends us elsewhere. That is not followed; status and place are for the log only.
    #[error("redirected ({0})")]
    Redirected(u16),
    /// The answer is longer than the cap. Its status is known.
    #[error("the answer is too long ({0})")]
    TooLong(u16),
    /// The answer is not JSON. Its status is known.
    #[error("the answer is of another type ({0})")]
    WrongType(u16),
}

impl HttpError {
    /// Whether the server cannot have acted on the request.
    #[must_use]
    pub const fn never_left(&self) -> bool {
        matches!(self, HttpError::NotSent(_))
    }
}
