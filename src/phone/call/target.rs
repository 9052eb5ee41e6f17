//! From what was dialled to a Request-URI.

use super::Line;
use crate::phone::command::Dialled;
use crate::phone::problem::{Problem, ProblemKind};
use crate::sip::uri::escape_user;
use crate::sip::{SipUri, Uri};

/// The Request-URI for what was dialled on `line`: a number or a name is called at the line's own domain.
///
/// # Errors
/// In words, if it is no address that can be called, or if it is `sips:` and the line's transport is not encrypted.
pub fn target(dialled: &Dialled, line: &Line) -> Result<Uri, Problem> {
    let text = dialled.as_str();
    let lower = text.to_ascii_lowercase();
    let bad = || Problem::new(ProblemKind::BadAddress, text);
    let uri = if lower.starts_with("sip:") || lower.starts_with("sips:") {
        Uri::parse(text).map_err(|_| bad())?
    } else if let Some(number) = lower.strip_prefix("tel:") {
        let number: String = number.chars().take_while(|c| *c != ';').filter(|c| !"-.() ".contains(*c)).collect();
        at_home(&number, line)
    } else if text.contains('@') {
        Uri::parse(&format!("sip:{text}")).map_err(|_| bad())?
    } else {
        at_home(text, line)
    };
    // Headers in a dialled address could make the INVITE say anything (account-security T16).
    let Some(sip) = uri.sip().filter(|sip| sip.headers.is_none() && sip.password.is_none()) else { return Err(bad()) };
    if sip.secure && !line.is_encrypted() {
        return Err(Problem::new(ProblemKind::TlsFailed, sip.host.to_string()));
    }
    Ok(uri)
}

fn at_home(user: &str, line: &Line) -> Uri {
    let user = escape_user(user);
    Uri::Sip(SipUri { user: Some(user), ..line.address() })
}
