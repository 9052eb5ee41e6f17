//! The notices that are known: what a new list makes of them, what the person makes of them, and what they demand.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::judge::is_future;
use super::kept::{Known, List, MAX_NOTICES, Standing};
use super::pin::Trust;
use super::{Demand, Do, Lookout, Told, YOUNG_KEY, between};
use crate::base::{Mono, Now, WallTime};
use crate::phone::command::NoticeCommand;
use crate::phone::view;
use crate::provider_api::NoticeId;
use crate::provider_api::notices::{Action, Kind, Level, Notice, PointStatus, SatisfiedBy};

impl Lookout {
    /// Takes a list that was judged, everybody's or that for this account alone: new notices, new revisions, those that
    /// were taken back, those that are gone.
    pub(super) fn take_list(&mut self, now: Now, own: bool, list: List) {
        let place = if own { &mut self.kept.own } else { &mut self.kept.list };
        *place = Some(list);
        self.put_together(now);
    }

    /// Makes what is known of the lists in force. An id names one notice: where both lists have it, the one for this
    /// account alone counts.
    pub(super) fn put_together(&mut self, now: Now) {
        let (mut present, mut withdrawn, mut replaced) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let lists = [(true, self.kept.own.clone()), (false, self.kept.list.clone())];
        let to_us: BTreeSet<NoticeId> =
            self.kept.own.iter().flat_map(|list| &list.notices).map(|it| it.id.clone()).collect();
        for (own, list) in lists.into_iter().filter_map(|(own, list)| Some((own, list?))) {
            for notice in list.notices.iter().filter(|notice| own || !to_us.contains(&notice.id)) {
                if !notice.audience.includes(&self.sip_domain) {
                    continue;
                }
                match notice.kind {
                    Kind::Cancel => {
                        withdrawn.insert(notice.id.clone());
                        withdrawn.extend(notice.references.iter().cloned());
                    }
                    Kind::Alert | Kind::Update | Kind::Other => {
                        present.insert(notice.id.clone());
                        replaced.extend(notice.references.iter().filter(|id| **id != notice.id).cloned());
                        self.take(Known::new(notice.clone(), &list, own));
                    }
                }
            }
        }
        for known in &mut self.kept.notices {
            let id = &known.notice.id;
            let before = known.standing;
            known.standing = if withdrawn.contains(id) {
                Standing::Withdrawn
            } else if replaced.contains(id) || !present.contains(id) {
                // What was taken back stays so, even when the list does not say it any more.
                if before == Standing::Withdrawn { before } else { Standing::Over }
            } else {
                Standing::InForce
            };
            if known.standing == Standing::Withdrawn && before != Standing::Withdrawn {
                self.out.push_back(Do::Tell(Told::Withdrawn(id.clone())));
            }
        }
        self.kept.notices.sort_by_key(|known| (known.standing != Standing::InForce, Reverse(known.notice.sent)));
        self.kept.notices.truncate(MAX_NOTICES);
        self.arrange(now);
    }

    /// One notice of a new list.
    fn take(&mut self, new: Known) {
        let id = new.notice.id.clone();
        let Some(known) = self.kept.notices.iter_mut().find(|known| known.notice.id == id) else {
            self.kept.notices.push(Known { plan_seen: plan(&new.notice), ..new });
            self.out.push_back(Do::Tell(Told::Arrived(id)));
            return;
        };
        let revised = new.notice.revision > known.notice.revision;
        let moved = plan(&new.notice) != plan(&known.notice);
        // Being done with it holds only for what it asked then.
        let asks_more = demands_more(&known.notice, &new.notice);
        *known = Known {
            snoozed_until: known.snoozed_until.filter(|_| !revised),
            done: known.done.filter(|_| !asks_more),
            standing: known.standing,
            announced: known.announced,
            plan_seen: std::mem::take(&mut known.plan_seen),
            ..new
        };
        if revised {
            self.out.push_back(Do::Tell(Told::Arrived(id)));
        } else if moved {
            self.out.push_back(Do::Tell(Told::PlanMoved(id)));
        }
    }

    /// What the person does with a notice. False if there is no such notice, or it cannot be done now.
    pub fn command(&mut self, now: Now, command: &NoticeCommand) -> bool {
        let (id, act): (&view::NoticeId, Act) = match command {
            NoticeCommand::Check => {
                self.look(now, super::Why::Asked);
                return true;
            }
            NoticeCommand::Seen(id) => (id, Act::Seen),
            NoticeCommand::Snooze(id, until) => (id, Act::Snooze(*until)),
            NoticeCommand::Done(id) => (id, Act::Done),
            NoticeCommand::Announced(id, revision) => (id, Act::Announced(*revision)),
        };
        let Some(at) = self.kept.notices.iter().position(|known| known.notice.id.as_str() == id.0) else {
            return false;
        };
        let possible = match self.kept.notices.get(at) {
            Some(known) => self.may(now, known, act),
            None => false,
        };
        let Some(known) = self.kept.notices.get_mut(at).filter(|_| possible) else { return false };
        match act {
            Act::Seen => known.plan_seen = plan(&known.notice),
            Act::Snooze(until) => known.snoozed_until = Some(until),
            Act::Done => {
                known.done = Some(now.wall);
                self.out.push_back(Do::Tell(Told::Done(known.notice.id.clone())));
            }
            Act::Announced(revision) => known.announced = known.announced.max(revision),
        }
        self.out.push_back(Do::Save);
        self.arrange(now);
        true
    }

    /// Putting off ends with the deadline; being done with a demand for a new password needs a new password.
    fn may(&self, now: Now, known: &Known, act: Act) -> bool {
        let level = self.level(now, known);
        let forced = level != Level::Advise && asks_for_change(&known.notice) && !self.is_satisfied(known);
        match act {
            Act::Seen | Act::Announced(_) => true,
            Act::Snooze(until) => {
                let deadline = known.notice.enforcement.deadline.map(|deadline| deadline.0);
                !forced || (level == Level::Require && deadline.is_none_or(|it| it > now.wall && until <= it))
            }
            Act::Done => !forced,
        }
    }

    /// The line password was changed from here, at this time of the provider's clock (or ours, if it was not heard),
    /// to this generation. Notices that asked for it are satisfied.
    pub fn credential_changed(&mut self, now: Now, generation: Option<u64>) {
        self.asked = None;
        self.kept.changed = Some(self.provider_time(now).unwrap_or(now.wall));
        // Every change counts one: what the provider told last is a generation behind now, or more.
        self.kept.generation = generation.or(self.kept.generation.and_then(|last| last.checked_add(1)));
        let asked = self.kept.notices.iter().filter(|known| known.standing == Standing::InForce);
        let asked = asked.filter(|known| asks_for_change(&known.notice) && self.is_satisfied(known));
        let done: Vec<Do> = asked.map(|known| Do::Tell(Told::Done(known.notice.id.clone()))).collect();
        self.out.extend(done);
        self.out.push_back(Do::Save);
        self.arrange(now);
    }

    /// The provider has told which generation is in force, and since when.
    pub fn generation(&mut self, now: Now, generation: u64, changed: Option<WallTime>) {
        let changed = self.kept.changed.max(changed);
        if self.kept.generation != Some(generation) || self.kept.changed != changed {
            self.kept.generation = Some(generation);
            self.kept.changed = changed;
            self.out.push_back(Do::Save);
            self.arrange(now);
        }
    }

    /// Whether the password that a notice is about has been changed since.
    pub(super) fn is_satisfied(&self, known: &Known) -> bool {
        if let Some(SatisfiedBy::Generation(after)) = known.notice.enforcement.satisfied_by_generation_after {
            // A provider that never told a generation is taken at the time of the change, as below.
            if let Some(generation) = self.kept.generation {
                return generation > after;
            }
        }
        let before = known.notice.credential_changed_before.unwrap_or(known.notice.sent);
        self.kept.changed.is_some_and(|changed| changed >= before.0)
    }

    /// What the notices in force, and the policy, demand of the line password: the strongest.
    #[must_use]
    pub fn demand(&self, now: Now) -> Option<Demand> {
        let open = self.kept.notices.iter().filter(|known| {
            known.standing == Standing::InForce && asks_for_change(&known.notice) && !self.is_satisfied(known)
        });
        let demands = open.filter(|known| known.notice.expires.0 > self.now_of(now)).map(|known| Demand {
            level: self.level(now, known),
            deadline: known.notice.enforcement.deadline.map(|deadline| deadline.0),
            notice: Some(known.notice.id.clone()),
        });
        // Of equals a notice says why, and always the same one.
        let all = self.asked(now).into_iter().chain(demands);
        all.max_by_key(|demand| {
            let deadline = demand.deadline.map(|deadline| Reverse(deadline.0));
            (demand.level.rank(), deadline, demand.notice.is_some(), Reverse(demand.notice.clone()))
        })
    }

    /// How strongly a notice asks, after everything that weakens it.
    pub(super) fn level(&self, now: Now, known: &Known) -> Level {
        let fresh = self.freshness(now, known) == view::Freshness::Fresh;
        if fresh && self.is_grown(now, known) { known.notice.enforcement.level } else { Level::Advise }
    }

    /// Whether a notice's times fit the clock. The provider's clock counts, if it was heard; else ours.
    pub(super) fn freshness(&self, now: Now, known: &Known) -> view::Freshness {
        let time = self.now_of(now);
        if is_future(known.issued, time) || is_future(known.notice.sent.0, time) {
            view::Freshness::FromTheFuture
        } else if known.believed_until <= time || known.notice.expires.0 <= time {
            view::Freshness::MayBeOutOfDate
        } else {
            view::Freshness::Fresh
        }
    }

    /// Whether the key that signed it is old enough to force something, and is still listed.
    pub(super) fn is_grown(&self, now: Now, known: &Known) -> bool {
        let Some(pin) = &self.kept.pin else { return false };
        let Some(first) = pin.keys.get(&known.key) else { return false };
        // Both clocks must agree that a week has passed: neither alone can make a key older than it is.
        let ours = between(first.ours, now.wall) >= YOUNG_KEY;
        let theirs = between(first.theirs, self.now_of(now)) >= YOUNG_KEY;
        pin.trust == Trust::BuiltIn || (ours && theirs)
    }

    /// The time to judge notices by.
    pub(super) fn now_of(&self, now: Now) -> WallTime {
        self.provider_time(now).unwrap_or(now.wall)
    }

    /// When something changes by itself: a banner returns, a deadline passes, a notice ends, a key comes of age.
    pub(super) fn arrange(&mut self, now: Now) {
        let theirs = self.now_of(now);
        let grown = self.kept.pin.iter().flat_map(|pin| pin.keys.values());
        let grown = grown.map(|first| between(now.wall, super::later(first.ours, YOUNG_KEY)));
        let own = self.kept.notices.iter().filter(|known| known.standing == Standing::InForce).flat_map(|known| {
            let snooze = known.snoozed_until.map(|until| between(now.wall, until));
            let ends = [Some(known.notice.expires.0), Some(known.believed_until)].into_iter();
            let ends = ends.chain([known.notice.enforcement.deadline.map(|deadline| deadline.0)]).flatten();
            ends.map(move |end| between(theirs, end)).chain(snooze).collect::<Vec<_>>()
        });
        let asked = self.asked_changes().map(|at| between(now.wall, at));
        let next = own.chain(grown).chain(asked).filter(|wait| !wait.is_zero()).min();
        self.wakes =
            next.map(|wait| now.mono + wait + std::time::Duration::from_millis(1)).filter(|at| *at > Mono::ZERO);
    }
}

/// What a person can do with one notice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Act {
    Seen,
    Snooze(WallTime),
    Done,
    Announced(u32),
}

/// Whether a notice asks for a new line password.
pub(super) fn asks_for_change(notice: &Notice) -> bool {
    notice.actions.contains(&Action::ChangeSipPassword)
}

/// The states of the points of its plan.
pub(super) fn plan(notice: &Notice) -> BTreeMap<u32, PointStatus> {
    notice.plan.iter().map(|point| (point.n, point.status)).collect()
}

/// Whether a revision asks for something that the one before did not, or more strongly.
fn demands_more(old: &Notice, new: &Notice) -> bool {
    let more = new.actions.iter().any(|action| !old.actions.contains(action));
    more || new.enforcement.level.rank() > old.enforcement.level.rank()
        || new.credential_changed_before.unwrap_or(new.sent) > old.credential_changed_before.unwrap_or(old.sent)
}
