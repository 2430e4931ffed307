//! `rebuild` after panics.

use super::*;

#[test]
fn an_operation_that_panicked_unpublished_is_handed_back_and_the_others_are_kept() {
    for position in 0..3 {
        let (mut writer, census) = writer();
        let reader = writer.read_handle();
        add(&mut writer, 100).unwrap();
        for number in 0..3 {
            writer.push(if number == position {
                Op::PanicIn(number, 1)
            } else {
                Op::Add(number)
            });
        }
        panics(|| {
            writer.swap_buffers();
        });
        assert!(writer.is_poisoned());
        writer.push(Op::Add(3));
        assert_eq!(writer.rebuild().unwrap(), Some(Op::PanicIn(position, 0)));
        assert!(!writer.is_poisoned());
        assert_eq!(reader.read().had, [100], "nothing of it was published");
        writer.swap_buffers();
        let expected: Vec<_> = [100, 0, 1, 2, 3]
            .into_iter()
            .filter(|&number| number != position)
            .collect();
        assert_eq!(reader.read().had, expected);
        writer.verify_copies().unwrap();
        assert_eq!(census.alive(), 2);
    }
}

#[test]
fn an_operation_that_panicked_on_its_second_copy_is_published_and_stays_so() {
    for position in 0..3 {
        let (mut writer, census) = writer();
        let reader = writer.read_handle();
        for number in 0..3 {
            writer.push(if number == position {
                Op::PanicIn(number, 2)
            } else {
                Op::Add(number)
            });
        }
        writer.swap_buffers();
        panics(|| {
            writer.swap_buffers();
        });
        assert!(writer.is_poisoned());
        assert!(
            !writer.is_settled(),
            "nothing is pending, but a copy lacks something"
        );
        writer.push(Op::Add(3));
        assert_eq!(writer.rebuild().unwrap(), None);
        assert_eq!(reader.read().had, [0, 1, 2]);
        writer.swap_buffers();
        assert_eq!(reader.read().had, [0, 1, 2, 3]);
        writer.verify_copies().unwrap();
        assert_eq!(census.alive(), 2);
    }
}

#[test]
fn a_clone_that_panics_changes_nothing_and_rebuild_may_be_tried_again() {
    let (mut writer, census) = writer();
    let reader = writer.read_handle();
    writer.push(Op::PanicIn(1, 1));
    panics(|| {
        writer.swap_buffers();
    });
    census.clone_panics.store(true, Ordering::SeqCst);
    panics(|| {
        let _ = writer.rebuild();
    });
    assert!(writer.is_poisoned());
    assert!(reader.read().had.is_empty());
    assert_eq!(census.alive(), 2);
    census.clone_panics.store(false, Ordering::SeqCst);
    assert_eq!(writer.rebuild().unwrap(), Some(Op::PanicIn(1, 0)));
    add(&mut writer, 2).unwrap();
    assert_eq!(reader.read().had, [2]);
}

#[test]
fn a_writer_recovers_from_a_panic_while_settling_too() {
    let (mut writer, _census) = writer();
    add(&mut writer, 1).unwrap();
    panics(|| {
        writer.settle_with(|data| {
            data.had.clear();
            assert!(!data.had.is_empty(), "planted");
        });
    });
    assert!(writer.is_poisoned());
    assert_eq!(writer.rebuild().unwrap(), None);
    add(&mut writer, 2).unwrap();
    assert_eq!(writer.read_handle().read().had, [1, 2]);
    writer.verify_copies().unwrap();
}

/// The copy is already half changed, and later panics on it do not change which operation is rejected.
#[test]
fn an_operation_that_panicked_is_handed_back_also_if_tidying_its_copy_panics() {
    let (mut writer, _census) = writer();
    writer.extend([Op::Add(1), Op::PanicIn(2, 1), Op::Add(3)]);
    panics(|| {
        writer.catch_up();
    });
    panics(|| {
        writer.tidy_with(|_| panic!("planted"));
    });
    assert_eq!(writer.tidy_with(|data| data.had.len()), Some(2));
    assert_eq!(writer.rebuild().unwrap(), Some(Op::PanicIn(2, 0)));
    writer.swap_buffers();
    assert_eq!(writer.read_handle().read().had, [1, 3]);
    // On a sound copy, the panic is known to be that of the work.
    panics(|| {
        writer.tidy_with(|_| panic!("planted"));
    });
    assert!(writer.is_poisoned());
    assert_eq!(writer.rebuild().unwrap(), None);
    writer.verify_copies().unwrap();
}

#[test]
fn an_operation_whose_drop_panics_poisons_and_the_writer_recovers() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            if !std::thread::panicking() {
                panic!("planted in drop");
            }
        }
    }
    impl Operation<u32> for Bomb {
        fn apply(&mut self, target: &mut u32) {
            *target += 1;
        }
        fn apply_once(self, target: &mut u32) {
            *target += 1;
        }
    }
    let mut writer: OpWriteHandle<u32, Bomb> =
        OpWriteHandle::new(DelayWriteHandle::new(Builder::new().build(0, 0)));
    writer.extend([Bomb, Bomb]);
    assert_eq!(writer.swap_buffers().as_u64(), 1);
    panics(|| {
        writer.catch_up();
    });
    assert!(writer.is_poisoned());
    assert!(writer.rebuild().unwrap().is_none());
    assert_eq!((*writer.read_handle().read(), *writer.catch_up()), (2, 2));
}

/// The drop of the copy replaced panics, too, so the next call returns the operation that panicked.
#[test]
fn an_operation_is_handed_back_also_if_the_drop_of_the_copy_panics() {
    struct Fragile {
        is_broken: bool,
    }
    impl Clone for Fragile {
        fn clone(&self) -> Self {
            Fragile { is_broken: false }
        }
    }
    impl Drop for Fragile {
        fn drop(&mut self) {
            assert!(!self.is_broken, "planted in drop");
        }
    }
    #[derive(Debug)]
    struct Break(u32);
    impl Operation<Fragile> for Break {
        fn apply(&mut self, target: &mut Fragile) {
            target.is_broken = true;
            assert_ne!(self.0, 1, "planted");
            target.is_broken = false;
        }
    }
    let copies = Builder::new().build(Fragile { is_broken: false }, Fragile { is_broken: false });
    let mut writer = OpWriteHandle::new(DelayWriteHandle::new(copies));
    writer.extend([Break(0), Break(1), Break(2)]);
    panics(|| {
        writer.swap_buffers();
    });
    panics(|| {
        let _ = writer.rebuild();
    });
    assert!(!writer.is_poisoned());
    assert_eq!(writer.pending().len(), 2);
    assert_eq!(writer.rebuild().unwrap().map(|op| op.0), Some(1));
    writer.swap_buffers();
    assert!(writer.rebuild().unwrap().is_none());
}
