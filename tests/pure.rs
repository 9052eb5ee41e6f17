//! Tests in virtual time and tests of the source itself. One line a topic.
#![cfg(test)]

#[path = "pure/layers.rs"]
mod layers;
#[path = "pure/policy.rs"]
mod policy;
