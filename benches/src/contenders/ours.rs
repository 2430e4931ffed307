//! `evmap-core`: one writer, and readers by a guard of the value, by a scoped read that copies it, and through the one
//! `SharedReader` of all threads; in each fence mode, and on each table engine.

use std::borrow::Borrow;
use std::sync::Arc;

use bustle::Workload;
use evmap_core::table::{Engine, Incremental, RobinHood, Swiss};
use evmap_core::{Builder, FenceMode, ReadHandle, SharedReader, WriteHandle};
use parking_lot::Mutex;

use super::bustle::Pinned;
use super::contender::{Contender, Hasher, Lookup, Map, Open, Share, Upsert, Write, sum};
use super::making::{fill, grown};
use super::shared_map;
use crate::keys::{Kind, Number};

/// `ReadHandle::get`, the value read through its guard; many keys through a view.
pub const GUARD: Contender = Contender {
    reads: Some((
        |n, hasher| map(n, hasher, FenceMode::Auto),
        |n, hasher| map(n, hasher, FenceMode::Auto),
    )),
    ..Contender::named("ours, guard")
};

/// `ReadHandle::get_cloned`; many keys in `with`.
pub const SCOPED: Contender = Contender {
    reads: Some((scoped, scoped)),
    ..Contender::named("ours, scoped")
};

/// As [`GUARD`], where others read through one value.
pub const HANDLE: Contender = Contender {
    shares: Some(|n, hasher| map(n, hasher, FenceMode::Auto)),
    ..Contender::named("ReadHandle")
};

/// As [`SCOPED`], where others read through one value.
pub const HANDLE_SCOPED: Contender = Contender {
    shares: Some(scoped),
    ..Contender::named("ReadHandle, scoped")
};

/// `SharedReader::get`, the value read through its guard.
pub const SHARED_READER: Contender = Contender {
    shares: Some(|n, hasher| {
        let (writer, reader) = pair::<Number, Swiss>(hasher, FenceMode::Auto);
        let shared = Arc::new(reader.0.shared_reader());
        fill((writer, Guarded(shared)), n)
    }),
    ..Contender::named("SharedReader")
};

/// `SharedReader::get_cloned`.
pub const SHARED_READER_SCOPED: Contender = Contender {
    shares: Some(|n, hasher| {
        let (writer, reader) = pair::<Number, Swiss>(hasher, FenceMode::Auto);
        let shared = Arc::new(reader.0.shared_reader());
        fill((writer, Cloned(shared)), n)
    }),
    ..Contender::named("SharedReader, scoped")
};

/// The fence mode that adapts; of a `SharedMap`, where many threads write.
pub const AUTO: Contender = Contender {
    writes: Some(|n, hasher| map(n, hasher, FenceMode::Auto)),
    at_once: Some(|n, hasher| Box::new(shared_map::of(n, hasher, FenceMode::Auto))),
    mixes: Some(Workload::run_silently::<Pinned<shared_map::Handle>>),
    ..Contender::named("ours, Auto")
};

/// The writer pays for the order of reads and refreshes.
pub const MEMBARRIER: Contender = Contender {
    writes: Some(|n, hasher| map(n, hasher, FenceMode::Membarrier)),
    at_once: Some(|n, hasher| Box::new(shared_map::of(n, hasher, FenceMode::Membarrier))),
    ..Contender::named("ours, Membarrier")
};

/// Each reader has fences of its own.
pub const SEQ_CST: Contender = Contender {
    writes: Some(|n, hasher| map(n, hasher, FenceMode::SeqCst)),
    at_once: Some(|n, hasher| Box::new(shared_map::of(n, hasher, FenceMode::SeqCst))),
    ..Contender::named("ours, SeqCst")
};

/// The plain writer behind a mutex, refreshed with each write: what `SharedMap` has to be worth.
pub const MUTEX_OURS: Contender = Contender {
    at_once: Some(|n, hasher| {
        let (mut writer, reader) = pair(hasher, FenceMode::Auto);
        writer.upsert_to(n, n);
        Box::new(Behind(Arc::new(Mutex::new(writer)), reader))
    }),
    ..Contender::named("Mutex<ours>")
};

/// The default engine.
pub const SWISS: Contender = Contender {
    grown: Some(grown::<Writer<Number, Swiss>>),
    ..Contender::named("ours, Swiss")
};

/// The engine that grows without a pause.
pub const INCREMENTAL: Contender = Contender {
    grown: Some(grown::<Writer<Number, Incremental>>),
    ..Contender::named("ours, Incremental")
};

/// The engine whose entries lie in a row.
pub const ROBIN_HOOD: Contender = Contender {
    grown: Some(grown::<Writer<Number, RobinHood>>),
    ..Contender::named("ours, RobinHood")
};

/// An engine whose tables may be shared by threads, as all are.
pub trait Shareable<K: Kind>: Engine<Table<K::Key, u64>: Send + Sync> {}

impl<K: Kind, E: Engine<Table<K::Key, u64>: Send + Sync>> Shareable<K> for E {}

type Handle<K, E = Swiss> = ReadHandle<<K as Kind>::Key, u64, Hasher, (), E>;

/// The reader by guards.
pub struct Reader<K: Kind, E: Engine = Swiss>(pub Handle<K, E>);

#[derive(Clone)]
struct Scoped<K: Kind>(Handle<K>);

#[derive(Clone)]
struct Guarded(Arc<SharedReader<u64, u64, Hasher>>);

#[derive(Clone)]
struct Cloned(Arc<SharedReader<u64, u64, Hasher>>);

/// The writer.
pub struct Writer<K: Kind, E: Engine = Swiss>(pub WriteHandle<K::Key, u64, Hasher, (), E>);

/// A writer and a reader.
pub type Pair<K, E = Swiss> = (Writer<K, E>, Reader<K, E>);

#[derive(Clone)]
struct Behind(Arc<Mutex<Writer<Number>>>, Reader<Number>);

/// An empty map.
pub fn pair<K: Kind, E: Engine>(hasher: &Hasher, mode: FenceMode) -> Pair<K, E> {
    let builder = Builder::new().hasher(hasher.clone()).fence(mode);
    let (writer, reader) = builder.engine::<E>().build::<K::Key, u64>();
    (Writer(writer), Reader(reader))
}

/// How reads and refreshes are ordered when nobody chooses.
pub fn fence_mode() -> FenceMode {
    let (writer, _) = pair::<Number, Swiss>(&Hasher::default(), FenceMode::Auto);
    writer.0.stats().fence_mode
}

/// A filled map whose reader looks up by guard.
fn map<K: Kind>(entries: usize, hasher: &Hasher, mode: FenceMode) -> Map<K> {
    fill(pair::<K, Swiss>(hasher, mode), entries)
}

fn scoped<K: Kind>(entries: usize, hasher: &Hasher) -> Map<K> {
    let (writer, reader) = pair::<K, Swiss>(hasher, FenceMode::Auto);
    fill((writer, Scoped(reader.0)), entries)
}

impl<E: Shareable<Number>> Open for Writer<Number, E> {
    fn open(_: usize, hasher: &Hasher) -> Map<Number> {
        pair::<Number, E>(hasher, FenceMode::Auto).into()
    }
}

impl<K: Kind, E: Engine> Clone for Reader<K, E> {
    fn clone(&self) -> Self {
        Reader(self.0.clone())
    }
}

impl<K: Kind, E: Shareable<K>> Lookup<K> for Reader<K, E> {
    const HAS_VIEW: bool = true;

    #[inline(always)]
    fn get(&mut self, key: &K::Asked) -> Option<u64> {
        self.0.get(key).map(|guard| *guard)
    }

    #[inline(always)]
    fn sum(&mut self, keys: impl Iterator<Item: Borrow<K::Asked>>) -> u64 {
        let view = self.0.read();
        sum::<K::Asked>(keys, |key| view.get(key).copied())
    }
}

impl<K: Kind> Lookup<K> for Scoped<K> {
    const HAS_VIEW: bool = true;

    #[inline(always)]
    fn get(&mut self, key: &K::Asked) -> Option<u64> {
        self.0.get_cloned(key)
    }

    #[inline(always)]
    fn sum(&mut self, keys: impl Iterator<Item: Borrow<K::Asked>>) -> u64 {
        self.0
            .with(|view| sum::<K::Asked>(keys, |key| view.get(key).copied()))
    }
}

impl Lookup for Guarded {
    #[inline(always)]
    fn get(&mut self, key: &u64) -> Option<u64> {
        self.0.get(key).map(|guard| *guard)
    }
}

impl Lookup for Cloned {
    #[inline(always)]
    fn get(&mut self, key: &u64) -> Option<u64> {
        self.0.get_cloned(key)
    }
}

impl<K: Kind, E: Shareable<K>> Upsert<K> for Writer<K, E> {
    #[inline]
    fn set(&mut self, key: K::Key, value: u64) {
        self.0.insert(key, value);
    }

    #[inline]
    fn refresh(&mut self) {
        self.0.refresh();
    }
}

impl Lookup for Behind {
    #[inline(always)]
    fn get(&mut self, key: &u64) -> Option<u64> {
        self.1.get(key)
    }
}

impl Upsert for Behind {
    #[inline]
    fn set(&mut self, key: u64, value: u64) {
        let mut writer = self.0.lock();
        writer.set(key, value);
        writer.refresh();
    }

    fn refresh(&mut self) {
        self.0.lock().refresh();
    }

    /// Each is published already.
    #[inline]
    fn set_all(&mut self, entries: impl Iterator<Item = (u64, u64)>) {
        entries.for_each(|(key, value)| self.set(key, value));
    }
}

impl Share for Behind {
    fn clear(&mut self) {
        let mut writer = self.0.lock();
        writer.0.clear();
        writer.refresh();
    }

    #[inline]
    fn swap(&mut self, key: u64, value: Option<u64>) -> Option<u64> {
        let (mut writer, mut found) = (self.0.lock(), None);
        writer.0.compute(key, |old| {
            found = old.copied();
            value
        });
        writer.refresh();
        found
    }

    #[inline]
    fn update(&mut self, key: u64) -> bool {
        let mut writer = self.0.lock();
        let new = writer.0.compute_if_present(key, |old| Some(old + 1));
        let is_there = new.is_some();
        writer.refresh();
        is_there
    }

    #[inline]
    fn compute(&mut self, key: u64, value: impl Fn(Option<u64>) -> u64 + Send) {
        let mut writer = self.0.lock();
        writer.0.compute(key, |old| Some(value(old.copied())));
        writer.refresh();
    }
}
