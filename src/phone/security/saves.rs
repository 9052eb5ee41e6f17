//! Whether documents reached the disk. A failure is told once, and again when it happens after a success.

use crate::base::Now;
use crate::phone::Phone;
use crate::phone::event::Event;
use crate::phone::output::Output;
use crate::phone::problem::{Problem, ProblemKind};
use crate::port::store::Document;

impl Phone {
    /// A document is on the disk, or is not.
    pub(in crate::phone) fn on_saved(&mut self, now: Now, document: Document, outcome: &Result<(), String>) {
        if document == Document::Journal {
            self.journal_saved(now, outcome);
        }
        if document == Document::Accounts {
            self.accounts_saved(outcome.is_ok());
        }
        let name = document.file_name();
        match outcome {
            Ok(()) => {
                self.security.unsaved.remove(name);
            }
            Err(why) => {
                if self.security.unsaved.insert(name) {
                    let problem = Problem::new(ProblemKind::NotSaved, format!("{name} ({why})"));
                    self.out.push_back(Output::Event(Event::Refused(problem)));
                }
            }
        }
    }

    /// The event log was exported, or was not.
    pub(in crate::phone) fn on_log_exported(&mut self, outcome: Result<String, String>) {
        match outcome {
            Ok(place) => self.security.log_saved_at = Some(place),
            Err(why) => {
                let problem = Problem::new(ProblemKind::NotSaved, format!("The copy of the event log ({why})"));
                self.out.push_back(Output::Event(Event::Refused(problem)));
            }
        }
    }
}
