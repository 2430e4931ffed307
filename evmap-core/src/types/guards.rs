//! What the types of this crate forbid, and the nearest program that they allow.
//!
//! Each program that must not compile stands beside a twin that differs in the forbidden step only, so that
//! it fails for that step and for nothing else.
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
