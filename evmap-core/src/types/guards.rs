//! Programs that a guard of a value forbids. (See the table of [`types`](super).)
//!
//! # A guard lends nothing that ends before it
//!
//! [`ReadGuard::map`](crate::ReadGuard::map):
//! ```compile_fail,E0597
//! let (mut writer, reader) = evmap_core::new::<u32, &'static str>();
//! writer.insert(1, "static");
//! writer.refresh();
//! let guard = {
//!     let local = 7;
//!     let lent = &local;
//!     evmap_core::ReadGuard::map(reader.get(&1).unwrap(), |_| lent)
//! };
//! assert_eq!(*guard, 7);
//! ```
//! ```
//! let (mut writer, reader) = evmap_core::new::<u32, &'static str>();
//! writer.insert(1, "static");
//! writer.refresh();
//! let local = 7;
//! let lent = &local;
//! let guard = evmap_core::ReadGuard::map(reader.get(&1).unwrap(), |_| lent);
//! assert_eq!(*guard, 7);
//! ```
//!
//! # A guard stays on its thread, and may be lent to others
//!
//! ```compile_fail,E0277
//! let (_writer, reader) = evmap_core::Builder::new().build_from([(1, 2)]);
//! let guard = reader.get(&1).unwrap();
//! std::thread::scope(|scope| {
//!     scope.spawn(move || assert_eq!(*guard, 2));
//! });
//! ```
//! ```
//! let (_writer, reader) = evmap_core::Builder::new().build_from([(1, 2)]);
//! let guard = reader.get(&1).unwrap();
//! std::thread::scope(|scope| {
//!     scope.spawn(|| assert_eq!(*guard, 2));
//! });
//! ```
//!
//! # A guard borrows its reader
//!
//! ```compile_fail,E0505
//! let (_writer, reader) = evmap_core::Builder::new().build_from([(1, 2)]);
//! let guard = reader.get(&1).unwrap();
//! drop(reader);
//! assert_eq!(*guard, 2);
//! ```
//! ```
//! let (_writer, reader) = evmap_core::Builder::new().build_from([(1, 2)]);
//! let guard = reader.get(&1).unwrap();
//! assert_eq!(*guard, 2);
//! drop(guard);
//! drop(reader);
//! ```
//! ```compile_fail,E0505
//! let map = evmap_core::SharedMap::builder().build_from([(1, 2)]);
//! let guard = map.get(&1).unwrap();
//! drop(map);
//! assert_eq!(*guard, 2);
//! ```
//! ```
//! let map = evmap_core::SharedMap::builder().build_from([(1, 2)]);
//! let guard = map.get(&1).unwrap();
//! assert_eq!(*guard, 2);
//! drop(guard);
//! drop(map);
//! ```
//! ```compile_fail,E0505
//! let (_writer, reader) = evmap_core::multimap::Builder::new().build_from([(1, 2)]);
//! let guard = reader.get_one(&1).unwrap();
//! drop(reader);
//! assert_eq!(*guard, 2);
//! ```
//! ```
//! let (_writer, reader) = evmap_core::multimap::Builder::new().build_from([(1, 2)]);
//! let guard = reader.get_one(&1).unwrap();
//! assert_eq!(*guard, 2);
//! drop(guard);
//! drop(reader);
//! ```

demand!(guard_is_never_sent, "Send", "ReadGuard<'static, u32>" => "&'static u32");
demand!(guard_of_an_unshareable_value_is_not_sync, "Sync", "ReadGuard<'static, Sent>" => "ReadGuard<'static, Lent>");
demand!(guard_of_an_unshareable_bag_is_not_sync, "Sync", "ReadGuard<'static, Values<Sent>>" => "ReadGuard<'static, Values<Lent>>");
