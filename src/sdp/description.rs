//! A session description: lines in their order, with views. Tolerant: bare LF, missing `s=` and `t=`, blanks at line
//! ends, lines that nobody knows; all of that is what peers send.

use std::fmt;

use super::crypto::Crypto;
use super::line::{Connection, Format, Line};
use crate::port::media::Direction;

/// The most m-lines that we take.
pub const MAX_MEDIA: usize = 32;
/// The most `a=candidate` lines that we keep, of the whole description; further ones are dropped.
pub const MAX_CANDIDATES: usize = 64;

/// This is not a session description, or one too large to be true.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a usable session description")]
pub struct NotSdp;

/// The lines of the session part or of one media part.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Section {
    /// In their order.
    pub lines: Vec<Line>,
}

/// One m-line and what belongs to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Media {
    /// `audio`, `video`, …
    pub kind: String,
    /// The port; 0 means refused or not wanted.
    pub port: u16,
    /// `RTP/AVP`, `RTP/SAVP`, …, as written.
    pub profile: String,
    /// The formats, as written.
    pub formats: Vec<String>,
    /// The lines that follow the m-line.
    pub section: Section,
}

/// A whole description.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Description {
    /// What stands before the first m-line.
    pub session: Section,
    /// The m-lines, in their order.
    pub media: Vec<Media>,
}

impl Section {
    /// The value of the first line of `kind`.
    #[must_use]
    pub fn get(&self, kind: char) -> Option<&str> {
        self.lines.iter().find(|l| l.kind == kind).map(|l| l.value.as_str())
    }

    /// The value of the first attribute `name`; empty for a flag.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.lines.iter().find_map(|l| l.attribute(name))
    }

    /// The values of all attributes `name`.
    pub fn attributes(&self, name: &str) -> impl Iterator<Item = &str> {
        self.lines.iter().filter_map(move |l| l.attribute(name))
    }

    /// Adds a line.
    pub fn push(&mut self, kind: char, value: impl Into<String>) {
        self.lines.push(Line::new(kind, value));
    }

    /// The direction attribute, as the sender means it.
    fn direction(&self) -> Option<Direction> {
        self.lines.iter().rev().find_map(|l| match l.kind {
            'a' if l.value.eq_ignore_ascii_case("sendrecv") => Some(Direction::SendRecv),
            'a' if l.value.eq_ignore_ascii_case("sendonly") => Some(Direction::SendOnly),
            'a' if l.value.eq_ignore_ascii_case("recvonly") => Some(Direction::RecvOnly),
            'a' if l.value.eq_ignore_ascii_case("inactive") => Some(Direction::Inactive),
            _ => None,
        })
    }
}

impl Media {
    /// Parses the value of an m-line: `audio 49170/2 RTP/AVP 0 8`.
    #[must_use]
    pub fn parse(value: &str) -> Option<Media> {
        let mut words = value.split_ascii_whitespace();
        let (kind, port, profile) = (words.next()?, words.next()?, words.next()?);
        let port = port.split('/').next()?.parse().ok()?;
        Some(Media {
            kind: kind.to_owned(),
            port,
            profile: profile.to_owned(),
            formats: words.map(str::to_owned).collect(),
            section: Section::default(),
        })
    }

    /// The payload types with their encodings, best first. Those without rtpmap that are not static have no name.
    #[must_use]
    pub fn encodings(&self) -> Vec<Format> {
        let described = |payload_type: u8, attribute: &str| {
            self.section.attributes(attribute).find_map(|value| {
                let (number, text) = value.split_once([' ', '\t'])?;
                (number.trim().parse() == Ok(payload_type)).then(|| text.trim().to_owned())
            })
        };
        let format = |payload_type: u8| {
            let fmtp = described(payload_type, "fmtp").unwrap_or_default();
            described(payload_type, "rtpmap")
                .and_then(|text| Format::encoding(payload_type, &text, &fmtp))
                .unwrap_or(Format { payload_type, name: String::new(), clock_rate: 0, channels: 1, fmtp })
        };
        self.formats.iter().filter_map(|f| f.parse().ok()).filter(|pt| *pt < 128).map(format).collect()
    }

    /// The crypto lines that we can use, in their order (RFC 4568).
    #[must_use]
    pub fn cryptos(&self) -> Vec<Crypto> {
        self.section.attributes("crypto").filter_map(Crypto::parse).collect()
    }
}

impl Description {
    /// Parses a description. Bytes that are not UTF-8 are decoded lossily.
    ///
    /// # Errors
    /// Neither `v=` nor `m=` in it, a malformed m-line, or more than [`MAX_MEDIA`] of them.
    pub fn parse(bytes: &[u8]) -> Result<Description, NotSdp> {
        let text = String::from_utf8_lossy(bytes);
        let mut description = Description::default();
        let mut candidates = 0;
        for line in text.split(['\n', '\r']).filter_map(Line::parse) {
            if line.kind == 'm' {
                let media = Media::parse(&line.value).ok_or(NotSdp)?;
                if description.media.len() == MAX_MEDIA {
                    return Err(NotSdp);
                }
                description.media.push(media);
                continue;
            }
            if line.attribute("candidate").is_some() {
                candidates += 1;
                if candidates > MAX_CANDIDATES {
                    continue;
                }
            }
            match description.media.last_mut() {
                Some(media) => media.section.lines.push(line),
                None => description.session.lines.push(line),
            }
        }
        let is_sdp = description.session.get('v').is_some() || !description.media.is_empty();
        if is_sdp { Ok(description) } else { Err(NotSdp) }
    }

    /// Where `media` is: its own c-line, else the session's. `None` if neither is understood.
    #[must_use]
    pub fn connection(&self, media: &Media) -> Option<Connection> {
        let line = media.section.get('c').or_else(|| self.session.get('c'))?;
        Connection::parse(line)
    }

    /// The direction of `media` as the sender of this description means it (RFC 8866 §6.7).
    #[must_use]
    pub fn direction(&self, media: &Media) -> Direction {
        media.section.direction().or_else(|| self.session.direction()).unwrap_or_default()
    }

    /// An attribute of `media`, else of the session.
    #[must_use]
    pub fn attribute<'a>(&'a self, media: &'a Media, name: &str) -> Option<&'a str> {
        media.section.attribute(name).or_else(|| self.session.attribute(name))
    }
}

impl fmt::Display for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "m={} {} {}", self.kind, self.port, self.profile)?;
        for format in &self.formats {
            write!(f, " {format}")?;
        }
        f.write_str("\r\n")?;
        self.section.lines.iter().try_for_each(|l| l.fmt(f))
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.session.lines.iter().try_for_each(|l| l.fmt(f))?;
        self.media.iter().try_for_each(|m| m.fmt(f))
    }
}
