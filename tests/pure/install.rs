//! Installing a release, explored: every order of events up to a depth, against a model of the driver and the disk.
//! Whatever happens, and whenever the program is killed, there is a whole program, and nobody installs what nobody
//! asked for, what is withdrawn, or anything during a call.

use std::collections::HashSet;

use ringfence::phone::update::document::Version;
use ringfence::phone::update::install::{Install, Offer, Output, Step};
use ringfence::port::Installation;
use ringfence::port::release::{Effect, File, Order, Report, Trouble};
use ringfence::provider_api::{Origin, Path};

const WANTED: Version = Version(1, 2, 0);
const LATER: Version = Version(1, 3, 0);

fn offer(version: Version) -> Offer {
    let file = File {
        origin: Origin::parse("https://updates.example").expect("an origin"),
        path: Path::parse("/ringfence.tar.gz").expect("a path"),
        version: version.to_string(),
        size: 100,
        sha256: "0".repeat(64),
    };
    Offer { version, file }
}

/// The machine, the driver as it is meant to behave, and what is on the disk.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct World {
    machine: Install,
    /// What is published: `None`, everything was withdrawn.
    offered: Option<Version>,
    in_call: bool,
    /// Pressed and not yet done, failed or given up.
    wished: Option<Version>,
    /// Confirmed by a look that ended after the button was pressed.
    confirmed: Option<Version>,
    looking: bool,
    /// The driver's order under way, and the version that it is for.
    fetching: Option<(u64, String)>,
    fetched: Option<(u64, String)>,
    placing: Option<(u64, String)>,
    /// Reports that are on their way.
    late: Vec<u64>,
    disk: String,
}

#[derive(Clone, Debug)]
enum Act {
    Wish,
    Cancel,
    Looked(bool),
    Publish(Option<Version>),
    Call(bool),
    Got,
    Fetched,
    FetchFailed,
    /// A report of an order that was given up.
    Late,
    Placed,
    PlaceFailed,
}

impl World {
    fn new() -> World {
        World {
            machine: Install::new(Installation::Archive("/home/anna/.local".into())),
            offered: Some(WANTED),
            in_call: false,
            wished: None,
            confirmed: None,
            looking: false,
            fetching: None,
            fetched: None,
            placing: None,
            late: Vec::new(),
            disk: "1.0.0".into(),
        }
    }

    fn acts(&self) -> Vec<Act> {
        let mut acts = vec![Act::Wish, Act::Cancel, Act::Call(!self.in_call)];
        acts.extend([None, Some(WANTED), Some(LATER)].map(Act::Publish));
        if self.looking {
            acts.extend([Act::Looked(true), Act::Looked(false)]);
        }
        if self.fetching.is_some() {
            acts.extend([Act::Got, Act::Fetched, Act::FetchFailed]);
        }
        if self.placing.is_some() {
            acts.extend([Act::Placed, Act::PlaceFailed]);
        }
        if !self.late.is_empty() {
            acts.push(Act::Late);
        }
        acts
    }

    fn act(&mut self, act: &Act) {
        let offer = self.offered.map(offer);
        match act {
            Act::Wish => {
                if let Some(version) = self.offered
                    && self.machine.wish(version, offer.as_ref())
                {
                    (self.wished, self.confirmed) = (Some(version), None);
                }
            }
            Act::Cancel => self.machine.cancel(),
            Act::Looked(good) => {
                self.looking = false;
                self.confirmed = self.offered.filter(|_| *good && matches!(self.machine.step(), Step::Looking(_)));
                self.machine.looked(*good, offer.as_ref());
            }
            Act::Publish(version) => self.offered = *version,
            Act::Call(on) => {
                self.in_call = *on;
                self.machine.call(*on);
            }
            Act::Got => self.report(|number| Report::Got(number, 50), false),
            Act::Fetched => {
                self.fetched = self.fetching.clone();
                self.report(Report::Fetched, true);
            }
            Act::FetchFailed => self.report(|number| Report::Failed(number, Trouble::Hash), true),
            Act::Late => {
                let number = self.late.remove(0);
                for report in [
                    Report::Got(number, 100),
                    Report::Fetched(number),
                    Report::Placed(number, Effect::NextStart),
                    Report::Failed(number, Trouble::Size),
                ] {
                    let before = self.machine.clone();
                    self.machine.report(report, offer.as_ref());
                    assert_eq!(self.machine, before, "a report of an order that was given up counts");
                }
            }
            Act::Placed => {
                let (number, version) = self.placing.take().expect("placing");
                self.disk = version;
                self.machine.report(Report::Placed(number, Effect::NextStart), offer.as_ref());
            }
            Act::PlaceFailed => {
                let (number, _) = self.placing.take().expect("placing");
                self.machine.report(Report::Failed(number, Trouble::Os("no room".into())), offer.as_ref());
            }
        }
        self.perform();
        self.check();
    }

    fn report(&mut self, report: impl Fn(u64) -> Report, over: bool) {
        let number = self.fetching.as_ref().expect("fetching").0;
        if over {
            self.fetching = None;
        }
        let offer = self.offered.map(offer);
        self.machine.report(report(number), offer.as_ref());
    }

    /// The driver takes the orders, and each is one that may be given.
    fn perform(&mut self) {
        while let Some(output) = self.machine.poll() {
            match output {
                Output::Look => {
                    assert!(self.wished.is_some() && !self.in_call, "it asks although nobody wants anything");
                    self.looking = true;
                }
                Output::Order(Order::Fetch(number, file, _)) => {
                    assert!(!self.in_call, "fetched during a call");
                    assert_eq!(self.wished.map(|v| v.to_string()).as_ref(), Some(&file.version), "nobody wanted it");
                    assert_eq!(self.confirmed, self.wished, "not confirmed right before");
                    assert!(self.fetching.is_none() && self.placing.is_none(), "two at a time");
                    self.fetching = Some((number, file.version));
                }
                Output::Order(Order::Place(number)) => {
                    assert!(!self.in_call, "put into place during a call");
                    let good = self.fetched.take().filter(|(fetched, _)| *fetched == number).expect("fetched and good");
                    assert_eq!(self.offered.map(|v| v.to_string()).as_ref(), Some(&good.1), "it was withdrawn");
                    self.placing = Some(good);
                }
                Output::Order(Order::Stop) => {
                    self.late.extend(self.fetching.take().map(|(number, _)| number));
                    self.late.truncate(1);
                    self.fetched = None;
                }
            }
        }
    }

    fn check(&self) {
        match self.machine.step() {
            Step::Placed(version, _) => assert_eq!(self.disk, version.to_string(), "it says what is not so"),
            Step::Fetching(..) => assert!(self.fetching.is_some() && !self.in_call),
            Step::Placing(_) => assert!(self.placing.is_some()),
            Step::Looking(_) => assert!(self.looking && !self.in_call, "it waits for nothing"),
            Step::AfterCall(_) => assert!(self.in_call, "it waits for a call that is over"),
            Step::Idle | Step::Failed(..) => assert!(self.fetching.is_none() && self.placing.is_none()),
        }
        // The disk has what the last finished step put there: killed now, the next start finds it whole.
        let whole = ["1.0.0", "1.2.0", "1.3.0"].contains(&self.disk.as_str());
        assert!(whole, "half a program");
        // After a restart nothing is remembered, and nothing goes on by itself.
        let mut again = Install::new(Installation::Archive("/home/anna/.local".into()));
        again.call(self.in_call);
        assert_eq!((again.poll(), again.step()), (None, &Step::Idle));
    }
}

#[test]
fn in_every_order_of_events_there_is_a_whole_program_and_nothing_unasked() {
    let (mut seen, mut edge, mut transitions) = (HashSet::from([World::new()]), vec![World::new()], 0_usize);
    for _ in 0..14 {
        let mut next = Vec::new();
        for world in &edge {
            for act in world.acts() {
                let mut after = world.clone();
                after.act(&act);
                transitions += 1;
                if seen.insert(after.clone()) {
                    next.push(after);
                }
            }
        }
        edge = next;
    }
    let steps: HashSet<_> = seen.iter().map(|world| std::mem::discriminant(world.machine.step())).collect();
    assert_eq!(steps.len(), 7, "a step was never reached");
    assert!(seen.iter().any(|world| world.disk == "1.3.0"), "one release after the other");
    assert!(seen.len() > 2_000 && transitions > 10_000, "{} states, {transitions} transitions", seen.len());
}

fn pressed() -> Install {
    let mut machine = Install::new(Installation::Archive("/home/anna/.local".into()));
    assert!(machine.wish(WANTED, Some(&offer(WANTED))));
    assert_eq!(machine.poll(), Some(Output::Look));
    machine
}

#[test]
fn a_call_stops_the_fetching_and_it_begins_again_after_it() {
    let mut machine = pressed();
    machine.looked(true, Some(&offer(WANTED)));
    let Some(Output::Order(Order::Fetch(number, file, _))) = machine.poll() else { panic!("no order") };
    assert_eq!(file, offer(WANTED).file);
    machine.report(Report::Got(number, 40), None);
    assert_eq!(machine.step(), &Step::Fetching(WANTED, 40, 100));
    machine.call(true);
    assert_eq!((machine.poll(), machine.step()), (Some(Output::Order(Order::Stop)), &Step::AfterCall(WANTED)));
    machine.call(false);
    assert_eq!((machine.poll(), machine.step()), (Some(Output::Look), &Step::Looking(WANTED)));
}

#[test]
fn what_nobody_confirms_is_not_fetched_and_what_was_withdrawn_meanwhile_is_not_put_into_place() {
    let mut machine = pressed();
    machine.looked(false, Some(&offer(WANTED)));
    assert_eq!((machine.poll(), machine.step()), (None, &Step::Failed(WANTED, Trouble::Unconfirmed)));
    let mut machine = pressed();
    machine.looked(true, Some(&offer(LATER)));
    assert_eq!((machine.poll(), machine.step()), (None, &Step::Idle), "nobody pressed a button for that one");
    let mut machine = pressed();
    machine.looked(true, Some(&offer(WANTED)));
    assert!(matches!(machine.poll(), Some(Output::Order(Order::Fetch(1, ..)))));
    machine.report(Report::Fetched(1), None);
    assert_eq!((machine.poll(), machine.step()), (Some(Output::Order(Order::Stop)), &Step::Idle));
}

#[test]
fn only_an_offered_version_is_begun_and_only_once() {
    let mut machine = Install::new(Installation::Windows);
    assert!(!machine.wish(WANTED, None) && !machine.wish(WANTED, Some(&offer(LATER))));
    assert!(machine.wish(WANTED, Some(&offer(WANTED))) && !machine.wish(WANTED, Some(&offer(WANTED))));
}
