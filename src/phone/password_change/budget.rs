//! How often a wrong password may be tried (account-security 3.3, invariant I6): two refusals in ten minutes and four
//! in an hour for each account, below what common servers ban for. An attempt is paid before it is made and paid back
//! if the password was right. What the line itself was refused counts as well.

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
    refused: Vec<Duration>,
    /// An attempt was paid for and is not answered: it may be refused at any time, and counts as if it were now.
    trying: bool,
}

impl Budget {
    /// After a restart: it is not known how long it was, so that all count as if they had just been made.
    #[must_use]
    pub fn restored(spent: u8) -> Budget {
        Budget { refused: vec![Duration::ZERO; usize::from(spent).min(SEVERAL)], trying: false }
    }

    /// How many are not forgotten: what the journal keeps.
    #[must_use]
    pub fn spent(&self) -> u8 {
        u8::try_from(self.refused.len()).unwrap_or(u8::MAX).saturating_add(u8::from(self.trying))
    }

    /// How long to wait before an attempt that may be refused; zero: not at all.
    #[must_use]
    pub fn wait(&self) -> Duration {
        let until = |allowed: usize, window: Duration| {
            let others = allowed.saturating_sub(usize::from(self.trying));
            let nth_newest = self.refused.len().checked_sub(others).and_then(|at| self.refused.get(at));
            nth_newest.map_or(Duration::ZERO, |age| window.saturating_sub(*age))
        };
        until(FEW, SHORT).max(until(SEVERAL, LONG))
    }

    /// An attempt is made.
    pub fn pay(&mut self) {
        self.trying = true;
    }

    /// The attempt was no refusal.
    pub fn pay_back(&mut self) {
        self.trying = false;
    }

    /// The attempt was refused just now: its time counts from here.
    pub fn refused(&mut self) {
        self.trying = false;
        self.line_refused();
    }

    /// The line itself was refused, whatever is being tried beside it.
    pub fn line_refused(&mut self) {
        self.refused.push(Duration::ZERO);
    }

    /// Time passes.
    pub fn pass(&mut self, by: Duration) {
        for age in &mut self.refused {
            *age = age.saturating_add(by);
        }
        self.refused.retain(|age| *age < LONG);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(budget: &mut Budget) {
        budget.pay();
        budget.refused();
    }

    #[test]
    fn two_in_ten_minutes_and_four_in_an_hour() {
        let mut budget = Budget::default();
        for _ in 0..2 {
            assert_eq!(budget.wait(), Duration::ZERO);
            refused(&mut budget);
        }
        assert_eq!(budget.wait(), SHORT);
        budget.pass(Duration::from_mins(4));
        assert_eq!(budget.wait(), Duration::from_mins(6));
        budget.pass(Duration::from_mins(6));
        assert_eq!(budget.wait(), Duration::ZERO);
        refused(&mut budget);
        refused(&mut budget);
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
        refused(&mut budget);
        budget.pay();
        budget.pass(Duration::from_mins(1));
        budget.refused();
        assert_eq!(budget.wait(), Duration::from_mins(9), "the older one");
        budget.pass(Duration::from_mins(9));
        refused(&mut budget);
        assert_eq!(budget.wait(), Duration::from_mins(1));
    }

    #[test]
    fn what_the_line_was_refused_counts_beside_an_attempt_and_is_not_paid_back_with_it() {
        let mut budget = Budget::default();
        budget.pay();
        budget.pass(Duration::from_secs(8));
        budget.line_refused();
        assert_eq!((budget.spent(), budget.wait()), (2, SHORT), "the attempt may still be refused");
        budget.pay_back();
        assert_eq!((budget.spent(), budget.wait()), (1, Duration::ZERO));
        budget.line_refused();
        assert_eq!(budget.wait(), SHORT);
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
