//! The guard against the large bill: what numbers are, and what is said to a call.

mod destinations;
mod judgement;
