//! One read, as a function that can be found in the binary: `tests/read_path.rs` disassembles it.

use left_right::{ReadHandle, SharedReader, WriteHandle};

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

fn main() {
    let writer = WriteHandle::cloned(7);
    let reader = writer.read_handle();
    let sum = probe_guard(&reader)
        + probe_with(&reader)
        + probe_shared(&writer.shared_reader())
        + probe_locking(&std::sync::Mutex::new(7))
        + probe_looping(&writer.shared_reader());
    assert_eq!(sum, 35);
}
