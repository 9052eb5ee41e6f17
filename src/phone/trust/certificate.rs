//! Which refused certificates a person may trust all the same, and what they are shown.

use crate::base::WallTime;
use crate::phone::problem::{Problem, ProblemKind};
use crate::phone::view::CertificateQuestion;
use crate::port::net::{CertificateError, Fingerprint};

/// Whether the person may be asked to trust a certificate by its fingerprint. Never for a wrong date, which a clock
/// or a forgotten renewal explains; never where an authority has vouched for the server before, for then its
/// absence is the sign of an attack; never instead of one that was trusted before.
#[must_use]
pub fn may_be_trusted(error: &CertificateError, vouched_before: bool) -> bool {
    match error {
        CertificateError::WrongName | CertificateError::UnknownIssuer => !vouched_before,
        CertificateError::Expired
        | CertificateError::NotYetValid
        | CertificateError::Changed
        | CertificateError::Other(_) => false,
    }
}

/// What is shown of a refused certificate, once its fingerprint is known.
#[must_use]
pub fn question(
    error: &CertificateError,
    host: &str,
    shown: Fingerprint,
    trusted: Option<Fingerprint>,
    may_trust: bool,
) -> CertificateQuestion {
    CertificateQuestion {
        host: host.to_owned(),
        what: Problem::new(ProblemKind::of_certificate(error), host).title(),
        fingerprint: shown.to_string(),
        trusted: trusted.map(|trusted| trusted.to_string()),
        // Nothing that the certificate says of itself: whoever made it wrote that.
        names: Vec::new(),
        until: None,
        may_trust,
    }
}

/// A day as people write it, by Greenwich: `3 Jan 2015`. The algorithm is Howard Hinnant's `civil_from_days`
/// (public domain).
#[must_use]
pub fn day(time: WallTime) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let days = time.as_millis().div_euclid(86_400_000).saturating_add(719_468);
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_based = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_based + 2) / 5 + 1;
    let month = (march_based + 2) % 12;
    let year = year_of_era + era * 400 + i64::from(march_based >= 10);
    let name = usize::try_from(month).ok().and_then(|month| MONTHS.get(month)).copied().unwrap_or_default();
    format!("{day} {name} {year}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_as_people_write_them() {
        for (seconds, expected) in [
            (0_i64, "1 Jan 1970"),
            (1_420_243_200, "3 Jan 2015"),
            (951_782_400, "29 Feb 2000"),
            (4_107_542_399, "28 Feb 2100"),
            (4_107_542_400, "1 Mar 2100"),
            (-1, "31 Dec 1969"),
            (1_798_761_599, "31 Dec 2026"),
        ] {
            assert_eq!(day(WallTime(seconds * 1000)), expected);
        }
    }

    #[test]
    fn trust_is_offered_only_for_a_name_or_an_issuer_and_never_after_somebody_vouched() {
        let offered = [CertificateError::WrongName, CertificateError::UnknownIssuer];
        for error in &offered {
            assert!(may_be_trusted(error, false) && !may_be_trusted(error, true), "{error:?}");
        }
        for error in [
            CertificateError::Expired,
            CertificateError::NotYetValid,
            CertificateError::Changed,
            CertificateError::Other("revoked".into()),
        ] {
            assert!(!may_be_trusted(&error, false) && !may_be_trusted(&error, true), "{error:?}");
        }
    }
}
