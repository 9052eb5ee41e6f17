//! One process per profile: who comes second asks the first to show itself, also after the first has crashed.

use std::path::Path;
use std::time::Duration;

use ringfence::io::instance::{Claim, Visit, claim};

use crate::rig::Scratch;

fn first(dir: &Path) -> ringfence::io::instance::Instance {
    match claim(dir, &Visit::Raise).unwrap() {
        Claim::First(instance) => instance,
        other => panic!("{other:?}"),
    }
}

/// What a second start is told; from a thread, since it blocks.
async fn second(dir: &Path) -> Claim {
    let dir = dir.to_owned();
    tokio::task::spawn_blocking(move || claim(&dir, &Visit::Raise).unwrap()).await.unwrap()
}

async fn raise_and_report(dir: &Path) {
    let mut instance = first(dir);
    let (raised, mut reports) = tokio::sync::mpsc::channel(4);
    instance.listen(raised);
    assert!(matches!(second(dir).await, Claim::Raised));
    tokio::time::timeout(Duration::from_secs(20), reports.recv()).await.unwrap().unwrap();
    assert!(matches!(second(dir).await, Claim::Raised));
    reports.recv().await.unwrap();
    drop(instance);
    assert!(matches!(second(dir).await, Claim::First(_)));
}

#[tokio::test]
async fn a_second_start_raises_the_first_and_takes_over_after_its_end() {
    let scratch = Scratch::new();
    raise_and_report(scratch.path()).await;
}

#[tokio::test]
async fn a_socket_that_a_crash_left_behind_is_no_obstacle() {
    let scratch = Scratch::new();
    // What a killed process leaves: the lock's file without a lock, and a socket that nobody listens on.
    std::fs::write(scratch.path().join("lock"), "").unwrap();
    drop(std::os::unix::net::UnixListener::bind(scratch.path().join("door")).unwrap());
    raise_and_report(scratch.path()).await;
}

#[tokio::test]
async fn only_this_person_can_knock() {
    use std::os::unix::fs::PermissionsExt as _;
    let scratch = Scratch::new();
    let _instance = first(scratch.path());
    let mode = std::fs::metadata(scratch.path().join("door")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_first_that_hangs_lets_the_second_know_within_seconds() {
    let scratch = Scratch::new();
    // Holds the profile, but nobody is at its door: the request is taken by the kernel and never answered.
    let _hanging = first(scratch.path());
    let began = std::time::Instant::now();
    assert!(matches!(second(scratch.path()).await, Claim::Taken));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[tokio::test]
async fn nonsense_at_the_door_raises_nothing_and_closes_it_for_nobody() {
    use tokio::io::AsyncWriteExt as _;
    let scratch = Scratch::new();
    let mut instance = first(scratch.path());
    let (raised, mut reports) = tokio::sync::mpsc::channel(4);
    instance.listen(raised);
    let mut stranger = tokio::net::UnixStream::connect(scratch.path().join("door")).await.unwrap();
    stranger.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    assert!(matches!(second(scratch.path()).await, Claim::Raised));
    reports.recv().await.unwrap();
    assert!(reports.try_recv().is_err());
}
