//! Which acknowledgement belongs to which save of the journal. A state that is given up while the disk is still busy
//! leaves an acknowledgement behind that comes later; it must not be taken for that of the next save.

/// The number of a save; comes back with its acknowledgement. Used again when that has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SaveNo(u32);

/// The saves that are not acknowledged yet.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Saves {
    open: Vec<SaveNo>,
    /// The latest one. Acknowledgements of all others are nobody's business any more.
    latest: Option<SaveNo>,
}

impl Saves {
    /// The number of the next save: the smallest that is not out, so that machines in the same situation are equal.
    pub(super) fn next(&mut self) -> SaveNo {
        let free = (0..u32::MAX).map(SaveNo).find(|number| !self.open.contains(number));
        let number = free.unwrap_or(SaveNo(u32::MAX));
        self.open.push(number);
        self.latest = Some(number);
        number
    }

    /// This one was acknowledged. Whether it is the one that is waited for.
    pub(super) fn acknowledged(&mut self, number: SaveNo) -> bool {
        self.open.retain(|open| *open != number);
        let awaited = self.latest == Some(number);
        if awaited {
            self.latest = None;
        }
        awaited
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_latest_save_is_waited_for_and_numbers_come_back_into_use() {
        let mut saves = Saves::default();
        let (first, second) = (saves.next(), saves.next());
        assert_ne!(first, second);
        assert!(!saves.acknowledged(first), "it was given up");
        assert!(saves.acknowledged(second));
        assert!(!saves.acknowledged(second), "each is answered once");
        assert_eq!(saves, Saves::default(), "nothing of it stays");
        assert_eq!(saves.next(), first);
    }
}
