//! The rehearsal of a breach day, as a script: the demo's provider publishes a notice, follows its plan of six points,
//! enforces, loses replies, comes back, and takes the notice back. Five minutes, or as fast as the password is changed.
//! Pure: who performs the acts signs, publishes and breaks connections.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::{Mono, Now, WallTime};
use crate::provider_api::notices::{
    Action, Audience, Certainty, Enforcement, Exposed, Facts, Kind, Level, Notice, Point, PointStatus, SatisfiedBy,
    Severity, Text, Urgency,
};
use crate::provider_api::{NoticeId, Stamp};

/// What the rehearsal does to the provider.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Act {
    /// Publish this list.
    Publish(Vec<Notice>),
    /// Ask the account to change its password, this strongly and until then, or no longer.
    Ask(Option<(Level, Option<WallTime>)>),
    /// Requests are carried out, and their answers get lost; or everything works again.
    LoseReplies(bool),
    /// Tell the person what happens now.
    Scene(Scene),
}

/// What happens now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scene {
    /// The step, from 1.
    pub step: usize,
    /// How many there are.
    pub of: usize,
    /// What happens, and what to look at.
    pub words: &'static str,
    /// It was the last.
    pub over: bool,
}

/// One step of the script.
struct Step {
    /// For how long, unless the password is changed before; zero: the end.
    lasts: u64,
    words: &'static str,
    level: Level,
    /// Points of the plan that are done, and the one after them is begun.
    done: usize,
    loses: bool,
}

/// The plan, in six points.
const PLAN: [&str; 6] = [
    "Close the hole in our customer database",
    "Bar calls abroad where nobody makes any",
    "Ask every customer to change the line password",
    "Refuse other things until that is done",
    "Check all call lists for calls that nobody made",
    "Publish what happened, and what we learnt",
];

const STEPS: [Step; 7] = [
    Step {
        lasts: 50,
        words: "Your provider has published a notice: press Review. “Why trust this?” tells how the phone knows that \
                it is genuine.",
        level: Level::Advise,
        done: 1,
        loses: false,
    },
    Step {
        lasts: 50,
        words: "The notice now has a deadline. You can put it off, or change the password.",
        level: Level::Require,
        done: 2,
        loses: false,
    },
    Step {
        lasts: 60,
        words: "The deadline is over: your calls wait until the password is changed. Incoming and emergency calls go \
                on.",
        level: Level::Enforced,
        done: 3,
        loses: false,
    },
    Step {
        lasts: 60,
        words: "Now the provider is overrun, and its answers get lost. Change the password all the same.",
        level: Level::Enforced,
        done: 4,
        loses: true,
    },
    Step {
        lasts: 50,
        words: "The provider is back. Your calls still wait: change the password.",
        level: Level::Enforced,
        done: 4,
        loses: false,
    },
    Step {
        lasts: 30,
        words: "The plan is done. The notice stays in the security centre, and its event log tells the day.",
        level: Level::Advise,
        done: 6,
        loses: false,
    },
    Step {
        lasts: 0,
        words: "The notice is taken back: the day is over. It was only a rehearsal.",
        level: Level::Advise,
        done: 6,
        loses: false,
    },
];

/// Where the script waits for nobody who has changed the password before.
const AFTER_CHANGE: usize = 4;
/// What is said then.
const CHANGED: &str = "Your password is new, and the rest is the provider's business: it goes on with its plan.";
/// The same where the answer got lost.
const FOUND_OUT: &str = "The provider's answer was lost. The phone finds out by itself which password counts: you have \
                         to remember nothing.";
/// How long the person may put it off: until the provider enforces.
const DEADLINE: Duration = Duration::from_secs(100);

/// A rehearsal that goes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rehearsal {
    id: NoticeId,
    began: Now,
    step: usize,
    until: Mono,
    /// The password's generation when it began.
    generation: u64,
}

impl Rehearsal {
    /// Begins one. `number` tells it from those before; `generation` is that of the password now. `None` cannot
    /// happen: the notice's name is made of digits.
    #[must_use]
    pub fn begin(now: Now, number: u32, generation: u64) -> Option<(Rehearsal, Vec<Act>)> {
        let id = NoticeId::parse(&format!("rehearsal-{number}"))?;
        let mut rehearsal = Rehearsal { id, began: now, step: 0, until: now.mono, generation };
        let acts = rehearsal.enter(now, 0, None);
        Some((rehearsal, acts))
    }

    /// Time has passed, or the password was changed.
    pub fn tick(&mut self, now: Now, generation: u64) -> Vec<Act> {
        let changed = generation > self.generation;
        if self.is_over() {
            Vec::new()
        } else if changed && self.step < AFTER_CHANGE {
            let lost = STEPS.get(self.step).is_some_and(|step| step.loses);
            self.enter(now, AFTER_CHANGE, Some(if lost { FOUND_OUT } else { CHANGED }))
        } else if now.mono >= self.until {
            self.enter(now, self.step + 1, None)
        } else {
            Vec::new()
        }
    }

    /// The person stops it: everything is as it was.
    #[must_use]
    pub fn stop(&self, now: Now) -> Vec<Act> {
        vec![Act::LoseReplies(false), Act::Ask(None), Act::Publish(vec![self.cancel(now)])]
    }

    /// Whether the last step was reached.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.step + 1 >= STEPS.len()
    }

    /// Goes to a step, with other words than its own if there are some.
    fn enter(&mut self, now: Now, at: usize, words: Option<&'static str>) -> Vec<Act> {
        self.step = at.min(STEPS.len() - 1);
        let Some(step) = STEPS.get(self.step) else { return Vec::new() };
        self.until = now.mono + Duration::from_secs(step.lasts);
        let words = words.unwrap_or(step.words);
        let scene = Scene { step: self.step + 1, of: STEPS.len(), words, over: self.is_over() };
        let mut acts = if self.is_over() { self.stop(now) } else { self.acts(now, step) };
        acts.push(Act::Scene(scene));
        acts
    }

    fn acts(&self, now: Now, step: &Step) -> Vec<Act> {
        let deadline = (step.level != Level::Advise).then(|| self.began.later(DEADLINE).wall);
        // Advice is the notice's business alone; what is required, the account's policy says too.
        let asked = deadline.map(|_| (step.level, deadline));
        vec![Act::LoseReplies(step.loses), Act::Ask(asked), Act::Publish(vec![self.notice(now, step)])]
    }

    fn notice(&self, now: Now, step: &Step) -> Notice {
        let deadline = (step.level != Level::Advise).then(|| Stamp(self.began.later(DEADLINE).wall));
        Notice {
            id: self.id.clone(),
            revision: u32::try_from(self.step + 1).unwrap_or(1),
            kind: if self.step == 0 { Kind::Alert } else { Kind::Update },
            references: Vec::new(),
            sent: Stamp(now.wall),
            expires: Stamp(now.later(Duration::from_secs(24 * 3600)).wall),
            severity: Severity::Severe,
            urgency: Urgency::Immediate,
            certainty: Certainty::Likely,
            audience: Audience::default(),
            actions: vec![Action::ChangeSipPassword],
            enforcement: Enforcement {
                level: step.level,
                deadline,
                satisfied_by_generation_after: Some(SatisfiedBy::Generation(self.generation)),
            },
            credential_changed_before: Some(Stamp(self.began.wall)),
            facts: Facts {
                confirmed: false,
                credentials_exposed: Exposed::Unknown,
                data: vec!["name".to_owned(), "sip_credentials".to_owned()],
            },
            plan: plan(step.done),
            text: english("Rehearsal: please change your line password", BODY),
            links: Vec::new(),
        }
    }

    fn cancel(&self, now: Now) -> Notice {
        let last = STEPS.last().map_or(0, |step| step.lasts);
        let step = Step { lasts: last, words: "", level: Level::Advise, done: PLAN.len(), loses: false };
        let mut notice = self.notice(now, &step);
        notice.kind = Kind::Cancel;
        notice
    }
}

const BODY: &str = "This is a rehearsal with the demo provider. On a day like this, your provider would write:\n\n\
     We have seen attempts to get at customer data. We have not confirmed that data was taken. Please change your line \
     password now, from inside this phone. We are working through a plan of six points and will tell you how far we are.";

fn english(title: &str, body: &str) -> BTreeMap<String, Text> {
    [("en".to_owned(), Text { title: title.to_owned(), body: body.to_owned() })].into()
}

fn plan(done: usize) -> Vec<Point> {
    let state = |at: usize| match at {
        at if at < done => PointStatus::Done,
        at if at == done => PointStatus::InProgress,
        _ => PointStatus::Planned,
    };
    let points = PLAN.iter().zip(1..).enumerate();
    points
        .map(|(at, (words, n))| Point {
            n,
            text: [("en".to_owned(), (*words).to_owned())].into(),
            status: state(at),
            due: None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(acts: &[Act]) -> Vec<(Level, Kind)> {
        let lists = acts.iter().filter_map(|act| if let Act::Publish(list) = act { list.first() } else { None });
        lists.map(|notice| (notice.enforcement.level, notice.kind)).collect()
    }

    fn scene(acts: &[Act]) -> Option<&Scene> {
        acts.iter().find_map(|act| if let Act::Scene(scene) = act { Some(scene) } else { None })
    }

    /// Ticks once a second; the password is changed after `change` seconds. When each step began, and the acts.
    fn play(change: Option<u64>) -> (Vec<(u64, usize)>, Vec<Act>) {
        let mut now = Now { wall: WallTime(1_795_348_800_000), ..Now::default() };
        let (mut rehearsal, mut acts) = Rehearsal::begin(now, 1, 7).unwrap();
        let mut steps = vec![(0, 1)];
        for second in 1..400 {
            now = now.later(Duration::from_secs(1));
            let generation = if change.is_some_and(|at| second >= at) { 8 } else { 7 };
            let new = rehearsal.tick(now, generation);
            steps.extend(scene(&new).map(|scene| (second, scene.step)));
            acts.extend(new);
        }
        assert!(rehearsal.is_over());
        (steps, acts)
    }

    #[test]
    fn the_whole_day_takes_five_minutes() {
        let (steps, acts) = play(None);
        assert_eq!(steps, [(0, 1), (50, 2), (100, 3), (160, 4), (220, 5), (270, 6), (300, 7)]);
        let kinds = levels(&acts);
        assert_eq!(kinds.first(), Some(&(Level::Advise, Kind::Alert)));
        assert!(kinds.contains(&(Level::Require, Kind::Update)) && kinds.contains(&(Level::Enforced, Kind::Update)));
        assert_eq!(kinds.last(), Some(&(Level::Advise, Kind::Cancel)));
    }

    #[test]
    fn replies_get_lost_and_come_back_and_nothing_is_asked_at_the_end() {
        let (_, acts) = play(None);
        let weather: Vec<bool> =
            acts.iter().filter_map(|act| if let Act::LoseReplies(lost) = act { Some(*lost) } else { None }).collect();
        assert_eq!(weather, [false, false, false, true, false, false, false]);
        let asked =
            acts.iter().rev().find_map(|act| if let Act::Ask(asked) = act { Some(asked.is_some()) } else { None });
        assert_eq!(asked, Some(false));
    }

    #[test]
    fn whoever_has_changed_the_password_does_not_wait() {
        let (steps, acts) = play(Some(20));
        assert_eq!(steps, [(0, 1), (20, 5), (70, 6), (100, 7)]);
        assert_eq!(fifth(&acts), [CHANGED]);
    }

    fn fifth(acts: &[Act]) -> Vec<&str> {
        let scenes = acts.iter().filter_map(|act| if let Act::Scene(scene) = act { Some(scene) } else { None });
        scenes.filter(|scene| scene.step == AFTER_CHANGE + 1).map(|scene| scene.words).collect()
    }

    #[test]
    fn what_became_of_a_lost_answer_is_said_and_that_nothing_was_changed_yet() {
        assert_eq!(fifth(&play(Some(180)).1), [FOUND_OUT]);
        assert_eq!(fifth(&play(None).1), [STEPS[AFTER_CHANGE].words]);
    }

    #[test]
    fn every_revision_is_a_higher_one_and_the_plan_only_moves_on() {
        let (_, acts) = play(None);
        let lists: Vec<&Notice> =
            acts.iter().filter_map(|act| if let Act::Publish(list) = act { list.first() } else { None }).collect();
        assert!(lists.windows(2).all(|two| two[0].revision < two[1].revision));
        let done = |notice: &Notice| notice.plan.iter().filter(|point| point.status == PointStatus::Done).count();
        assert!(lists.windows(2).all(|two| done(two[0]) <= done(two[1])));
        assert_eq!((lists[0].plan.len(), done(lists[lists.len() - 1])), (6, 6));
    }
}
