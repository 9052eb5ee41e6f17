//! The one source of dice. Seeded from the operating system in `io`, from a printed number in tests.

use rand_chacha::{
    ChaCha12Rng,
    rand_core::{RngCore as _, SeedableRng as _},
};

/// A seeded stream of random numbers, and the random tokens that SIP and RTP are made of.
#[derive(Clone, Debug)]
pub struct Entropy(ChaCha12Rng);

/// Letters and digits: safe in every SIP token.
const TOKEN: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

impl Entropy {
    /// A stream that is unpredictable if `seed` is (32 bytes from the operating system).
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Entropy {
        Entropy(ChaCha12Rng::from_seed(seed))
    }

    /// A stream for tests: the same number gives the same dice.
    #[must_use]
    pub fn from_number(number: u64) -> Entropy {
        Entropy(ChaCha12Rng::seed_from_u64(number))
    }

    /// 32 random bits.
    pub fn bits32(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// 64 random bits.
    pub fn bits64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Fills `bytes` with random bytes.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }

    /// A fraction in `0.0..1.0`.
    pub fn fraction(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit an f64 exactly")]
        let bits = (self.bits64() >> 11) as f64;
        bits / 9_007_199_254_740_992.0
    }

    /// `length` characters of five random bits each, valid in every SIP token.
    pub fn token(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(TOKEN[(self.bits32() & 31) as usize])).collect()
    }

    /// A transaction branch with RFC 3261's magic cookie (§8.1.1.7).
    pub fn branch(&mut self) -> String {
        format!("z9hG4bK{}", self.token(20))
    }

    /// A From or To tag: at least 32 random bits (RFC 3261 §19.3).
    pub fn tag(&mut self) -> String {
        self.token(12)
    }

    /// A Call-ID without a host in it: nobody learns our address from it.
    pub fn call_id(&mut self) -> String {
        self.token(26)
    }
}
