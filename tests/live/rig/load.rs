//! Many changes at once: what one provider process sustains.

use std::time::{Duration, Instant};

use super::provider::{Client, Provider, run};

/// What came of it.
pub struct Outcome {
    /// From the first request to the last answer.
    pub took: Duration,
    /// How long each change took its phone, in milliseconds.
    pub each: Vec<f64>,
}

/// The passwords of `user`, one a generation.
pub fn password(user: &str, generation: u64) -> String {
    format!("password {generation} of {user}")
}

/// Every account changes its password `rounds` times, `parallel` accounts at a time. Each begins with generation 1.
/// Fails if one change is not made. With `anew`, every change comes by a connection of its own and is challenged.
pub fn changes(provider: &Provider, accounts: &[String], rounds: u64, parallel: usize, anew: bool) -> Outcome {
    let started = Instant::now();
    let shares: Vec<Vec<String>> =
        (0..parallel).map(|at| accounts.iter().skip(at).step_by(parallel).cloned().collect()).collect();
    let each = std::thread::scope(|scope| {
        let threads: Vec<_> =
            shares.into_iter().map(|share| scope.spawn(move || run(all_of(provider, &share, rounds, anew)))).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a share")).collect()
    });
    Outcome { took: started.elapsed(), each }
}

async fn all_of(provider: &Provider, share: &[String], rounds: u64, anew: bool) -> Vec<f64> {
    let mut each = Vec::new();
    for user in share {
        let mut client = Client::new(provider, user);
        for generation in 1..=rounds {
            if anew {
                client = Client::new(provider, user);
            }
            let (_, ask) = client.change(&password(user, generation + 1), generation);
            let begun = Instant::now();
            let answer = client.ask(&password(user, generation), &ask).await;
            each.push(begun.elapsed().as_secs_f64() * 1000.0);
            assert_eq!((answer.status, answer.word()), (200, "applied"), "{user} {generation}: {answer:?}");
        }
    }
    each
}
