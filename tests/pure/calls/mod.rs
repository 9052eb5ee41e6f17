//! Calls in virtual time: the phone's calls against scripted peers, and against each other over a lossy link.

mod bare;
mod change;
mod chaos;
mod encrypted;
mod incoming;
mod lossy;
mod outgoing;
mod rig;
mod routes;
mod sound;
mod stranger;
