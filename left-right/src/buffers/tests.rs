//! What needs to force a fence mode, swap by swap.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::*;
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
        // ORDER: none needed, here and where it is set: the flag stands for nothing else.
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
    if buffers.fences.is_tagged() {
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
        let mut random = 1u32;
        for number in 1..=20_000 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            buffers.fences.force(random >> 31 == 1);
            if random >> 28 == 3 {
                // Between swaps a pointer may lose its tag.
                let published = NonNull::new(buffers.shared.published.peek().as_ptr());
                buffers.shared.published.swap(published.unwrap(), false);
            }
            let far = Patience::Until(Deadline::after(Duration::from_secs(60)));
            let Ok(mut copy) = buffers.writable(far) else {
                // ORDER: none needed, as above.
                is_over.store(true, Ordering::Relaxed);
                panic!("a reader is stuck");
            };
            *copy.as_mut() = [number; 16];
            let version = copy.0.version.next();
            copy.swap(version);
        }
        // ORDER: none needed, as above.
        is_over.store(true, Ordering::Relaxed);
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

/// Only who is told of readers can weigh what fences cost them.
#[test]
fn the_tempo_learns_from_each_swap_whether_anybody_reads() {
    let mut buffers = Buffers::new(0, 0, FenceMode::Auto, 4);
    let swap = |buffers: &mut Buffers<_>| {
        let version = buffers.version().next();
        let Ok(copy) = buffers.writable(Patience::Try) else {
            panic!("nobody is in that copy");
        };
        copy.swap(version);
        buffers.fences.alone()
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
