//! Digest authentication as RFC 7616 and RFC 8760 want it, for both ends.
//!
//! * [`algorithm`]: MD5, SHA-256, SHA-512-256, each with `-sess`, and the arithmetic of the response.
//! * [`challenge`]: what a server asks (`WWW-Authenticate`, `Proxy-Authenticate`).
//! * [`credentials`]: what a client answers (`Authorization`, `Proxy-Authorization`).
//! * [`authenticator`]: the client: several challenges and realms at once, nonces counted and used again.
//! * [`policy`]: which challenges may be answered at all. Asked before any credential is computed.
//! * [`verifier`]: the server: makes challenges, verifies answers, refuses replays.

pub mod algorithm;
pub mod authenticator;
pub mod challenge;
pub mod credentials;
pub mod policy;
pub mod verifier;

pub use algorithm::{Algorithm, Hash, Qop, Strength, ha1};
pub use authenticator::{Attempts, Authenticator, Realms, Refusal, realms_of};
pub use challenge::{Challenge, Door};
pub use credentials::Credentials;
pub use policy::{Case, Opened, may_answer, may_foresee};
pub use verifier::{Asked, Verdict, Verifier};
