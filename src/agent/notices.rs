//! The agent's side of notices: `notices`, `notice`, and the events `notice` and `notice_source`. Times are
//! milliseconds since 1970.

use serde_json::{Value, json};

use super::line::{Fields, Mistake};
use crate::base::{AccountId, WallTime};
use crate::phone::command::{Command, NoticeCommand};
use crate::phone::view::{
    Certainty, Freshness, NoticeAction, NoticeId, NoticeLevel, NoticeSource, NoticeState, NoticeView, OwnNotices,
    OwnTrouble, PlanState, SecurityView,
};

/// What a line asks for; the account comes beside it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NoticeRequest {
    /// `notices`
    Tell,
    /// `notices` with `"check":true`, and `notice`
    Do(NoticeCommand),
}

impl NoticeRequest {
    /// The command for this account; `None` for what is answered without one.
    pub(super) fn command(self, account: AccountId) -> Option<Command> {
        match self {
            NoticeRequest::Tell => None,
            NoticeRequest::Do(command) => Some(Command::Notice(account, command)),
        }
    }
}

/// Reads the fields of `notices`.
pub(super) fn all(fields: &mut Fields) -> Result<NoticeRequest, Mistake> {
    let check = fields.flag("check")?.unwrap_or(false);
    Ok(if check { NoticeRequest::Do(NoticeCommand::Check) } else { NoticeRequest::Tell })
}

/// Reads the fields of `notice`.
pub(super) fn one(fields: &mut Fields) -> Result<NoticeRequest, Mistake> {
    let id = NoticeId(fields.needed("notice")?);
    let (seen, done) = (fields.flag("seen")?.unwrap_or(false), fields.flag("done")?.unwrap_or(false));
    let until = fields.number("snooze_until_s")?;
    match (seen, done, until) {
        (true, false, None) => Ok(NoticeRequest::Do(NoticeCommand::Seen(id))),
        (false, true, None) => Ok(NoticeRequest::Do(NoticeCommand::Done(id))),
        (false, false, Some(until)) => {
            Ok(NoticeRequest::Do(NoticeCommand::Snooze(id, WallTime(i64::from(until) * 1000))))
        }
        _ => Err(Mistake::new("bad_field", "one of `seen`, `done` and `snooze_until_s`")),
    }
}

/// The notices of a line and how fresh they are: the reply to `notices`.
#[must_use]
pub(super) fn tell(safety: &SecurityView) -> Value {
    let notices: Vec<Value> = safety.notices.iter().map(fields).collect();
    json!({ "notices": notices, "source": source(safety.source), "own": own(safety.own_notices) })
}

/// A notice has arrived or changed.
#[must_use]
pub(super) fn event(account: AccountId, notice: &NoticeView) -> Value {
    let mut value = fields(notice);
    value["event"] = json!("notice");
    value["account"] = json!(account);
    value
}

/// Whether the notices of a line can be believed has changed.
#[must_use]
pub(super) fn source_event(account: AccountId, now: NoticeSource) -> Value {
    json!({ "event": "notice_source", "account": account, "source": source(now) })
}

fn fields(notice: &NoticeView) -> Value {
    let actions: Vec<&str> = notice.actions.iter().map(|action| action_word(*action)).collect();
    let plan = notice.plan.iter().map(|point| {
        let state = match point.state {
            PlanState::Planned => "planned",
            PlanState::Doing => "in_progress",
            PlanState::Done => "done",
            PlanState::Dropped => "dropped",
        };
        json!({ "n": point.n, "text": point.text, "state": state, "due": point.due, "news": point.news })
    });
    json!({
        "notice": notice.id,
        "revision": notice.revision,
        "sent": notice.sent,
        "title": notice.title,
        "body": notice.body,
        "certainty": match notice.certainty {
            Certainty::NotSaid => "not_said",
            Certainty::NotConfirmed => "not_confirmed",
            Certainty::DataTaken => "data_taken",
            Certainty::PasswordsTaken => "passwords_taken",
            Certainty::NothingTaken => "nothing_taken",
        },
        "actions": actions,
        "level": match notice.level {
            NoticeLevel::Advise => "advise",
            NoticeLevel::Require => "require",
            NoticeLevel::Enforced => "enforced",
        },
        "deadline": notice.deadline,
        "plan": plan.collect::<Vec<Value>>(),
        "signed_by": notice.signed_by,
        "signed_at": notice.signed_at,
        "key_since": notice.key_since,
        "freshness": match notice.freshness {
            Freshness::Fresh => "fresh",
            Freshness::MayBeOutOfDate => "may_be_out_of_date",
            Freshness::FromTheFuture => "from_the_future",
        },
        "code": notice.code,
        "own": notice.own,
        "state": state(notice.state),
    })
}

const fn action_word(action: NoticeAction) -> &'static str {
    match action {
        NoticeAction::ChangeLinePassword => "change_line_password",
        NoticeAction::ChangeWebsitePassword => "change_website_password",
        NoticeAction::ChangeVoicemailPin => "change_voicemail_pin",
        NoticeAction::ReviewDevices => "review_devices",
        NoticeAction::TightenGuard => "tighten_guard",
        NoticeAction::ReviewCalls => "review_calls",
        NoticeAction::AskProvider => "ask_provider",
    }
}

fn state(state: NoticeState) -> Value {
    match state {
        NoticeState::Open => json!("open"),
        NoticeState::Snoozed(until) => json!({ "snoozed_until": until }),
        NoticeState::Done => json!("done"),
        NoticeState::Withdrawn => json!("withdrawn"),
        NoticeState::Expired => json!("over"),
    }
}

fn source(source: NoticeSource) -> Value {
    match source {
        NoticeSource::Unknown => json!({ "state": "unknown" }),
        NoticeSource::None => json!({ "state": "none" }),
        NoticeSource::Confirmed(at) => json!({ "state": "confirmed", "at": at }),
        NoticeSource::NotConfirmedSince(since) => json!({ "state": "not_confirmed", "since": since }),
        NoticeSource::Mismatch(since) => json!({ "state": "mismatch", "since": since }),
    }
}

/// What is known of the notices for this line alone.
fn own(own: OwnNotices) -> Value {
    match own {
        OwnNotices::NotOffered => json!({ "state": "not_offered" }),
        OwnNotices::NotAsked => json!({ "state": "not_asked" }),
        OwnNotices::None(at) => json!({ "state": "none", "at": at }),
        OwnNotices::Confirmed(at) => json!({ "state": "confirmed", "at": at }),
        OwnNotices::Failed { why, at, confirmed } => {
            let why = match why {
                OwnTrouble::Unreachable => "unreachable",
                OwnTrouble::Refused => "refused",
                OwnTrouble::Gone => "gone",
                OwnTrouble::Unreadable => "unreadable",
                OwnTrouble::NotBelieved => "not_believed",
            };
            json!({ "state": "failed", "why": why, "at": at, "confirmed": confirmed })
        }
    }
}
