//! What stays as it has become: an overload that is hardly one, and a peer that is slower by nature.

use super::simulation::{S, World, capacity, shares, steady};
use super::*;

/// The least good share of any ten seconds but so many.
fn least_but(few: usize, seconds: impl Iterator<Item = f64>) -> f64 {
    let seconds: Vec<_> = seconds.collect();
    let mut tens: Vec<_> = seconds.chunks_exact(10).map(|ten| ten.iter().sum::<f64>() / 10.0).collect();
    tens.sort_by(f64::total_cmp);
    tens[few]
}

#[test]
fn c9_half_an_hour_of_hardly_too_much_is_not_taken_for_the_usual() {
    for peer in [(1, MS), (1, MS * 10), (10, MS * 100), (100, MS * 100)] {
        for (load, scatters) in
            [0.98, 1.02, 1.05, 1.2].into_iter().flat_map(|load| [(load, false), (load, true)])
        {
            let (workers, service) = peer;
            let mut world = World::new(Config::default(), workers, S * 5);
            world.scatters = scatters;
            world.run(steady(capacity(peer) * 0.5, service, S * 60));
            let seen = world.run(steady(capacity(peer) * load, service, S * 1_800));
            let case = format!("{peer:?} at {load}, {scatters}: {:?}", world.limit.snapshot());
            // What the least limit takes, and what may be chance above that.
            let usual = world.limit.snapshot().usual.expect("there were windows");
            assert!(usual <= service * 10_u32.div_ceil(workers) * 3 / 2, "{case}");
            assert!(seen.limits.1 <= (workers * 5).max(80), "{case} {:?}", seen.limits);
            assert_eq!(seen.late, 0, "{case}");
            let good = seen.good as f64 / 1_800.0 / capacity(peer) / load.min(1.0);
            assert!(good >= 0.92, "{case} {good:.3}");
        }
    }
}

#[test]
fn c9_a_peer_that_is_slower_by_nature_is_given_as_many_calls_as_before() {
    for peer in [(40, MS * 25), (100, MS * 100)] {
        for tenths in [14, 16, 20, 25, 30, 50] {
            for (load, scatters) in [0.5, 0.9, 3.0].into_iter().flat_map(|load| [(load, false), (load, true)])
            {
                let (workers, service) = peer;
                let slow = service * tenths / 10;
                let mut world = World::new(Config::default(), workers, S * 5);
                world.scatters = scatters;
                world.run(steady(capacity(peer) * 0.5, service, S * 60));
                let offered = capacity((workers, slow)) * load;
                let possible = offered / load.max(1.0);
                let first = world.run(steady(offered, slow, S * 60));
                let later = world.run(steady(offered, slow, S * 540));
                let case =
                    format!("{peer:?} x{tenths}/10 at {load}, {scatters}: {:?}", world.limit.snapshot());
                let at_first = first.good as f64 / 60.0 / possible;
                assert!(at_first >= 0.7, "{case} {at_first:.3}");
                let good = later.good as f64 / 540.0 / possible;
                assert!(good >= if scatters { 0.92 } else { 0.98 }, "{case} {good:.3}");
                // It may have to go down once to find out, and where calls scatter a few times.
                let least = least_but(if scatters { 4 } else { 1 }, shares(&later, 0, possible).take(540));
                assert!(least >= if scatters { 0.75 } else { 0.9 }, "{case} {least:.3}");
            }
        }
    }
}
