//! Operations that are taken back, settled or returned.

use super::*;

#[test]
fn operations_taken_back_before_they_were_applied_leave_the_writer_sound() {
    let (mut writer, _census) = writer();
    writer.extend([Op::Add(1), Op::Add(2), Op::Add(3)]);
    assert_eq!(writer.split_off(1), [Op::Add(2), Op::Add(3)]);
    assert_eq!(writer.split_off(7), []);
    assert!(!writer.is_poisoned());
    writer.swap_buffers();
    assert_eq!(writer.read_handle().read().had, [1]);
    writer.verify_copies().unwrap();
}

#[test]
fn operations_taken_back_after_they_were_applied_are_never_published() {
    let (mut writer, _census) = writer();
    writer.extend([Op::Add(1), Op::Add(2)]);
    writer.catch_up();
    assert_eq!(writer.split_off(1), [Op::Add(2)]);
    assert!(writer.is_poisoned(), "its copy has what was taken back");
    assert!(matches!(
        writer.try_swap_buffers(),
        Err(SwapError::Poisoned(_))
    ));
    writer.push(Op::Add(3));
    assert_eq!(writer.rebuild().unwrap(), None, "nothing panicked");
    writer.swap_buffers();
    assert_eq!(writer.read_handle().read().had, [1, 3]);
    writer.verify_copies().unwrap();
}

#[test]
fn an_operation_that_panicked_can_be_taken_back_with_those_after_it() {
    for at in 0..=2 {
        let (mut writer, _census) = writer();
        writer.extend([Op::Add(1), Op::Add(2), Op::PanicIn(3, 1), Op::Add(4)]);
        panics(|| {
            writer.catch_up();
        });
        assert_eq!(writer.split_off(at).len(), 4 - at);
        assert!(writer.is_poisoned());
        assert_eq!(writer.rebuild().unwrap(), None, "it was taken back");
        if at > 0 {
            writer.swap_buffers();
        }
        assert_eq!(writer.read_handle().read().had, [1, 2][..at]);
        writer.verify_copies().unwrap();
    }
    // If it is not taken back, the rebuild returns it, although those after it were taken back.
    let (mut writer, _census) = writer();
    writer.extend([Op::PanicIn(3, 1), Op::Add(4)]);
    panics(|| {
        writer.catch_up();
    });
    assert_eq!(writer.split_off(1), [Op::Add(4)]);
    assert_eq!(writer.rebuild().unwrap(), Some(Op::PanicIn(3, 0)));
}

#[test]
fn a_writer_is_settled_when_both_copies_have_everything() {
    let (mut writer, _census) = writer();
    assert!(writer.is_settled());
    writer.push(Op::Add(1));
    assert!(!writer.is_settled());
    writer.swap_buffers();
    assert!(!writer.is_settled(), "the other copy lacks it");
    writer.swap_buffers();
    assert!(writer.is_settled());
}

#[test]
fn rebuild_into_returns_what_was_owed() {
    let (mut writer, _census) = writer();
    add(&mut writer, 1).unwrap();
    writer.push(Op::PanicIn(2, 1));
    let mut owed = Vec::new();
    // The first is applied to the other copy, and consumed. The second panics there.
    panics(|| {
        writer.catch_up();
    });
    let rejected = writer.rebuild_into(&mut owed).unwrap();
    assert_eq!((rejected, &owed[..]), (Some(Op::PanicIn(2, 0)), &[][..]));
    add(&mut writer, 3).unwrap();
    assert_eq!(writer.rebuild_into(&mut owed).unwrap(), None);
    assert_eq!(owed, [Op::Add(3)]);
    assert_eq!(writer.catch_up().had, [1, 3]);
}
