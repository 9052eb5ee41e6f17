//! From what people type and paste to the digits that are dialled: digits of other scripts (UAX 44, general category
//! Nd, as NFKC maps the full-width ones), punctuation, invisible marks that come with a copied number.

/// The zero of each script's ten digits: Unicode 14, `UnicodeData.txt` (Unicode licence). Digits follow their zero.
const ZEROS: [u32; 65] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0, 0xf20,
    0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0,
    0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0,
    0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0,
    0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

/// The ASCII character that a character of a number stands for: a digit of any script, a full-width `+`, `*`, `#`.
#[must_use]
pub fn ascii(c: char) -> char {
    if c.is_ascii() {
        return c;
    }
    match c {
        '\u{ff0b}' => return '+',
        '\u{ff0a}' => return '*',
        '\u{ff03}' => return '#',
        _ => {}
    }
    let code = u32::from(c);
    let digit = ZEROS.iter().find_map(|zero| code.checked_sub(*zero).filter(|digit| *digit < 10));
    digit.and_then(|digit| char::from_digit(digit, 10)).unwrap_or(c)
}

/// What may stand between digits and means nothing: spaces, hyphens, brackets, and the marks that turn text around.
#[must_use]
pub fn is_filler(c: char) -> bool {
    c == '\t'
        || " -./()\u{a0}\u{2212}\u{2044}".contains(c)
        || matches!(c,
            '\u{2000}'..='\u{200f}' | '\u{202a}'..='\u{202f}' | '\u{2010}'..='\u{2015}' | '\u{205f}'..='\u{2069}'
            | '\u{ff08}' | '\u{ff09}' | '\u{ff0d}' | '\u{ff0e}' | '\u{ff0f}' | '\u{3000}' | '\u{feff}' | '\u{30fc}')
}

/// The digits, `+`, `*` and `#` of what was typed, if it holds nothing else but what may stand between them.
/// `+44 (0)20 …` loses its `(0)`, which is dialled from inside the country only.
#[must_use]
pub fn number(typed: &str) -> Option<String> {
    let mut digits = String::new();
    let mut between = String::new();
    for c in typed.trim().chars().map(ascii) {
        if c.is_ascii_digit() || "+*#".contains(c) {
            digits.push(c);
            between.push(c);
        } else if is_filler(c) {
            if let Some(bracket) = match c {
                '(' | '\u{ff08}' => Some('('),
                ')' | '\u{ff09}' => Some(')'),
                _ => None,
            } {
                between.push(bracket);
            }
        } else {
            return None;
        }
    }
    if digits.is_empty() {
        return None;
    }
    if (between.starts_with('+') || between.starts_with("00")) && between.contains("(0)") {
        digits = between.replacen("(0)", "", 1).chars().filter(|c| !"()".contains(*c)).collect();
    }
    Some(digits)
}

#[cfg(test)]
mod tests {
    use super::{ascii, number};

    #[test]
    fn digits_of_every_script_become_those_that_are_dialled() {
        for (typed, dialled) in [
            ("٠٢٠ ٧٩٤٦ ٠٩٥٨", "02079460958"),
            ("＋４４ ２０", "+4420"),
            ("۹۹۹", "999"),
            ("९९९", "999"),
            ("＊７２＃", "*72#"),
            ("\u{202a}+44 20 7946 0958\u{202c}", "+442079460958"),
            ("020\u{2013}7946\u{a0}0958", "02079460958"),
            ("+44 (0) 20 7946 0958", "+442079460958"),
            ("0044 (0)20 7946 0958", "00442079460958"),
            ("(020) 7946 0958", "02079460958"),
            ("(0)20 7946 0958", "02079460958"),
        ] {
            assert_eq!(number(typed).as_deref(), Some(dialled), "{typed}");
        }
    }

    #[test]
    fn what_holds_anything_else_is_no_number() {
        for typed in ["", "anna", "0800 FLOWERS", "12²", "()", "1;2", "sip:1@a"] {
            assert_eq!(number(typed), None, "{typed}");
        }
    }

    #[test]
    fn only_digits_are_changed() {
        assert_eq!(ascii('²'), '²');
        assert_eq!(ascii('é'), 'é');
        assert_eq!(ascii('٩'), '9');
        assert_eq!(ascii('\u{1d7ff}'), '9');
    }
}
