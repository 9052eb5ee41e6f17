//! Key files in minisign's own format: the stock `minisign` reads them, and signs with them.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use minisign::{KeyPair, SecretKey, SecretKeyBox};

use super::files::{self, Readers};
use crate::base::Secret;
use crate::provider_api::minisign::PublicKey;

/// The folder of the keys, and what opens them.
#[derive(Clone, Debug)]
pub struct Keys {
    folder: PathBuf,
    /// Encrypts the key files (scrypt); `None`: they lie open, and the folder must be a safe place.
    passphrase: Option<Secret<String>>,
}

/// A key that was opened.
pub struct Signer {
    /// Its name, such as `root-1`: the file's, and the id that roots list it by.
    pub name: String,
    /// Its public half.
    pub public: PublicKey,
    secret: SecretKey,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("name", &self.name).field("public", &self.public).finish_non_exhaustive()
    }
}

impl Keys {
    /// The keys below `folder`.
    #[must_use]
    pub fn new(folder: &Path, passphrase: Option<Secret<String>>) -> Keys {
        Keys { folder: folder.to_owned(), passphrase }
    }

    /// Where lists that were published are kept.
    #[must_use]
    pub fn archive(&self) -> PathBuf {
        self.folder.join("archive")
    }

    /// The first name of this kind (`root`, `notices`) that no key has or ever had: its public half stays here when the
    /// key itself is taken off the machine.
    #[must_use]
    pub fn free_name(&self, kind: &str) -> String {
        let mut names = (1_u32..).map(|number| format!("{kind}-{number}"));
        names.find(|name| !self.is_taken(name)).unwrap_or_default()
    }

    /// Makes a key. One that exists is never overwritten.
    ///
    /// # Errors
    /// In words.
    pub fn make(&self, name: &str) -> Result<Signer, String> {
        let file = self.file(name);
        if self.is_taken(name) {
            return Err(format!("{} was made before: a key is never overwritten", file.display()));
        }
        let pair = match &self.passphrase {
            Some(words) => KeyPair::generate_encrypted_keypair(Some(words.expose("it encrypts the key file").clone())),
            None => KeyPair::generate_unencrypted_keypair(),
        };
        let pair = pair.map_err(|error| error.to_string())?;
        let comment = format!("Ringfence {name}, secret key");
        let text = pair.sk.to_box(Some(&comment)).map_err(|error| error.to_string())?.into_string();
        let text = Secret::new(text);
        files::write(&file, text.expose("it goes into the key file").as_bytes(), Readers::Owner)?;
        let public = pair.pk.to_box().map_err(|error| error.to_string())?.into_string();
        files::write(&self.folder.join(format!("{name}.pub")), public.as_bytes(), Readers::All)?;
        self.open(name)
    }

    /// Opens a key.
    ///
    /// # Errors
    /// In words.
    pub fn open(&self, name: &str) -> Result<Signer, String> {
        let file = self.file(name);
        let words = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
        let bytes = files::read(&file)?.ok_or_else(|| words(&"there is no such key"))?;
        let text = Secret::new(String::from_utf8(bytes).map_err(|error| words(&error))?);
        let boxed = SecretKeyBox::from_string(text.expose("the key is opened")).map_err(|error| words(&error))?;
        let secret = match &self.passphrase {
            Some(phrase) => boxed.into_secret_key(Some(phrase.expose("the key is opened").clone())),
            None => boxed.into_unencrypted_secret_key(),
        };
        let secret = secret.map_err(|error| words(&error))?;
        let public = minisign::PublicKey::from_secret_key(&secret).map_err(|error| words(&error))?;
        let public = PublicKey::parse(&public.to_base64()).ok_or_else(|| words(&"not a key that can sign"))?;
        Ok(Signer { name: name.to_owned(), public, secret })
    }

    fn is_taken(&self, name: &str) -> bool {
        self.file(name).exists() || self.file(name).with_extension("pub").exists()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.key"))
    }
}

impl Signer {
    /// A key that is in no file and ends with the process: the demo's.
    ///
    /// # Errors
    /// In words.
    pub fn in_memory(name: &str) -> Result<Signer, String> {
        let pair = KeyPair::generate_unencrypted_keypair().map_err(|error| error.to_string())?;
        let public = PublicKey::parse(&pair.pk.to_base64()).ok_or("not a key that can sign")?;
        Ok(Signer { name: name.to_owned(), public, secret: pair.sk })
    }

    /// Signs exact bytes; the comment is signed too. The text of a `.minisig` file.
    ///
    /// # Errors
    /// In words.
    pub fn sign(&self, bytes: &[u8], comment: &str) -> Result<String, String> {
        let untrusted = format!("signature by {}", self.name);
        let signature = minisign::sign(None, &self.secret, Cursor::new(bytes), Some(comment), Some(&untrusted));
        Ok(signature.map_err(|error| error.to_string())?.into_string())
    }
}
