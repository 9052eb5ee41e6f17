//! The words for how a call ended and how it sounds: SIP statuses and figures on one side, the view's on the other.

use crate::phone::problem::{Problem, ProblemKind};
use crate::phone::view::{EndReason, Quality};
use crate::port::media::Stats;

/// Why an INVITE that got this final response did not become a call. `dialled` is shown with "No such number",
/// `provider` where it is the provider's trouble.
#[must_use]
pub(super) fn refused(status: u16, dialled: &str, provider: &str) -> EndReason {
    let (kind, about) = match status {
        401 | 407 => (ProblemKind::WrongPassword, provider),
        403 => (ProblemKind::NotAllowed, dialled),
        404 | 410 | 484 | 485 | 604 => (ProblemKind::NoSuchNumber, dialled),
        408 | 430 | 480 => (ProblemKind::NotReachable, dialled),
        486 | 600 => (ProblemKind::Busy, dialled),
        603 | 607 | 608 => (ProblemKind::Declined, dialled),
        415 | 488 | 606 => (ProblemKind::NoCommonFormat, dialled),
        _ => (ProblemKind::ServerTrouble, provider),
    };
    EndReason::Failed(Problem::new(kind, about).with_status(status))
}

/// The quality word (ITU-T G.107); none before there is something to judge.
#[must_use]
pub(super) fn quality(stats: &Stats) -> Option<Quality> {
    if stats.received == 0 || !stats.r_factor.is_finite() {
        return None;
    }
    Some(if stats.r_factor > 80.0 {
        Quality::Good
    } else if stats.r_factor > 70.0 {
        Quality::Fair
    } else {
        Quality::Poor
    })
}

#[cfg(test)]
mod tests {
    use super::{quality, refused};
    use crate::phone::problem::ProblemKind;
    use crate::phone::view::{EndReason, Quality};
    use crate::port::media::Stats;

    #[test]
    fn every_status_has_words_and_keeps_its_number() {
        let words = [(486, ProblemKind::Busy), (603, ProblemKind::Declined), (404, ProblemKind::NoSuchNumber)];
        for (status, kind) in
            words.into_iter().chain([(488, ProblemKind::NoCommonFormat), (503, ProblemKind::ServerTrouble)])
        {
            let EndReason::Failed(problem) = refused(status, "30", "voip.example") else { panic!("not a failure") };
            assert_eq!((problem.kind, problem.status), (kind, Some(status)));
        }
    }

    #[test]
    fn the_quality_word_follows_the_r_factor() {
        let with = |r_factor| quality(&Stats { received: 50, r_factor, ..Stats::default() });
        assert_eq!(with(93.0), Some(Quality::Good));
        assert_eq!(with(75.0), Some(Quality::Fair));
        assert_eq!(with(50.0), Some(Quality::Poor));
        assert_eq!(with(0.0), Some(Quality::Poor), "the worst call has a word too");
        assert_eq!(quality(&Stats::default()), None);
    }
}
