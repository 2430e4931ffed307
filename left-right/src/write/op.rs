//! [`OpWriteHandle`]: a log of operations, applied to both copies.

use std::fmt;
use std::time::Duration;

use super::log::Log;
use super::{DelayWriteHandle, WriteHandle};
use crate::fault::planted;
use crate::policy::Deadline;
use crate::policy::Patience;
use crate::{
    Operation, Poisoned, ReadHandle, ReadHandleFactory, SharedReader, Stats, SwapError, Version,
};

/// A writer that is told its changes as [`Operation`]s and makes each of them to both copies.
///
/// Pushing only logs.
/// [`swap_buffers`](Self::swap_buffers) applies what is pending to the writer's copy and publishes
/// it; the other copy gets the same operations later, before it is next used.
/// A swap does not wait for its own readers. The next swap does, or the next
/// [`catch_up`](Self::catch_up).
///
/// # The log and its waterline
///
/// The log holds the operations that one of the two copies still lacks. The *waterline* is the boundary in it between
/// what is published and what is not:
/// ```text
/// owed: published, the writer's copy lacks them | pending: pushed, not published
/// ----------------------------------------------+-------------------------------
///                                           waterline
/// ```
/// A swap first applies what is owed, then what is pending, and then moves the waterline to the end: what was pending
/// is now owed to the other copy. An operation leaves the log when both copies have it.
/// [`pending`](Self::pending) returns what is behind the waterline, and [`missing`](Self::missing) what the
/// writer's copy lacks on both sides.
///
/// # Only operations reach both copies
///
/// What readers change through a `&T`, in an atomic for example, reaches
/// [one copy](WriteHandle#values-that-change-through-a-shared-reference).
///
/// # Drop
///
/// Dropping the writer never waits, and discards what was not published. Readers keep the last
/// published state.
///
/// # Panics and poison
///
/// A panic in an operation reaches the caller of the method that applied it, and nothing of the batch is
/// published.
/// From then on the handle [is poisoned](Self::is_poisoned): pushing still logs, every other call
/// returns [`Poisoned`], and calls that return no error panic.
/// A system that refuses a memory barrier which it had granted before (by a filter that was
/// installed since) poisons the handle too, since the readers of the copy are then unknown.
/// Readers go on with the last published state, and [`rebuild`](Self::rebuild) recovers the writer.
///
/// A copy that `rebuild` set aside for its readers is dropped by a later call that needs the writer's copy.
/// If its `Drop` panics, that call panics: nothing is published, and what was applied stays applied.
/// The handle is not poisoned by it, and the call may be made again.
/// Where several copies or operations are dropped at once, all of them are dropped, and then the first panic
/// resumes.
///
/// # Examples
///
/// ```
/// use left_right::{OpWriteHandle, Operation};
///
/// struct Add(i64);
///
/// impl Operation<i64> for Add {
///     fn apply(&mut self, target: &mut i64) {
///         *target += self.0;
///     }
/// }
///
/// let mut writer = OpWriteHandle::cloned(0);
/// let reader = writer.read_handle();
///
/// writer.push(Add(1));
/// writer.push(Add(2));
/// assert_eq!(*reader.read(), 0);
/// assert_eq!(*writer.catch_up(), 3); // its own writes
/// writer.swap_buffers();
/// assert_eq!(*reader.read(), 3);
/// ```
pub struct OpWriteHandle<T, O> {
    pub(super) delay: DelayWriteHandle<T>,
    pub(super) log: Log<O>,
    pub(super) health: Health,
}

/// The state of the writer's copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    /// It may be used.
    Sound,
    /// It may be half changed. The first cause decides what a rebuild returns, so no later event replaces it.
    Poisoned(Cause),
}

/// The code that runs on the writer's copy, or that a panic ended there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// Operations that are already published.
    Replaying,
    /// Operations that are pending.
    Applying,
    /// A closure that was passed to `settle_with`, `tidy_with` or `swap_applied`.
    Tidying,
    /// Nothing, but the copy has operations that were taken back.
    Undone,
}

impl Health {
    /// Records that this code now runs on the copy. Returns the state before, which the caller restores when the
    /// code has ended.
    pub(super) fn begin(&mut self, cause: Cause) -> Health {
        let before = *self;
        if before == Health::Sound {
            *self = Health::Poisoned(cause);
        }
        before
    }
}

impl<T, O> OpWriteHandle<T, O> {
    /// Makes a writer with an empty log, over two copies that are equal.
    ///
    /// For copies that are made one by one, or with a [`Builder`](crate::Builder).
    /// [`cloned`](Self::cloned) makes the second copy itself.
    ///
    /// # Examples
    /// ```
    /// use left_right::{DelayWriteHandle, OpWriteHandle, WriteHandle};
    ///
    /// let copies = WriteHandle::new(Vec::<u8>::with_capacity(9), Vec::with_capacity(9));
    /// let mut writer = OpWriteHandle::new(DelayWriteHandle::new(copies));
    /// writer.push("an operation");
    /// assert_eq!(writer.pending(), ["an operation"]);
    /// ```
    pub fn new(delay: DelayWriteHandle<T>) -> Self {
        OpWriteHandle {
            delay,
            log: Log::new(),
            health: Health::Sound,
        }
    }

    /// Makes a writer with an empty log, over `value` and a clone of it.
    ///
    /// # Panics
    /// If the `Clone` does.
    ///
    /// # Examples
    /// ```
    /// use left_right::{OpWriteHandle, Operation};
    ///
    /// struct Set(u32);
    ///
    /// impl Operation<u32> for Set {
    ///     fn apply(&mut self, target: &mut u32) {
    ///         *target = self.0;
    ///     }
    /// }
    ///
    /// let mut writer = OpWriteHandle::cloned(7);
    /// writer.push(Set(8));
    /// writer.swap_buffers();
    /// println!("{}", *writer.read_handle().read()); // 8
    /// # assert_eq!(*writer.read_handle().read(), 8);
    /// ```
    pub fn cloned(value: T) -> Self
    where
        T: Clone,
    {
        WriteHandle::cloned(value).into()
    }

    /// Returns the plain writer, for reading both copies as they are.
    ///
    /// The writer's copy there may lack operations; [`catch_up`](Self::catch_up) brings it up to
    /// date first.
    pub fn get(&self) -> &WriteHandle<T> {
        &self.delay.write
    }

    /// Logs an operation. No copy changes before the next swap or [`catch_up`](Self::catch_up).
    ///
    /// Works on a [poisoned](Self::is_poisoned) handle, too. Amortised O(1).
    ///
    /// # Blocking
    /// Never waits.
    ///
    /// # Examples
    /// ```
    /// # use left_right::{Operation, OpWriteHandle};
    /// # struct Add(u32);
    /// # impl Operation<u32> for Add {
    /// #     fn apply(&mut self, target: &mut u32) { *target += self.0; }
    /// # }
    /// let mut writer = OpWriteHandle::cloned(0);
    /// let reader = writer.read_handle();
    /// writer.push(Add(5));
    /// println!("{}", *reader.read()); // 0
    /// # assert_eq!(*reader.read(), 0);
    /// writer.swap_buffers();
    /// println!("{}", *reader.read()); // 5
    /// # assert_eq!(*reader.read(), 5);
    /// ```
    pub fn push(&mut self, op: O) {
        self.log.push(op);
    }

    /// Logs operations, in order.
    ///
    /// # Blocking
    /// Never waits.
    ///
    /// # Panics
    /// If the iterator does; the operations that it has returned before are logged.
    ///
    /// # Examples
    /// ```
    /// # use left_right::{Operation, OpWriteHandle};
    /// # struct Add(u32);
    /// # impl Operation<u32> for Add {
    /// #     fn apply(&mut self, target: &mut u32) { *target += self.0; }
    /// # }
    /// let mut writer = OpWriteHandle::cloned(0);
    /// writer.extend((1..=4).map(Add));
    /// writer.swap_buffers();
    /// println!("{}", *writer.read_handle().read()); // 10
    /// # assert_eq!(*writer.read_handle().read(), 10);
    /// ```
    pub fn extend(&mut self, ops: impl IntoIterator<Item = O>) {
        self.log.extend(ops);
    }

    /// Returns the operations that were pushed and are not yet published, in order.
    ///
    /// # Examples
    /// ```
    /// # use left_right::{Operation, OpWriteHandle};
    /// # struct Add(u32);
    /// # impl Operation<u32> for Add {
    /// #     fn apply(&mut self, target: &mut u32) { *target += self.0; }
    /// # }
    /// let mut writer = OpWriteHandle::cloned(0);
    /// writer.extend([Add(1), Add(2)]);
    /// println!("{} pending", writer.pending().len()); // 2 pending
    /// # assert_eq!(writer.pending().len(), 2);
    /// writer.swap_buffers();
    /// println!("{} pending", writer.pending().len()); // 0 pending
    /// # assert_eq!(writer.pending().len(), 0);
    /// ```
    pub fn pending(&self) -> &[O] {
        self.log.pending()
    }

    /// Returns how many of the [pending](Self::pending) operations are completely applied to the writer's copy, by
    /// [`catch_up`](Self::catch_up) for example.
    ///
    /// After an operation has panicked, this is the index of that operation.
    pub fn applied(&self) -> usize {
        self.log.applied()
    }

    /// Returns whether the writer's copy cannot be used: an earlier panic left it half changed, or the
    /// system refused a memory barrier that it had granted before, so that its readers are unknown.
    ///
    /// [`rebuild`](Self::rebuild) recovers from both.
    ///
    /// # Examples
    /// ```
    /// use std::panic::{AssertUnwindSafe, catch_unwind};
    /// use left_right::{OpWriteHandle, Operation};
    ///
    /// struct Fail;
    ///
    /// impl Operation<u32> for Fail {
    ///     fn apply(&mut self, _: &mut u32) {
    ///         panic!("a bug");
    ///     }
    /// }
    ///
    /// let mut writer = OpWriteHandle::cloned(7);
    /// let reader = writer.read_handle();
    /// writer.push(Fail);
    /// let result = catch_unwind(AssertUnwindSafe(|| writer.swap_buffers()));
    /// println!("{} {}", writer.is_poisoned(), *reader.read()); // true 7
    /// # assert!(result.is_err() && writer.is_poisoned() && *reader.read() == 7);
    ///
    /// let failed = writer.rebuild()?; // returns the operation that panicked
    /// println!("{} {}", writer.is_poisoned(), failed.is_some()); // false true
    /// # assert!(!writer.is_poisoned() && failed.is_some());
    /// # Ok::<(), left_right::TooManyRetired>(())
    /// ```
    pub fn is_poisoned(&self) -> bool {
        self.health != Health::Sound || self.delay.write.buffers.is_lost()
    }

    /// Returns whether [`catch_up`](Self::catch_up) would have nothing to do: the writer's copy is free, sound, and
    /// has everything that was pushed.
    #[inline]
    pub fn is_caught_up(&self) -> bool {
        self.health == Health::Sound && !self.log.is_behind() && self.delay.write.buffers.is_ready()
    }

    /// Returns whether both copies have everything that was pushed: nothing is pending, nothing is owed, and the
    /// handle is not [poisoned](Self::is_poisoned).
    ///
    /// A [`swap_buffers`](Self::swap_buffers) with nothing pending brings it about, once no reader is
    /// in the writer's copy.
    pub fn is_settled(&self) -> bool {
        !self.is_poisoned() && self.pending().is_empty() && !self.log.owes()
    }

    /// Returns the version that readers see: 0 before the first swap.
    pub fn version(&self) -> Version {
        self.delay.write.buffers.version()
    }

    /// Returns a new reader.
    ///
    /// # Blocking
    /// Waits for no guard. Locks the list of readers for a moment, and allocates.
    pub fn read_handle(&self) -> ReadHandle<T> {
        self.delay.read_handle()
    }

    /// Returns a factory, which makes readers in other threads.
    pub fn factory(&self) -> ReadHandleFactory<T> {
        self.delay.factory()
    }

    /// Returns a reader that threads may share.
    ///
    /// # Blocking
    /// Waits for no guard. The first call for a structure locks a list of the process for a moment.
    pub fn shared_reader(&self) -> SharedReader<T> {
        self.delay.shared_reader()
    }

    /// Returns figures of this moment: readers, copies set aside, pending operations, and the fence mode.
    ///
    /// # Blocking
    /// Waits for no guard. Locks the list of readers for a moment.
    pub fn stats(&self) -> Stats {
        Stats {
            pending: self.pending().len(),
            ..self.delay.stats()
        }
    }

    /// Returns the sums of the readers' counters: see [`WriteHandle::counts`].
    ///
    /// # Blocking
    /// Waits for no guard. Locks the list of readers for a moment.
    pub fn counts(&self) -> [u64; 2] {
        self.delay.counts()
    }
}

impl<T, O: Operation<T>> OpWriteHandle<T, O> {
    /// Publishes what is pending, and returns the version that shows it.
    ///
    /// Reads that begin after this has returned see it. A handle that still has a guard
    /// [shows the guard's state](DelayWriteHandle::start_swap) instead, also on the calling thread.
    ///
    /// With nothing pending, the version stays the same, and so does what readers see. The writer's
    /// copy gets the operations that it still lacks, if its readers have left; otherwise nothing happens.
    /// So values that were removed are dropped in both copies once a call with nothing pending
    /// finds no reader in the writer's copy.
    ///
    /// # Blocking
    /// Waits for the guards that were taken before the last swap, never for those taken since.
    /// (A [`settle_with`](Self::settle_with) that swapped counts.)
    /// With nothing pending, it never waits.
    /// A thread that holds such a guard itself waits forever; the
    /// [`try_`](Self::try_swap_buffers) and [timeout](Self::swap_buffers_timeout) forms do not.
    ///
    /// # Cost
    /// Each operation is applied twice, once to each copy; one atomic swap, one heavy fence (see
    /// [`FenceMode`](crate::FenceMode)) and a look at each live reader.
    ///
    /// # Panics
    /// If an operation panics, and from then on. Also if the `Drop` of a copy that was [set aside](Self#panics-and-poison) does.
    ///
    /// # Examples
    /// ```
    /// # use left_right::{Operation, OpWriteHandle};
    /// # struct Add(u32);
    /// # impl Operation<u32> for Add {
    /// #     fn apply(&mut self, target: &mut u32) { *target += self.0; }
    /// # }
    /// let mut writer = OpWriteHandle::cloned(0);
    /// let reader = writer.read_handle();
    /// writer.extend([Add(1), Add(2)]);
    /// let version = writer.swap_buffers();
    /// println!("version {version}: {}", *reader.read()); // version 1: 3
    /// # assert_eq!((version.as_u64(), *reader.read()), (1, 3));
    /// println!("version {}", writer.swap_buffers()); // version 1, since nothing was pending
    /// # assert_eq!(writer.swap_buffers(), version);
    /// ```
    pub fn swap_buffers(&mut self) -> Version {
        unpoisoned(self.swap_within(Patience::ENDLESS))
    }

    /// As [`swap_buffers`](Self::swap_buffers), but does not wait.
    ///
    /// # Blocking
    /// Never waits: it looks a bounded number of times.
    ///
    /// # Errors
    /// [`SwapError`]: nothing was published, and what was pushed is still pending.
    ///
    /// # Panics
    /// If an operation panics. Also if the `Drop` of a copy that was [set aside](Self#panics-and-poison) does.
    ///
    /// # Examples
    /// ```
    /// # use left_right::{Operation, OpWriteHandle};
    /// # struct Add(u32);
    /// # impl Operation<u32> for Add {
    /// #     fn apply(&mut self, target: &mut u32) { *target += self.0; }
    /// # }
    /// let mut writer = OpWriteHandle::cloned(0);
    /// let reader = writer.read_handle();
    /// let guard = reader.read();
    /// writer.push(Add(1));
    /// println!("{}", writer.try_swap_buffers().is_ok()); // true: one swap passes the guard
    /// writer.push(Add(2));
    /// println!("{}", writer.try_swap_buffers().is_ok()); // false: the next one does not
    /// # assert!(writer.try_swap_buffers().is_err());
    /// drop(guard);
    /// println!("{}", writer.try_swap_buffers().is_ok()); // true
    /// # assert_eq!(*reader.read(), 3);
    /// ```
    pub fn try_swap_buffers(&mut self) -> Result<Version, SwapError> {
        self.swap_within(Patience::Try)
    }

    /// As [`swap_buffers`](Self::swap_buffers), but waits no longer than `timeout`.
    ///
    /// # Blocking
    /// Waits as `swap_buffers` does, until `timeout` has passed.
    /// A timeout that is too long for the clock, such as [`Duration::MAX`], is no limit.
    ///
    /// # Errors
    /// [`SwapError`]: nothing was published, and what was pushed is still pending.
    ///
    /// # Panics
    /// If an operation panics. Also if the `Drop` of a copy that was [set aside](Self#panics-and-poison) does.
    ///
    /// # Examples
    /// ```
    /// # use left_right::{Operation, OpWriteHandle};
    /// # struct Add(u32);
    /// # impl Operation<u32> for Add {
    /// #     fn apply(&mut self, target: &mut u32) { *target += self.0; }
    /// # }
    /// use std::time::Duration;
    /// use left_right::SwapError;
    ///
    /// let mut writer = OpWriteHandle::cloned(0);
    /// let reader = writer.read_handle();
    /// let _guard = reader.read();
    /// writer.push(Add(1));
    /// writer.swap_buffers(); // passes the guard
    /// writer.push(Add(2));
    /// match writer.swap_buffers_timeout(Duration::from_millis(1)) {
    ///     Err(SwapError::Busy(busy)) => println!("{} reader", busy.readers().len()), // 1 reader
    ///     _ => unreachable!("the guard is still there"),
    /// }
    /// # assert_eq!(writer.pending().len(), 1);
    /// ```
    pub fn swap_buffers_timeout(&mut self, timeout: Duration) -> Result<Version, SwapError> {
        self.swap_within(Patience::Until(Deadline::after(timeout)))
    }

    /// Applies everything that was pushed to the writer's copy, and lends that copy. So the writer reads its own writes.
    ///
    /// Publishes nothing, and [`pending`](Self::pending) stays as it is.
    ///
    /// # Blocking
    /// Waits for the guards that were taken before the last swap, as
    /// [`swap_buffers`](Self::swap_buffers) does, also with nothing pending.
    /// The [`try_`](Self::try_catch_up) and [timeout](Self::catch_up_timeout) forms do not wait, or not for long.
    ///
    /// # Panics
    /// If an operation panics, and from then on. Also if the `Drop` of a copy that was [set aside](Self#panics-and-poison) does.
    ///
    /// # Examples
    /// ```
    /// # use left_right::{Operation, OpWriteHandle};
    /// # struct Add(u32);
    /// # impl Operation<u32> for Add {
    /// #     fn apply(&mut self, target: &mut u32) { *target += self.0; }
    /// # }
    /// let mut writer = OpWriteHandle::cloned(0);
    /// let reader = writer.read_handle();
    /// writer.push(Add(5));
    /// println!("{} {}", *writer.catch_up(), *reader.read()); // 5 0
    /// # assert_eq!((*writer.catch_up(), *reader.read()), (5, 0));
    /// ```
    pub fn catch_up(&mut self) -> &T {
        unpoisoned(self.catch_up_within(Patience::ENDLESS))
    }

    /// As [`catch_up`](Self::catch_up), but does not wait.
    ///
    /// # Blocking
    /// Never waits: it looks a bounded number of times.
    ///
    /// # Errors
    /// [`SwapError`]: nothing was applied.
    ///
    /// # Panics
    /// If an operation panics. Also if the `Drop` of a copy that was [set aside](Self#panics-and-poison) does.
    ///
    /// # Examples
    /// ```
    /// # use left_right::{Operation, OpWriteHandle};
    /// # struct Add(u32);
    /// # impl Operation<u32> for Add {
    /// #     fn apply(&mut self, target: &mut u32) { *target += self.0; }
    /// # }
    /// let mut writer = OpWriteHandle::cloned(0);
    /// let reader = writer.read_handle();
    /// let guard = reader.read();
    /// writer.push(Add(1));
    /// println!("{:?}", writer.try_catch_up().ok()); // Some(1): the guard is in the other copy
    /// # assert_eq!(writer.try_catch_up().ok(), Some(&1));
    /// writer.swap_buffers();
    /// println!("{:?}", writer.try_catch_up().ok()); // None: the guard is in the writer's copy now
    /// # assert!(writer.try_catch_up().is_err());
    /// # drop(guard);
    /// ```
    pub fn try_catch_up(&mut self) -> Result<&T, SwapError> {
        self.catch_up_within(Patience::Try)
    }

    /// As [`catch_up`](Self::catch_up), but waits no longer than `timeout`.
    ///
    /// # Blocking
    /// Waits as `catch_up` does, until `timeout` has passed.
    ///
    /// # Errors
    /// [`SwapError`]: nothing was applied.
    ///
    /// # Panics
    /// If an operation panics. Also if the `Drop` of a copy that was [set aside](Self#panics-and-poison) does.
    pub fn catch_up_timeout(&mut self, timeout: Duration) -> Result<&T, SwapError> {
        self.catch_up_within(Patience::Until(Deadline::after(timeout)))
    }

    fn swap_within(&mut self, patience: Patience) -> Result<Version, SwapError> {
        if self.pending().is_empty() {
            return match self.settle_within(|_| false) {
                Ok(_) | Err(SwapError::Busy(_)) => Ok(self.version()),
                Err(poisoned) => Err(poisoned),
            };
        }
        let version = self.version().next();
        if !planted("swap-before-apply") {
            self.update(patience)?;
        }
        self.delay.write.buffers.writable(patience)?.swap(version);
        if planted("swap-before-apply") {
            self.update(Patience::Try)?;
        }
        self.log.publish();
        Ok(version)
    }

    fn catch_up_within(&mut self, patience: Patience) -> Result<&T, SwapError> {
        self.update(patience)?;
        Ok(self.get().write_buffer())
    }

    /// Brings the writer's copy up to date with everything pushed.
    pub(super) fn update(&mut self, patience: Patience) -> Result<(), SwapError> {
        if self.health != Health::Sound {
            return Err(Poisoned.into());
        }
        let copy = self.delay.write.buffers.writable(patience)?;
        if self.log.is_behind() {
            bring_up_to_date(&mut self.log, &mut self.health, copy.into_mut());
        }
        Ok(())
    }
}

/// Applies the operations that the writer's copy lacks.
#[inline]
pub(super) fn bring_up_to_date<T, O: Operation<T>>(
    log: &mut Log<O>,
    health: &mut Health,
    target: &mut T,
) {
    if log.owes() {
        *health = Health::Poisoned(Cause::Replaying);
        log.replay(target);
    }
    *health = Health::Poisoned(Cause::Applying);
    log.apply(target);
    *health = Health::Sound;
}

/// Panics on an error, for calls that return none: an endless wait fails only if the writer is poisoned.
pub(super) fn unpoisoned<R>(result: Result<R, SwapError>) -> R {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}

impl<T: fmt::Debug, O> fmt::Debug for OpWriteHandle<T, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpWriteHandle")
            .field("delay", &self.delay)
            .field("pending", &self.pending().len())
            .field("is_poisoned", &self.is_poisoned())
            .finish()
    }
}
