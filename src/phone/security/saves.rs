//! Whether documents reached the disk. A failure is told once, and again when it happens after a success; the view
//! says it for as long as it is so.

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
                let problem = Problem::new(ProblemKind::NotSaved, words(document));
                let problem = problem.with_detail(format!("{name}: {why}"));
                if self.security.unsaved.insert(name, problem.clone()).is_none() {
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
                let problem = Problem::new(ProblemKind::NotSaved, "The copy of the event log").with_detail(why);
                self.out.push_back(Output::Event(Event::Refused(problem)));
            }
        }
    }
}

/// What is in a document, as people call it.
const fn words(document: Document) -> &'static str {
    match document {
        Document::Accounts => "Your lines",
        Document::Settings => "Your settings",
        Document::History => "Your recent calls",
        Document::Journal => "How far your password change is",
        Document::Security => "What Ringfence knows of your line's safety",
        Document::Notices => "Your provider's notices",
        Document::Releases => "What is known of new versions",
        Document::CallLog => "The list that your bill is compared with",
        Document::EventLog => "The event log",
    }
}
