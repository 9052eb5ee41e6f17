//! Entry point for fuzzing, see `sip::fuzz`.

use std::net::SocketAddr;

use super::{Description, Local, Srtp};
use crate::base::Entropy;
use crate::port::media::Direction;

/// Parses `data`, prints it, answers it as an offer, reads it as an answer.
pub fn description(data: &[u8]) {
    if let Ok(description) = Description::parse(data) {
        drop(Description::parse(description.to_string().as_bytes()));
    }
    let mut entropy = Entropy::from_number(1);
    let rows = crate::codec::ROWS.iter().collect::<Vec<_>>();
    let local = Local::new(SocketAddr::from(([192, 0, 2, 1], 4000)), &rows, Srtp::Offer, &mut entropy);
    let mut answerer = local.clone();
    drop(answerer.answer(data, Direction::SendRecv, &mut entropy));
    // Having answered, or failed to, we must still be able to offer.
    drop(answerer.offer(Direction::SendOnly, &mut entropy));
    let mut offerer = local;
    drop(offerer.offer(Direction::SendRecv, &mut entropy));
    drop(offerer.accept(data));
}
