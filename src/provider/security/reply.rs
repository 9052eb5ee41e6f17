//! An answer: status, header fields, JSON.

use std::time::Duration;

use serde::Serialize;

use crate::provider_api::changes::{ChangeReply, ChangeState};
use crate::provider_api::{JSON, PROBLEM_JSON, Problem, TxId, Urn};

/// An answer, whatever carries it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Header fields besides those that every answer has.
    pub headers: Vec<(&'static str, String)>,
    /// The type of the body.
    pub kind: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// JSON.
    #[must_use]
    pub fn json(status: u16, value: &impl Serialize) -> Reply {
        match serde_json::to_vec(value) {
            Ok(body) => Reply { status, headers: Vec::new(), kind: JSON, body },
            // Our own types have nothing that JSON cannot say; if one ever does, that is our fault and not the phone's.
            Err(_) => Reply { status: 500, headers: Vec::new(), kind: PROBLEM_JSON, body: b"{}".to_vec() },
        }
    }

    /// A problem.
    #[must_use]
    pub fn problem(problem: &Problem) -> Reply {
        let status = problem.status.unwrap_or(500);
        Reply { kind: PROBLEM_JSON, ..Reply::json(status, problem) }
    }

    /// A problem without members of its own, with a title for the provider's people.
    #[must_use]
    pub fn refused(urn: Urn, title: &str) -> Reply {
        Reply::problem(&Problem { title: Some(title.to_owned()), ..Problem::new(urn) })
    }

    /// The state of a change.
    #[must_use]
    pub fn change(tx: &TxId, state: ChangeState, generation: Option<u64>) -> Reply {
        let status = if state == ChangeState::Pending { 202 } else { 200 };
        let effective_in_s = (state == ChangeState::Applied).then_some(0);
        Reply::json(status, &ChangeReply { tx: tx.clone(), state, generation, effective_in_s, secret: None })
    }

    /// The same with another header field.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: String) -> Reply {
        self.headers.push((name, value));
        self
    }

    /// The same, to be tried again after `wait`.
    #[must_use]
    pub fn retry_after(self, wait: Duration) -> Reply {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        self.with("Retry-After", seconds.max(1).to_string())
    }
}
