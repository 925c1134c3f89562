//! What the proxy sends again when an origin fails, what it does not, and what that costs.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::net::SocketAddr;
use std::time::Duration;

use buttress::circuit_breaker::presets;
use buttress_proxy::ProxyConfig;
use support::{Mode, Origin, Running, nobody};
use tokio::time::timeout;

const GET: &str = "GET / HTTP/1.1\r\nHost: shop\r\n\r\n";
const POST: &str = "POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 4\r\n\r\nbody";
const POST_WITH_KEY: &str =
    "POST / HTTP/1.1\r\nHost: shop\r\nIdempotency-Key: 1\r\nContent-Length: 4\r\n\r\nbody";

/// An origin that is well, and one in `mode` before it.
async fn pair(mode: &Mode) -> [Origin; 2] {
    [Origin::start(mode.clone()).await, Origin::start(Mode::ok()).await]
}

fn addresses(origins: &[Origin]) -> Vec<SocketAddr> {
    origins.iter().map(|origin| origin.address).collect()
}

fn status(line: &str) -> Mode {
    Mode::text(line, "no")
}

/// Breakers that judge and never open.
fn patient(config: &mut ProxyConfig) {
    let breaker = presets::proxy().to_builder().no_rules().consecutive_failures(u16::MAX);
    config.breaker = breaker.build().unwrap();
}

/// An origin that is not well and says when to ask again.
fn asks_to_wait(seconds: u64) -> Mode {
    let head =
        format!("HTTP/1.1 503 Service Unavailable\r\nRetry-After: {seconds}\r\nContent-Length: 0\r\n\r\n");
    Mode::Answer(head.into_bytes())
}

#[tokio::test]
async fn e6_e10_what_one_origin_fails_with_another_answers_and_only_the_first_is_charged() {
    let early = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n".to_vec();
    for (mode, requests) in [
        (Mode::Reset, &[GET, POST_WITH_KEY][..]),
        (Mode::HangUp, &[GET, POST_WITH_KEY]),
        (Mode::ResetAfter, &[GET, POST_WITH_KEY]),
        (Mode::Early(early), &[GET, POST_WITH_KEY]),
        (status("502 Bad Gateway"), &[GET, POST_WITH_KEY]),
        (status("503 Service Unavailable"), &[GET, POST_WITH_KEY]),
        (status("504 Gateway Timeout"), &[GET, POST_WITH_KEY]),
        (status("429 Too Many Requests"), &[GET, POST_WITH_KEY]),
        (asks_to_wait(3600), &[GET, POST_WITH_KEY]),
    ] {
        for request in requests {
            let origins = pair(&mode).await;
            let proxy = Running::before(&addresses(&origins)).await;
            let answer = proxy.ask(request).await;
            assert_eq!((answer.status, answer.text()), (200, "ok".to_owned()), "{mode:?}: {request}");
            assert_eq!(origins[1].log().requests.len(), 1, "{mode:?}: {request}");
            let charged = |origin: usize| {
                let totals = proxy.breakers[origin].snapshot().totals;
                (totals.failures, totals.cancelled + totals.ignored)
            };
            assert_eq!([charged(0), charged(1)], [(1, 0), (0, 0)], "{mode:?}: {request}");
            let waited = proxy.retries.as_ref().unwrap().delays().mean();
            assert_eq!(waited, Some(Duration::ZERO), "{mode:?}: {request}");
        }
    }
}

#[tokio::test]
async fn an_origin_that_failed_with_a_request_gets_it_again_only_after_all_others() {
    let origins = pair(&Mode::HangUp).await;
    let [failing, well] = origins.each_ref().map(|origin| origin.address);
    let proxy = Running::before(&[failing, failing, well]).await;
    assert_eq!(proxy.ask(GET).await.status, 200);
    assert_eq!(origins[0].log().heads, 1, "its second turn comes next, and is passed over");

    origins[1].set(Mode::HangUp);
    assert_eq!(proxy.ask(GET).await.status, 502);
    let heads = origins.each_ref().map(|origin| origin.log().heads);
    assert_eq!(heads.iter().sum::<usize>(), 2 + 3, "two at once, and a third by one of them");
    assert_eq!(proxy.retries.as_ref().unwrap().delays().count(), 3);
}

#[tokio::test]
async fn e6_an_origin_that_asks_to_be_left_alone_is_not_asked_again_by_the_same_request() {
    let enough = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n".to_vec();
    for mode in [Mode::Answer(enough), status("429 Too Many Requests"), asks_to_wait(60)] {
        let asking = Origin::start(mode.clone()).await;
        let failing = Origin::start(status("503 Service Unavailable")).await;
        let proxy = Running::with(&[asking.address, failing.address], patient).await;
        assert_eq!(proxy.ask(GET).await.status, 503, "{mode:?}");
        assert_eq!((asking.log().heads, failing.log().heads), (1, 2), "{mode:?}");
    }
}

#[tokio::test]
async fn e6_an_origin_that_is_silent_is_given_up_for_another() {
    let origins = pair(&Mode::Silent).await;
    let proxy = Running::with(&addresses(&origins), |config| {
        config.attempt_timeout = Duration::from_millis(200);
    })
    .await;
    assert_eq!(proxy.ask(GET).await.status, 200);
    assert_eq!(proxy.breakers[0].snapshot().totals.failures, 1);
    assert_eq!(origins[1].log().requests.len(), 1);
}

#[tokio::test]
async fn e6_an_origin_that_is_silent_may_have_done_what_is_not_asked_for_again() {
    let origins = pair(&Mode::Silent).await;
    let proxy = Running::with(&addresses(&origins), |config| {
        config.attempt_timeout = Duration::from_millis(200);
    })
    .await;
    assert_eq!(proxy.ask(POST).await.status, 504);
    assert_eq!(origins[1].log().requests.len(), 0);
}

#[tokio::test]
async fn e6_what_may_have_been_done_is_not_asked_for_again() {
    for mode in [
        Mode::Reset,
        Mode::HangUp,
        Mode::ResetAfter,
        status("502 Bad Gateway"),
        status("503 Service Unavailable"),
        status("429 Too Many Requests"),
    ] {
        for method in ["POST", "PATCH"] {
            let origins = pair(&mode).await;
            let proxy = Running::before(&addresses(&origins)).await;
            let answer = proxy.ask(&POST.replace("POST", method)).await;
            assert!(answer.status >= 429, "{method}, {mode:?}: {answer:?}");
            assert_eq!(origins[1].log().heads, 0, "{method}, {mode:?}");
            assert!(origins[0].log().heads <= 1, "{method}, {mode:?}");
        }
    }
}

#[tokio::test]
async fn e6_methods_that_can_be_repeated_are() {
    for method in ["GET", "OPTIONS", "TRACE", "PUT", "DELETE"] {
        let origins = pair(&Mode::HangUp).await;
        let proxy = Running::before(&addresses(&origins)).await;
        assert_eq!(proxy.ask(&GET.replace("GET", method)).await.status, 200, "{method}");
    }
    let origins = pair(&Mode::HangUp).await;
    let proxy = Running::before(&addresses(&origins)).await;
    let mut client = proxy.connect().await;
    client.send(GET.replace("GET", "HEAD")).await;
    assert!(client.head().await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn e6_a_request_that_never_reached_an_origin_is_sent_to_another_whatever_it_is() {
    for request in [GET, POST, &POST.replace("POST", "PATCH")] {
        let origin = Origin::start(Mode::ok()).await;
        let proxy = Running::before(&[nobody(), origin.address]).await;
        assert_eq!(proxy.ask(request).await.status, 200, "{request}");
        let requests = origin.log().requests;
        assert_eq!(requests.len(), 1, "{request}");
        assert_eq!(requests[0].body == b"body", request != GET, "{request}");
        assert_eq!(proxy.breakers[0].snapshot().totals.failures, 1, "{request}");
    }
}

#[tokio::test]
async fn answers_that_are_about_the_request_are_final() {
    for line in [
        "500 Internal Server Error",
        "501 Not Implemented",
        "505 HTTP Version Not Supported",
        "404 Not Found",
    ] {
        let origins = pair(&status(line)).await;
        let proxy = Running::before(&addresses(&origins)).await;
        let answer = proxy.ask(GET).await;
        assert_eq!(format!("{} ", answer.status), line[..4], "{line}");
        assert_eq!((origins[0].log().heads, origins[1].log().heads), (1, 0), "{line}");
    }
}

#[tokio::test]
async fn h9_nothing_is_sent_again_once_the_head_of_an_answer_went_out() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf".to_vec();
    let origins = pair(&Mode::AnswerAndClose(head)).await;
    let proxy = Running::before(&addresses(&origins)).await;
    let mut client = proxy.connect().await;
    client.send(GET).await;
    client.read_through(b"half").await;
    let (_, ended) = client.rest().await;
    assert!(ended.is_err(), "the connection is cut");
    assert_eq!(origins[1].log().heads, 0);
    assert_eq!(proxy.until_judged(1).await.failures, 1);
}

#[tokio::test]
async fn e1_the_time_of_all_attempts_together_is_limited() {
    let attempt = Duration::from_millis(300);
    for request in [GET, POST_WITH_KEY] {
        let origin = Origin::start(Mode::Silent).await;
        let proxy = Running::with(&[origin.address], |config| {
            config.retries = 10;
            config.attempt_timeout = attempt;
            config.timeout = attempt * 2;
        })
        .await;
        let answer = timeout(attempt * 6, proxy.ask(request)).await.expect("eleven attempts take longer");
        assert_eq!(answer.status, 504, "{request}");
        assert!(answer.text().contains("in time"), "{answer:?}");
        let heads = origin.log().heads;
        assert!((2..=3).contains(&heads), "{request}: {heads} attempts");
    }
}

#[tokio::test]
async fn e1_a_wait_that_would_outlast_the_request_is_not_begun() {
    let origin = Origin::start(asks_to_wait(3)).await;
    let proxy = Running::with(&[origin.address], |config| {
        config.attempt_timeout = Duration::from_secs(1);
        config.timeout = Duration::from_secs(2);
    })
    .await;
    for request in [GET, POST_WITH_KEY] {
        let answer = timeout(Duration::from_secs(1), proxy.ask(request)).await.expect("it does not wait");
        assert_eq!((answer.status, answer.field("retry-after")), (503, Some("3".to_owned())), "{request}");
    }
    assert_eq!(origin.log().heads, 2);
}

#[tokio::test]
async fn a_slow_upload_has_its_time_and_the_origin_no_more_than_its_own() {
    let origin = Origin::start(Mode::ok()).await;
    let limit = Duration::from_millis(300);
    let proxy = Running::with(&[origin.address], |config| {
        config.timeout = limit;
        config.attempt_timeout = limit;
    })
    .await;
    let mut client = proxy.connect().await;
    client.send("POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 4\r\n\r\n").await;
    for piece in ["a", "b", "c", "d"] {
        tokio::time::sleep(limit * 2).await;
        client.send(piece).await;
    }
    assert_eq!(client.answer().await.status, 200);

    origin.set(Mode::Silent);
    let answer = timeout(limit * 4, proxy.ask(POST)).await.expect("the body was there at once");
    assert_eq!(answer.status, 504);
}

#[tokio::test]
async fn e1_a_client_that_pauses_takes_none_of_the_time_of_the_attempts_behind_it() {
    let breaking = Origin::start(Mode::HeadOnly).await;
    let well = Origin::start(Mode::ok()).await;
    let limit = Duration::from_millis(300);
    let proxy = Running::with(&[breaking.address, nobody(), well.address], |config| {
        config.timeout = limit;
        config.attempt_timeout = limit;
    })
    .await;
    let mut client = proxy.connect().await;
    client.send("PUT / HTTP/1.1\r\nHost: shop\r\nContent-Length: 8\r\n\r\nhalf").await;
    breaking.until(|log| log.heads == 1).await;
    tokio::time::sleep(limit * 2).await;
    drop(breaking);
    well.until(|log| log.heads == 1).await;
    client.send("more").await;
    assert_eq!(client.answer().await.status, 200);
    assert_eq!(well.log().requests[0].body, b"halfmore");
}

/// The requests that `origin` saw, by the attempt they said they were.
fn attempts(origin: &Origin) -> Vec<Option<String>> {
    origin.log().requests.iter().map(|request| request.field("buttress-attempt")).collect()
}

#[tokio::test]
async fn e8_two_proxies_in_a_row_do_not_multiply_their_attempts() {
    let origin = Origin::start(status("503 Service Unavailable")).await;
    let inner = Running::with(&[origin.address], patient).await;
    let outer = Running::with(&[inner.address], patient).await;
    assert_eq!(outer.ask(GET).await.status, 503);
    let numbers: Vec<_> = ["1", "2", "3"].map(|number| Some(number.to_owned())).into();
    assert_eq!(attempts(&origin), numbers, "three, and not three times three");
}

#[tokio::test]
async fn e8_an_attempt_of_somebody_else_is_theirs_to_repeat() {
    let origins = pair(&Mode::HangUp).await;
    let proxy = Running::before(&addresses(&origins)).await;
    let answer = proxy.ask("GET / HTTP/1.1\r\nHost: shop\r\nButtress-Attempt: 1\r\n\r\n").await;
    assert_eq!((answer.status, origins[1].log().heads), (502, 0));
}

#[tokio::test]
async fn without_retries_each_request_is_sent_once_and_says_nothing_of_attempts() {
    for mode in [Mode::Reset, Mode::HangUp, status("503 Service Unavailable")] {
        let origins = pair(&mode).await;
        let proxy = Running::with(&addresses(&origins), |config| config.retries = 0).await;
        assert!(proxy.ask(GET).await.status >= 502, "{mode:?}");
        assert_eq!(origins[1].log().heads, 0, "{mode:?}");
        assert_eq!(proxy.ask(GET).await.status, 200);
        assert_eq!(attempts(&origins[1]), [None]);
    }
    let proxy = Running::with(&[nobody(), nobody()], |config| config.retries = 0).await;
    assert_eq!(proxy.ask(GET).await.status, 502);
    assert_eq!(proxy.breakers[1].snapshot().totals.failures, 0);
}

#[tokio::test]
async fn e2_w13_in_an_outage_attempts_stay_within_the_budget() {
    let down = status("503 Service Unavailable");
    let origins =
        [Origin::start(down.clone()).await, Origin::start(down.clone()).await, Origin::start(down).await];
    let proxy = Running::with(&addresses(&origins), patient).await;
    let mut client = proxy.connect().await;
    let requests = 300;
    for _ in 0..requests {
        client.send(GET).await;
        assert_eq!(client.answer().await.status, 503);
    }
    let attempts: usize = origins.iter().map(|origin| origin.log().requests.len()).sum();
    // Half of the requests, and one a second over the ten seconds that the budget looks back.
    let most = requests + requests / 2 + 10;
    assert!((requests + 10..=most).contains(&attempts), "{attempts} attempts, at most {most}");
}

#[tokio::test]
async fn what_no_origin_would_take_again_is_answered_as_the_last_one_did() {
    let origin = Origin::start(status("503 Service Unavailable")).await;
    let open_for = support::PATIENCE;
    let proxy = Running::with(&[origin.address], |config| {
        let breaker = presets::proxy().to_builder().no_rules().consecutive_failures(1).open_for(open_for);
        config.breaker = breaker.escalation(1.0, open_for).build().unwrap();
    })
    .await;
    let answer = proxy.ask(GET).await;
    assert_eq!((answer.status, answer.text()), (503, "no".to_owned()), "the origin's own words");
    assert_eq!(origin.log().heads, 1);
    let answer = proxy.ask(GET).await;
    assert!(answer.field("retry-after").is_some(), "{answer:?}");
}

#[tokio::test]
async fn connections_are_kept_when_their_answers_are_given_up() {
    let failing = Origin::start(status("503 Service Unavailable")).await;
    let proxy = Running::with(&[failing.address], patient).await;
    let mut client = proxy.connect().await;
    for _ in 0..3 {
        client.send(GET).await;
        assert_eq!(client.answer().await.status, 503);
    }
    let log = failing.log();
    assert_eq!((log.requests.len(), log.connections), (9, 1), "each of them three times");
}

#[tokio::test]
async fn e9_a_client_that_leaves_during_a_wait_leaves_nothing_behind() {
    let origin = Origin::start(asks_to_wait(5)).await;
    let proxy = Running::before(&[origin.address]).await;
    let mut client = proxy.connect().await;
    client.send(GET).await;
    proxy.until_judged(1).await;
    drop(client);
    support::soon(async {
        while proxy.budget().refunded == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!((proxy.budget().withdrawn, origin.log().heads), (1, 1));
    let totals = proxy.breakers[0].snapshot().totals;
    assert_eq!((totals.failures, totals.cancelled), (1, 0), "the call that failed was over");
}
