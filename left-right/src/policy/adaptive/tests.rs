//! What the policy decides by intervals and barriers that are made up.

use super::*;

const FENCE: Duration = Duration::from_nanos(5);

fn micros(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

/// Swaps at these intervals, with barriers that take so long: whether readers fence for themselves
/// after them.
fn after(
    adaptive: &mut Adaptive,
    mut has_fences: bool,
    barrier: Duration,
    intervals: &[(u32, Duration)],
) -> bool {
    let mut now = adaptive.last.unwrap_or_else(Instant::now);
    for &(count, interval) in intervals {
        for _ in 0..count {
            now += interval;
            adaptive.skips();
            adaptive.tick(now);
            if !has_fences {
                adaptive.barrier_done(now + barrier, FENCE);
            }
            has_fences = adaptive.wants_fences(has_fences, now);
        }
    }
    has_fences
}

#[test]
fn the_mode_follows_the_interval_with_hysteresis() {
    let mut adaptive = Adaptive::new();
    // Break-even is at (1 + 5) / 5 barriers: 14.4 µs, and 21.6 µs for the way back.
    let mut fences =
        |has_fences, intervals: &[_]| after(&mut adaptive, has_fences, micros(12), intervals);
    assert!(!fences(false, &[(1000, micros(1000))]), "seldom: barrier");
    assert!(!fences(false, &[(1000, micros(18))]), "as it was");
    assert!(fences(false, &[(100, micros(10))]), "often: fences");
    assert!(fences(true, &[(1000, micros(18))]), "as it was");
    // After so long a barrier is due, to see what they cost by now.
    let one_pause = [(100, micros(5)), (1, micros(1_000_000)), (1, micros(5))];
    assert!(fences(true, &one_pause), "one pause decides nothing");
    assert!(!fences(true, &[(100, micros(30))]), "seldom: barrier");
    assert!(fences(true, &[(100, micros(5))]), "often again: fences");
}

#[test]
fn cheap_barriers_are_kept_at_an_interval_at_which_expensive_ones_are_not() {
    for (barrier, wanted) in [(micros(1), false), (micros(12), true)] {
        let mut adaptive = Adaptive::new();
        let fences = after(&mut adaptive, false, barrier, &[(200, micros(10))]);
        assert_eq!(fences, wanted, "barriers of {barrier:?}");
    }
}

#[test]
fn barriers_that_grow_expensive_are_noticed() {
    let mut adaptive = Adaptive::new();
    let idle = after(&mut adaptive, false, micros(1), &[(200, micros(10))]);
    assert!(!idle);
    assert!(after(&mut adaptive, idle, micros(12), &[(100, micros(10))]));
}

#[test]
fn barriers_that_grow_cheap_again_are_noticed_though_none_is_run() {
    let mut adaptive = Adaptive::new();
    let fences = after(&mut adaptive, false, micros(12), &[(200, micros(10))]);
    assert!(fences);
    // A second of swaps at the same interval, while the readers rest.
    assert!(!after(
        &mut adaptive,
        fences,
        micros(1),
        &[(100_000, micros(10))]
    ));
}

#[test]
fn fences_that_nobody_pays_are_cheap_until_somebody_does() {
    let mut adaptive = Adaptive::new();
    let mut fences = |fences, has_reader, barrier, count| {
        adaptive.scanned(has_reader);
        (0..IDLE_STREAK).for_each(|_| adaptive.scanned(has_reader));
        after(&mut adaptive, fences, barrier, &[(count, micros(4))])
    };
    // Break-even is at 1.2 µs, and with nobody there at 9.6 µs.
    assert!(!fences(false, true, micros(1), 100));
    assert!(fences(false, false, micros(1), 100));
    assert!(!fences(true, true, micros(1), 100));
}

#[test]
fn a_writer_without_readers_that_pauses_has_barriers() {
    let mut adaptive = Adaptive::new();
    (0..IDLE_STREAK).for_each(|_| adaptive.scanned(false));
    assert!(after(&mut adaptive, false, micros(1), &[(100, micros(4))]));
    assert!(!after(
        &mut adaptive,
        true,
        micros(1),
        &[(100, micros(100))]
    ));
}

/// As [`after`], but as `Fences` does it: most swaps do without a look. How many swaps had fences.
fn fenced(adaptive: &mut Adaptive, barrier: Duration, interval: Duration, most: u32) -> u32 {
    let mut now = adaptive.last.unwrap_or_else(Instant::now);
    for count in 0..most {
        now += interval;
        if adaptive.skips() {
            continue;
        }
        adaptive.tick(now);
        if !adaptive.wants_fences(true, now) {
            adaptive.barrier_done(now + barrier, FENCE);
            return count;
        }
    }
    most
}

#[test]
fn a_writer_that_grows_slow_looks_at_the_clock_soon() {
    for (is_idle, most) in [(false, 8), (true, 32)] {
        let mut adaptive = Adaptive::new();
        if is_idle {
            (0..IDLE_STREAK).for_each(|_| adaptive.scanned(false));
        }
        assert!(after(&mut adaptive, false, micros(1), &[(100, micros(0))]));
        let swaps = fenced(&mut adaptive, micros(1), micros(1_000_000), 1000);
        assert!(swaps <= most, "{swaps}");
    }
}

#[test]
fn a_fast_writer_that_meets_a_reader_looks_at_the_next_swap() {
    let mut adaptive = Adaptive::new();
    (0..IDLE_STREAK).for_each(|_| adaptive.scanned(false));
    assert!(after(&mut adaptive, false, micros(1), &[(100, micros(0))]));
    assert!(adaptive.skips() && adaptive.skips());
    adaptive.scanned(true);
    assert_eq!(fenced(&mut adaptive, micros(1), micros(1_000_000), 1000), 0);
}

#[test]
fn a_clock_that_shows_no_barrier_decides_nothing_for_good() {
    let mut adaptive = Adaptive::new();
    let fences = after(&mut adaptive, false, micros(0), &[(1, micros(5))]);
    assert!(after(
        &mut adaptive,
        fences,
        micros(12),
        &[(1000, micros(5))]
    ));
}

#[test]
fn one_slow_barrier_decides_nothing_for_long() {
    for first in [micros(12), micros(2000)] {
        let mut adaptive = Adaptive::new();
        let fences = after(&mut adaptive, false, first, &[(1, micros(100))]);
        let fences = after(&mut adaptive, fences, micros(2000), &[(1, micros(100))]);
        assert!(!after(
            &mut adaptive,
            fences,
            micros(12),
            &[(20_000, micros(100))]
        ));
    }
}

#[test]
fn there_is_a_way_back_however_expensive_barriers_are() {
    let mut adaptive = Adaptive::new();
    let fences = after(&mut adaptive, false, micros(900), &[(100, micros(100))]);
    assert!(fences);
    assert!(!after(
        &mut adaptive,
        fences,
        micros(900),
        &[(100, micros(2000))]
    ));
}

#[test]
fn without_a_barrier_nothing_is_decided() {
    let mut adaptive = Adaptive::new();
    let now = Instant::now();
    for n in 0..100 {
        adaptive.skips();
        adaptive.tick(now + micros(n));
        assert!(!adaptive.wants_fences(false, now + micros(n)));
    }
}
