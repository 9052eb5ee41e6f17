//! What a provider publishes: the root that says who may sign, and the signed list of notices. Plain files in one folder,
//! so that any web server or CDN can serve them; the keys are elsewhere, and need not be on the same machine.
//!
//! ```text
//!   {keys}/root-1.key …       off line, threshold of them sign a root
//!   {keys}/notices-1.key      signs the list of notices, at most a year
//!   {keys}/archive/42.json    every list that was ever published, to look a read-back code up in
//!   {publish}/roots/1.json    the root and those that followed it
//!   {publish}/notices.json    the list, and beside it notices.json.minisig
//!
//!   {own_notices}/….json      the list of one account, which only `serve` gives out, and only to that account
//! ```
//!
//! [`keys`] makes and opens key files, [`roots`] makes roots and rotates them, [`notices`] edits a list,
//! [`own`] those of accounts, [`command`] is the command line and `office` its words about lists, [`check`] tries a provider that is live.

pub mod check;
pub mod command;
pub mod files;
pub mod keys;
pub mod notices;
mod office;
pub mod own;
pub mod roots;
