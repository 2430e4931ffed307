//! The traits by which a [`ReadGuard`] stands for the value that it shows.
//!
//! All of them forward to the value, and none looks at the version. So a guard and its value agree in `Eq`, `Ord` and
//! `Hash`, as `Borrow` demands.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use super::ReadGuard;

/// Compares the values, not the versions.
impl<T, U> PartialEq<ReadGuard<'_, U>> for ReadGuard<'_, T>
where
    T: PartialEq<U> + ?Sized,
    U: ?Sized,
{
    #[inline]
    fn eq(&self, other: &ReadGuard<'_, U>) -> bool {
        **self == **other
    }
}

impl<T: Eq + ?Sized> Eq for ReadGuard<'_, T> {}

/// Compares the values, not the versions.
impl<T, U> PartialOrd<ReadGuard<'_, U>> for ReadGuard<'_, T>
where
    T: PartialOrd<U> + ?Sized,
    U: ?Sized,
{
    #[inline]
    fn partial_cmp(&self, other: &ReadGuard<'_, U>) -> Option<Ordering> {
        (**self).partial_cmp(&**other)
    }
}

/// Compares the values, not the versions.
impl<T: Ord + ?Sized> Ord for ReadGuard<'_, T> {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        (**self).cmp(&**other)
    }
}

/// Hashes the value, not the version.
impl<T: Hash + ?Sized> Hash for ReadGuard<'_, T> {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl<T: ?Sized> AsRef<T> for ReadGuard<'_, T> {
    #[inline]
    fn as_ref(&self) -> &T {
        self
    }
}

impl<T: ?Sized> Borrow<T> for ReadGuard<'_, T> {
    #[inline]
    fn borrow(&self) -> &T {
        self
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for ReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for ReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
