//! `POST changes`, `GET changes/{tx}`, `DELETE changes/{tx}`: the change of one credential as a transaction.

use serde::{Deserialize, Serialize};

use super::ids::TxId;
use super::secret::Credential;
use super::time::Stamp;
use super::{MAX_BODY, ReadError, ensure, read};

/// The body of `POST changes`; [`super::IDEMPOTENCY_KEY`] and [`super::IF_MATCH`] go with it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ChangeRequest {
    /// The transaction: the same at each attempt.
    pub tx: TxId,
    /// Which credential.
    #[serde(default)]
    pub target: Target,
    /// Who makes the secret up.
    #[serde(default)]
    pub generation: Generator,
    /// Not applied after this time of the provider's clock.
    pub not_after: Stamp,
    /// The new secret; absent if the server makes it up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Credential>,
    /// What else is to end.
    #[serde(default)]
    pub terminate: Terminate,
    /// Why: `person`, or `notice:` and its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Which credential is changed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The line password.
    #[default]
    Sip,
    /// The password of the provider's website.
    Portal,
    /// The PIN of the voicemail box.
    VoicemailPin,
}

/// Who makes the new secret up.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub enum Generator {
    /// The phone.
    #[default]
    #[serde(rename = "client")]
    Client,
    /// The server, in two phases: prepared, kept by the phone, committed.
    #[serde(rename = "server", alias = "server-two-phase")]
    Server,
}

/// What else ends with the old password.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Terminate {
    /// Registrations of this account.
    #[serde(default)]
    pub registrations: Whose,
    /// Logins to the website and the like.
    #[serde(default)]
    pub tokens: Whose,
    /// Calls in progress.
    #[serde(default)]
    pub calls: Calls,
    /// The `+sip.instance` of whoever asks: `urn:uuid:…`, so that "others" are the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<String>,
}

/// Whose registrations or logins end.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// Nobody's.
    #[default]
    None,
    /// Everybody's but ours.
    Others,
}

/// Which calls end.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Calls {
    /// None.
    #[default]
    None,
    /// Those that the provider holds for suspicious.
    Suspicious,
    /// All but those of whoever asks.
    AllButMine,
}

impl ChangeRequest {
    /// Reads a request, on the provider's side.
    ///
    /// # Errors
    /// If it is too long or malformed, or has no secret although the client is to make it up.
    pub fn parse(bytes: &[u8]) -> Result<ChangeRequest, ReadError> {
        let request: ChangeRequest = read(bytes, MAX_BODY)?;
        ensure(request.secret.is_some() == (request.generation == Generator::Client), "secret")?;
        ensure(request.reason.as_ref().is_none_or(|reason| reason.len() <= 128), "reason")?;
        ensure(request.terminate.keep.as_ref().is_none_or(|keep| keep.len() <= 128), "keep")?;
        Ok(request)
    }
}

/// The answer to each of the three.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ChangeReply {
    /// The transaction.
    pub tx: TxId,
    /// What became of it.
    pub state: ChangeState,
    /// The generation after it, once it is applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// For so many seconds more, some of the provider's servers may know only the old password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_in_s: Option<u32>,
    /// The secret that the server made up, while it is prepared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Credential>,
}

/// What became of a change.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeState {
    /// The new secret is in force.
    Applied,
    /// It will be.
    Pending,
    /// It was fenced off: never applied, and never will be.
    Cancelled,
    /// It was refused for good.
    Rejected,
    /// Nothing is known of it.
    Unknown,
    /// The server made a secret up and waits for `commit`.
    Prepared,
}

impl ChangeReply {
    /// Reads an answer, on the phone's side.
    ///
    /// # Errors
    /// If it is too long or malformed.
    pub fn parse(bytes: &[u8]) -> Result<ChangeReply, ReadError> {
        let reply: ChangeReply = read(bytes, MAX_BODY)?;
        ensure(reply.effective_in_s.is_none_or(|seconds| seconds <= 86_400), "effective_in_s")?;
        Ok(reply)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Secret, WallTime};
    use crate::provider_api::secret::Ha1Algorithm;

    fn request() -> ChangeRequest {
        let password = Secret::from("CANARY-new-password");
        ChangeRequest {
            tx: TxId::parse("01JD8ZK5T4M9Q2W7E6R3YXNBVC").unwrap(),
            target: Target::Sip,
            generation: Generator::Client,
            not_after: Stamp(WallTime(1_795_356_600_000)),
            secret: Some(Credential::ha1("100", "voip.example", &password, &Ha1Algorithm::ALL)),
            terminate: Terminate { registrations: Whose::Others, ..Terminate::default() },
            reason: Some("notice:2026-11-22-01".into()),
        }
    }

    #[test]
    fn a_request_is_written_as_the_protocol_has_it_and_read_again() {
        let bytes = serde_json::to_vec(&request()).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(json["not_after"], "2026-11-22T14:10:00Z");
        assert_eq!(json["target"], "sip");
        assert_eq!(json["generation"], "client");
        assert_eq!(json["terminate"]["registrations"], "others");
        assert!(!String::from_utf8_lossy(&bytes).contains("CANARY"));
        assert_eq!(ChangeRequest::parse(&bytes).unwrap(), request());
        assert!(!format!("{:?}", request()).contains("CANARY"));
    }

    #[test]
    fn a_client_without_a_secret_and_a_server_with_one_are_refused() {
        let none = ChangeRequest { secret: None, ..request() };
        assert_eq!(ChangeRequest::parse(&serde_json::to_vec(&none).unwrap()), Err(ReadError::Value("secret")));
        let both = ChangeRequest { generation: Generator::Server, ..request() };
        assert_eq!(ChangeRequest::parse(&serde_json::to_vec(&both).unwrap()), Err(ReadError::Value("secret")));
    }

    #[test]
    fn what_serde_says_of_a_bad_request_repeats_nothing_of_it() {
        let bad = br#"{"tx":"01JD8ZK5T4M9Q2W7E6R3YXNBVC","target":"CANARY","not_after":"CANARY"}"#;
        assert!(!ChangeRequest::parse(bad).unwrap_err().to_string().contains("CANARY"));
    }

    #[test]
    fn an_answer_may_have_members_that_we_do_not_know() {
        let reply = ChangeReply::parse(
            br#"{"tx":"01JD8ZK5T4M9Q2W7E6R3YXNBVC","state":"applied","generation":18,"effective_in_s":0,"new":[]}"#,
        );
        let reply = reply.unwrap();
        assert_eq!((reply.state, reply.generation), (ChangeState::Applied, Some(18)));
    }
}
