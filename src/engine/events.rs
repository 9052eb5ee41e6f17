//! What happened, on its way to whoever shows it, in order. The engine never waits for a reader. If one stops reading,
//! answers and the farewell wait for it all the same, since somebody waits for them; of the rest, only so many.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::SendError;
use crate::phone::event::Event;

/// How many events may wait before those that nobody asked for are lost.
const BOUND: usize = 1024;

/// Too many events wait already: this one is lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{BOUND} events wait already")]
pub struct Lost;

type Queue = Arc<Mutex<VecDeque<Event>>>;

/// Where events go.
#[derive(Debug)]
pub struct Teller(Queue);

/// Where they come from.
#[derive(Debug)]
pub struct Events(Queue);

/// Both ends.
pub(super) fn channel() -> (Teller, Events) {
    let queue = Queue::default();
    (Teller(Arc::clone(&queue)), Events(queue))
}

impl Teller {
    /// Tells an event.
    ///
    /// # Errors
    /// If too many wait already.
    pub fn tell(&self, event: Event) -> Result<(), Lost> {
        let mut queue = locked(&self.0);
        // As many answers as there were commands, and those are bounded.
        let owed = matches!(event, Event::Answered(..) | Event::Stopped);
        if queue.len() >= BOUND && !owed {
            return Err(Lost);
        }
        queue.push_back(event);
        Ok(())
    }
}

impl Events {
    /// The next one, if there is one.
    ///
    /// # Errors
    /// If the engine has stopped and every event was taken.
    pub fn take(&mut self) -> Result<Option<Event>, SendError> {
        // First: whoever is gone tells nothing more after this.
        let over = Arc::strong_count(&self.0) == 1;
        match locked(&self.0).pop_front() {
            None if over => Err(SendError::Stopped),
            event => Ok(event),
        }
    }
}

fn locked(queue: &Queue) -> MutexGuard<'_, VecDeque<Event>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::CallId;
    use crate::phone::input::{Done, Ticket};

    #[test]
    fn a_reader_that_stops_reading_finds_its_answers_and_the_farewell() {
        let (teller, mut events) = channel();
        let digit = || Event::DigitReceived(CallId(1), '5');
        for _ in 0..BOUND {
            assert_eq!(teller.tell(digit()), Ok(()));
        }
        assert_eq!(teller.tell(digit()), Err(Lost), "nobody waits for that");
        let owed = [Event::Answered(Ticket(7), Ok(Done::Ok)), Event::Stopped];
        for event in &owed {
            assert_eq!(teller.tell(event.clone()), Ok(()));
        }
        drop(teller);
        let told: Vec<Event> = std::iter::from_fn(|| events.take().ok().flatten()).collect();
        assert_eq!((told.len(), &told[BOUND..]), (BOUND + owed.len(), &owed[..]));
        assert_eq!(events.take(), Err(SendError::Stopped));
    }

    #[test]
    fn a_reader_that_reads_loses_nothing_and_knows_that_more_may_come() {
        let (teller, mut events) = channel();
        for _ in 0..3 * BOUND {
            assert_eq!(teller.tell(Event::RaiseWindow), Ok(()));
            assert_eq!((events.take(), events.take()), (Ok(Some(Event::RaiseWindow)), Ok(None)));
        }
    }
}
