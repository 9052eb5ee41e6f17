//! The check in the phone: a list comes in from a file or the clipboard, its columns are confirmed, the result stays in the
//! view until it is closed. Nothing of it is kept or sent.

use super::compare::{self, Question};
use super::guess::Columns;
use super::list::{self, List};
use super::log::{Log, Placed};
use super::values::Order;
use crate::base::{AccountId, Now, WallTime};
use crate::phone::Phone;
use crate::phone::command::BillCommand;
use crate::phone::commands::not_now;
use crate::phone::input::{Done, Found};
use crate::phone::output::Output;
use crate::phone::problem::Problem;
use crate::phone::view::{BillColumns, BillState, BillView, HistoryRow};

/// The largest file that is read.
pub const MOST_BYTES: usize = 16 * 1024 * 1024;
/// Rows that are shown to judge the columns by.
const SAMPLE: usize = 5;

/// What the phone keeps of bills.
#[derive(Debug, Default)]
pub(in crate::phone) struct Bill {
    pub(in crate::phone) log: Log,
    /// For whose check a file is being read.
    reading: Option<AccountId>,
    list: List,
}

impl Phone {
    /// One step of the check.
    pub(in crate::phone) fn check_bill(&mut self, account: AccountId, command: BillCommand) -> Result<Done, Problem> {
        if !self.accounts.iter().any(|one| one.id() == account) {
            return Err(not_now(""));
        }
        match command {
            BillCommand::Open(path) => {
                self.bill.reading = Some(account);
                self.out.push_back(Output::ReadFile(path, MOST_BYTES));
            }
            BillCommand::Paste(text) => self.take_list(account, text.as_bytes()),
            BillCommand::Close => {
                self.bill.list = List::default();
                self.bill.reading = None;
                self.view.bill = None;
            }
            BillCommand::Compare { when, number, duration, cost, since } => {
                if self.bill.list.rows.is_empty() {
                    return Err(not_now(""));
                }
                let columns = Columns { when: Some(when), number: Some(number), duration, cost };
                self.compare_bill(account, columns, since);
            }
        }
        Ok(Done::Ok)
    }

    /// The file was read, or could not be.
    pub(in crate::phone) fn file_read(&mut self, content: Result<Vec<u8>, String>) {
        let Some(account) = self.bill.reading.take() else { return };
        match content {
            Ok(bytes) => self.take_list(account, &bytes),
            Err(why) => self.view.bill = Some(BillView { account, state: BillState::Unreadable(why) }),
        }
    }

    fn take_list(&mut self, account: AccountId, bytes: &[u8]) {
        let read = if bytes.len() > MOST_BYTES { Err(list::ListError::TooLong) } else { list::read(bytes) };
        let state = match read {
            Ok(list) => {
                let guess = Columns::guess(&list);
                let state = BillState::Columns(BillColumns {
                    titles: list.titles.clone(),
                    sample: list.rows.iter().take(SAMPLE).cloned().collect(),
                    when: guess.when,
                    number: guess.number,
                    duration: guess.duration,
                    cost: guess.cost,
                    rows: list.rows.len(),
                });
                self.bill.list = list;
                state
            }
            Err(error) => {
                self.bill.list = List::default();
                BillState::Unreadable(error.to_string())
            }
        };
        self.view.bill = Some(BillView { account, state });
    }

    fn compare_bill(&mut self, account: AccountId, columns: Columns, since: WallTime) {
        let american = self.home_country().is_some_and(|region| region.as_str() == "US");
        let question = Question {
            columns,
            since,
            utc_offset: self.host.utc_offset(),
            order: if american { Order::MonthFirst } else { Order::DayFirst },
            begins: self.bill.log.begins(),
        };
        let mut own: Vec<&Placed> = self.bill.log.of(account).collect();
        own.sort_by_key(|call| call.at);
        let result = compare::compare(&self.bill.list, &question, &own);
        self.view.bill = Some(BillView { account, state: BillState::Result(result) });
    }

    /// The document with our own calls.
    pub(in crate::phone) fn load_call_log(&mut self, found: &Found) -> bool {
        let (log, damaged) = Log::read(found);
        self.bill.log = log;
        damaged
    }

    /// Everything is loaded: the log begins, or goes on.
    pub(in crate::phone) fn start_call_log(&mut self, now: Now) {
        let save = self.bill.log.start(now.wall, &self.recents.rows());
        self.out.extend(save.map(Output::Save));
    }

    /// A call has ended.
    pub(in crate::phone) fn log_call(&mut self, row: &HistoryRow) {
        let demo = self.accounts.iter().any(|account| account.id() == row.account && account.demo);
        if !demo {
            let append = self.bill.log.add(row);
            self.out.extend(append.map(Output::Append));
        }
    }

    /// The person forgets the recent calls: these, too.
    pub(in crate::phone) fn clear_call_log(&mut self, now: Now) {
        let save = self.bill.log.clear(now.wall);
        self.out.push_back(Output::Save(save));
    }

    /// An account is removed: its calls are forgotten.
    pub(in crate::phone) fn remove_from_call_log(&mut self, account: AccountId) {
        let save = self.bill.log.remove(account);
        self.out.extend(save.map(Output::Save));
        if self.view.bill.as_ref().is_some_and(|bill| bill.account == account) {
            self.view.bill = None;
            self.bill.list = List::default();
        }
    }
}
