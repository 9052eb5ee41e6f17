//! Sets of characters: one bit for each that ASCII prints.

/// A set of characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Class {
    /// Bit n: the character n, 32 to 126.
    bits: u128,
    /// And everything beyond ASCII that prints.
    unicode: bool,
}

/// Bits `from` to `to`, both included.
const fn range(from: u8, to: u8) -> Class {
    let mut bits = 0;
    let mut at = from;
    while at <= to {
        bits |= 1 << at;
        at += 1;
    }
    Class { bits, unicode: false }
}

impl Class {
    /// No character.
    pub const NONE: Class = Class { bits: 0, unicode: false };
    /// `upper`
    pub const UPPER: Class = range(b'A', b'Z');
    /// `lower`
    pub const LOWER: Class = range(b'a', b'z');
    /// `digit`
    pub const DIGIT: Class = range(b'0', b'9');
    /// `ascii-printable`
    pub const PRINTABLE: Class = range(b' ', b'~');
    /// `special`: what ASCII prints besides letters and digits, the blank included.
    pub const SPECIAL: Class = Class {
        bits: Class::PRINTABLE.bits & !(Class::UPPER.bits | Class::LOWER.bits | Class::DIGIT.bits),
        unicode: false,
    };
    /// `unicode`
    pub const UNICODE: Class = Class { bits: Class::PRINTABLE.bits, unicode: true };

    /// The names of the rules, with their sets.
    pub(super) const NAMED: [(&'static str, Class); 6] = [
        ("upper", Class::UPPER),
        ("lower", Class::LOWER),
        ("digit", Class::DIGIT),
        ("special", Class::SPECIAL),
        ("ascii-printable", Class::PRINTABLE),
        ("unicode", Class::UNICODE),
    ];

    /// The characters of `text` that ASCII prints.
    #[must_use]
    pub fn of(text: &str) -> Class {
        text.bytes()
            .filter(|byte| (b' '..=b'~').contains(byte))
            .fold(Class::NONE, |all, byte| all.or(range(byte, byte)))
    }

    /// From `first` to `last`, if both are capital letters, or small ones, or digits, in this order.
    pub(super) fn span(first: char, last: char) -> Option<Class> {
        let kinds = [Class::UPPER, Class::LOWER, Class::DIGIT];
        let same = kinds.iter().any(|kind| kind.has(first) && kind.has(last));
        let (first, last) = (u8::try_from(first).ok()?, u8::try_from(last).ok()?);
        (same && first <= last).then(|| range(first, last))
    }

    /// Both.
    #[must_use]
    pub const fn or(self, other: Class) -> Class {
        Class { bits: self.bits | other.bits, unicode: self.unicode || other.unicode }
    }

    /// What is in both.
    #[must_use]
    pub const fn and(self, other: Class) -> Class {
        Class { bits: self.bits & other.bits, unicode: self.unicode && other.unicode }
    }

    /// What is in this and not in the other.
    #[must_use]
    pub const fn without(self, other: Class) -> Class {
        Class { bits: self.bits & !other.bits, unicode: self.unicode && !other.unicode }
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.bits == 0 && !self.unicode
    }

    /// Whether `c` is in it.
    #[must_use]
    pub fn has(self, c: char) -> bool {
        match u8::try_from(c) {
            Ok(byte) if byte < 128 => self.bits & (1 << byte) != 0,
            _ => self.unicode && !c.is_control(),
        }
    }

    /// Its characters of ASCII, in order.
    pub fn ascii(self) -> impl Iterator<Item = char> {
        (b' '..=b'~').map(char::from).filter(move |c| self.has(*c))
    }

    /// How many of ASCII it has.
    #[must_use]
    pub const fn ascii_count(self) -> u32 {
        self.bits.count_ones()
    }

    /// As rules write it: its name, or brackets.
    #[must_use]
    pub fn in_rules(self) -> String {
        if let Some((name, _)) = Class::NAMED.iter().find(|(_, class)| *class == self) {
            return (*name).to_owned();
        }
        let hyphen = if self.has('-') { "-" } else { "" };
        let bracket = if self.has(']') { "]" } else { "" };
        let others: String = self.ascii().filter(|c| *c != '-' && *c != ']').collect();
        let list = format!("[{hyphen}{others}{bracket}]");
        if self.unicode { format!("{list}, unicode") } else { list }
    }
}

/// In words, for people.
impl std::fmt::Display for Class {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words = [
            (Class::UPPER, "a capital letter"),
            (Class::LOWER, "a small letter"),
            (Class::DIGIT, "a digit"),
            (Class::SPECIAL, "a punctuation mark"),
            (Class::PRINTABLE, "letters, digits and punctuation marks without accents"),
            (Class::UNICODE, "any character"),
        ];
        match words.iter().find(|(class, _)| class == self) {
            Some((_, words)) => f.write_str(words),
            None => {
                let list: String = self.ascii().collect();
                write!(f, "one of {list}")
            }
        }
    }
}
