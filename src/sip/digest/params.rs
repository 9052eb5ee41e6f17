//! The parameters of challenges and credentials: `name=token, name="quoted \" string"`, with limits.

/// No honest challenge is longer.
const MAX_BYTES: usize = 4096;
/// No honest challenge has more.
const MAX_PARAMS: usize = 32;

/// The parameters after the scheme, in order, names in lower case, values unquoted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    /// Reads `Digest a=b, c="d"`. `None` if the scheme is another one, or if it is malformed, too long, or names a
    /// parameter twice (which of the two would the other end believe?).
    pub(super) fn parse(value: &[u8]) -> Option<Params> {
        if value.len() > MAX_BYTES {
            return None;
        }
        let value = String::from_utf8_lossy(value);
        let value = value.trim();
        let (scheme, mut rest) = value.split_once(|c: char| c.is_ascii_whitespace())?;
        if !scheme.eq_ignore_ascii_case("Digest") {
            return None;
        }
        let mut params = Params::default();
        loop {
            rest = rest.trim_start_matches(|c: char| c == ',' || c.is_ascii_whitespace());
            if rest.is_empty() {
                return (!params.0.is_empty()).then_some(params);
            }
            let (name, after) = rest.split_once('=')?;
            let (value, after) = value_of(after.trim_start())?;
            let name = name.trim().to_ascii_lowercase();
            if name.is_empty() || params.get(&name).is_some() || params.0.len() == MAX_PARAMS {
                return None;
            }
            params.0.push((name, value));
            rest = after.trim_start();
            if !rest.is_empty() && !rest.starts_with(',') {
                return None;
            }
        }
    }

    /// The value of a parameter; `name` in lower case.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Splits a token or a quoted string from what follows it.
fn value_of(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(',').unwrap_or(text.len());
        let (token, rest) = text.split_at_checked(end)?;
        return Some((token.trim().to_owned(), rest));
    };
    let mut value = String::new();
    let mut chars = quoted.chars();
    loop {
        match chars.next()? {
            '"' => return Some((value, chars.as_str())),
            '\\' => value.push(chars.next()?),
            other => value.push(other),
        }
    }
}

/// Writes a parameter list.
#[derive(Debug)]
pub(super) struct Writer(String);

impl Writer {
    /// An empty list of the Digest scheme.
    pub(super) fn new() -> Writer {
        Writer("Digest".to_owned())
    }

    /// Adds `name="value"` with escapes where they are needed.
    pub(super) fn quoted(&mut self, name: &str, value: &str) {
        self.begin(name);
        self.0.push('"');
        for c in value.chars() {
            if c == '"' || c == '\\' {
                self.0.push('\\');
            }
            // A line break inside a header would be another header: it never leaves here.
            if c != '\r' && c != '\n' {
                self.0.push(c);
            }
        }
        self.0.push('"');
    }

    /// Adds `name=value`; `value` is a token of ours.
    pub(super) fn token(&mut self, name: &str, value: &str) {
        self.begin(name);
        self.0.push_str(value);
    }

    /// The header's value.
    pub(super) fn finish(self) -> String {
        self.0
    }

    fn begin(&mut self, name: &str) {
        self.0.push_str(if self.0.len() == "Digest".len() { " " } else { ", " });
        self.0.push_str(name);
        self.0.push('=');
    }
}
