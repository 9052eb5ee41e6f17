//! Kamailio and the provider on one SQLite file, both busy.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::rig::Scratch;
use crate::rig::kamailio::{Algorithm, Kamailio};
use crate::rig::load::{changes, password};
use crate::rig::provider::{Options, Provider};
use crate::rig::registrar::Telephone;
use crate::rig::subscribers::Subscribers;

const ACCOUNTS: usize = 40;
const ROUNDS: u64 = 25;

#[test]
fn a_thousand_changes_are_made_while_kamailio_serves_registers_from_the_same_file() {
    let scratch = Scratch::new();
    let table = Subscribers::make(&scratch.folder("database"), Algorithm::Md5);
    let accounts: Vec<String> = (0..ACCOUNTS).map(|number| format!("user{number}")).collect();
    for user in &accounts {
        table.add(user, &password(user, 1));
    }
    table.add("steady", "never changes");
    let kamailio = Kamailio::start_with_table(&scratch, Algorithm::Md5, &table);
    let mut options = Options::simple(format!("sqlite:{}", table.file.display()), "kamailio");
    options.more += "[limits]\nchanges_per_second = 100000\n";
    let provider = Provider::start(&scratch.folder("provider"), &options);
    let done = AtomicBool::new(false);
    let (outcome, registers) = std::thread::scope(|scope| {
        let load = scope.spawn(|| {
            let mut registers = 0_u32;
            while !done.load(Ordering::Relaxed) {
                let mut steady = Telephone::new(kamailio.plain, "steady");
                assert_eq!(steady.register("never changes", Some("urn:uuid:steady")).0, 200, "after {registers}");
                registers += 1;
            }
            registers
        });
        let outcome = changes(&provider, &accounts, ROUNDS, 8, false);
        done.store(true, Ordering::Relaxed);
        (outcome, load.join().expect("every REGISTER was answered"))
    });
    println!(
        "{} changes in {:.1} s, {registers} REGISTERs answered meanwhile",
        outcome.each.len(),
        outcome.took.as_secs_f64()
    );
    assert_eq!(outcome.each.len(), ACCOUNTS * usize::try_from(ROUNDS).expect("small"));
    assert!(registers > 20, "Kamailio was busy too: {registers}");
    for user in &accounts {
        let mut telephone = Telephone::new(kamailio.plain, user);
        assert_eq!(telephone.register(&password(user, ROUNDS + 1), None).0, 200, "{user} has the last password");
        assert_eq!(telephone.register(&password(user, ROUNDS), None).0, 401, "{user} has not the one before");
    }
    assert_eq!(table.sql("SELECT COUNT(*) FROM sasa_tx WHERE state = 'applied';"), "1000");
    assert!(!provider.daemon.log().contains("ERROR"), "{}", provider.daemon.log());
}
