//! One read, as a function that can be found in the binary: `tests/read_path` disassembles it.

use std::cell::RefCell;
use std::hint::black_box;

use left_right::{Counter, ReadGuard, ReadHandle, SharedReader, WriteHandle};

/// A read by guard, from enter to leave.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_guard(reader: &ReadHandle<u64>) -> u64 {
    let guard = reader.read();
    *guard
}

/// A scoped read.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_with(reader: &ReadHandle<u64>) -> u64 {
    reader.with(|value| *value)
}

/// A read by the thread's own slot.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_shared(reader: &SharedReader<u64>) -> u64 {
    *reader.read()
}

/// A read that counts.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_counting(reader: &ReadHandle<u64>) -> u64 {
    let mut guard = reader.read();
    ReadGuard::count(&mut guard, Counter::First);
    *guard
}

/// The control: a read that locks.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_locking(reader: &std::sync::Mutex<u64>) -> u64 {
    reader.lock().map_or(0, |value| *value)
}

/// The control: a read with a loop.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_looping(reader: &SharedReader<u64>) -> u64 {
    let mut value = 0;
    while value == 0 {
        value = reader.with(|value| *value);
    }
    value
}

/// The control: a store that is not a `mov`.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_adding(sum: &mut u64) {
    *sum = sum.wrapping_add(1);
}

/// The control: two stores of sixteen bytes each.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_clearing(values: &mut [u64; 4]) {
    *values = [0; 4];
}

/// The control: stores to the function's own stack only.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_spilling(n: u64) -> u64 {
    let kept = [n, !n];
    // SAFETY: it writes to nothing.
    unsafe {
        std::arch::asm!("/* {0} */", in(reg) &kept, options(readonly, nostack, preserves_flags));
    }
    n
}

/// The control: a read that has std register a thread-local destructor.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_registering(value: u64) {
    thread_local! {
        static KEPT: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
    }
    KEPT.with(|kept| {
        if let Some(first) = kept.borrow_mut().first_mut() {
            *first = value;
        }
    });
}

/// The function that the controls call.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_called(value: u64) -> u64 {
    black_box(value)
}

/// Another function that a control calls.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_called_first(value: u64) -> u64 {
    black_box(value ^ 1)
}

/// The control: a call.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_calling(value: u64) -> u64 {
    probe_called(value) ^ 1
}

/// The control: a call that is a jump, since nothing comes after it.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_jumping(value: u64) -> u64 {
    probe_called(value)
}

/// The control: a call of an unknown function.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_calling_unknown(function: extern "C" fn(u64) -> u64) -> u64 {
    function(1) ^ 1
}

/// The control: a call that is cold, if the function called is.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_cold(value: u64) -> u64 {
    if value == 0 {
        return probe_called(value) ^ 1;
    }
    value
}

/// The control: the same by a jump.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_cold_by_jump(value: u64) -> u64 {
    if value == 0 {
        return probe_called(value);
    }
    value
}

/// The control: a call before the one that is cold.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_cold_too_late(value: u64) -> u64 {
    if value == 0 {
        return probe_called(probe_called_first(value)) ^ 1;
    }
    value
}

fn main() {
    let writer = WriteHandle::cloned(7);
    let reader = writer.read_handle();
    let sum = probe_guard(&reader)
        + probe_with(&reader)
        + probe_shared(&writer.shared_reader())
        + probe_counting(&reader)
        + probe_locking(&std::sync::Mutex::new(7))
        + probe_looping(&writer.shared_reader());
    assert_eq!((sum, writer.counts()), (42, [1, 0]));
    let (mut sum, mut values) = (0, [1; 4]);
    probe_adding(&mut sum);
    probe_clearing(&mut values);
    probe_registering(1);
    assert_eq!((sum, values, probe_spilling(2)), (1, [0; 4], 2));
    assert_eq!((probe_calling(3), probe_jumping(3)), (2, 3));
    assert_eq!(probe_calling_unknown(probe_called), 0);
    let cold = [probe_cold, probe_cold_by_jump, probe_cold_too_late];
    assert_eq!(cold.map(|probe| probe(0)), [1, 0, 0]);
}
