//! Links that the system hands over: `tel:` (RFC 3966), `sip:` and `sips:` (RFC 3261 §19.1), `callto:`. A link fills the
//! field and never dials. What could make the call something else than it looks like is left out: headers, parameters,
//! passwords, digits to be sent after the answer, and everything from a `*` or `#` on, which could be a code that
//! forwards calls.

use crate::phone::address::Place;
use crate::phone::command::Dialled;
use crate::sip::uri::unescape;

/// Longer than any link that somebody meant.
pub const LONGEST: usize = 2048;

/// The schemes, as far as the desktop file names them.
pub const SCHEMES: [&str; 4] = ["tel:", "sip:", "sips:", "callto:"];

/// A link that can be put into the field.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Link {
    /// The number or address.
    pub text: String,
    /// Something of the link was left out.
    pub cut: bool,
}

/// Why a link cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum LinkError {
    /// Not one of the schemes, or too long, or with characters that no link has.
    #[error("That is not a link to a number or an address.")]
    NotALink,
    /// Nothing is left of it that could be called.
    #[error("This link names nobody who could be called. Links may not dial service codes.")]
    Nobody,
}

/// Whether an argument of the command line is meant as a link.
#[must_use]
pub fn looks_like_link(argument: &str) -> bool {
    scheme(argument).is_some()
}

fn scheme(text: &str) -> Option<&'static str> {
    SCHEMES.into_iter().find(|scheme| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
}

impl Link {
    /// Takes a link apart.
    ///
    /// # Errors
    /// If it is none, or if nobody is named by it.
    pub fn parse(text: &str) -> Result<Link, LinkError> {
        let text = text.trim_matches(' ');
        let sane = text.len() <= LONGEST && text.chars().all(|c| c.is_ascii_graphic() && !"<>\"\\^`{|}".contains(c));
        let scheme = scheme(text).filter(|_| sane).ok_or(LinkError::NotALink)?;
        let rest = text.get(scheme.len()..).unwrap_or_default();
        let link = match scheme {
            "tel:" => telephone(rest)?,
            "callto:" => callto(rest.strip_prefix("//").unwrap_or(rest))?,
            _ => address(scheme, rest)?,
        };
        // What the field holds must be what would be dialled.
        Dialled::parse(&link.text).map_err(|_| LinkError::Nobody)?;
        Ok(link)
    }
}

/// RFC 3966 §3: digits with visual separators, parameters.
fn telephone(rest: &str) -> Result<Link, LinkError> {
    let (number, parameters) = rest.split_once(';').unwrap_or((rest, ""));
    let number = unescape(number);
    let (digits, mut cut) = digits(&number)?;
    cut |= !parameters.is_empty();
    // A local number in a context that is a number itself is the end of that (RFC 3966 §5.1.5).
    let context = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.eq_ignore_ascii_case("phone-context").then_some(value)
    });
    let context = context.map(unescape).filter(|context| context.starts_with('+') && !digits.starts_with('+'));
    match context {
        Some(context) => {
            let (context, _) = self::digits(&context)?;
            Ok(Link { text: format!("{context}{digits}"), cut })
        }
        None => Ok(Link { text: digits, cut }),
    }
}

/// The digits at the beginning, and whether something follows them that is left out.
fn digits(number: &str) -> Result<(String, bool), LinkError> {
    let mut digits = String::new();
    for c in number.chars() {
        match c {
            '+' if digits.is_empty() => digits.push(c),
            '0'..='9' => digits.push(c),
            '-' | '.' | '(' | ')' | ' ' => {}
            '*' | '#' | ',' => return enough(digits, true),
            _ => return Err(LinkError::Nobody),
        }
    }
    enough(digits, false)
}

fn enough(digits: String, cut: bool) -> Result<(String, bool), LinkError> {
    let some = digits.chars().any(|c| c.is_ascii_digit()) && digits.len() <= 32;
    some.then_some((digits, cut)).ok_or(LinkError::Nobody)
}

/// A number, a name, or an address: whatever old web pages wrote.
fn callto(rest: &str) -> Result<Link, LinkError> {
    if rest.contains('@') {
        return address("sip:", rest);
    }
    let end = rest.find(['?', '/', '&']).unwrap_or(rest.len());
    let (start, tail) = rest.split_at(end);
    let link = telephone(start)?;
    Ok(Link { cut: link.cut || !tail.is_empty(), ..link })
}

/// RFC 3261 §19.1.1: `user[:password]@host[:port][;parameters][?headers]`.
fn address(scheme: &str, rest: &str) -> Result<Link, LinkError> {
    // Nothing before the host may hold an `@`, and nothing behind it needs one: two of them are a trap.
    let end = rest.find('?').unwrap_or(rest.len());
    let (before, headers) = rest.split_at(end);
    let mut halves = before.split('@');
    let (Some(user), Some(place), None) = (halves.next(), halves.next(), halves.next()) else {
        return Err(LinkError::Nobody);
    };
    let (place, parameters) = place.split_once(';').unwrap_or((place, ""));
    let name = user.split([';', ':']).next().unwrap_or_default();
    let shown = unescape(name);
    let kept = shown.split(['*', '#', ',']).next().unwrap_or_default();
    let harmless = |c: char| c.is_ascii_alphanumeric() || "-_.!~'()&=+$".contains(c);
    let place = Place::parse(place).ok_or(LinkError::Nobody)?;
    if kept.is_empty() || kept.len() > 128 || !kept.chars().all(harmless) {
        return Err(LinkError::Nobody);
    }
    let port = place.port.map(|port| format!(":{port}")).unwrap_or_default();
    let prefix = if scheme == "sips:" { "sips:" } else { "" };
    let cut = !headers.is_empty() || !parameters.is_empty() || name.len() < user.len() || kept.len() < shown.len();
    Ok(Link { text: format!("{prefix}{kept}@{}{port}", place.host), cut })
}
