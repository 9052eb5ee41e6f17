//! The seed of the one source of dice, from the operating system.

use crate::base::Entropy;

/// A stream of random numbers that nobody can predict.
///
/// # Errors
/// If the operating system has no random numbers to give, which no system that we support does after start-up.
pub fn from_system() -> Result<Entropy, getrandom::Error> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    Ok(Entropy::from_seed(seed))
}

#[cfg(test)]
mod tests {
    #[test]
    fn two_streams_from_the_system_differ() {
        let mut one = super::from_system().unwrap();
        let mut other = super::from_system().unwrap();
        assert_ne!(one.token(26), other.token(26));
    }
}
