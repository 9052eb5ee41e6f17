//! The vault of the scripted world: a keyring with moods.

use ringfence::base::Secret;
use ringfence::phone::Input;
use ringfence::port::RequestId;
use ringfence::port::vault::{EntryId, Key, Listed, Reply, Request, Slot, VaultError};

use super::world::World;

/// The vault's mood.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Vault {
    Works,
    Fails(VaultError),
    /// Does not answer.
    Stuck,
}

impl World {
    pub(super) fn vault(&mut self, id: RequestId, request: Request) {
        let keyring = (self.vault == Vault::Works).then_some(&mut self.kept);
        if let Some(reply) = self.safe.answer(&request, keyring) {
            return self.inputs.push_back(Input::Vault(id, reply));
        }
        if self.vault == Vault::Works
            && let Some(reply) = self.of_several(&request)
        {
            return self.inputs.push_back(Input::Vault(id, reply));
        }
        let reply = match (&self.vault, &request) {
            (Vault::Stuck, _) => {
                self.unanswered.push((id, request));
                Reply::Failed(VaultError::Stuck)
            }
            (Vault::Fails(error), _) => Reply::Failed(error.clone()),
            (Vault::Works, Request::Check | Request::CheckFor(_)) => Reply::Done,
            (Vault::Works, Request::Assign(..) | Request::Unlock(_) | Request::Move { .. }) => {
                panic!("the safe answers that")
            }
            (Vault::Works, Request::Erase { account, .. }) => {
                self.kept.retain(|name, _| !name.starts_with(account.as_str()));
                Reply::Done
            }
            (Vault::Works, Request::List(_)) => Reply::Several(Vec::new()),
            (Vault::Works, Request::Settle { key, secret, .. }) => {
                let is_it = self.kept.get(&entry(key)) == Some(secret.expose("a test's vault"));
                if is_it { Reply::Done } else { Reply::Several(Vec::new()) }
            }
            (Vault::Works, Request::Get(key)) => match self.kept.get(&entry(key)) {
                Some(password) => Reply::Found(Secret::new(password.clone())),
                None => Reply::Absent,
            },
            (Vault::Works, Request::Put(key, password)) => {
                self.kept.insert(entry(key), password.expose("a test's vault").clone());
                Reply::Done
            }
            (Vault::Works, Request::Delete(key)) => {
                self.kept.remove(&entry(key));
                Reply::Done
            }
        };
        self.inputs.push_back(Input::Vault(id, reply));
    }

    /// What a keyring says whose name several entries answer to.
    fn of_several(&mut self, request: &Request) -> Option<Reply> {
        let (Request::Get(key)
        | Request::Put(key, _)
        | Request::Delete(key)
        | Request::List(key)
        | Request::Settle { key, .. }) = request
        else {
            return None;
        };
        let all = self.several.get_mut(&entry(key))?;
        Some(match request {
            Request::List(_) => {
                let listed = |(id, secret): &(String, String)| Listed {
                    id: EntryId(id.clone()),
                    secret: Some(Secret::new(secret.clone())),
                };
                Reply::Several(all.iter().map(listed).collect())
            }
            Request::Settle { keep, secret, others, .. } => {
                let kept = all.iter_mut().find(|(id, _)| *id == keep.0)?;
                kept.1.clone_from(secret.expose("a test's vault"));
                all.retain(|(id, _)| !others.iter().any(|other| other.id.0 == *id));
                if let [(_, secret)] = all.as_slice() {
                    self.kept.insert(entry(key), secret.clone());
                    self.several.remove(&entry(key));
                }
                Reply::Done
            }
            Request::Get(_)
            | Request::Put(..)
            | Request::Delete(_)
            | Request::Check
            | Request::CheckFor(_)
            | Request::Unlock(_)
            | Request::Assign(..)
            | Request::Move { .. }
            | Request::Erase { .. } => Reply::Failed(VaultError::Ambiguous(all.len())),
        })
    }
}

/// The name of a vault entry: the account's for its password, more for the others.
pub(super) fn entry(key: &Key) -> String {
    match key.slot {
        Slot::Active => key.account.clone(),
        slot @ (Slot::Txn | Slot::Attic | Slot::DeviceKey | Slot::Canary) => format!("{}/{slot:?}", key.account),
    }
}
