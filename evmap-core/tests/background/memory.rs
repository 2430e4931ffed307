//! Without further writes, nothing is kept for longer than the docs say.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use evmap_core::SharedMap;

use crate::eventually;

/// A map whose writes are visible when they return, and one whose writes are not.
fn each<V: Clone + Send + Sync + 'static>(test: impl Fn(SharedMap<u32, V>)) {
    for every in [Duration::ZERO, Duration::from_millis(1)] {
        test(SharedMap::builder().refresh_every(every).build());
    }
}

/// A reader in another thread, which keeps its view until this is dropped.
struct Staying(Option<(mpsc::Sender<()>, thread::JoinHandle<()>)>);

impl Staying {
    fn in_view_of<V: Clone + Send + Sync + 'static>(map: &SharedMap<u32, V>) -> Self {
        let (leave, left) = mpsc::channel();
        let (came, has_come) = mpsc::channel();
        let reader = map.read_handle();
        let thread = thread::spawn(move || {
            let view = reader.read();
            came.send(()).unwrap();
            _ = left.recv();
            drop(view);
        });
        has_come.recv().unwrap();
        Staying(Some((leave, thread)))
    }
}

impl Drop for Staying {
    fn drop(&mut self) {
        if let Some((leave, thread)) = self.0.take() {
            drop(leave);
            thread.join().unwrap();
        }
    }
}

/// Brings both copies up to date: one flush publishes, and the next one replays.
fn settle<V: Clone + Send + Sync + 'static>(map: &SharedMap<u32, V>) {
    map.flush();
    map.flush();
}

#[test]
fn a_value_that_was_removed_or_replaced_is_dropped_in_both_copies_without_a_further_write() {
    each(|map| {
        let (removed, replaced) = (Arc::new(1), Arc::new(2));
        map.insert(1, Arc::clone(&removed));
        map.insert(2, Arc::clone(&replaced));
        settle(&map);
        assert_eq!(
            (Arc::strong_count(&removed), Arc::strong_count(&replaced)),
            (3, 3)
        );
        map.remove(&1);
        map.insert(2, Arc::new(3));
        eventually("no copy has them", || {
            (Arc::strong_count(&removed), Arc::strong_count(&replaced)) == (1, 1)
        });
        assert!(!map.contains_key(&1));
    });
}

#[test]
fn a_map_that_was_cleared_keeps_nothing() {
    each(|map| {
        let value = Arc::new(());
        map.extend((0..5_000).map(|n| (n, Arc::clone(&value))));
        settle(&map);
        assert_eq!(Arc::strong_count(&value), 1 + 2 * 5_000);
        map.clear();
        eventually("no copy has them", || Arc::strong_count(&value) == 1);
    });
}

/// More operations than one step of the janitor replays.
#[test]
fn a_long_log_is_replayed_without_a_further_write() {
    each(|map| {
        let value = Arc::new(());
        map.write(|w| {
            for n in 0..10_000 {
                w.insert(n, Arc::clone(&value));
            }
        });
        settle(&map);
        assert_eq!(Arc::strong_count(&value), 1 + 2 * 10_000);
        map.write(|w| (0..10_000).for_each(|n| _ = w.remove(&n)));
        eventually("no copy has them", || Arc::strong_count(&value) == 1);
    });
}

#[test]
fn a_copy_that_was_set_aside_is_freed_once_its_reader_has_left_without_a_further_write() {
    each(|map| {
        let value = Arc::new(());
        map.insert(0, Arc::clone(&value));
        settle(&map);
        assert_eq!(Arc::strong_count(&value), 3);
        let reader = Staying::in_view_of(&map);
        let mut n = 0;
        while map.stats().retired == 0 {
            n += 1;
            map.insert(n, Arc::new(()));
            map.flush();
        }
        eventually("the reader's copy has it, too", || {
            Arc::strong_count(&value) == 4
        });
        drop(reader);
        eventually("the reader's copy is freed", || {
            (map.stats().retired, Arc::strong_count(&value)) == (0, 3)
        });
        assert_eq!(map.len(), n as usize + 1);
    });
}

/// Also while a write is pending that is not published for a long time.
#[test]
fn a_copy_that_was_set_aside_is_freed_although_a_write_is_pending() {
    for time in [60 * crate::FAR, Duration::MAX] {
        let map = SharedMap::builder().refresh_every(time).build();
        let reader = Staying::in_view_of(&map);
        let mut n = 0;
        while map.stats().retired == 0 {
            n += 1;
            map.insert(n, n);
            map.flush();
        }
        map.insert(0, 0);
        drop(reader);
        eventually("the reader's copy is freed", || map.stats().retired == 0);
        assert_eq!(map.stats().pending, 1);
        assert!(!map.contains_key(&0), "nothing else has happened");
    }
}

/// A plain writer has no thread, so only these calls free the copy.
#[test]
fn a_plain_writer_frees_a_copy_that_was_set_aside_with_its_next_refresh_or_rebuild() {
    type Free = fn(&mut evmap_core::WriteHandle<u32, Arc<()>>);
    let frees: [Free; 2] = [
        |writer| _ = writer.refresh(),
        |writer| {
            writer.rebuild().unwrap();
        },
    ];
    for free in frees {
        let (mut writer, reader) = evmap_core::new();
        let value = Arc::new(());
        writer.insert(1, Arc::clone(&value));
        writer.refresh();
        writer.refresh();
        let view = reader.read();
        writer.insert(2, Arc::new(()));
        writer.refresh();
        writer.insert(3, Arc::new(()));
        writer.try_refresh().unwrap_err();
        writer.rebuild().unwrap();
        writer.refresh();
        assert_eq!((writer.stats().retired, Arc::strong_count(&value)), (1, 4));
        drop(view);
        assert_eq!((writer.stats().retired, Arc::strong_count(&value)), (1, 4));
        free(&mut writer);
        assert_eq!((writer.stats().retired, Arc::strong_count(&value)), (0, 3));
    }
}
