//! One computer: its keyring, its disk, the machine that runs on it, and what the machine waits for.

use std::time::Duration;

use ringfence::base::{Secret, WallTime};
use ringfence::phone::password_change::input::{Boot, Level, Person, Place};
use ringfence::phone::password_change::output::{Credentials, Entry, Event, Order, Request, Which};
use ringfence::phone::password_change::status::OldPassword;
use ringfence::phone::password_change::{Attic, Input, Journal, Kind, Machine, Output, SaveNo, Status, Txn};
use ringfence::provider_api::{NoticeId, TxId};

use super::provider::{Password, Without};

/// The secret with a number.
pub(super) fn secret(password: Password) -> Secret<String> {
    Secret::new(format!("pw-{password}"))
}

/// The number of a secret.
pub(super) fn number(secret: &Secret<String>) -> Password {
    secret.expose("a test's own").bytes().last().map_or(u8::MAX, |digit| digit - b'0')
}

pub(super) fn tx_id(tx: u8) -> TxId {
    TxId::parse(&format!("change-00000000-{tx}")).expect("a name")
}

pub(super) fn tx_number(tx: &TxId) -> u8 {
    tx.as_str().bytes().last().map_or(u8::MAX, |digit| digit - b'0')
}

/// What an entry of the keyring holds.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) enum Slot {
    #[default]
    Absent,
    Line(Secret<String>),
    /// Not what was written.
    Garbage,
}

impl Slot {
    fn line(&self) -> Option<Secret<String>> {
        match self {
            Slot::Absent => None,
            Slot::Line(line) => Some(line.clone()),
            Slot::Garbage => Some(Secret::from("{\"v\":1,gar")),
        }
    }
}

/// What is on the computer and outlives the process.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Durable {
    pub(super) active: Slot,
    pub(super) txn: Slot,
    pub(super) attic: Slot,
    pub(super) journal: Journal,
}

/// What the machine waits for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Awaits {
    Nothing,
    Vault(Order),
    /// The keyring hangs: what was asked may still happen.
    Stuck(Order),
    Disk(SaveNo),
    Policy,
    Choice,
    Submit(Request),
    Query(Request),
    Fence(Request),
    Probe(Which, Secret<String>),
}

/// A save of the journal.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Saving {
    pub(super) number: SaveNo,
    pub(super) journal: Journal,
    /// How many refusals of the line the disk hears of with it (ghost).
    news: u8,
}

/// A computer.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Device {
    pub(super) machine: Machine,
    pub(super) durable: Durable,
    pub(super) awaits: Awaits,
    /// An order that hung when the next one was given: it happens before that one, or never.
    pub(super) backlog: Option<Order>,
    /// What the disk is about to write, oldest first; all but the last were given up by the machine.
    pub(super) saving: Vec<Saving>,
    /// The password that the line signs in with.
    pub(super) line: Option<Secret<String>>,
    /// The line was told that its password is wrong.
    pub(super) told: bool,
    /// The person was shown a new password for the provider's page.
    pub(super) shown: Option<Password>,
    /// Which changes have left the machine, or were shown (ghost).
    pub(super) sent: [bool; 5],
    /// How many passwords were made here.
    pub(super) made: u8,
    /// Which passwords the registrar has accepted here (ghost: nobody in the world sees it).
    pub(super) accepted: [bool; 10],
    /// How long ago the registrar has refused a password, the machine's attempts and the line's (ghost).
    pub(super) refusals: Vec<Duration>,
    /// Whether it ever has (ghost).
    pub(super) was_refused: bool,
    /// How often it has refused the line since the machine asked the disk to write last (ghost).
    pub(super) unwritten: u8,
    /// The registrar has taken the old password in the last step, as the model of it knows (ghost).
    pub(super) old_taken: bool,
    /// Something that must never be asked for was asked for (ghost).
    pub(super) fault: Option<&'static str>,
    /// Where its secrets are kept: in memory only, they end with the process.
    place: Place,
    /// Of which passwords the person has a copy: where secrets end with the process (ghost).
    pub(super) copies: [bool; 10],
    /// What a notice demands, and whether the machine was told that its deadline has passed (ghost).
    pub(super) demand: Option<Level>,
    pub(super) late: bool,
}

impl Device {
    pub(super) fn new(place: Place) -> Device {
        let durable = Durable {
            active: Slot::Line(secret(0)),
            txn: Slot::Absent,
            attic: Slot::Absent,
            journal: Journal::default(),
        };
        let mut device = Device {
            machine: Machine::new(),
            durable,
            awaits: Awaits::Nothing,
            backlog: None,
            saving: Vec::new(),
            line: None,
            told: false,
            shown: None,
            sent: [false; 5],
            made: 0,
            accepted: [true, false, false, false, false, false, false, false, false, false],
            refusals: Vec::new(),
            was_refused: false,
            unwritten: 0,
            old_taken: false,
            fault: None,
            place,
            copies: [false; 10],
            demand: None,
            late: false,
        };
        // It was typed at sign-in.
        device.copies[0] = place == Place::Session;
        device.boot();
        device
    }

    /// The oldest save is written, or not. What it was about either way.
    pub(super) fn write(&mut self, written: bool) -> SaveNo {
        let Saving { number, journal, news } = self.saving.remove(0);
        if written {
            self.durable.journal = journal;
        } else {
            self.unwritten += news;
        }
        number
    }

    /// The process dies. What the line was refused and the disk has not heard of is forgotten with it: nothing can be
    /// written down before the line tries the password that is believed right. So much is forgiven.
    pub(super) fn die(&mut self) {
        let unheard = self.unwritten + self.saving.iter().map(|saving| saving.news).sum::<u8>();
        self.refusals.truncate(self.refusals.len().saturating_sub(unheard.into()));
        self.unwritten = 0;
        if self.place == Place::Session {
            // The person types the newest that they have a copy of.
            let typed = (0..=4).rev().find(|password| self.copies[usize::from(*password)]).unwrap_or_default();
            let active = Slot::Line(secret(typed));
            self.durable = Durable { active, txn: Slot::Absent, attic: Slot::Absent, ..self.durable.clone() };
        }
        (self.demand, self.late) = (None, false);
        self.boot();
    }

    /// The next process starts. What the one before waited for is decided (see `World`).
    fn boot(&mut self) {
        self.machine = Machine::new();
        self.awaits = Awaits::Nothing;
        self.backlog = None;
        self.saving.clear();
        self.told = false;
        self.shown = None;
        let active = if let Slot::Line(line) = &self.durable.active { Some(line.clone()) } else { None };
        self.line.clone_from(&active);
        let boot = Boot {
            active,
            txn: self.durable.txn.line(),
            attic: self.durable.attic.line(),
            journal: Journal::from_row(Some(&self.durable.journal.to_row())),
            place: self.place,
        };
        self.tell(Duration::ZERO, Input::Boot(boot));
    }

    /// Whether this is what was waited for. After "cancel", nobody waits any more.
    pub(super) fn awaits_answer(&self, input: &Input) -> bool {
        match input {
            Input::Vault(_) => matches!(self.awaits, Awaits::Vault(_) | Awaits::Stuck(_)),
            Input::Journal(number, _) => self.awaits == Awaits::Disk(*number),
            Input::Policy(_) => self.awaits == Awaits::Policy,
            Input::Submit(_) => matches!(self.awaits, Awaits::Submit(_)),
            Input::Tx(_) => matches!(self.awaits, Awaits::Query(_) | Awaits::Fence(_)),
            Input::Probe(_) => matches!(self.awaits, Awaits::Probe(..)),
            Input::Person(Person::Choose { .. } | Person::Cancel) => {
                matches!(self.awaits, Awaits::Choice | Awaits::Policy)
            }
            Input::Boot(_)
            | Input::Person(_)
            | Input::Demand(_)
            | Input::ActiveRefused(_)
            | Input::Clocks { .. }
            | Input::LineRefused(_)
            | Input::Timeout => false,
        }
    }

    /// The machine is told something, and what it asks for is noted.
    pub(super) fn tell(&mut self, passed: Duration, input: Input) {
        for age in &mut self.refusals {
            *age += passed;
        }
        self.refusals.retain(|age| *age < Duration::from_hours(1));
        for output in self.machine.step(passed, input) {
            self.perform(output);
        }
        // It is about the step that ends with what is said of it.
        let last =
            matches!(self.machine.status(), Status::CheckingOld | Status::Promoting { .. } | Status::Done { .. });
        self.old_taken &= last;
    }

    /// The registrar refuses the line's own attempt, so often. That is made with the password that is believed right, and is not
    /// held back; but it counts.
    pub(super) fn line_refused(&mut self, times: u8) {
        for _ in 0..times {
            self.refused();
        }
        self.unwritten += times;
    }

    /// The registrar refuses a password.
    pub(super) fn refused(&mut self) {
        self.refusals.push(Duration::ZERO);
        self.was_refused = true;
    }

    /// I6: after two refusals in ten minutes or four in an hour the machine makes no attempt, whoever made those and
    /// whatever has died in between.
    fn within_budget(&self) -> bool {
        let within = |window: Duration| self.refusals.iter().filter(|age| **age < window).count();
        within(Duration::from_mins(10)) < 2 && within(Duration::from_hours(1)) < 4
    }

    fn perform(&mut self, output: Output) {
        let awaits = match output {
            Output::Log(Event::Finished(OldPassword::StillAccepted)) => {
                if !self.old_taken {
                    self.fault = Some("an old password is called accepted, and was not");
                }
                return;
            }
            Output::Log(_) => return,
            Output::Use(Credentials { current, .. }) => {
                self.line = Some(current);
                self.told = false;
                return;
            }
            Output::Show(new) => {
                self.shown = Some(number(&new));
                self.sent[usize::from(number(&new))] = true;
                return;
            }
            Output::Vault(order) => {
                if let (Order::Put(Entry::Active, new), false) = (&order, self.accepts(&order)) {
                    self.fault = Some("I3: the password in use is overwritten with one that was never accepted");
                    assert!(number(new) < 10);
                }
                if let Awaits::Vault(before) | Awaits::Stuck(before) = &self.awaits {
                    assert!(self.backlog.is_none(), "two orders hang");
                    self.backlog = Some(before.clone());
                }
                Awaits::Vault(order)
            }
            Output::Journal(number, journal) => {
                let news = std::mem::take(&mut self.unwritten);
                self.saving.push(Saving { number, journal, news });
                Awaits::Disk(number)
            }
            Output::AskPolicy => Awaits::Policy,
            Output::Choose => Awaits::Choice,
            Output::Submit(request) => {
                if self.place == Place::Session && !self.copies[usize::from(number(&request.txn.new))] {
                    self.fault = Some("I1: sent without a copy, from a place that does not last");
                }
                if number(&request.txn.new) != tx_number(&request.txn.tx) {
                    self.fault = Some("I4: a retry carries another password");
                }
                self.sent[usize::from(tx_number(&request.txn.tx))] = true;
                Awaits::Submit(request)
            }
            Output::Query(request) => Awaits::Query(request),
            Output::Fence(request) => Awaits::Fence(request),
            Output::Probe(which, secret) => {
                if !self.within_budget() {
                    self.fault = Some("I6: too many wrong passwords");
                }
                Awaits::Probe(which, secret)
            }
        };
        self.awaits = awaits;
    }

    fn accepts(&self, order: &Order) -> bool {
        match order {
            Order::Put(Entry::Active, new) => self.accepted[usize::from(number(new))],
            Order::Put(Entry::Txn | Entry::Attic, _) | Order::Check | Order::Delete(_) => true,
        }
    }

    /// The keyring does it.
    pub(super) fn obey(&mut self, order: &Order, without: Without) {
        let (entry, slot) = match order {
            Order::Check => return,
            Order::Put(entry, line) => (*entry, Slot::Line(line.clone())),
            Order::Delete(entry) => (*entry, Slot::Absent),
        };
        if entry == Entry::Txn && without == Without::WriteAhead {
            return;
        }
        *self.slot(entry) = slot;
    }

    /// The keyring destroys it.
    pub(super) fn spoil(&mut self, order: &Order) {
        if let Order::Put(entry, _) = order {
            *self.slot(*entry) = Slot::Garbage;
        }
    }

    fn slot(&mut self, entry: Entry) -> &mut Slot {
        match entry {
            Entry::Active => &mut self.durable.active,
            Entry::Txn => &mut self.durable.txn,
            Entry::Attic => &mut self.durable.attic,
        }
    }

    /// Whether a password is somewhere in the keyring.
    pub(super) fn holds(&self, password: Password) -> bool {
        let wanted = secret(password);
        let txn = self.durable.txn.line().and_then(|line| Txn::from_line(&line).ok());
        self.uses(password) || txn.is_some_and(|txn| txn.new == wanted) || self.attic_holds(&wanted)
    }

    /// Whether a password is in the keyring, or in a copy of the person's.
    pub(super) fn knows(&self, password: Password) -> bool {
        self.holds(password) || self.copies[usize::from(password)]
    }

    /// Whether a password is in the attic.
    pub(super) fn attic_holds(&self, wanted: &Secret<String>) -> bool {
        let attic = self.durable.attic.line().and_then(|line| Attic::from_line(&line).ok()).unwrap_or_default();
        attic.kept().iter().any(|kept| kept.secret == *wanted)
    }

    /// Whether the keyring's password in use is this one.
    pub(super) fn uses(&self, password: Password) -> bool {
        self.durable.active == Slot::Line(secret(password))
    }
}

/// When every change was made, and until when it may be applied.
pub(super) const CREATED: WallTime = WallTime(1_700_000_000_000);
pub(super) const NOT_AFTER: WallTime = WallTime(1_700_000_600_000);
/// After that.
pub(super) const TOO_LATE: WallTime = WallTime(1_700_000_700_000);

/// How the person begins: for a notice, or of their own accord.
pub(super) fn begin(kind: Kind, notice: bool) -> Person {
    Person::Begin { kind, notice: if notice { NoticeId::parse("n-1") } else { None } }
}
