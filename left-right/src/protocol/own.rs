//! [`Own`]: the copy that is not published, and what is known of its readers.
//!
//! # Invariants
//! - **W1** `Own::Ready` holds a copy that is not published and that no reader is in: the writer may change it.
//! - **W2** `Own::Draining` holds a copy that is not published; readers may be in it, all of them among its pins.
//!   Nobody can enter it any more.
//! - **W3** `Own::Lost` holds a copy that is not published and whose readers are unknown: it may be read, and is
//!   never changed or freed. The same holds for the copy that was published when the barrier was refused, if
//!   its pointer has no tag.
//! - **W4** Each copy stands in one `Own` at most, and each `Own` belongs to one writer and its `Published`.

use std::mem;
use std::ptr::NonNull;

use super::buffer::reclaim;
use super::swap::{Real, exchange};
use super::{Buffer, Content, Draining, Pins, Policy, Published, Registry, Word};
use crate::Version;
use crate::fault::planted;

/// The writer's copy.
pub(crate) enum Own<T> {
    Ready(NonNull<Buffer<T>>),
    Draining(NonNull<Buffer<T>>, Pins),
    Lost(NonNull<Buffer<T>>),
}

/// What becomes of a writer's copy that another one replaces.
pub(crate) enum Replaced<T> {
    /// Nobody is in it.
    Free(Box<Buffer<T>>),
    /// It is to be set aside.
    Draining(Draining<T>),
    /// It is leaked.
    Lost,
}

impl<T> Own<T> {
    pub(crate) fn new(value: T) -> Self {
        Own::Ready(Buffer::allocate(value))
    }

    /// The value; readers of an earlier state may be in the copy too.
    pub(crate) fn value(&self) -> &T {
        let (Own::Ready(copy) | Own::Draining(copy, _) | Own::Lost(copy)) = self;
        // SAFETY: the copy is this writer's and alive (W1, W2, W3), and whatever reader is inside only reads it, too.
        // To change it takes `&mut self`.
        let (content, _reading) = unsafe { copy.as_ref() }.read();
        // SAFETY: as above.
        unsafe { &(*content).value }
    }

    /// The copy for changing, if it is known to be nobody else's.
    #[inline(always)]
    pub(crate) fn content_mut(&mut self) -> Option<&mut Content<T>> {
        let Own::Ready(copy) = self else {
            return None;
        };
        // SAFETY: the copy is alive and nobody else is in it (W1). It is borrowed with us.
        let content = unsafe { copy.as_ref() }.write();
        // SAFETY: as above.
        Some(unsafe { &mut *content })
    }

    /// The pins of a copy that may have readers.
    pub(crate) fn pins(&self) -> Option<&Pins> {
        match self {
            Own::Draining(_, pins) => Some(pins),
            Own::Ready(_) | Own::Lost(_) => None,
        }
    }

    /// Looks once at each reader that is waited for. Returns whether the copy is known to be nobody else's, or is
    /// lost, for which no wait helps.
    pub(crate) fn let_go(&mut self) -> bool {
        if let Own::Draining(copy, pins) = self {
            if !pins.let_go() {
                return false;
            }
            // Nobody is left and nobody can enter (W2): W1.
            *self = Own::Ready(*copy);
        }
        true
    }

    /// Whether the copy is known to be nobody else's (W1).
    #[inline]
    pub(crate) fn is_ready(&self) -> bool {
        matches!(self, Own::Ready(_))
    }

    /// Whether a refused barrier has cost the writer its copy.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self, Own::Lost(_))
    }

    /// Publishes the copy as this version; what was published becomes the writer's, once its readers have left it. Does nothing
    /// to a copy that is not known to be nobody else's.
    ///
    /// Costs one swap, one heavy fence and one look at each live reader. Waits for nobody.
    #[inline]
    pub(crate) fn swap(
        &mut self,
        version: Version,
        published: &Published<T>,
        registry: &Registry,
        policy: &mut impl Policy,
    ) {
        let Own::Ready(new) = *self else {
            return;
        };
        if let Some(content) = self.content_mut() {
            content.version = version;
        }
        let memory = Real::new(published, registry);
        let (word, pins) = exchange(&memory, Word::of(new), policy, |old| {
            // From here on, whatever happens, `new` is published and no longer ours.
            *self = Own::Lost(old.to_copy());
        });
        let old = word.to_copy();
        match pins {
            None => {}
            Some(pins) if pins.is_empty() => *self = Own::Ready(old),
            Some(pins) => *self = Own::Draining(old, pins),
        }
    }

    /// Puts a fresh copy in the place of this one.
    pub(crate) fn replace(&mut self, value: T) -> Replaced<T> {
        match mem::replace(self, Own::new(value)) {
            // SAFETY: from `Buffer::allocate`; not published and nobody is in it (W1), and nothing names it any
            // more (W4).
            Own::Ready(copy) => Replaced::Free(unsafe { reclaim(copy) }),
            Own::Draining(copy, pins) => Replaced::Draining(Draining::new(copy, pins)),
            Own::Lost(_) => Replaced::Lost,
        }
    }

    /// The end of the writer: its copy is given away.
    pub(crate) fn take(&mut self) -> Replaced<T> {
        let is_free = match self {
            Own::Draining(_, pins) => pins.have_left() || planted("freed-with-writer"),
            Own::Ready(_) | Own::Lost(_) => true,
        };
        match mem::replace(self, Own::Lost(NonNull::dangling())) {
            Own::Draining(copy, pins) if !is_free => Replaced::Draining(Draining::new(copy, pins)),
            Own::Ready(copy) | Own::Draining(copy, _) => {
                // SAFETY: from `Buffer::allocate`; not published, its last readers have left, and nobody can enter
                // it (W1, W2). Nothing names it any more (W4).
                Replaced::Free(unsafe { reclaim(copy) })
            }
            // Its readers are unknown (W3): leaked, on purpose.
            Own::Lost(_) => Replaced::Lost,
        }
    }
}
