//! The licences of everything that is part of this program, as `packaging/release/licences` collects them: kept
//! compressed in the program (`assets/licences`), opened when somebody wants to read them.

use std::collections::BTreeMap;

/// The texts of all systems' programs: zlib (RFC 1950).
const TEXTS: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/licences/texts.z"));
/// More than they will ever be, in bytes.
const MOST: usize = 8 * 1024 * 1024;

/// All of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Book {
    /// What comes before the first part.
    pub preface: String,
    /// By name, ours first.
    pub parts: Vec<Part>,
    texts: Vec<String>,
}

/// One crate, font, table, …
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// Name, version, and licence in brackets.
    pub name: String,
    texts: Vec<usize>,
}

impl Book {
    /// Opens it. Takes a few milliseconds and a megabyte or two: not to be kept when nobody reads.
    ///
    /// # Errors
    /// In words, if what is in the program cannot be read, which a test rules out.
    pub fn open() -> Result<Book, String> {
        let bytes = miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(TEXTS, MOST);
        let bytes = bytes.map_err(|error| format!("The texts in this program are damaged: {error}."))?;
        let text =
            String::from_utf8(bytes).map_err(|error| format!("The texts in this program are damaged: {error}."))?;
        Ok(Book::read(&text))
    }

    /// A preface; then, again and again, a rule, names one a line, a rule, and the text for all of them.
    fn read(text: &str) -> Book {
        let rule = format!("\n{}\n", "=".repeat(100));
        let mut pieces = text.split(rule.as_str());
        let preface = pieces.next().unwrap_or_default().trim().to_owned();
        let (mut texts, mut parts) = (Vec::new(), BTreeMap::<(bool, String), Part>::new());
        while let (Some(names), Some(text)) = (pieces.next(), pieces.next()) {
            for name in names.lines() {
                // Ours first, then by the alphabet, whatever case.
                let key = (name != "Ringfence", name.to_lowercase());
                let part = parts.entry(key).or_insert_with(|| Part { name: name.to_owned(), texts: Vec::new() });
                part.texts.push(texts.len());
            }
            texts.push(flowing(text));
        }
        Book { preface, parts: parts.into_values().collect(), texts }
    }

    /// The texts of one part.
    pub fn texts(&self, part: usize) -> impl Iterator<Item = &str> {
        let texts = self.parts.get(part).map(|part| part.texts.as_slice()).unwrap_or_default();
        texts.iter().filter_map(|at| self.texts.get(*at)).map(String::as_str)
    }
}

/// Paragraphs as paragraphs: their lines were broken for a terminal, and the window is narrower.
fn flowing(text: &str) -> String {
    /// A line that is shorter has ended on purpose.
    const FULL: usize = 48;
    let mut flowing = String::with_capacity(text.len());
    let mut before = 0;
    for line in text.trim().lines().map(str::trim) {
        let goes_on = before > FULL && !line.is_empty() && !line.starts_with(['*', '-', '(']);
        flowing.push_str(if goes_on { " " } else { "\n" });
        flowing.push_str(line);
        before = line.chars().count();
    }
    flowing.trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;

    const LOCK: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock"));

    #[test]
    fn the_texts_are_those_of_this_lock_file() {
        let mut lock = String::new();
        let mut ours = false;
        for line in LOCK.lines() {
            // Our own version may change: our licence does not.
            if !(ours && line.starts_with("version = ")) {
                lock.push_str(line);
                lock.push('\n');
            }
            ours = line == "name = \"ringfence\"";
        }
        let hex: String = Sha256::digest(lock).iter().map(|byte| format!("{byte:02x}")).collect();
        let kept = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/licences/lock.sha256"));
        assert_eq!(kept.trim(), hex, "run packaging/release/licences-shown and commit what it makes");
    }

    #[test]
    fn paragraphs_flow_and_headings_and_lists_stay() {
        let text = "MIT License\n\nPermission is hereby granted, free of charge, to any person obtaining a copy\n\
            of this software.\n* Redistributions of source code must retain the above copyright notice, this\n  list.\n";
        let flown = "MIT License\n\nPermission is hereby granted, free of charge, to any person obtaining a copy of this \
            software.\n* Redistributions of source code must retain the above copyright notice, this list.";
        assert_eq!(flowing(text), flown);
    }

    #[test]
    fn every_part_has_a_text_and_is_in_the_lock_file() {
        let book = Book::open().expect("it opens");
        assert!(book.parts.len() > 500, "{} parts", book.parts.len());
        assert!(book.preface.contains("as you prefer"), "{}", book.preface);
        assert_eq!(book.parts[0].name, "Ringfence");
        assert_eq!(book.texts(0).count(), 2, "MIT and Apache-2.0");
        let mut crates = 0;
        for (at, part) in book.parts.iter().enumerate() {
            assert!(book.texts(at).all(|text| text.len() > 60) && book.texts(at).count() > 0, "{}", part.name);
            let mut words = part.name.split(' ');
            let (name, version) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            if version.starts_with(|c: char| c.is_ascii_digit()) {
                crates += 1;
                assert!(LOCK.contains(&format!("name = \"{name}\"\nversion = \"{version}\"\n")), "{}", part.name);
            }
        }
        assert!(crates > 500, "{crates} crates");
        for part in ["assets/fonts", "assets/icons", "egui 0.37", "opus 0.4", "assets/passwords"] {
            assert!(book.parts.iter().any(|known| known.name.starts_with(part)), "{part} is missing");
        }
        assert!(TEXTS.len() < 300_000, "{} bytes in every program", TEXTS.len());
    }
}
