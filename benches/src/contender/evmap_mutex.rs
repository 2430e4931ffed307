//! evmap with its writer behind a mutex: what many threads write through that have evmap.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::evmap::{self, Reader};
use super::{Hasher, Lookup, Shared, Upsert};

/// Writes between two looks at the clock, for a writer that publishes now and then.
const PIECE: u32 = 64;

/// Reader and writer alike.
#[derive(Clone)]
pub struct Handle {
    writer: Arc<Mutex<Writer>>,
    reader: Reader,
}

/// The one writer, which all threads lock.
struct Writer {
    map: evmap::Writer,
    publishing: Publishing,
}

enum Publishing {
    AtOnce,
    /// By whichever write finds that this time is over.
    Every {
        time: Duration,
        last: Instant,
        /// Writes since the last look at the clock.
        unseen: u32,
    },
}

/// A filled map, each of whose writes is published before it returns.
pub fn at_once(entries: usize, hasher: &Hasher) -> Handle {
    handle(entries, hasher, Publishing::AtOnce)
}

/// A filled map that is published about so often, while there are writes.
pub fn every(time: Duration, entries: usize, hasher: &Hasher) -> Handle {
    let publishing = Publishing::Every {
        time,
        last: Instant::now(),
        unseen: 0,
    };
    handle(entries, hasher, publishing)
}

fn handle(entries: usize, hasher: &Hasher, publishing: Publishing) -> Handle {
    let (map, reader) = evmap::pair(entries, hasher);
    Handle {
        writer: Arc::new(Mutex::new(Writer { map, publishing })),
        reader,
    }
}

impl Handle {
    fn lock(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writer {
    /// Sets the value of a key, and publishes that if it is time.
    #[inline]
    fn set(&mut self, key: u64, value: u64) {
        self.map.upsert(key, value);
        if self.is_due() {
            self.map.publish();
        }
    }

    /// Whether what was written is to be published now.
    fn is_due(&mut self) -> bool {
        let Publishing::Every { time, last, unseen } = &mut self.publishing else {
            return true;
        };
        *unseen += 1;
        if *unseen < PIECE {
            return false;
        }
        *unseen = 0;
        let now = Instant::now();
        let is_due = now - *last >= *time;
        if is_due {
            *last = now;
        }
        is_due
    }
}

impl Lookup for Handle {
    #[inline(always)]
    fn get(&mut self, key: &u64) -> Option<u64> {
        self.reader.get(key)
    }
}

impl Upsert for Handle {
    #[inline]
    fn upsert(&mut self, key: u64, value: u64) {
        self.lock().set(key, value);
    }

    fn publish(&mut self) {
        self.lock().map.publish();
    }
}

impl Shared for Handle {
    fn clear(&mut self) {
        self.lock().map.clear();
    }

    #[inline]
    fn compute(&mut self, key: u64, value: impl Fn(Option<u64>) -> u64 + Send) {
        let mut writer = self.lock();
        if !matches!(writer.publishing, Publishing::AtOnce) {
            // evmap shows its writer what is published, and nothing else.
            writer.map.publish();
        }
        let new = value(writer.map.get(key));
        writer.set(key, new);
    }
}
