//! What the type of a guard forbids. (See the table of [`types`](super).)
//!
//! # A guard lends nothing that ends before it
//!
//! A guard is covariant in what it shows, so a guard of a `Vec<&'static str>` is also one of a
//! `Vec<&'short str>`. Such a guard must not outlive `'short`, which the bound `T: 'a` enforces. Without it, the
//! closure of `map` and its kin could return any reference that lives for `'short`, in a guard whose type
//! no longer names `'short`.
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
//!
//! [`ReadGuard::try_project`](crate::ReadGuard::try_project):
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
//!     ReadGuard::try_project(reader.read(), Lend(&local)).ok()
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
//! let guard = ReadGuard::try_project(reader.read(), Lend(&local)).ok();
//! assert_eq!(guard.as_deref(), Some(&7));
//! ```
//!
//! A type that holds a guard needs the same bound:
//! ```compile_fail,E0310
//! use left_right::ReadGuard;
//!
//! struct Holds<T>(ReadGuard<'static, T>);
//! ```
//! ```
//! use left_right::ReadGuard;
//!
//! struct Holds<T: 'static>(ReadGuard<'static, T>);
//! ```
//!
//! # A guard lends for as long as it lives, and borrows its reader
//!
//! ```compile_fail,E0505
//! let reader = left_right::WriteHandle::cloned(7).read_handle();
//! let guard = reader.read();
//! drop(reader);
//! assert_eq!(*guard, 7);
//! ```
//! ```
//! let reader = left_right::WriteHandle::cloned(7).read_handle();
//! let guard = reader.read();
//! assert_eq!(*guard, 7);
//! drop(guard);
//! drop(reader);
//! ```
//! ```compile_fail,E0505
//! let reader = left_right::WriteHandle::cloned(7).shared_reader();
//! let guard = reader.read();
//! drop(reader);
//! assert_eq!(*guard, 7);
//! ```
//! ```
//! let reader = left_right::WriteHandle::cloned(7).shared_reader();
//! let guard = reader.read();
//! assert_eq!(*guard, 7);
//! drop(guard);
//! drop(reader);
//! ```
//!
//! A projection may use what it is shown only during the call, and only the guard that it makes lives on:
//! ```compile_fail,E0521
//! use left_right::{ReadGuard, WriteHandle};
//!
//! let reader = WriteHandle::cloned((1, 2)).read_handle();
//! let mut kept = &0;
//! let guard = ReadGuard::map(reader.read(), |pair| {
//!     kept = &pair.0;
//!     &pair.1
//! });
//! drop(guard);
//! assert_eq!(*kept, 1);
//! ```
//! ```
//! use left_right::{ReadGuard, WriteHandle};
//!
//! let reader = WriteHandle::cloned((1, 2)).read_handle();
//! let mut kept = 0;
//! let guard = ReadGuard::map(reader.read(), |pair| {
//!     kept = pair.0;
//!     &pair.1
//! });
//! drop(guard);
//! assert_eq!(kept, 1);
//! ```
//!
//! # A guard is covariant, and the value that it shows keeps its own variance
//!
//! ```
//! use left_right::ReadGuard;
//!
//! fn shrink<'a, 's>(guard: ReadGuard<'static, &'static str>) -> ReadGuard<'a, &'s str>
//! where
//!     's: 'a,
//! {
//!     guard
//! }
//! ```
//! A `Cell` may be changed through a guard, so it stays invariant:
//! ```compile_fail,E0597
//! use std::cell::Cell;
//! use left_right::{ReadGuard, WriteHandle};
//!
//! fn set<'s>(guard: &ReadGuard<'_, Cell<&'s str>>, value: &'s str) {
//!     guard.set(value);
//! }
//!
//! let writer = WriteHandle::cloned(Cell::new("static"));
//! let reader = writer.read_handle();
//! {
//!     let local = String::from("local");
//!     set(&reader.read(), &local);
//! }
//! assert_eq!(reader.read().get(), "local");
//! ```
//! ```
//! use std::cell::Cell;
//! use left_right::{ReadGuard, WriteHandle};
//!
//! fn set<'s>(guard: &ReadGuard<'_, Cell<&'s str>>, value: &'s str) {
//!     guard.set(value);
//! }
//!
//! let writer = WriteHandle::cloned(Cell::new("static"));
//! let reader = writer.read_handle();
//! {
//!     let local = String::from("local");
//!     set(&reader.read(), local.leak());
//! }
//! assert_eq!(reader.read().get(), "local");
//! ```
//!
//! # A guard stays on its thread, and may be lent to others
//!
//! A scoped thread may read through a guard, but not take it along:
//! ```compile_fail,E0277
//! let reader = left_right::WriteHandle::cloned(7).read_handle();
//! let guard = reader.read();
//! std::thread::scope(|scope| {
//!     scope.spawn(move || assert_eq!(*guard, 7));
//! });
//! ```
//! ```
//! let reader = left_right::WriteHandle::cloned(7).read_handle();
//! let guard = reader.read();
//! std::thread::scope(|scope| {
//!     scope.spawn(|| assert_eq!(*guard, 7));
//! });
//! ```
//! Nor can it replace the guard by another one, which would drop it there:
//! ```compile_fail,E0277
//! let reader = left_right::WriteHandle::cloned(7).read_handle();
//! let mut guard = reader.read();
//! let lent = &mut guard;
//! std::thread::scope(|scope| {
//!     scope.spawn(move || assert_eq!(**lent, 7));
//! });
//! ```
//! ```
//! let reader = left_right::WriteHandle::cloned(7).read_handle();
//! let guard = reader.read();
//! let lent = &guard;
//! std::thread::scope(|scope| {
//!     scope.spawn(move || assert_eq!(**lent, 7));
//! });
//! ```
//! Nor can it count for the guard's reader:
//! ```compile_fail,E0277
//! use left_right::{Counter, ReadGuard, WriteHandle};
//!
//! let reader = WriteHandle::cloned(7).read_handle();
//! let mut guard = reader.read();
//! let lent = &mut guard;
//! std::thread::scope(|scope| {
//!     scope.spawn(move || ReadGuard::count(lent, Counter::First));
//! });
//! ```
//! ```
//! use left_right::{Counter, ReadGuard, WriteHandle};
//!
//! let reader = WriteHandle::cloned(7).read_handle();
//! let mut guard = reader.read();
//! let lent = &mut guard;
//! std::thread::scope(|_| {
//!     ReadGuard::count(lent, Counter::First);
//! });
//! ```
//! ```compile_fail,E0596
//! use left_right::{Counter, ReadGuard, WriteHandle};
//!
//! let reader = WriteHandle::cloned(7).read_handle();
//! let guard = reader.read();
//! let mut lent = &guard;
//! ReadGuard::count(&mut *lent, Counter::First);
//! ```
//! ```
//! use left_right::{Counter, ReadGuard, WriteHandle};
//!
//! let reader = WriteHandle::cloned(7).read_handle();
//! let mut guard = reader.read();
//! let mut lent = &mut guard;
//! ReadGuard::count(&mut *lent, Counter::First);
//! ```
//! The value must be one that threads may share:
//! ```compile_fail,E0277
//! let reader = left_right::WriteHandle::cloned(std::cell::Cell::new(7)).read_handle();
//! let guard = reader.read();
//! std::thread::scope(|scope| {
//!     scope.spawn(|| assert_eq!(guard.get(), 7));
//! });
//! ```
//! ```
//! let reader = left_right::WriteHandle::cloned(7).read_handle();
//! let guard = reader.read();
//! std::thread::scope(|scope| {
//!     scope.spawn(|| assert_eq!(*guard, 7));
//! });
//! ```
//! A guard of a part needs this of the part only:
//! ```
//! use left_right::{ReadGuard, WriteHandle};
//!
//! let reader = WriteHandle::cloned((std::cell::Cell::new(7), 8)).read_handle();
//! let second = ReadGuard::map(reader.read(), |pair| &pair.1);
//! std::thread::scope(|scope| {
//!     scope.spawn(|| assert_eq!(*second, 8));
//! });
//! ```
//! The borrow of a lent guard ends before the guard does:
//! ```compile_fail,E0505
//! let reader = left_right::WriteHandle::cloned(7).read_handle();
//! let guard = reader.read();
//! std::thread::scope(|scope| {
//!     scope.spawn(|| assert_eq!(*guard, 7));
//!     drop(guard);
//! });
//! ```
//! ```
//! let reader = left_right::WriteHandle::cloned(7).read_handle();
//! let guard = reader.read();
//! std::thread::scope(|scope| {
//!     scope.spawn(|| assert_eq!(*guard, 7));
//! });
//! drop(guard);
//! ```

demand!(guard_is_never_sent, "Send", "ReadGuard<'static, u32>" => "&'static u32");
demand!(guard_is_sync_if_its_data_is, "Sync", "ReadGuard<'static, Cell<u32>>" => "ReadGuard<'static, u32>");
demand!(guard_needs_no_data_that_may_be_sent, "Sync", "ReadGuard<'static, Rc<u32>>" => "ReadGuard<'static, MutexGuard<'static, u32>>");
demand!(guard_may_be_of_an_unsized_value, "Sync", "ReadGuard<'static, dyn Send>" => "ReadGuard<'static, dyn Sync>");
