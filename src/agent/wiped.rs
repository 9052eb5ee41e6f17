//! Standard input without leftovers: what was read is overwritten as soon as it was taken, for it may be a password.
//! The buffer of `std::io::Stdin` cannot be reached, and keeps the last lines for as long as the program runs.

use std::io::{BufRead, Read, Result};

use zeroize::{Zeroize as _, Zeroizing};

/// How much is read at once.
const SIZE: usize = 8 * 1024;

/// A buffered reader that forgets.
#[derive(Debug)]
pub(super) struct Wiped<R> {
    inner: R,
    buffer: Zeroizing<Vec<u8>>,
    from: usize,
    to: usize,
}

impl<R: Read> Wiped<R> {
    pub(super) fn new(inner: R) -> Wiped<R> {
        Wiped { inner, buffer: Zeroizing::new(vec![0; SIZE]), from: 0, to: 0 }
    }
}

impl<R: Read> Read for Wiped<R> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        let length = self.fill_buf()?.read(into)?;
        self.consume(length);
        Ok(length)
    }
}

impl<R: Read> BufRead for Wiped<R> {
    fn fill_buf(&mut self) -> Result<&[u8]> {
        if self.from >= self.to {
            self.from = 0;
            self.to = self.inner.read(&mut self.buffer)?;
        }
        Ok(self.buffer.get(self.from..self.to).unwrap_or_default())
    }

    fn consume(&mut self, length: usize) {
        let end = self.from.saturating_add(length).min(self.to);
        if let Some(taken) = self.buffer.get_mut(self.from..end) {
            taken.zeroize();
        }
        self.from = end;
    }
}

/// Standard input itself, past the buffer of the standard library.
pub(super) fn stdin() -> Result<Wiped<std::fs::File>> {
    #[cfg(unix)]
    let inner = std::os::fd::AsFd::as_fd(&std::io::stdin()).try_clone_to_owned()?;
    #[cfg(windows)]
    let inner = std::os::windows::io::AsHandle::as_handle(&std::io::stdin()).try_clone_to_owned()?;
    Ok(Wiped::new(inner.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_is_overwritten_and_the_rest_is_not() {
        let mut reader = Wiped::new(&b"secret\nnext line\n"[..]);
        assert_eq!(reader.fill_buf().unwrap(), b"secret\nnext line\n");
        reader.consume(7);
        assert_eq!(&reader.buffer[..7], [0; 7]);
        let mut rest = String::new();
        reader.read_line(&mut rest).unwrap();
        assert_eq!(rest, "next line\n");
        assert!(reader.buffer.iter().all(|byte| *byte == 0));
        reader.consume(7);
        assert!(reader.fill_buf().unwrap().is_empty(), "nothing is taken twice");
    }
}
