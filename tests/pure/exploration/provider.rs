//! The provider, the smallest that is honest: one account, its password and generation, a log of changes, and a
//! registrar that may learn of a change late.

use ringfence::phone::password_change::input::{SubmitAnswer, TxAnswer};
use std::time::Duration;

/// A password by its number: 0 is the one before everything, 1 to 4 are made by the devices (change `n` sets password
/// `n`), 9 is set by somebody else, 8 is wrong.
pub(super) type Password = u8;
/// The password that somebody else sets.
pub(super) const FOREIGN: Password = 9;
/// A password that is never right.
pub(super) const WRONG: Password = 8;

/// What the provider remembers of a change.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Logged {
    NeverSeen,
    /// It will be applied, unless the generation moves on from this one.
    Pending(u8),
    Applied(u8),
    Cancelled,
    Rejected,
}

/// The provider.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Provider {
    /// What it accepts, or will accept as soon as its registrar knows.
    pub(super) password: Password,
    /// What its registrar accepts.
    pub(super) registrar: Password,
    pub(super) generation: u8,
    pub(super) log: [Logged; 4],
    /// Whether its clock has passed `not_after` of every change.
    pub(super) expired: bool,
    /// What its registrar accepted before, if it may fall back to that: another server, or a copy that was restored.
    pub(super) before: Option<Password>,
}

/// A request that may be late, or come twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Packet {
    Submit { tx: u8, generation: Option<u8>, old: Option<Password>, limited: bool },
    Query { tx: u8, old: Option<Password> },
    Fence { tx: u8, old: Option<Password> },
}

/// What the exploration takes away, to see whether the loss is found.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Without {
    Nothing,
    /// "Cancelled" is said, but not remembered.
    Fence,
    /// The generation is not looked at.
    IfMatch,
    /// The keyring says that `txn` was written, and forgets it.
    WriteAhead,
    /// The disk says that the journal was saved, and forgets it.
    Journal,
}

impl Provider {
    pub(super) fn new(falls_back: bool) -> Provider {
        let (log, before) = ([Logged::NeverSeen; 4], falls_back.then_some(0));
        Provider { password: 0, registrar: 0, generation: 0, log, expired: false, before }
    }

    fn logged(&mut self, tx: u8) -> &mut Logged {
        &mut self.log[usize::from(tx - 1)]
    }

    /// Another password, by whoever.
    pub(super) fn set(&mut self, password: Password) {
        self.before = self.before.map(|_| self.registrar);
        self.password = password;
        self.registrar = password;
        self.generation += 1;
    }

    /// Whether a request is proven to come from the customer: by the password in force, or by that of the change.
    fn knows(&self, tx: u8, old: Option<Password>) -> bool {
        old == Some(self.password) || self.password == tx
    }

    /// A request arrives. The idempotency key is looked at before the proof and the generation (4.4).
    pub(super) fn submit(&mut self, packet: Packet, without: Without) -> SubmitAnswer {
        let Packet::Submit { tx, generation, old, limited } = packet else { unreachable!("only submissions") };
        match *self.logged(tx) {
            Logged::Applied(generation) => {
                return SubmitAnswer::Applied { generation: generation.into(), effective_in: Duration::ZERO };
            }
            Logged::Pending(_) => return SubmitAnswer::Pending { retry_after: None },
            Logged::Cancelled => return SubmitAnswer::Expired,
            Logged::Rejected => return SubmitAnswer::Policy,
            Logged::NeverSeen => {}
        }
        if limited && self.expired {
            return SubmitAnswer::Expired;
        }
        let current = generation == Some(self.generation);
        if without != Without::IfMatch && !current {
            // Whoever proves it by a device key is told about the generation; whoever has the password only is not.
            return if self.knows(tx, old) { SubmitAnswer::Conflict } else { SubmitAnswer::Refused };
        }
        self.apply(tx);
        SubmitAnswer::Applied { generation: self.generation.into(), effective_in: Duration::ZERO }
    }

    pub(super) fn apply(&mut self, tx: u8) {
        self.set(tx);
        *self.logged(tx) = Logged::Applied(self.generation);
    }

    /// What was accepted for later is done, or not any more.
    pub(super) fn finish(&mut self, tx: u8, without: Without) {
        if let Logged::Pending(generation) = *self.logged(tx) {
            if generation == self.generation || without == Without::IfMatch {
                self.apply(tx);
            } else {
                *self.logged(tx) = Logged::Rejected;
            }
        }
    }

    /// A question or a fence arrives.
    pub(super) fn ask(&mut self, packet: Packet, without: Without) -> TxAnswer {
        match packet {
            Packet::Query { tx, old } => self.query(tx, old),
            Packet::Fence { tx, old } => self.fence(tx, old, without),
            Packet::Submit { .. } => unreachable!("not a question"),
        }
    }

    /// Something that was late arrives; nobody waits for the answer.
    pub(super) fn arrive(&mut self, packet: Packet, without: Without) {
        match packet {
            Packet::Submit { .. } => drop(self.submit(packet, without)),
            Packet::Query { .. } | Packet::Fence { .. } => drop(self.ask(packet, without)),
        }
    }

    fn query(&mut self, tx: u8, old: Option<Password>) -> TxAnswer {
        let known = self.knows(tx, old);
        match *self.logged(tx) {
            Logged::Applied(generation) => TxAnswer::Applied { generation: generation.into() },
            Logged::Pending(_) => TxAnswer::Pending { retry_after: None },
            Logged::Cancelled => TxAnswer::Cancelled,
            Logged::Rejected => TxAnswer::Rejected,
            Logged::NeverSeen if known => TxAnswer::NeverSeen,
            Logged::NeverSeen => TxAnswer::Refused,
        }
    }

    fn fence(&mut self, tx: u8, old: Option<Password>, without: Without) -> TxAnswer {
        let known = self.knows(tx, old);
        match *self.logged(tx) {
            Logged::NeverSeen if !known => TxAnswer::Refused,
            Logged::NeverSeen | Logged::Pending(_) => {
                if without != Without::Fence {
                    *self.logged(tx) = Logged::Cancelled;
                }
                TxAnswer::Cancelled
            }
            Logged::Applied(generation) => TxAnswer::Applied { generation: generation.into() },
            Logged::Cancelled => TxAnswer::Cancelled,
            Logged::Rejected => TxAnswer::Rejected,
        }
    }

    /// Whether a packet that is late could still change something.
    pub(super) fn could_matter(&self, packet: Packet, without: Without) -> bool {
        match packet {
            Packet::Submit { tx, generation, limited, .. } => {
                self.could_apply(tx, generation, limited)
                    || (without == Without::IfMatch && self.log[usize::from(tx - 1)] == Logged::NeverSeen)
            }
            Packet::Query { .. } => false,
            Packet::Fence { tx, .. } => {
                matches!(self.log[usize::from(tx - 1)], Logged::NeverSeen | Logged::Pending(_))
            }
        }
    }

    /// Whether a late copy of this change could still be applied.
    pub(super) fn could_apply(&self, tx: u8, generation: Option<u8>, limited: bool) -> bool {
        let open = matches!(self.log[usize::from(tx - 1)], Logged::NeverSeen | Logged::Pending(_));
        open && generation == Some(self.generation) && !(limited && self.expired)
    }
}
