//! The only field for secrets. egui keeps an undo history, lays text out, and hands text to screen readers: it is
//! never given the secret for that. What it sees is a row of bullets; the characters go into a buffer of ours that is
//! wiped.

use std::ops::Range;

use egui::text::CharIndex;
use zeroize::Zeroizing;

use crate::base::Secret;

/// Longer than any line password; the buffer is allocated once, so that growing leaves no copies behind.
const LONGEST: usize = 256;

/// A typed secret, and the bullets that stand for it.
pub struct PasswordField {
    typed: Zeroizing<String>,
    bullets: String,
}

impl Default for PasswordField {
    fn default() -> PasswordField {
        PasswordField { typed: Zeroizing::new(String::with_capacity(4 * LONGEST)), bullets: String::new() }
    }
}

impl PasswordField {
    /// Whether nothing has been typed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.typed.is_empty()
    }

    /// A copy for a command. The field keeps what was typed until [`PasswordField::wipe`]: a failed sign-in need not
    /// be typed again.
    #[must_use]
    pub fn secret(&self) -> Secret<String> {
        Secret::new(self.typed.as_str().to_owned())
    }

    /// Forgets what was typed.
    pub fn wipe(&mut self) {
        *self = PasswordField::default();
    }

    fn byte(&self, at: CharIndex) -> usize {
        self.typed.char_indices().nth(at.0).map_or(self.typed.len(), |(byte, _)| byte)
    }
}

impl egui::TextBuffer for PasswordField {
    fn is_mutable(&self) -> bool {
        true
    }

    fn as_str(&self) -> &str {
        &self.bullets
    }

    fn insert_text(&mut self, text: &str, at: CharIndex) -> usize {
        let room = LONGEST.saturating_sub(self.typed.chars().count());
        let mut inserted = 0;
        for c in text.chars().filter(|c| !c.is_control()).take(room) {
            let byte = self.byte(CharIndex(at.0 + inserted));
            self.typed.insert(byte, c);
            self.bullets.push('•');
            inserted += 1;
        }
        inserted
    }

    fn delete_char_range(&mut self, range: Range<CharIndex>) {
        let (from, to) = (self.byte(range.start), self.byte(range.end));
        // What moves down is overwritten by what follows; what is cut off at the end has to be wiped by hand.
        let kept = Zeroizing::new([&self.typed[..from], &self.typed[to.max(from)..]].concat());
        let mut fresh = Zeroizing::new(String::with_capacity(4 * LONGEST));
        fresh.push_str(&kept);
        self.typed = fresh;
        self.bullets = "•".repeat(self.typed.chars().count());
    }

    /// Undo and redo would put bullets where the secret is.
    fn replace_with(&mut self, _text: &str) {}

    /// Cutting gives bullets.
    fn take(&mut self) -> String {
        let bullets = std::mem::take(&mut self.bullets);
        self.wipe();
        bullets
    }

    fn type_id(&self) -> std::any::TypeId {
        std::any::TypeId::of::<PasswordField>()
    }
}

impl std::fmt::Debug for PasswordField {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordField(…)")
    }
}

#[cfg(test)]
mod tests {
    use egui::TextBuffer as _;

    use super::*;

    fn typed(field: &PasswordField) -> String {
        field.secret().expose("a test").clone()
    }

    #[test]
    fn it_edits_like_a_text_and_shows_bullets() {
        let mut field = PasswordField::default();
        assert_eq!(field.insert_text("pässwörd", CharIndex(0)), 8);
        field.delete_char_range(CharIndex(1)..CharIndex(3));
        field.insert_text("X", CharIndex(1));
        assert_eq!(typed(&field), "pXswörd");
        assert_eq!(field.as_str(), "•••••••");
        field.wipe();
        assert!(field.is_empty());
        assert_eq!(field.as_str(), "");
    }

    #[test]
    fn undo_cannot_replace_the_secret_by_bullets() {
        let mut field = PasswordField::default();
        field.insert_text("secret", CharIndex(0));
        field.replace_with("•••");
        assert_eq!(typed(&field), "secret");
    }

    #[test]
    fn it_takes_no_more_than_it_has_room_for() {
        let mut field = PasswordField::default();
        assert_eq!(field.insert_text(&"x".repeat(1000), CharIndex(0)), LONGEST);
        assert_eq!(format!("{field:?}"), "PasswordField(…)");
    }
}
