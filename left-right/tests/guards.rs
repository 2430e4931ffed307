//! Guards that other threads read, and guards that stand for the value that they show.

mod setter;

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use left_right::{DelayWriteHandle, ReadGuard, SharedReader, WriteHandle};
use setter::{FAR, set, writer};

/// The copies hold one number in many places, so a torn read shows.
const PLACES: usize = 64;

#[test]
fn scoped_threads_read_one_guard_while_the_writer_swaps() {
    let mut writer = DelayWriteHandle::new(WriteHandle::cloned(vec![0_u64; PLACES]));
    let (reader, factory) = (writer.read_handle(), writer.factory());
    let (begin, is_over) = (Instant::now(), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 1.. {
                if is_over.load(SeqCst) || begin.elapsed() > FAR {
                    break;
                }
                if let Ok(own) = writer.finish_swap_timeout(Duration::from_millis(1)) {
                    own.write_buffer_mut().fill(number);
                    writer.start_swap();
                }
            }
        });
        for _ in 0..50 {
            let guard = reader.read();
            thread::scope(|inner| {
                for _ in 0..3 {
                    inner.spawn(|| {
                        let shown = guard[0];
                        assert_eq!(*guard, [shown; PLACES]);
                        // The writer gets one swap past the guard.
                        let own = factory.handle();
                        while own.version() == guard.version() {
                            assert!(begin.elapsed() < FAR, "the guard holds up the first swap");
                            thread::yield_now();
                        }
                        assert_eq!(*guard, [shown; PLACES], "the snapshot has changed");
                    });
                }
            });
        }
        is_over.store(true, SeqCst);
    });
}

/// The reads of other threads count as the owner's: only its own drop of the guard lets the writer go on.
#[test]
fn a_guard_that_other_threads_have_read_is_left_by_its_own_thread_only() {
    let mut writer = writer();
    for reader_is_shared in [false, true] {
        let (handle, shared) = (writer.read_handle(), writer.shared_reader());
        let guard = if reader_is_shared {
            shared.read()
        } else {
            handle.read()
        };
        thread::scope(|scope| {
            // This thread's own reads, while it has the other's guard, see what is published.
            scope.spawn(|| {
                set(&mut writer, *guard + 1);
                assert_eq!(*shared.read(), *guard + 1);
            });
        });
        let next = *guard + 2;
        assert!(
            setter::try_set(&mut writer, next).is_err(),
            "nobody waits for the guard"
        );
        drop(guard);
        writer.swap_buffers_timeout(FAR).unwrap();
        assert_eq!(*shared.read(), next);
    }
}

/// A guard that is never dropped keeps its state for others, also after its thread's end.
#[test]
fn a_guard_that_was_lent_forever_outlives_its_thread() {
    static READER: OnceLock<SharedReader<Vec<u64>>> = OnceLock::new();
    static LENT: OnceLock<&ReadGuard<'_, Vec<u64>>> = OnceLock::new();

    let mut writer = DelayWriteHandle::new(WriteHandle::new(vec![1; PLACES], vec![2; PLACES]));
    let reader = READER.get_or_init(|| writer.shared_reader());
    thread::spawn(|| LENT.get_or_init(|| Box::leak(Box::new(reader.read()))))
        .join()
        .unwrap();
    let lent = LENT.get().unwrap();
    writer.start_swap();
    assert!(writer.try_finish_swap().is_err());
    thread::spawn(move || assert_eq!(***lent, [1; PLACES]))
        .join()
        .unwrap();
    assert_eq!(*reader.read(), [2; PLACES]);
}

#[test]
fn guards_compare_and_hash_as_their_values_do() {
    let mut writer = DelayWriteHandle::new(WriteHandle::new(1, 2));
    let (early, late) = (writer.read_handle(), writer.read_handle());
    let one = early.read();
    writer.start_swap();
    let two = late.read();
    assert_ne!(one, two);
    assert!(one < two && two >= one);
    assert_eq!(one.partial_cmp(&two), Some(Ordering::Less));
    assert_eq!(one.cmp(&two), Ordering::Less);

    // The version does not count, nor does whose copy it is.
    let other = WriteHandle::cloned(2).read_handle();
    let again = other.read();
    assert_ne!(two.version(), again.version());
    assert_eq!(two, again);
    assert_eq!(two.cmp(&again), Ordering::Equal);
    let hasher = RandomState::new();
    assert_eq!(hasher.hash_one(&two), hasher.hash_one(&again));
    assert_eq!(hasher.hash_one(&two), hasher.hash_one(2));

    // A value is compared with a value.
    assert_eq!(*one, 1);
    assert!(*two > 1);
}

/// What has no total order, or no order at all, keeps what it has.
#[test]
fn guards_compare_only_as_far_as_their_values_do() {
    let float = WriteHandle::cloned(f64::NAN).read_handle();
    let nan = float.read();
    assert_ne!(nan, nan);
    assert_eq!(nan.partial_cmp(&nan), None);

    // Different types, of which one compares with the other.
    let owned = WriteHandle::cloned(vec![String::from("a")]).read_handle();
    let lent = WriteHandle::cloned(["a"]).read_handle();
    assert_eq!(owned.read(), lent.read());

    // Values without a size.
    let (first, second) = (
        WriteHandle::cloned(String::from("abc")),
        WriteHandle::cloned("abd"),
    );
    let (first, second) = (first.read_handle(), second.read_handle());
    let first = ReadGuard::map(first.read(), String::as_str);
    let second = ReadGuard::map(second.read(), |text| *text);
    assert!(first < second);
    assert_eq!(&*first.max(second), "abd");
}

#[test]
fn guards_are_borrowed_as_their_values() {
    fn length(text: impl AsRef<String>) -> usize {
        text.as_ref().len()
    }
    fn borrowed<T: ?Sized>(guard: &impl Borrow<T>) -> &T {
        guard.borrow()
    }
    let reader = WriteHandle::cloned(String::from("abc")).read_handle();
    assert_eq!(length(reader.read()), 3);
    assert_eq!(borrowed::<String>(&reader.read()), "abc");

    // Sets find a guard by its value, since the two agree in `Eq`, `Hash` and `Ord`.
    let set: HashSet<_> = [reader.read()].into();
    assert!(set.contains(&String::from("abc")) && !set.contains(&String::from("x")));
    let set: BTreeSet<_> = [ReadGuard::map(reader.read(), String::as_str)].into();
    assert!(set.contains("abc") && !set.contains("x"));
}
