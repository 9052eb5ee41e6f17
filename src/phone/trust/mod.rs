//! How far a line was protected at its best, and what has become weaker since: for each account the strongest digest
//! (RFC 8760 §3), TLS, encrypted sound, and who vouched for the server's certificate.
//!
//! What was strong once is demanded from then on. Weaker is refused, or at least said, and only the person can allow
//! it again, in the settings. A server's certificate that nobody vouches for can be trusted by its
//! fingerprint, but not after a public authority has vouched for that server, and not for a wrong date.

pub mod certificate;
pub(super) mod host;

use serde::{Deserialize, Serialize};

use crate::base::{AccountId, WallTime};
use crate::phone::view::{CertificateQuestion, Protection, Weaker};

/// What is remembered of an account's protection, beside its strongest digest.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// It was connected by TLS: it is never connected without any more.
    pub tls: bool,
    /// An authority that this computer trusts vouched for its server: no other certificate is offered for trust.
    pub vouched: bool,
    /// The sound of one of its calls was encrypted.
    pub srtp: bool,
    /// The person trusts the server's certificate since then.
    pub trusted_since: Option<WallTime>,
    /// What has become weaker, and nobody has said that this is fine.
    pub alarms: Vec<(WallTime, Alarm)>,
}

/// What has become weaker.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alarm {
    /// The server asked for the password in a weaker way than before. It was not answered.
    WeakerDigest,
    /// Only an unencrypted connection was to be had. It was not used.
    NoTls,
    /// The sound of a call was not encrypted, unlike that of earlier calls.
    NoSrtp,
    /// The server showed another certificate than the one that the person trusted. The connection was refused.
    CertificateChanged,
    /// Nobody vouches any more for the certificate of a server for which somebody did. The connection was refused.
    NotVouched,
}

/// What the screens draw of one line's protection, beside the facts of the Security centre.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrustView {
    /// The line.
    pub account: AccountId,
    /// What has become weaker, the oldest first; shown until the person dismisses it.
    pub alarms: Vec<(WallTime, Alarm)>,
    /// The fingerprint of the one certificate that the person trusted.
    pub pinned: Option<String>,
    /// The certificate that was refused last, if its fingerprint is known: in the settings, beside the trusted one,
    /// it can be trusted instead ([`crate::phone::command::TrustCommand::ReplaceCertificate`]).
    pub refused: Option<CertificateQuestion>,
}

impl Alarm {
    /// What of a line it is about.
    #[must_use]
    pub const fn protection(self) -> Protection {
        match self {
            Alarm::WeakerDigest => Protection::SignIn,
            Alarm::NoTls => Protection::Transport,
            Alarm::NoSrtp => Protection::Sound,
            Alarm::CertificateChanged | Alarm::NotVouched => Protection::Certificate,
        }
    }

    /// The same for the Security centre; `digest` is the strongest that was seen.
    #[must_use]
    pub fn weaker(self, digest: &str) -> Weaker {
        let (before, now, refused) = match self {
            Alarm::WeakerDigest => (digest, "a weaker way", true),
            Alarm::NoTls => ("TLS", "no encryption", true),
            Alarm::NoSrtp => ("encrypted sound", "sound that is not encrypted", false),
            Alarm::CertificateChanged => ("the certificate that you trusted", "another one", true),
            Alarm::NotVouched => ("a certificate that an authority vouches for", "one that nobody vouches for", true),
        };
        Weaker { what: self.protection(), before: before.to_owned(), now: now.to_owned(), refused }
    }

    /// The machine-readable word.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Alarm::WeakerDigest => "weaker_digest",
            Alarm::NoTls => "no_tls",
            Alarm::NoSrtp => "no_srtp",
            Alarm::CertificateChanged => "certificate_changed",
            Alarm::NotVouched => "not_vouched",
        }
    }

    /// What happened, and what was done about it.
    #[must_use]
    pub fn sentence(self, provider: &str) -> String {
        match self {
            Alarm::WeakerDigest => format!(
                "{provider} asked for your password in a weaker way than before. It was not answered: somebody may be in between."
            ),
            Alarm::NoTls => format!(
                "{provider} could only be reached without encryption, unlike before. Your password was not sent."
            ),
            Alarm::NoSrtp => "The sound of a call was not encrypted, unlike that of earlier calls.".to_owned(),
            Alarm::CertificateChanged => format!(
                "{provider} showed another certificate than the one that you trusted. The connection was refused."
            ),
            Alarm::NotVouched => format!(
                "Nobody vouches any more for the certificate of {provider}. The connection was refused: this can be an attack."
            ),
        }
    }
}

impl Memory {
    /// Raises an alarm; false if it is raised already.
    pub fn raise(&mut self, alarm: Alarm, now: WallTime) -> bool {
        let news = !self.alarms.iter().any(|(_, raised)| *raised == alarm);
        if news {
            self.alarms.push((now, alarm));
        }
        news
    }

    /// The person has seen an alarm, or its cause is gone.
    pub fn dismiss(&mut self, alarm: Alarm) -> bool {
        let before = self.alarms.len();
        self.alarms.retain(|(_, raised)| *raised != alarm);
        self.alarms.len() < before
    }
}
