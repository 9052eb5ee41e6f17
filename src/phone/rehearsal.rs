//! The rehearsal of a breach day: begun and stopped by the person, played by the demo provider, followed here.

use super::Phone;
use super::commands::not_now;
use super::notice::Why;
use crate::base::Now;
use crate::phone::event::Event;
use crate::phone::input::Done;
use crate::phone::output::Output;
use crate::phone::problem::{Problem, ProblemKind};
use crate::phone::view::RehearsalView;

impl Phone {
    /// Begins the rehearsal or ends it. Only the demo's provider plays one.
    pub(super) fn rehearse(&mut self, now: Now, on: bool) -> Result<Done, Problem> {
        let demo = self.accounts.iter().find(|account| account.demo).map(super::account::Account::id);
        let Some(demo) = demo.filter(|_| on || self.view.rehearsal.is_some()) else { return Err(not_now("")) };
        self.out.push_back(Output::Rehearse(on));
        if !on {
            self.view.rehearsal = None;
            self.look_for_notices(now, demo, Why::Asked);
        }
        Ok(Done::Ok)
    }

    /// The next step. A real provider's phones look every quarter of an hour; in a rehearsal nobody waits so long.
    pub(super) fn on_rehearsal(&mut self, now: Now, scene: Result<RehearsalView, String>) {
        match scene {
            Ok(scene) => self.view.rehearsal = Some(scene),
            Err(why) => {
                self.view.rehearsal = None;
                let problem = Problem::new(ProblemKind::DemoFailed, why);
                self.out.push_back(Output::Event(Event::Refused(problem)));
            }
        }
        let demo = self.accounts.iter().find(|account| account.demo).map(super::account::Account::id);
        if let Some(demo) = demo {
            self.look_for_notices(now, demo, Why::Asked);
        }
    }
}
