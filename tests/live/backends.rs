//! One conformance suite for every SIP server's tables, in SQLite and in PostgreSQL. Kamailio is asked itself, here on
//! PostgreSQL and in `provider.rs` on SQLite; Asterisk is not run: for it, this is conformance to its schema and nothing more.

use ringfence::base::Secret;
use ringfence::provider::security::backend::{BACK_ENDS, BackEnd};
use ringfence::provider_api::changes::{Terminate, Whose};
use ringfence::sip::digest::{Hash, ha1};
use serde_json::{Value, json};

use crate::rig::database::{Database, Postgres};
use crate::rig::kamailio::{Algorithm, DOMAIN, Kamailio};
use crate::rig::provider::{Ask, Client, Options, Provider, change, get, run};
use crate::rig::registrar::Telephone;
use crate::rig::{PASSWORD, Scratch};

const NEW: &str = "CANARY-the-new-password";

/// As Kamailio 5.6 makes it for either database.
const KAMAILIO: &str = "
    CREATE TABLE subscriber (id INTEGER, username VARCHAR(64) DEFAULT '' NOT NULL, domain VARCHAR(64) DEFAULT '' NOT NULL,
        password VARCHAR(64) DEFAULT '' NOT NULL, ha1 VARCHAR(128) DEFAULT '' NOT NULL, ha1b VARCHAR(128) DEFAULT '' NOT NULL,
        CONSTRAINT subscriber_account_idx UNIQUE (username, domain));
    CREATE TABLE location (id INTEGER, ruid VARCHAR(64) DEFAULT '' NOT NULL, username VARCHAR(64) DEFAULT '' NOT NULL,
        domain VARCHAR(64) DEFAULT NULL, contact VARCHAR(512) DEFAULT '' NOT NULL, received VARCHAR(128) DEFAULT NULL,
        expires TIMESTAMP DEFAULT '2030-05-28 21:32:15' NOT NULL, user_agent VARCHAR(255) DEFAULT '' NOT NULL,
        instance VARCHAR(255) DEFAULT NULL);";

/// As Asterisk's own migrations make it. SQLite has no enumerations: its migrations make a text of it.
const ASTERISK: &str = "
    CREATE TABLE ps_auths (id VARCHAR(40) NOT NULL UNIQUE, auth_type AUTH_TYPE, nonce_lifetime INTEGER,
        md5_cred VARCHAR(40), password VARCHAR(80), realm VARCHAR(40), username VARCHAR(40));
    CREATE TABLE ps_contacts (id VARCHAR(255) UNIQUE, uri VARCHAR(511), expiration_time BIGINT, user_agent VARCHAR(255),
        via_addr VARCHAR(40), endpoint VARCHAR(40));";

/// A row of the suite: a SIP server's tables in a database.
struct Case {
    row: BackEnd,
    database: Database,
}

impl Case {
    fn is_asterisk(&self) -> bool {
        self.row.name == "asterisk"
    }

    fn make(row: BackEnd, database: Database) -> Case {
        let case = Case { row, database };
        if case.is_asterisk() {
            let (before, kind) = match case.database {
                Database::Sqlite(_) => ("", "VARCHAR(8)"),
                Database::Postgres(..) => ("CREATE TYPE auth_kind AS ENUM ('md5', 'userpass');", "auth_kind"),
            };
            case.database.sql(&format!("{before}{}", ASTERISK.replace("AUTH_TYPE", kind)));
        } else {
            case.database.sql(KAMAILIO);
        }
        case
    }

    fn hash(&self, user: &str, password: &str) -> String {
        ha1(self.row.hash, user, DOMAIN, &Secret::from(password)).expose("a test").clone()
    }

    /// Opens an account as the SIP server's own tools do: in Asterisk, with the password in clear.
    fn open(&self, user: &str, password: &str) {
        let sql = if self.is_asterisk() {
            format!(
                "INSERT INTO ps_auths (id, auth_type, password, realm, username) \
                 VALUES ('{user}-auth', 'userpass', '{password}', '{DOMAIN}', '{user}');"
            )
        } else {
            let (plain, other) = (self.hash(user, password), self.hash(&format!("{user}@{DOMAIN}"), password));
            format!(
                "INSERT INTO subscriber (username, domain, ha1, ha1b) VALUES ('{user}', '{DOMAIN}', '{plain}', '{other}');"
            )
        };
        self.database.sql(&sql);
    }

    /// The whole row, as text.
    fn dump(&self, user: &str) -> String {
        let sql = if self.is_asterisk() {
            format!(
                "SELECT auth_type, md5_cred, COALESCE(password, '-'), realm FROM ps_auths WHERE username = '{user}';"
            )
        } else {
            format!("SELECT ha1, ha1b, password FROM subscriber WHERE username = '{user}';")
        };
        self.database.sql(&sql)
    }

    fn registered(&self, user: &str) -> String {
        let sql = if self.is_asterisk() {
            format!("SELECT id FROM ps_contacts WHERE endpoint = '{user}' ORDER BY id;")
        } else {
            format!("SELECT ruid FROM location WHERE username = '{user}' ORDER BY ruid;")
        };
        self.database.sql(&sql)
    }

    fn register(&self, user: &str, id: &str, instance: &str) {
        let sql = if self.is_asterisk() {
            format!(
                "INSERT INTO ps_contacts (id, uri, endpoint, expiration_time) \
                 VALUES ('{user};@{id}', 'sip:{user}@192.0.2.1', '{user}', 1795360200);"
            )
        } else {
            format!(
                "INSERT INTO location (ruid, username, contact, instance) \
                 VALUES ('{id}', '{user}', 'sip:{user}@192.0.2.1', '<{instance}>');"
            )
        };
        self.database.sql(&sql);
    }
}

/// What every back end must do.
fn conforms(case: &Case) {
    let scratch = Scratch::new();
    case.open("anna", PASSWORD);
    case.open("bert", "own password of bert");
    let mut options = Options::simple(case.database.url(), case.row.name);
    options.more += "[registrations]\ntable = true\n";
    let provider = Provider::start(&scratch.folder("provider"), &options);
    let (mut anna, mut nobody) = (Client::new(&provider, "anna"), Client::new(&provider, "nobody"));
    let bert_before = case.dump("bert");
    run(async {
        assert_eq!(anna.generation(PASSWORD).await, Some(1));
        assert_eq!(nobody.generation(PASSWORD).await, None);
        race(&provider, &mut anna).await;
        let row = case.dump("anna");
        assert!(row.contains(&case.hash("anna", NEW)), "{row}");
        for password in [PASSWORD, NEW] {
            assert!(!row.contains(password), "{row}");
        }
        let old = [case.hash("anna", PASSWORD), case.hash(&format!("anna@{DOMAIN}"), PASSWORD)];
        assert!(!old.iter().any(|hash| row.contains(hash)), "nothing of the old password is left: {row}");
        assert!(row.split('|').all(|column| !column.is_empty()), "nothing is blank: {row}");
        assert_eq!((anna.generation(PASSWORD).await, anna.generation(NEW).await), (None, Some(2)));

        // Somebody else changes it.
        let by_hand = case.row.write.replace("$1", "'anna'").replace("$2", &format!("'{DOMAIN}'"));
        let by_hand = by_hand.replace("$3", &format!("'{}'", case.hash("anna", "by hand")));
        let by_hand = by_hand.replace("$4", "'x'").replace("$5", "'x'").replace("$6", &format!("'{DOMAIN}'"));
        case.database.sql(&format!("{by_hand};"));
        assert_eq!(anna.generation("by hand").await, Some(3));

        // Registrations are in the table here.
        case.register("anna", "r-mine", "urn:uuid:me");
        case.register("anna", "r-theirs", "urn:uuid:them");
        case.register("bert", "r-bert", "urn:uuid:bert");
        let rows = anna.ask("by hand", &get("/sasa/sessions")).await.body;
        assert_eq!(rows["registrations"].as_array().map(Vec::len), Some(2), "{rows}");
        // Asterisk counts seconds, and its keys cannot stand in a path; a date without a zone is nobody's.
        let until = if case.is_asterisk() { json!("2026-11-22T15:10:00Z") } else { Value::Null };
        assert_eq!(rows["registrations"][0]["expires"], until, "{rows}");
        let other = rows["registrations"].as_array().into_iter().flatten().find(|row| row["instance"] != "urn:uuid:me");
        let id = other.and_then(|row| row["id"].as_str()).expect("an id");
        let one = Ask { method: "DELETE", ..get(&format!("/sasa/sessions/{id}")) };
        assert_eq!(anna.ask("by hand", &one).await.status, 204, "{rows}");
        case.register("anna", "r-another", "urn:uuid:another");
        let tx = anna.tx();
        let terminate =
            Terminate { registrations: Whose::Others, keep: Some("urn:uuid:me".into()), ..Terminate::default() };
        assert_eq!(anna.ask("by hand", &change("anna", &tx, NEW, 3, terminate)).await.status, 200);
    });
    // Asterisk's contacts name no instance: then all of them end, which the phone's next REGISTER mends.
    assert_eq!(case.registered("anna"), if case.is_asterisk() { "" } else { "r-mine" });
    let bert = if case.is_asterisk() { "bert;@r-bert" } else { "r-bert" };
    assert_eq!((case.registered("bert").as_str(), case.dump("bert")), (bert, bert_before), "others are left alone");
    assert!(!provider.daemon.log().contains("CANARY"), "no secret in the log");
}

/// Four changes for the same generation at the same time: exactly one is made. (Four, since a loser may come with what
/// is now the old password, and five of those would have to wait.)
async fn race(provider: &Provider, anna: &mut Client) {
    let mut racers: Vec<_> = (0..4).map(|_| Client::new(provider, "anna")).collect();
    let asks: Vec<_> =
        racers.iter_mut().map(|racer| change("anna", &racer.tx(), NEW, 1, Terminate::default())).collect();
    let mut set = tokio::task::JoinSet::new();
    for (mut racer, ask) in racers.into_iter().zip(asks) {
        set.spawn(async move { racer.ask(PASSWORD, &ask).await });
    }
    let mut states = Vec::new();
    while let Some(answer) = set.join_next().await {
        let answer = answer.expect("it ran");
        assert!([200, 401, 412].contains(&answer.status), "{answer:?}");
        states.push(answer.status);
    }
    assert_eq!(states.iter().filter(|status| **status == 200).count(), 1, "{states:?}");
    assert_eq!(anna.ask(NEW, &get("/sasa/policy")).await.body["generation"], json!(2));
}

#[test]
fn every_back_end_conforms_in_sqlite() {
    for row in BACK_ENDS {
        let scratch = Scratch::new();
        conforms(&Case::make(row, Database::sqlite(&scratch.path().join("sip.db"))));
    }
}

#[test]
fn every_back_end_conforms_in_postgresql() {
    let postgres = Postgres::start();
    for row in BACK_ENDS {
        conforms(&Case::make(row, postgres.database(&row.name.replace('-', "_"))));
    }
}

#[test]
fn a_database_without_the_sip_server_s_tables_is_refused_with_their_names() {
    let scratch = Scratch::new();
    let database = Database::sqlite(&scratch.path().join("sip.db"));
    for row in BACK_ENDS {
        let folder = scratch.folder(row.name);
        let log = Provider::refused(&folder, &Options::simple(database.url(), row.name));
        let table = if row.name == "asterisk" { "ps_auths" } else { "subscriber" };
        assert!(log.contains("tables of") && log.contains(table), "{log}");
    }
}

#[test]
fn a_hash_for_another_realm_lets_nobody_in() {
    let scratch = Scratch::new();
    let asterisk = BackEnd::named("asterisk").expect("a row");
    let case = Case::make(asterisk, Database::sqlite(&scratch.path().join("sip.db")));
    case.open("anna", PASSWORD);
    let hash = case.hash("anna", PASSWORD);
    case.database.sql(&format!("UPDATE ps_auths SET auth_type = 'md5', md5_cred = '{hash}', password = NULL;"));
    let provider = Provider::start(&scratch.folder("provider"), &Options::simple(case.database.url(), "asterisk"));
    let mut anna = Client::new(&provider, "anna");
    assert_eq!(run(anna.generation(PASSWORD)), Some(1));
    case.database.sql("UPDATE ps_auths SET realm = 'other';");
    assert_eq!(run(anna.generation(PASSWORD)), None);
}

#[test]
fn kamailio_on_postgresql_takes_the_new_password_at_once_and_refuses_the_old_one() {
    let (scratch, postgres) = (Scratch::new(), Postgres::start());
    let database = postgres.database("kamailio");
    for part in ["standard", "auth_db", "usrloc"] {
        let schema = std::fs::read_to_string(format!("/usr/share/kamailio/postgres/{part}-create.sql"));
        database.sql(&schema.expect("kamailio-postgres-modules is in TEST_PACKAGES of packaging/lib.sh"));
    }
    let of = |login: &str| ha1(Hash::Md5, login, DOMAIN, &Secret::from(PASSWORD)).expose("a test").clone();
    let (plain, with_domain) = (of("anna"), of(&format!("anna@{DOMAIN}")));
    database.sql(&format!(
        "INSERT INTO subscriber (username, domain, ha1, ha1b) VALUES ('anna', '{DOMAIN}', '{plain}', '{with_domain}');"
    ));
    let kamailio = Kamailio::start_with_database(&scratch, Algorithm::Md5, &database);
    let says = |password| Telephone::new(kamailio.plain, "anna").register(password, None).0;
    assert_eq!((says(PASSWORD), says(NEW)), (200, 401));
    let provider = Provider::start(&scratch.folder("provider"), &Options::simple(database.url(), "kamailio"));
    let mut anna = Client::new(&provider, "anna");
    let (_, ask) = anna.change(NEW, 1);
    run(async { assert_eq!(anna.ask(PASSWORD, &ask).await.word(), "applied") });
    assert_eq!((says(PASSWORD), says(NEW)), (401, 200));
}
