//! Readers that do not leave, and writers that go past them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use evmap_core::SharedMap;
use evmap_core::shared_map::WriteError;

use crate::FAR;

/// Starts a reader in another thread. It keeps its view until the returned value is dropped.
fn stalled<K: Send + Sync + 'static, V: Send + Sync + 'static>(
    map: &SharedMap<K, V>,
    label: &'static str,
) -> impl Drop + use<K, V> {
    struct End(mpsc::Sender<()>, Option<thread::JoinHandle<()>>);
    impl Drop for End {
        fn drop(&mut self) {
            self.0.send(()).unwrap();
            self.1.take().unwrap().join().unwrap();
        }
    }
    let handle = map.read_handle();
    let (end, ended) = mpsc::channel();
    let (begin, begun) = mpsc::channel();
    let thread = thread::spawn(move || {
        handle.set_label(label);
        let view = handle.read();
        let version = view.version();
        begin.send(()).unwrap();
        ended.recv().unwrap();
        assert_eq!(view.version(), version);
    });
    begun.recv().unwrap();
    End(end, Some(thread))
}

/// Returns the error of a write. Tries again while the janitor holds the lock.
fn try_write(map: &SharedMap<u32, u32>) -> WriteError {
    loop {
        let error = map.try_write(|_| unreachable!("called")).unwrap_err();
        if !matches!(error, WriteError::Occupied) {
            return error;
        }
        thread::yield_now();
    }
}

#[test]
fn a_thread_that_holds_its_own_view_can_still_write() {
    let map = SharedMap::<_, _>::builder()
        .stall_limit(Duration::MAX)
        .build();
    map.insert(0, 0);
    let view = map.read();
    for n in 1..100 {
        // Its own view shows its own snapshot, so another thread checks what is visible.
        map.insert(n, n);
        assert_eq!(map.read_handle().len(), n + 1);
    }
    assert_eq!(view.len(), 1);
    assert_eq!(map.stats().rebuilds, 1, "one is enough, for good");
    assert_eq!(map.stats().retired, 1);
    drop(view);
    map.insert(100, 100);
    map.flush();
    assert_eq!(map.stats().retired, 0);
}

#[test]
fn a_guard_from_a_shared_reader_counts_as_the_threads_own() {
    let map = SharedMap::<_, _>::builder()
        .stall_limit(Duration::MAX)
        .build();
    let reader = map.shared_reader();
    map.insert(0, 0);
    let _guard = reader.get(&0).unwrap();
    for n in 1..10 {
        map.insert(n, n);
    }
    assert_eq!(map.stats().rebuilds, 1);
}

#[test]
fn a_reader_that_stalls_does_not_stop_the_writers() {
    let map = SharedMap::<_, _>::builder()
        .stall_limit(Duration::from_millis(5))
        .build();
    map.insert(0, 0);
    let reader = stalled(&map, "asleep");
    thread::scope(|scope| {
        for thread in 0..4 {
            let map = map.clone();
            scope.spawn(move || {
                for n in 0..500 {
                    map.merge(n, 1, |sum, one| Some(sum + one + thread - thread));
                }
            });
        }
    });
    assert_eq!(map.get_cloned(&499), Some(4));
    assert_eq!(map.stats().rebuilds, 1);
    drop(reader);
}

#[test]
fn without_a_stall_limit_writes_wait_for_the_reader_and_errors_name_it() {
    let map = SharedMap::<_, _>::builder()
        .stall_limit(Duration::MAX)
        .build();
    map.insert(0, 0);
    let reader = stalled(&map, "a long report");
    map.insert(1, 1); // the first write after it waits for nobody

    let error = try_write(&map);
    assert!(matches!(&error, WriteError::Busy(_)));
    assert_eq!(error.readers().len(), 1);
    assert!(error.to_string().contains("a long report"), "{error}");
    let mut value = Some(2);
    let error = map
        .write_timeout(Duration::from_millis(2), |w| {
            w.insert(2, value.take().unwrap())
        })
        .unwrap_err();
    assert_eq!(error.readers()[0].label.as_deref(), Some("a long report"));
    assert_eq!(value, Some(2), "what the closure borrows is still there");
    assert_eq!(
        (map.len(), map.flush().as_u64()),
        (2, 2),
        "a flush waits for no reader"
    );

    let begin = Instant::now();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| map.insert(2, 2));
        thread::sleep(Duration::from_millis(20));
        assert!(!waiting.is_finished());
        // Meanwhile all other calls work.
        assert_eq!(map.stats().pending, 0);
        assert_eq!(map.clone().len(), 2);
        assert!(format!("{map:?}").contains("1: 1"));
        drop(reader);
        assert_eq!(waiting.join().unwrap(), None);
    });
    assert!(begin.elapsed() < FAR);
    assert_eq!(map.get_cloned(&2), Some(2));
    assert_eq!(map.stats().rebuilds, 0);
}

#[test]
fn at_the_limit_of_retired_copies_errors_name_the_readers_and_nothing_is_lost() {
    let map = SharedMap::<_, _>::builder()
        .stall_limit(Duration::ZERO)
        .max_retired(1)
        .build();
    let mut n = 0;
    let mut write = || {
        n += 1;
        map.write_timeout(Duration::from_millis(1), |w| w.insert(n, n))
    };
    write().unwrap();
    let first = stalled(&map, "first");
    write().unwrap();
    write().unwrap(); // goes past the first
    let second = stalled(&map, "second");
    write().unwrap();
    let error = write().unwrap_err();
    assert!(matches!(error, WriteError::TooManyRetired(_)));
    let names: Vec<_> = error.readers().iter().map(|r| r.label.clone()).collect();
    assert_eq!(names, [Some("first".into()), Some("second".into())]);
    assert!(map.stats().stalls > 0);
    assert_eq!(map.len(), 4);
    drop(first);
    write().unwrap();
    assert_eq!(map.len(), 5);
    drop(second);
}

#[test]
fn a_long_critical_section_is_distinguished_from_a_reader() {
    let map = SharedMap::<u32, u32>::new();
    let (begin, begun) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let map = &map;
        scope.spawn(move || {
            map.write(move |w| {
                begin.send(()).unwrap();
                ended.recv().unwrap();
                w.insert(1, 1)
            })
        });
        begun.recv().unwrap();
        let error = map.try_write(|w| w.insert(2, 2)).unwrap_err();
        assert!(matches!(error, WriteError::Occupied));
        assert!(error.readers().is_empty());
        let error = map
            .write_timeout(Duration::from_millis(1), |w| w.insert(2, 2))
            .unwrap_err();
        assert!(matches!(error, WriteError::Occupied), "{error}");
        // None of these needs the lock.
        assert_eq!(map.stats().writes, 0);
        assert_eq!(format!("{map:?}"), "{}");
        assert_eq!(map.read().len(), 0);
        end.send(()).unwrap();
    });
    map.write_timeout(Duration::MAX, |w| w.insert(2, 2))
        .unwrap();
    assert_eq!(map.len(), 2);
}

#[test]
fn a_write_that_would_never_end_for_its_own_view_panics_and_others_wait_for_it() {
    let map = SharedMap::<_, _>::builder()
        .stall_limit(Duration::MAX)
        .max_retired(0)
        .build();
    map.insert(0, 0);
    let view = map.read();
    map.insert(1, 1);
    let panic = catch_unwind(AssertUnwindSafe(|| map.insert(2, 2))).unwrap_err();
    let message = panic.downcast_ref::<&str>().unwrap();
    assert!(message.contains("max_retired"), "{message}");
    // A call that does not wait without a limit returns an error.
    let error = try_write(&map);
    assert!(matches!(error, WriteError::TooManyRetired(_)));
    assert_eq!(map.stats().stalls, 2, "one for each write");
    drop(view);
    map.insert(2, 2);
    assert_eq!(map.len(), 3);
}
