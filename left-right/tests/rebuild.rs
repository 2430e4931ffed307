//! `rebuild`: past readers that stay, and after panics.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use left_right::{Builder, DelayWriteHandle, OpWriteHandle, Operation, SwapError, Version};

/// What a copy holds: which operations it has had, and a count of its own lives.
struct Data {
    had: Vec<u32>,
    census: Census,
}

#[derive(Clone, Default)]
struct Census {
    alive: Arc<AtomicUsize>,
    clone_panics: Arc<AtomicBool>,
}

impl Census {
    fn data(&self, had: Vec<u32>) -> Data {
        self.alive.fetch_add(1, Ordering::SeqCst);
        Data {
            had,
            census: self.clone(),
        }
    }

    fn alive(&self) -> usize {
        self.alive.load(Ordering::SeqCst)
    }
}

impl Clone for Data {
    fn clone(&self) -> Self {
        assert!(
            !self.census.clone_panics.load(Ordering::SeqCst),
            "planted in clone"
        );
        self.census.data(self.had.clone())
    }
}

impl PartialEq for Data {
    fn eq(&self, other: &Self) -> bool {
        self.had == other.had
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        self.census.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Op {
    Add(u32),
    /// Panics in its nth application, counted from 1, after it has done half of its work.
    PanicIn(u32, u32),
}

impl Operation<Data> for Op {
    fn apply(&mut self, target: &mut Data) {
        match self {
            Op::Add(number) => target.had.push(*number),
            Op::PanicIn(number, left) => {
                target.had.push(*number);
                *left -= 1;
                assert!(*left > 0, "planted in an operation");
            }
        }
    }
}

type Writer = OpWriteHandle<Data, Op>;

fn writer_with(census: &Census, max_retired: usize) -> Writer {
    let write = Builder::new()
        .max_retired(max_retired)
        .build(census.data(Vec::new()), census.data(Vec::new()));
    OpWriteHandle::new(DelayWriteHandle::new(write))
}

fn writer() -> (Writer, Census) {
    let census = Census::default();
    (writer_with(&census, 4), census)
}

fn add(writer: &mut Writer, number: u32) -> Result<Version, SwapError> {
    writer.push(Op::Add(number));
    writer.try_swap_buffers()
}

fn panics(body: impl FnOnce()) {
    catch_unwind(AssertUnwindSafe(body)).unwrap_err();
}

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
    assert_eq!(writer.pending(), [Op::Add(2)], "what is pending stays so");
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

        // One of them leaves, and it may go on.
        guards.remove(0);
        if limit > 0 {
            writer.rebuild().unwrap();
        }
        writer.try_swap_buffers().unwrap();
        assert_eq!(writer.read_handle().read().had.last(), Some(&99));
    }
}

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
        writer.push(Op::Add(3));
        panics(|| {
            writer.swap_buffers();
        });
        assert!(writer.is_poisoned());
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
fn work_that_panicked_while_settling_is_mended_too() {
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

#[test]
fn an_operation_whose_drop_panics_poisons_and_is_mended() {
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

/// The copy replaced cannot even be dropped: what panicked is handed back by the next call.
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
fn an_operation_that_panicked_can_be_taken_back_with_those_behind_it() {
    for at in 0..=2 {
        let (mut writer, _census) = writer();
        writer.extend([Op::Add(1), Op::Add(2), Op::PanicIn(3, 1), Op::Add(4)]);
        panics(|| {
            writer.catch_up();
        });
        assert_eq!(writer.split_off(at).len(), 4 - at);
        assert!(writer.is_poisoned());
        assert_eq!(writer.rebuild().unwrap(), None, "it is gone already");
        if at > 0 {
            writer.swap_buffers();
        }
        assert_eq!(writer.read_handle().read().had, [1, 2][..at]);
        writer.verify_copies().unwrap();
    }
    // One that stays is handed back by the rebuild, though what came after it is gone.
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
fn what_was_owed_is_handed_out_to_who_asks_for_it() {
    let (mut writer, _census) = writer();
    add(&mut writer, 1).unwrap();
    writer.push(Op::PanicIn(2, 1));
    let mut owed = Vec::new();
    // The first is applied to the other copy, and used up; the second panics there.
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
