//! What is said on the command line about lists, everybody's or those of accounts that were named.

use std::collections::BTreeSet;

use super::command::{Options, Places};
use super::notices::{Board, Edit, Published};
use super::own::{self, Letters};
use super::roots::Identity;
use crate::base::WallTime;
use crate::provider_api::notices::{Index, Kind};

/// The boards that a command is about.
pub(super) struct Office<'a> {
    board: &'a Board,
    letters: Option<Letters<'a>>,
    /// Who was named; nobody: it is about everybody's list.
    named: BTreeSet<String>,
}

impl<'a> Office<'a> {
    pub(super) fn new(
        board: &'a Board,
        options: &Options,
        who: &Identity,
        places: &'a Places,
    ) -> Result<Office<'a>, String> {
        let domain = who.sip_domains.first().map_or("", String::as_str);
        let file = options.accounts_file.as_deref();
        let named = own::named(&options.accounts, file, domain)?;
        if named.is_empty() && (file.is_some() || !options.accounts.is_empty()) {
            return Err("no account is named".to_owned());
        }
        let letters = places.own_notices.as_deref().map(|folder| Letters { board, folder });
        if !named.is_empty() && letters.is_none() {
            return Err("the configuration does not say where notices to single accounts are: `own_notices`".to_owned());
        }
        Ok(Office { board, letters, named })
    }

    /// The accounts that a command is about although nobody was named: all that have a list.
    fn all(&self) -> Result<BTreeSet<String>, String> {
        self.letters.as_ref().map_or(Ok(BTreeSet::new()), Letters::accounts)
    }

    /// Does an edit on everybody's list, or on those of the accounts that were named.
    pub(super) fn edit(&self, edit: &Edit, now: WallTime) -> Result<String, String> {
        match &self.letters {
            Some(letters) if !self.named.is_empty() => {
                let done = letters.edit(&self.named, edit, now)?;
                Ok(done.iter().map(|(account, published)| format!("{account}: {}", told(published))).collect())
            }
            Some(_) | None => self.board.edit(edit, now).map(|published| told(&published)),
        }
    }

    /// Signs everybody's list anew and those of all accounts, or only those of the accounts that were named.
    pub(super) fn refresh(&self, now: WallTime) -> Result<String, String> {
        if !self.named.is_empty() {
            return self.edit(&Edit::Refresh, now);
        }
        let mut text = self.edit(&Edit::Refresh, now)?;
        if let Some(letters) = &self.letters {
            let count = letters.edit(&letters.accounts()?, &Edit::Refresh, now)?.len();
            if count > 0 {
                text.push_str(&format!("the lists of {count} accounts are signed anew\n"));
            }
        }
        Ok(text)
    }

    pub(super) fn list(&self) -> Result<String, String> {
        if !self.named.is_empty() {
            return self.boards()?.iter().map(shown).collect();
        }
        let mut text = shown(self.board)?;
        for account in self.all()? {
            text.push_str(&format!("{account} has notices of its own\n"));
        }
        Ok(text)
    }

    pub(super) fn codes(&self) -> Result<String, String> {
        let code = |board: &Board| match board.list()? {
            Some((index, code)) => Ok(format!("{}: {code}\n", name(&index))),
            None => Err(format!("nothing is published{}", to(board))),
        };
        self.boards()?.iter().map(code).collect()
    }

    /// Whose list a code is of. Without an account that was named, every list is looked through: whoever reads a code
    /// aloud may not be the customer whom it was written to.
    pub(super) fn look_up(&self, code: &str) -> Result<String, String> {
        let everybody = if self.named.is_empty() { self.board.look_up(code)? } else { None };
        if let Some((seq, issued)) = everybody {
            return Ok(format!("yes: list {seq}, published {issued}\n"));
        }
        let accounts = if self.named.is_empty() { self.all()? } else { self.named.clone() };
        let letters = self.letters.as_ref();
        match letters.map(|letters| letters.look_up(&accounts, code)).transpose()?.flatten() {
            Some((account, seq, issued)) => Ok(format!("yes: list {seq} to {account} alone, published {issued}\n")),
            None => Err("NO list of ours has this code: the customer is not looking at our notice".to_owned()),
        }
    }

    fn boards(&self) -> Result<Vec<Board>, String> {
        match &self.letters {
            Some(letters) if !self.named.is_empty() => {
                Ok(self.named.iter().map(|account| self.board.of(account, letters.folder)).collect())
            }
            Some(_) | None => Ok(vec![self.board.clone()]),
        }
    }
}

fn told(published: &Published) -> String {
    let until = published.expires;
    format!("list {} is published, until {until}\nread-back code: {}\n", published.seq, published.code)
}

fn name(index: &Index) -> String {
    let to = index.account.as_ref().map(|account| format!(" to {account} alone")).unwrap_or_default();
    format!("list {}{to}", index.seq)
}

fn to(board: &Board) -> String {
    board.account().map(|account| format!(" to {account} alone")).unwrap_or_default()
}

fn shown(board: &Board) -> Result<String, String> {
    let Some((index, code)) = board.list()? else { return Ok(format!("nothing is published{}\n", to(board))) };
    let mut text = format!("{}, until {}, code {code}\n", name(&index), index.expires);
    for notice in &index.notices {
        let state = if notice.kind == Kind::Cancel { "withdrawn" } else { "in force" };
        let title = notice.words("en").map_or("", |words| words.title.as_str());
        text.push_str(&format!("{}  revision {}  {state}  {title}\n", notice.id, notice.revision));
    }
    Ok(text)
}
