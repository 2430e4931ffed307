//! [`Own`]: the copy that is not published, and what is known of its readers.
//!
//! # Invariants
//! - **W1** `State::Ready` holds a copy that is not published and that no reader is in: the writer may change it.
//! - **W2** `State::Draining` holds a copy that is not published; readers may be in it, all of them among its pins.
//!   Nobody can enter it any more.
//! - **W3** `State::Lost` holds a copy that is not published and whose readers are unknown: it may be read, and is
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
pub(crate) struct Own<T>(State<T>);

enum State<T> {
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
        Own(State::Ready(Buffer::allocate(value)))
    }

    /// The value; readers of an earlier state may be in the copy too.
    pub(crate) fn value(&self) -> &T {
        let (State::Ready(copy) | State::Draining(copy, _) | State::Lost(copy)) = &self.0;
        // SAFETY: the copy is this writer's and alive (W1, W2, W3), and whatever reader is inside only reads it, too.
        // To change it takes `&mut self`.
        let (content, _reading) = unsafe { copy.as_ref() }.read();
        // SAFETY: as above.
        unsafe { &(*content).value }
    }

    /// The copy for changing, if no reader can be in it.
    #[inline(always)]
    pub(crate) fn content_mut(&mut self) -> Option<&mut Content<T>> {
        let State::Ready(copy) = &self.0 else {
            return None;
        };
        // SAFETY: the copy is alive and nobody else is in it (W1). It is borrowed with us.
        let content = unsafe { copy.as_ref() }.write();
        // SAFETY: as above.
        Some(unsafe { &mut *content })
    }

    /// The pins of a copy that may have readers.
    pub(crate) fn pins(&self) -> Option<&Pins> {
        match &self.0 {
            State::Draining(_, pins) => Some(pins),
            State::Ready(_) | State::Lost(_) => None,
        }
    }

    /// Looks once at each reader that is waited for. Returns whether the copy is known to be nobody else's, or is
    /// lost, for which no wait helps.
    pub(crate) fn let_go(&mut self) -> bool {
        if let State::Draining(copy, pins) = &mut self.0 {
            if !pins.let_go() {
                return false;
            }
            // Nobody is left and nobody can enter (W2): W1.
            self.0 = State::Ready(*copy);
        }
        true
    }

    /// Whether the copy is known to be nobody else's (W1).
    #[inline]
    pub(crate) fn is_ready(&self) -> bool {
        matches!(self.0, State::Ready(_))
    }

    /// Whether a refused barrier has cost the writer its copy.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self.0, State::Lost(_))
    }

    /// Publishes the copy as this version. The old copy becomes the writer's once its readers have left. Does nothing if
    /// readers may still be in the writer's copy.
    ///
    /// Sets `current` to the version as soon as it is published.
    /// Costs one swap, one heavy fence and one look at each live reader. Waits for nobody.
    ///
    /// # Safety
    /// `published` and `registry` are those of this writer's structure (W4).
    #[inline]
    pub(crate) unsafe fn swap(
        &mut self,
        version: Version,
        current: &mut Version,
        published: &Published<T>,
        registry: &Registry,
        policy: &mut impl Policy,
    ) {
        let State::Ready(new) = self.0 else {
            return;
        };
        if let Some(content) = self.content_mut() {
            content.version = version;
        }
        let memory = Real::new(published, registry);
        let (word, pins) = exchange(&memory, Word::of(new), policy, |old| {
            // From here on, whatever happens, `new` is published and no longer ours.
            self.0 = State::Lost(old.to_copy());
            *current = version;
        });
        let old = word.to_copy();
        match pins {
            None => {}
            Some(pins) if pins.is_empty() => self.0 = State::Ready(old),
            Some(pins) => self.0 = State::Draining(old, pins),
        }
    }

    /// Puts a fresh copy in the place of this one.
    pub(crate) fn replace(&mut self, value: T) -> Replaced<T> {
        match mem::replace(&mut self.0, State::Ready(Buffer::allocate(value))) {
            // SAFETY: from `Buffer::allocate`; not published and nobody is in it (W1), and nothing names it any
            // more (W4).
            State::Ready(copy) => Replaced::Free(unsafe { reclaim(copy) }),
            State::Draining(copy, pins) => Replaced::Draining(Draining::new(copy, pins)),
            State::Lost(_) => Replaced::Lost,
        }
    }

    /// The end of the writer: its copy is given away.
    pub(crate) fn take(&mut self) -> Replaced<T> {
        let is_free = match &self.0 {
            State::Draining(_, pins) => pins.have_left() || planted("freed-with-writer"),
            State::Ready(_) | State::Lost(_) => true,
        };
        match mem::replace(&mut self.0, State::Lost(NonNull::dangling())) {
            State::Draining(copy, pins) if !is_free => {
                Replaced::Draining(Draining::new(copy, pins))
            }
            State::Ready(copy) | State::Draining(copy, _) => {
                // SAFETY: from `Buffer::allocate`; not published, its last readers have left, and nobody can enter
                // it (W1, W2). Nothing names it any more (W4).
                Replaced::Free(unsafe { reclaim(copy) })
            }
            // Its readers are unknown (W3): leaked, on purpose.
            State::Lost(_) => Replaced::Lost,
        }
    }
}
