//! The provider's side in virtual time: who may change what, and what becomes of requests that come twice, late, or
//! after their fence.

mod changes;
mod proofs;
mod site;
