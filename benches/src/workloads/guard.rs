//! [`HeldGuard`]: a reader that does not leave.

use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};

use evmap_core::ReadHandle;

use crate::contenders::Hasher;

/// What the reader is called in errors.
pub const LABEL: &str = "held forever";

/// A view of the map in a thread of its own, for as long as this lives.
pub struct HeldGuard {
    release: Sender<()>,
    thread: JoinHandle<()>,
}

impl HeldGuard {
    /// Takes a view of what is published now, and holds it.
    pub fn take(reader: ReadHandle<u64, u64, Hasher>) -> Self {
        let (held, is_held) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let thread = thread::spawn(move || {
            reader.set_label(LABEL);
            let view = reader.read();
            let sum = || {
                view.values()
                    .fold(0_u64, |sum, &value| sum.wrapping_add(value))
            };
            let before = sum();
            // Nobody listens only if the whole run has failed already; then this thread ends.
            let _ = held.send(());
            let _ = released.recv();
            assert_eq!(sum(), before, "a view changed while it was held");
        });
        is_held.recv().expect("a view is taken");
        HeldGuard { release, thread }
    }

    /// Lets it go.
    ///
    /// # Panics
    /// If what it showed has changed meanwhile.
    pub fn release(self) {
        drop(self.release);
        self.thread.join().expect("the view did not change");
    }
}
