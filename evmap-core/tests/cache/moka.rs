//! What moka 0.12 claims about its `sync::Cache` in its own tests, and how this cache answers each claim.
//!
//! The tests here are written anew; only the claims are moka's. Modules of the table are those of these tests.
//! "Not offered" means that this cache has no such call or setting.
//!
//! # `sync::Cache`
//!
//! | moka's test | its claim | answer |
//! |---|---|---|
//! | `max_capacity_zero` | a cache of no capacity keeps nothing | `bounds::without_capacity_nothing_is_kept_and_without_a_limit_everything` |
//! | `basic_single_thread` | what is read often stays; evicted, invalidated and removed entries are not found, and the listener learns of them | `moka::contents::what_is_read_stays_and_whatever_leaves_is_told_of`. Differs: a new entry is always admitted, and an old one leaves |
//! | `basic_lru_single_thread` | with the policy LRU, the entry that was read longest ago is evicted | not offered: there is one policy, S3-FIFO |
//! | `size_aware_eviction` | a heavy entry evicts as many light ones as it needs | `moka::contents::a_heavy_entry_evicts_as_many_light_ones_as_it_needs`, `bounds::a_replaced_value_changes_the_weight_and_evicts_others_if_it_is_heavier`, `regressions::a_value_that_grows_is_not_evicted_by_its_own_insertion` |
//! | `basic_multi_threads` | threads write one cache, and agree about it afterwards | `moka::contents::threads_that_have_written_agree_about_the_result` |
//! | `invalidate_all` | all entries leave and are told of, and later ones stay | `moka::removal::everything_invalidated_is_told_of_and_later_entries_stay` |
//! | `invalidate_entries_if` | a predicate removes what it fits, and not what is inserted later | `moka::removal::a_predicate_removes_what_is_there_and_nothing_later`. Differs: it needs no permission of the builder, is done when the call returns, and cannot fail |
//! | `time_to_live` | an entry expires after its time, and a replacement begins it anew; the listener learns the causes | `expiry::an_entry_lives_for_its_time_and_an_insertion_begins_it_again`, `moka::expiry::the_listener_learns_what_was_replaced_and_what_has_expired` |
//! | `time_to_idle` | reads keep an entry, `contains_key` does not | `expiry::reads_and_insertions_keep_an_entry_from_idling_and_other_looks_do_not`. Differs: an entry is idle up to a 32nd later (`expiry::an_idle_entry_expires_between_its_time_and_a_32nd_more`) |
//! | `ensure_access_time_is_updated_immediately_after_read` | a read counts at once, without pending tasks | `moka::expiry::a_read_counts_at_once` |
//! | `time_to_live_by_expiry_type` | a callback sets the time of each entry | not offered: `insert_with_ttl` does (`expiry::each_entry_may_have_its_own_time`) |
//! | `time_to_idle_by_expiry_type` | a callback sets the time after each read | not offered |
//! | `test_expiry_using_get_with` | the callback of a read is not called for a load | not offered: neither the callback nor the load |
//! | `expire_after_update_none_on_expired_entry` | an entry without a time replaces an expired one, and is found | `moka::expiry::a_replacement_of_an_expired_entry_has_its_own_time` |
//! | `test_expire_after_create_only_no_stale_entries` | a replacement of an expired entry is as new, and expires in its own time | `moka::expiry::a_replacement_of_an_expired_entry_has_its_own_time` |
//! | `test_race_between_updating_entry_and_processing_its_write_ops` | an entry replaced after its expiry and then removed leaves nothing behind | `moka::expiry::an_expired_entry_that_is_replaced_and_removed_leaves_nothing` |
//! | `test_race_between_recreating_entry_and_processing_its_write_ops` | a key removed and inserted again keeps the new value | `moka::contents::a_key_that_is_removed_and_inserted_again_keeps_the_new_value` |
//! | `test_iter` | an iteration meets each entry once | `moka::contents::an_iteration_meets_each_entry_once`. Differs: there is no `IntoIterator` of a reference |
//! | `test_iter_multi_threads` | iterations meet every key while threads replace values | `moka::contents::iterations_meet_every_key_while_threads_replace_values` |
//! | `get_with`, `get_with_by_ref` | one thread loads an absent key, others wait for it | not offered yet: loads by closures |
//! | `entry_or_insert_with_if`, `entry_by_ref_or_insert_with_if` | as above, and a closure decides whether to replace the value | not offered yet: loads by closures |
//! | `try_get_with`, `try_get_with_by_ref` | as `get_with`, and waiters share an error | not offered yet: loads by closures |
//! | `optionally_get_with`, `optionally_get_with_by_ref` | as `get_with`, and waiters share an absence | not offered yet: loads by closures |
//! | `upsert_with`, `compute_with`, `try_compute_with` | changes of one key by closures run one after the other | not offered yet: changes by closures |
//! | `handle_panic_in_get_with`, `handle_panic_in_try_get_with` | a waiter loads after the loader has panicked | not offered yet: loads by closures |
//! | `test_removal_notifications` | the listener learns of each removal with its cause | `removal::the_listener_learns_of_each_removal_once_with_its_cause` |
//! | `test_immediate_removal_notifications_with_updates` | an expired entry that is replaced or invalidated is told of as expired | `moka::expiry::an_expired_entry_that_is_replaced_or_invalidated_is_told_of_as_expired`. Differs: a write does not call the listener itself |
//! | `test_key_lock_used_by_immediate_removal_notifications` | the listener learns of the removals of one key one after the other, in their order | `regressions::the_listener_learns_of_the_removals_of_one_key_in_their_order` |
//! | `no_batch_size_limit_on_eviction` | one run of the pending tasks removes all that has to leave | `bounds::a_full_cache_holds_its_capacity_and_never_more`, `moka::expiry::one_run_of_pending_tasks_removes_all_that_has_expired`. Differs: a write that makes the cache too full evicts by itself |
//! | `slow_eviction_listener` | a slow listener is given a limited time, and the cache is over its capacity until it is done | `moka::removal::a_listener_that_takes_long_does_not_keep_entries`. Differs: the capacity always holds |
//! | `recover_from_panicking_eviction_listener` | the cache works on after the listener has panicked | `removal::a_listener_that_panics_is_counted_and_called_again`. Differs: it is called again |
//! | `borrowed_forms_of_key` | a key is found by its borrowed form | `moka::contents::a_key_is_found_by_its_borrowed_form`, `bounds::any_hasher_and_borrowed_keys_work` |
//! | `drop_value_immediately_after_eviction` | values are dropped soon after eviction and invalidation, each once | `removal::removed_values_are_dropped_soon_each_once_and_not_by_the_writer` |
//! | `ensure_gc_runs_when_dropping_cache` | the last handle frees the values | `removal::the_last_handle_frees_everything_also_under_load` |
//! | `test_debug_format` | `{:?}` shows the entries | differs: it shows the figures, since a cache may be large and its values secret (`moka::contents::debug_shows_figures_and_no_entries`) |
//! | `test_optionally_get_with_expired_entry_bug` | a load replaces an expired value, and the new one expires, too | not offered yet: loads by closures. By insertion: `moka::expiry::a_replacement_of_an_expired_entry_has_its_own_time` |
//!
//! # `sync::SegmentedCache`
//!
//! There are no segments: one writer lock, and reads without locks. Where the claim is not about segments, the answer is
//! that to the test of `sync::Cache` of the same name.
//!
//! | moka's test | answer |
//! |---|---|
//! | `max_capacity_zero`, `basic_single_thread`, `size_aware_eviction`, `basic_multi_threads`, `invalidate_all`, `invalidate_entries_if`, `test_iter`, `test_iter_multi_threads`, `borrowed_forms_of_key`, `drop_value_immediately_after_eviction`, `test_debug_format` | as above |
//! | `get_with`, `get_with_if`, `try_get_with`, `optionally_get_with` | as above: not offered yet |
//! | `non_power_of_two_segments` | not offered: segments |
//!
//! # The builder, and what is inside
//!
//! | moka's test | its claim | answer |
//! |---|---|---|
//! | `build_cache` | a cache has the settings of its builder | `moka::contents::settings_survive_a_change_of_the_hasher`. Differs: there is no `policy` to ask for them |
//! | `build_segmented_cache` | settings survive a change of the builder's type | `moka::contents::settings_survive_a_change_of_the_hasher`. Segments and names are not offered |
//! | `build_cache_too_long_ttl`, `build_cache_too_long_tti` | times beyond 1,000 years panic | differs: they mean that nothing expires (`moka::expiry::times_beyond_all_measure_mean_never`) |
//! | `test_skt_capacity_will_not_overflow` | the sketch of frequencies has a limited size | moka's internals: there is no sketch |
//! | `test_per_entry_expiration` | the time of an entry, that of the cache and the time to idle work together | the callbacks are not offered. `expiry::each_entry_may_have_its_own_time`, `expiry::the_earlier_of_both_times_counts` |
//! | `sync_lru_zombie_stall_repro`, `sync_lru_zombie_stall_control`, `sync_lru_capacity_eviction_skips_dirty_node_diag` | removed and reinserted keys do not keep the cache above its capacity | moka's internals: a write changes the map and the policy together. `moka::contents::weights_stay_bounded_while_threads_insert_old_and_new_keys` |
//!
//! # Its integration tests
//!
//! | moka's test | its claim | answer |
//! |---|---|---|
//! | `test_cache_get_with`, `test_cache_optionally_get_with`, `test_cache_try_get_with`, and three of segments | one load for many threads, by each of the calls | not offered yet: loads by closures |
//! | `eviction_converges_under_concurrent_key_reuse` | the weight stays bounded while threads insert old and new keys | `moka::contents::weights_stay_bounded_while_threads_insert_old_and_new_keys` |
//! | `test_timer_wheel_panic`, `stress_test_timer_wheel_panic` | entries lose and get times while threads read and expired ones are removed | `moka::expiry::entries_lose_their_times_while_others_expire` |

mod contents;
mod expiry;
mod removal;

use std::fmt::Debug;
use std::hash::{BuildHasher, Hash};
use std::sync::{Arc, Mutex};

use evmap_core::cache::{Cache, RemovalCause};

use crate::eventually;

/// What a listener was told of.
#[derive(Clone)]
struct Told<K, V>(Arc<Mutex<Vec<(K, V, RemovalCause)>>>);

impl<K, V> Told<K, V>
where
    K: Hash + Ord + Clone + Debug + Send + 'static,
    V: Ord + Clone + Debug + Send + 'static,
{
    fn new() -> Self {
        Told(Arc::default())
    }

    /// A listener that notes what it is told of.
    fn listener(&self) -> impl Fn(&K, &V, RemovalCause) + Send + Sync + 'static {
        let list = Arc::clone(&self.0);
        move |key, value, cause| {
            let told = (key.clone(), value.clone(), cause);
            list.lock().expect("no listener panics").push(told);
        }
    }

    /// Waits until the listener was told of this many removals more. Returns them in the order of keys and values.
    fn take<S>(&self, cache: &Cache<K, V, S>, count: usize) -> Vec<(K, V, RemovalCause)>
    where
        S: BuildHasher + Clone,
    {
        cache.run_pending_tasks();
        // A call that the background thread has begun may still run.
        eventually("all are told", || {
            self.0.lock().expect("no listener panics").len() >= count
        });
        let mut told = std::mem::take(&mut *self.0.lock().expect("no listener panics"));
        told.sort_by(|one, other| (&one.0, &one.1).cmp(&(&other.0, &other.1)));
        told
    }
}
