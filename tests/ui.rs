//! The window, screen by screen: a made-up phone in, commands out. No display, no engine.
#![cfg(test)]

#[path = "ui/about.rs"]
mod about;
#[path = "ui/accessible.rs"]
mod accessible;
#[path = "ui/breach.rs"]
mod breach;
#[path = "ui/calls.rs"]
mod calls;
#[path = "ui/contract/mod.rs"]
mod contract;
#[path = "ui/directions.rs"]
mod directions;
#[path = "ui/idle.rs"]
mod idle;
#[path = "ui/keyboard.rs"]
mod keyboard;
#[path = "ui/made_up.rs"]
mod made_up;
#[path = "ui/main_page.rs"]
mod main_page;
#[path = "ui/names.rs"]
mod names;
#[path = "ui/painted.rs"]
mod painted;
#[path = "ui/password_change/mod.rs"]
mod password_change;
#[path = "ui/questions.rs"]
mod questions;
#[path = "ui/rig.rs"]
mod rig;
#[path = "ui/scenes.rs"]
mod scenes;
#[path = "ui/secrets.rs"]
mod secrets;
#[path = "ui/security/mod.rs"]
mod security;
#[path = "ui/settings.rs"]
mod settings;
#[path = "ui/sign_in.rs"]
mod sign_in;
