//! [`Values`]: the bag of values of one key.

use std::borrow::Borrow;
use std::ops::Deref;
use std::{fmt, mem, slice};

use smallvec::SmallVec;

use super::IntoIter;
use crate::panics::Drops;

/// The values of one key, in the order in which they were added.
///
/// A bag of one value needs no allocation.
/// A bag in a map is never empty, so there is no `Default`.
///
/// It is read as a slice, and compares with slices, arrays and vectors. It hashes as its slice does.
/// `into_iter` takes a bag by value: on a guard, use [`iter`](Self::iter).
///
/// # Examples
///
/// ```
/// let (_writer, reader) = evmap_core::multimap::Builder::new().build_from([("a", 3), ("a", 1)]);
/// let bag = reader.get("a").unwrap();
/// assert_eq!(*bag, [3, 1]);
/// assert_eq!((bag[1], bag.iter().max()), (1, Some(&3)));
/// assert!(bag.starts_with(&[3]));
///
/// let clone = bag.clone();
/// drop(bag);
/// let strings: Vec<String> = clone.into_iter().map(|n: i32| n.to_string()).collect();
/// assert_eq!(strings, ["3", "1"]);
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Values<V>(SmallVec<[V; 1]>);

impl<V> Values<V> {
    pub(crate) fn one(value: V) -> Self {
        let mut values = SmallVec::new();
        values.push(value);
        Values(values)
    }

    /// The number of values, each occurrence counted.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many values fit before the bag grows.
    pub fn capacity(&self) -> usize {
        self.0.capacity()
    }

    /// The value that was added first.
    pub fn first(&self) -> Option<&V> {
        self.0.first()
    }

    /// All values, in the order in which they were added.
    pub fn iter(&self) -> slice::Iter<'_, V> {
        self.0.iter()
    }

    /// All values, in the order in which they were added.
    pub fn as_slice(&self) -> &[V] {
        &self.0
    }

    /// Whether this value is among them. O(values).
    pub fn contains(&self, value: &V) -> bool
    where
        V: PartialEq,
    {
        self.0.contains(value)
    }

    pub(crate) fn push(&mut self, value: V) {
        self.0.push(value);
    }

    /// Removes the first occurrence of this value.
    pub(crate) fn remove_one(&mut self, value: &V)
    where
        V: PartialEq,
    {
        if let Some(index) = self.0.iter().position(|v| v == value) {
            self.0.remove(index);
        }
    }

    pub(crate) fn reserve(&mut self, additional: usize) {
        // A hint: if memory does not suffice, later insertions fail.
        let _ = self.0.try_reserve(additional);
    }

    pub(crate) fn shrink_to_fit(&mut self) {
        self.0.shrink_to_fit();
    }
}

impl<V> Drop for Values<V> {
    /// If the `Drop` of some values panics, resumes the first panic once all are dropped.
    fn drop(&mut self) {
        // With a single value there is no second panic.
        if mem::needs_drop::<V>() && self.0.len() > 1 {
            let mut drops = Drops::default();
            drops.drop_each(self.0.drain(..));
            drops.resume();
        }
    }
}

impl<V> FromIterator<V> for Values<V> {
    fn from_iter<I: IntoIterator<Item = V>>(values: I) -> Self {
        Values(values.into_iter().collect())
    }
}

impl<'a, V> IntoIterator for &'a Values<V> {
    type Item = &'a V;
    type IntoIter = slice::Iter<'a, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<V> IntoIterator for Values<V> {
    type Item = V;
    type IntoIter = IntoIter<V>;

    fn into_iter(mut self) -> IntoIter<V> {
        IntoIter::new(mem::take(&mut self.0))
    }
}

impl<V> Deref for Values<V> {
    type Target = [V];

    #[inline]
    fn deref(&self) -> &[V] {
        &self.0
    }
}

impl<V> AsRef<[V]> for Values<V> {
    fn as_ref(&self) -> &[V] {
        self
    }
}

impl<V> Borrow<[V]> for Values<V> {
    fn borrow(&self) -> &[V] {
        self
    }
}

/// `equals!([const N: usize] type, ..)`: a bag equals one of these if its slice does.
macro_rules! equals {
    ($([$($size:tt)*] $Other:ty,)+) => {$(
        impl<V: PartialEq<U>, U, $($size)*> PartialEq<$Other> for Values<V> {
            fn eq(&self, other: &$Other) -> bool {
                self.as_slice() == &other[..]
            }
        }
    )+};
}

equals! {
    [] [U],
    [] &[U],
    [] Vec<U>,
    [const N: usize] [U; N],
    [const N: usize] &[U; N],
}

impl<V: fmt::Debug> fmt::Debug for Values<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}
