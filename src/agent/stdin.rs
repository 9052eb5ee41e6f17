//! Lines from stdin, of bounded length.

use std::io::BufRead;
use std::sync::mpsc::SyncSender;

use super::Wake;
use super::line::MAX_LINE;

/// Sends each line on, and the end of input at last. Blocks when sixty-four lines wait: whoever writes them waits too.
pub(super) fn read(input: &mut impl BufRead, wakes: &SyncSender<Wake>) {
    let mut line = Vec::with_capacity(1024);
    let mut too_long = false;
    loop {
        let (taken, ended) = match input.fill_buf() {
            Ok([]) => break,
            Ok(bytes) => {
                let end = bytes.iter().position(|byte| *byte == b'\n');
                let piece = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
                too_long |= line.len() + piece.len() > MAX_LINE;
                if !too_long {
                    line.extend_from_slice(piece);
                }
                (end.map_or(bytes.len(), |end| end + 1), end.is_some())
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        input.consume(taken);
        if ended && !pass_on(&mut line, &mut too_long, wakes) {
            return;
        }
    }
    if pass_on(&mut line, &mut too_long, wakes) {
        // Nobody listens any more: then nobody needs to be told.
        drop(wakes.send(Wake::End));
    }
}

/// Blank lines say nothing. False when nobody listens any more.
fn pass_on(line: &mut Vec<u8>, too_long: &mut bool, wakes: &SyncSender<Wake>) -> bool {
    let line = std::mem::take(line);
    if std::mem::take(too_long) {
        return wakes.send(Wake::TooLong).is_ok();
    }
    line.iter().all(u8::is_ascii_whitespace) || wakes.send(Wake::Line(line)).is_ok()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;

    fn read_all(input: &[u8]) -> Vec<Wake> {
        let (wakes, waiting) = sync_channel(64);
        read(&mut std::io::BufReader::with_capacity(7, input), &wakes);
        drop(wakes);
        waiting.iter().collect()
    }

    #[test]
    fn lines_are_cut_at_newlines_and_the_last_needs_none() {
        let wakes = read_all(b"{\"do\":1}\n\n  \r\nlast");
        assert!(matches!(&wakes[..], [Wake::Line(a), Wake::Line(b), Wake::End] if a == b"{\"do\":1}" && b == b"last"));
    }

    #[test]
    fn a_line_too_long_is_told_and_the_next_one_is_read() {
        let mut input = vec![b'x'; MAX_LINE + 1];
        input.extend_from_slice(b"\nnext\n");
        let wakes = read_all(&input);
        assert!(matches!(&wakes[..], [Wake::TooLong, Wake::Line(next), Wake::End] if next == b"next"));
    }

    #[test]
    fn a_line_of_exactly_the_longest_length_is_read() {
        let mut input = vec![b'x'; MAX_LINE];
        input.push(b'\n');
        assert!(matches!(&read_all(&input)[..], [Wake::Line(line), Wake::End] if line.len() == MAX_LINE));
    }
}
