//! Models of readers that take the tag off the published pointer.

use left_right::{DelayWriteHandle, FenceMode, OpWriteHandle, model_light_fence};
use loom::thread;

use super::{Add, publish_next, read, shallow, writer};

/// For what happens only where pointers are tagged and readers may take the tag off.
fn adaptive_model(builder: loom::model::Builder, body: impl Fn(FenceMode) + Sync + Send + 'static) {
    builder.check(move || body(FenceMode::Auto));
}

/// In a model, a reader takes the tag off with its second entry at one version.
#[test]
fn a_reader_takes_the_tag_off_beside_swaps() {
    adaptive_model(loom::model::Builder::new(), |mode| {
        let mut writer = DelayWriteHandle::new(writer(mode));
        publish_next(&mut writer);
        let reader = writer.read_handle();
        let thread = thread::spawn(move || {
            let first = read(&reader);
            thread::yield_now();
            let second = read(&reader);
            thread::yield_now();
            assert!(first <= second && second <= read(&reader));
        });
        publish_next(&mut writer);
        *writer.finish_swap().write_buffer_mut() = 3;
        thread.join().unwrap();
    });
}

/// The second reader may come by the pointer that the first one has changed: what the writer did before its swap,
/// it sees all the same.
#[test]
fn a_reader_comes_by_a_pointer_that_another_has_untagged() {
    adaptive_model(shallow(), |mode| {
        let mut writer = DelayWriteHandle::new(writer(mode));
        // Else it would order what the pointer alone has to order.
        model_light_fence(false);
        let (first, second) = (writer.read_handle(), writer.read_handle());
        let first = thread::spawn(move || {
            read(&first);
            read(&first);
        });
        let second = thread::spawn(move || {
            read(&second);
        });
        publish_next(&mut writer);
        first.join().unwrap();
        second.join().unwrap();
    });
}

#[test]
fn a_reader_takes_the_tag_off_beside_a_rebuild() {
    adaptive_model(loom::model::Builder::new(), |mode| {
        let mut writer = OpWriteHandle::new(DelayWriteHandle::new(writer(mode)));
        writer.push(Add);
        writer.swap_buffers();
        let reader = writer.read_handle();
        read(&reader);
        let thread = thread::spawn(move || {
            read(&reader);
            reader
        });
        writer.push(Add);
        writer.swap_buffers();
        writer.rebuild().unwrap();
        writer.push(Add);
        writer.swap_buffers();
        let reader = thread.join().unwrap();
        assert_eq!(read(&reader), 3);
        assert_eq!(*writer.catch_up(), 3);
    });
}
