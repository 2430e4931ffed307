//! How contenders are made: of a type that opens a map, and filled.

use std::any::Any;

use bustle::Workload;

use super::bustle::Pinned;
use super::contender::{BATCH, Contender, Handle, Hasher, Map, Open, Share, Writes};
use crate::keys::{Kind, Number, Text, value_of};

impl Contender {
    /// Can nothing yet.
    pub(super) const fn named(name: &'static str) -> Self {
        Contender {
            name,
            reads: None,
            shares: None,
            writes: None,
            copies: None,
            at_once: None,
            soon: None,
            mixes: None,
            grown: None,
        }
    }

    /// Has one writer, and readers, with either kind of keys.
    pub(super) const fn of_pair<N: Open, T: Open<Text>>(name: &'static str) -> Self {
        Contender {
            reads: Some((filled::<Number, N>, filled::<Text, T>)),
            writes: Some(filled::<Number, N>),
            grown: Some(grown::<N>),
            ..Contender::named(name)
        }
    }

    /// Has handles, to read and to write, with either kind of keys.
    pub(super) const fn of_handle<N: Handle + Share, T: Handle<Text>>(name: &'static str) -> Self {
        Contender {
            shares: Some(filled::<Number, N>),
            at_once: Some(|entries, hasher| shared(N::new(entries, hasher), entries)),
            soon: Some(|entries, hasher| shared(N::new(entries, hasher), entries)),
            mixes: Some(Workload::run_silently::<Pinned<N>>),
            ..Contender::of_pair::<N, T>(name)
        }
    }
}

/// Gives a contender its entries.
pub(super) fn fill<K: Kind>(empty: impl Into<Map<K>>, entries: usize) -> Map<K> {
    let mut map = empty.into();
    map.writer.upsert_to(entries, entries);
    map
}

fn filled<K: Kind, C: Open<K>>(entries: usize, hasher: &Hasher) -> Map<K> {
    fill(C::open(entries, hasher), entries)
}

/// Gives one that many threads write its entries.
fn shared(handle: impl Share, entries: usize) -> Box<dyn Writes> {
    let mut handle: Box<dyn Writes> = Box::new(handle);
    handle.upsert_to(entries, entries);
    handle
}

/// A contender that was given its entries in batches of [`BATCH`], and published twice at the end, so that no log is
/// left.
///
/// # Panics
/// If an entry is lost.
pub(super) fn grown<C: Open>(entries: usize) -> Box<dyn Any> {
    let mut map = C::open(0, &Hasher::default());
    map.writer.upsert_to(entries, BATCH);
    for key in (0..entries as u64).step_by(997) {
        assert_eq!(
            map.reader.find(&key),
            Some(value_of(key, 0)),
            "an entry is lost"
        );
    }
    Box::new(map)
}
