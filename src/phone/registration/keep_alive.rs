//! Keeping a flow open: a double CRLF and its pong on streams (RFC 5626 §3.5.1, §4.4.1); by UDP a CRLF, or where the
//! path leads through a router a question, whose answer tells how the server sees us, and nothing where nothing lies
//! between (`mapping`).

use std::time::Duration;

use crate::base::{Entropy, Mono};
use crate::port::net::Transport;
use crate::sip::endpoint::ClientKey;

/// How long a pong may take.
const PONG: Duration = Duration::from_secs(10);

/// The timer of one flow.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeepAlive {
    next: Option<Mono>,
    pong_by: Option<Mono>,
    /// Servers without RFC 5626 never answer: that is no sign of a dead flow. One that has answered once does.
    answers: bool,
    /// The question under way.
    question: Option<ClientKey>,
    manners: Manners,
}

/// How a server takes questions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Manners {
    Unknown,
    Answers,
    /// Not asked any more: it has let a question lie and never answered one, or its answers are of no use.
    Mute,
}

/// What follows from a timer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Act {
    None,
    Send,
    NoPong,
}

impl KeepAlive {
    /// Not running.
    pub(super) const fn new() -> KeepAlive {
        KeepAlive { next: None, pong_by: None, answers: false, question: None, manners: Manners::Unknown }
    }

    /// Begins, unless it runs.
    pub(super) fn start(&mut self, now: Mono, transport: Transport, dice: &mut Entropy) {
        if self.next.is_none() {
            self.next = Some(now + interval(transport, dice));
        }
    }

    pub(super) const fn on_pong(&mut self) {
        self.answers = true;
        self.pong_by = None;
    }

    /// Whether the next keep-alive may be a question: not while one is under way.
    pub(super) fn may_ask(&self) -> bool {
        self.question.is_none() && self.manners != Manners::Mute
    }

    pub(super) const fn asked(&mut self, question: ClientKey) {
        self.question = Some(question);
    }

    /// Whether a request of the endpoint's is the question under way.
    pub(super) fn is_question(&self, client: ClientKey) -> bool {
        self.question == Some(client)
    }

    /// Whether this server is known to answer questions.
    pub(super) fn is_answered(&self) -> bool {
        self.manners == Manners::Answers
    }

    /// The question was answered, whatever the answer was.
    pub(super) const fn on_answer(&mut self) {
        self.question = None;
        self.manners = Manners::Answers;
    }

    /// Answers are of no use: every one says something else.
    pub(super) const fn ask_no_more(&mut self) {
        self.manners = Manners::Mute;
    }

    /// The question was not answered. True if questions were answered before: then something is wrong.
    pub(super) fn on_no_answer(&mut self) -> bool {
        self.question = None;
        if self.manners == Manners::Answers {
            return true;
        }
        self.manners = Manners::Mute;
        false
    }

    pub(super) fn on_timeout(&mut self, now: Mono, transport: Transport, dice: &mut Entropy) -> Act {
        if self.pong_by.is_some_and(|by| by <= now) {
            return Act::NoPong;
        }
        if self.next.is_none_or(|at| at > now) {
            return Act::None;
        }
        self.next = Some(now + interval(transport, dice));
        if self.answers && transport.is_reliable() {
            self.pong_by = Some(now + PONG);
        }
        Act::Send
    }

    pub(super) fn next_timeout(&self) -> Option<(Mono, &'static str)> {
        let next = self.next.map(|at| (at, "keep-alive"));
        [next, self.pong_by.map(|at| (at, "pong"))].into_iter().flatten().min()
    }
}

/// Home routers forget a UDP mapping after 30 s, connections after minutes. 80 to 100 % of the time, by dice.
fn interval(transport: Transport, dice: &mut Entropy) -> Duration {
    let longest = match transport {
        Transport::Udp => Duration::from_secs(25),
        Transport::Tcp | Transport::Tls => Duration::from_secs(120),
    };
    longest.mul_f64(0.8 + 0.2 * dice.fraction())
}
