//! A stress test for ThreadSanitizer. It uses no test harness, whose synchronisation is not
//! instrumented:
//!
//! ```sh
//! RUSTFLAGS="-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer" cargo +nightly test \
//!     --target x86_64-unknown-linux-gnu -p left-right --test races
//! ```
//!
//! ThreadSanitizer does not know fences, and needs none here. They decide who waits for whom, while
//! the orderings of the slots and of the pointer order the accesses to the data
//! (registry.rs O2, published.rs O4).
//! With `--cfg mutants` and `LEFT_RIGHT_MUTANT=leave-relaxed` (or `scan-relaxed`, `load-relaxed`,
//! `swap-relaxed`, `wait-skipped`) it must report a race.

use std::thread;

use left_right::{Builder, DelayWriteHandle, FenceMode};

const SWAPS: u64 = 20_000;

fn main() {
    for mode in [FenceMode::Membarrier, FenceMode::SeqCst] {
        stress(mode);
    }
}

fn stress(mode: FenceMode) {
    let mut writer = DelayWriteHandle::new(Builder::new().fence(mode).build([0; 4], [0; 4]));
    // Makes here what is made lazily, since std's own locks are not instrumented either.
    drop(writer.read_handle().read());
    writer.start_swap();
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let reader = writer.read_handle();
            thread::spawn(move || {
                let mut last = 0;
                for read in 1_u64.. {
                    if last == SWAPS {
                        break;
                    }
                    // Where there are more threads than processors, a reader that is interrupted pins a
                    // copy until it runs again, so it yields where it pins none.
                    if read % 64 == 0 {
                        thread::yield_now();
                    }
                    let guard = reader.read();
                    assert!(guard.iter().all(|&word| word == guard[0]) && guard[0] >= last);
                    last = guard[0];
                }
                // Dropped by the main thread: std's lock on the registry is not instrumented.
                reader
            })
        })
        .collect();
    for value in 1..=SWAPS {
        *writer.finish_swap().write_buffer_mut() = [value; 4];
        writer.start_swap();
    }
    for thread in threads {
        thread.join().expect("a reader failed");
    }
}
