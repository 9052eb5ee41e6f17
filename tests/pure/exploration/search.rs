//! Breadth first through every situation, to the fixed point. Situations are known by 128 bits of SHA-256.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use super::action::Action;
use super::invariants::{broken, is_end};
use super::world::{Setting, World};

/// What was found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) states: usize,
    pub(super) transitions: usize,
    pub(super) elapsed: Duration,
    /// The longest of the shortest ways.
    pub(super) depth: usize,
    /// The first invariant that broke, and the shortest way there.
    pub(super) broken: Option<(&'static str, Vec<Action>)>,
    /// Situations from which no good end can be reached although nothing more goes wrong, and the way to the first.
    pub(super) stuck: usize,
    pub(super) stuck_at: Vec<Action>,
}

/// Collects the bytes of a situation.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Hasher for Bytes {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn finish(&self) -> u64 {
        unreachable!("the fingerprint is made of all bytes")
    }
}

fn fingerprint(world: &World, bytes: &mut Bytes) -> u128 {
    bytes.0.clear();
    world.hash(bytes);
    let digest = Sha256::digest(&bytes.0);
    let mut short = [0; 16];
    short.copy_from_slice(&digest[..16]);
    u128::from_le_bytes(short)
}

/// A situation that was reached, and how.
struct Step {
    from: u32,
    action: Action,
    print: u128,
    /// The situation itself, if it was not known when the level began.
    world: Option<World>,
    broken: Option<&'static str>,
    end: bool,
}

struct Search<'a> {
    setting: &'a Setting,
    known: HashMap<u128, u32>,
    /// How each situation was reached first.
    parents: Vec<(u32, Action)>,
    ends: Vec<bool>,
    /// Steps that happen by themselves, for the way back from the ends.
    fair: Vec<(u32, u32)>,
    transitions: usize,
    depth: usize,
}

/// Explores everything that `setting` allows; stops at the first invariant that breaks.
pub(super) fn explore(setting: &Setting) -> Found {
    #[expect(clippy::disallowed_methods, reason = "the report names the seconds")]
    let started = Instant::now();
    let start = World::new(setting);
    let mut search = Search {
        setting,
        known: HashMap::from([(fingerprint(&start, &mut Bytes::default()), 0)]),
        parents: vec![(0, Action::PendingApplied)],
        ends: vec![is_end(&start)],
        fair: Vec::new(),
        transitions: 0,
        depth: 0,
    };
    let mut broken = None;
    let mut frontier = vec![(0, start)];
    while !frontier.is_empty() && broken.is_none() {
        let steps = search.level(&frontier);
        (frontier, broken) = search.merge(steps);
        search.depth += 1;
    }
    let (stuck, stuck_at) = if broken.is_none() { search.stuck() } else { (0, Vec::new()) };
    Found {
        states: search.known.len(),
        transitions: search.transitions,
        elapsed: started.elapsed(),
        depth: search.depth,
        broken,
        stuck,
        stuck_at,
    }
}

impl Search<'_> {
    /// All that follows from one level, by two threads.
    fn level(&self, frontier: &[(u32, World)]) -> Vec<Step> {
        let half = frontier.len().div_ceil(2).max(1);
        std::thread::scope(|scope| {
            let halves: Vec<_> = frontier.chunks(half).map(|chunk| scope.spawn(move || self.follow(chunk))).collect();
            halves.into_iter().flat_map(|half| half.join().expect("no panic")).collect()
        })
    }

    fn follow(&self, chunk: &[(u32, World)]) -> Vec<Step> {
        let mut bytes = Bytes::default();
        let mut steps = Vec::with_capacity(chunk.len() * 8);
        for (from, world) in chunk {
            for (action, next) in world.successors(self.setting) {
                let print = fingerprint(&next, &mut bytes);
                let known = self.known.contains_key(&print);
                let (broken, end) = if known { (None, false) } else { (broken(&next), is_end(&next)) };
                let world = (!known).then_some(next);
                steps.push(Step { from: *from, action, print, world, broken, end });
            }
        }
        steps
    }

    /// The next level, and the first invariant that breaks in it.
    #[expect(clippy::type_complexity, reason = "a level and a finding")]
    fn merge(&mut self, steps: Vec<Step>) -> (Vec<(u32, World)>, Option<(&'static str, Vec<Action>)>) {
        let mut frontier = Vec::new();
        for step in steps {
            self.transitions += 1;
            let fresh = u32::try_from(self.parents.len()).expect("fewer than four thousand million");
            let to = *self.known.entry(step.print).or_insert(fresh);
            if step.action.is_fair() {
                self.fair.push((step.from, to));
            }
            if to == fresh {
                self.parents.push((step.from, step.action));
                self.ends.push(step.end);
                if let Some(which) = step.broken {
                    return (Vec::new(), Some((which, self.way_to(fresh))));
                }
                frontier.extend(step.world.map(|world| (fresh, world)));
            }
        }
        (frontier, None)
    }

    fn way_to(&self, state: u32) -> Vec<Action> {
        let mut way = Vec::new();
        let mut at = state;
        while at != 0 {
            let (before, action) = self.parents[at as usize];
            way.push(action);
            at = before;
        }
        way.reverse();
        way
    }

    /// Those from which no end can be reached by what happens by itself.
    fn stuck(&mut self) -> (usize, Vec<Action>) {
        self.fair.sort_unstable_by_key(|(_, to)| *to);
        let mut good = self.ends.clone();
        let mut fringe: Vec<u32> = (0..).zip(&good).filter(|(_, good)| **good).map(|(at, _)| at).collect();
        while let Some(to) = fringe.pop() {
            let first = self.fair.partition_point(|(_, other)| *other < to);
            for (from, _) in self.fair[first..].iter().take_while(|(_, other)| *other == to) {
                if !std::mem::replace(&mut good[*from as usize], true) {
                    fringe.push(*from);
                }
            }
        }
        let first = (0..).zip(&good).find(|(_, good)| !**good).map(|(at, _)| at);
        (good.iter().filter(|good| !**good).count(), first.map_or_else(Vec::new, |at| self.way_to(at)))
    }
}
