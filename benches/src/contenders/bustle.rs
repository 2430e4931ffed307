//! Contenders as bustle's harness takes them.

use std::sync::{Mutex, PoisonError};

use bustle::{Collection, CollectionHandle};

use super::contender::{Handle, Hasher, Share};

/// A contender that gives each thread a handle.
pub(super) struct Pinned<H>(Mutex<H>);

/// The handle of one thread.
pub(super) struct Pin<H>(H);

impl<H: Handle + Share> Collection for Pinned<H> {
    type Handle = Pin<H>;

    fn with_capacity(capacity: usize) -> Self {
        Pinned(Mutex::new(H::new(capacity, &Hasher::default())))
    }

    fn pin(&self) -> Pin<H> {
        Pin(self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone())
    }
}

impl<H: Handle + Share> CollectionHandle for Pin<H> {
    type Key = u64;

    fn get(&mut self, key: &u64) -> bool {
        self.0.get(key).is_some()
    }

    fn insert(&mut self, key: &u64) -> bool {
        self.0.swap(*key, Some(0)).is_none()
    }

    fn remove(&mut self, key: &u64) -> bool {
        self.0.swap(*key, None).is_some()
    }

    fn update(&mut self, key: &u64) -> bool {
        self.0.update(*key)
    }
}
