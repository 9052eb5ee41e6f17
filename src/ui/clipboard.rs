//! A secret in the clipboard: histories are asked to leave it out, and it is taken away after 45 seconds if it is
//! still there. egui's own clipboard can do neither.

use sha2::{Digest as _, Sha256};

use crate::base::{Secret, WallTime};

/// How long a secret stays in the clipboard, in milliseconds.
pub(super) const STAYS: i64 = 45_000;

/// The clipboard's side of secrets. It is opened when the first one is copied.
#[derive(Default)]
pub(super) struct SecretClipboard {
    board: Option<arboard::Clipboard>,
    /// What was copied, as its hash, and when.
    copied: Option<([u8; 32], WallTime)>,
}

impl SecretClipboard {
    /// Copies a secret. False if there is no clipboard that takes it.
    pub(super) fn copy(&mut self, secret: &Secret<String>, now: WallTime) -> bool {
        let text = secret.expose("the person pressed Copy");
        match self.set(text) {
            Ok(()) => {
                self.copied = Some((hash(text), now));
                true
            }
            Err(error) => {
                tracing::warn!(%error, "the clipboard did not take a secret");
                false
            }
        }
    }

    /// Takes the secret away if its time is up and nobody has copied something else. True if it was taken away.
    pub(super) fn clear_when_due(&mut self, now: WallTime) -> bool {
        let Some((copied, _)) = self.copied.take_if(|(_, at)| (now.0 - at.0).abs() >= STAYS) else { return false };
        let Some(board) = &mut self.board else { return false };
        let unchanged = board.get_text().is_ok_and(|text| hash(&zeroize::Zeroizing::new(text)) == copied);
        if !unchanged {
            return false;
        }
        if let Err(error) = board.clear() {
            tracing::warn!(%error, "the clipboard was not cleared");
            return false;
        }
        true
    }

    /// Milliseconds until there is something to take away.
    pub(super) fn due_in(&self, now: WallTime) -> Option<u64> {
        let (_, at) = self.copied?;
        u64::try_from(STAYS - (now.0 - at.0)).ok().or(Some(0))
    }

    fn set(&mut self, text: &str) -> Result<(), arboard::Error> {
        let board = match &mut self.board {
            Some(board) => board,
            none => none.insert(arboard::Clipboard::new()?),
        };
        #[cfg(all(unix, not(target_os = "macos")))]
        let set = arboard::SetExtLinux::exclude_from_history(board.set());
        #[cfg(windows)]
        let set = arboard::SetExtWindows::exclude_from_history(arboard::SetExtWindows::exclude_from_cloud(board.set()));
        #[cfg(target_os = "macos")]
        let set = arboard::SetExtApple::exclude_from_history(board.set());
        set.text(text)
    }
}

fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

impl std::fmt::Debug for SecretClipboard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretClipboard")
    }
}
