//! Programs that a map with many writers forbids. (See the table of [`types`](super).)

demand!(map_of_unshareable_keys_is_not_send, "Send", "SharedMap<Sent, u8>" => "SharedMap<u32, u8>");
demand!(map_of_unsendable_keys_is_not_sync, "Sync", "SharedMap<Lent, u8>" => "SharedMap<u32, u8>");
demand!(map_of_unshareable_values_is_not_sync, "Sync", "SharedMap<u8, Sent>" => "SharedMap<u8, u32>");
demand!(map_of_unsendable_values_is_not_send, "Send", "SharedMap<u8, Lent>" => "SharedMap<u8, u32>");
demand!(map_of_an_unshareable_hasher_is_not_sync, "Sync", "SharedMap<u8, u8, Sent>" => "SharedMap<u8, u8, u32>");
demand!(map_of_an_unsendable_hasher_is_not_sync, "Sync", "SharedMap<u8, u8, Lent>" => "SharedMap<u8, u8, u32>");

demand!(batch_of_unshareable_values_is_not_send, "Send", "Batch<'static, u8, Sent>" => "Batch<'static, u8, u32>");
demand!(batch_of_unsendable_values_is_not_sync, "Sync", "Batch<'static, u8, Lent>" => "Batch<'static, u8, u32>");

demand!(changes_of_unshareable_keys_are_not_send, "Send", "evmap_core::shared_map::Changes<Sent, u8>" => "evmap_core::shared_map::Changes<u32, u8>");
demand!(changes_of_unsendable_values_are_not_sync, "Sync", "evmap_core::shared_map::Changes<u8, Lent>" => "evmap_core::shared_map::Changes<u8, u32>");
demand!(a_change_of_unshareable_values_is_not_send, "Send", "evmap_core::shared_map::Change<u8, Sent>" => "evmap_core::shared_map::Change<u8, u32>");
demand!(an_effect_is_sent_with_its_values, "Send", "evmap_core::shared_map::Effect<u8, Lent>" => "evmap_core::shared_map::Effect<u8, Sent>");
demand!(an_effect_is_shared_with_its_values, "Sync", "evmap_core::shared_map::Effect<u8, Sent>" => "evmap_core::shared_map::Effect<u8, Lent>");
covariant!(effects_are_covariant, "evmap_core::shared_map::Effect<&'static str, &'static str>" => "evmap_core::shared_map::Effect<&'s str, &'s str>");
covariant!(a_change_is_covariant, "evmap_core::shared_map::Change<&'static str, &'static str>" => "evmap_core::shared_map::Change<&'s str, &'s str>");

demand!(builder_is_sent_with_its_hasher, "Send", "evmap_core::shared_map::Builder<No, No, No, Swiss>" => "evmap_core::shared_map::Builder<No, No, Sent, Swiss>");
demand!(builder_is_shared_with_its_hasher, "Sync", "evmap_core::shared_map::Builder<No, No, No, Swiss>" => "evmap_core::shared_map::Builder<No, No, Lent, Swiss>");

invariant!(
    map_is_invariant_in_keys,
    "SharedMap<&'s str, u8>",
    "let it = SharedMap::<&'static str, u8>::new();"
);
invariant!(
    map_is_invariant_in_values,
    "SharedMap<u8, &'s str>",
    "let it = SharedMap::<u8, &'static str>::new();"
);
invariant!(
    changes_are_invariant,
    "evmap_core::shared_map::Changes<u8, &'s str>",
    "let it = SharedMap::<u8, &'static str>::new().subscribe(1);"
);
covariant!(batch_is_covariant_in_its_life, "evmap_core::shared_map::Batch<'static, u8, u8>" => "evmap_core::shared_map::Batch<'s, u8, u8>");
covariant!(builder_is_covariant, "evmap_core::shared_map::Builder<&'static str, &'static str, &'static str>" => "evmap_core::shared_map::Builder<&'s str, &'s str, &'s str>");

/// The reason for invariance: the map needs `'static` only where it is made.
/// ```compile_fail,E0597
/// let map = evmap_core::SharedMap::<u8, &'static str>::new();
/// let reader = map.read_handle();
/// {
///     let local = String::from("local");
///     let map = map.clone();
///     map.insert(1, local.as_str());
/// }
/// assert_eq!(reader.get_cloned(&1), Some("local"));
/// ```
/// ```
/// let map = evmap_core::SharedMap::<u8, &'static str>::new();
/// let reader = map.read_handle();
/// {
///     let local = String::from("local");
///     let map = map.clone();
///     map.insert(1, local.leak());
/// }
/// assert_eq!(reader.get_cloned(&1), Some("local"));
/// ```
/// It cannot hold borrowed data, however it is made:
/// ```compile_fail,E0597
/// let local = String::from("local");
/// let map = evmap_core::SharedMap::new();
/// map.insert(local.as_str(), 1);
/// ```
/// ```
/// let local = String::from("local");
/// let map = evmap_core::SharedMap::new();
/// map.insert(local, 1);
/// ```
/// ```compile_fail,E0597
/// let local = String::from("local");
/// let map = evmap_core::SharedMap::builder().build_from([(local.as_str(), 1)]);
/// ```
/// ```
/// let local = String::from("local");
/// let map = evmap_core::SharedMap::builder().build_from([(local, 1)]);
/// ```
mod nothing_borrowed_is_in_it {}

/// A closure may borrow, and need not be `Send`: it runs on the calling thread. What it writes must be:
/// ```compile_fail,E0277
/// let map = evmap_core::SharedMap::new();
/// let ours = std::rc::Rc::new(1);
/// map.write(|w| w.insert(1, std::rc::Rc::clone(&ours)));
/// ```
/// ```
/// let map = evmap_core::SharedMap::new();
/// let ours = std::rc::Rc::new(1);
/// map.write(|w| w.insert(1, *ours));
/// ```
mod closures {}

/// A borrow from a batch ends with its next change:
/// ```compile_fail,E0502
/// let map = evmap_core::SharedMap::builder().build_from([(1, 2)]);
/// map.write(|w| {
///     let value = w.get(&1).unwrap();
///     w.insert(1, 3);
///     assert_eq!(*value, 2);
/// });
/// ```
/// ```
/// let map = evmap_core::SharedMap::builder().build_from([(1, 2)]);
/// map.write(|w| {
///     let value = w.get(&1).unwrap();
///     assert_eq!(*value, 2);
///     w.insert(1, 3);
/// });
/// ```
/// ```compile_fail,E0502
/// let map = evmap_core::SharedMap::builder().build_from([(1, 2)]);
/// map.write(|w| {
///     let mut entries = w.iter();
///     w.clear();
///     assert_eq!(entries.next(), Some((&1, &2)));
/// });
/// ```
/// ```
/// let map = evmap_core::SharedMap::builder().build_from([(1, 2)]);
/// map.write(|w| {
///     let mut entries = w.iter();
///     assert_eq!(entries.next(), Some((&1, &2)));
///     w.clear();
/// });
/// ```
/// No borrow from it leaves the closure, nor does the batch itself:
/// ```compile_fail,E0521
/// let map = evmap_core::SharedMap::builder().build_from([(1, 2)]);
/// let mut kept = None;
/// map.write(|w| kept = w.get(&1));
/// assert_eq!(kept, Some(&2));
/// ```
/// ```
/// let map = evmap_core::SharedMap::builder().build_from([(1, 2)]);
/// let mut kept = None;
/// map.write(|w| kept = w.get(&1).copied());
/// assert_eq!(kept, Some(2));
/// ```
/// ```compile_fail,E0521
/// let map = evmap_core::SharedMap::builder().build_from([(1, 2)]);
/// let mut kept = None;
/// map.write(|w| kept = Some(w));
/// assert_eq!(kept.map(|w| w.len()), Some(1));
/// ```
/// ```
/// let map = evmap_core::SharedMap::builder().build_from([(1, 2)]);
/// let mut kept = None;
/// map.write(|w| kept = Some(w.len()));
/// assert_eq!(kept, Some(1));
/// ```
/// The batches of two maps cannot be swapped, although they have the same type:
/// ```compile_fail,E0521
/// let (one, other) = (evmap_core::SharedMap::<u8, u8>::new(), evmap_core::SharedMap::<u8, u8>::new());
/// one.write(|a| {
///     other.write(|b| std::mem::swap(a, b));
/// });
/// ```
/// ```
/// let (one, other) = (evmap_core::SharedMap::<u8, u8>::new(), evmap_core::SharedMap::<u8, u8>::new());
/// one.write(|a| {
///     other.write(|b| (a.insert(1, 1), b.insert(2, 2)));
/// });
/// ```
mod batches {}

/// The futures are `Send`, so a task may move between threads.
/// ```
/// fn send<T: Send>(_: T) {}
/// let map = evmap_core::SharedMap::<u8, u8>::new();
/// send(map.flush_async());
/// send(map.wait_for_async(map.version()));
/// send(map.changed_since_async(map.version()));
/// send(map.changed());
/// ```
/// ```compile_fail,E0277
/// fn send<T: Send>(_: T) {}
/// fn of<V: Clone + Send>(map: &evmap_core::SharedMap<u8, V>) {
///     send(map.flush_async());
/// }
/// ```
/// ```
/// fn send<T: Send>(_: T) {}
/// fn of<V: Clone + Send + Sync>(map: &evmap_core::SharedMap<u8, V>) {
///     send(map.flush_async());
/// }
/// ```
mod futures {}
