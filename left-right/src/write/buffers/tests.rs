//! What needs to force a fence mode, swap by swap.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::*;
use crate::policy::Deadline;
use crate::protocol::ROUND;
use crate::{ReadHandle, SharedReader};

fn check(words: &[u64; 16], last: &mut u64) {
    assert!(words.iter().all(|word| *word == words[0]) && words[0] >= *last);
    *last = words[0];
}

/// Reads until it is over.
///
/// Where there are more threads than processors, a reader that is interrupted pins a copy until it has its
/// turn again; better it gives way now and then where it pins none.
fn read_on(is_over: &AtomicBool, mut read: impl FnMut(&mut u64)) {
    let mut last = 0;
    for number in 1_u64.. {
        // ORDER: none needed: the flag stands for nothing else.
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        read(&mut last);
        if number % 64 == 0 {
            thread::yield_now();
        }
    }
}

/// Every order of modes, while readers read: a copy that changes under a reader would show.
#[test]
fn switching_all_the_time_tears_nothing() {
    let mut buffers = Buffers::new([0u64; 16], [0; 16], FenceMode::Auto, 4);
    if buffers.tuning.is_tagged() {
        // No barrier on this system, so there is nothing to switch to.
        return;
    }
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let handle = ReadHandle::join(&buffers.shared);
        let shared = SharedReader::new(&buffers.shared);
        let is_over = &is_over;
        scope.spawn(move || read_on(is_over, |last| check(&handle.read(), last)));
        scope.spawn(move || read_on(is_over, |last| check(&shared.read(), last)));
        let _over = Over(is_over);
        let mut random = 1u32;
        for number in 1..=20_000 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            buffers.tuning.force(random >> 31 == 1);
            if random >> 28 == 3 {
                // Between swaps a pointer may lose its tag.
                // SAFETY: no swap comes meanwhile.
                unsafe { buffers.shared.published.lose_tag() };
            }
            let far = Patience::Until(Deadline::after(Duration::from_secs(60)));
            let Ok(mut copy) = buffers.writable(far) else {
                panic!("a reader is stuck");
            };
            *copy.as_mut() = [number; 16];
            let version = copy.0.version.next();
            copy.swap(version);
        }
    });
}

#[test]
fn readers_that_outlive_the_writer_need_no_fences() {
    let buffers = Buffers::new(0, 0, FenceMode::SeqCst, 4);
    let shared = Arc::clone(buffers.shared());
    assert!(shared.published.peek().is_tagged());
    drop(buffers);
    assert!(!shared.published.peek().is_tagged());
}

/// Only a policy that is told of readers can weigh what fences cost them.
#[test]
fn the_policy_learns_from_each_swap_whether_anybody_reads() {
    let mut buffers = Buffers::new(0, 0, FenceMode::Auto, 4);
    let swap = |buffers: &mut Buffers<_>| {
        let version = buffers.version().next();
        let Ok(copy) = buffers.writable(Patience::Try) else {
            panic!("nobody is in that copy");
        };
        copy.swap(version);
        buffers.tuning.idle_streak()
    };
    let Some(before) = swap(&mut buffers) else {
        // No barrier on this system, so there is nothing to weigh.
        return;
    };
    assert_eq!(swap(&mut buffers), Some(before + 1));
    let reader = ReadHandle::join(buffers.shared());
    let guard = reader.read();
    assert_eq!(swap(&mut buffers), Some(0));
    drop(guard);
}

/// `None` where the system has no barrier, so that there is no tag to lose.
fn tagged_buffers() -> Option<Buffers<[u64; 16]>> {
    let mut buffers = Buffers::new([0u64; 16], [0; 16], FenceMode::Auto, 4);
    if buffers.fence_mode() == FenceMode::SeqCst {
        return None;
    }
    publish(&mut buffers, true);
    assert_eq!(buffers.fence_mode(), FenceMode::SeqCst);
    Some(buffers)
}

/// Publishes the next version, with a tag or without.
fn publish(buffers: &mut Buffers<[u64; 16]>, is_tagged: bool) {
    buffers.tuning.force(is_tagged);
    let version = buffers.version().next();
    let far = Patience::Until(Deadline::after(Duration::from_secs(60)));
    let Ok(mut copy) = buffers.writable(far) else {
        panic!("a reader is stuck");
    };
    *copy.as_mut() = [version.as_u64(); 16];
    copy.swap(version);
}

/// More reads than a reader of one version needs to take the tag off.
fn read_often(handle: &ReadHandle<[u64; 16]>) {
    (0..3 * ROUND).for_each(|_| check(&handle.read(), &mut 0));
}

#[test]
fn a_reader_takes_the_tag_off_after_many_reads_of_one_version() {
    let Some(mut buffers) = tagged_buffers() else {
        return;
    };
    let handle = ReadHandle::join(&buffers.shared);
    read_often(&handle);
    assert_eq!(buffers.fence_mode(), FenceMode::Membarrier);
    // The swap that finds it untagged is as good as any.
    let guard = handle.read();
    publish(&mut buffers, true);
    assert!(!buffers.is_finished());
    drop(guard);
    publish(&mut buffers, true);
    assert_eq!(buffers.fence_mode(), FenceMode::SeqCst);
}

#[test]
fn reads_of_many_versions_leave_the_tag_on() {
    let Some(mut buffers) = tagged_buffers() else {
        return;
    };
    let handle = ReadHandle::join(&buffers.shared);
    for _ in 0..100 {
        (0..ROUND - 1).for_each(|_| check(&handle.read(), &mut 0));
        assert_eq!(buffers.fence_mode(), FenceMode::SeqCst);
        publish(&mut buffers, true);
    }
}

/// A process that uses only this mode may not be registered for the barrier: the next swap would be refused.
#[test]
fn no_reader_takes_a_tag_off_in_a_mode_without_barriers() {
    let mut buffers = Buffers::new([0u64; 16], [0; 16], FenceMode::SeqCst, 4);
    let handle = ReadHandle::join(&buffers.shared);
    read_often(&handle);
    assert_eq!(buffers.fence_mode(), FenceMode::SeqCst);
    let version = buffers.version().next();
    if let Some(copy) = buffers.ready() {
        copy.swap(version);
    }
    assert!(!buffers.is_lost());
}

/// Ends the readers, also if the writer panics.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        // ORDER: none needed: the flag stands for nothing else.
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Readers take tags off while the writer swaps, takes them off itself, sets copies aside and ends.
#[test]
fn tags_that_readers_take_off_late_tear_nothing() {
    for round in 0..20 {
        let Some(mut buffers) = tagged_buffers() else {
            return;
        };
        let is_over = AtomicBool::new(false);
        let mut random = 1u32 + round;
        thread::scope(|scope| {
            let handle = ReadHandle::join(&buffers.shared);
            let shared = SharedReader::new(&buffers.shared);
            let holder = ReadHandle::join(&buffers.shared);
            let is_over = &is_over;
            scope.spawn(move || read_on(is_over, |last| check(&handle.read(), last)));
            scope.spawn(move || read_on(is_over, |last| check(&shared.read(), last)));
            let _over = Over(is_over);
            for _ in 0..1_000 {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let is_tagged = random >> 30 != 0;
                match random >> 26 & 15 {
                    // SAFETY: no swap comes meanwhile.
                    0 => unsafe { buffers.shared.published.lose_tag() },
                    1 => {
                        // Past a guard: the copy is set aside, and its tag with it.
                        let guard = holder.read();
                        publish(&mut buffers, is_tagged);
                        buffers.rebuild().expect("few copies are set aside");
                        publish(&mut buffers, is_tagged);
                        drop(guard);
                    }
                    2 => thread::yield_now(),
                    _ => {}
                }
                publish(&mut buffers, is_tagged);
            }
            drop(buffers);
        });
    }
}
