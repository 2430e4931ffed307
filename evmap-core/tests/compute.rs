//! Compute operations of the map's writer. `model` compares them with std's map.

use std::panic::{AssertUnwindSafe, catch_unwind};

use evmap_core::{ReadHandle, WriteHandle};

fn counters() -> (WriteHandle<String, u32>, ReadHandle<String, u32>) {
    let (mut writer, reader) = evmap_core::new();
    writer.insert("a".to_owned(), 1);
    writer.refresh();
    (writer, reader)
}

#[test]
fn a_closure_that_fails_changes_nothing_and_its_error_is_returned() {
    let (mut writer, reader) = counters();
    let (a, b) = (|| "a".to_owned(), || "b".to_owned());
    assert_eq!(writer.try_compute(a(), |_| Err("no")), Err("no"));
    assert_eq!(writer.try_compute_if_absent(b(), || Err("no")), Err("no"));
    assert_eq!(writer.try_compute_if_present(a(), |_| Err("no")), Err("no"));
    assert_eq!(writer.try_merge(a(), 1, |_, _| Err("no")), Err("no"));
    assert_eq!(writer.try_get_or_insert_with(b(), || Err("no")), Err("no"));
    assert!(!writer.has_pending());

    // The closure need not be called, or does not fail:
    type Never = Result<Option<u32>, &'static str>;
    let not_asked = |_: &u32| -> Never { Err("asked") };
    assert_eq!(writer.try_compute_if_present(b(), not_asked), Ok(None));
    assert_eq!(
        writer.try_compute_if_absent(a(), || Err("asked")),
        Ok(Some(1))
    );
    assert_eq!(writer.try_merge(b(), 7, |_, _| Err("asked")), Ok(Some(7)));
    assert_eq!(writer.try_get_or_insert_with(a(), || Err("asked")), Ok(1));
    assert_eq!(
        writer.try_compute(a(), |_| Ok::<_, &str>(Some(2))),
        Ok(Some(2))
    );
    writer.refresh();
    assert_eq!(reader.get_cloned("a"), Some(2));
    assert_eq!(reader.get_cloned("b"), Some(7));
}

#[test]
fn a_closure_that_panics_changes_nothing() {
    let (mut writer, reader) = counters();
    catch_unwind(AssertUnwindSafe(|| {
        writer.compute("a".to_owned(), |_| panic!("planted"))
    }))
    .unwrap_err();
    catch_unwind(AssertUnwindSafe(|| {
        writer.remove_if("a", |_| panic!("planted"))
    }))
    .unwrap_err();
    assert!(!writer.has_pending() && !writer.is_poisoned());
    assert_eq!(writer.merge("a".to_owned(), 1, |a, b| Some(a + b)), Some(2));
    writer.refresh();
    assert_eq!(reader.get_cloned("a"), Some(2));
}

#[test]
fn each_sees_the_ones_before_it_and_readers_see_none_before_a_refresh() {
    let (mut writer, reader) = counters();
    for n in 2..100 {
        assert_eq!(writer.merge("a".to_owned(), 1, |a, b| Some(a + b)), Some(n));
        if n % 10 == 0 {
            assert!(reader.get_cloned("a") < Some(n));
            writer.refresh();
            assert_eq!(reader.get_cloned("a"), Some(n));
        }
    }
    assert_eq!(writer.replace("a".to_owned(), 5), Some(99));
    assert_eq!(writer.replace("b".to_owned(), 5), None);
    assert!(writer.remove_if("a", |&n| n == 5));
    assert!(!writer.remove_if("a", |_| true));
    assert!(!writer.replace_if("a".to_owned(), |_| true, 1));
    writer.refresh();
    assert!(reader.is_empty());
    assert!(writer.verify_copies().is_ok());
}

/// The outcome is logged and not the closure, so the closure may count, or read a clock.
#[test]
fn a_closure_is_called_once_though_there_are_two_copies() {
    let (mut writer, reader) = counters();
    let mut calls = 0;
    writer.compute("a".to_owned(), |_| {
        calls += 1;
        Some(calls)
    });
    writer.refresh();
    writer.refresh();
    writer.reserve(0);
    writer.refresh();
    assert_eq!(calls, 1);
    assert_eq!(reader.get_cloned("a"), Some(1));
    assert!(writer.verify_copies().is_ok());
}
