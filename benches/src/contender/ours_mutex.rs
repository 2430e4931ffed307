//! `evmap-core`'s plain writer behind a mutex, refreshed with each write: what `SharedMap` has to be worth.

use std::sync::Arc;

use evmap_core::FenceMode;
use parking_lot::Mutex;

use super::ours::{self, Reader, Writer};
use super::{Hasher, Lookup, Shared, Upsert};

/// Reader and writer alike.
#[derive(Clone)]
pub struct Handle {
    writer: Arc<Mutex<Writer>>,
    reader: Reader,
}

/// A filled map, each of whose writes is published before it returns.
pub fn at_once(entries: usize, hasher: &Hasher, mode: FenceMode) -> Handle {
    let (writer, reader) = ours::pair(entries, hasher, mode);
    Handle {
        writer: Arc::new(Mutex::new(writer)),
        reader,
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
        let mut writer = self.writer.lock();
        writer.upsert(key, value);
        writer.publish();
    }

    fn publish(&mut self) {
        self.writer.lock().publish();
    }
}

impl Shared for Handle {
    fn clear(&mut self) {
        self.writer.lock().clear();
    }

    #[inline]
    fn compute(&mut self, key: u64, value: impl Fn(Option<u64>) -> u64 + Send) {
        let mut writer = self.writer.lock();
        writer.compute(key, value);
        writer.publish();
    }
}
