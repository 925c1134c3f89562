//! A layer that has no reason to interfere changes nothing.

use crate::walk::{Op, Walk, pass, walks};
use crate::{Erased, Make, Plan, Probe};

/// A13: the same answers at the same polls, and the same calls of the service beneath.
pub fn changes_nothing(make: Make<'_>) {
    let plans = [Plan::OK, Plan::after(1), Plan::after(20), Plan::FAIL];
    let steps: Vec<_> = plans
        .into_iter()
        .flat_map(|plan| std::iter::once(Op::Call(plan)).chain(std::iter::repeat_n(Op::Poll(0), 21)))
        .collect();
    crate::run(make, async |rig| side_by_side(rig, &steps).await);
}

/// A13, for any calls in any order, dropped ones and panicking ones among them.
pub fn changes_nothing_over_random_plans(make: Make<'_>) {
    walks(make, async |rig, ops| {
        let mut failures = 0;
        let tolerated: Vec<_> = ops
            .iter()
            .copied()
            .filter(|op| {
                failures += usize::from(matches!(op, Op::Call(plan) if plan.result.is_err()));
                !matches!(op, Op::Call(plan) if plan.result.is_err()) || failures <= rig.subject.tolerates
            })
            .collect();
        side_by_side(rig, &tolerated).await;
    });
}

/// Steps with the layer and without it.
async fn side_by_side(rig: &crate::Rig, ops: &[Op]) {
    let probe = Probe::default();
    let (mut bare, mut layered) = (Walk::new(Erased::new(probe.clone())), Walk::new(rig.service()));
    for (at, &op) in ops.iter().enumerate() {
        let (without, with) = (bare.step(op), layered.step(op));
        assert_eq!(with, without, "what step {at} shows with the layer, and without");
        let (without, with) = ([&probe, &rig.probe]).map(|probe| (probe.calls(), probe.live())).into();
        assert_eq!(with, without, "calls and futures after step {at}, with the layer and without");
        pass(op).await;
    }
}
