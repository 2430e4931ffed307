//! [`ReadersBusy`]: the readers that a writer would have to wait for.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// The writer's copy is not free yet, since readers are still inside it.
///
/// Nothing has changed, and the call may be made again.
/// A reader is a handle, a thread of a [`SharedReader`](crate::SharedReader), or a [`Snapshot`](crate::Snapshot).
///
/// # Examples
/// ```
/// let mut writer = left_right::DelayWriteHandle::cloned(0);
/// let reader = writer.read_handle();
/// reader.set_label("report");
/// let _guard = reader.read();
/// writer.start_swap();
/// let busy = writer.try_finish_swap().unwrap_err();
/// println!("{busy}"); // a reader is still inside the writer's copy: "report" of thread main for 120ns
/// # assert!(busy.to_string().starts_with("a reader is still inside the writer's copy: \"report\" of thread"));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReadersBusy {
    /// The readers that are still inside.
    pub readers: Vec<BusyReader>,
}

/// One reader that keeps a writer waiting.
///
/// It identifies its reader by the address of a slot, so do not keep it after that reader has ended: a later reader
/// may have the same address.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BusyReader {
    /// The label that [`ReadHandle::set_label`](crate::ReadHandle::set_label) set.
    pub label: Option<String>,
    /// The thread that made the handle, took the snapshot, or labelled one of them last: its name, or else its id.
    pub thread: String,
    /// Whether the reader is a [`Snapshot`](crate::Snapshot). It may be on any thread by now.
    pub is_snapshot: bool,
    /// The time since the copy that this reader is in was swapped out.
    pub waited: Duration,
    /// The address of its slot, which identifies the reader.
    pub(crate) slot: usize,
}

impl ReadersBusy {
    /// Returns the readers that are still inside.
    pub fn readers(&self) -> &[BusyReader] {
        &self.readers
    }
}

impl fmt::Display for ReadersBusy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.readers.len() {
            1 => f.write_str("a reader is still inside the writer's copy: ")?,
            n => write!(f, "{n} readers are still inside the writer's copy: ")?,
        }
        for (i, reader) in self.readers.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            fmt::Display::fmt(reader, f)?;
        }
        Ok(())
    }
}

impl fmt::Display for BusyReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.is_snapshot, &self.label) {
            (true, Some(label)) => write!(f, "snapshot \"{label}\" ")?,
            (true, None) => f.write_str("a snapshot ")?,
            (false, Some(label)) => write!(f, "\"{label}\" ")?,
            (false, None) => f.write_str("a handle ")?,
        }
        write!(f, "of thread {} for {:?}", self.thread, self.waited)
    }
}

impl Error for ReadersBusy {}
