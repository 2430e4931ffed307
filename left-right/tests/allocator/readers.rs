//! Reads while readers join and quit.

use left_right::WriteHandle;

use super::{ARMED, at_every_call};

#[test]
fn a_read_may_come_while_a_reader_joins() {
    at_every_call(|subject, arm| {
        let mut handles = Vec::with_capacity(9);
        arm();
        for _ in 0..9 {
            handles.push(subject.writer.read_handle());
        }
        ARMED.set(None);
        (subject, handles)
    });
}

#[test]
fn a_read_may_come_while_a_reader_quits() {
    at_every_call(|subject, arm| {
        let handles = subject.handles(40);
        arm();
        drop(handles);
        ARMED.set(None);
        subject
    });
}

/// The read is of a structure whose writer ends, while another structure ends with it.
#[test]
fn a_read_may_come_while_a_structure_ends() {
    at_every_call(|mut subject, arm| {
        let handle = subject.writer.read_handle();
        let other = WriteHandle::cloned(8);
        let other_reader = other.shared_reader();
        assert_eq!(*other_reader.read(), 8);
        let guard = handle.read();
        subject.writer.start_swap();
        arm();
        drop(subject.writer);
        drop(guard);
        drop(handle);
        drop((other, other_reader));
    });
}
