//! What one `ringfence-provider` process sustains, and what it costs when nobody wants anything.

use std::time::Duration;

use crate::figures::show;
use crate::process::{self, Account};
use crate::rig::Scratch;
use crate::rig::database::{Database, Postgres};
use crate::rig::kamailio::{Algorithm, DOMAIN};
use crate::rig::load::{changes, password};
use crate::rig::provider::{Client, Options, Provider, run};
use crate::rig::subscribers::Subscribers;

const ACCOUNTS: usize = 100;
const ROUNDS: u64 = 20;
const PARALLEL: usize = 16;

fn accounts() -> Vec<String> {
    (0..ACCOUNTS).map(|number| format!("user{number}")).collect()
}

fn fast(database: String) -> Options {
    let mut options = Options::simple(database, "kamailio");
    options.more += "[limits]\nchanges_per_second = 100000\n";
    options
}

fn sustain(name: &str, provider: &Provider) {
    for (how, first, anew) in [("connection and nonce kept", 1, false), ("new connection for each", 2, true)] {
        // The second time, other accounts: each begins with its first password.
        let half: Vec<_> = accounts().into_iter().skip(first - 1).step_by(2).collect();
        let outcome = changes(provider, &half, ROUNDS, PARALLEL, anew);
        let per_second = outcome.each.len() as f64 / outcome.took.as_secs_f64();
        println!("{name}, {how}: {} changes, {per_second:.0} a second", outcome.each.len());
        show("  each, as its phone sees it", "ms", outcome.each);
    }
}

/// Changes per second, in SQLite and in PostgreSQL, both with every commit flushed to the disk.
pub fn changes_per_second() {
    let scratch = Scratch::new();
    let table = Subscribers::make(&scratch.folder("database"), Algorithm::Md5);
    for user in accounts() {
        table.add(&user, &password(&user, 1));
    }
    let provider = Provider::start(&scratch.folder("sqlite"), &fast(format!("sqlite:{}", table.file.display())));
    sustain("SQLite", &provider);
    drop(provider);
    let postgres = Postgres::start();
    let database = postgres.database("kamailio");
    database.sql(
        "CREATE TABLE subscriber (username VARCHAR(64), domain VARCHAR(64), password VARCHAR(64) DEFAULT '', \
         ha1 VARCHAR(128), ha1b VARCHAR(128), PRIMARY KEY (username, domain));",
    );
    fill(&database);
    let provider = Provider::start(&scratch.folder("postgres"), &fast(database.url()));
    sustain("PostgreSQL", &provider);
}

fn fill(database: &Database) {
    let rows: Vec<String> = accounts()
        .iter()
        .map(|user| {
            let secret = ringfence::base::Secret::new(password(user, 1));
            let hash = ringfence::sip::digest::ha1(ringfence::sip::digest::Hash::Md5, user, DOMAIN, &secret);
            format!("('{user}', '{DOMAIN}', '{}', 'x')", hash.expose("a bench"))
        })
        .collect();
    database.sql(&format!("INSERT INTO subscriber (username, domain, ha1, ha1b) VALUES {};", rows.join(", ")));
}

/// Memory and processor of a provider that waits, after it has made some changes.
pub fn idle() {
    let scratch = Scratch::new();
    let table = Subscribers::make(&scratch.folder("database"), Algorithm::Md5);
    table.add("anna", &password("anna", 1));
    let provider = Provider::start(&scratch.folder("idle"), &fast(format!("sqlite:{}", table.file.display())));
    println!("fresh: {:.1} MiB resident", process::resident_mib(provider.daemon.pid()));
    changes(&provider, &["anna".to_owned()], 20, 1, false);
    let mut anna = Client::new(&provider, "anna");
    assert_eq!(run(anna.generation(&password("anna", 21))), Some(21));
    drop(anna);
    std::thread::sleep(Duration::from_secs(2));
    let pid = provider.daemon.pid();
    let before = Account::of(pid);
    std::thread::sleep(Duration::from_secs(60));
    let spent = Account::of(pid).since(&before).over(60.0);
    println!("idle for a minute: {spent}, {:.1} MiB resident", process::resident_mib(pid));
}
