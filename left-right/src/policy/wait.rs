//! Waiting for readers: spin briefly, then yield, then sleep with a growing, capped pause.

use std::time::{Duration, Instant};

use crate::protocol::TRY_LOOKS;
use crate::sync::{sleep, spin, yield_now};

/// A reader in the middle of a lookup has left after a few looks, and after some more if our looks or a fence slow it
/// down.
const LOOKS: u32 = 400;
/// At most this many processor hints, less one, lie between two looks. Their number changes from look
/// to look, else a reader in a loop may be in step with them, and never be seen elsewhere.
const MOST_SPINS: u32 = 7;
/// A reader that was descheduled gets the processor by a yield, also where there is only one.
const YIELDS: u32 = 10;
/// The first pause, and the longest: a wait of seconds costs well under 1% of a core.
pub(super) const FIRST_PAUSE: Duration = Duration::from_micros(50);
pub(super) const LONGEST_PAUSE: Duration = Duration::from_millis(2);

/// When to give up: never, or at an instant.
#[derive(Clone, Copy)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    pub(crate) const NEVER: Deadline = Deadline(None);

    /// This long from now. A time too far away for the clock is never.
    pub(crate) fn after(timeout: Duration) -> Self {
        Deadline(Instant::now().checked_add(timeout))
    }

    fn left(self) -> Option<Duration> {
        self.0
            .map(|instant| instant.saturating_duration_since(Instant::now()))
    }
}

/// How long a call may wait for readers.
#[derive(Clone, Copy)]
pub(crate) enum Patience {
    /// A bounded number of looks.
    Try,
    /// As long as it takes, or until the deadline.
    Until(Deadline),
}

impl Patience {
    pub(crate) const ENDLESS: Patience = Patience::Until(Deadline::NEVER);

    /// Calls `done` until it returns true, as far as this patience goes. Returns whether it did.
    #[inline]
    pub(crate) fn wait(self, mut done: impl FnMut() -> bool) -> bool {
        match self {
            Patience::Try => (0..TRY_LOOKS).any(|look| {
                if look > 0 {
                    spin(1);
                }
                done()
            }),
            Patience::Until(deadline) => wait_until(deadline, done),
        }
    }
}

/// Calls `done` until it returns true, or until the deadline. Returns whether it did.
///
/// It is called at least once, and once more when time is up.
fn wait_until(deadline: Deadline, mut done: impl FnMut() -> bool) -> bool {
    let mut looks = 0;
    let mut pause = FIRST_PAUSE;
    loop {
        if done() {
            return true;
        }
        if looks < LOOKS {
            spin(looks % MOST_SPINS);
            looks += 1;
            continue;
        }
        let left = deadline.left();
        if left == Some(Duration::ZERO) {
            return done();
        }
        if looks < LOOKS + YIELDS {
            yield_now();
            looks += 1;
            continue;
        }
        sleep(left.map_or(pause, |left| pause.min(left)));
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_too_far_for_the_clock_is_never() {
        assert!(Deadline::after(Duration::MAX).left().is_none());
    }

    #[test]
    fn an_expired_deadline_still_asks_and_then_gives_up() {
        let mut asked = 0;
        let done = wait_until(Deadline::after(Duration::ZERO), || {
            asked += 1;
            false
        });
        assert!(!done);
        assert!(asked >= 2);
    }

    /// Each pause lasts as long as it should or longer, so a slow machine has fewer of them.
    #[test]
    fn a_long_wait_looks_seldom() {
        let begin = Instant::now();
        let mut asked = 0;
        let deadline = Deadline::after(LONGEST_PAUSE * 50);
        wait_until(deadline, || {
            asked += 1;
            false
        });
        let pauses = begin.elapsed().as_nanos() / LONGEST_PAUSE.as_nanos();
        // The first pauses are shorter, and the last one ends with the wait.
        let most = u128::from(LOOKS + YIELDS) + 10 + pauses;
        assert!(asked <= most, "{asked} looks, {most} are enough");
    }

    #[test]
    fn waiting_ends_with_the_first_success() {
        let mut asked = 0;
        assert!(wait_until(Deadline::NEVER, || {
            asked += 1;
            asked == 415
        }));
        assert_eq!(asked, 415);
    }
}
