//! Linearizability under load. Every read shows one complete state, no older than what was finished
//! before it began, and no newer than what was begun before it ended. Versions never go back.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use left_right::{Builder, DelayWriteHandle, FenceMode, OpWriteHandle, Operation, ReadGuard};

/// Wide enough for a torn state to show.
type Keys = [u64; 64];

struct SetAll(u64);

/// Far longer than any wait takes, so that a test that would hang fails instead.
const FAR: Duration = Duration::from_secs(60);

impl Operation<Box<Keys>> for SetAll {
    fn apply(&mut self, target: &mut Box<Keys>) {
        for key in target.iter_mut() {
            *key = self.0;
        }
    }
}

/// What has been begun and what has been finished, for all threads.
#[derive(Default)]
struct Progress {
    begun: AtomicU64,
    finished: AtomicU64,
    /// The highest version that any reader has seen.
    seen: AtomicU64,
    /// Reads that were checked.
    checked: AtomicU64,
    is_over: AtomicBool,
}

struct EndOnDrop<'a>(&'a AtomicBool);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Checks one read against what was known before and after it. Returns its version.
fn check(progress: &Progress, read: impl FnOnce() -> (u64, Keys)) -> u64 {
    let finished_before = progress.finished.load(Ordering::SeqCst);
    let seen_before = progress.seen.load(Ordering::SeqCst);
    let (version, keys) = read();
    let begun_after = progress.begun.load(Ordering::SeqCst);
    assert!(
        keys.iter().all(|&key| key == version),
        "torn: {version} shows {keys:?}"
    );
    assert!(
        version >= finished_before,
        "{version} is older than {finished_before}"
    );
    assert!(
        version >= seen_before,
        "{version} came after {seen_before} was seen"
    );
    assert!(
        version <= begun_after,
        "{version} is newer than {begun_after}"
    );
    progress.seen.fetch_max(version, Ordering::SeqCst);
    progress.checked.fetch_add(1, Ordering::Relaxed);
    version
}

fn snapshot(guard: ReadGuard<'_, Box<Keys>>) -> (u64, Keys) {
    (guard.version().as_u64(), **guard)
}

fn run(mode: FenceMode) {
    let often = if std::env::var_os("LEFT_RIGHT_LONG").is_some() {
        2_000_000
    } else {
        50_000
    };
    let write = Builder::new()
        .fence(mode)
        .build(Box::new([0; 64]), Box::new([0; 64]));
    let mut writer: OpWriteHandle<Box<Keys>, SetAll> =
        OpWriteHandle::new(DelayWriteHandle::new(write));
    let shared = writer.shared_reader();
    let progress = Progress::default();

    thread::scope(|scope| {
        for _ in 0..2 {
            let reader = writer.read_handle();
            let progress = &progress;
            scope.spawn(move || {
                let _end = EndOnDrop(&progress.is_over);
                let mut last = 0;
                while !progress.is_over.load(Ordering::Relaxed) {
                    let version = check(progress, || snapshot(reader.read()));
                    assert!(version >= last);
                    last = version;
                }
            });
        }
        for _ in 0..2 {
            let (shared, progress, factory) = (&shared, &progress, writer.factory());
            scope.spawn(move || {
                let _end = EndOnDrop(&progress.is_over);
                while !progress.is_over.load(Ordering::Relaxed) {
                    check(progress, || snapshot(shared.read()));
                    // A handle that joins while the writer scans.
                    let handle = factory.handle();
                    check(progress, || snapshot(handle.read()));
                    check(progress, || snapshot(handle.clone().read()));
                }
            });
        }
        // Also if one of them panics, or the others would go on forever.
        let _end = EndOnDrop(&progress.is_over);
        let mut version = 0;
        let is_enough = |version| {
            let checked = progress.checked.load(Ordering::Relaxed);
            (version >= often && checked >= 40 * often) || progress.is_over.load(Ordering::Relaxed)
        };
        while !is_enough(version) {
            version += 1;
            writer.push(SetAll(version));
            progress.begun.store(version, Ordering::SeqCst);
            let swapped = writer.swap_buffers_timeout(FAR).expect("a reader is stuck");
            assert_eq!(swapped.as_u64(), version);
            progress.finished.store(version, Ordering::SeqCst);
            if version % 64 == 0 {
                writer.swap_buffers();
            }
        }
    });
    assert_eq!(writer.verify_copies(), Ok(()));
}

#[test]
fn reads_are_linearizable_with_membarrier() {
    run(FenceMode::Membarrier);
}

#[test]
fn reads_are_linearizable_with_fences() {
    run(FenceMode::SeqCst);
}
