//! Notices as the screens and the agent draw them.

use super::board::{asks_for_change, plan};
use super::kept::{Known, Standing};
use super::{FROZEN, Lookout, between};
use crate::base::{Now, WallTime};
use crate::phone::view::{
    Certainty, NoticeAction, NoticeId, NoticeLevel, NoticeSource, NoticeState, NoticeView, PlanPoint, PlanState,
};
use crate::provider_api::notices::{Action, Exposed, Level, Notice, PointStatus};

/// The only language that the window speaks so far.
const LANGUAGE: &str = "en";

impl Lookout {
    /// The notices, those in force first, newest first among them.
    #[must_use]
    pub fn views(&self, now: Now) -> Vec<NoticeView> {
        self.kept.notices.iter().map(|known| self.view(now, known)).collect()
    }

    /// One notice.
    #[must_use]
    pub fn view_of(&self, now: Now, id: &crate::provider_api::NoticeId) -> Option<NoticeView> {
        self.kept.notices.iter().find(|known| known.notice.id == *id).map(|known| self.view(now, known))
    }

    fn view(&self, now: Now, known: &Known) -> NoticeView {
        let notice = &known.notice;
        let words = notice.words(LANGUAGE).cloned().unwrap_or_default();
        let first = self.kept.pin.as_ref().and_then(|pin| pin.keys.get(&known.key));
        let grown = self.is_grown(now, known);
        let state = self.state(now, known);
        // What else it asks for stays; a password that is new is not asked for again.
        let is_open = matches!(state, NoticeState::Open | NoticeState::Snoozed(_));
        let is_new = is_open && asks_for_change(notice) && self.is_satisfied(known);
        let asked = notice.actions.iter().filter(|action| !is_new || **action != Action::ChangeSipPassword);
        NoticeView {
            id: NoticeId(notice.id.as_str().to_owned()),
            revision: notice.revision,
            announced: known.announced >= notice.revision,
            sent: notice.sent.0,
            title: words.title,
            body: words.body,
            certainty: certainty(notice),
            actions: asked.filter(|action| grown || !needs_grown_key(**action)).map(shown).collect(),
            level: level(self.level(now, known)),
            deadline: notice.enforcement.deadline.map(|deadline| deadline.0),
            plan: points(known),
            signed_by: self.pinned().map(|it| it.discovery.issuer.host().to_owned()).unwrap_or_default(),
            signed_at: known.issued,
            key_since: first.map_or(known.issued, |first| first.ours),
            freshness: self.freshness(now, known),
            code: known.code.clone(),
            own: known.own,
            state,
        }
    }

    fn state(&self, now: Now, known: &Known) -> NoticeState {
        let asks_beside = known.notice.actions.iter().any(|action| *action != Action::ChangeSipPassword);
        let changed = asks_for_change(&known.notice) && self.is_satisfied(known);
        match known.standing {
            Standing::Withdrawn => return NoticeState::Withdrawn,
            Standing::Over => return NoticeState::Expired,
            Standing::InForce => {}
        }
        if known.done.is_some() || (changed && !asks_beside) {
            NoticeState::Done
        } else if known.notice.expires.0 <= self.now_of(now) {
            NoticeState::Expired
        } else {
            let snoozed = known.snoozed_until.filter(|until| *until > now.wall);
            snoozed.map_or(NoticeState::Open, NoticeState::Snoozed)
        }
    }

    /// Whether the provider publishes notices, and how fresh our knowledge is.
    #[must_use]
    pub fn source(&self, now: Now) -> NoticeSource {
        if let Some(since) = self.kept.mismatch {
            return NoticeSource::Mismatch(since);
        }
        let Some(pinned) = &self.pinned else {
            return if self.kept.has_none { NoticeSource::None } else { NoticeSource::Unknown };
        };
        if pinned.notices().is_none() {
            return NoticeSource::None;
        }
        let since = self.kept.confirmed.unwrap_or(pinned.since);
        if self.is_frozen(now, since) {
            NoticeSource::NotConfirmedSince(since)
        } else if self.kept.confirmed.is_some() {
            NoticeSource::Confirmed(since)
        } else {
            NoticeSource::Unknown
        }
    }

    /// More than seven days, by whichever clock says so first.
    fn is_frozen(&self, now: Now, since: WallTime) -> bool {
        between(since, now.wall) > FROZEN || now.mono.since(self.confirmed) > FROZEN
    }
}

/// How strongly it asks.
pub(in crate::phone) const fn level(level: Level) -> NoticeLevel {
    match level {
        Level::Advise => NoticeLevel::Advise,
        Level::Require => NoticeLevel::Require,
        Level::Enforced => NoticeLevel::Enforced,
    }
}

/// What the provider says about its data. Only what it confirms is called taken.
fn certainty(notice: &Notice) -> Certainty {
    let facts = &notice.facts;
    match (facts.confirmed, facts.credentials_exposed) {
        (true, Exposed::Yes) => Certainty::PasswordsTaken,
        (true, Exposed::Unknown | Exposed::No) if !facts.data.is_empty() => Certainty::DataTaken,
        (true, Exposed::No) => Certainty::NothingTaken,
        (true, Exposed::Unknown) => Certainty::NotSaid,
        (false, _) if facts.data.is_empty() && facts.credentials_exposed == Exposed::Unknown => Certainty::NotSaid,
        (false, _) => Certainty::NotConfirmed,
    }
}

/// What a young key cannot ask for: passwords that the phone does not change itself.
const fn needs_grown_key(action: Action) -> bool {
    matches!(action, Action::ChangePortalPassword | Action::ChangeVoicemailPin)
}

fn shown(action: &Action) -> NoticeAction {
    match action {
        Action::ChangeSipPassword => NoticeAction::ChangeLinePassword,
        Action::ChangePortalPassword => NoticeAction::ChangeWebsitePassword,
        Action::ChangeVoicemailPin => NoticeAction::ChangeVoicemailPin,
        Action::ReviewSessions => NoticeAction::ReviewDevices,
        Action::TightenGuards => NoticeAction::TightenGuard,
        Action::ReviewCalls => NoticeAction::ReviewCalls,
        Action::AskProvider => NoticeAction::AskProvider,
    }
}

fn points(known: &Known) -> Vec<PlanPoint> {
    let now = plan(&known.notice);
    let rows = known.notice.plan.iter().map(|point| PlanPoint {
        n: point.n,
        text: point.words(LANGUAGE).to_owned(),
        state: match point.status {
            PointStatus::Planned => PlanState::Planned,
            PointStatus::InProgress => PlanState::Doing,
            PointStatus::Done => PlanState::Done,
            PointStatus::Dropped => PlanState::Dropped,
        },
        due: point.due.map(|due| due.0),
        news: known.plan_seen.get(&point.n) != now.get(&point.n),
    });
    rows.collect()
}
