//! Two phones and a link that loses, delays and reorders: calls come about and end all the same. The seed of a
//! failure is in its message.

use std::collections::BTreeMap;
use std::time::Duration;

use super::rig::*;
use ringfence::base::{Entropy, Mono, Now};
use ringfence::phone::view::{CallState, EndReason};
use ringfence::port::net::{Flow, Transport};

struct Link {
    ends: [Ua; 2],
    flying: BTreeMap<(Mono, u64), (usize, Vec<u8>)>,
    count: u64,
    looked: [usize; 2],
    dice: Entropy,
    loss: f64,
}

impl Link {
    fn new(seed: u64, loss: f64) -> Link {
        let mut ends = [Ua::new(Transport::Udp, seed), Ua::new(Transport::Udp, seed + 1_000_000)];
        for (index, end) in ends.iter_mut().enumerate() {
            let port = |which: usize| if which == 0 { 5060 } else { 5062 };
            end.account.line.flow = Flow {
                local: ([192, 0, 2, 1], port(index)).into(),
                remote: ([192, 0, 2, 1], port(1 - index)).into(),
                ..end.account.line.flow.clone()
            };
            end.account.line.contact = ringfence::sip::Uri::parse(&format!("sip:x@192.0.2.1:{}", port(index))).unwrap();
        }
        let dice = Entropy::from_number(seed);
        Link { ends, flying: BTreeMap::new(), count: 0, looked: [0, 0], dice, loss }
    }

    /// Takes what was sent since the last look; some of it is lost, some comes twice, all of it takes a while.
    fn collect(&mut self) {
        for from in 0..2 {
            let fresh = self.ends[from].wire[self.looked[from]..].to_vec();
            self.looked[from] = self.ends[from].wire.len();
            self.ends[from].sent.clear();
            for bytes in fresh {
                let copies =
                    if self.dice.fraction() < self.loss { 0 } else { 1 + usize::from(self.dice.fraction() < 0.05) };
                for _ in 0..copies {
                    let delay = Duration::from_micros(5_000 + u64::from(self.dice.bits32() % 60_000));
                    self.count += 1;
                    self.flying.insert((self.ends[from].now.mono + delay, self.count), (1 - from, bytes.clone()));
                }
            }
        }
    }

    fn run(&mut self, by: Duration) {
        let end = self.ends[0].now.later(by);
        loop {
            self.collect();
            let timers = self.ends.iter().flat_map(|ua| [ua.endpoint.next_timeout(), ua.calls.next_timeout()]);
            let timer = timers.flatten().map(|(at, _)| at).min();
            let arrival = self.flying.keys().next().map(|(at, _)| *at);
            let Some(at) = timer.into_iter().chain(arrival).min().filter(|at| *at <= end.mono) else { break };
            self.set_time(self.ends[0].now.later(at.since(self.ends[0].now.mono)));
            if arrival == Some(at) {
                let (_, (to, bytes)) = self.flying.pop_first().unwrap();
                let message = ringfence::sip::Message::parse(&bytes).unwrap();
                self.ends[to].receive(&message);
            }
            for ua in &mut self.ends {
                ua.advance(Duration::ZERO);
            }
        }
        self.set_time(end);
    }

    fn set_time(&mut self, now: Now) {
        for ua in &mut self.ends {
            ua.now = now;
        }
    }

    fn state(&self, end: usize) -> Option<CallState> {
        self.ends[end].calls.views().pop().map(|view| view.state)
    }
}

#[test]
fn calls_come_about_and_end_over_a_link_that_loses_a_fifth() {
    for seed in 0..60 {
        let mut link = Link::new(seed, 0.2);
        link.ends[1].account.line.auto_answer = true;
        let id = link.ends[0].place("31");
        link.run(seconds(20));
        assert_eq!(link.state(0), Some(CallState::Established), "seed {seed}: the caller talks");
        assert_eq!(link.state(1), Some(CallState::Established), "seed {seed}: the callee talks");
        link.ends[0].act(|calls, env| calls.set_held(env, id, true)).unwrap();
        link.run(seconds(20));
        assert!(link.ends[0].view().held, "seed {seed}: held");
        assert!(link.ends[1].view().held_by_peer, "seed {seed}: the other end knows");
        let other = link.ends[1].view().id;
        link.ends[1].act(|calls, env| calls.hang_up(env, other)).unwrap();
        link.run(seconds(80));
        let ends: Vec<_> = link.ends.iter().map(|ua| ua.history[0].end.clone()).collect();
        assert_eq!(ends, [EndReason::PeerHungUp, EndReason::HungUp], "seed {seed}");
        for ua in &link.ends {
            assert!(ua.endpoint.is_empty() && ua.calls.are_quiet(), "seed {seed}: nothing is left");
            assert_eq!(ua.calls.next_timeout(), None, "seed {seed}: no timer is left");
        }
    }
}

#[test]
fn a_caller_who_gives_up_at_any_moment_leaves_nobody_talking() {
    for seed in 0..120 {
        let mut link = Link::new(seed, 0.1);
        link.ends[1].account.line.auto_answer = seed % 2 == 0;
        let id = link.ends[0].place("31");
        let wait = u64::from(link.dice.bits32() % 300);
        link.run(Duration::from_millis(wait));
        link.ends[0].act(|calls, env| calls.hang_up(env, id)).unwrap();
        link.run(seconds(120));
        for (index, ua) in link.ends.iter().enumerate() {
            assert!(!ua.calls.are_live() && ua.calls.are_quiet(), "seed {seed}, end {index}: {:?}", link.state(index));
            assert!(ua.endpoint.is_empty(), "seed {seed}, end {index}: transactions are left");
        }
    }
}

#[test]
fn both_holding_at_the_same_moment_comes_to_an_agreement() {
    for seed in 0..40 {
        let mut link = Link::new(seed, 0.05);
        link.ends[1].account.line.auto_answer = true;
        link.ends[0].place("31");
        link.run(seconds(20));
        for ua in &mut link.ends {
            let id = ua.view().id;
            ua.act(|calls, env| calls.set_held(env, id, true)).unwrap();
        }
        link.run(seconds(30));
        for ua in &link.ends {
            let view = ua.view();
            assert!(view.held && view.held_by_peer, "seed {seed}: {view:?}");
        }
    }
}
