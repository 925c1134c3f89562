//! One of four origins cuts every body midway, under a load that does not wait.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use support::{Mode, Origin, Running, open_loop};

/// Requests a second, over all four origins.
const RATE: u32 = 400;

static BODY: [u8; 1024] = [b'x'; 1024];

/// The answer up to so much of its body.
fn answer(length: usize) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", BODY.len());
    [head.as_bytes(), &BODY[..length]].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h9_one_of_four_origins_cuts_every_body_midway() {
    let mut origins = Vec::new();
    for _ in 0..4 {
        origins.push(Origin::start(Mode::Answer(answer(BODY.len()))).await);
    }
    let addresses: Vec<_> = origins.iter().map(|origin| origin.address).collect();
    let proxy = Running::before(&addresses).await;
    let opened = || proxy.breakers.iter().map(|breaker| breaker.snapshot().opened).collect::<Vec<_>>();

    let before = open_loop(proxy.address, RATE, 3, &BODY).await;
    assert!(before.ratio() > 0.999, "{before:?} while all is well");
    assert_eq!(opened(), [0; 4]);

    origins[2].set(Mode::AnswerAndClose(answer(BODY.len() / 2)));
    let asked = origins[2].log().heads;
    let during = open_loop(proxy.address, RATE, 10, &BODY).await;
    let (opened, cut) = (opened(), origins[2].log().heads - asked);
    println!("before {before:?}, during {during:?}, opened {opened:?}, cut {cut}");
    assert!(during.ratio() >= 0.97, "{during:?} with one of four cutting every body");
    assert!([0, 1, 3].iter().all(|well| opened[*well] == 0), "{opened:?}");
    // What it is worth that bodies are judged: a fourth of them would be cut. This one is looked at again and again.
    assert!((1..=during.requests as usize * 3 / 100).contains(&cut), "{cut} of {during:?}");
}
