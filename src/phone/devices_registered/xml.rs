//! As much of XML as reg-event needs: elements, attributes, text. No DTD and no entities but the five of XML itself, so
//! that nothing grows and nothing is fetched; prefixes of namespaces are dropped. Tolerant otherwise: what is not known
//! is passed over by whoever reads.

/// One piece of a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece<'a> {
    /// An element begins.
    Open {
        /// Its name without prefix.
        name: &'a str,
        /// Its attributes without prefixes, decoded.
        attributes: Vec<(&'a str, String)>,
        /// It has ended, too: `<x/>`.
        closed: bool,
    },
    /// An element ends.
    Close(&'a str),
    /// Text, decoded.
    Text(String),
}

/// Why something is no document that is read here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Bad(pub &'static str);

/// Reads a document piece by piece.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a str,
}

/// The most attributes of one element.
const MOST_ATTRIBUTES: usize = 32;

impl<'a> Reader<'a> {
    /// Begins.
    #[must_use]
    pub fn new(text: &'a str) -> Reader<'a> {
        Reader { rest: text.trim_start_matches('\u{feff}') }
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// If it is none, or one that is not taken: a DTD, an entity.
    pub fn piece(&mut self) -> Result<Option<Piece<'a>>, Bad> {
        loop {
            if self.rest.is_empty() {
                return Ok(None);
            }
            if let Some(behind) = self.rest.strip_prefix("<![CDATA[") {
                return Ok(Some(Piece::Text(self.until(behind, "]]>")?.to_owned())));
            }
            if let Some(behind) = self.rest.strip_prefix("<!--") {
                self.until(behind, "-->")?;
            } else if let Some(behind) = self.rest.strip_prefix("<?") {
                self.until(behind, "?>")?;
            } else if self.rest.starts_with("<!") {
                return Err(Bad("a document type"));
            } else if let Some(behind) = self.rest.strip_prefix("</") {
                return Ok(Some(Piece::Close(local(self.until(behind, ">")?.trim_end()))));
            } else if let Some(behind) = self.rest.strip_prefix('<') {
                self.rest = behind;
                return self.open().map(Some);
            } else {
                let end = self.rest.find('<').unwrap_or(self.rest.len());
                let (text, rest) = self.rest.split_at(end);
                self.rest = rest;
                return Ok(Some(Piece::Text(decode(text)?)));
            }
        }
    }

    /// What stands before `mark` in `behind`; goes on after it.
    fn until(&mut self, behind: &'a str, mark: &str) -> Result<&'a str, Bad> {
        let (before, rest) = behind.split_once(mark).ok_or(Bad("it breaks off"))?;
        self.rest = rest;
        Ok(before)
    }

    fn open(&mut self) -> Result<Piece<'a>, Bad> {
        let end = self.rest.find(|c: char| c.is_whitespace() || c == '/' || c == '>').ok_or(Bad("it breaks off"))?;
        let (name, rest) = self.rest.split_at(end);
        if name.is_empty() {
            return Err(Bad("an element without a name"));
        }
        self.rest = rest.trim_start();
        let mut attributes = Vec::new();
        loop {
            let closed = self.rest.starts_with("/>");
            if let Some(rest) = self.rest.strip_prefix("/>").or_else(|| self.rest.strip_prefix('>')) {
                self.rest = rest;
                return Ok(Piece::Open { name: local(name), attributes, closed });
            }
            if attributes.len() >= MOST_ATTRIBUTES {
                return Err(Bad("too many attributes"));
            }
            attributes.push(self.attribute()?);
        }
    }

    fn attribute(&mut self) -> Result<(&'a str, String), Bad> {
        let (name, rest) = self.rest.split_once('=').ok_or(Bad("an attribute without a value"))?;
        let name = name.trim_end();
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || "<>/\"'".contains(c)) {
            return Err(Bad("an attribute without a name"));
        }
        let rest = rest.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\'')).ok_or(Bad("a value without quotes"))?;
        let (value, rest) = rest.get(1..).and_then(|rest| rest.split_once(quote)).ok_or(Bad("it breaks off"))?;
        if value.contains('<') {
            return Err(Bad("an element within a value"));
        }
        self.rest = rest.trim_start();
        Ok((local(name), decode(value)?))
    }
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// Text with its references resolved: the five of XML, and characters by their number.
fn decode(text: &str) -> Result<String, Bad> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        out.push_str(before);
        let (name, after) = behind.split_once(';').ok_or(Bad("a reference that breaks off"))?;
        out.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            other => by_number(other).ok_or(Bad("an entity"))?,
        });
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

fn by_number(name: &str) -> Option<char> {
    let number = name.strip_prefix('#')?;
    let number = match number.strip_prefix('x') {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(number).filter(|c| *c != '\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Result<Vec<Piece<'_>>, Bad> {
        let mut reader = Reader::new(text);
        let mut pieces = Vec::new();
        while let Some(piece) = reader.piece()? {
            pieces.push(piece);
        }
        Ok(pieces)
    }

    #[test]
    fn elements_attributes_and_text_come_out_decoded() {
        let text =
            "<?xml version='1.0'?><!-- x --><r:a b = \"1 &amp; &#x32;\" r:c='d'><e/>&lt;urn&gt;<![CDATA[<&]]></r:a >";
        let a = Piece::Open { name: "a", attributes: vec![("b", "1 & 2".into()), ("c", "d".into())], closed: false };
        let e = Piece::Open { name: "e", attributes: Vec::new(), closed: true };
        let pieces = [a, e, Piece::Text("<urn>".into()), Piece::Text("<&".into()), Piece::Close("a")];
        assert_eq!(all(text), Ok(pieces.to_vec()));
    }

    #[test]
    fn document_types_and_entities_are_not_taken() {
        for bad in [
            "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
            "<a>&x;</a>",
            "<a b=\"&#0;\"/>",
            "<a b=\"&#xd800;\"/>",
            "<a b=c/>",
            "<a b",
            "<a b=\"<\"/>",
            "<!-- for ever",
            "< a/>",
            "<a>&amp",
        ] {
            assert!(all(bad).is_err(), "{bad}: {:?}", all(bad));
        }
    }
}
