//! One function a figure.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::capture::{Capture, Datagram};
use crate::changes;
use crate::linphone::Linphone;
use crate::notices;
use crate::process::{self, Account};
use crate::provider;
use crate::rig::agent::Agent;
use crate::rig::baresip::{self, Baresip};
use crate::rig::kamailio::{Algorithm, Kamailio};
use crate::rig::keyring::Session;
use crate::rig::nat::Namespace;
use crate::rig::{Daemon, Scratch, free_port, wav};

/// Every figure, by name.
pub const ALL: &[(&str, fn())] = &[
    ("start: process start to 200 OK of REGISTER, UDP, session vault", start_to_registered),
    ("keyring: process start to 200 OK of REGISTER, UDP, password from gnome-keyring", start_with_keyring),
    ("answer: INVITE in to 200 out, auto-answer, 200 calls", invite_to_answer),
    ("command: command to INVITE on the wire, 100 calls", command_to_invite),
    ("call opus: one minute, voice processing off", || one_minute_call("opus", "opus/48000/2")),
    ("call pcmu: one minute, voice processing off", || one_minute_call("PCMU", "PCMU/8000/1")),
    ("idle: registered, one minute", idle),
    ("row: 200 calls of 1 s in a row through Kamailio", calls_in_a_row),
    ("window: first frame, memory, idle", window),
    ("change: press of the button to safe, 100 changes, gnome-keyring, Kamailio", changes::press_to_safe),
    ("notice: published to told by the phone, 50 revisions", notices::published_to_told),
    ("provider changes: a second, one process, SQLite and PostgreSQL", provider::changes_per_second),
    ("provider idle: one minute", provider::idle),
];

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64()
}

/// Minimum, median, 99th percentile, maximum and standard deviation, in the unit given.
pub fn show(what: &str, unit: &str, mut values: Vec<f64>) {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let sd = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt();
    println!(
        "{what}: n {}, min {:.3}, median {:.3}, p99 {:.3}, max {:.3}, sd {sd:.3} {unit}",
        values.len(),
        at(0.0),
        at(0.5),
        at(0.99),
        at(1.0)
    );
}

fn registered_at(datagrams: &[Datagram], after: f64) -> Option<f64> {
    let fits = |d: &&Datagram| {
        d.at > after && d.text().starts_with("SIP/2.0 200") && d.header("CSeq").is_some_and(|c| c.ends_with("REGISTER"))
    };
    datagrams.iter().find(fits).map(|d| d.at)
}

/// The baresip beside which we are measured, in the clear.
const fn their_phone(user: &'static str, codec: &'static str, auto_answer: bool) -> baresip::Options {
    baresip::Options { user, codec, tone: 600.0, transport: "udp", encryption: "", auto_answer }
}

fn start_to_registered() {
    let scratch = Scratch::new();
    let kamailio = Kamailio::start(&scratch, Algorithm::Md5);
    let prepared = Linphone::prepare(&scratch, &kamailio, "carol");
    let capture = Capture::start(&scratch);
    let (mut ours, mut theirs, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..15 {
        ours.push(now());
        let mut agent = Agent::start(&scratch, &format!("agent-{round}"), &["--bind", "127.0.0.1:0"]);
        agent.sign_in("alice", kamailio.plain, "udp", json!({}));
        agent.quit();
        let options = their_phone("bob", "opus/48000/2", true);
        let inner = Scratch::new();
        let folder = inner.folder("baresip-bob");
        // The tone file takes time to write: make it first, then take the time.
        wav::write_tone(&folder.join("in.wav"), 48000, 2, 600.0, 1);
        let baresip = Baresip::prepare(&inner, &kamailio, &options);
        theirs.push(now());
        let running = baresip.launch();
        drop(running);
        others.push(now());
        let linphone = Linphone::start(prepared.clone());
        std::thread::sleep(Duration::from_secs(1));
        linphone.quit();
    }
    let datagrams = capture.stop();
    let times = |starts: &[f64]| {
        starts.iter().filter_map(|s| registered_at(&datagrams, *s).map(|at| (at - s) * 1000.0)).collect::<Vec<_>>()
    };
    show("ringfence agent", "ms", times(&ours));
    show("baresip", "ms", times(&theirs));
    show("linphonec", "ms", times(&others));
}

/// The account and its password are there from an earlier run: nothing is said to the agent.
fn start_with_keyring() {
    let (scratch, session) = (Scratch::new(), Session::new());
    let _keyring = session.unlocked();
    let kamailio = Kamailio::start(&scratch, Algorithm::Md5);
    let start = || {
        Agent::start_within(&scratch, "agent", &["--vault", "keyring", "--bind", "127.0.0.1:0"], |c| session.within(c))
    };
    let mut first = start();
    first.sign_in("alice", kamailio.plain, "udp", json!({}));
    first.quit();
    let capture = Capture::start(&scratch);
    let mut starts = Vec::new();
    for _ in 0..15 {
        starts.push(now());
        let mut agent = start();
        agent.have("registration", |v| v["event"] == "account" && v["state"] == "registered");
        agent.quit();
    }
    let datagrams = capture.stop();
    let times = starts.iter().filter_map(|s| registered_at(&datagrams, *s).map(|at| (at - s) * 1000.0)).collect();
    show("ringfence agent with a keyring", "ms", times);
}

fn direct_agent(
    scratch: &Scratch,
    name: &str,
    peer: SocketAddr,
    more: serde_json::Value,
    arguments: &[&str],
) -> (Agent, SocketAddr) {
    let addr = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let bind = addr.to_string();
    let mut agent = Agent::start(scratch, name, &[&["--bind", &bind], arguments].concat());
    let mut command = json!({"do": "sign_in", "address": format!("{name}@{}", addr.ip()), "password": "", "server": peer.to_string(),
        "transport": "udp", "register": false, "accept_from": "any"});
    for (key, value) in more.as_object().into_iter().flatten() {
        command[key] = value.clone();
    }
    agent.ok(command);
    (agent, addr)
}

fn sipp(scratch: &Scratch, arguments: &[String]) -> Daemon {
    let folder = scratch.folder("sipp");
    let mut command = Command::new("sipp");
    command.args(["-i", "127.0.0.1", "-nostdin", "-trace_err"]).args(arguments).current_dir(&folder);
    Daemon::spawn("sipp", command, &folder)
}

fn invite_to_answer() {
    let scratch = Scratch::new();
    let port = free_port();
    let (mut agent, addr) =
        direct_agent(&scratch, "callee", SocketAddr::from(([127, 0, 0, 1], port)), json!({"auto_answer": true}), &[]);
    let capture = Capture::start(&scratch);
    let arguments =
        format!("-sn uac -p {port} -m 200 -l 1 -r 50 -d 20 {addr}").split(' ').map(str::to_owned).collect::<Vec<_>>();
    let sipp = sipp(&scratch, &arguments);
    crate::rig::wait_until("sipp has ended", || sipp.has_ended());
    let datagrams = capture.stop();
    let mut times = Vec::new();
    for invite in datagrams.iter().filter(|d| d.to == addr && d.text().starts_with("INVITE ")) {
        let answer = datagrams.iter().find(|d| {
            d.from == addr
                && d.at >= invite.at
                && d.text().starts_with("SIP/2.0 200")
                && d.header("Call-ID") == invite.header("Call-ID")
        });
        times.extend(answer.map(|a| (a.at - invite.at) * 1000.0));
    }
    show("INVITE in to 200 out", "ms", times);
    agent.quit();
}

fn command_to_invite() {
    let scratch = Scratch::new();
    let port = free_port();
    let peer = SocketAddr::from(([127, 0, 0, 1], port));
    let (mut agent, addr) = direct_agent(&scratch, "caller", peer, json!({}), &[]);
    let _sipp = sipp(&scratch, &format!("-sn uas -p {port}").split(' ').map(str::to_owned).collect::<Vec<_>>());
    let capture = Capture::start(&scratch);
    let mut starts = Vec::new();
    for _ in 0..100 {
        starts.push(now());
        let call = agent.ok(json!({"do": "call", "account": 1, "to": format!("sip:service@{peer}")}))["call"].clone();
        agent.wait("an answer", |v| v["event"] == "call" && v["call"] == call && v["state"] == "established");
        agent.ok(json!({"do": "hang_up", "call": call}));
        agent.have("the end", |v| v["event"] == "call" && v["call"] == call && v["state"] == "ended");
    }
    let datagrams = capture.stop();
    let first = |s: &f64| {
        datagrams
            .iter()
            .find(|d| d.at > *s && d.from == addr && d.text().starts_with("INVITE "))
            .map(|d| (d.at - s) * 1000.0)
    };
    show("line written to INVITE captured", "ms", starts.iter().filter_map(first).collect());
    agent.quit();
}

fn pacing(datagrams: &[Datagram], port_owner: impl Fn(&Datagram) -> bool) -> Vec<f64> {
    let times: Vec<f64> = datagrams.iter().filter(|d| d.is_rtp() && port_owner(d)).map(|d| d.at).collect();
    times.windows(2).map(|w| (w[1] - w[0]) * 1000.0).collect()
}

fn one_minute_call(ours: &str, theirs: &'static str) {
    let scratch = Scratch::new();
    wav::write_speech(&scratch.path().join("speech.wav"), 48000, 120);
    let input = format!("file:{}", scratch.path().join("speech.wav").display());
    let arguments = ["--input", &input, "--output", "discard"];
    let peer = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let (mut callee, callee_at) =
        direct_agent(&scratch, "callee", peer, json!({"auto_answer": true, "codecs": [ours]}), &arguments);
    let (mut caller, _) = direct_agent(&scratch, "caller", callee_at, json!({"codecs": [ours]}), &arguments);
    let call = caller.ok(json!({"do": "call", "account": 1, "to": format!("sip:callee@{callee_at}")}))["call"].clone();
    caller.call("established");
    minute(&scratch, "ringfence", caller.pid(), callee.pid());
    println!("figures of the call: {}", caller.ok(json!({"do": "stats", "call": call}))["stats"]);
    caller.ok(json!({"do": "hang_up", "call": call}));
    callee.call("ended");
    caller.quit();
    callee.quit();

    let kamailio = Kamailio::start(&scratch, Algorithm::Md5);
    let options = |user, auto_answer| their_phone(user, theirs, auto_answer);
    let bob = Baresip::start(&scratch, &kamailio, &options("bob", true));
    let alice = Baresip::start(&scratch, &kamailio, &options("alice", false));
    alice.command("dial", &format!("sip:bob@{}", kamailio.plain));
    bob.daemon.wait_for_log("audio rx pipeline");
    minute(&scratch, "baresip", alice.daemon.pid(), bob.daemon.pid());
    drop((alice, bob));
    linphone_minute(&scratch, &kamailio);
}

/// The same minute between two linphonec, with WAV files for sound.
fn linphone_minute(scratch: &Scratch, kamailio: &Kamailio) {
    let speech = scratch.path().join("speech.wav");
    let mut bob = Linphone::start(Linphone::prepare(scratch, kamailio, "bob"));
    let mut alice = Linphone::start(Linphone::prepare(scratch, kamailio, "alice"));
    for side in [&mut bob, &mut alice] {
        side.say("soundcard use files");
        side.say(&format!("play {}", speech.display()));
    }
    bob.say("autoanswer enable");
    std::thread::sleep(Duration::from_secs(2));
    alice.say(&format!("call sip:bob@{}", kamailio.plain));
    alice.wait_for_log("connected");
    minute(scratch, "linphonec", alice.pid(), bob.pid());
    alice.quit();
    bob.quit();
}

/// One minute of a call between two processes: CPU, wake-ups, memory, and the pacing of what the first sends.
fn minute(scratch: &Scratch, who: &str, caller: u32, callee: u32) {
    std::thread::sleep(Duration::from_secs(2));
    let capture = Capture::start(scratch);
    let before = (Account::of(caller), Account::of(callee));
    std::thread::sleep(Duration::from_secs(60));
    let (ours, others) = (Account::of(caller).since(&before.0), Account::of(callee).since(&before.1));
    println!(
        "{who}: CPU {:.3} and {:.3} s a minute, {:.0} wake-ups a second, peak {:.1} MiB, PSS {:.1} MiB, {} threads",
        ours.cpu,
        others.cpu,
        ours.wakeups / 60.0,
        process::peak_mib(caller),
        process::pss_mib(caller),
        process::threads(caller)
    );
    let datagrams = capture.stop();
    let mut senders: Vec<SocketAddr> = datagrams.iter().filter(|d| d.is_rtp()).map(|d| d.from).collect();
    senders.sort();
    senders.dedup();
    for sender in senders {
        show(&format!("{who}: pacing of one side's RTP"), "ms", pacing(&datagrams, |d| d.from == sender));
    }
}

/// Where the server of the line that needs keep-alives is: in a network namespace, since by loopback there are none.
const NEIGHBOUR: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 9);
/// Between two keep-alives by UDP, on average.
const KEEP_ALIVE: Duration = Duration::from_millis(22_500);

/// All in the same minute: what a processor takes for the pages that a sleeper has not touched for long differs from
/// one to the next. The last row is the floor: a thread that does nothing but send the two bytes.
fn idle() {
    let scratch = Scratch::new();
    let here = Kamailio::start(&scratch, Algorithm::Md5);
    let mut agent = Agent::start(&scratch, "alice", &["--bind", "127.0.0.1:0"]);
    agent.sign_in("alice", here.plain, "udp", json!({}));
    let (neighbours, beside) = (Namespace::new(), Scratch::new());
    neighbours.ip(&format!("addr add {NEIGHBOUR}/32 dev lo"));
    let there = Kamailio::start_at(&beside, Algorithm::Md5, NEIGHBOUR, |command| neighbours.within(&command));
    let plain = there.plain;
    crate::rig::wait_until("Kamailio listens in there", || {
        neighbours.inside(move || std::net::TcpStream::connect(plain).is_ok()).join().expect("no panic")
    });
    let mut kept = Agent::start_within(&beside, "bob", &[], |command| neighbours.within(&command));
    kept.sign_in("bob", there.plain, "udp", json!({}));
    let baresip = Baresip::start(&scratch, &here, &their_phone("bob", "opus/48000/2", true));
    let (floor, number) = std::sync::mpsc::sync_channel(1);
    std::thread::spawn(move || {
        floor.send(rustix::thread::gettid().as_raw_nonzero().get().unsigned_abs()).expect("the main thread waits");
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("a port");
        loop {
            std::thread::sleep(KEEP_ALIVE);
            socket.send_to(b"\r\n", here.plain).expect("sent");
        }
    });
    let floor = number.recv().expect("a thread");
    // What follows a sign-in is not idleness: who else is registered, the tables of numbers, timer K, and that a provider
    // whose notices could not be asked for, as this one's, is asked again after a minute, and then not for two more.
    std::thread::sleep(Duration::from_secs(80));
    for one in [&agent, &kept] {
        crate::rig::wait_until("the tables of numbers are loaded", || !process::has_thread(one.pid(), "tables"));
    }
    let own = std::process::id();
    let look = || {
        let whole = [agent.pid(), kept.pid(), baresip.daemon.pid()].map(Account::of);
        (whole, Account::of_thread(own, floor))
    };
    let before = look();
    std::thread::sleep(Duration::from_secs(60));
    let after = look();
    let names = ["ringfence agent, by loopback", "ringfence agent, with keep-alives", "baresip (sends none)"];
    for ((name, after), before) in names.into_iter().zip(&after.0).zip(&before.0) {
        println!("{name}: {}", after.since(before).over(60.0));
    }
    println!("a thread that sends the keep-alives: {}", after.1.since(&before.1).over(60.0));
    println!(
        "RSS {:.1} MiB, PSS {:.1} MiB, {} threads",
        process::resident_mib(agent.pid()),
        process::pss_mib(agent.pid()),
        process::threads(agent.pid())
    );
    agent.quit();
    kept.quit();
}

fn calls_in_a_row() {
    let scratch = Scratch::new();
    let kamailio = Kamailio::start(&scratch, Algorithm::Sha256);
    let mut bob = Agent::start(&scratch, "bob", &["--bind", "127.0.0.1:0"]);
    bob.sign_in("bob", kamailio.plain, "udp", json!({"auto_answer": true}));
    let mut alice = Agent::start(&scratch, "alice", &["--bind", "127.0.0.1:0"]);
    alice.sign_in("alice", kamailio.plain, "udp", json!({}));
    let (mut good, mut tenth) = (0, (0.0, 0.0));
    for n in 1..=200 {
        let call = alice.ok(json!({"do": "call", "account": 1, "to": "bob"}))["call"].clone();
        alice.wait("an answer or the end", |v| {
            v["event"] == "call" && v["call"] == call && (v["state"] == "established" || v["state"] == "ended")
        });
        // Figures come once a second: a little more than one, so that each call has had its first.
        std::thread::sleep(Duration::from_millis(1200));
        let heard = alice.ok(json!({"do": "stats", "call": call}))["stats"]["received"].as_u64().unwrap_or(0);
        good += u32::from(heard > 30);
        alice.ask(json!({"do": "hang_up", "call": call}));
        alice.have("the end", |v| v["event"] == "call" && v["call"] == call && v["state"] == "ended");
        if n == 10 {
            tenth = (process::resident_mib(alice.pid()), process::resident_mib(bob.pid()));
        }
    }
    println!("{good} of 200 calls were answered and heard");
    println!(
        "resident memory after call 10 and call 200: caller {:.1} and {:.1} MiB, callee {:.1} and {:.1} MiB",
        tenth.0,
        process::resident_mib(alice.pid()),
        tenth.1,
        process::resident_mib(bob.pid())
    );
    alice.quit();
    bob.quit();
}

/// The window under Xvfb with software OpenGL: it says itself when its first frame was painted.
fn window() {
    let scratch = Scratch::new();
    let folder = scratch.folder("window");
    let display = format!(":{}", 100 + std::process::id() % 800);
    let mut xvfb = Command::new("Xvfb");
    xvfb.args([&display, "-screen", "0", "1024x768x24", "-nolisten", "tcp"]);
    let _xvfb = Daemon::spawn("Xvfb", xvfb, &folder);
    crate::rig::wait_until("the display is there", || {
        Command::new("xdpyinfo").args(["-display", &display]).output().is_ok_and(|o| o.status.success())
    });
    let mut times = Vec::new();
    for round in 0..7 {
        let inner = scratch.folder(&format!("window-{round}"));
        let mut command = Command::new(crate::program());
        command.args(["--vault", "session", "--profile"]).arg(inner.join("profile"));
        command
            .env("DISPLAY", &display)
            .env_remove("WAYLAND_DISPLAY")
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env("RUST_LOG", "ringfence=trace");
        let start = std::time::Instant::now();
        let window = Daemon::spawn("ringfence", command, &inner);
        crate::rig::wait_until("the first frame", || window.log().contains("first frame"));
        times.push(start.elapsed().as_secs_f64() * 1000.0);
        if round == 6 {
            std::thread::sleep(Duration::from_secs(5));
            let pid = window.pid();
            let painted = || window.log().matches("a frame is painted").count();
            let before = (Account::of(pid), painted());
            std::thread::sleep(Duration::from_secs(30));
            println!(
                "idle: {}, {} frames; PSS {:.1} MiB, of it without a file (our heap and the software renderer's) {:.1} MiB, {} threads",
                Account::of(pid).since(&before.0).over(30.0),
                painted() - before.1,
                process::pss_mib(pid),
                process::anonymous_mib(pid),
                process::threads(pid)
            );
        }
    }
    show("process start to first frame (polled every 10 ms)", "ms", times);
}
