//! What may be shown of somebody who chose their own name (account-security T10): no control, bidirectional or
//! invisible characters, no piles of combining marks, at most 64 characters, and never a name without the address.

use crate::phone::view::Peer;

/// How many characters of a name or address are shown.
const LONGEST: usize = 64;

/// How many combining marks one character may carry.
const MOST_MARKS: usize = 2;

/// The other end as it may be shown. `home` is our own domain, which an address need not repeat.
#[must_use]
pub fn peer(name: Option<&str>, user: Option<&str>, host: &str, home: &str) -> Peer {
    let address = match user {
        Some(user) if host.eq_ignore_ascii_case(home) => printable(user),
        Some(user) => printable(&format!("{user}@{host}")),
        None => printable(host),
    };
    let address = if address.is_empty() { "unknown".to_owned() } else { address };
    let name = name.map(printable).filter(|name| !name.is_empty() && *name != address);
    Peer { name, address }
}

/// `text` without anything that could make it look like something else on the screen.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut shown = String::new();
    let (mut count, mut marks) = (0, 0);
    for c in text.trim().chars() {
        let c = if c.is_whitespace() { ' ' } else { c };
        if is_hidden(c) || (c == ' ' && (shown.is_empty() || shown.ends_with(' '))) {
            continue;
        }
        marks = if is_mark(c) { marks + 1 } else { 0 };
        if marks > MOST_MARKS {
            continue;
        }
        if count == LONGEST {
            shown.pop();
            shown.push('…');
            break;
        }
        shown.push(c);
        count += 1;
    }
    shown.trim_end().to_owned()
}

/// Characters that show nothing themselves but change how others are shown, or that no name needs.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffc}' | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{10ffff}')
}

/// Marks that are drawn over the character before them.
fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

#[cfg(test)]
mod tests {
    use super::{peer, printable};

    #[test]
    fn a_name_is_stripped_of_controls_and_of_what_turns_text_around() {
        assert_eq!(printable("Anna\u{202e}\u{2066}\r\n\u{7}\u{200b}Berg\u{feff}"), "Anna Berg");
        assert_eq!(printable("a\u{e0041}\u{ad}b\u{fe0f}"), "ab");
    }

    #[test]
    fn a_name_of_four_kilobytes_shows_64_characters() {
        let shown = printable(&"é".repeat(4096));
        assert_eq!(shown.chars().count(), 64);
        assert!(shown.ends_with('…'));
    }

    #[test]
    fn piles_of_combining_marks_are_cut() {
        assert_eq!(printable(&format!("a{}", "\u{301}".repeat(50))), "a\u{301}\u{301}");
    }

    #[test]
    fn the_address_is_always_there_and_the_home_domain_is_not_repeated() {
        let shown = peer(Some("\u{2713} Your bank"), Some("mallory"), "evil.example", "voip.example");
        assert_eq!(
            (shown.name.as_deref(), shown.address.as_str()),
            (Some("\u{2713} Your bank"), "mallory@evil.example")
        );
        assert_eq!(peer(None, Some("30"), "VOIP.example", "voip.example").address, "30");
        assert_eq!(peer(Some("\u{202e}"), None, "", "voip.example").address, "unknown");
        assert_eq!(peer(Some("30"), Some("30"), "voip.example", "voip.example").name, None);
    }
}
