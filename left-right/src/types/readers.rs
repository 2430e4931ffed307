//! What the readers' types forbid. (See the table of [`types`](super).)

demand!(handle_is_send_if_shared, "Send", "ReadHandle<Cell<u32>>" => "ReadHandle<u32>");
demand!(handle_is_send_if_sent, "Send", "ReadHandle<MutexGuard<'static, u32>>" => "ReadHandle<u32>");
demand!(handle_is_never_sync, "Sync", "ReadHandle<u32>" => "SharedReader<u32>");

demand!(factory_is_send_if_shared, "Send", "ReadHandleFactory<Cell<u32>>" => "ReadHandleFactory<u32>");
demand!(factory_is_send_if_sent, "Send", "ReadHandleFactory<MutexGuard<'static, u32>>" => "ReadHandleFactory<u32>");
demand!(factory_is_sync_if_shared, "Sync", "ReadHandleFactory<Cell<u32>>" => "ReadHandleFactory<u32>");
demand!(factory_is_sync_if_sent, "Sync", "ReadHandleFactory<MutexGuard<'static, u32>>" => "ReadHandleFactory<u32>");

demand!(shared_is_send_if_shared, "Send", "SharedReader<Cell<u32>>" => "SharedReader<u32>");
demand!(shared_is_send_if_sent, "Send", "SharedReader<MutexGuard<'static, u32>>" => "SharedReader<u32>");
demand!(shared_is_sync_if_shared, "Sync", "SharedReader<Cell<u32>>" => "SharedReader<u32>");
demand!(shared_is_sync_if_sent, "Sync", "SharedReader<MutexGuard<'static, u32>>" => "SharedReader<u32>");

invariant!(
    handle_is_invariant,
    "ReadHandle<&'s str>",
    "writer.read_handle()"
);
invariant!(
    factory_is_invariant,
    "ReadHandleFactory<&'s str>",
    "writer.factory()"
);
invariant!(
    shared_is_invariant,
    "SharedReader<&'s str>",
    "writer.shared_reader()"
);

outlives!(handle_ends_before_what_a_drop_sees, "writer.read_handle()");
outlives!(factory_ends_before_what_a_drop_sees, "writer.factory()");
outlives!(
    shared_ends_before_what_a_drop_sees,
    "writer.shared_reader()"
);

/// A thread that has read keeps a slot, and no data. So what a copy borrows may end before the
/// thread does, and before its list is swept.
/// ```
/// use left_right::WriteHandle;
///
/// let read = || {
///     let seen = String::from("seen");
///     let writer = WriteHandle::cloned(seen.as_str());
///     assert_eq!(*writer.shared_reader().read(), "seen");
/// };
/// std::thread::spawn(move || (0..100).for_each(|_| read())).join().unwrap();
/// ```
mod a_threads_list_holds_no_data {}

/// A closure may use what it is lent only during the call:
/// ```compile_fail,E0521
/// let reader = left_right::WriteHandle::cloned(7).read_handle();
/// let mut kept = &0;
/// reader.with(|value| kept = value);
/// assert_eq!(*kept, 7);
/// ```
/// ```
/// let reader = left_right::WriteHandle::cloned(7).read_handle();
/// let mut kept = 0;
/// reader.with(|value| kept = *value);
/// assert_eq!(kept, 7);
/// ```
/// ```compile_fail,E0521
/// let reader = left_right::WriteHandle::cloned(7).shared_reader();
/// let mut kept = &0;
/// reader.with(|value| kept = value);
/// assert_eq!(*kept, 7);
/// ```
/// ```
/// let reader = left_right::WriteHandle::cloned(7).shared_reader();
/// let mut kept = 0;
/// reader.with(|value| kept = *value);
/// assert_eq!(kept, 7);
/// ```
mod with_lends_for_the_call {}
