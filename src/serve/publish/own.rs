//! Lists for single accounts: the same edits as on everybody's list ([`Board`]), done on many at once. All are signed
//! before the first is written, so that a mistake publishes nothing.

use std::collections::BTreeSet;
use std::path::Path;

use super::files;
use super::notices::{Board, Edit, Published};
use crate::base::WallTime;
use crate::provider_api::notices::Index;
use crate::provider_api::{SignedList, Stamp, own};

/// The longest login that is taken.
const LONGEST: usize = 128;

/// The lists of accounts, beside everybody's.
#[derive(Debug)]
pub struct Letters<'a> {
    /// Everybody's board.
    pub board: &'a Board,
    /// Where the lists are.
    pub folder: &'a Path,
}

impl Letters<'_> {
    /// Does an edit on the lists of these accounts.
    ///
    /// # Errors
    /// In words, which account and why; then nothing was published.
    pub fn edit(
        &self,
        accounts: &BTreeSet<String>,
        edit: &Edit,
        now: WallTime,
    ) -> Result<Vec<(String, Published)>, String> {
        if accounts.is_empty() {
            return Ok(Vec::new());
        }
        let pen = self.board.pen(now)?;
        let signed = accounts.iter().map(|account| {
            let ready = self.board.of(account, self.folder).prepare(edit, &pen, now);
            ready
                .map(|ready| (account.clone(), ready))
                .map_err(|why| format!("{account}: {why}; nothing was published"))
        });
        let signed = signed.collect::<Result<Vec<_>, String>>()?;
        // It says who has letters: not for others to read.
        files::make_private(self.folder)?;
        signed.into_iter().map(|(account, ready)| Ok((account, ready.write()?))).collect()
    }

    /// The accounts that have a list.
    ///
    /// # Errors
    /// In words; if one cannot be read.
    pub fn accounts(&self) -> Result<BTreeSet<String>, String> {
        let words = |error: std::io::Error| format!("{}: {error}", self.folder.display());
        let entries = match std::fs::read_dir(self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
            Err(error) => return Err(words(error)),
        };
        let mut accounts = BTreeSet::new();
        for entry in entries {
            let path = entry.map_err(words)?.path();
            if path.extension().is_some_and(|kind| kind == "json") {
                accounts.insert(account_in(&path)?);
            }
        }
        Ok(accounts)
    }

    /// The account and the list that a customer's code is of.
    ///
    /// # Errors
    /// In words; if the archive cannot be read.
    pub fn look_up(&self, accounts: &BTreeSet<String>, code: &str) -> Result<Option<(String, u64, Stamp)>, String> {
        for account in accounts {
            if let Some((seq, issued)) = self.board.of(account, self.folder).look_up(code)? {
                return Ok(Some((account.clone(), seq, issued)));
            }
        }
        Ok(None)
    }
}

/// The accounts that were named: `anna`, `anna@voip.example`, and the lines of a file of such names.
///
/// # Errors
/// In words; if one is no name of an account of this domain.
pub fn named(words: &[String], file: Option<&Path>, sip_domain: &str) -> Result<BTreeSet<String>, String> {
    let lines = match file {
        Some(file) => std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?,
        None => String::new(),
    };
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    words.iter().map(String::as_str).chain(lines).map(|name| account(name, sip_domain)).collect()
}

fn account(name: &str, sip_domain: &str) -> Result<String, String> {
    let login = match name.rsplit_once('@') {
        Some((login, domain)) if domain.eq_ignore_ascii_case(sip_domain) => login,
        Some(_) => return Err(format!("{name} is not an account of {sip_domain}")),
        None => name,
    };
    let harmless = |c: char| !c.is_control() && !c.is_whitespace();
    if login.is_empty() || login.len() > LONGEST || !login.chars().all(harmless) {
        return Err(format!("{name:?} is no login"));
    }
    Ok(own::account(login, sip_domain))
}

fn account_in(path: &Path) -> Result<String, String> {
    let words = |error| format!("{}: {error}", path.display());
    let bytes = files::read(path)?.unwrap_or_default();
    let list = SignedList::parse(&bytes).and_then(|list| Index::parse(&list.bytes()?)).map_err(words)?;
    let account = list.account.ok_or_else(|| format!("{}: it names no account", path.display()))?;
    // A list under another's name would be given to that other, who would refuse it.
    let in_place = path.file_stem().is_some_and(|stem| *stem == *own::file_name(&account));
    if in_place { Ok(account) } else { Err(format!("{}: it is the list of {account}", path.display())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_named_by_login_or_address_and_each_once() {
        let words = ["bert".to_owned(), "anna@VOIP.example".to_owned(), "anna".to_owned()];
        let all = named(&words, None, "voip.example").unwrap();
        assert_eq!(all.into_iter().collect::<Vec<_>>(), ["anna@voip.example", "bert@voip.example"]);
        for bad in ["anna@other.example", "", "@voip.example", "an na", &"x".repeat(129)] {
            assert!(named(&[bad.to_owned()], None, "voip.example").is_err(), "{bad}");
        }
    }
}
