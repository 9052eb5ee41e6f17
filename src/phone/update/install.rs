//! Installing a release, because somebody pressed the button: only where no package manager owns the files, only what
//! was confirmed a moment ago, and nothing of it during a call.
//!
//! ```text
//!   Idle ─button─► Looking ─confirmed─► Fetching ─whole, as signed─► Placing ─► Placed (from the next start on)
//!     ▲               │  ▲                  │ a call                    │
//!     │ other version │  └── the call ended ── AfterCall                 │
//!     └───────────────┴────── any failure: Failed, the old program is as it was
//! ```
//!
//! Inputs: [`Install::wish`], [`Install::cancel`], [`Install::looked`], [`Install::call`], [`Install::report`].

use super::document::Version;
use crate::port::Installation;
use crate::port::release::{Effect, File, Order, Report, Trouble};

/// What follows.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Output {
    /// Ask now what is published: [`Install::looked`] tells what came of it.
    Look,
    /// For the driver.
    Order(Order),
}

/// How far it is, for people.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum Step {
    /// Nothing is under way.
    #[default]
    Idle,
    /// The release is being confirmed.
    Looking(Version),
    /// It goes on when the call is over.
    AfterCall(Version),
    /// Its file is being fetched: so many bytes of so many.
    Fetching(Version, u64, u64),
    /// It is being put into place.
    Placing(Version),
    /// It is in its place, or will be.
    Placed(Version, Effect),
    /// It was not installed, and why. The old program is as it was.
    Failed(Version, Trouble),
}

/// A release that this installation can put into its own place.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Offer {
    /// Its version.
    pub version: Version,
    /// Its file.
    pub file: File,
}

/// The machine.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Install {
    installation: Installation,
    step: Step,
    /// The number of the last order.
    number: u64,
    in_call: bool,
    out: Vec<Output>,
}

impl Install {
    /// Nothing is under way.
    #[must_use]
    pub fn new(installation: Installation) -> Install {
        Install { installation, ..Install::default() }
    }

    /// How far it is.
    #[must_use]
    pub const fn step(&self) -> &Step {
        &self.step
    }

    /// What follows, one by one.
    pub fn poll(&mut self) -> Option<Output> {
        if self.out.is_empty() { None } else { Some(self.out.remove(0)) }
    }

    /// Somebody wants this version. Returns whether it is begun.
    pub fn wish(&mut self, version: Version, offer: Option<&Offer>) -> bool {
        let offered = offer.is_some_and(|offer| offer.version == version);
        let free = match &self.step {
            Step::Idle | Step::Failed(..) => true,
            // A still newer one, before the last one was ever started.
            Step::Placed(placed, _) => version != *placed,
            Step::Looking(_) | Step::AfterCall(_) | Step::Fetching(..) | Step::Placing(_) => false,
        };
        if offered && free {
            self.begin(version);
        }
        offered && free
    }

    /// Somebody changed their mind, or the channel was switched off. What is being put into place is finished: it takes
    /// a moment, and half of it would be worse.
    pub fn cancel(&mut self) {
        match self.step {
            Step::Fetching(..) => self.stop(Step::Idle),
            Step::Looking(_) | Step::AfterCall(_) | Step::Failed(..) => self.step = Step::Idle,
            Step::Idle | Step::Placing(_) | Step::Placed(..) => {}
        }
    }

    /// What is published was asked for, and this is what it offers now; or nobody could say (`confirmed` is false).
    pub fn looked(&mut self, confirmed: bool, offer: Option<&Offer>) {
        let Step::Looking(version) = self.step else { return };
        if !confirmed {
            self.step = Step::Failed(version, Trouble::Unconfirmed);
        } else if let Some(offer) = offer.filter(|offer| offer.version == version) {
            self.number += 1;
            self.step = Step::Fetching(version, 0, offer.file.size);
            let order = Order::Fetch(self.number, offer.file.clone(), self.installation.clone());
            self.out.push(Output::Order(order));
        } else {
            // Withdrawn meanwhile, or there is a newer one: the view says which. Nobody pressed a button for that one.
            self.step = Step::Idle;
        }
    }

    /// Whether there is a call. Told with every input.
    pub fn call(&mut self, in_call: bool) {
        let was = std::mem::replace(&mut self.in_call, in_call);
        match self.step {
            Step::Fetching(version, ..) if in_call => self.stop(Step::AfterCall(version)),
            Step::Looking(version) if in_call => self.step = Step::AfterCall(version),
            Step::AfterCall(version) if was && !in_call => self.begin(version),
            Step::Idle
            | Step::Looking(_)
            | Step::AfterCall(_)
            | Step::Fetching(..)
            | Step::Placing(_)
            | Step::Placed(..)
            | Step::Failed(..) => {}
        }
    }

    /// The driver reports. `offer` is what is offered now: a release that was withdrawn since is not put into place.
    pub fn report(&mut self, report: Report, offer: Option<&Offer>) {
        let (Report::Got(number, _) | Report::Fetched(number) | Report::Placed(number, _) | Report::Failed(number, _)) =
            report;
        if number != self.number {
            return;
        }
        match (&mut self.step, report) {
            (Step::Fetching(_, got, _), Report::Got(_, bytes)) => *got = bytes,
            (Step::Fetching(version, ..), Report::Fetched(_)) => {
                let version = *version;
                if offer.is_some_and(|offer| offer.version == version) {
                    self.step = Step::Placing(version);
                    self.out.push(Output::Order(Order::Place(self.number)));
                } else {
                    self.stop(Step::Idle);
                }
            }
            (Step::Placing(version), Report::Placed(_, effect)) => self.step = Step::Placed(*version, effect),
            (Step::Fetching(version, ..) | Step::Placing(version), Report::Failed(_, trouble)) => {
                self.step = Step::Failed(*version, trouble);
            }
            // What an order that was given up had still on its way.
            (
                Step::Idle
                | Step::Looking(_)
                | Step::AfterCall(_)
                | Step::Fetching(..)
                | Step::Placing(_)
                | Step::Placed(..)
                | Step::Failed(..),
                _,
            ) => {}
        }
    }

    fn begin(&mut self, version: Version) {
        if self.in_call {
            self.step = Step::AfterCall(version);
        } else {
            self.step = Step::Looking(version);
            self.out.push(Output::Look);
        }
    }

    fn stop(&mut self, step: Step) {
        // What it still reports carries an old number.
        self.number += 1;
        self.step = step;
        self.out.push(Output::Order(Order::Stop));
    }
}
