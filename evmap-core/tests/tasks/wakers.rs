//! Wakers that misbehave.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};
use std::thread;

use evmap_core::SharedMap;

use crate::executor::block_on;
use crate::while_locked;

/// Does this when it is woken.
struct When(Box<dyn Fn() + Send + Sync>);

impl Wake for When {
    fn wake(self: Arc<Self>) {
        (self.0)();
    }
}

/// Lets a task with this waker wait for the lock, and then frees the lock. Then another thread and another task write.
fn wait_with(map: &SharedMap<u32, u32>, when_woken: impl Fn() + Send + Sync + 'static) {
    let waker = Waker::from(Arc::new(When(Box::new(when_woken))));
    let mut task = pin!(map.insert_async(1, 1));
    while_locked(map, || {
        let polled = task.as_mut().poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
    });
    thread::scope(|scope| {
        scope.spawn(|| {
            for value in 0..1000 {
                map.insert(2, value);
            }
        });
        for value in 0..100 {
            block_on(map.insert_async(3, value));
        }
    });
    assert_eq!(
        (map.get_cloned(&2), map.get_cloned(&3)),
        (Some(999), Some(99))
    );
    assert_eq!(block_on(task), None);
}

#[test]
fn a_waker_that_does_nothing_stops_nobody() {
    wait_with(&SharedMap::new(), || {});
}

#[test]
fn a_waker_that_panics_stops_nobody() {
    let map = SharedMap::new();
    wait_with(&map, || std::panic::resume_unwind(Box::new("planned")));
    assert_eq!(map.len(), 3);
}

/// No lock is held while a waker runs, so it may read.
#[test]
fn a_waker_may_read_the_map() {
    let map = SharedMap::new();
    let (other, reads) = (map.clone(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&reads);
    wait_with(&map, move || {
        other.get_cloned(&1);
        counted.fetch_add(1, Ordering::Relaxed);
    });
    assert!(reads.load(Ordering::Relaxed) > 0);
}
