//! evmap: two copies of a multimap. A lookup asks for one value of the key's bag.
//!
//! Many threads write it through a mutex, as programs do that have evmap.

use std::borrow::Borrow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bustle::Workload;
use evmap::handles::{ReadHandle, WriteHandle};

use super::bustle::Pinned;
use super::contender::{
    self, Contender, Hasher, Lookup, Map, Open, Share, TIME, Upsert, Write, sum,
};
use crate::keys::{Kind, Number, Text};

/// `ReadHandle::get_one`, the value read through its guard; and one writer.
pub const EVMAP: Contender = Contender::of_pair::<Writer<Number>, Writer<Text>>("evmap");

/// Published with each write.
pub const MUTEX_EVMAP: Contender = Contender {
    at_once: Some(|n, hasher| Box::new(Handle::filled(n, hasher, None))),
    mixes: Some(Workload::run_silently::<Pinned<Handle>>),
    ..Contender::named("Mutex<evmap>")
};

/// Published by the first write that finds [`TIME`] over.
pub const MUTEX_EVMAP_SOON: Contender = Contender {
    soon: Some(|n, hasher| Box::new(Handle::filled(n, hasher, Some((Instant::now(), 0))))),
    ..Contender::named("Mutex<evmap>, 1 ms")
};

#[derive(Clone)]
struct Reader<K: Kind>(ReadHandle<K::Key, u64, (), Hasher>);

struct Writer<K: Kind>(WriteHandle<K::Key, u64, (), Hasher>);

fn pair<K: Kind>(hasher: &Hasher) -> (Writer<K>, Reader<K>) {
    let options = evmap::Options::default();
    // SAFETY: asks that the hasher gives the same hash for the same input; clones of one foldhash builder share
    // their seed, and do.
    let options = unsafe { options.with_hasher(hasher.clone()) };
    let (writer, reader) = options.construct::<K::Key, u64>();
    (Writer(writer), Reader(reader))
}

impl<K: Kind> Open<K> for Writer<K> {
    fn open(_: usize, hasher: &Hasher) -> Map<K> {
        pair(hasher).into()
    }
}

impl<K: Kind> Lookup<K> for Reader<K> {
    const HAS_VIEW: bool = true;

    #[inline(always)]
    fn get(&mut self, key: &K::Asked) -> Option<u64> {
        self.0.get_one(key).map(|guard| *guard)
    }

    #[inline(always)]
    fn sum(&mut self, keys: impl Iterator<Item: Borrow<K::Asked>>) -> u64 {
        let map = self.0.enter();
        map.map_or(0, |map| {
            sum::<K::Asked>(keys, |key| map.get_one(key).copied())
        })
    }
}

impl<K: Kind> Upsert<K> for Writer<K> {
    #[inline]
    fn set(&mut self, key: K::Key, value: u64) {
        self.0.update(key, value);
    }

    #[inline]
    fn refresh(&mut self) {
        self.0.publish();
    }
}

/// Writes between two looks at the clock, for a writer that publishes now and then.
const UNSEEN: u32 = 64;

/// Reader and writer alike.
#[derive(Clone)]
struct Handle(Arc<Mutex<Behind>>, Reader<Number>);

/// The one writer, which all threads lock.
struct Behind {
    writer: Writer<Number>,
    /// When it was published last, and how many writes have not looked at the clock since; if not with each write.
    deferred: Option<(Instant, u32)>,
}

impl Handle {
    fn filled(entries: usize, hasher: &Hasher, deferred: Option<(Instant, u32)>) -> Self {
        let (mut writer, reader) = pair(hasher);
        writer.upsert_to(entries, entries);
        Handle(Arc::new(Mutex::new(Behind { writer, deferred })), reader)
    }

    fn lock(&self) -> MutexGuard<'_, Behind> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Behind {
    /// Sets the value of a key, and publishes that if it is time.
    #[inline]
    fn set(&mut self, key: u64, value: u64) {
        self.writer.set(key, value);
        if self.is_due() {
            self.writer.refresh();
        }
    }

    fn get(&mut self, key: u64) -> Option<u64> {
        if self.deferred.is_some() {
            // evmap shows its writer what is published, and nothing else.
            self.writer.refresh();
        }
        self.writer.0.get_one(&key).map(|guard| *guard)
    }

    fn is_due(&mut self) -> bool {
        let Some((last, unseen)) = &mut self.deferred else {
            return true;
        };
        *unseen = (*unseen + 1) % UNSEEN;
        if *unseen > 0 {
            return false;
        }
        let now = Instant::now();
        let is_due = now - *last >= TIME;
        if is_due {
            *last = now;
        }
        is_due
    }
}

impl contender::Handle for Handle {
    fn new(_: usize, hasher: &Hasher) -> Self {
        Handle::filled(0, hasher, None)
    }
}

impl Lookup for Handle {
    #[inline(always)]
    fn get(&mut self, key: &u64) -> Option<u64> {
        self.1.get(key)
    }
}

impl Upsert for Handle {
    #[inline]
    fn set(&mut self, key: u64, value: u64) {
        self.lock().set(key, value);
    }

    fn refresh(&mut self) {
        self.lock().writer.refresh();
    }

    /// Each is published when it is due.
    #[inline]
    fn set_all(&mut self, entries: impl Iterator<Item = (u64, u64)>) {
        entries.for_each(|(key, value)| self.set(key, value));
    }
}

impl Share for Handle {
    fn clear(&mut self) {
        self.lock().writer.0.purge();
    }

    #[inline]
    fn swap(&mut self, key: u64, value: Option<u64>) -> Option<u64> {
        let mut behind = self.lock();
        let old = behind.get(key);
        match value {
            Some(value) => behind.writer.0.update(key, value),
            None => behind.writer.0.remove_entry(key),
        };
        behind.writer.refresh();
        old
    }

    #[inline]
    fn update(&mut self, key: u64) -> bool {
        let mut behind = self.lock();
        let old = behind.get(key);
        if let Some(old) = old {
            behind.set(key, old + 1);
        }
        old.is_some()
    }

    #[inline]
    fn compute(&mut self, key: u64, value: impl Fn(Option<u64>) -> u64 + Send) {
        let mut behind = self.lock();
        let old = behind.get(key);
        behind.set(key, value(old));
    }
}
