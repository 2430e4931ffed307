//! [`Buffers`]: the writer's side of the protocol: its own copy, the swap and the wait.
//!
//! # Invariants
//! - **W1** `Own::Ready` holds a buffer that is not published and that no reader is in: the writer
//!   may change it.
//! - **W2** `Own::Draining` holds a buffer that is not published; readers may be in it, all of them
//!   among its pins. Nobody can enter it any more.
//! - **W3** `Own::Lost` holds a buffer that is not published and whose readers are unknown: it may
//!   be read, and is never changed or freed.
//!   The same holds for the copy that was published when the barrier was refused, if it was so without a
//!   tag.
//! - **W4** There is one `Buffers` for each `Shared`, and only it changes what is published.

mod buffer;
mod fences;
mod published;
mod retired;
mod tempo;
#[cfg(test)]
mod tests;

pub(crate) use buffer::{Buffer, reclaim};
pub(crate) use published::Published;

use std::marker::PhantomData;
use std::mem;
use std::ptr::NonNull;
use std::task::{Context, Poll};

use self::buffer::Content;
use self::fences::Fences;
use self::retired::Retired;
use crate::error::{Poisoned, SwapError, TooManyRetired};
use crate::fence::{self, FenceMode};
use crate::mutant::planted;
use crate::panics::drop_each;
use crate::registry::{Listing, Pins};
use crate::shared::Shared;
use crate::stall::ReadersBusy;
use crate::sync::{Arc, model_light_fence};
use crate::version::Version;
use crate::wait::Deadline;
use crate::watch::Watch;

/// The writer's side of the two copies.
pub(crate) struct Buffers<T> {
    shared: Arc<Shared<T>>,
    own: Own<T>,
    version: Version,
    /// Copies that readers would not leave.
    retired: Retired<T>,
    /// Whether the next published pointer sends its readers through a fence of their own.
    fences: Fences,
    /// The readers, as the last swap has found them.
    listing: Listing,
    /// Not `Send` or `Sync` but by the promises below.
    _not_auto: PhantomData<*mut T>,
}

enum Own<T> {
    Ready(NonNull<Buffer<T>>),
    Draining(NonNull<Buffer<T>>, Pins),
    Lost(NonNull<Buffer<T>>),
}

// SAFETY: a moved writer takes its copy along (`T: Send`), and reads the published one, which other
// threads read too (`T: Sync`).
unsafe impl<T: Send + Sync> Send for Buffers<T> {}
// SAFETY: `&Buffers` lends `&T` only.
unsafe impl<T: Send + Sync> Sync for Buffers<T> {}

/// How long a call may wait for readers.
#[derive(Clone, Copy)]
pub(crate) enum Patience {
    /// A bounded number of looks.
    Try,
    /// As long as it takes, or until the deadline.
    Until(Deadline),
}

impl Patience {
    pub(crate) const ENDLESS: Patience = Patience::Until(Deadline::NEVER);
}

/// The writer's copy, known to be nobody else's (W1).
pub(crate) struct Writable<'a, T>(&'a mut Buffers<T>, NonNull<Buffer<T>>);

impl<T> Buffers<T> {
    pub(crate) fn new(left: T, right: T, mode: FenceMode, max_retired: usize) -> Self {
        let fences = Fences::new(mode);
        let is_tagged = fences.is_tagged();
        model_light_fence(!is_tagged);
        Buffers {
            shared: Arc::new(Shared::new(Buffer::allocate(left), is_tagged)),
            own: Own::Ready(Buffer::allocate(right)),
            version: Version::default(),
            retired: Retired::new(max_retired),
            fences,
            listing: Listing::new(),
            _not_auto: PhantomData,
        }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared<T>> {
        &self.shared
    }

    pub(crate) fn version(&self) -> Version {
        self.version
    }

    pub(crate) fn fence_mode(&self) -> FenceMode {
        if self.fences.is_tagged() {
            FenceMode::SeqCst
        } else {
            FenceMode::Membarrier
        }
    }

    /// The copy that readers use.
    pub(crate) fn published(&self) -> &T {
        let buffer = self.shared.published.peek().as_ptr();
        // SAFETY: the published buffer is alive (P1) and nobody writes to it (B1) until this writer
        // swaps it out, which needs `&mut self` (W4).
        let (content, _reading) = unsafe { &*buffer }.read();
        // SAFETY: as above.
        unsafe { &(*content).value }
    }

    /// The writer's copy; readers of an earlier state may be in it too.
    pub(crate) fn own(&self) -> &T {
        let (Own::Ready(buffer) | Own::Draining(buffer, _) | Own::Lost(buffer)) = &self.own;
        // SAFETY: the buffer is this writer's and alive (W1, W2, W3), and whoever else is inside
        // only reads it; changing it needs `&mut self`.
        let (content, _reading) = unsafe { buffer.as_ref() }.read();
        // SAFETY: as above.
        unsafe { &(*content).value }
    }

    /// Whether nobody is left in the writer's copy, by a bounded number of looks at each reader.
    pub(crate) fn is_finished(&self) -> bool {
        match &self.own {
            Own::Ready(_) | Own::Lost(_) => true,
            Own::Draining(old, pins) => pins.have_left(old.as_ptr().cast()),
        }
    }

    /// Whether the writer's copy is known to be nobody else's (W1).
    #[inline]
    pub(crate) fn is_ready(&self) -> bool {
        matches!(self.own, Own::Ready(_))
    }

    /// Whether a refused barrier has cost the writer its copy.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self.own, Own::Lost(_))
    }

    /// How many copies are set aside.
    pub(crate) fn retired(&self) -> usize {
        self.retired.len()
    }

    /// For how many readers the writer's own list has capacity.
    #[cfg(all(test, not(loom)))]
    pub(crate) fn listing_capacity(&self) -> usize {
        self.listing.capacity()
    }

    /// Nothing was to be published: readers need no fences of their own any more if it has been so
    /// for a while.
    pub(crate) fn rest(&mut self) {
        if self.fences.rest() {
            // Losing the tag needs no more: the next swap finds it lost, and runs the barrier for
            // the readers of before and of after.
            self.untag();
        }
    }

    /// Lets readers come to the published copy without a fence of their own.
    fn untag(&mut self) {
        if let Some(published) = NonNull::new(self.shared.published.peek().as_ptr()) {
            self.shared.published.swap(published, false);
        }
    }

    /// Waits for the readers of the last swap, as far as `patience` goes.
    ///
    /// Panics if the `Drop` of a retired copy does: they are dropped first, and nothing else has changed.
    pub(crate) fn finish(&mut self, patience: Patience) -> Result<(), ReadersBusy> {
        self.retired.sweep();
        if let Own::Draining(old, pins) = &mut self.own {
            let old = *old;
            match patience {
                Patience::Try => pins.try_clear(old.as_ptr().cast())?,
                Patience::Until(deadline) => pins.clear(old.as_ptr().cast(), deadline)?,
            }
            // Nobody is left and nobody can enter (W2): W1.
            self.own = Own::Ready(old);
        }
        Ok(())
    }

    /// As [`finish`](Self::finish), for a task: `watch` wakes it when it should ask again.
    pub(crate) fn poll_finish(
        &mut self,
        watch: &mut Option<Watch>,
        context: &mut Context<'_>,
    ) -> Poll<()> {
        let is_free = self.finish(Patience::Try).is_ok();
        *watch = match &self.own {
            Own::Draining(old, pins) if !is_free => {
                let (old, waker) = (old.as_ptr().cast(), context.waker());
                let kept = watch.take().filter(|watch| watch.is_for(old, waker));
                Some(kept.unwrap_or_else(|| Watch::start(pins.clone(), old, waker)))
            }
            _ => None,
        };
        if watch.is_none() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    /// The writer's copy for changing, if it is known to be nobody else's: looks at no reader and frees no copy
    /// that was set aside.
    #[inline]
    pub(crate) fn ready(&mut self) -> Option<Writable<'_, T>> {
        match self.own {
            Own::Ready(buffer) => Some(Writable(self, buffer)),
            Own::Draining(..) | Own::Lost(_) => None,
        }
    }

    /// The writer's copy for changing, once its last readers have left.
    pub(crate) fn writable(&mut self, patience: Patience) -> Result<Writable<'_, T>, SwapError> {
        self.finish(patience)?;
        match self.own {
            Own::Ready(buffer) => Ok(Writable(self, buffer)),
            Own::Draining(..) | Own::Lost(_) => Err(Poisoned.into()),
        }
    }
}

impl<T: Clone> Buffers<T> {
    /// Replaces the writer's copy by a clone of the published one, whoever may still be in it.
    ///
    /// The copy replaced is handed out if nobody is in it, for the caller to drop once its own
    /// state is whole, and else it is retired.
    /// If the clone panics, nothing has changed but, for a lost copy, which of two equals is published.
    pub(crate) fn rebuild(&mut self) -> Result<Option<Box<Buffer<T>>>, TooManyRetired> {
        // Whoever is still there is retired.
        let _ = self.finish(Patience::Try);
        if let Own::Draining(_, pins) = &self.own {
            if self.retired.is_full() {
                return Err(TooManyRetired {
                    max_retired: self.retired.limit(),
                    readers: self
                        .retired
                        .readers()
                        .chain(pins.describe().readers)
                        .collect(),
                });
            }
        }
        if self.is_lost() && !self.shared.published.peek().is_tagged() {
            // The readers of the published copy come in without a fence, so it can never be the
            // writer's either (W3): it is leaked too, and a clone takes its place. That is published before
            // another one is made, whose panic so meets no clone to be dropped.
            let equal = self.published().clone();
            self.replace_published(equal);
        }
        let fresh = self.published().clone();
        match mem::replace(&mut self.own, Own::Ready(Buffer::allocate(fresh))) {
            // SAFETY: from `Buffer::allocate`; not published and nobody is in it (W1), and nothing
            // names it any more.
            Own::Ready(buffer) => Ok(Some(unsafe { reclaim(buffer) })),
            Own::Draining(buffer, pins) => {
                self.retired.push(buffer, pins);
                Ok(None)
            }
            Own::Lost(_) => Ok(None),
        }
    }

    /// Publishes an equal of what is published, under the same version, and leaks that.
    fn replace_published(&mut self, equal: T) {
        let buffer = Buffer::allocate(equal);
        let version = self.version;
        Writable(self, buffer).into_content().version = version;
        self.shared.published.swap(buffer, self.fences.is_tagged());
    }
}

impl<'a, T> Writable<'a, T> {
    /// The copy, for changing.
    pub(crate) fn into_mut(self) -> &'a mut T {
        &mut self.into_content().value
    }

    pub(crate) fn as_mut(&mut self) -> &mut T {
        &mut Writable(&mut *self.0, self.1).into_content().value
    }

    fn into_content(self) -> &'a mut Content<T> {
        // SAFETY: the buffer is alive and nobody else is in it (W1), and the `Buffers` is borrowed
        // for as long as the reference lives.
        let content = unsafe { self.1.as_ref() }.write();
        // SAFETY: as above.
        unsafe { &mut *content }
    }

    /// Publishes this copy as `version`; what was published becomes the writer's, once its readers
    /// have left it.
    ///
    /// Costs one swap, one heavy fence and one look at each live reader. Waits for nobody.
    pub(crate) fn swap(self, version: Version) {
        let Writable(buffers, new) = self;
        Writable(&mut *buffers, new).into_content().version = version;
        let shared = &*buffers.shared;

        let too_early = scan_too_early(shared);
        let listed_too_early = shared.registry.list_too_early();

        let is_tagged = buffers.fences.next();
        let old = shared.published.swap(new, is_tagged);
        buffers.version = version;
        let Some(old_buffer) = NonNull::new(old.as_ptr()) else {
            unreachable!("a published pointer names a buffer (P1)");
        };
        // From here on, whatever happens, `new` is published and no longer ours.
        buffers.own = Own::Lost(old_buffer);

        // The readers of `old` came in by its pointer: through a fence of their own if it was
        // tagged (F2), else without one, and then they must be flushed (F1).
        if old.is_tagged() {
            if !planted("writer-fence-gone") {
                fence::full_after_swap();
            }
        } else if fence::flush().is_err() {
            // The kernel refuses what it once did: nothing is known of the readers of `old`, now
            // or later, nor of those that come to `new` meanwhile if it is untagged (W3). From the next
            // copy on, nobody comes in without a fence.
            buffers.fences.refuse();
            return;
        } else {
            buffers.fences.barrier_done();
        }

        // After the swap and the fence, else a handle that joins in between goes unscanned (O3).
        let old_word = old.as_ptr().cast();
        let pins = match (too_early, listed_too_early) {
            (Some(pins), _) => pins,
            (None, Some(slots)) => Pins::collect(old_word, &slots),
            (None, None) => shared.registry.scan(&mut buffers.listing, old_word),
        };
        buffers.fences.scanned(pins.met_any());
        buffers.own = if pins.is_empty() {
            Own::Ready(old_buffer)
        } else {
            Own::Draining(old_buffer, pins)
        };
    }
}

/// A planted fault: who is inside is asked before the swap.
fn scan_too_early<T>(shared: &Shared<T>) -> Option<Pins> {
    planted("scan-before-swap").then(|| {
        let published = shared.published.peek().as_ptr();
        shared.registry.scan(&mut Listing::new(), published.cast())
    })
}

impl<T> Drop for Buffers<T> {
    /// Never waits: a copy that readers are still in is freed with the last handle.
    fn drop(&mut self) {
        // There is no swap to come that readers would have to be ordered with.
        self.untag();
        self.shared.writer_is_gone();
        let mut free = self.retired.take_free();
        for buffer in self.retired.take_all() {
            self.shared.abandon(buffer);
        }
        let is_finished = self.is_finished() || planted("freed-with-writer");
        let placeholder = Own::Lost(NonNull::dangling());
        match mem::replace(&mut self.own, placeholder) {
            Own::Ready(buffer) | Own::Draining(buffer, _) if is_finished => {
                // SAFETY: from `Buffer::allocate`; not published, its last readers have left, and
                // nobody can enter it (W1, W2). This is the only place that frees it, since the
                // writer is gone.
                free.push(unsafe { reclaim(buffer) });
            }
            Own::Ready(buffer) | Own::Draining(buffer, _) => self.shared.abandon(buffer),
            // Its readers are unknown (W3): leaked, on purpose.
            Own::Lost(_) => {}
        }
        // Last, when all others have found their place. If a panic goes on from here, the shared part, which
        // may end right after us, adds none to it.
        drop_each(free);
    }
}
