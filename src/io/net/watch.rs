//! News about the machine: its addresses or its default route changed, or it slept. Nothing here polls where the
//! operating system tells.

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::port::net::Report;

/// Watches from now on.
pub(super) fn start(_tasks: &mut JoinSet<()>, _reports: &mpsc::Sender<Report>) {}
