//! What the provider's answers mean to the change (account-security 4.4).

use std::time::Duration;

use super::exchange::Next;
use crate::phone::password_change::input::{PolicyAnswer, SubmitAnswer, TxAnswer};
use crate::port::http::{Answer, HttpError, Outcome};
use crate::provider_api::changes::{ChangeReply, ChangeState};
use crate::provider_api::{Policy, Problem, TxId, Urn};

/// An answer, or what stands in its place.
fn settled(next: &Next) -> Result<&Answer, Failed<'_>> {
    match next {
        Next::Over(Outcome::Answer(answer)) => Ok(answer),
        Next::Over(Outcome::Failed(error)) => Err(Failed::Http(error)),
        Next::WrongPassword => Err(Failed::WrongPassword),
        Next::Send(_) | Next::NotAllowed => Err(Failed::NotAllowed),
    }
}

enum Failed<'a> {
    Http(&'a HttpError),
    WrongPassword,
    NotAllowed,
}

fn urn(answer: &Answer) -> Option<(Urn, Problem)> {
    let problem = Problem::parse(answer.body.expose("a problem is read")).ok()?;
    Some((problem.urn(), problem))
}

fn reply(answer: &Answer, tx: &TxId) -> Option<ChangeReply> {
    ChangeReply::parse(answer.body.expose("an answer is read")).ok().filter(|reply| reply.tx == *tx)
}

/// `GET policy`: the answer, and the policy itself if it is one that a change can follow.
pub(super) fn policy(next: &Next) -> (PolicyAnswer, Option<Policy>) {
    let unreachable = |retry_after| (PolicyAnswer::Unreachable { retry_after }, None);
    let answer = match settled(next) {
        Ok(answer) => answer,
        Err(Failed::WrongPassword) => return (PolicyAnswer::WrongPassword, None),
        Err(Failed::NotAllowed) => return (PolicyAnswer::Refused, None),
        Err(Failed::Http(_)) => return unreachable(None),
    };
    match answer.status {
        200 => match Policy::parse(answer.body.expose("a policy is read")) {
            // Rules that cannot be understood: the person changes it at the website.
            Ok(policy) if policy.rules().is_err() => (PolicyAnswer::Absent, None),
            Ok(policy) => (PolicyAnswer::Known { generation: policy.generation }, Some(policy)),
            Err(_) => unreachable(answer.retry_after),
        },
        403 => (PolicyAnswer::Refused, None),
        404 | 410 | 501 => (PolicyAnswer::Absent, None),
        _ => unreachable(answer.retry_after),
    }
}

/// `POST changes`. The rules come along where they refuse the password.
pub(super) fn submit(next: &Next, tx: &TxId) -> (SubmitAnswer, Option<String>) {
    let answer = match settled(next) {
        Ok(answer) => answer,
        Err(Failed::WrongPassword | Failed::NotAllowed) => return (SubmitAnswer::Refused, None),
        Err(Failed::Http(error)) if error.never_left() => return (SubmitAnswer::NotSent, None),
        Err(Failed::Http(_)) => return (SubmitAnswer::Unknown { retry_after: None }, None),
    };
    let retry_after = answer.retry_after;
    let unknown = SubmitAnswer::Unknown { retry_after };
    if (200..300).contains(&answer.status) {
        return (reply(answer, tx).map_or(unknown, |reply| submitted(&reply, retry_after)), None);
    }
    let Some((urn, problem)) = urn(answer) else {
        return match answer.status {
            401 | 403 | 501 => (SubmitAnswer::Refused, None),
            429 => (SubmitAnswer::RateLimited { retry_after }, None),
            _ => (unknown, None),
        };
    };
    let meaning = match urn {
        Urn::Policy => return (SubmitAnswer::Policy, Some(problem.rules.unwrap_or_default())),
        Urn::Generation => SubmitAnswer::Conflict,
        Urn::Rate => SubmitAnswer::RateLimited { retry_after },
        Urn::TxExpired => SubmitAnswer::Expired,
        Urn::Auth | Urn::SecondFactor | Urn::RealmChanged | Urn::NotSupported => SubmitAnswer::Refused,
        // It was not understood, so that it was not applied: the same again would not be, either.
        Urn::BadRequest | Urn::NotFound if answer.status < 500 => SubmitAnswer::Refused,
        Urn::TxMismatch | Urn::Maintenance | Urn::BadRequest | Urn::NotFound | Urn::Other => unknown,
    };
    (meaning, None)
}

fn submitted(reply: &ChangeReply, retry_after: Option<Duration>) -> SubmitAnswer {
    match (reply.state, reply.generation) {
        (ChangeState::Applied, Some(generation)) => {
            let effective_in = Duration::from_secs(u64::from(reply.effective_in_s.unwrap_or(0)));
            SubmitAnswer::Applied { generation, effective_in }
        }
        (ChangeState::Pending, _) => SubmitAnswer::Pending { retry_after },
        // There is a tombstone, or it was refused: never.
        (ChangeState::Cancelled | ChangeState::Rejected, _) => SubmitAnswer::Expired,
        (ChangeState::Applied | ChangeState::Unknown | ChangeState::Prepared, _) => {
            SubmitAnswer::Unknown { retry_after }
        }
    }
}

/// `GET changes/{tx}` and `DELETE changes/{tx}`.
pub(super) fn transaction(next: &Next, tx: &TxId) -> TxAnswer {
    let answer = match settled(next) {
        Ok(answer) => answer,
        Err(Failed::WrongPassword | Failed::NotAllowed) => return TxAnswer::Refused,
        Err(Failed::Http(_)) => return TxAnswer::Unreachable { retry_after: None },
    };
    let retry_after = answer.retry_after;
    if (200..300).contains(&answer.status) {
        let Some(reply) = reply(answer, tx) else { return TxAnswer::Unreachable { retry_after } };
        return match (reply.state, reply.generation) {
            (ChangeState::Applied, Some(generation)) => TxAnswer::Applied { generation },
            (ChangeState::Pending, _) => TxAnswer::Pending { retry_after },
            (ChangeState::Cancelled, _) => TxAnswer::Cancelled,
            (ChangeState::Rejected, _) => TxAnswer::Rejected,
            (ChangeState::Unknown, _) => TxAnswer::NeverSeen,
            (ChangeState::Applied | ChangeState::Prepared, _) => TxAnswer::Unreachable { retry_after },
        };
    }
    match urn(answer).map(|(urn, _)| urn) {
        Some(Urn::NotFound) => TxAnswer::NeverSeen,
        Some(Urn::TxExpired) => TxAnswer::Cancelled,
        Some(Urn::Auth | Urn::SecondFactor | Urn::NotSupported) => TxAnswer::Refused,
        Some(
            Urn::Policy
            | Urn::Generation
            | Urn::Rate
            | Urn::TxMismatch
            | Urn::Maintenance
            | Urn::RealmChanged
            | Urn::BadRequest
            | Urn::Other,
        )
        | None => match answer.status {
            401 | 403 | 501 => TxAnswer::Refused,
            _ => TxAnswer::Unreachable { retry_after },
        },
    }
}
