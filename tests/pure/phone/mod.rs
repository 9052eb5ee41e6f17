//! The whole phone in virtual time: a scripted network, name service, vault and disk around it.

mod api_provider;
mod asked;
mod billed;
mod changing;
mod changing_by_api;
mod changing_killed;
mod devices;
mod emergency;
mod emergency_in_a_change;
mod guarded;
mod keeping;
mod keyring;
mod large;
mod leaving;
mod limits_there;
mod moving;
mod network;
mod notices;
mod passphrase;
mod protection;
mod published;
mod reconnecting;
mod refused_calls;
mod reg_event;
mod releases;
mod safe;
mod secrets;
mod servers;
mod sessions;
mod several;
mod signing_in;
mod slow_disk;
mod unregistered;
mod world;

use crate::notices::rig;
