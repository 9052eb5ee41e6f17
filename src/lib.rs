//! Ringfence: a desktop softphone with built-in account security. This page is the tour.
//!
//! **Three sentences to keep: [`phone`] decides, [`io`] does, [`ui`] shows.** Nothing in [`phone`], [`sip`], [`sdp`],
//! [`codec`] or [`media`] opens a socket, reads a clock or rolls dice: time comes as [`base::Now`], dice as
//! [`base::Entropy`], the world as the types of [`port`]. The only door between picture and meaning is
//! [`phone::command::Command`] in, [`phone::view::PhoneView`] and [`phone::event::Event`] out.
//!
//! ```text
//!                  ┌──────────────────────────── one process ────────────────────────────┐
//!   UI thread      │  ui/      logic(): take the newest view, drain events  (even hidden) │
//!   (main, eframe) │           ui():    draw PhoneView, collect Commands    (pure)        │
//!                  │              │ Command (bounded)        ▲ PhoneView (only if changed)│
//!                  │              ▼                          │ Event     (ring, raise)    │
//!   engine thread  │  engine/  loop { input = commands | net | dns | vault | media | time │
//!   (tokio)        │                  for output in phone.handle(now, input) { perform } }│
//!                  │              │ owns                                                  │
//!                  │              ▼                                                       │
//!                  │  phone/   PURE. sign-in · registration · calls · history · settings  │
//!                  │  sip/ sdp/ PURE. bytes ⇄ messages, transactions, dialogs, digest     │
//!                  │              │ port::media::Order       ▲ port::media::Report        │
//!   media thread   │  io/media drives media/: RTP, SRTP, jitter buffer, codecs, voice     │
//!                  │              │ rtrb ring, f32           ▲ rtrb ring, f32             │
//!   audio callbacks│  io/audio    pop, push, zero-fill. No lock, no allocation, no log.   │
//!                  └──────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! # Who may import whom
//!
//! One package means that the compiler does not enforce it; `tests/pure/layers.rs` and `clippy.toml` do. In short:
//! `ui` and `agent` know the types of `phone` and the handle of [`engine`]; `engine` joins `phone` to `io`; `phone`
//! knows `port`, `sip`, `sdp` and the table of codecs; [`provider`], the demo's telephone company, stands on the same
//! pure parts, is driven by [`serve`], and knows nothing of `phone`: it must be right or wrong on its own.
//!
//! # Invariants: what is absent
//!
//! * `phone` never awaits and never blocks; every input is answered by draining its outputs (forgetting to drain does
//!   not compile).
//! * The window holds no lock, no driver, no secret outside a text field.
//! * An audio callback never allocates, locks, logs or decodes.
//! * No `String` names an account or a call.
//! * A secret is in the vault or in a [`base::Secret`]: never in settings, logs, view, event.
//! * A window that is hidden or minimised still rings and still shows an incoming call.
//! * An idle phone wakes nobody: no timer runs that waits for nothing.
//!
//! # Where to add things
//!
//! | … | touches |
//! |---|---|
//! | a codec | `codec/<name>.rs` and one row of the table; one test loop runs over all rows |
//! | a screen | `ui/screens/<name>.rs` and a variant of [`ui::state::Page`], or of [`ui::state::SecurityPage`] |
//! | a person of the demo | one row in `provider/people` |
//! | a SIP server whose passwords can be changed | one row in `provider/security/backend.rs`; one conformance loop |
//! | a setting | a field in [`phone::settings`] and a row on the screen |
//! | a provider's page for changing passwords | one row of `assets/providers.tsv`, with its source |
//! | a kind of problem | a variant of [`phone::problem::ProblemKind`]; its sentences stand there too |

pub mod agent;
pub mod base;
pub mod codec;
pub mod engine;
pub mod io;
pub mod media;
pub mod phone;
pub mod port;
pub mod provider;
pub mod provider_api;
pub mod sdp;
pub mod serve;
pub mod sip;
pub mod ui;
