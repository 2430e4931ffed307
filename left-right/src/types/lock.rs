//! What the types of the writers' lock forbid. (See the table of [`types`](super).)

demand!(lock_is_send_if_its_data_is, "Send", "WriterLock<MutexGuard<'static, u32>>" => "WriterLock<Cell<u32>>");
demand!(lock_is_sync_if_its_data_is_send, "Sync", "WriterLock<MutexGuard<'static, u32>>" => "WriterLock<Cell<u32>>");
demand!(a_tasks_wait_is_sent_if_the_data_may_be, "Send", "LockAsync<'static, MutexGuard<'static, u32>>" => "LockAsync<'static, Cell<u32>>");
demand!(a_tasks_wait_is_shared_if_the_data_may_be_sent, "Sync", "LockAsync<'static, MutexGuard<'static, u32>>" => "LockAsync<'static, Cell<u32>>");
demand!(lock_guard_is_never_sent, "Send", "WriterGuard<'static, u32>" => "WriterLock<u32>");
demand!(lock_guard_is_sync_if_its_data_is, "Sync", "WriterGuard<'static, Cell<u32>>" => "WriterGuard<'static, MutexGuard<'static, u32>>");

invariant!(
    lock_is_invariant,
    "WriterLock<&'s str>",
    "WriterLock::new(\"static\")"
);
outlives!(lock_drops_its_data, "WriterLock::new(Looks(&seen))");
