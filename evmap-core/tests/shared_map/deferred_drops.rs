//! Everything that a write removes is dropped after the write.

use std::future::Future;
use std::hash::BuildHasher;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use evmap_core::table::{Incremental, RobinHood, SharedEngine, Swiss};
use evmap_core::{DefaultHashBuilder, SharedMap, Version};

use crate::{FAR, eventually};

/// A value that checks, when it is dropped, whether the thread is inside a write of its map.
#[derive(Clone)]
struct Asker(Arc<Asked>);

struct Asked {
    map: Mutex<Option<SharedMap<u32, Asker, DefaultHashBuilder, Incremental>>>,
    drops: AtomicU32,
    inside: AtomicU32,
}

impl Drop for Asker {
    fn drop(&mut self) {
        self.0.drops.fetch_add(1, Ordering::SeqCst);
        let map = self.0.map.lock().unwrap().clone();
        let Some(map) = map else { return };
        let never = Version::from_u64(u64::MAX);
        let ask = || map.wait_for_timeout(never, Duration::ZERO).is_err();
        let is_inside = catch_unwind(AssertUnwindSafe(ask)).is_err();
        self.0
            .inside
            .fetch_add(u32::from(is_inside), Ordering::SeqCst);
    }
}

/// A settling that swapped the copies once left the removed values of the replay in the published copy. That copy was
/// set aside for a reader, and then freed in the middle of another thread's write.
#[test]
fn what_a_settling_removes_is_dropped_before_its_copy_is_published() {
    let asked = Arc::new(Asked {
        map: Mutex::new(None),
        drops: AtomicU32::new(0),
        inside: AtomicU32::new(0),
    });
    let asker = || Asker(Arc::clone(&asked));
    let map = SharedMap::builder().engine::<Incremental>().build();
    // One more than the capacity of 1,024 buckets: each copy begins a growth.
    map.extend((0..897).map(|n| (n, asker())));
    *asked.map.lock().unwrap() = Some(map.clone());
    drop(map.remove(&1));
    assert!(map.stats().is_growing);
    let before = asked.drops.load(Ordering::SeqCst);
    map.flush();
    let after = asked.drops.load(Ordering::SeqCst);
    assert_eq!(
        after - before,
        1,
        "what was removed is dropped from the second copy"
    );
    // The copy that is published now is set aside, and freed by a later write.
    let view = map.read();
    drop((map.insert(2, asker()), map.insert(3, asker())));
    assert_eq!(map.stats().retired, 1);
    drop(view);
    drop((map.insert(4, asker()), map.insert(5, asker())));
    assert_eq!(map.stats().retired, 0);
    assert_eq!(asked.inside.load(Ordering::SeqCst), 0);
    // Otherwise it would own itself.
    let own = asked.map.lock().unwrap().take();
    drop(own);
}

/// A hasher whose drop panics once, if that is planted.
#[derive(Clone)]
struct Loud(DefaultHashBuilder, Arc<AtomicBool>);

impl BuildHasher for Loud {
    type Hasher = <DefaultHashBuilder as BuildHasher>::Hasher;

    fn build_hasher(&self) -> Self::Hasher {
        self.0.build_hasher()
    }
}

impl Drop for Loud {
    fn drop(&mut self) {
        assert!(!self.1.swap(false, Ordering::SeqCst), "planted");
    }
}

/// A publication once freed such a copy and failed because of it. The write returned although its changes were not
/// visible, and what it had removed was not dropped.
#[test]
fn a_copy_that_panics_when_it_is_freed_hides_no_write() {
    meet_a_hasher_that_panics(|_| 7_u32);
    let probe = Arc::new(());
    meet_a_hasher_that_panics(|_| Arc::clone(&probe));
    // The janitor may be in a step of the map.
    eventually("all are dropped", || Arc::strong_count(&probe) == 1);
}

fn meet_a_hasher_that_panics<V>(value: impl Fn(u32) -> V)
where
    V: Clone + Send + Sync + 'static,
{
    let is_armed = Arc::new(AtomicBool::new(false));
    let map = SharedMap::builder()
        .hasher(Loud(DefaultHashBuilder::default(), Arc::clone(&is_armed)))
        .stall_limit(Duration::ZERO)
        .build();
    map.insert(0, value(0));
    map.flush();
    let (leave, is_to_leave) = mpsc::channel();
    let (came, has_come) = mpsc::channel();
    thread::scope(|scope| {
        let reader = map.clone();
        let reading = scope.spawn(move || {
            let view = reader.read();
            came.send(()).unwrap();
            is_to_leave.recv().unwrap();
            drop(view);
        });
        has_come.recv().unwrap();
        map.insert(1, value(1));
        map.insert(2, value(2));
        assert_eq!(map.stats().retired, 1);
        let third = value(3);
        let (_, version) = map.write(|w| {
            w.insert(3, third);
            w.remove_if(&0, |_| true);
            // From here on the copy that is set aside may be freed, together with its hasher.
            leave.send(()).unwrap();
            // This drops a hasher of its own.
            reading.join().unwrap();
            is_armed.store(true, Ordering::SeqCst);
        });
        assert!(map.version() >= version);
        assert!(map.contains_key(&3) && !map.contains_key(&0));
        eventually("the copy is freed, and panics", || map.stats().panics == 1);
        assert!(!is_armed.load(Ordering::SeqCst));
        drop(map.insert(4, value(4)));
        assert_eq!((map.stats().pending, map.stats().retired), (0, 0));
        map.flush();
    });
}

/// Both copies once lived for as long as a reader.
#[test]
fn a_reader_that_outlives_the_map_keeps_one_copy() {
    for every in [Duration::ZERO, Duration::MAX] {
        let probe = Arc::new(());
        let map = SharedMap::builder().refresh_every(every).build();
        map.extend((0..100).map(|n| (n, Arc::clone(&probe))));
        map.flush();
        let reader = map.read_handle();
        drop(map.remove(&0));
        drop(map);
        // The janitor may be the last owner of the map.
        eventually("the other copy is dropped", || {
            Arc::strong_count(&probe) == 1 + 99
        });
        assert_eq!(reader.len(), 99);
        drop(reader);
        // The janitor may be in a step of the map.
        eventually("all are dropped", || Arc::strong_count(&probe) == 1);
    }
}

type Flushed = SharedMap<u32, Flusher>;

/// A value that flushes its map, as a task, when the janitor drops it while another thread is inside a write.
#[derive(Clone)]
struct Flusher(Arc<Mutex<Option<Flushing>>>);

struct Flushing {
    map: Flushed,
    begins: mpsc::Sender<()>,
    is_inside: mpsc::Receiver<()>,
    ends: mpsc::Sender<Poll<Version>>,
}

impl Drop for Flusher {
    fn drop(&mut self) {
        let Some(flushing) = self.0.lock().unwrap().take() else {
            return;
        };
        flushing.begins.send(()).unwrap();
        flushing.is_inside.recv().unwrap();
        let flushed = {
            let mut future = pin!(flushing.map.flush_async());
            future
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
        };
        flushing.ends.send(flushed).unwrap();
    }
}

/// The flush once waited for its own thread to publish.
#[test]
fn a_drop_on_the_map_s_own_thread_may_flush_as_a_task() {
    let there = Arc::new(Mutex::new(None));
    let map = Flushed::builder()
        .refresh_every(Duration::from_millis(1))
        .build();
    map.insert(1, Flusher(Arc::clone(&there)));
    map.flush();
    map.flush();
    let (begins, has_begun) = mpsc::channel();
    let (comes, is_inside) = mpsc::channel();
    let (ends, has_ended) = mpsc::channel();
    // The writer's copy returns its value to this call. The janitor drops that of the other copy.
    let removed = map.remove(&1);
    *there.lock().unwrap() = Some(Flushing {
        map: map.clone(),
        begins,
        is_inside,
        ends,
    });
    has_begun.recv_timeout(FAR).expect("it is dropped");
    // Pending until the janitor continues.
    map.insert(3, Flusher(Arc::default()));
    map.write(|w| {
        w.insert(2, Flusher(Arc::default()));
        comes.send(()).unwrap();
        // The other thread sleeps once it waits for this write. One more moment changes nothing.
        thread::sleep(Duration::from_millis(100));
    });
    let flushed = has_ended.recv_timeout(FAR).expect("it flushes");
    assert!(flushed.is_ready());
    drop(removed);
}

#[test]
fn a_clear_keeps_the_capacity_of_both_copies() {
    fn check<E: SharedEngine<u32, String>>() {
        for entries in [4, 7, 28, 29, 100, 897, 2_000] {
            let map = SharedMap::<u32, String>::builder().engine::<E>().build();
            map.extend((0..entries).map(|n| (n, n.to_string())));
            // Removed entries leave tombstones.
            map.retain(|n, _| n % 7 == 0);
            for _ in 0..8 {
                map.flush();
            }
            let mut plain = evmap_core::Builder::new()
                .engine::<E>()
                .build::<u32, u32>()
                .0;
            plain.extend((0..entries).map(|n| (n, n)));
            for _ in 0..8 {
                plain.refresh();
            }
            plain.clear();
            plain.refresh();
            let capacity = plain.read_handle().read().capacity();
            for _ in 0..3 {
                map.clear();
                assert_eq!(map.read().capacity(), capacity, "{entries} entries");
                map.insert(1, String::new());
            }
        }
    }
    check::<Swiss>();
    check::<Incremental>();
    check::<RobinHood>();
}
