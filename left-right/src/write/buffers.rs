//! [`Buffers`]: both copies, as the writer has them.
//!
//! The [protocol](crate::protocol) keeps reads safe, by [`Own`] and [`Published`](crate::protocol::Published).
//! On top of it a writer waits, sets copies aside, and replaces copies that it cannot have back by clones.

#[cfg(all(test, not(loom)))]
mod tests;

use std::marker::PhantomData;
use std::task::{Context, Poll};

use crate::error::{Poisoned, SwapError, TooManyRetired};
use crate::panics::drop_each;
use crate::policy::{FenceMode, Patience, Retired, Tuning, Watch};
use crate::protocol::{Buffer, Content, Own, Replaced, fence};
use crate::shared::Shared;
use crate::stall::ReadersBusy;
use crate::sync::{Arc, model_light_fence};
use crate::version::Version;

/// Both copies, as the writer has them. There is one for each [`Shared`].
pub(crate) struct Buffers<T> {
    shared: Arc<Shared<T>>,
    own: Own<T>,
    version: Version,
    /// Copies that readers would not leave.
    retired: Retired<T>,
    tuning: Tuning,
    /// Not `Send` or `Sync` but by the promises below.
    _not_auto: PhantomData<*mut T>,
}

// SAFETY: a moved writer takes its copy along (`T: Send`), and reads the published one, which other
// threads read too (`T: Sync`).
unsafe impl<T: Send + Sync> Send for Buffers<T> {}
// SAFETY: `&Buffers` lends `&T` only.
unsafe impl<T: Send + Sync> Sync for Buffers<T> {}

/// The writer's copy, known to be nobody else's.
pub(crate) struct Writable<'a, T>(&'a mut Buffers<T>);

impl<T> Buffers<T> {
    pub(crate) fn new(left: T, right: T, mode: FenceMode, max_retired: usize) -> Self {
        let tuning = Tuning::new(mode);
        let is_tagged = tuning.is_tagged();
        model_light_fence(!is_tagged);
        Buffers {
            shared: Arc::new(Shared::new(left, is_tagged, tuning.is_adaptive())),
            own: Own::new(right),
            version: Version::default(),
            retired: Retired::new(max_retired),
            tuning,
            _not_auto: PhantomData,
        }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared<T>> {
        &self.shared
    }

    pub(crate) fn version(&self) -> Version {
        self.version
    }

    /// Asks the pointer, since readers may have taken its tag off. After a refusal, each pointer to come has a tag.
    pub(crate) fn fence_mode(&self) -> FenceMode {
        if self.shared.published.peek().is_tagged() || !fence::is_asymmetric() {
            FenceMode::SeqCst
        } else {
            FenceMode::Membarrier
        }
    }

    /// The copy that readers use.
    pub(crate) fn published(&self) -> &T {
        // SAFETY: only we swap (published.rs P2), which needs `&mut self`.
        unsafe { self.shared.published.value() }
    }

    /// The writer's copy; readers of an earlier state may be in it too.
    pub(crate) fn own(&self) -> &T {
        self.own.value()
    }

    /// Whether nobody is left in the writer's copy, by a bounded number of looks at each reader.
    pub(crate) fn is_finished(&self) -> bool {
        self.own.pins().is_none_or(|pins| pins.have_left())
    }

    /// Whether the writer's copy is known to be nobody else's.
    #[inline]
    pub(crate) fn is_ready(&self) -> bool {
        self.own.is_ready()
    }

    /// Whether a refused barrier has cost the writer its copy.
    pub(crate) fn is_lost(&self) -> bool {
        self.own.is_lost()
    }

    /// How many copies are set aside.
    pub(crate) fn retired(&self) -> usize {
        self.retired.len()
    }

    #[cfg(all(test, not(loom)))]
    pub(crate) fn tuning(&self) -> &Tuning {
        &self.tuning
    }

    /// Nothing was to be published: readers need no fences of their own any more if it has been so
    /// for a while.
    pub(crate) fn rest(&mut self) {
        if self.shared.published.peek().is_tagged() && self.tuning.rest() {
            // SAFETY: we are the writer (own.rs W4), and borrowed for changing.
            unsafe { self.shared.published.lose_tag() };
        }
    }

    /// Waits for the readers of the last swap, as far as `patience` goes.
    ///
    /// Panics if the `Drop` of a retired copy does: they are dropped first, and nothing else has changed.
    #[inline]
    pub(crate) fn finish(&mut self, patience: Patience) -> Result<(), ReadersBusy> {
        self.retired.sweep();
        if self.own.pins().is_none() {
            return Ok(());
        }
        self.wait_for_readers(patience)
    }

    #[inline(never)]
    fn wait_for_readers(&mut self, patience: Patience) -> Result<(), ReadersBusy> {
        if patience.wait(|| self.own.let_go()) {
            return Ok(());
        }
        self.own.pins().map_or(Ok(()), |pins| Err(pins.describe()))
    }

    /// As [`finish`](Self::finish), for a task: `watch` wakes it when it should ask again.
    pub(crate) fn poll_finish(
        &mut self,
        watch: &mut Option<Watch>,
        context: &mut Context<'_>,
    ) -> Poll<()> {
        let is_free = self.finish(Patience::Try).is_ok();
        *watch = match self.own.pins() {
            Some(pins) if !is_free => {
                let waker = context.waker();
                let kept = watch.take().filter(|watch| watch.is_for(pins, waker));
                Some(kept.unwrap_or_else(|| Watch::start(pins.clone(), waker)))
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
        self.own.is_ready().then_some(Writable(self))
    }

    /// The writer's copy for changing, if its last readers have left. Looks a bounded number of times, and frees no copy
    /// that was set aside.
    pub(crate) fn free(&mut self) -> Result<Writable<'_, T>, SwapError> {
        if self.own.pins().is_some() {
            self.wait_for_readers(Patience::Try)?;
        }
        self.ready().ok_or_else(|| Poisoned.into())
    }

    /// The writer's copy for changing, once its last readers have left.
    pub(crate) fn writable(&mut self, patience: Patience) -> Result<Writable<'_, T>, SwapError> {
        self.finish(patience)?;
        self.ready().ok_or_else(|| Poisoned.into())
    }
}

impl<T: Clone> Buffers<T> {
    /// Replaces the writer's copy by a clone of the published one, whatever readers may still be in it.
    ///
    /// Returns the copy replaced if nobody is in it, for the caller to drop once its own
    /// state is consistent; else it is retired.
    /// If the clone panics, nothing has changed but, for a lost copy, which of two equals is published.
    pub(crate) fn rebuild(&mut self) -> Result<Option<Box<Buffer<T>>>, TooManyRetired> {
        // Readers that are still there are retired with the copy.
        let _ = self.finish(Patience::Try);
        if let Some(pins) = self.own.pins() {
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
            // writer's either (`own.rs` W3): it is leaked too, and a clone takes its place. That is published before
            // another one is made, whose panic so meets no clone to be dropped.
            self.replace_published(self.published().clone());
        }
        let fresh = self.published().clone();
        match self.own.replace(fresh) {
            Replaced::Free(copy) => Ok(Some(copy)),
            Replaced::Draining(copy) => {
                self.retired.push(copy);
                Ok(None)
            }
            Replaced::Lost => Ok(None),
        }
    }

    /// Publishes an equal of what is published, under the same version, and leaks that.
    fn replace_published(&mut self, equal: T) {
        let is_tagged = self.tuning.is_tagged();
        let published = &self.shared.published;
        // SAFETY: we are the writer (own.rs W4), and borrowed for changing.
        unsafe { published.replace_and_leak(equal, self.version, is_tagged) };
    }
}

impl<'a, T> Writable<'a, T> {
    /// The copy, for changing.
    pub(crate) fn into_mut(self) -> &'a mut T {
        &mut content(&mut self.0.own).value
    }

    pub(crate) fn as_mut(&mut self) -> &mut T {
        &mut content(&mut self.0.own).value
    }

    /// Publishes this copy as `version`; what was published becomes the writer's, once its readers
    /// have left it.
    ///
    /// Costs one swap, one heavy fence and one look at each live reader. Waits for nobody.
    #[inline(never)]
    pub(crate) fn swap(self, version: Version) {
        let buffers = self.0;
        let shared = &*buffers.shared;
        let (published, registry) = (&shared.published, &shared.registry);
        let (tuning, current) = (&mut buffers.tuning, &mut buffers.version);
        // SAFETY: both are of the structure whose writer we are (own.rs W4).
        unsafe {
            buffers
                .own
                .swap(version, current, published, registry, tuning)
        };
    }
}

/// Of a copy that is known to be the writer's.
#[inline(always)]
fn content<T>(own: &mut Own<T>) -> &mut Content<T> {
    match own.content_mut() {
        Some(content) => content,
        None => unreachable!("a `Writable` has a copy that is ready"),
    }
}

impl<T> Drop for Buffers<T> {
    /// Never waits: a copy that readers are still in is freed with the last handle.
    fn drop(&mut self) {
        // There is no swap to come that readers would have to be ordered with.
        // SAFETY: we are the writer (own.rs W4), and borrowed for changing.
        unsafe { self.shared.published.lose_tag() };
        self.shared.writer_is_gone();
        let mut free = self.retired.take_free();
        for copy in self.retired.take_all() {
            self.shared.abandon(copy);
        }
        match self.own.take() {
            Replaced::Free(copy) => free.push(copy),
            Replaced::Draining(copy) => self.shared.abandon(copy),
            Replaced::Lost => {}
        }
        // Last, when all others have found their place. If a panic goes on from here, the shared part, which
        // may end right after us, adds none to it.
        drop_each(free);
    }
}
