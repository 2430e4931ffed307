//! The publisher and the janitor: each structure gets its steps, and none is used after it has left.
#![cfg(not(loom))]

use std::panic::panic_any;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use left_right::background::{Background, Next, Work, hold_off_forks};

/// Far longer than any wait takes, so that a test that would hang fails instead.
const FAR: Duration = Duration::from_secs(60);

fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < FAR, "never: {what}");
        thread::sleep(Duration::from_micros(200));
    }
}

/// Makes a place for this work, which lasts as long as the returned values.
fn place<W: Work + 'static>(work: W) -> (Arc<W>, Background) {
    let work = Arc::new(work);
    let weak: std::sync::Weak<W> = Arc::downgrade(&work);
    (work, Background::new(weak))
}

/// Writes its number into a log at each step, and asks for the next one at once, until the log is long.
struct Eager(usize, Arc<Mutex<Vec<usize>>>);

const LONG: usize = 3_000;

impl Eager {
    fn step(&self) -> Next {
        let mut log = self.1.lock().unwrap();
        log.push(self.0);
        if log.len() < LONG {
            Next::After(Duration::ZERO)
        } else {
            Next::Idle
        }
    }
}

impl Work for Eager {
    fn publish(&self) -> Next {
        self.step()
    }

    fn tidy(&self) -> Next {
        self.step()
    }
}

#[test]
fn structures_that_always_have_work_step_alternately() {
    let asks: [fn(&Background); 2] = [
        |place| place.publish_after(Duration::ZERO).unwrap(),
        |place| place.tidy_after(Duration::ZERO).unwrap(),
    ];
    for ask in asks {
        let log = Arc::new(Mutex::new(Vec::new()));
        let places: Vec<_> = (0..3).map(|n| place(Eager(n, Arc::clone(&log)))).collect();
        {
            // No step ends before all have asked.
            let _held = log.lock().unwrap();
            places.iter().for_each(|(_, background)| ask(background));
        }
        eventually("the log is long", || log.lock().unwrap().len() >= LONG);
        let log = log.lock().unwrap();
        // The first may have begun its step before the others asked.
        for steps in log[1..LONG].windows(3) {
            let mut steps = [steps[0], steps[1], steps[2]];
            steps.sort_unstable();
            assert_eq!(steps, [0, 1, 2]);
        }
    }
}

/// Reports that its step begins, and ends it when the test says so.
struct Slow {
    begins: mpsc::SyncSender<()>,
    ends: Mutex<mpsc::Receiver<()>>,
    has_ended: Arc<AtomicBool>,
}

impl Work for Slow {
    fn publish(&self) -> Next {
        self.begins.send(()).unwrap();
        self.ends.lock().unwrap().recv().unwrap();
        self.has_ended.store(true, Ordering::SeqCst);
        Next::After(Duration::ZERO)
    }
}

#[test]
fn leave_waits_for_a_step_on_the_publisher_and_no_step_follows() {
    let (begins, begun) = mpsc::sync_channel(0);
    let (end, ends) = mpsc::channel();
    let has_ended = Arc::new(AtomicBool::new(false));
    let (work, background) = place(Slow {
        begins,
        ends: Mutex::new(ends),
        has_ended: Arc::clone(&has_ended),
    });
    background.publish_after(Duration::ZERO).unwrap();
    begun.recv().unwrap();
    let leaving = thread::spawn(move || drop(background));
    thread::sleep(Duration::from_millis(5));
    assert!(!leaving.is_finished(), "a step is under way");
    end.send(()).unwrap();
    leaving.join().unwrap();
    assert!(has_ended.load(Ordering::SeqCst));
    // No thread holds it by now, although its step has asked for another one.
    assert_eq!(Arc::strong_count(&work), 1);
    assert!(begun.try_recv().is_err());
}

/// Leaves in its own step, and panics in it.
struct Leaver(OnceLock<Background>, mpsc::Sender<bool>);

impl Work for Leaver {
    fn publish(&self) -> Next {
        self.0.get().unwrap().leave();
        self.1.send(Background::is_janitor()).unwrap();
        panic_any("planted");
    }

    fn tidy(&self) -> Next {
        self.publish()
    }
}

#[test]
fn a_step_may_leave_and_panic_and_the_threads_go_on() {
    let (ended, has_ended) = mpsc::channel();
    let leaver = Arc::new(Leaver(OnceLock::new(), ended));
    let weak: std::sync::Weak<Leaver> = Arc::downgrade(&leaver);
    let background = leaver.0.get_or_init(|| Background::new(weak));
    for _ in 0..3 {
        background.publish_after(Duration::ZERO).unwrap();
        assert_eq!(has_ended.recv_timeout(FAR), Ok(false));
        background.tidy_after(Duration::ZERO).unwrap();
        assert_eq!(has_ended.recv_timeout(FAR), Ok(true));
    }
    assert!(!Background::is_janitor());
}

/// Counts its steps.
struct Counting(AtomicUsize);

impl Work for Counting {
    fn publish(&self) -> Next {
        self.0.fetch_add(1, Ordering::SeqCst);
        Next::Idle
    }
}

#[test]
fn the_earliest_request_counts_and_is_answered_once() {
    let (work, background) = place(Counting(AtomicUsize::new(0)));
    let count = || work.0.load(Ordering::SeqCst);
    let soon = Duration::from_millis(5);
    for time in [Duration::MAX, FAR * 60, 2 * soon, soon, FAR * 60] {
        background.publish_after(time).unwrap();
    }
    eventually("a step comes", || count() == 1);
    // A later step of another structure shows that no further step comes.
    let (other, other_place) = place(Counting(AtomicUsize::new(0)));
    other_place.publish_after(4 * soon).unwrap();
    eventually("the other step comes", || {
        other.0.load(Ordering::SeqCst) == 1
    });
    assert_eq!(count(), 1);
    background.publish_after(Duration::ZERO).unwrap();
    eventually("another step comes", || count() == 2);
}

/// A thread that holds off forks does not wait for itself, and no thread waits for a fork.
#[test]
fn forks_are_held_off_while_none_is_under_way() {
    let first = hold_off_forks().unwrap();
    let second = hold_off_forks().unwrap();
    drop((first, second));
    assert!(hold_off_forks().is_some());
}
