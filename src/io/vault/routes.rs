//! Which place holds whose entries, and how an account moves from one to another.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::Places;
use crate::base::Secret;
use crate::port::vault::{Key, Place, Reply, Request, Slot, VaultError};

/// The table of places. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Routes(Arc<Mutex<Table>>);

#[derive(Debug)]
struct Table {
    usual: Place,
    places: Places,
    assigned: HashMap<String, Place>,
    /// Accounts on the move: nothing else is done to them meanwhile.
    moving: HashSet<String>,
}

impl Table {
    fn place_of(&self, account: &str) -> Place {
        self.assigned.get(account).copied().unwrap_or(self.usual)
    }
}

impl Routes {
    pub(super) fn new(usual: Place, places: Places) -> Routes {
        let (assigned, moving) = (HashMap::new(), HashSet::new());
        Routes(Arc::new(Mutex::new(Table { usual, places, assigned, moving })))
    }

    /// Held for moments only: whoever holds it waits for no place.
    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the right place. Must be called inside a tokio runtime.
    pub(super) fn perform(&self, request: Request) -> oneshot::Receiver<Reply> {
        let mut table = self.table();
        match request {
            Request::Check => {
                let usual = table.usual;
                table.places.ask(usual, request)
            }
            Request::CheckFor(ref account) => {
                let place = table.place_of(account);
                table.places.ask(place, request)
            }
            Request::Unlock(_) => table.places.ask(Place::Passphrase, request),
            Request::Get(ref key)
            | Request::Put(ref key, _)
            | Request::Delete(ref key)
            | Request::List(ref key)
            | Request::Settle { ref key, .. } => {
                if table.moving.contains(&key.account) {
                    return at_once(on_the_move());
                }
                let place = table.place_of(&key.account);
                table.places.ask(place, request)
            }
            Request::Assign(account, place) => {
                table.assigned.insert(account, place);
                at_once(Reply::Done)
            }
            Request::Move { account, to } => {
                if !table.moving.insert(account.clone()) {
                    return at_once(on_the_move());
                }
                drop(table);
                let routes = self.clone();
                in_background(async move { routes.move_account(account, to).await })
            }
            Request::Erase { account, from } => {
                drop(table);
                let routes = self.clone();
                in_background(async move { routes.erase(&account, from).await.unwrap_or_else(Reply::Failed) })
            }
        }
    }

    /// Asks one place, and waits for however long it takes.
    async fn ask(&self, place: Place, request: Request) -> Result<Reply, VaultError> {
        let outcome = self.table().places.ask(place, request);
        match outcome.await {
            Ok(Reply::Failed(why)) => Err(why),
            Ok(reply) => Ok(reply),
            Err(_) => Err(VaultError::Other("the vault's thread has ended".into())),
        }
    }

    async fn move_account(&self, account: String, to: Place) -> Reply {
        let from = self.table().place_of(&account);
        let outcome = if from == to { Ok(()) } else { self.copy(&account, from, to).await };
        let mut table = self.table();
        table.moving.remove(&account);
        match outcome {
            Ok(()) => {
                table.assigned.insert(account, to);
                Reply::Done
            }
            Err(why) => Reply::Failed(why),
        }
    }

    /// Makes the entries at `to` the same as those at `from`, and reads them back.
    async fn copy(&self, account: &str, from: Place, to: Place) -> Result<(), VaultError> {
        for slot in Slot::OF_ACCOUNT {
            let key = Key { account: account.to_owned(), slot };
            let secret = self.read(from, &key).await?;
            let request = match &secret {
                Some(secret) => Request::Put(key.clone(), secret.clone()),
                // A stale one of an earlier move.
                None => Request::Delete(key.clone()),
            };
            self.ask(to, request).await?;
            if self.read(to, &key).await? != secret {
                return Err(VaultError::Corrupt);
            }
        }
        Ok(())
    }

    async fn read(&self, place: Place, key: &Key) -> Result<Option<Secret<String>>, VaultError> {
        match self.ask(place, Request::Get(key.clone())).await? {
            Reply::Found(secret) => Ok(Some(secret)),
            Reply::Absent => Ok(None),
            Reply::Done | Reply::Several(_) | Reply::Restored | Reply::Failed(_) => Err(VaultError::Corrupt),
        }
    }

    async fn erase(&self, account: &str, from: Place) -> Result<Reply, VaultError> {
        let mut outcome = Ok(Reply::Done);
        for slot in Slot::OF_ACCOUNT {
            // One that cannot be deleted does not keep the others.
            let deleted = self.ask(from, Request::Delete(Key { account: account.to_owned(), slot })).await;
            outcome = outcome.and(deleted);
        }
        outcome
    }
}

fn on_the_move() -> Reply {
    Reply::Failed(VaultError::Other("the passwords of this line are being moved".into()))
}

fn at_once(reply: Reply) -> oneshot::Receiver<Reply> {
    let (sender, outcome) = oneshot::channel();
    // We hold the other end.
    drop(sender.send(reply));
    outcome
}

fn in_background(work: impl Future<Output = Reply> + Send + 'static) -> oneshot::Receiver<Reply> {
    let (sender, outcome) = oneshot::channel();
    #[expect(clippy::disallowed_methods, reason = "this is io")]
    tokio::spawn(async move {
        // The engine may have ended in the meantime.
        drop(sender.send(work.await));
    });
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(profile: &std::path::Path) -> Places {
        Places { profile: profile.to_owned(), keyring: None, passphrase: None, session: HashMap::new() }
    }

    fn key(account: &str, slot: Slot) -> Key {
        Key { account: account.into(), slot }
    }

    async fn ask(routes: &Routes, request: Request) -> Reply {
        routes.perform(request).await.unwrap()
    }

    #[tokio::test]
    async fn an_account_moves_with_all_its_slots_and_the_old_ones_stay_until_they_are_erased() {
        let dir = tempfile::tempdir().unwrap();
        let routes = Routes::new(Place::Session, places(dir.path()));
        let slots = [Slot::Active, Slot::Txn];
        for slot in slots {
            let put = Request::Put(key("a", slot), Secret::new(format!("{slot:?}")));
            assert_eq!(ask(&routes, put).await, Reply::Done);
        }
        let to = Place::Passphrase;
        let go = || Request::Move { account: "a".into(), to };
        assert_eq!(ask(&routes, go()).await, Reply::Failed(VaultError::NoFile), "no file is open");
        assert_eq!(ask(&routes, Request::Get(key("a", Slot::Txn))).await, Reply::Found(Secret::from("Txn")));
        assert_eq!(ask(&routes, Request::Unlock(Secret::from("a passphrase"))).await, Reply::Done);
        // What an earlier move left there is not taken for an entry of today.
        routes.ask(to, Request::Put(key("a", Slot::Attic), Secret::from("stale"))).await.unwrap();
        assert_eq!(ask(&routes, go()).await, Reply::Done);
        for slot in slots {
            let expected = Secret::new(format!("{slot:?}"));
            assert_eq!(ask(&routes, Request::Get(key("a", slot))).await, Reply::Found(expected.clone()));
            assert_eq!(routes.read(Place::Session, &key("a", slot)).await, Ok(Some(expected)), "still there");
        }
        assert_eq!(ask(&routes, Request::Get(key("a", Slot::Attic))).await, Reply::Absent);
        assert_eq!(ask(&routes, Request::Erase { account: "a".into(), from: Place::Session }).await, Reply::Done);
        for slot in slots {
            assert_eq!(routes.read(Place::Session, &key("a", slot)).await, Ok(None));
            assert!(matches!(ask(&routes, Request::Get(key("a", slot))).await, Reply::Found(_)));
        }
    }

    #[tokio::test]
    async fn an_entry_that_cannot_be_deleted_keeps_none_of_the_accounts_others() {
        let (keyring, jobs) = std::sync::mpsc::sync_channel::<super::super::Job>(4);
        let dir = tempfile::tempdir().unwrap();
        let routes = Routes::new(Place::Keyring, Places { keyring: Some(keyring), ..places(dir.path()) });
        let ambiguous = || Reply::Failed(VaultError::Ambiguous(2));
        let keyring = std::thread::spawn(move || {
            let mut asked = Vec::new();
            for job in jobs {
                let is_first = asked.is_empty();
                asked.push(job.request);
                job.reply.send(if is_first { ambiguous() } else { Reply::Done }).unwrap();
            }
            asked
        });
        let outcome = ask(&routes, Request::Erase { account: "a".into(), from: Place::Keyring }).await;
        assert_eq!(outcome, ambiguous(), "and it is said that one is left");
        drop(routes);
        let all = Slot::OF_ACCOUNT.map(|slot| Request::Delete(key("a", slot)));
        assert_eq!(keyring.join().unwrap(), all);
    }

    #[tokio::test]
    async fn an_account_on_the_move_is_left_alone_and_others_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let routes = Routes::new(Place::Session, places(dir.path()));
        routes.table().moving.insert("a".into());
        for request in [
            Request::Get(key("a", Slot::Active)),
            Request::Put(key("a", Slot::Active), Secret::from("x")),
            Request::Move { account: "a".into(), to: Place::Passphrase },
        ] {
            assert!(matches!(ask(&routes, request).await, Reply::Failed(VaultError::Other(_))));
        }
        assert_eq!(ask(&routes, Request::Get(key("b", Slot::Active))).await, Reply::Absent);
    }

    #[tokio::test]
    async fn accounts_are_where_they_were_assigned() {
        let dir = tempfile::tempdir().unwrap();
        let routes = Routes::new(Place::Passphrase, places(dir.path()));
        assert_eq!(ask(&routes, Request::Get(key("a", Slot::Active))).await, Reply::Failed(VaultError::NoFile));
        assert_eq!(ask(&routes, Request::Assign("a".into(), Place::Session)).await, Reply::Done);
        assert_eq!(ask(&routes, Request::Get(key("a", Slot::Active))).await, Reply::Absent);
        assert_eq!(ask(&routes, Request::Get(key("b", Slot::Active))).await, Reply::Failed(VaultError::NoFile));
    }
}
