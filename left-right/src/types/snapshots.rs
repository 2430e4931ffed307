//! What the type of a snapshot forbids. (See the table of [`types`](super).)

demand!(snapshot_is_send_if_shared, "Send", "Snapshot<Cell<u32>>" => "Snapshot<u32>");
demand!(snapshot_is_send_if_sent, "Send", "Snapshot<MutexGuard<'static, u32>>" => "Snapshot<u32>");
demand!(snapshot_is_sync_if_shared, "Sync", "Snapshot<Cell<u32>>" => "Snapshot<u32>");
demand!(snapshot_is_sync_if_sent, "Sync", "Snapshot<MutexGuard<'static, u32>>" => "Snapshot<u32>");
demand!(snapshot_is_never_cloned, "Clone", "Snapshot<u32>" => "std::sync::Arc<Snapshot<u32>>");

invariant!(
    snapshot_is_invariant,
    "Snapshot<&'s str>",
    "writer.shared_reader().snapshot()"
);

outlives!(
    snapshot_ends_before_what_a_drop_sees,
    "writer.read_handle().into_snapshot()"
);

/// A snapshot borrows no handle, and a handle that becomes one is given away:
/// ```compile_fail,E0382
/// let reader = left_right::WriteHandle::cloned(7).read_handle();
/// let snapshot = reader.into_snapshot();
/// assert_eq!(*snapshot, *reader.read());
/// ```
/// ```
/// let reader = left_right::WriteHandle::cloned(7).read_handle();
/// let snapshot = reader.clone().into_snapshot();
/// assert_eq!(*snapshot, *reader.read());
/// ```
/// It may not become one while a guard borrows it:
/// ```compile_fail,E0505
/// let reader = left_right::WriteHandle::cloned(7).read_handle();
/// let guard = reader.read();
/// let snapshot = reader.into_snapshot();
/// assert_eq!(*snapshot, *guard);
/// ```
/// ```
/// let reader = left_right::WriteHandle::cloned(7).read_handle();
/// let guard = reader.read();
/// let snapshot = reader.clone().into_snapshot();
/// assert_eq!(*snapshot, *guard);
/// ```
mod a_snapshot_takes_its_handle {}

/// What a snapshot lends ends with it:
/// ```compile_fail,E0505
/// let snapshot = left_right::WriteHandle::cloned(7).read_handle().into_snapshot();
/// let lent: &i32 = &snapshot;
/// drop(snapshot);
/// assert_eq!(*lent, 7);
/// ```
/// ```
/// let snapshot = left_right::WriteHandle::cloned(7).read_handle().into_snapshot();
/// let lent: &i32 = &snapshot;
/// assert_eq!(*lent, 7);
/// drop(snapshot);
/// ```
mod a_snapshot_lends {}

/// It lives as long as its data may, and no longer:
/// ```compile_fail,E0597
/// fn keep<T: 'static>(_: T) {}
/// let local = String::from("local");
/// keep(left_right::WriteHandle::cloned(local.as_str()).shared_reader().snapshot());
/// ```
/// ```
/// fn keep<T: 'static>(_: T) {}
/// let local = String::from("local");
/// keep(left_right::WriteHandle::cloned(local).shared_reader().snapshot());
/// ```
mod a_snapshot_is_static_if_its_data_is {}
