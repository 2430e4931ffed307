//! Futures that are dropped.

use std::pin::pin;
use std::thread;

use evmap_core::SharedMap;

use crate::executor::{Counting, block_on, poll_until_it_waits};
use crate::{eventually, while_locked};

#[test]
fn a_future_dropped_before_it_has_the_lock_never_runs_its_closure() {
    let map = SharedMap::new();
    while_locked(&map, || {
        let mut task = Box::pin(map.write_async(|_| unreachable!("it was dropped")));
        poll_until_it_waits(task.as_mut(), &Counting::new());
        drop(task);
        // One that is never polled, too.
        drop(map.write_async(|_| unreachable!("it was dropped")));
    });
    assert_eq!(map.insert(1, 1), None);
    assert_eq!(map.read().version().as_u64(), 1);
}

/// The front of the queue is dropped, and the next task gets its place.
#[test]
fn a_future_that_is_dropped_passes_its_place_on() {
    let map = SharedMap::new();
    let (first, second) = (Counting::new(), Counting::new());
    let mut second_task = pin!(map.insert_async(2, 2));
    let mut waited = 0;
    while_locked(&map, || {
        let mut first_task = Box::pin(map.insert_async(1, 1));
        poll_until_it_waits(first_task.as_mut(), &first);
        poll_until_it_waits(second_task.as_mut(), &second);
        let before = second.count();
        drop(first_task);
        // It became the front.
        eventually("the next one is woken", || second.count() > before);
        poll_until_it_waits(second_task.as_mut(), &second);
        waited = second.count();
    });
    eventually("the unlock wakes it", || second.count() > waited);
    assert_eq!(block_on(second_task), None);
    assert_eq!((map.get_cloned(&1), map.get_cloned(&2)), (None, Some(2)));
}

/// A future that is forgotten while it waits keeps its place, but nobody waits for it.
#[test]
fn a_forgotten_future_stops_nobody() {
    let map = SharedMap::new();
    let leaked: &'static SharedMap<u32, u32> = Box::leak(Box::new(map.clone()));
    while_locked(&map, || {
        let mut task = Box::pin(leaked.insert_async(1, 1));
        poll_until_it_waits(task.as_mut(), &Counting::new());
        std::mem::forget(task);
    });
    thread::scope(|scope| {
        for key in 2..4 {
            let map = &map;
            scope.spawn(move || {
                for value in 0..2000 {
                    map.insert(key, value);
                }
            });
        }
        for value in 0..100 {
            block_on(map.insert_async(4, value));
        }
    });
    assert_eq!((map.len(), map.get_cloned(&4)), (3, Some(99)));
}
