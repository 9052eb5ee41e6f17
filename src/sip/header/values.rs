//! The small typed values: CSeq, media types, Reason, Warning, Retry-After, Date.

use std::fmt;

use super::{Params, scan};
use crate::sip::message::Method;

/// CSeq (RFC 3261 §20.16).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CSeq {
    /// The sequence number, below 2³¹ in what we send.
    pub number: u32,
    /// The method.
    pub method: Method,
}

impl CSeq {
    /// Parses `314159 INVITE`.
    #[must_use]
    pub fn parse(text: &str) -> Option<CSeq> {
        let (number, method) = scan::trim(text).split_once([' ', '\t'])?;
        let method = scan::trim(method);
        scan::is_token(method).then_some(())?;
        Some(CSeq { number: scan::number(number)?, method: Method::from_token(method) })
    }
}

impl fmt::Display for CSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.method)
    }
}

/// Content-Type and Accept (RFC 3261 §20.15).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct MediaType {
    /// Type and subtype in lower case, e.g. `application/sdp`.
    pub essence: String,
    /// Parameters.
    pub params: Params,
}

impl MediaType {
    /// Parses `type/subtype;param=value`.
    #[must_use]
    pub fn parse(text: &str) -> Option<MediaType> {
        let (essence, params) = text.split_once(';').unwrap_or((text, ""));
        let (kind, subtype) = essence.split_once('/')?;
        let (kind, subtype) = (scan::trim(kind), scan::trim(subtype));
        (scan::is_token(kind) && scan::is_token(subtype)).then_some(())?;
        let essence = format!("{kind}/{subtype}").to_ascii_lowercase();
        Some(MediaType { essence, params: Params::parse(params)? })
    }
}

/// Reason (RFC 3326): why a request was sent, e.g. `SIP;cause=200;text="Call completed elsewhere"`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Reason {
    /// `SIP`, `Q.850`, …, as written.
    pub protocol: String,
    /// The cause number.
    pub cause: Option<u16>,
    /// The text.
    pub text: Option<String>,
}

impl Reason {
    /// Parses one value.
    #[must_use]
    pub fn parse(text: &str) -> Option<Reason> {
        let (protocol, params) = text.split_once(';').unwrap_or((text, ""));
        let protocol = scan::trim(protocol);
        let params = Params::parse(params)?;
        scan::is_token(protocol).then(|| Reason {
            protocol: protocol.to_owned(),
            cause: params.get("cause").as_deref().and_then(scan::number),
            text: params.get("text"),
        })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.protocol)?;
        if let Some(cause) = self.cause {
            write!(f, ";cause={cause}")?;
        }
        if let Some(text) = &self.text {
            write!(f, ";text={}", scan::quote(text))?;
        }
        Ok(())
    }
}

/// Warning (RFC 3261 §20.43).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Warning {
    /// 300 to 399.
    pub code: u16,
    /// Who warns.
    pub agent: String,
    /// What of.
    pub text: String,
}

impl Warning {
    /// Parses `304 host "text"`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Warning> {
        let (code, rest) = scan::trim(text).split_once(' ')?;
        let (agent, rest) = scan::trim(rest).split_once(' ')?;
        let code = scan::number(code).filter(|c| (100..=999).contains(c))?;
        Some(Warning { code, agent: agent.to_owned(), text: scan::unescape(scan::take_quoted(scan::trim(rest))?.0) })
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.code, self.agent, scan::quote(&self.text))
    }
}

/// Retry-After (RFC 3261 §20.33).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RetryAfter {
    /// Seconds to wait.
    pub seconds: u32,
}

impl RetryAfter {
    /// Parses `18000;duration=3600 (comment)`; comment and parameters do not matter to us.
    #[must_use]
    pub fn parse(text: &str) -> Option<RetryAfter> {
        let digits = text.split([';', '(', ' ', '\t']).next()?;
        Some(RetryAfter { seconds: scan::number(digits)? })
    }
}

/// Whether a Date header is a SIP-date (RFC 3261 §20.17): RFC 1123 with GMT and nothing else.
#[must_use]
pub fn date_is_valid(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').collect();
    let [weekday, day, month, year, time, "GMT"] = words.as_slice() else { return false };
    let two_digits = |t: &str| t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit());
    ["Mon,", "Tue,", "Wed,", "Thu,", "Fri,", "Sat,", "Sun,"].contains(weekday)
        && two_digits(day)
        && ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"].contains(month)
        && (year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()))
        && (time.split(':').count() == 3 && time.split(':').all(two_digits))
}
