//! Values in words: durations, initials, numbers as people write them.

/// `04:12`, or `1:04:12` from an hour on: the running timer.
pub(super) fn timer(secs: u64) -> String {
    let (h, m, s) = (secs / 3600, secs / 60 % 60, secs % 60);
    if h > 0 { format!("{h}:{m:02}:{s:02}") } else { format!("{m:02}:{s:02}") }
}

/// `4 min 12 s`, `1 h 4 min`, `9 s`: a duration that is over.
pub(super) fn duration(secs: u32) -> String {
    let (h, m, s) = (secs / 3600, secs / 60 % 60, secs % 60);
    match (h, m, s) {
        (0, 0, s) => format!("{s} s"),
        (0, m, 0) => format!("{m} min"),
        (0, m, s) => format!("{m} min {s} s"),
        (h, 0, _) => format!("{h} h"),
        (h, m, _) => format!("{h} h {m} min"),
    }
}

/// The first letters of the first and the last word, or `None` for a number: `Anna Berg` → `AB`.
pub(super) fn initials(name: &str) -> Option<String> {
    let mut words = name.split(|c: char| !c.is_alphanumeric()).filter(|w| w.chars().any(char::is_alphabetic));
    let first = words.next()?;
    let mut two = first.chars().take(1).chain(words.next_back().and_then(|w| w.chars().next())).collect::<String>();
    if two.chars().count() == 1 {
        two = first.chars().take(2).collect();
    }
    Some(two.to_uppercase())
}

/// Groups the digits of a number for the eye; anything else stays as it is. Of a country's plan this knows the length of
/// its code, and the shared one of `+1`: the last eight digits are two fours, what is left stands in front.
pub(super) fn number(typed: &str) -> String {
    let digits = typed.strip_prefix('+').unwrap_or(typed);
    let international = typed.starts_with('+');
    if digits.len() < 7 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return typed.to_owned();
    }
    if international && digits.len() == 11 && digits.starts_with('1') {
        return format!("+1 {} {} {}", &digits[1..4], &digits[4..7], &digits[7..]);
    }
    let (code, digits) = digits.split_at(if international { code_length(digits) } else { 0 });
    let grouped = if digits.len() < 8 { 4 } else { 8 };
    let (front, rest) = digits.split_at(digits.len() - grouped);
    let mut groups = Vec::new();
    groups.extend([code, front].into_iter().filter(|group| !group.is_empty()));
    groups.push(&rest[..4]);
    if grouped == 8 {
        groups.push(&rest[4..]);
    }
    format!("{}{}", if international { "+" } else { "" }, groups.join(" "))
}

/// How long the country code at the beginning is (ITU-T E.164, list of assigned codes of 2016): one digit in zones 1
/// and 7, two for those below, else three.
fn code_length(digits: &str) -> usize {
    const TWO: [&str; 43] = [
        "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49",
        "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84",
        "86", "90", "91", "92", "93", "94", "95",
    ];
    match digits.get(..2) {
        Some(two) if two.starts_with(['1', '7']) => 1,
        Some(two) if TWO.contains(&two) || two == "98" => 2,
        Some(_) | None => 3,
    }
}

/// The part of an address that is worth a line: without `sip:`, and without the domain when it is a number.
pub(super) fn address(address: &str) -> String {
    let bare = address.strip_prefix("sips:").or_else(|| address.strip_prefix("sip:")).unwrap_or(address);
    let user = bare.split('@').next().unwrap_or(bare);
    let is_number = !user.is_empty() && user.chars().all(|c| c.is_ascii_digit() || c == '+');
    if is_number { number(user) } else { bare.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_like_speech() {
        assert_eq!(timer(252), "04:12");
        assert_eq!(timer(3_852), "1:04:12");
        assert_eq!(duration(252), "4 min 12 s");
        assert_eq!(duration(723), "12 min 3 s");
        assert_eq!(duration(9), "9 s");
        assert_eq!(duration(120), "2 min");
        assert_eq!(duration(3_600), "1 h");
    }

    #[test]
    fn initials_come_from_the_first_and_the_last_word() {
        assert_eq!(initials("Anna Berg").as_deref(), Some("AB"));
        assert_eq!(initials("Anna Maria van Berg").as_deref(), Some("AB"));
        assert_eq!(initials("Echo").as_deref(), Some("EC"));
        assert_eq!(initials("übermut").as_deref(), Some("ÜB"));
        assert_eq!(initials("020 7946 0182"), None);
        assert_eq!(initials(""), None);
    }

    #[test]
    fn numbers_are_grouped_and_names_are_not() {
        assert_eq!(number("+442079460182"), "+44 20 7946 0182");
        assert_eq!(number("02079460182"), "020 7946 0182");
        assert_eq!(number("+37167001234"), "+371 6700 1234");
        assert_eq!(number("+74951234567"), "+7 49 5123 4567");
        assert_eq!(number("+6823456"), "+682 3456");
        assert_eq!(number("112"), "112");
        assert_eq!(number("*21#"), "*21#");
        assert_eq!(address("sip:anna@voxline.example"), "anna@voxline.example");
        assert_eq!(address("sip:+442079460182@voxline.example"), "+44 20 7946 0182");
    }
}
