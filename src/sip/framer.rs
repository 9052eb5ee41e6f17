//! Cuts a stream (TCP, TLS) into messages (RFC 3261 §18.3) and finds the keep-alives of RFC 5626 §3.5.1 in it.
//!
//! A message that is malformed but whose end is known is handed out as [`Frame::Malformed`] and the stream goes on;
//! only when nobody can say where the next message begins is the framing lost, and the connection must be closed.

use super::message::{MAX_MESSAGE, Message};

/// What a stream held.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Frame {
    /// The bytes of one whole message that parses.
    Message(Vec<u8>),
    /// The bytes of one whole message that does not: answer 400 if it is a request.
    Malformed(Vec<u8>),
    /// A double CRLF between messages: answer with [`PONG`].
    Ping,
    /// A single CRLF between messages: the answer to our ping.
    Pong,
}

/// What a client sends to keep a stream open.
pub const PING: &[u8] = b"\r\n\r\n";
/// What a server answers.
pub const PONG: &[u8] = b"\r\n";

/// The framing is lost: close the connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FramingLost {
    /// More than 64 KiB without an end of headers, or a message of more than 64 KiB.
    #[error("message too large")]
    TooLarge,
    /// No Content-Length that says where the message ends.
    #[error("no usable Content-Length")]
    NoLength,
}

/// The state of one stream.
#[derive(Debug, Default)]
pub struct Framer {
    buffer: Vec<u8>,
    /// How much of the buffer is known to hold no end of headers.
    searched: usize,
    lost: Option<FramingLost>,
}

impl Framer {
    /// At the beginning of a stream.
    #[must_use]
    pub fn new() -> Framer {
        Framer::default()
    }

    /// Takes what was read.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.lost.is_none() {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// The next frame; `Ok(None)` when more bytes are needed.
    ///
    /// # Errors
    /// The framing is lost, now and for ever.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FramingLost> {
        if let Some(lost) = self.lost {
            return Err(lost);
        }
        if let Some(frame) = self.keep_alive() {
            return Ok(frame);
        }
        match self.message_length() {
            Ok(Some(length)) if length <= self.buffer.len() => {
                self.searched = 0;
                let rest = self.buffer.split_off(length);
                let bytes = std::mem::replace(&mut self.buffer, rest);
                Ok(Some(match Message::parse(&bytes) {
                    Ok(_) => Frame::Message(bytes),
                    Err(_) => Frame::Malformed(bytes),
                }))
            }
            Ok(_) => Ok(None),
            Err(lost) => {
                self.buffer = Vec::new();
                self.lost = Some(lost);
                Err(lost)
            }
        }
    }

    /// Line ends between messages. `Some(None)`: too early to say.
    fn keep_alive(&mut self) -> Option<Option<Frame>> {
        let (length, frame) = match self.buffer.as_slice() {
            [] | [b'\r'] | [b'\r', b'\n', b'\r'] => return Some(None),
            [b'\r', b'\n', b'\r', b'\n', ..] => (4, Frame::Ping),
            [b'\r', b'\n', ..] => (2, Frame::Pong),
            [b'\n' | b'\r', ..] => (1, Frame::Pong),
            _ => return None,
        };
        self.buffer.drain(..length);
        Some(Some(frame))
    }

    /// The length of the message at the start of the buffer, once its headers are complete.
    fn message_length(&mut self) -> Result<Option<usize>, FramingLost> {
        let Some(head) = end_of_headers(&self.buffer, self.searched) else {
            self.searched = self.buffer.len().saturating_sub(3);
            return if self.buffer.len() > MAX_MESSAGE { Err(FramingLost::TooLarge) } else { Ok(None) };
        };
        let body = self.buffer.get(..head).map_or(Err(FramingLost::NoLength), announced)?;
        let length = head.checked_add(body).ok_or(FramingLost::TooLarge)?;
        if length > MAX_MESSAGE { Err(FramingLost::TooLarge) } else { Ok(Some(length)) }
    }
}

/// The position after the empty line, if it is there; looks from `from` on.
fn end_of_headers(bytes: &[u8], from: usize) -> Option<usize> {
    let tail = bytes.get(from..)?;
    for (at, byte) in tail.iter().enumerate() {
        if *byte == b'\n' {
            match tail.get(at + 1..)? {
                [b'\n', ..] => return Some(from + at + 2),
                [b'\r', b'\n', ..] => return Some(from + at + 3),
                _ => {}
            }
        }
    }
    None
}

/// The Content-Length that the header section announces. Several are fine if they agree, so that a message which is
/// refused for it does not cost the connection.
fn announced(head: &[u8]) -> Result<usize, FramingLost> {
    let mut found: Option<usize> = None;
    for value in content_lengths(head) {
        let text = String::from_utf8_lossy(&value);
        let length = super::header::scan::number::<usize>(&text).ok_or(FramingLost::NoLength)?;
        if found.is_some_and(|f| f != length) {
            return Err(FramingLost::NoLength);
        }
        found = Some(length);
    }
    // RFC 3261 §20.14 demands it on streams; without it nobody can say where the body ends.
    found.ok_or(FramingLost::NoLength)
}

/// The values of all Content-Length lines, white space before the colon and folding included.
fn content_lengths(head: &[u8]) -> Vec<Vec<u8>> {
    let mut found: Vec<Vec<u8>> = Vec::new();
    let mut inside = false;
    for line in head.split(|b| *b == b'\n').skip(1) {
        if matches!(line.first(), Some(b' ' | b'\t')) {
            if let Some(value) = found.last_mut().filter(|_| inside) {
                value.push(b' ');
                value.extend_from_slice(line);
            }
            continue;
        }
        let colon = line.iter().position(|b| *b == b':').unwrap_or(0);
        let (name, value) = line.split_at_checked(colon).unwrap_or_default();
        let name = name.trim_ascii_end();
        inside = name.eq_ignore_ascii_case(b"Content-Length") || name.eq_ignore_ascii_case(b"l");
        if inside {
            found.push(value.get(1..).unwrap_or_default().to_vec());
        }
    }
    found
}
