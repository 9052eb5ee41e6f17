//! The SIP Account Security API, version 1, as types: what a provider publishes and what a phone asks, read strictly
//! and written exactly. Both sides of the protocol are built on these alone.
//!
//! ```text
//!   https://{SIP domain}/.well-known/sip-account-security   Discovery: where everything is, and the signed Root
//!   {issuer}{roots}/{N}.json                                 Signed: the root of version N, for the walk N → N+1
//!   {issuer}{policy}            GET                          Policy: rules and generation of one account
//!   {issuer}{changes}           POST, GET /tx, DELETE /tx    ChangeRequest, ChangeReply
//!   {issuer}{sessions}          GET, DELETE /id              Sessions
//!   {issuer}{guards}            GET, PUT                     Guards
//!   {issuer}{enrol}             POST                         Enrolment
//!   {issuer}{notices}           GET, and with `.minisig`     notices::Index and its signature
//!   {issuer}{notices_me}        GET                          own::SignedList: notices::Index for one account alone
//! ```
//!
//! Rules that hold everywhere: unknown members are ignored; an unknown action is [`notices::Action::AskProvider`]; an
//! unknown level is [`notices::Level::Advise`]; whatever is longer than its cap is refused before it is read; a
//! signature is over the exact bytes. Nothing here fetches, waits or decides.
//!
//! Two things differ from the design's sketch. `root` is not a JSON object but the exact signed bytes in base64 (an
//! object that any proxy or web server writes anew would lose its signature), and it repeats issuer, realm and link
//! hosts, so that whatever is pinned is what was signed.

pub mod changes;
pub mod devices;
pub mod discovery;
pub mod ed25519;
pub mod fuzz;
pub mod guards;
pub mod ids;
pub mod minisign;
pub mod notices;
pub mod origin;
pub mod own;
pub mod password_rules;
pub mod policy;
pub mod problem;
pub mod read_back;
pub mod root;
pub mod secret;
pub mod sessions;
pub mod text;
pub mod time;

pub use changes::{ChangeReply, ChangeRequest, ChangeState};
pub use discovery::Discovery;
pub use ids::{NoticeId, TxId};
pub use origin::{Origin, Path};
pub use own::SignedList;
pub use password_rules::Rules;
pub use policy::Policy;
pub use problem::{Problem, Urn};
pub use read_back::read_back_code;
pub use root::{Root, Signed};
pub use secret::Credential;
pub use time::Stamp;

/// Where discovery is, below the SIP domain's own origin (RFC 8615).
pub const WELL_KNOWN: &str = "/.well-known/sip-account-security";
/// The version that this is, in `sasa`.
pub const VERSION: &str = "1";
/// The longest discovery document, and the longest signed root, in bytes.
pub const MAX_DISCOVERY: usize = 32 * 1024;
/// The longest body of everything else, in bytes.
pub const MAX_BODY: usize = 256 * 1024;
/// The longest minisign signature file, in bytes.
pub const MAX_SIGNATURE: usize = 2 * 1024;

/// Request header: the transaction's id, so that a repeated request is the same request.
pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
/// Request header: the generation that the change is for, in quotes (RFC 9110 §13.1.1).
pub const IF_MATCH: &str = "If-Match";
/// Request header: the device's id, with [`DEVICE_SIGNATURE`].
pub const DEVICE_ID: &str = "Sasa-Device";
/// Request header: the device's Ed25519 signature over [`ed25519::canonical`], in base64url.
pub const DEVICE_SIGNATURE: &str = "Sasa-Signature";
/// Request header of `GET sessions`: the `+sip.instance` of whoever asks, without brackets, to find its own row.
pub const INSTANCE: &str = "Sasa-Instance";
/// Type of every body that is not a problem.
pub const JSON: &str = "application/json";
/// Type of a problem (RFC 9457).
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Why a document is not taken.
#[derive(Clone, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum ReadError {
    /// It is longer than its cap: nothing of it was read.
    #[error("longer than {0} bytes")]
    TooLong(usize),
    /// It is no JSON, or a member that must be there is missing or of another type; where, in serde's words.
    #[error("{0}")]
    Shape(String),
    /// A member has a value that is not allowed: which one.
    #[error("{0} is not allowed")]
    Value(&'static str),
    /// It is of another major version.
    #[error("made for another version of the protocol")]
    Version,
}

/// Reads JSON of bounded length.
pub(crate) fn read<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8], cap: usize) -> Result<T, ReadError> {
    if bytes.len() > cap {
        return Err(ReadError::TooLong(cap));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        // Position and kind only: serde's own words may quote what it read, and that may be a secret.
        let kind = match error.classify() {
            serde_json::error::Category::Io => "unreadable",
            serde_json::error::Category::Syntax => "no JSON",
            serde_json::error::Category::Data => "not what is expected",
            serde_json::error::Category::Eof => "cut off",
        };
        ReadError::Shape(format!("{kind} at line {} column {}", error.line(), error.column()))
    })
}

/// Refuses what is not as it must be.
pub(crate) const fn ensure(good: bool, what: &'static str) -> Result<(), ReadError> {
    if good { Ok(()) } else { Err(ReadError::Value(what)) }
}
