//! `rebuild` past readers that never leave.

use super::*;

#[test]
fn one_rebuild_frees_the_writer_from_a_stalled_reader_for_good() {
    let (mut writer, census) = writer();
    let reader = writer.read_handle();
    let guard = reader.read();
    add(&mut writer, 1).unwrap();
    add(&mut writer, 2).unwrap_err();
    assert!(
        writer
            .swap_buffers_timeout(Duration::from_millis(1))
            .is_err()
    );
    assert_eq!(writer.rebuild().unwrap(), None);
    assert_eq!(writer.stats().retired, 1);
    assert_eq!(writer.pending(), [Op::Add(2)], "it stays pending");
    for number in 3..1000 {
        add(&mut writer, number).unwrap();
    }
    assert!(guard.had.is_empty());
    assert_eq!(
        writer.read_handle().read().had,
        (1..1000).collect::<Vec<_>>()
    );
    assert_eq!(census.alive(), 3);
    drop(guard);
    writer.verify_copies().unwrap();
    assert_eq!(writer.stats().retired, 0);
    assert_eq!(census.alive(), 2, "freed once its reader has left");
    assert_eq!(reader.read().had.len(), 999);
}

#[test]
fn nested_guards_stay_in_a_retired_copy() {
    let (mut writer, census) = writer();
    let reader = writer.read_handle();
    let outer = reader.read();
    add(&mut writer, 1).unwrap();
    writer.rebuild().unwrap();
    add(&mut writer, 2).unwrap();
    let inner = reader.read();
    assert!(outer.had.is_empty() && inner.had.is_empty());
    drop(outer);
    add(&mut writer, 3).unwrap();
    assert!(inner.had.is_empty());
    assert_eq!(census.alive(), 3);
    drop(inner);
    assert_eq!(reader.read().had, [1, 2, 3]);
    add(&mut writer, 4).unwrap();
    assert_eq!(census.alive(), 2);
}

#[test]
fn at_the_limit_the_error_names_the_readers_and_nothing_is_lost() {
    for limit in 0..3 {
        let census = Census::default();
        let mut writer = writer_with(&census, limit);
        let readers: Vec<_> = (0..=limit).map(|_| writer.read_handle()).collect();
        let mut guards = Vec::new();
        for (number, reader) in readers.iter().enumerate() {
            reader.set_label(format!("reader {number}"));
            guards.push(reader.read());
            add(&mut writer, number as u32).unwrap();
            if number < limit {
                writer.rebuild().unwrap();
            }
        }
        writer.push(Op::Add(99));
        let error = writer.rebuild().unwrap_err();
        assert_eq!(error.max_retired, limit);
        assert_eq!(error.readers.len(), limit + 1);
        for number in 0..=limit {
            let label = format!("\"reader {number}\"");
            assert!(error.to_string().contains(&label), "{error}");
        }
        assert_eq!(writer.stats().retired, limit);
        assert_eq!(writer.pending(), [Op::Add(99)]);
        assert!(writer.try_swap_buffers().is_err());
        assert!(!writer.is_poisoned());

        // One of them leaves, and the writer goes on.
        guards.remove(0);
        if limit > 0 {
            writer.rebuild().unwrap();
        }
        writer.try_swap_buffers().unwrap();
        assert_eq!(writer.read_handle().read().had.last(), Some(&99));
    }
}

#[test]
fn a_rebuild_of_a_healthy_writer_changes_nothing_that_is_seen() {
    let (mut writer, census) = writer();
    writer.push(Op::Add(1));
    writer.catch_up();
    assert_eq!(writer.rebuild().unwrap(), None);
    assert_eq!(writer.pending(), [Op::Add(1)]);
    writer.swap_buffers();
    assert_eq!(writer.rebuild().unwrap(), None);
    writer.verify_copies().unwrap();
    assert_eq!(writer.read_handle().read().had, [1]);
    assert_eq!(census.alive(), 2);
}

#[test]
fn retired_copies_outlive_the_writer_for_their_readers() {
    let (mut writer, census) = writer();
    let reader = writer.read_handle();
    let guard = reader.read();
    add(&mut writer, 1).unwrap();
    writer.rebuild().unwrap();
    add(&mut writer, 2).unwrap();
    let other = writer.read_handle();
    drop(writer);
    assert!(guard.had.is_empty());
    assert_eq!(other.read().had, [1, 2]);
    drop(guard);
    drop(reader);
    drop(other);
    assert_eq!(census.alive(), 0);
}
