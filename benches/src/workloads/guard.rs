//! [`while_held`]: a reader that does not leave.

use std::sync::mpsc;
use std::thread;

use evmap_core::ReadHandle;

use crate::contenders::Hasher;

/// What the reader is called in errors.
pub const LABEL: &str = "held forever";

/// Does something while another thread holds a view of what this reader shows now.
///
/// # Panics
/// If the view has changed meanwhile.
pub fn while_held<R>(reader: ReadHandle<u64, u64, Hasher>, work: impl FnOnce() -> R) -> R {
    let (held, is_held) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
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
        let result = work();
        drop(release);
        result
    })
}
