//! How often a wrong password may be tried (account-security 3.3, invariant I6): two refusals in ten minutes and four
//! in an hour for each account, below what common servers ban for. An attempt is paid before it is made and paid back
//! if the password was right.

use std::time::Duration;

/// So many refusals …
const FEW: usize = 2;
/// … in this time,
const SHORT: Duration = Duration::from_mins(10);
/// and so many …
const SEVERAL: usize = 4;
/// … in this one.
const LONG: Duration = Duration::from_hours(1);

/// The attempts that were refused, or may have been.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Budget {
    /// How long ago, oldest first. What is older than [`LONG`] is forgotten.
    spent: Vec<Duration>,
}

impl Budget {
    /// After a restart: it is not known how long it was, so that all count as if they had just been made.
    #[must_use]
    pub fn restored(spent: u8) -> Budget {
        Budget { spent: vec![Duration::ZERO; usize::from(spent).min(SEVERAL)] }
    }

    /// How many are not forgotten: what the journal keeps.
    #[must_use]
    pub fn spent(&self) -> u8 {
        u8::try_from(self.spent.len()).unwrap_or(u8::MAX)
    }

    /// How long to wait before an attempt that may be refused; zero: not at all.
    #[must_use]
    pub fn wait(&self) -> Duration {
        let until = |allowed: usize, window: Duration| {
            let nth_newest = self.spent.len().checked_sub(allowed).and_then(|at| self.spent.get(at));
            nth_newest.map_or(Duration::ZERO, |age| window.saturating_sub(*age))
        };
        until(FEW, SHORT).max(until(SEVERAL, LONG))
    }

    /// An attempt is made.
    pub fn pay(&mut self) {
        self.spent.push(Duration::ZERO);
    }

    /// The attempt that was made last was no refusal.
    pub fn pay_back(&mut self) {
        self.spent.pop();
    }

    /// The attempt that was made last was refused just now: its time counts from here.
    pub fn refused(&mut self) {
        if let Some(last) = self.spent.last_mut() {
            *last = Duration::ZERO;
        }
    }

    /// Time passes.
    pub fn pass(&mut self, by: Duration) {
        for age in &mut self.spent {
            *age = age.saturating_add(by);
        }
        self.spent.retain(|age| *age < LONG);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_in_ten_minutes_and_four_in_an_hour() {
        let mut budget = Budget::default();
        for _ in 0..2 {
            assert_eq!(budget.wait(), Duration::ZERO);
            budget.pay();
        }
        assert_eq!(budget.wait(), SHORT);
        budget.pass(Duration::from_mins(4));
        assert_eq!(budget.wait(), Duration::from_mins(6));
        budget.pass(Duration::from_mins(6));
        assert_eq!(budget.wait(), Duration::ZERO);
        budget.pay();
        budget.pay();
        assert_eq!(budget.wait(), Duration::from_mins(50), "the hour's four");
        budget.pass(Duration::from_mins(50));
        assert_eq!((budget.wait(), budget.spent()), (Duration::ZERO, 2));
    }

    #[test]
    fn what_was_right_costs_nothing_and_a_refusal_counts_from_its_answer() {
        let mut budget = Budget::default();
        budget.pay();
        budget.pay_back();
        assert_eq!(budget, Budget::default());
        budget.pay();
        budget.pay();
        budget.pass(Duration::from_mins(1));
        budget.refused();
        assert_eq!(budget.wait(), Duration::from_mins(9), "the older one");
        budget.pass(Duration::from_mins(9));
        budget.pay();
        assert_eq!(budget.wait(), Duration::from_mins(1));
    }

    #[test]
    fn a_restart_makes_nothing_younger_than_now() {
        let mut budget = Budget::restored(2);
        assert_eq!(budget.wait(), SHORT);
        budget.pass(LONG * 24 * 14);
        assert_eq!(budget, Budget::default());
        assert_eq!(Budget::restored(200).spent(), 4);
    }
}
