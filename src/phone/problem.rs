//! What is wrong, and the words for it (ui.md 4b): what happened, whose side, one next action, the code behind
//! "Details". The sentences stand here once, for the window and for the agent.

use serde::{Deserialize, Serialize};

use crate::codec::ROWS;
use crate::port::net::CertificateError;

/// What is wrong.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Problem {
    /// What kind it is.
    pub kind: ProblemKind,
    /// The SIP status, if there was one.
    pub status: Option<u16>,
    /// Host, provider or number that it is about.
    pub about: String,
    /// What exactly, where the kind does not say it all: a date, a fingerprint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// The kinds of problems that people can be told about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// 401 or 407 again with the same password.
    WrongPassword,
    /// 403 on REGISTER.
    LoginBlocked,
    /// 403 on INVITE.
    NotAllowed,
    /// Nobody answered: which transports were tried is in the steps.
    NoAnswer,
    /// The name is unknown to DNS.
    UnknownHost,
    /// DNS itself does not answer: most likely off line.
    OffLine,
    /// A certificate is for other names.
    CertificateName,
    /// A certificate is out of date, or the clock is.
    CertificateExpired,
    /// A certificate is not valid yet: most likely this computer's clock is behind.
    ClockWrong,
    /// A certificate is not the one that the person trusted for this server.
    CertificateChanged,
    /// A certificate's issuer is unknown.
    CertificateIssuer,
    /// TLS failed for another reason.
    TlsFailed,
    /// 404: no such number.
    NoSuchNumber,
    /// 480, 408: not reachable now.
    NotReachable,
    /// 486, 600.
    Busy,
    /// 603.
    Declined,
    /// 488, 415, or no common codec in an answer.
    NoCommonFormat,
    /// They, or we, insist on encryption.
    EncryptionRequired,
    /// 5xx, 6xx and what no row above is for.
    ServerTrouble,
    /// REGISTER: 5xx, and what no other kind is for.
    RegistrarTrouble,
    /// A `sips:` address with a transport that does not encrypt.
    SipsWantsTls,
    /// The realm that asked for the password is not the one of sign-in.
    ForeignRealm,
    /// The server asked for the password in a weaker way than it did before.
    WeakerDigest,
    /// TLS was used before, and cannot be had now.
    WeakerTransport,
    /// The connection was lost during the call.
    ConnectionLost,
    /// The address is not `user@domain`.
    BadAddress,
    /// A codec was named that there is not.
    UnknownCodec,
    /// The line is not signed in.
    NotSignedIn,
    /// No such call or account, or not in this state.
    NotNow,
    /// The sound could not be set up.
    NoMedia,
    /// A file of the profile could not be read; a copy was kept.
    DamagedProfile,
    /// Only an unencrypted transport answers, and nobody has agreed to one.
    UnencryptedOnly,
    /// The account is gone, but its password may still be in the keyring.
    PasswordNotDeleted,
    /// A document of the profile could not be written.
    NotSaved,
    /// That is no address of a website.
    BadWebsite,
    /// The keyring works, but an account's password is not in it any more.
    PasswordGone,
    /// The keyring holds several passwords for this account, and does not say which.
    SeveralPasswords,
    /// None of these was tried: the keyring does not say whether a change of the password is open.
    KeptNotTried,
    /// This is not the passphrase of the file that the passwords are in.
    WrongPassphrase,
    /// The passphrase that was chosen is too short.
    ShortPassphrase,
    /// The passphrase file was damaged; the generation before it was opened.
    PassphraseFileRestored,
    /// The passphrase file could not be opened, for another reason than the passphrase.
    PassphraseFileFailed,
    /// The passwords could not be moved to another place.
    PasswordsNotMoved,
    /// The line's password is being changed.
    ChangeUnderWay,
    /// The provider has never asked for a password.
    NoPasswordAsked,
    /// The provider holds outgoing calls back until the line password is new.
    Restricted,
    /// That will not do as a password: why, is in `about`.
    BadPassword,
    /// The demo provider could not be started.
    DemoFailed,
    /// The guard asks before it dials this.
    GuardAsks,
    /// The guard does not dial this.
    GuardBlocks,
    /// 3xx: the call was sent on to this address.
    SentOn,
}

impl ProblemKind {
    /// What is wrong with a certificate.
    #[must_use]
    pub const fn of_certificate(error: &CertificateError) -> ProblemKind {
        match error {
            CertificateError::WrongName => ProblemKind::CertificateName,
            CertificateError::Expired => ProblemKind::CertificateExpired,
            CertificateError::NotYetValid => ProblemKind::ClockWrong,
            CertificateError::UnknownIssuer => ProblemKind::CertificateIssuer,
            CertificateError::Changed => ProblemKind::CertificateChanged,
            CertificateError::Other(_) => ProblemKind::TlsFailed,
        }
    }
}

impl Problem {
    /// A problem without a SIP status.
    #[must_use]
    pub fn new(kind: ProblemKind, about: impl Into<String>) -> Problem {
        Problem { kind, status: None, about: about.into(), detail: None }
    }

    /// The same with what exactly is wrong.
    #[must_use]
    pub fn with_detail(self, detail: impl Into<String>) -> Problem {
        Problem { detail: Some(detail.into()), ..self }
    }

    /// The same with the SIP status that it came from.
    #[must_use]
    pub fn with_status(self, status: u16) -> Problem {
        Problem { status: Some(status), ..self }
    }

    /// The machine-readable code: the kind in snake case.
    #[must_use]
    pub fn code(&self) -> String {
        serde_json::to_value(self.kind).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// One bold sentence: what happened.
    #[must_use]
    pub fn title(&self) -> String {
        let about = &self.about;
        match self.kind {
            ProblemKind::WrongPassword => format!("{about} refused this password."),
            ProblemKind::LoginBlocked => format!("{about} blocked this login."),
            ProblemKind::NotAllowed => "You may not call this number.".into(),
            ProblemKind::NoAnswer => format!("{about} did not answer."),
            ProblemKind::UnknownHost => format!("We can't find {about}."),
            ProblemKind::OffLine => "This computer seems to be off line.".into(),
            ProblemKind::CertificateName => format!("The server's certificate is not valid for {about}."),
            ProblemKind::CertificateExpired => format!("The certificate of {about} is out of date."),
            ProblemKind::ClockWrong => {
                format!("This computer's clock says {}.", self.detail.as_deref().unwrap_or("another time"))
            }
            ProblemKind::CertificateChanged => format!("{about} shows another certificate than the one you trusted."),
            ProblemKind::WeakerDigest => format!("{about} asked for your password in a weaker way than before."),
            ProblemKind::WeakerTransport => format!("{about} was encrypted before, and is not now."),
            ProblemKind::PasswordGone => format!("The password of {about} is not where it was kept."),
            ProblemKind::SeveralPasswords => format!("The keyring holds several passwords for {about}."),
            ProblemKind::KeptNotTried => format!("None of the passwords for {about} was tried."),
            ProblemKind::WrongPassphrase => "This is not the passphrase.".into(),
            ProblemKind::ShortPassphrase => "The passphrase is too short.".into(),
            ProblemKind::PassphraseFileRestored => "The file with your passwords was damaged.".into(),
            ProblemKind::PassphraseFileFailed => "The file with your passwords could not be opened.".into(),
            ProblemKind::PasswordsNotMoved => format!("The password of {about} was not moved."),
            ProblemKind::CertificateIssuer => format!("Nobody we trust vouches for the certificate of {about}."),
            ProblemKind::TlsFailed => format!("No encrypted connection to {about}."),
            ProblemKind::NoSuchNumber => "No such number.".into(),
            ProblemKind::NotReachable => "Not reachable now.".into(),
            ProblemKind::Busy => "Busy.".into(),
            ProblemKind::Declined => "Declined.".into(),
            ProblemKind::NoCommonFormat => "No common audio format.".into(),
            ProblemKind::EncryptionRequired => "The other end does not encrypt.".into(),
            ProblemKind::ServerTrouble => format!("{about} could not connect the call."),
            ProblemKind::RegistrarTrouble => format!("{about} could not sign this line in."),
            ProblemKind::SipsWantsTls => "A sips: address is for TLS only.".into(),
            ProblemKind::ForeignRealm => "Somebody else asked for your password.".into(),
            ProblemKind::ConnectionLost => "The connection was lost.".into(),
            ProblemKind::BadAddress => "That is not a SIP address.".into(),
            ProblemKind::UnknownCodec => "A codec was named that this phone does not have.".into(),
            ProblemKind::NotSignedIn => "This line is not signed in.".into(),
            ProblemKind::NotNow => "That is not possible now.".into(),
            ProblemKind::NoMedia => "The sound could not be set up.".into(),
            ProblemKind::PasswordNotDeleted => format!("The password of {about} may still be on this computer."),
            ProblemKind::DamagedProfile => format!("{about} was damaged and has been set aside."),
            ProblemKind::UnencryptedOnly => format!("{about} can only be reached without encryption."),
            ProblemKind::ChangeUnderWay => format!("The password of {about} is being changed."),
            ProblemKind::NoPasswordAsked => format!("{about} has never asked for a password."),
            ProblemKind::Restricted => format!("{about} holds calls back until the line password is new."),
            ProblemKind::BadPassword => "That will not do as a password.".into(),
            ProblemKind::BadWebsite => "That is not the address of a website.".into(),
            ProblemKind::NotSaved => format!("{about} could not be saved."),
            ProblemKind::DemoFailed => "The demo could not be started.".into(),
            ProblemKind::GuardAsks => format!("Not dialled yet: {about}"),
            ProblemKind::GuardBlocks => format!("Not dialled: {about}"),
            ProblemKind::SentOn => format!("The call was sent on to {about}."),
        }
    }

    /// Whose side it is on, and one next action.
    #[must_use]
    pub fn advice(&self) -> String {
        match self.kind {
            ProblemKind::WrongPassword => "If you changed it elsewhere, type the new one. It is the line (SIP) password, usually not the one for the website.".into(),
            ProblemKind::LoginBlocked => "Often: account suspended, this network not allowed, or wrong login name. Ask your provider.".into(),
            ProblemKind::NotAllowed => "Often: credit used up, or foreign and premium numbers barred. Ask your provider.".into(),
            ProblemKind::NoAnswer => "Check the address and your internet connection, then try again.".into(),
            ProblemKind::UnknownHost => "Is it spelt correctly? The part behind the @ is your provider's name.".into(),
            ProblemKind::OffLine => "Check the network, then try again.".into(),
            ProblemKind::CertificateName | ProblemKind::CertificateIssuer => "This can be an attack or the provider's mistake. Your password was not sent. Ask your provider.".into(),
            ProblemKind::CertificateExpired => match &self.detail {
                Some(day) => format!("This computer's clock says {day}: if that is wrong, correct it, then retry. If it is right, tell your provider. Your password was not sent."),
                None => "Check this computer's date first. If it is right, tell your provider. Your password was not sent.".into(),
            },
            ProblemKind::ClockWrong => format!("Correct it, then retry. By that date, the certificate of {} is not valid yet. Your password was not sent.", self.about),
            ProblemKind::CertificateChanged => "This can be an attack. Your password was not sent. Ask your provider for the new fingerprint, and compare it in Settings.".into(),
            ProblemKind::WeakerDigest => "It was not answered: somebody may be in between. If your provider confirms it, allow it in Settings.".into(),
            ProblemKind::WeakerTransport => "Your password was not sent: somebody may be in between. If your provider confirms it, allow it in Settings.".into(),
            ProblemKind::PasswordGone => "Another keyring may be in use now, or it was emptied. Type the password again.".into(),
            ProblemKind::SeveralPasswords => "Ringfence does not guess: it can try them, the newest first, and use the one that works.".into(),
            ProblemKind::KeptNotTried => "The keyring does not say whether a change of it is open. Unlock the keyring; if it holds several entries under one name, delete those that are not yours in its own program. Then try again.".into(),
            ProblemKind::WrongPassphrase => "Nothing was lost. Type it again.".into(),
            ProblemKind::ShortPassphrase => "Take at least 8 characters: several words are easy to keep in mind.".into(),
            ProblemKind::PassphraseFileRestored => "The copy from before the last change was opened instead. If a line is refused now, type its password again.".into(),
            ProblemKind::PassphraseFileFailed => self.detail.clone().unwrap_or_default(),
            ProblemKind::PasswordsNotMoved => "It is still where it was.".into(),
            ProblemKind::TlsFailed => "Your password was not sent. Try again, or ask your provider which transport it supports.".into(),
            ProblemKind::NoSuchNumber => format!("Dialled as {}. Check the number.", self.about),
            ProblemKind::NotReachable | ProblemKind::Busy | ProblemKind::Declined => "Try again later.".into(),
            ProblemKind::NoCommonFormat => "The other end takes none of the formats that this line allows.".into(),
            ProblemKind::EncryptionRequired => "This line allows encrypted calls only.".into(),
            ProblemKind::SipsWantsTls => "Choose TLS as the transport, or write the address without sips:.".into(),
            ProblemKind::ServerTrouble | ProblemKind::RegistrarTrouble => "The trouble is on the provider's side. Try again in a minute.".into(),
            ProblemKind::ForeignRealm => "Nothing was sent. If this happens again, tell your provider.".into(),
            ProblemKind::ConnectionLost => "Call again as soon as the line is ready.".into(),
            ProblemKind::BadAddress => "It looks like anna@example.org.".into(),
            ProblemKind::UnknownCodec => format!("It has {}.", ROWS.iter().map(|row| row.name).collect::<Vec<_>>().join(", ")),
            ProblemKind::NotSignedIn => "Wait until it is ready, or sign in again.".into(),
            ProblemKind::NotNow => String::new(),
            ProblemKind::NoMedia => "Check the network, then call again.".into(),
            ProblemKind::PasswordNotDeleted => "Unlock where it was kept and try it again, or delete the entry there.".into(),
            ProblemKind::DamagedProfile => "A copy is beside it. Everything else works.".into(),
            ProblemKind::UnencryptedOnly => "Who is on the way can read whom you call. Your password was not sent.".into(),
            ProblemKind::ChangeUnderWay => "Let the change finish first.".into(),
            ProblemKind::NoPasswordAsked => "This line works without one: there is nothing to change.".into(),
            ProblemKind::Restricted => "Change it now. Emergency calls, calls to the provider and incoming calls work.".into(),
            ProblemKind::BadPassword => self.about.clone(),
            ProblemKind::BadWebsite => "It looks like www.example.org, and begins with https:// if with anything.".into(),
            ProblemKind::NotSaved => "Is the disk full? What you change now may be gone at the next start.".into(),
            ProblemKind::DemoFailed => self.about.clone(),
            ProblemKind::GuardAsks => "Confirm it if you want this call.".into(),
            ProblemKind::GuardBlocks => "You set the limits in Settings. They hold for this app only: ask your provider to bar such calls for your line.".into(),
            ProblemKind::SentOn => String::new(),
        }
    }
}
