//! The contract of `poll_ready`.

use super::answer;
use crate::{Make, Plan, ProbeError, Readiness, Task, WakeCount, become_ready, poll_ready, run, settle};
use buttress::BoxError;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{advance, timeout};
use tower::{Service, ServiceExt};

/// A1: the inner service is called when that very instance was ready, and only then.
pub fn only_the_ready_is_called(make: Make<'_>) {
    run(make, async |rig| {
        let mut service = rig.service();
        rig.probe.set_readiness(Readiness::Pending);
        match poll_ready(&mut service) {
            Poll::Pending => assert!(!rig.subject.sheds, "what sheds does not wait"),
            Poll::Ready(Err(error)) => panic!("waiting is no error: {error}"),
            Poll::Ready(Ok(())) => {
                // Ready to refuse, or to queue: neither is a call.
                let mut call = Task::new(service.call(Plan::OK));
                let _ = call.poll();
                settle().await;
                assert_eq!(rig.probe.calls(), 0, "called although not ready");
            }
        }
        rig.probe.set_readiness(Readiness::Ready);
        settle().await;
        let mut clone = service.clone();
        // Enough failures to open a breaker on the way.
        for plan in [Plan::OK, Plan::after(3), Plan::FAIL].into_iter().cycle().take(60) {
            let _ = answer(&mut service, plan).await;
            let _ = answer(&mut clone, plan).await;
            advance(Duration::from_millis(1)).await;
        }
        assert!(rig.probe.calls() > 0, "nothing was ever called");
        assert_eq!(rig.probe.breaches(), 0, "called without having been ready");
    });
}

/// A2: asked again, a ready service reserves nothing more.
pub fn reserves_once(make: Make<'_>) {
    run(make, async |rig| {
        let mut service = rig.service();
        become_ready(&mut service).await;
        let held = rig.held();
        assert_eq!(rig.probe.reserved(), usize::from(!rig.subject.buffers), "of the inner service");
        for _ in 0..100 {
            become_ready(&mut service).await;
            assert_eq!(rig.held(), held, "asked again, it takes another place");
            assert!(rig.probe.reserved() <= 1, "asked again, it reserves again");
        }
        assert_eq!(answer(&mut service, Plan::OK).await.ok(), Some("ok"));
        settle().await;
        rig.assert_at_rest("after one call");
    });
}

/// A3: the clone of a ready service is not ready, and owns nothing.
pub fn clones_start_unready(make: Make<'_>) {
    run(make, async |rig| {
        let mut service = rig.service();
        become_ready(&mut service).await;
        let (held, reserved) = (rig.held(), rig.probe.reserved());
        let mut clone = service.clone();
        assert_eq!((rig.held(), rig.probe.reserved()), (held, reserved), "a clone takes places");
        drop(service);
        settle().await;
        rig.assert_at_rest("with nothing but the unready clone of a ready service");
        become_ready(&mut clone).await;
        assert_eq!((rig.held(), rig.probe.reserved()), (held, reserved), "made ready, it is like the first");
        assert_eq!(answer(&mut clone, Plan::OK).await.ok(), Some("ok"));
    });
}

/// A4: a ready service that is dropped gives everything back, at once and 10,000 times; so does one that waits.
pub fn drops_give_back(make: Make<'_>) {
    run(make, async |rig| {
        let (base, written) = (rig.service(), rig.ledger());
        for round in 0..10_000 {
            let mut service = base.clone();
            if round % 100 == 99 {
                rig.probe.set_readiness(Readiness::Pending);
                let _ = poll_ready(&mut service);
                rig.probe.set_readiness(Readiness::Ready);
            } else {
                become_ready(&mut service).await;
            }
            drop(service);
            if !rig.subject.buffers {
                rig.assert_at_rest("after the drop of a ready service");
            }
        }
        assert_eq!(rig.ledger(), written, "what was never called was written down");
        let mut service = base;
        assert_eq!(answer(&mut service, Plan::OK).await.ok(), Some("ok"), "the 10,001st is served");
    });
}

/// A5: an error of the inner readiness comes through as it is and leaves nothing reserved; what is asked afterwards answers.
pub fn readiness_errors_come_through(make: Make<'_>) {
    run(make, async |rig| {
        let mut service = rig.service();
        rig.probe.set_readiness(Readiness::Failed);
        let error = match poll_ready(&mut service) {
            Poll::Ready(Err(error)) => error,
            _ if !rig.subject.buffers && !rig.subject.fails_in_call => {
                panic!("the error of the inner readiness is gone")
            }
            _ => answer(&mut service, Plan::OK).await.expect_err("it cannot have been called"),
        };
        let expected = ProbeError("readiness");
        if rig.subject.buffers {
            assert!(wraps(&error, expected), "the error became another: {error:?}");
        } else {
            assert_eq!(error.downcast_ref(), Some(&expected), "the error became another: {error:?}");
        }
        settle().await;
        if rig.subject.keeps_its_place {
            assert_eq!((rig.probe.live(), rig.probe.reserved()), (0, 0), "of the inner service");
        } else {
            rig.assert_at_rest("after an error of the inner readiness");
        }

        rig.probe.set_readiness(Readiness::Ready);
        // The error may have counted as a failure; what that opened is over after a while.
        let mut recovered = false;
        for _ in 0..3 {
            let answer = async { service.ready().await?.call(Plan::OK).await };
            let answer = timeout(Duration::from_secs(10), answer).await;
            recovered |= answer.expect("after an error of the inner readiness it hangs").is_ok();
            advance(Duration::from_millis(1)).await;
        }
        assert_eq!(
            recovered, !rig.subject.buffers,
            "whether it recovers from an error of the inner readiness"
        );
    });
}

fn wraps(error: &BoxError, expected: ProbeError) -> bool {
    let first: &(dyn std::error::Error + 'static) = &**error;
    std::iter::successors(Some(first), |error| error.source())
        .any(|error| error.downcast_ref() == Some(&expected))
}

/// A6: of all wakers it was asked with, the last is woken.
pub fn the_last_waker_is_woken(make: Make<'_>) {
    run(make, async |rig| {
        let mut service = rig.service();
        rig.probe.set_readiness(Readiness::Pending);
        let ((first, first_waker), (last, last_waker)) = (WakeCount::new(), WakeCount::new());
        for waker in [&first_waker, &last_waker] {
            assert!(service.poll_ready(&mut Context::from_waker(waker)).is_pending(), "it does not wait");
        }
        rig.probe.set_readiness(Readiness::Ready);
        assert_eq!((first.get(), last.get()), (0, 1), "wakes of the first waker and of the last");
        let ready = timeout(Duration::from_secs(1), std::future::poll_fn(|cx| service.poll_ready(cx))).await;
        assert!(matches!(ready, Ok(Ok(()))), "woken, it is not ready");
    });
}
