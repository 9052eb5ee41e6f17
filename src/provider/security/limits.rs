//! Not too fast: failed attempts per place and account, and changes per second of the whole provider.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use crate::base::Mono;

/// Failed attempts are remembered for this long.
const WINDOW: Duration = Duration::from_secs(600);
/// So many of one login from one place, and the place is told to wait.
pub const PER_LOGIN: usize = 5;
/// So many of one place, whatever the logins.
pub const PER_PLACE: usize = 30;
/// Places and logins remembered; the oldest failures are forgotten first.
const REMEMBERED: usize = 20_000;

/// Where a request came from, as far as it counts: an IPv4 address or an IPv6 /64, since whoever has one address of
/// those has all.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Place(u128);

impl From<IpAddr> for Place {
    fn from(ip: IpAddr) -> Place {
        match ip.to_canonical() {
            IpAddr::V4(ip) => Place(u128::from(ip.to_bits())),
            IpAddr::V6(ip) => Place(ip.to_bits() >> 64 << 64),
        }
    }
}

/// Attempts of late: failed ones, or any that cost something.
#[derive(Debug)]
pub struct Failures {
    per_login: usize,
    per_place: usize,
    order: VecDeque<(Mono, Place, String)>,
    logins: BTreeMap<(Place, String), usize>,
    places: BTreeMap<Place, usize>,
}

impl Failures {
    /// None so far; so many of one login from one place, and of one place altogether, are enough.
    #[must_use]
    pub const fn new(per_login: usize, per_place: usize) -> Failures {
        Failures { per_login, per_place, order: VecDeque::new(), logins: BTreeMap::new(), places: BTreeMap::new() }
    }

    /// How long this place must wait before this login is looked at again; `None` if it need not.
    pub fn wait(&mut self, now: Mono, place: Place, login: &str) -> Option<Duration> {
        self.forget(now);
        let of_login = self.logins.get(&(place, login.to_owned())).copied().unwrap_or(0);
        let of_place = self.places.get(&place).copied().unwrap_or(0);
        if of_login < self.per_login && of_place < self.per_place {
            return None;
        }
        // Until the oldest failure that counts is forgotten.
        let counts = |(_, p, l): &&(Mono, Place, String)| *p == place && (of_place >= self.per_place || l == login);
        let oldest = self.order.iter().find(counts).map_or(now, |(at, _, _)| *at);
        Some((oldest + WINDOW).since(now))
    }

    /// One more.
    pub fn count(&mut self, now: Mono, place: Place, login: &str) {
        self.order.push_back((now, place, login.to_owned()));
        *self.logins.entry((place, login.to_owned())).or_default() += 1;
        *self.places.entry(place).or_default() += 1;
        while self.order.len() > REMEMBERED {
            self.drop_oldest();
        }
    }

    fn forget(&mut self, now: Mono) {
        while self.order.front().is_some_and(|(at, _, _)| now.since(*at) >= WINDOW) {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let Some((_, place, login)) = self.order.pop_front() else { return };
        take_one(&mut self.logins, &(place, login));
        take_one(&mut self.places, &place);
    }
}

fn take_one<K: Ord>(counts: &mut BTreeMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

/// A bucket of tokens that fills evenly: so many a second, and one second's worth at once.
#[derive(Debug)]
pub struct Pace {
    per_second: f64,
    tokens: f64,
    at: Mono,
    /// Turned away since the bucket was last not empty: each is asked to wait a little longer than the one before.
    queue: u32,
}

impl Pace {
    /// `per_second` a second, beginning with a full bucket.
    #[must_use]
    pub const fn new(per_second: f64, now: Mono) -> Pace {
        Pace { per_second, tokens: per_second.max(1.0), at: now, queue: 0 }
    }

    /// Takes a token.
    ///
    /// # Errors
    /// Without one: how long to wait. Whoever is turned away waits behind those turned away before, so that they do
    /// not all come back at once.
    pub fn take(&mut self, now: Mono) -> Result<(), Duration> {
        let filled = now.since(self.at).as_secs_f64() * self.per_second;
        self.tokens = (self.tokens + filled).min(self.per_second.max(1.0));
        self.at = now;
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            self.queue = self.queue.saturating_sub(1);
            return Ok(());
        }
        self.queue = self.queue.saturating_add(1);
        let seconds = (f64::from(self.queue) / self.per_second.max(0.001)).clamp(1.0, 3600.0);
        Err(Duration::from_secs_f64(seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(last: u8) -> Place {
        Place::from(IpAddr::from([192, 0, 2, last]))
    }

    #[test]
    fn five_failures_make_a_login_wait_from_there_and_from_nowhere_else() {
        let (mut failures, now) = (Failures::new(PER_LOGIN, PER_PLACE), Mono::from_millis(1000));
        for _ in 0..PER_LOGIN {
            assert_eq!(failures.wait(now, place(1), "anna"), None);
            failures.count(now, place(1), "anna");
        }
        assert_eq!(failures.wait(now, place(1), "anna"), Some(WINDOW));
        assert_eq!(failures.wait(now, place(1), "bert"), None, "another login");
        assert_eq!(failures.wait(now, place(2), "anna"), None, "an attacker elsewhere locks nobody out");
        assert_eq!(failures.wait(now + WINDOW, place(1), "anna"), None, "forgotten");
        assert!(failures.logins.is_empty() && failures.places.is_empty());
    }

    #[test]
    fn many_logins_from_one_place_make_the_place_wait() {
        let (mut failures, now) = (Failures::new(PER_LOGIN, PER_PLACE), Mono::from_millis(1000));
        for at in 0..PER_PLACE {
            failures.count(now, place(1), &format!("user{at}"));
        }
        assert!(failures.wait(now, place(1), "somebody else").is_some());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (mut failures, now) = (Failures::new(PER_LOGIN, PER_PLACE), Mono::from_millis(1000));
        for at in 0..REMEMBERED + 10 {
            failures.count(now, place(1), &at.to_string());
        }
        assert_eq!((failures.order.len(), failures.logins.len()), (REMEMBERED, REMEMBERED));
    }

    #[test]
    fn neighbours_in_one_ipv6_network_are_one_place() {
        let of = |text: &str| Place::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }

    #[test]
    fn changes_are_paced_and_those_turned_away_come_back_one_after_another() {
        let now = Mono::from_millis(1000);
        let mut pace = Pace::new(2.0, now);
        assert_eq!((pace.take(now), pace.take(now)), (Ok(()), Ok(())));
        let waits: Vec<_> = (0..6).map(|_| pace.take(now).unwrap_err().as_secs_f64()).collect();
        assert_eq!(waits, [1.0, 1.0, 1.5, 2.0, 2.5, 3.0]);
        assert_eq!(pace.take(now + Duration::from_millis(500)), Ok(()));
    }
}
