//! [`Project`]: a projection from a structure to a part of it.

/// A projection from a structure to a part of it that may not exist, for [`ReadGuard::project`] and
/// [`ReadGuard::try_project`].
///
/// Does the job of a closure, but a method can be marked `#[inline(always)]`, and a closure cannot. With many callers,
/// the compiler gives a closure a function of its own, and the call costs as much as some lookups do.
///
/// [`ReadGuard::project`]: crate::ReadGuard::project
/// [`ReadGuard::try_project`]: crate::ReadGuard::try_project
///
/// # Examples
/// ```
/// use left_right::{Project, ReadGuard, WriteHandle};
///
/// struct Nth(usize);
///
/// impl<T> Project<Vec<T>> for Nth {
///     type Part = T;
///
///     #[inline(always)]
///     fn project(self, whole: &Vec<T>) -> Option<&T> {
///         whole.get(self.0)
///     }
/// }
///
/// let writer = WriteHandle::cloned(vec![10, 20]);
/// let reader = writer.read_handle();
/// let nth = |n| ReadGuard::project(reader.read(), Nth(n));
/// assert_eq!(nth(1).as_deref(), Some(&20));
/// assert!(nth(2).is_none());
/// ```
pub trait Project<T: ?Sized> {
    /// The type that the guard then shows.
    type Part: ?Sized;

    /// Returns the part, if it exists.
    fn project(self, whole: &T) -> Option<&Self::Part>;
}
