//! Regular telephone numbers, read by the crate `phonenumber` (libphonenumber's metadata). Only this file knows the crate.

use phonenumber::metadata::{DATABASE, Descriptor};
use phonenumber::{Type, country};

use super::table::Region;

/// The longest number that there is: 15 digits (ITU-T E.164 §6), and what may be dialled before them.
const LONGEST: usize = 24;

/// A number as its metadata knows it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Number {
    /// The calling code: 44, 870, …
    pub code: u16,
    /// Whose number it is; `None` where a calling code belongs to no country, or nobody knows.
    pub region: Option<Region>,
    /// What kind the metadata says it is.
    pub kind: Kind,
    /// `+`, calling code, number: the same for every way to dial it from this country.
    pub e164: String,
}

/// What kind of number it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// Fixed line, mobile, or a number that is used by telephony over the Internet.
    Ordinary(Ordinary),
    /// Free for the caller.
    Freephone,
    /// It costs more.
    Premium,
    /// Shared cost.
    Shared,
    /// Personal numbering, such as 070 in Britain.
    Personal,
    /// A company's number for the whole country.
    Company,
    /// None of the above, or no number that is assigned as far as the metadata knows.
    Unknown,
}

/// What is behind an ordinary number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Ordinary {
    /// A fixed line.
    Fixed,
    /// A mobile telephone.
    Mobile,
    /// One or the other: North America does not tell.
    Either,
    /// Telephony over the Internet.
    Voip,
}

/// Reads digits with or without `+` as they would be dialled from `home`. `None` if it is no telephone number at all.
#[must_use]
pub fn read(digits: &str, home: Option<Region>) -> Option<Number> {
    let plausible =
        digits.len() <= LONGEST && digits.strip_prefix('+').unwrap_or(digits).chars().all(|c| c.is_ascii_digit());
    if !plausible {
        return None;
    }
    let country = home.and_then(|region| region.as_str().parse::<country::Id>().ok());
    // Without a home, 00 can only mean what it means in most of the world (ITU-T E.164 §I.3).
    let international = digits.strip_prefix("00").filter(|_| country.is_none()).map(|rest| format!("+{rest}"));
    let number = phonenumber::parse(country, international.as_deref().unwrap_or(digits)).ok()?;
    let (code, national) = (number.code().value(), number.national().to_string());
    let metadata = number.metadata(&DATABASE);
    let region = metadata.and_then(|metadata| Region::parse(metadata.id()));
    let kind = kind(number.number_type(&DATABASE));
    // The crate forgets the zero that belongs to a number itself, as those of Italy's fixed lines do.
    let (region, kind) = match with_zero(code, &national).filter(|_| kind == Kind::Unknown) {
        Some((region, kind)) => (Some(region), kind),
        None => (region, kind),
    };
    (code != 0).then(|| Number { code, region, kind, e164: format!("+{code}{national}") })
}

/// Loads the tables, and those patterns that every number dialled from `home` is held against. It takes a tenth of a
/// second, once in a process; whoever asks meanwhile waits for the rest of it. Emergency numbers need none of this.
pub fn warm(home: Option<Region>) {
    let metadata = home.and_then(|region| DATABASE.by_id(region.as_str()));
    let example = metadata.and_then(|metadata| metadata.descriptors().fixed_line()?.example());
    let known = example.and_then(|number| read(number, home));
    tracing::debug!(?home, kind = ?known.map(|number| number.kind), "the tables of numbers are loaded");
}

/// What a number is that begins with a zero of its own: asked of the same metadata, the dear kinds first.
fn with_zero(code: u16, national: &str) -> Option<(Region, Kind)> {
    if !national.starts_with('0') {
        return None;
    }
    DATABASE.by_code(&code)?.into_iter().find_map(|metadata| {
        let all = metadata.descriptors();
        let kinds = [
            (all.premium_rate(), Kind::Premium),
            (all.shared_cost(), Kind::Shared),
            (all.personal_number(), Kind::Personal),
            (all.toll_free(), Kind::Freephone),
            (all.uan(), Kind::Company),
            (all.voip(), Kind::Ordinary(Ordinary::Voip)),
            (all.fixed_line(), Kind::Ordinary(Ordinary::Fixed)),
            (all.mobile(), Kind::Ordinary(Ordinary::Mobile)),
        ];
        let fits = |part: Option<&Descriptor>| part.is_some_and(|part| part.is_match(national));
        let found = kinds.into_iter().find(|(part, _)| fits(*part) && fits(Some(all.general())));
        Some((Region::parse(metadata.id())?, found?.1))
    })
}

/// The country that a calling code is mostly for.
#[must_use]
pub fn main_region(code: u16) -> Option<Region> {
    Region::parse(DATABASE.region(&code)?.first()?)
}

fn kind(kind: Type) -> Kind {
    match kind {
        Type::FixedLine => Kind::Ordinary(Ordinary::Fixed),
        Type::Mobile => Kind::Ordinary(Ordinary::Mobile),
        Type::FixedLineOrMobile => Kind::Ordinary(Ordinary::Either),
        Type::Voip => Kind::Ordinary(Ordinary::Voip),
        Type::TollFree => Kind::Freephone,
        Type::PremiumRate => Kind::Premium,
        Type::SharedCost => Kind::Shared,
        Type::PersonalNumber => Kind::Personal,
        Type::Uan => Kind::Company,
        Type::Pager
        | Type::Emergency
        | Type::Voicemail
        | Type::ShortCode
        | Type::StandardRate
        | Type::Carrier
        | Type::NoInternational
        | Type::Unknown => Kind::Unknown,
    }
}
