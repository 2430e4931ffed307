//! The forms of the writer's calls that do not wait for a reader.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use evmap_core::{SwapError, WriteHandle};

/// Returns the result of a task that has nothing to wait for.
fn at_once<R>(task: impl Future<Output = R>) -> Option<R> {
    match pin!(task).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    }
}

fn hits(writer: &mut WriteHandle<&'static str, u32>) -> Option<u32> {
    writer.merge("hits", 1, |sum, one| Some(sum + one))
}

#[test]
fn reads_and_compute_calls_of_the_writer_do_not_wait_once_it_has_caught_up() {
    let (mut writer, reader) = evmap_core::new();
    reader.set_label("report");
    let view = reader.read();
    writer.insert("hits", 1);
    assert_eq!(at_once(writer.refresh_async()).map(|v| v.as_u64()), Some(1));

    let error = writer.try_catch_up().unwrap_err();
    assert!(matches!(error, SwapError::Busy(_)));
    let error = writer
        .catch_up_timeout(Duration::from_millis(1))
        .unwrap_err();
    assert!(error.to_string().contains("report"), "{error}");
    assert!(at_once(writer.catch_up_async()).is_none());
    writer.insert("new", 1);
    assert!(at_once(writer.refresh_async()).is_none());
    assert_eq!(writer.version().as_u64(), 1, "nothing was published");
    drop(view);

    assert_eq!(writer.try_catch_up().unwrap().get("hits"), Some(&1));
    assert_eq!(hits(&mut writer), Some(2));
    let _view = reader.read();
    // Until the next refresh, none of these waits.
    assert_eq!(writer.catch_up()["hits"], 2);
    assert_eq!(hits(&mut writer), Some(3));
    assert_eq!(hits(&mut writer), Some(4));
    assert_eq!((writer.len(), writer.get("new")), (2, Some(&1)));
    writer.retain(|key, _| *key == "hits");
    let far = Duration::from_secs(60);
    assert_eq!(writer.catch_up_timeout(far).unwrap().iter().count(), 1);
    assert_eq!(at_once(writer.catch_up_async()).unwrap().len(), 1);
    assert_eq!(reader.len(), 1, "a catch-up publishes nothing");
    assert_eq!(at_once(writer.refresh_async()).map(|v| v.as_u64()), Some(2));
}

#[test]
fn a_writer_is_settled_once_both_copies_have_everything() {
    let (mut writer, reader) = evmap_core::new();
    writer.insert(1, 1);
    assert!(!writer.is_settled());
    let view = reader.read();
    writer.refresh();
    writer.refresh();
    assert!(!writer.is_settled(), "a reader is in the writer's copy");
    drop(view);
    writer.refresh();
    assert!(writer.is_settled());
}
