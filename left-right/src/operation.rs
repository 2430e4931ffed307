//! [`Operation`]: a change as data, applied once to each copy.

/// A change to a `T`, as data, so that it can be made to both copies.
///
/// [`OpWriteHandle`](crate::OpWriteHandle) calls [`apply`](Self::apply) on the copy that is
/// published next, and [`apply_once`](Self::apply_once), which consumes the operation, on the
/// other copy later, always in the order in which operations were pushed.
///
/// After a [rebuild](crate::OpWriteHandle::rebuild), operations that are still pending are applied
/// once more, to the fresh copy: `apply` must have the same effect each time.
///
/// Both calls must have the same effect: an operation that asks a clock, a random number or the
/// address of something makes the two copies differ.
/// That is never undefined behaviour, but readers then see one state or the other, swap by swap.
/// In tests, [`OpWriteHandle::verify_copies`](crate::OpWriteHandle::verify_copies) finds it.
/// Read the clock before pushing, and push what it said.
///
/// A value that changes through a shared reference, such as an atomic, exists
/// [once in each copy](crate::WriteHandle#values-that-change-through-a-shared-reference), and a reader changes one of the
/// two. If both copies hold one such value by an `Arc`, an operation must not change it, since it would do so twice.
///
/// # Examples
///
/// ```
/// use left_right::Operation;
///
/// struct Append(String);
///
/// impl Operation<Vec<String>> for Append {
///     fn apply(&mut self, target: &mut Vec<String>) {
///         target.push(self.0.clone());
///     }
///
///     fn apply_once(self, target: &mut Vec<String>) {
///         target.push(self.0); // the second copy needs no clone
///     }
/// }
/// ```
pub trait Operation<T> {
    /// Makes the change to the first of the two copies, or to one that replaces it.
    ///
    /// # Panics
    /// If it does, nothing is published, and the writer is [poisoned](crate::Poisoned).
    fn apply(&mut self, target: &mut T);

    /// Makes the same change to the second copy, and consumes the operation.
    ///
    /// The default calls [`apply`](Self::apply).
    /// Write it by hand to move what `apply` has to clone.
    ///
    /// # Panics
    /// If it does, the writer is [poisoned](crate::Poisoned). The change is already published.
    fn apply_once(mut self, target: &mut T)
    where
        Self: Sized,
    {
        self.apply(target);
    }
}
