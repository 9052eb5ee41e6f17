//! The beginning: the documents are read, accounts connect. What cannot be understood is set aside, and said.

use super::account::Account;
use super::address::Address;
use super::history::Recents;
use super::input::Found;
use super::security::journal::Journal;
use super::security::log::Log;
use super::security::memory::Memory;
use super::{Phone, documents};
use crate::base::AccountId;
use crate::phone::documents::Record;
use crate::phone::event::Event;
use crate::phone::output::Output;
use crate::phone::problem::{Problem, ProblemKind};
use crate::port::media::Order;
use crate::port::store::Document;

impl Phone {
    /// The documents of the profile, as they were found.
    pub(super) fn loaded(&mut self, documents: Vec<(Document, Found)>) {
        for (document, found) in documents {
            let damaged = match document {
                Document::Accounts => self.load_accounts(&found),
                Document::Settings => {
                    let read = documents::settings(&found);
                    self.settings = read.content;
                    read.damaged
                }
                Document::History => {
                    let read = documents::history(&found);
                    self.recents = Recents::new(read.content);
                    read.damaged
                }
                Document::Journal => {
                    let read = Journal::read(&found);
                    self.security.journal = read.content;
                    read.damaged
                }
                Document::Security => {
                    let read = Memory::read(&found);
                    self.security.memory = read.content;
                    read.damaged
                }
                Document::Notices => self.load_notices(&found),
                Document::Releases => self.load_updates(&found),
                Document::CallLog => self.load_call_log(&found),
                Document::EventLog => {
                    self.security.log = Log::read(&found);
                    matches!(found, Found::Unreadable(_))
                }
            };
            if damaged {
                self.set_aside(document);
            }
        }
        self.out.push_back(Output::Media(Order::Devices(self.settings.devices.clone())));
        let ids: Vec<AccountId> = self.accounts.iter().map(Account::id).collect();
        if ids.is_empty() {
            self.check_vault();
        }
        for id in ids {
            self.load_password(id);
        }
    }

    fn load_accounts(&mut self, found: &Found) -> bool {
        let read = documents::accounts(found);
        self.next_account = read.content.next.max(1);
        let (all, mut damaged) = (read.content.records.len(), read.damaged);
        for record in read.content.records {
            let taken = self.accounts.iter().any(|account| account.id() == record.id);
            if let (Ok(address), false) = (Address::parse(&record.draft.address), taken) {
                let contact_user = self.entropy.token(12);
                self.accounts.push(Account::new(record, address, contact_user));
            }
        }
        damaged |= self.accounts.len() < all;
        damaged
    }

    /// The document is kept beside what will be written in its place.
    fn set_aside(&mut self, document: Document) {
        self.out.push_back(Output::SetAside(document));
        let problem = Problem::new(ProblemKind::DamagedProfile, document.file_name());
        self.out.push_back(Output::Event(Event::Refused(problem)));
        if document == Document::Accounts && !self.accounts.is_empty() {
            self.save_accounts();
        }
    }

    /// Writes the accounts down: all but the demo's and the one that is not signed in yet.
    pub(super) fn save_accounts(&mut self) {
        let kept = |account: &&Account| !account.demo && !self.is_signing_in(account.id());
        // A password on its way to the vault counts as there: whoever is killed now must look for it at the next start.
        let record = |account: &Account| match self.keeping_at(account) {
            Some(password) => Record { password, ..account.record.clone() },
            None => account.record.clone(),
        };
        let records: Vec<Record> = self.accounts.iter().filter(kept).map(record).collect();
        self.saving_accounts();
        self.out.push_back(Output::Save(documents::save_accounts(self.next_account, &records)));
    }

    /// The account's name in the vault: a UUID, version 4 (RFC 9562).
    pub(super) fn new_uuid(&mut self) -> String {
        let mut bytes = [0_u8; 16];
        self.entropy.fill(&mut bytes);
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}
