//! Several keys or values whose `Drop` panics at once: each is dropped, and the first panic resumes.

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use evmap_core::table::{Engine, SharedEngine};
use evmap_core::{Builder, SharedMap, multimap};

use crate::each_engine::map;

on_each! {
    a_clear_drops_every_value_though_many_panic,
    a_map_that_ends_drops_every_value_though_many_panic,
    a_writer_that_ends_drops_what_is_pending_though_many_panic,
    a_bag_drops_every_value_though_many_panic,
    a_shared_map_drops_every_value_though_many_panic,
}

/// A value whose drop panics with its number, unless that is 0.
#[derive(Clone)]
struct Loud(u32, Arc<AtomicU32>);

impl PartialEq for Loud {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Drop for Loud {
    fn drop(&mut self) {
        self.1.fetch_add(1, Ordering::SeqCst);
        // Even while another panic unwinds, which would abort the program.
        if self.0 > 0 {
            panic_any(self.0);
        }
    }
}

/// Returns the number that a call panicked with.
fn panic_of(call: impl FnOnce()) -> u32 {
    let panic = catch_unwind(AssertUnwindSafe(call)).expect_err("it did not panic");
    *panic.downcast_ref().expect("a number")
}

/// Drops a thing that may panic.
fn drop_anyhow<T>(thing: T) {
    catch_unwind(AssertUnwindSafe(|| drop(thing))).expect_err("it did not panic");
}

/// Values of which every second one panics.
fn values(drops: &Arc<AtomicU32>) -> impl Iterator<Item = (u32, Loud)> {
    (0..20).map(|n| (n, Loud(n % 2 * n, Arc::clone(drops))))
}

fn a_clear_drops_every_value_though_many_panic<E: Engine>() {
    let drops = Arc::default();
    let (mut writer, reader) = map::<_, _, E>();
    writer.extend(values(&drops));
    writer.refresh();
    writer.refresh();
    writer.clear();
    let before = drops.load(Ordering::SeqCst);
    assert_ne!(panic_of(|| _ = writer.refresh()), 0);
    assert_eq!(drops.load(Ordering::SeqCst) - before, 20);
    assert_eq!(reader.len(), 20);
    drop_anyhow((writer, reader));
}

fn a_map_that_ends_drops_every_value_though_many_panic<E: Engine>() {
    let drops = Arc::default();
    let (mut writer, reader) = map::<_, _, E>();
    writer.extend(values(&drops));
    writer.refresh();
    writer.refresh();
    let before = drops.load(Ordering::SeqCst);
    assert_ne!(panic_of(|| drop((writer, reader))), 0);
    assert_eq!(drops.load(Ordering::SeqCst) - before, 40);
}

fn a_writer_that_ends_drops_what_is_pending_though_many_panic<E: Engine>() {
    let drops = Arc::default();
    let (mut writer, reader) = map::<_, _, E>();
    // As one operation.
    writer.extend(values(&drops).chain(values(&drops)));
    assert_ne!(panic_of(|| drop(writer)), 0);
    assert_eq!(drops.load(Ordering::SeqCst), 40);
    assert!(reader.is_empty());
}

fn a_bag_drops_every_value_though_many_panic<E: Engine>() {
    let drops: Arc<AtomicU32> = Arc::default();
    let builder = multimap::Builder::new().engine::<E>();
    let (mut writer, reader) = builder.build::<u32, Loud>();
    for (_, value) in values(&drops) {
        writer.insert(1, value);
    }
    writer.refresh();
    writer.refresh();
    for purges in [false, true] {
        if purges {
            writer.purge();
        } else {
            writer.remove_entry(&1);
        }
        let before = drops.load(Ordering::SeqCst);
        assert_ne!(panic_of(|| _ = writer.refresh()), 0);
        assert_eq!(drops.load(Ordering::SeqCst) - before, 20);
        // The change is not published, so it is returned.
        assert!(writer.rebuild().expect("nobody reads").is_some());
    }
    drop_anyhow((writer, reader));
}

fn a_shared_map_drops_every_value_though_many_panic<E: SharedEngine<u32, Loud>>() {
    let drops = Arc::default();
    let map = SharedMap::builder().engine::<E>().build();
    map.extend(values(&drops));
    map.flush();
    let before = drops.load(Ordering::SeqCst);
    map.clear();
    map.flush();
    // The janitor may have been first, and not have finished.
    let begin = std::time::Instant::now();
    while (drops.load(Ordering::SeqCst) - before, map.stats().panics) != (40, 20) {
        assert!(begin.elapsed().as_secs() < 60, "some are never dropped");
        std::thread::yield_now();
    }
    // As a map that is built from entries.
    let (writer, reader) = Builder::new().engine::<E>().build_from(values(&drops));
    let before = drops.load(Ordering::SeqCst);
    assert_ne!(panic_of(|| drop((writer, reader))), 0);
    assert_eq!(drops.load(Ordering::SeqCst) - before, 40);
}
