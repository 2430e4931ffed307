//! The refresher: the thread that publishes what deferred writes left, and tidies up when idle.
//!
//! It holds the map weakly, so it ends with the last handle.

use std::hash::{BuildHasher, Hash};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use super::core::Core;
use super::turn::own_mark;
use super::writer::Settling;
use crate::panics::catch;
use crate::table::Engine;

/// How long the refresher rests between two steps of tidying up: at least, and at the most while a
/// reader is in its way.
const SHORTEST_REST: Duration = Duration::from_micros(100);
const LONGEST_REST: Duration = Duration::from_secs(1);

/// When the refresher is to run next.
pub(super) struct Alarm {
    /// The refresher's own mark.
    refresher: AtomicU64,
    state: Mutex<State>,
    has_changed: Condvar,
}

#[derive(Default)]
struct State {
    /// When to publish what writers left.
    publish_at: Option<Instant>,
    is_over: bool,
}

impl Alarm {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Alarm {
            refresher: AtomicU64::new(0),
            state: Mutex::default(),
            has_changed: Condvar::new(),
        })
    }

    /// Something is to be published within this time; an earlier call still counts.
    pub(super) fn set_within(&self, time: Duration) {
        let mut state = self.lock();
        if state.publish_at.is_none() {
            // A time too far away to be told is never: only a flush publishes then.
            state.publish_at = Instant::now().checked_add(time);
            self.has_changed.notify_one();
        }
    }

    /// Whatever there is to be published is to be published now.
    pub(super) fn set_now(&self) {
        self.lock().publish_at = Some(Instant::now());
        self.has_changed.notify_one();
    }

    /// Whether the calling thread is the refresher.
    pub(super) fn is_refresher(&self) -> bool {
        // ORDER: none needed: only the refresher stores its own mark.
        self.refresher.load(Ordering::Relaxed) == own_mark()
    }

    /// # Panics
    /// If the calling thread is the refresher.
    pub(super) fn refuse_refresher(&self) {
        assert!(
            !self.is_refresher(),
            "the refresher of a SharedMap drops what was removed, and a `Drop` waits for a version \
             there: it would wait for the refresher itself"
        );
    }

    /// The map is gone.
    pub(super) fn end(&self) {
        self.lock().is_over = true;
        self.has_changed.notify_one();
    }

    /// Waits until something is to be published, or for so long if nothing is: whether the map is
    /// still there.
    fn wait(&self, rest: Option<Duration>) -> bool {
        let mut state = self.lock();
        let rest_until = rest.and_then(|rest| Instant::now().checked_add(rest));
        loop {
            if state.is_over {
                return false;
            }
            let until = state.publish_at.or(rest_until);
            state = match until {
                None => self
                    .has_changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(until) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        // Whoever writes from here on sets it anew.
                        state.publish_at = None;
                        return true;
                    }
                    self.has_changed
                        .wait_timeout(state, left)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
            };
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the refresher of a map.
///
/// # Errors
/// The system has no thread for it.
pub(super) fn start<K, V, S, E>(
    core: Weak<Core<K, V, S, E>>,
    alarm: Arc<Alarm>,
    every: Duration,
) -> io::Result<()>
where
    K: Hash + Eq + Clone + 'static,
    V: Clone + 'static,
    S: BuildHasher + Clone + 'static,
    E: Engine,
    Core<K, V, S, E>: Send + Sync,
{
    thread::Builder::new()
        .name("evmap-refresher".into())
        .spawn(move || run(&core, &alarm, every))
        .map(|_| ())
}

fn run<K, V, S, E>(core: &Weak<Core<K, V, S, E>>, alarm: &Alarm, every: Duration)
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
    E: Engine,
{
    // ORDER: none needed: only this thread's own look at it matters.
    alarm.refresher.store(own_mark(), Ordering::Relaxed);
    // How long until the next look, while there is something to tidy up.
    let mut rest = None;
    while alarm.wait(rest) {
        let Some(core) = core.upgrade() else { return };
        // A panic is that of a `Clone`, in the recovery from an earlier panic: the next turn tries
        // again.
        let settling = match catch(|| core.flush().1) {
            Ok(settling) => settling,
            Err(payload) => {
                core.note_panic(payload);
                Settling::HeldUp
            }
        };
        rest = match settling {
            Settling::Done => None,
            Settling::Begun => Some(every.clamp(SHORTEST_REST, LONGEST_REST)),
            // Longer and longer while a reader stays, or user code panics.
            Settling::HeldUp => {
                let next = rest.map_or(every, |rest: Duration| rest.saturating_mul(2));
                Some(next.clamp(SHORTEST_REST, LONGEST_REST))
            }
        };
    }
}
