//! Writers that leave their publication to the next writer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use evmap_core::{FenceMode, SharedMap};

use crate::{FAR, eventually};

/// The behaviour of one value.
#[derive(Clone, Default)]
enum Value {
    #[default]
    Plain,
    /// Its second clone panics.
    Once(Arc<AtomicU32>),
    /// Its drop reports its beginning, and waits.
    Waiter(Arc<Mutex<Option<(mpsc::Sender<()>, mpsc::Receiver<()>)>>>),
}

struct Fickle(Value);

impl Clone for Fickle {
    fn clone(&self) -> Self {
        if let Value::Once(clones) = &self.0 {
            assert_eq!(clones.fetch_add(1, Ordering::SeqCst), 0, "planted");
        }
        Fickle(self.0.clone())
    }
}

impl Drop for Fickle {
    fn drop(&mut self) {
        let Value::Waiter(there) = &self.0 else {
            return;
        };
        let waits = there.lock().unwrap().take();
        if let Some((begins, ends)) = waits {
            begins.send(()).unwrap();
            ends.recv_timeout(FAR).expect("it may go on");
        }
    }
}

/// A write leaves its publication to the next writer, whose panic undoes it, since it cannot be applied to a fresh
/// copy. This happens before the first writer checks. The first writer once returned as if it had succeeded.
#[test]
fn a_write_that_another_one_undoes_panics_however_late_it_looks() {
    let map = SharedMap::<u32, Fickle>::builder()
        .fence(FenceMode::Membarrier)
        .build();
    if map.stats().fence_mode != FenceMode::Membarrier {
        // Without a barrier, no writer leaves its publication to another.
        return;
    }
    let there = Arc::new(Mutex::new(None));
    map.insert(0, Fickle(Value::Waiter(Arc::clone(&there))));
    map.flush();
    let (begins, has_begun) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel();
    let (comes, is_inside) = mpsc::channel();
    thread::scope(|scope| {
        let first = scope.spawn(|| {
            let write = || {
                map.write(|w| {
                    w.insert(1, Fickle(Value::Once(Arc::default())));
                    w.remove_if(&0, |_| true);
                    *there.lock().unwrap() = Some((begins, may_go_on));
                    comes.send(()).unwrap();
                    // Until the other one waits, which nothing reports. If it does not, there is no group, and
                    // this test proves nothing.
                    thread::sleep(Duration::from_millis(100));
                })
            };
            catch_unwind(AssertUnwindSafe(write)).is_ok()
        });
        is_inside.recv().unwrap();
        let second = catch_unwind(AssertUnwindSafe(|| {
            map.write(|w| {
                w.insert(2, Fickle(Value::Plain));
                panic!("planted");
            })
        }));
        assert!(second.is_err());
        has_begun.recv_timeout(FAR).expect("the first has unlocked");
        go_on.send(()).unwrap();
        let is_told_of_success = first.join().unwrap();
        assert_eq!(is_told_of_success, map.contains_key(&1));
        assert_eq!(u64::from(!is_told_of_success), map.stats().rolled_back);
    });
}

/// A settling that met a reader in the writer's copy once did nothing at all, not even for other readers.
#[test]
fn a_reader_that_does_not_leave_keeps_no_fence_for_others() {
    let map = SharedMap::<u32, u32>::builder()
        .stall_limit(Duration::MAX)
        .build();
    if map.stats().fence_mode != FenceMode::Membarrier {
        return;
    }
    let handle = map.read_handle();
    eventually("frequent writes bring fences", || {
        (0..1_000).for_each(|n| _ = map.insert(n % 10, n));
        map.stats().fence_mode == FenceMode::SeqCst
    });
    let view = handle.read();
    map.insert(1, 2);
    eventually("a flush takes them off", || {
        map.flush();
        map.stats().fence_mode == FenceMode::Membarrier
    });
    drop(view);
}
