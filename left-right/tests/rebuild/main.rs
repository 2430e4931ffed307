//! `rebuild`: past readers that never leave, and after panics.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use left_right::{Builder, DelayWriteHandle, OpWriteHandle, Operation, SwapError, Version};

mod panics;
mod stalled;
mod taken_back;

/// The data of a copy: the operations that it has had, and a count of the copies that are alive.
struct Data {
    had: Vec<u32>,
    census: Census,
}

#[derive(Clone, Default)]
struct Census {
    alive: Arc<AtomicUsize>,
    clone_panics: Arc<AtomicBool>,
}

impl Census {
    fn data(&self, had: Vec<u32>) -> Data {
        self.alive.fetch_add(1, Ordering::SeqCst);
        Data {
            had,
            census: self.clone(),
        }
    }

    fn alive(&self) -> usize {
        self.alive.load(Ordering::SeqCst)
    }
}

impl Clone for Data {
    fn clone(&self) -> Self {
        assert!(
            !self.census.clone_panics.load(Ordering::SeqCst),
            "planted in clone"
        );
        self.census.data(self.had.clone())
    }
}

impl PartialEq for Data {
    fn eq(&self, other: &Self) -> bool {
        self.had == other.had
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        self.census.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Op {
    Add(u32),
    /// Panics in its nth application, counted from 1, after half of its work.
    PanicIn(u32, u32),
}

impl Operation<Data> for Op {
    fn apply(&mut self, target: &mut Data) {
        match self {
            Op::Add(number) => target.had.push(*number),
            Op::PanicIn(number, left) => {
                target.had.push(*number);
                *left -= 1;
                assert!(*left > 0, "planted in an operation");
            }
        }
    }
}

type Writer = OpWriteHandle<Data, Op>;

fn writer_with(census: &Census, max_retired: usize) -> Writer {
    let write = Builder::new()
        .max_retired(max_retired)
        .build(census.data(Vec::new()), census.data(Vec::new()));
    OpWriteHandle::new(DelayWriteHandle::new(write))
}

fn writer() -> (Writer, Census) {
    let census = Census::default();
    (writer_with(&census, 4), census)
}

fn add(writer: &mut Writer, number: u32) -> Result<Version, SwapError> {
    writer.push(Op::Add(number));
    writer.try_swap_buffers()
}

fn panics(body: impl FnOnce()) {
    catch_unwind(AssertUnwindSafe(body)).unwrap_err();
}
