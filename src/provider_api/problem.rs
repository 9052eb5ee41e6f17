//! Errors as RFC 9457 problems. Only the type and its own members count; `title` and `detail` are the provider's words
//! for its own people and are never shown.

use serde::{Deserialize, Serialize};

use super::{MAX_BODY, ReadError, ensure, read};

/// The kinds of errors, each with a stable URN and a status.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Urn {
    /// 422: the new password does not follow the rules, which come along.
    Policy,
    /// 412: the generation has moved.
    Generation,
    /// 401: the password or the signature is not right.
    Auth,
    /// 403: this needs more than the password; which methods there are comes along.
    SecondFactor,
    /// 429: too often.
    Rate,
    /// 410: too late, or fenced off.
    TxExpired,
    /// 409: the same transaction with another body.
    TxMismatch,
    /// 503: not now.
    Maintenance,
    /// 409: the realm is another now.
    RealmChanged,
    /// 501: not offered.
    NotSupported,
    /// 400: the request makes no sense.
    BadRequest,
    /// 404: no such thing.
    NotFound,
    /// Anything else.
    Other,
}

impl Urn {
    /// All that have a URN.
    pub const ALL: [Urn; 12] = [
        Urn::Policy,
        Urn::Generation,
        Urn::Auth,
        Urn::SecondFactor,
        Urn::Rate,
        Urn::TxExpired,
        Urn::TxMismatch,
        Urn::Maintenance,
        Urn::RealmChanged,
        Urn::NotSupported,
        Urn::BadRequest,
        Urn::NotFound,
    ];

    /// The `type`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Urn::Policy => "urn:sasa:policy",
            Urn::Generation => "urn:sasa:generation",
            Urn::Auth => "urn:sasa:auth",
            Urn::SecondFactor => "urn:sasa:second-factor",
            Urn::Rate => "urn:sasa:rate",
            Urn::TxExpired => "urn:sasa:tx-expired",
            Urn::TxMismatch => "urn:sasa:tx-mismatch",
            Urn::Maintenance => "urn:sasa:maintenance",
            Urn::RealmChanged => "urn:sasa:realm-changed",
            Urn::NotSupported => "urn:sasa:not-supported",
            Urn::BadRequest => "urn:sasa:bad-request",
            Urn::NotFound => "urn:sasa:not-found",
            Urn::Other => "about:blank",
        }
    }

    /// The HTTP status that goes with it.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Urn::BadRequest => 400,
            Urn::Auth => 401,
            Urn::SecondFactor => 403,
            Urn::NotFound => 404,
            Urn::TxMismatch | Urn::RealmChanged => 409,
            Urn::TxExpired => 410,
            Urn::Generation => 412,
            Urn::Policy => 422,
            Urn::Rate => 429,
            Urn::Other => 500,
            Urn::NotSupported => 501,
            Urn::Maintenance => 503,
        }
    }

    /// The kind of this `type`, in whichever case.
    #[must_use]
    pub fn parse(text: &str) -> Urn {
        Urn::ALL.into_iter().find(|urn| urn.as_str().eq_ignore_ascii_case(text)).unwrap_or(Urn::Other)
    }
}

/// One problem.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Problem {
    /// The URN.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// For the provider's people; never shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// With [`Urn::Policy`]: the rules that hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<String>,
    /// With [`Urn::Generation`]: the generation in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// With [`Urn::SecondFactor`]: what would do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<String>,
    /// With [`Urn::TxExpired`]: what became of the transaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<super::changes::ChangeState>,
}

impl Problem {
    /// A problem of this kind, on the provider's side.
    #[must_use]
    pub fn new(urn: Urn) -> Problem {
        Problem { kind: urn.as_str().to_owned(), status: Some(urn.status()), ..Problem::default() }
    }

    /// Reads one, on the phone's side.
    ///
    /// # Errors
    /// If it is too long or malformed.
    pub fn parse(bytes: &[u8]) -> Result<Problem, ReadError> {
        let problem: Problem = read(bytes, MAX_BODY)?;
        let rules = problem.rules.as_ref().map_or(0, String::len);
        ensure(rules <= super::password_rules::MAX_LENGTH, "rules")?;
        ensure(problem.methods.len() <= 16 && problem.methods.iter().all(|it| it.len() <= 64), "methods")?;
        Ok(problem)
    }

    /// Which kind it is.
    #[must_use]
    pub fn urn(&self) -> Urn {
        Urn::parse(&self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_again_by_its_urn() {
        for urn in Urn::ALL {
            let bytes = serde_json::to_vec(&Problem::new(urn)).unwrap();
            let read = Problem::parse(&bytes).unwrap();
            assert_eq!((read.urn(), read.status), (urn, Some(urn.status())));
        }
        assert_eq!(Problem::parse(br#"{"type":"https://evil.example/x","detail":"click"}"#).unwrap().urn(), Urn::Other);
    }
}
