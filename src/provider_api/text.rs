//! Text of others made harmless before anybody sees it: no control characters, nothing that turns the direction of
//! writing, no more lines than fit. What remains is shown as it stands: no links, no numbers to click.

use super::origin::names_a_host;

/// One line: controls, line ends and invisible characters are gone, runs of blanks are one, at most `max` characters.
#[must_use]
pub fn plain(text: &str, max: usize) -> String {
    let mut line = String::new();
    for c in text.chars().filter(|c| c.is_whitespace() || !is_hidden(*c)) {
        if c.is_whitespace() {
            if !line.is_empty() && !line.ends_with(' ') {
                line.push(' ');
            }
        } else {
            line.push(c);
        }
    }
    cut(line.trim_end(), max)
}

/// Several lines: as [`plain`], but line ends stay, at most two empty lines in a row, at most `max` characters.
#[must_use]
pub fn paragraphs(text: &str, max: usize) -> String {
    let mut out = String::new();
    let mut empty = 0;
    // U+2028 and U+2029 are line ends too; a lone carriage return would otherwise let one line overwrite another.
    let unified = text.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}', '\u{85}', '\u{b}', '\u{c}'], "\n");
    for line in unified.split('\n') {
        let line = plain(line, max);
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty <= 2 {
            out.push_str(&line);
            out.push('\n');
        }
    }
    cut(out.trim(), max)
}

/// The first web or mail address, or host, that a text spells out.
#[must_use]
pub fn spelled_address(text: &str) -> Option<&str> {
    let ends = |c: char| c.is_whitespace() || "<>()[]{}\"'“”„‘’«»,;|".contains(c);
    let words = text.split(ends).map(|word| word.trim_matches(['.', ':', '!', '?', '*', '/']));
    let (mut words, host) = (words, |word: &str| word.split(['/', ':', '?']).next().is_some_and(names_a_host));
    words.find(|word| {
        let mail = word.rsplit_once('@').is_some_and(|(_, place)| host(place));
        mail || word.contains("://") || word.to_ascii_lowercase().starts_with("www.") || host(word)
    })
}

fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(max.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// C0, C1, and what is seen only by what it does to others: marks and overrides of direction, joiners, tags, variation
/// selectors, fillers, interlinear notes.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
            // Private use looks like whatever a font makes of it: our own icons, for instance.
            | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hidden_is_left_in_a_line() {
        assert_eq!(plain("Voip\u{202e}elpmaxe\u{202c} \u{200b}now\u{0}\u{1b}[31m", 100), "Voipelpmaxe now[31m");
        assert_eq!(plain(" a \t\n b\u{2028}c ", 100), "a b c");
        assert_eq!(plain("\u{e0041}\u{fe0f}\u{feff}\u{85}x", 100), "x");
        // The icon font's padlock lives in the private use area.
        assert_eq!(plain("\u{e308} Signed by us", 100), "Signed by us");
    }

    #[test]
    fn an_address_that_a_text_spells_is_found_and_ordinary_words_are_none() {
        for (text, address) in [
            ("Go to https://evil.test/now.", "https://evil.test/now"),
            ("Look at example.com/login, please", "example.com/login"),
            ("Write to help@example.co.uk!", "help@example.co.uk"),
            ("(WWW.voip.example)", "WWW.voip.example"),
            ("our server 192.0.2.7:8080", "192.0.2.7:8080"),
            ("sip:anna@example.org", "sip:anna@example.org"),
        ] {
            assert_eq!(spelled_address(text), Some(address), "{text}");
        }
        for text in [
            "We closed the hole.",
            "E.g. calls abroad, i.e. dear ones: 3.12.2026, 09.30 h, version 1.2.",
            "Call +44 20 7946 0999 (0800.111.222) … or 9:00-17:00/day",
            "Änderung Ihres Kennworts. Ab sofort.",
            "a@b",
            "",
        ] {
            assert_eq!(spelled_address(text), None, "{text}");
        }
    }

    #[test]
    fn a_line_is_cut_in_characters_and_says_so() {
        assert_eq!(plain(&"ä".repeat(10), 5), "ääää…");
        assert_eq!(plain("12345", 5), "12345");
        assert_eq!(plain("x", 0), "…");
    }

    #[test]
    fn paragraphs_keep_their_lines_and_at_most_two_empty_ones() {
        assert_eq!(paragraphs("one\r\n\r\n\r\n\r\n\r\ntwo\rthree\u{2029}four\n\n", 100), "one\n\n\ntwo\nthree\nfour");
        assert_eq!(paragraphs(&"\n".repeat(5000), 100), "");
        assert!(paragraphs(&"line\n".repeat(5000), 2000).chars().count() <= 2000);
    }

    #[test]
    fn text_of_many_scripts_is_left_alone() {
        for text in ["Zażółć gęślą jaźń", "שלום עולם", "مرحبا", "日本語です", "₤5 – “ok”", "naïve"]
        {
            assert_eq!(plain(text, 100), text);
        }
    }
}
