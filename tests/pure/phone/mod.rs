//! The whole phone in virtual time: a scripted network, name service, vault and disk around it.

mod api_provider;
mod billed;
mod changing;
mod changing_by_api;
mod changing_killed;
mod devices;
mod emergency;
mod guarded;
mod keeping;
mod large;
mod leaving;
mod moving;
mod network;
mod notices;
mod passphrase;
mod protection;
mod reconnecting;
mod releases;
mod safe;
mod secrets;
mod servers;
mod sessions;
mod signing_in;
mod slow_disk;
mod unregistered;
mod world;
