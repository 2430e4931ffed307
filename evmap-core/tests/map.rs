//! The single-valued map: each call of the writer and of readers.

use std::collections::HashMap;
use std::hash::RandomState;
use std::time::Duration;

use evmap_core::{
    Builder, FenceMode, ReadGuard, ReadHandle, Shared, SwapError, Version, WriteHandle,
};

fn one_to_three() -> (WriteHandle<u64, String>, ReadHandle<u64, String>) {
    let (mut writer, reader) = evmap_core::new();
    writer.extend([
        (1, "one".to_owned()),
        (2, "two".to_owned()),
        (3, "three".to_owned()),
    ]);
    writer.refresh();
    (writer, reader)
}

#[test]
fn readers_see_nothing_before_a_refresh_and_everything_after_it() {
    let (mut writer, reader) = evmap_core::new();
    assert_eq!(reader.version(), Version::default());
    writer.insert("a", 1);
    writer.insert("b", 2);
    assert!(writer.has_pending());
    assert!(reader.is_empty());
    assert_eq!(writer.refresh(), Version::from_u64(1));
    assert!(!writer.has_pending());
    assert_eq!(reader.len(), 2);
    assert_eq!(reader.get_cloned("a"), Some(1));
    assert_eq!(*reader.get("b").unwrap(), 2);
    assert!(reader.get("c").is_none());
    assert!(reader.contains_key("a") && !reader.contains_key("c"));
    assert_eq!(writer.refresh(), Version::from_u64(1), "nothing to publish");
}

#[test]
fn the_writer_reads_its_own_unrefreshed_writes() {
    let (mut writer, reader) = one_to_three();
    writer.insert(4, "four".to_owned());
    writer.remove(&1);
    assert_eq!(writer.get(&4).map(String::as_str), Some("four"));
    assert!(!writer.contains_key(&1));
    assert_eq!(writer.len(), 3);
    assert!(!writer.is_empty());
    let mut keys: Vec<_> = writer.iter().map(|(&key, _)| key).collect();
    keys.sort_unstable();
    assert_eq!(keys, [2, 3, 4]);
    assert_eq!(reader.len(), 3);
    assert!(reader.contains_key(&1), "readers do not see them");
    writer.refresh();
    assert!(!reader.contains_key(&1));
}

#[test]
fn a_view_is_one_state_of_all_keys() {
    let (mut writer, reader) = one_to_three();
    let view = reader.read();
    writer.clear();
    writer.insert(9, "nine".to_owned());
    writer.refresh();
    assert_eq!(view.len(), 3);
    assert!(!view.is_empty());
    assert_eq!(view.get(&1).map(String::as_str), Some("one"));
    assert_eq!(view.get_key_value(&2), Some((&2, &"two".to_owned())));
    assert!(view.contains_key(&3) && !view.contains_key(&9));
    let entries: HashMap<_, _> = view
        .iter()
        .map(|(&key, value)| (key, value.clone()))
        .collect();
    assert_eq!(entries.len(), 3);
    let mut keys: Vec<_> = view.keys().copied().collect();
    keys.sort_unstable();
    assert_eq!(keys, [1, 2, 3]);
    assert_eq!(view.values().map(String::len).sum::<usize>(), 11);
    assert_eq!((&view).into_iter().count(), 3);
    assert_eq!(view.version(), Version::from_u64(1));
    drop(view);
    assert_eq!(
        reader.with(|view| view.keys().copied().collect::<Vec<_>>()),
        [9]
    );
    assert_eq!(format!("{:?}", reader.read()), r#"{9: "nine"}"#);
}

#[test]
fn a_guard_of_a_value_keeps_showing_it() {
    let (mut writer, reader) = one_to_three();
    let one = reader.get(&1).unwrap();
    writer.insert(1, "uno".to_owned());
    writer.refresh();
    assert_eq!(&*one, "one");
    let first: ReadGuard<'_, str> = ReadGuard::map(one, |value| &value[..1]);
    assert_eq!(&*first, "o");
    assert!(matches!(
        {
            writer.remove(&1);
            writer.try_refresh()
        },
        Err(SwapError::Busy(_))
    ));
    assert!(writer.refresh_timeout(Duration::from_millis(1)).is_err());
    drop(first);
    assert!(writer.try_refresh().is_ok());
    assert!(reader.get(&1).is_none());
}

#[test]
fn retain_calls_its_closure_once_for_each_entry_and_logs_the_results() {
    let (mut writer, reader) = one_to_three();
    writer.insert(4, "four".to_owned());
    let mut asked = 0;
    writer.retain(|key, _| {
        asked += 1;
        key % 2 == 0
    });
    assert_eq!(asked, 4);
    assert_eq!(reader.len(), 3);
    writer.refresh();
    assert_eq!(asked, 4);
    assert_eq!(reader.len(), 2);
    assert!(reader.contains_key(&2) && reader.contains_key(&4));
    assert_eq!(writer.verify_copies(), Ok(()));
}

#[test]
fn keys_are_looked_up_and_removed_by_their_borrowed_forms() {
    let (mut writer, reader) = evmap_core::new::<String, u32>();
    writer.insert("a".to_owned(), 1);
    writer.insert("b".to_owned(), 2);
    writer.insert("c".to_owned(), 3);
    writer.remove("b");
    writer.remove(&"c".to_owned());
    writer.refresh();
    assert_eq!(reader.get_cloned("a"), Some(1));
    assert_eq!(reader.read().get("a"), Some(&1));
    assert_eq!(writer.get("a"), Some(&1));
    assert_eq!(reader.len(), 1);

    let (mut writer, reader) = evmap_core::new::<Vec<u8>, ()>();
    writer.insert(vec![1, 2], ());
    writer.refresh();
    assert!(reader.contains_key(&[1, 2][..]));
    writer.remove(&[1, 2][..]);
    writer.refresh();
    assert!(reader.is_empty());
}

#[test]
fn the_meta_value_is_published_with_the_entries() {
    let (mut writer, reader) = Builder::new().meta("old").build::<u8, u8>();
    assert_eq!(*reader.read().meta(), "old");
    let view = reader.read();
    writer.set_meta("new");
    writer.insert(1, 1);
    assert_eq!(*writer.meta(), "new");
    writer.refresh();
    assert_eq!((*view.meta(), view.len()), ("old", 0));
    drop(view);
    let view = reader.read();
    assert_eq!((*view.meta(), view.len()), ("new", 1));
    drop(view);
    writer.refresh();
    writer.insert(2, 2);
    writer.refresh();
    assert_eq!(*reader.read().meta(), "new", "both copies have it");
}

#[test]
fn a_custom_hasher_serves_both_copies() {
    let (mut writer, reader) = Builder::new()
        .hasher(RandomState::new())
        .build::<u32, u32>();
    writer.extend((0..1000).map(|n| (n, n)));
    writer.refresh();
    assert!((0..1000).all(|n| reader.get_cloned(&n) == Some(n)));
    assert!(writer.verify_copies().is_ok());
}

#[test]
fn capacity_is_reserved_and_freed_in_both_copies() {
    let (mut writer, reader) = Builder::new().capacity(100).build::<u32, u32>();
    let capacities = |writer: &mut WriteHandle<u32, u32>| {
        // Each refresh shows the other copy.
        [0, 1].map(|_| {
            writer.set_meta(());
            writer.refresh();
            reader.read().capacity()
        })
    };
    assert!(
        capacities(&mut writer)
            .iter()
            .all(|&capacity| (100..1000).contains(&capacity))
    );
    writer.reserve(10_000);
    assert!(
        capacities(&mut writer)
            .iter()
            .all(|&capacity| capacity >= 10_000)
    );
    writer.extend((0..20).map(|n| (n, n)));
    writer.clear();
    assert!(
        capacities(&mut writer)
            .iter()
            .all(|&capacity| capacity >= 10_000),
        "kept"
    );
    writer.extend((0..20).map(|n| (n, n)));
    writer.shrink_to_fit();
    assert!(
        capacities(&mut writer)
            .iter()
            .all(|&capacity| (20..100).contains(&capacity))
    );
    assert!((0..20).all(|n| reader.contains_key(&n)));
    assert!(writer.verify_copies().is_ok());
}

#[test]
fn reserving_too_much_changes_nothing() {
    let (mut writer, reader) = one_to_three();
    writer.reserve(usize::MAX);
    writer.insert(4, "four".to_owned());
    writer.refresh();
    assert_eq!(reader.len(), 4);
    assert!(writer.verify_copies().is_ok());
}

#[test]
fn readers_keep_the_last_published_state_after_the_writer() {
    let (mut writer, reader) = one_to_three();
    let factory = writer.factory();
    let shared = writer.shared_reader();
    writer.insert(4, "four".to_owned());
    assert!(reader.is_writer_alive());
    drop(writer);
    assert!(!reader.is_writer_alive() && !shared.is_writer_alive());
    assert_eq!(reader.len(), 3);
    assert_eq!(factory.handle().get_cloned(&1).as_deref(), Some("one"));
    assert_eq!(shared.get(&2).as_deref().map(String::as_str), Some("two"));
    assert_eq!(shared.handle().clone().len(), 3);
}

#[test]
fn every_way_to_read_reads_the_same() {
    let (mut writer, reader) = one_to_three();
    let shared = reader.shared_reader();
    for handle in [
        reader.clone(),
        reader.factory().handle(),
        writer.read_handle(),
        writer.factory().clone().handle(),
        shared.clone().handle(),
        shared.factory().handle(),
        writer.shared_reader().handle(),
    ] {
        assert_eq!(handle.len(), 3);
        assert_eq!(handle.version(), Version::from_u64(1));
    }
    assert_eq!(shared.len(), 3);
    assert!(!shared.is_empty());
    assert_eq!(shared.version(), Version::from_u64(1));
    assert_eq!(shared.read().len(), 3);
    assert_eq!(shared.with(|view| view.len()), 3);
    assert_eq!(shared.get_cloned(&3).as_deref(), Some("three"));
    assert!(shared.contains_key(&3) && shared.get(&4).is_none());
    let stats = writer.stats();
    assert_eq!((stats.readers, stats.pending), (2, 0));
    writer.remove(&1);
    assert_eq!(writer.stats().pending, 1);
}

#[test]
fn a_busy_error_names_the_readers() {
    let (mut writer, reader) = one_to_three();
    reader.set_label("report");
    let _view = reader.read();
    writer.clear();
    writer.refresh();
    writer.insert(1, String::new());
    let error = writer.try_refresh().unwrap_err();
    assert!(error.to_string().contains("\"report\""), "{error}");
}

#[test]
fn a_rebuild_goes_past_a_reader_that_does_not_leave() {
    let (mut writer, reader) = Builder::new().max_retired(1).build::<u32, String>();
    let (first, second) = (reader.clone(), reader.clone());
    let stalled = first.read();
    writer.insert(0, "zero".to_owned());
    writer.refresh();
    writer.insert(1, "one".to_owned());
    writer.try_refresh().unwrap_err();
    assert_eq!(writer.rebuild().unwrap(), None);
    assert_eq!(writer.stats().retired, 1);
    for n in 2..100 {
        writer.insert(n, n.to_string());
        writer.try_refresh().unwrap();
    }
    assert!(stalled.is_empty());
    assert_eq!(reader.len(), 100);

    let _another = second.read();
    writer.remove(&0);
    writer.refresh();
    writer.remove(&1);
    writer.try_refresh().unwrap_err();
    let error = writer.rebuild().unwrap_err();
    assert_eq!((error.max_retired, error.readers.len()), (1, 2));
    drop(stalled);
    writer.rebuild().unwrap();
    writer.refresh();
    assert_eq!(reader.len(), 98);
    assert!(writer.verify_copies().is_ok());
}

#[test]
fn stats_report_the_fence_mode_in_force() {
    let (writer, _) = Builder::new().fence(FenceMode::SeqCst).build::<u8, u8>();
    assert_eq!(writer.stats().fence_mode, FenceMode::SeqCst);
    let (asked, _) = Builder::new()
        .fence(FenceMode::Membarrier)
        .build::<u8, u8>();
    let (usual, _) = Builder::new().build::<u8, u8>();
    assert_eq!(usual.stats().fence_mode, asked.stats().fence_mode);
}

#[test]
fn shared_values_are_kept_once() {
    let (mut writer, reader) = evmap_core::new();
    let value = Shared::new([1u8; 1000]);
    writer.insert(1, value.clone());
    writer.refresh();
    writer.refresh();
    assert_eq!(
        Shared::strong_count(&value),
        3,
        "ours, and one for each copy"
    );
    assert_eq!(reader.get(&1).unwrap().as_ptr(), value.as_ptr());
}

#[test]
fn handles_may_be_sent_and_readers_shared() {
    fn send<T: Send>(_: &T) {}
    fn sync<T: Sync>(_: &T) {}
    let (writer, reader) = one_to_three();
    send(&writer);
    send(&reader);
    send(&reader.factory());
    sync(&reader.factory());
    send(&reader.shared_reader());
    sync(&reader.shared_reader());
}
