//! Where SIP servers keep passwords, as rows of SQL that SQLite and PostgreSQL both understand. To add a server is to
//! add a row; one conformance suite (`tests/live/backends.rs`) runs over all of them.
//!
//! Columns that a change cannot fill are overwritten with dice, never left and never blanked. What is left would still
//! be taken: Kamailio checks `ha1b` when a login comes with its domain. What is blank may be taken too: a server that
//! is set to compare passwords would let everybody in with an empty one.

use super::account::Hashes;
use super::policy::NewSecret;
use crate::base::{Entropy, Secret};
use crate::sip::digest::Hash;

/// How one SIP server keeps its passwords, and its registrations if they are in the database too.
///
/// In all statements `$1` is the login and `$2` the SIP domain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BackEnd {
    /// Its name in the configuration.
    pub name: &'static str,
    /// The hash that it keeps.
    pub hash: Hash,
    /// Tables and columns that must be there, as statements that fail otherwise.
    pub needs: &'static [&'static str],
    /// One row: the hash, the realm that it is for (null where the table does not say), a password that is kept in
    /// clear (null where there is none).
    pub read: &'static str,
    /// All logins of the domain.
    pub logins: &'static str,
    /// Writes `$3` the hash, `$4` the hash for logins with their domain, `$5` dice, `$6` the realm.
    pub write: &'static str,
    /// The registrations: id, contact, instance, user agent, where from, expires.
    pub registrations: &'static str,
    /// Ends the registration with the id `$3`.
    pub end: &'static str,
}

const KAMAILIO: BackEnd = BackEnd {
    name: "kamailio",
    hash: Hash::Md5,
    needs: &["SELECT username, domain, ha1, ha1b, password FROM subscriber WHERE 1 = 0"],
    read: "SELECT ha1, NULL, NULL FROM subscriber WHERE username = $1 AND domain = $2",
    logins: "SELECT username FROM subscriber WHERE domain = $1 ORDER BY username",
    write: "UPDATE subscriber SET ha1 = $3, ha1b = $4, password = $5 WHERE username = $1 AND domain = $2",
    registrations: "SELECT ruid, contact, instance, user_agent, received, CAST(expires AS TEXT) FROM location \
                    WHERE username = $1 AND (domain = $2 OR domain IS NULL OR domain = '')",
    end: "DELETE FROM location WHERE username = $1 AND (domain = $2 OR domain IS NULL OR domain = '') AND ruid = $3",
};

/// All of them.
pub const BACK_ENDS: [BackEnd; 3] = [
    KAMAILIO,
    // The same table, with `modparam("auth", "algorithm", "SHA-256")`: one algorithm an instance in Kamailio 5.6.
    BackEnd { name: "kamailio-sha256", hash: Hash::Sha256, ..KAMAILIO },
    BackEnd {
        name: "asterisk",
        hash: Hash::Md5,
        needs: &["SELECT id, auth_type, md5_cred, password, realm, username FROM ps_auths WHERE 1 = 0"],
        read: "SELECT CASE WHEN CAST(auth_type AS TEXT) = 'md5' THEN md5_cred END, realm, \
               CASE WHEN COALESCE(CAST(auth_type AS TEXT), 'userpass') = 'userpass' THEN password END \
               FROM ps_auths WHERE username = $1 AND $2 = $2",
        logins: "SELECT DISTINCT username FROM ps_auths WHERE $1 = $1 ORDER BY username",
        write: "UPDATE ps_auths SET auth_type = 'md5', md5_cred = $3, password = NULL, realm = $6 \
                WHERE username = $1 AND $2 = $2 AND $4 = $4 AND $5 = $5",
        registrations: "SELECT id, uri, NULL, user_agent, via_addr, CAST(expiration_time AS TEXT) FROM ps_contacts \
                        WHERE endpoint = $1 AND $2 = $2",
        end: "DELETE FROM ps_contacts WHERE endpoint = $1 AND $2 = $2 AND id = $3",
    },
];

impl BackEnd {
    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<BackEnd> {
        BACK_ENDS.into_iter().find(|row| row.name == name)
    }

    /// What a row of [`BackEnd::read`] means; nobody is let in by a hash of another realm.
    #[must_use]
    pub fn hashes(&self, user: &str, realm: &str, row: (Option<&str>, Option<&str>, Option<&str>)) -> Hashes {
        let (hash, kept_for, plain) = row;
        if let Some(plain) = plain.filter(|plain| !plain.is_empty()) {
            return Hashes::of(user, realm, &Secret::from(plain)).only(&[self.hash]);
        }
        let ours = kept_for.is_none_or(|kept_for| kept_for == realm);
        hash.filter(|_| ours).map_or_else(Hashes::default, |hash| Hashes::default().with(self.hash, hash))
    }

    /// The values `$3`, `$4` and `$5` of [`BackEnd::write`]; `None` if the hash that this server keeps is missing.
    #[must_use]
    pub fn values(
        &self,
        user: &str,
        domain: &str,
        realm: &str,
        secret: &NewSecret,
        dice: &mut Entropy,
    ) -> Option<[Secret<String>; 3]> {
        let hash = secret.hashes.get(self.hash)?.clone();
        let noise = |dice: &mut Entropy| {
            let mut bytes = [0; 16];
            dice.fill(&mut bytes);
            Secret::new(crate::provider_api::ed25519::hex(&bytes))
        };
        let with_domain = match &secret.plain {
            Some(plain) => Hashes::of(&format!("{user}@{domain}"), realm, plain).get(self.hash)?.clone(),
            None => Secret::new([noise(dice), noise(dice)].map(|n| n.expose("nobody's password").clone()).concat()),
        };
        Some([hash, with_domain, noise(dice)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for row in BACK_ENDS {
            assert_eq!(BackEnd::named(row.name), Some(row));
        }
        assert_eq!(BackEnd::named("none"), None);
    }

    #[test]
    fn a_hash_of_another_realm_or_none_at_all_lets_nobody_in() {
        let good = "0123456789abcdef0123456789abcdef";
        assert!(!KAMAILIO.hashes("anna", "r", (Some(good), None, None)).is_empty());
        assert!(!KAMAILIO.hashes("anna", "r", (Some(good), Some("r"), None)).is_empty());
        assert!(KAMAILIO.hashes("anna", "r", (Some(good), Some("other"), None)).is_empty());
        assert!(KAMAILIO.hashes("anna", "r", (Some(""), None, Some(""))).is_empty());
        let plain = KAMAILIO.hashes("anna", "r", (None, None, Some("secret")));
        assert!(plain.same_password(&Hashes::of("anna", "r", &Secret::from("secret"))));
    }

    #[test]
    fn what_the_hashes_cannot_fill_is_dice_and_never_blank() {
        let dice = &mut Entropy::from_number(4);
        let hashes = Hashes::of("anna", "r", &Secret::from("new"));
        let hashed = NewSecret { hashes: hashes.clone(), plain: None };
        let [hash, with_domain, other] = KAMAILIO.values("anna", "d", "r", &hashed, dice).unwrap();
        assert_eq!(Some(&hash), hashes.get(Hash::Md5));
        let [again, ..] = [KAMAILIO.values("anna", "d", "r", &hashed, dice).unwrap()[1].clone()];
        assert_ne!(with_domain, again);
        assert!(with_domain.expose("test").len() >= 32 && other.expose("test").len() >= 32);
        let plain = NewSecret { plain: Some(Secret::from("new")), hashes };
        let [_, with_domain, _] = KAMAILIO.values("anna", "d", "r", &plain, dice).unwrap();
        assert_eq!(with_domain, crate::sip::digest::ha1(Hash::Md5, "anna@d", "r", &Secret::from("new")));
    }
}
