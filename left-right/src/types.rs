//! What the types of this crate forbid, and the nearest program that they allow.
//!
//! Each program that must not compile stands beside a twin that differs in the forbidden step only, so that
//! it fails for that step and for nothing else.
//!
//! # A guard lends nothing that ends before it
//!
//! A guard is covariant in what it shows, so a guard of a `Vec<&'static str>` is also one of a
//! `Vec<&'short str>`. Such a guard must not outlive `'short`, which the bound `T: 'a` says. Without it the
//! closure of `map` and its kin could return any reference that lives for `'short`, in a guard whose type
//! says nothing of `'short` any more.
//!
//! [`ReadGuard::map`](crate::ReadGuard::map):
//! ```compile_fail,E0597
//! use left_right::{ReadGuard, WriteHandle};
//!
//! let writer = WriteHandle::cloned(vec!["static"]);
//! let reader = writer.read_handle();
//! let guard = {
//!     let local = 7;
//!     let lent = &local;
//!     ReadGuard::map(reader.read(), |_| lent)
//! };
//! assert_eq!(*guard, 7);
//! ```
//! ```
//! use left_right::{ReadGuard, WriteHandle};
//!
//! let writer = WriteHandle::cloned(vec!["static"]);
//! let reader = writer.read_handle();
//! let local = 7;
//! let lent = &local;
//! let guard = ReadGuard::map(reader.read(), |_| lent);
//! assert_eq!(*guard, 7);
//! ```
//!
//! [`ReadGuard::try_map`](crate::ReadGuard::try_map):
//! ```compile_fail,E0597
//! use left_right::{ReadGuard, WriteHandle};
//!
//! let writer = WriteHandle::cloned(vec!["static"]);
//! let reader = writer.read_handle();
//! let guard = {
//!     let local = 7;
//!     let lent = &local;
//!     ReadGuard::try_map(reader.read(), |_| Some(lent)).ok()
//! };
//! assert_eq!(guard.as_deref(), Some(&7));
//! ```
//! ```
//! use left_right::{ReadGuard, WriteHandle};
//!
//! let writer = WriteHandle::cloned(vec!["static"]);
//! let reader = writer.read_handle();
//! let local = 7;
//! let lent = &local;
//! let guard = ReadGuard::try_map(reader.read(), |_| Some(lent)).ok();
//! assert_eq!(guard.as_deref(), Some(&7));
//! ```
//!
//! [`ReadGuard::filter_map`](crate::ReadGuard::filter_map):
//! ```compile_fail,E0597
//! use left_right::{ReadGuard, WriteHandle};
//!
//! let writer = WriteHandle::cloned(vec!["static"]);
//! let reader = writer.read_handle();
//! let guard = {
//!     let local = 7;
//!     let lent = &local;
//!     ReadGuard::filter_map(reader.read(), |_| Some(lent))
//! };
//! assert_eq!(guard.as_deref(), Some(&7));
//! ```
//! ```
//! use left_right::{ReadGuard, WriteHandle};
//!
//! let writer = WriteHandle::cloned(vec!["static"]);
//! let reader = writer.read_handle();
//! let local = 7;
//! let lent = &local;
//! let guard = ReadGuard::filter_map(reader.read(), |_| Some(lent));
//! assert_eq!(guard.as_deref(), Some(&7));
//! ```
//!
//! [`ReadGuard::project`](crate::ReadGuard::project):
//! ```compile_fail,E0597
//! use left_right::{Project, ReadGuard, WriteHandle};
//!
//! struct Lend<'s>(&'s u32);
//!
//! impl<'s> Project<Vec<&'s str>> for Lend<'s> {
//!     type Part = u32;
//!
//!     fn project<'g>(self, _: &'g Vec<&'s str>) -> Option<&'g u32> {
//!         Some(self.0)
//!     }
//! }
//!
//! let writer = WriteHandle::cloned(vec!["static"]);
//! let reader = writer.read_handle();
//! let guard = {
//!     let local = 7;
//!     ReadGuard::project(reader.read(), Lend(&local))
//! };
//! assert_eq!(guard.as_deref(), Some(&7));
//! ```
//! ```
//! use left_right::{Project, ReadGuard, WriteHandle};
//!
//! struct Lend<'s>(&'s u32);
//!
//! impl<'s> Project<Vec<&'s str>> for Lend<'s> {
//!     type Part = u32;
//!
//!     fn project<'g>(self, _: &'g Vec<&'s str>) -> Option<&'g u32> {
//!         Some(self.0)
//!     }
//! }
//!
//! let writer = WriteHandle::cloned(vec!["static"]);
//! let reader = writer.read_handle();
//! let local = 7;
//! let guard = ReadGuard::project(reader.read(), Lend(&local));
//! assert_eq!(guard.as_deref(), Some(&7));
//! ```
