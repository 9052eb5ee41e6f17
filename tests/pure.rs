//! Tests in virtual time and tests of the source itself. One line a topic.
#![cfg(test)]

/// So that `assert_no_alloc` notices (tests/pure/callbacks.rs).
#[global_allocator]
static ALLOCATOR: assert_no_alloc::AllocDisabler = assert_no_alloc::AllocDisabler;

#[path = "pure/agent.rs"]
mod agent;
#[path = "pure/bill.rs"]
mod bill;
#[path = "pure/callbacks.rs"]
mod callbacks;
#[path = "pure/calls/mod.rs"]
mod calls;
#[path = "pure/conformance.rs"]
mod conformance;
#[path = "pure/credentials.rs"]
mod credentials;
#[path = "pure/digest.rs"]
mod digest;
#[path = "pure/exploration/mod.rs"]
mod exploration;
#[path = "pure/guard/mod.rs"]
mod guard;
#[path = "pure/install.rs"]
mod install;
#[path = "pure/layers.rs"]
mod layers;
#[path = "pure/links.rs"]
mod links;
#[path = "pure/locate.rs"]
mod locate;
#[path = "pure/mutation.rs"]
mod mutation;
#[path = "pure/notices/mod.rs"]
mod notices;
#[path = "pure/password_rules.rs"]
mod password_rules;
#[path = "pure/phone/mod.rs"]
mod phone;
#[path = "pure/policy.rs"]
mod policy;
#[path = "pure/promises.rs"]
mod promises;
#[path = "pure/provider.rs"]
mod provider;
#[path = "pure/provider_media.rs"]
mod provider_media;
#[path = "pure/provider_security/mod.rs"]
mod provider_security;
#[path = "pure/publishing.rs"]
mod publishing;
#[path = "pure/registration/mod.rs"]
mod registration;
#[path = "pure/sasa_vectors.rs"]
mod sasa_vectors;
#[path = "pure/sdp.rs"]
mod sdp;
#[path = "pure/security/mod.rs"]
mod security;
#[path = "pure/sip_messages.rs"]
mod sip_messages;
#[path = "pure/sip_torture.rs"]
mod sip_torture;
#[path = "pure/transactions/mod.rs"]
mod transactions;
#[path = "pure/update.rs"]
mod update;
