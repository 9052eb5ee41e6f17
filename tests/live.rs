//! Tests with real parts: the program itself, Kamailio, baresip, PulseAudio, gnome-keyring. One line a topic.
#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "live tests live in real time")]
#![expect(clippy::wildcard_enum_match_arm, reason = "what a test does not expect is a panic")]
#![expect(unreachable_pub, reason = "the rig is shared with the bench")]

#[path = "live/appearance.rs"]
mod appearance;
#[path = "live/audio.rs"]
mod audio;
#[path = "live/backends.rs"]
mod backends;
#[path = "live/breach_day.rs"]
mod breach_day;
#[path = "live/canary.rs"]
mod canary;
#[path = "live/demo.rs"]
mod demo;
#[path = "live/dns.rs"]
mod dns;
#[path = "live/guard.rs"]
mod guard;
#[path = "live/hardened.rs"]
mod hardened;
#[path = "live/http.rs"]
mod http;
#[path = "live/instance.rs"]
mod instance;
#[path = "live/interop.rs"]
mod interop;
#[path = "live/large.rs"]
mod large;
#[path = "live/lifecycle.rs"]
mod lifecycle;
#[path = "live/memory.rs"]
mod memory;
#[path = "live/minimised.rs"]
mod minimised;
#[path = "live/named_devices.rs"]
mod named_devices;
#[path = "live/nat.rs"]
mod nat;
#[path = "live/net.rs"]
mod net;
#[path = "live/network.rs"]
mod network;
#[path = "live/notices.rs"]
mod notices;
#[path = "live/notification.rs"]
mod notification;
#[path = "live/passphrase.rs"]
mod passphrase;
#[path = "live/password_change.rs"]
mod password_change;
#[path = "live/provider.rs"]
mod provider;
#[path = "live/provider_load.rs"]
mod provider_load;
#[path = "live/publishing.rs"]
mod publishing;
#[expect(dead_code, reason = "the rig is shared with the bench")]
#[path = "live/rig/mod.rs"]
mod rig;
#[path = "live/sessions.rs"]
mod sessions;
#[path = "live/signing_in.rs"]
mod signing_in;
#[path = "live/tls.rs"]
mod tls;
#[path = "live/trusting.rs"]
mod trusting;
#[path = "live/updating.rs"]
mod updating;
#[path = "live/vault.rs"]
mod vault;
#[path = "live/window.rs"]
mod window;

/// The program under test.
const fn program() -> &'static str {
    env!("CARGO_BIN_EXE_ringfence")
}

/// The provider's side of it.
const fn provider_program() -> &'static str {
    env!("CARGO_BIN_EXE_ringfence-provider")
}

/// What agents log: everything, so that whatever must not be said would be found.
const AGENT_LOG: &str = "trace";
