//! The test vectors of assets/sip-account-security.md: whoever implements the protocol can check theirs against these
//! files, and so do we.

use std::path::PathBuf;

use ringfence::base::{Secret, WallTime};
use ringfence::provider_api::ed25519::{self, DeviceKey};
use ringfence::provider_api::notices::{Action, Index};
use ringfence::provider_api::secret::Ha1Algorithm;
use ringfence::provider_api::{
    ChangeReply, ChangeRequest, Credential, Discovery, Policy, Problem, Root, Rules, Signed, SignedList, Urn, own,
    read_back_code,
};
use ringfence::serve::publish::keys::Keys;
use ringfence::serve::publish::notices::{Board, Edit};
use ringfence::serve::publish::roots::{self, Details, Exchange, Identity};
use serde_json::{Value, json};

/// 2026-11-22T12:00:00Z.
const NOW: WallTime = WallTime(1_795_348_800_000);

fn file(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/vectors/sasa", name].iter().collect()
}

fn read(name: &str) -> Vec<u8> {
    std::fs::read(file(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn json(name: &str) -> Value {
    serde_json::from_slice(&read(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn discovery_and_the_walk_from_root_1_to_root_2() {
    let discovery = Discovery::parse(&read("discovery.json")).expect("discovery");
    assert!(discovery.speaks_for("voip.example", &[]) && !discovery.speaks_for("voip.test", &[]));
    let first = Root::first(&Signed::parse(&read("roots/1.json")).expect("signed")).expect("root 1");
    let second = first.next(&Signed::parse(&read("roots/2.json")).expect("signed")).expect("root 2");
    assert_eq!(Root::first(&discovery.root.expect("a root")).as_ref(), Ok(&second));
    assert!(first.in_force(NOW).is_ok() && second.in_force(WallTime(second.expires.0.0)).is_err());
}

#[test]
fn the_list_of_notices_is_signed_by_root_2_and_has_its_code() {
    let (bytes, signature) = (read("notices.json"), String::from_utf8(read("notices.json.minisig")).expect("text"));
    let root = Root::first(&Signed::parse(&read("roots/2.json")).expect("signed")).expect("root 2");
    assert!(root.signer(&bytes, &signature, NOW).is_some());
    assert!(root.signer(&[&bytes[..], b" "].concat(), &signature, NOW).is_none());
    let index = Index::parse(&bytes).expect("a list");
    assert_eq!(index.notices[0].actions, [Action::ChangeSipPassword, Action::AskProvider]);
    assert_eq!(json("codes.json")["notices.json"], read_back_code(&bytes));
}

#[test]
fn the_list_to_one_account_is_signed_by_root_2_and_names_it() {
    let list = SignedList::parse(&read("own-notices.json")).expect("a signed list");
    let bytes = list.bytes().expect("base64");
    let root = Root::first(&Signed::parse(&read("roots/2.json")).expect("signed")).expect("root 2");
    assert!(root.signer(&bytes, &list.sig, NOW).is_some());
    let index = Index::parse(&bytes).expect("a list");
    assert_eq!(index.account.as_deref(), Some(own::account("anna", "VOIP.example").as_str()));
    assert_eq!(json("codes.json")["own-notices.json"], read_back_code(&bytes));
    assert_eq!(Index::parse(&read("notices.json")).expect("a list").account, None);
}

#[test]
fn policy_change_reply_and_problem_are_read() {
    let policy = Policy::parse(&read("policy.json")).expect("a policy");
    assert!(policy.rules().is_ok() && policy.etag() == "\"17\"");
    let change = ChangeRequest::parse(&read("change.json")).expect("a change");
    let vector = json("digest.json");
    let text = |name: &str| vector[name].as_str().expect(name).to_owned();
    let secret = Credential::ha1(&text("user"), &text("realm"), &Secret::new(text("password")), &Ha1Algorithm::ALL);
    assert_eq!(change.secret, Some(secret));
    let reply = ChangeReply::parse(&read("change-reply.json")).expect("a reply");
    assert_eq!((reply.tx, reply.generation), (change.tx, Some(18)));
    assert_eq!(Problem::parse(&read("problem.json")).expect("a problem").urn(), Urn::Generation);
}

#[test]
fn a_device_signs_the_canonical_bytes() {
    let vector = json("device.json");
    let text = |name: &str| vector[name].as_str().unwrap_or_else(|| panic!("{name}"));
    let what = ed25519::Signed {
        method: text("method"),
        path: text("path"),
        body: text("body").as_bytes(),
        tx: text("tx"),
        generation: text("generation"),
        nonce: text("nonce"),
    };
    assert_eq!(String::from_utf8_lossy(&ed25519::canonical(&what)), text("canonical"));
    let key = DeviceKey::from_text(&Secret::from(text("seed"))).expect("a key");
    assert_eq!(key.public().as_deref(), Some(text("public")));
    assert_eq!(key.sign(&what).as_deref(), Some(text("signature")));
    assert!(ed25519::verify(text("public"), &what, text("signature")));
}

#[test]
fn password_rules_are_read_or_refused() {
    for row in json("password-rules.json").as_array().expect("rows") {
        let rules = row["rules"].as_str().expect("rules");
        assert_eq!(Rules::parse(rules).is_ok(), row["valid"].as_bool().expect("valid"), "{rules}");
    }
}

/// Run by hand after the protocol has changed; the secret keys live as long as this test.
#[test]
#[expect(clippy::too_many_lines, reason = "a list of files")]
#[ignore = "writes the vectors anew: only when the protocol has changed"]
fn write_the_vectors_anew() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let publish = file("");
    std::fs::remove_dir_all(publish.join("roots")).ok();
    std::fs::remove_file(publish.join("notices.json")).ok();
    let keys = Keys::new(folder.path(), None);
    let issuer = "https://account.voip.example".to_owned();
    let who = Identity {
        issuer: ringfence::provider_api::Origin::parse(&issuer).expect("an origin"),
        sip_domains: vec!["voip.example".into()],
        realm: "voip.example".into(),
    };
    let numbers = [("fraud".to_owned(), "+44 808 157 0192".to_owned())].into();
    let details = Details { numbers, ..Details::default() };
    roots::begin(&publish, &keys, &who, &details, (2, 2), NOW).expect("root 1");
    roots::rotate(&publish, &keys, &who, None, Exchange::Notices, NOW).expect("root 2");
    let draft = "id = \"2026-11-22-01\"\nseverity = \"Severe\"\nurgency = \"Immediate\"\ncertainty = \"Likely\"\n\
        actions = [\"change_sip_password\", \"an_action_of_tomorrow\"]\n\
        enforcement = { level = \"require\", deadline = \"2026-12-03T00:00:00Z\" }\n\
        facts = { confirmed = false, credentials_exposed = \"unknown\", data = [\"name\", \"sip_credentials\"] }\n\
        plan = [{ n = 1, text = { en = \"We closed the hole.\" }, status = \"done\" },\n\
        { n = 2, text = { en = \"Passwords will be changed for those who have not.\" }, due = \"2026-12-03T00:00:00Z\" }]\n\
        [text.en]\ntitle = \"Please change your line password\"\n\
        body = \"Somebody tried to obtain customer data. We do not know yet whether they did.\"\n";
    let board = Board::new(&publish, keys, who.issuer);
    board.edit(&Edit::Publish(draft.to_owned()), NOW).expect("a list");
    let (anna, letters) = (own::account("anna", "voip.example"), folder.path().join("own"));
    let draft = "id = \"2026-11-22-02\"\nreferences = [\"2026-11-22-01\"]\nactions = [\"review_calls\"]\n\
        [text.en]\ntitle = \"Calls to Latvia\"\nbody = \"Your line called Latvia forty times last night. Was it you?\"\n";
    board.of(&anna, &letters).edit(&Edit::Publish(draft.to_owned()), NOW).expect("a list to anna");
    let list = std::fs::read(letters.join(format!("{}.json", own::file_name(&anna)))).expect("written");
    std::fs::write(file("own-notices.json"), list).expect("written");
    let own_code =
        read_back_code(&SignedList::parse(&read("own-notices.json")).expect("a list").bytes().expect("base64"));
    let write = |name: &str, value: &Value| {
        std::fs::write(file(name), format!("{value:#}\n")).expect("written");
    };
    let root: Value = json("roots/2.json");
    write(
        "discovery.json",
        &json!({"sasa":"1","issuer":issuer,"sip_domains":["voip.example"],"registrars":["sip.voip.example"],
        "realm":"voip.example","digest":["SHA-256","MD5"],"endpoints":{"policy":"/sasa/policy","changes":"/sasa/changes",
        "sessions":"/sasa/sessions","guards":"/sasa/guards","enrol":"/sasa/devices","notices":"/sasa/notices.json",
        "notices_me":"/sasa/notices/me","roots":"/sasa/roots"},
        "auth":["device-key+digest","digest"],"generation":["client"],"secret_forms":["ha1"],
        "links":{"portal":"https://voip.example/login"},"poll_s":900,"incident":{"credentials_exposed":false},"root":root}),
    );
    write("codes.json", &json!({"notices.json": read_back_code(&read("notices.json")), "own-notices.json": own_code}));
    write(
        "policy.json",
        &json!({"generation":17,"rules":"minlength: 12; maxlength: 64; allowed: ascii-printable","secret_form":"ha1",
        "must_change":{"kind":"require","deadline":"2026-12-03T00:00:00Z"},"not_after_max_s":600}),
    );
    let (user, realm, password) = ("anna", "voip.example", "CANARY-vector");
    write("digest.json", &json!({"user":user,"realm":realm,"password":password}));
    let secret = Credential::ha1(user, realm, &Secret::from(password), &Ha1Algorithm::ALL);
    let tx = "01JD3K5Q8W9X7Y6Z5V4T3S2R1P";
    write(
        "change.json",
        &json!({"tx":tx,"target":"sip","generation":"client","not_after":"2026-11-22T12:10:00Z","secret":secret,
        "terminate":{"registrations":"others","tokens":"none","calls":"none"},"reason":"notice:2026-11-22-01"}),
    );
    write("change-reply.json", &json!({"tx":tx,"state":"applied","generation":18,"effective_in_s":0}));
    write("problem.json", &json!({"type":"urn:sasa:generation","status":412,"generation":18}));
    // The seed is 0, 1, 2, … 31: a key that nobody can mistake for a secret.
    let seed = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    let key = DeviceKey::from_text(&Secret::from(seed)).expect("a key");
    let (method, path, body, generation, nonce) = ("POST", "/sasa/changes", "{}", "17", "an-example-of-a-nonce");
    let what = ed25519::Signed { method, path, body: body.as_bytes(), tx, generation, nonce };
    write(
        "device.json",
        &json!({"seed":seed,"public":key.public(),"method":method,"path":path,"body":body,"tx":tx,"generation":generation,
        "nonce":nonce,"canonical":String::from_utf8(ed25519::canonical(&what)).expect("text"),"signature":key.sign(&what)}),
    );
    let row = |rules: &str| json!({"rules":rules,"valid":Rules::parse(rules).is_ok()});
    write(
        "password-rules.json",
        &Value::Array(vec![
            row(
                "minlength: 9; maxlength: 10; required: lower; required: upper; required: digit; required: [-!$*]; allowed: [A-HJ-NP-Za-km-z2-9]; max-consecutive: 2",
            ),
            row("minlength: 12; allowed: ascii-printable"),
            row(""),
            row("minlength: many"),
            row("maxlength: 3; minlength: 9"),
            row("allowed: [a-"),
        ]),
    );
}
