//! Network namespaces: a machine of its own, or a client behind a masquerading router that forgets UDP after 30 s.
//! Needs the right to make namespaces (root, or CAP_NET_ADMIN and CAP_SYS_ADMIN), `ip` and `nft`.

use std::fs::File;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// The client's address behind the router, and the server's in front of it.
pub const CLIENT: &str = "192.168.77.2";
pub const ROUTER: &str = "198.51.100.1";
pub const SERVER: &str = "198.51.100.9";

/// One namespace; deleted at the end.
pub struct Namespace(String);

/// Client, router and server, in a row.
pub struct Nat {
    pub client: Namespace,
    pub router: Namespace,
    pub server: Namespace,
}

fn run(line: &str) {
    let mut words = line.split(' ');
    let output = Command::new(words.next().expect("a program")).args(words).output();
    let output = output.unwrap_or_else(|error| panic!("{line}: {error}"));
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
}

impl Namespace {
    /// An empty namespace with nothing but loopback.
    pub fn new() -> Namespace {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("rf-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        run(&format!("ip netns add {name}"));
        let namespace = Namespace(name);
        namespace.ip("link set lo up");
        namespace
    }

    /// `ip` in this namespace.
    pub fn ip(&self, arguments: &str) {
        run(&format!("ip -n {} {arguments}", self.0));
    }

    /// Any program in this namespace, to its end.
    pub fn run(&self, line: &str) {
        run(&format!("ip netns exec {} {line}", self.0));
    }

    /// Lets `command` run in this namespace.
    pub fn within(&self, command: &Command) -> Command {
        let mut outer = Command::new("ip");
        outer.args(["netns", "exec", &self.0]).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => outer.env(name, value),
                None => outer.env_remove(name),
            };
        }
        outer
    }

    /// Runs `work` on a thread of its own inside this namespace: every socket that it makes belongs there.
    pub fn inside<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> std::thread::JoinHandle<T> {
        let file = File::open(format!("/run/netns/{}", self.0)).expect("a namespace");
        std::thread::spawn(move || {
            move_into_link_name_space(std::os::fd::AsFd::as_fd(&file), Some(LinkNameSpaceType::Network))
                .expect("inside");
            work()
        })
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _deleted = Command::new("ip").args(["netns", "del", &self.0]).status();
    }
}

impl Nat {
    pub fn new() -> Nat {
        let nat = Nat { client: Namespace::new(), router: Namespace::new(), server: Namespace::new() };
        let Nat { client, router, server } = &nat;
        run(&format!("ip link add c0 netns {} type veth peer name inside netns {}", client.0, router.0));
        run(&format!("ip link add s0 netns {} type veth peer name outside netns {}", server.0, router.0));
        client.ip(&format!("addr add {CLIENT}/24 dev c0"));
        router.ip("addr add 192.168.77.1/24 dev inside");
        router.ip(&format!("addr add {ROUTER}/24 dev outside"));
        server.ip(&format!("addr add {SERVER}/24 dev s0"));
        for (namespace, link) in [(client, "c0"), (router, "inside"), (router, "outside"), (server, "s0")] {
            namespace.ip(&format!("link set {link} up"));
        }
        client.ip("route add default via 192.168.77.1");
        router.run("sysctl -qw net.ipv4.ip_forward=1");
        router.run("nft add table ip nat");
        router.run("nft add chain ip nat out { type nat hook postrouting priority 100 ; }");
        nat.masquerade("40000-44999");
        router.run("sysctl -qw net.netfilter.nf_conntrack_udp_timeout=30");
        router.run("sysctl -qw net.netfilter.nf_conntrack_udp_timeout_stream=30");
        nat
    }

    /// The router is restarted: it has forgotten every mapping, and new ones get ports from another range.
    pub fn restart_router(&self) {
        self.masquerade("45000-49999");
        // Masquerading forgets what went out through a link that goes down.
        self.router.ip("link set outside down");
        self.router.ip("link set outside up");
    }

    fn masquerade(&self, ports: &str) {
        self.router.run("nft flush chain ip nat out");
        for protocol in ["udp", "tcp"] {
            let rule = format!("oifname outside ip protocol {protocol} masquerade to :{ports}");
            self.router.run(&format!("nft add rule ip nat out {rule}"));
        }
    }
}
