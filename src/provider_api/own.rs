//! `GET notices/me`: the list for one account alone. It is an [`super::notices::Index`] that names the account, so that
//! what was signed for one says nothing to another; list and signature come in one answer, so that they cannot be of two
//! publications.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::ed25519::hex;
use super::{MAX_BODY, MAX_SIGNATURE, ReadError, ensure, read};

/// A list with its signature, as it is served to its account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SignedList {
    /// The exact bytes of the list in base64, as in [`super::Signed`].
    pub signed: String,
    /// The whole text of a minisign signature over those bytes.
    pub sig: String,
}

impl SignedList {
    /// Wraps bytes and signature, on the provider's side.
    #[must_use]
    pub fn wrap(bytes: &[u8], sig: String) -> SignedList {
        SignedList { signed: BASE64.encode(bytes), sig }
    }

    /// Reads an answer.
    ///
    /// # Errors
    /// If it is too long or malformed.
    pub fn parse(bytes: &[u8]) -> Result<SignedList, ReadError> {
        let list: SignedList = read(bytes, MAX_BODY)?;
        ensure(list.sig.len() <= MAX_SIGNATURE, "sig")?;
        Ok(list)
    }

    /// The bytes that were signed.
    ///
    /// # Errors
    /// If they are not base64.
    pub fn bytes(&self) -> Result<Vec<u8>, ReadError> {
        BASE64.decode(&self.signed).map_err(|_| ReadError::Value("signed"))
    }
}

/// How an account is called in [`super::notices::Index::account`]: the login of Digest, `@`, the SIP domain in lower
/// case.
#[must_use]
pub fn account(login: &str, sip_domain: &str) -> String {
    format!("{login}@{}", sip_domain.to_ascii_lowercase())
}

/// The name under which the list of an account is kept: no login can lead out of a folder.
#[must_use]
pub fn file_name(account: &str) -> String {
    hex(&Sha256::digest(account))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_comes_back_as_it_was_signed_and_what_is_no_list_does_not() {
        let list = SignedList::wrap(b"{ \"seq\": 1 }\n", "signature".into());
        let text = serde_json::to_vec(&list).unwrap();
        assert_eq!(SignedList::parse(&text).unwrap().bytes().unwrap(), b"{ \"seq\": 1 }\n");
        assert!(SignedList::parse(b"{\"signed\":\"\"}").is_err());
        assert!(SignedList { signed: "!".into(), ..list.clone() }.bytes().is_err());
        let long = SignedList { sig: "x".repeat(MAX_SIGNATURE + 1), ..list };
        assert_eq!(SignedList::parse(&serde_json::to_vec(&long).unwrap()), Err(ReadError::Value("sig")));
    }

    #[test]
    fn accounts_are_told_apart_and_none_leads_out_of_the_folder() {
        assert_eq!(account("anna", "VOIP.example"), "anna@voip.example");
        assert_ne!(file_name("anna@voip.example"), file_name("Anna@voip.example"));
        assert!(file_name("../../etc/passwd@x").bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
}
