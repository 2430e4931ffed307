//! The effects of a refused membarrier on other structures of the process.

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use left_right::{Builder, DelayWriteHandle, FenceMode, OpWriteHandle, Operation, SwapError};

use super::{Add, LIMIT, in_own_process, refuse_membarrier, work, writer};

/// Refuses membarrier, and lets a structure find that out. Returns `false` if this kernel never granted it, so that
/// there is nothing to test.
fn find_it_refused(found_by: &mut OpWriteHandle<u64, Add>) -> bool {
    if found_by.stats().fence_mode == FenceMode::SeqCst {
        return false;
    }
    refuse_membarrier();
    found_by.push(Add);
    found_by.swap_buffers();
    assert!(found_by.is_poisoned());
    true
}

#[test]
fn a_structure_made_after_a_refusal_never_asks_for_the_barrier() {
    in_own_process(
        "refused::a_structure_made_after_a_refusal_never_asks_for_the_barrier",
        |command| {
            // The structure that finds it out leaks one copy.
            command.env("ASAN_OPTIONS", "detect_odr_violation=0:detect_leaks=0");
        },
        || {
            if !find_it_refused(&mut writer(FenceMode::Membarrier)) {
                return;
            }
            for mode in [FenceMode::Auto, FenceMode::Membarrier, FenceMode::SeqCst] {
                let mut later = writer(mode);
                assert_eq!(later.stats().fence_mode, FenceMode::SeqCst);
                later.push(Add);
                later.swap_buffers();
                assert!(!later.is_poisoned(), "{mode:?}");
                work(later);
            }
        },
    );
}

/// A structure whose readers fence for themselves knows all readers, and must keep their fences.
#[test]
fn a_structure_with_fences_keeps_them_once_another_was_refused() {
    in_own_process(
        "refused::a_structure_with_fences_keeps_them_once_another_was_refused",
        |command| {
            command.env("ASAN_OPTIONS", "detect_odr_violation=0:detect_leaks=0");
        },
        || {
            let mut found_by = writer(FenceMode::Membarrier);
            if found_by.stats().fence_mode == FenceMode::SeqCst {
                return;
            }
            // One of the two rests, and the other one swaps rarely.
            let mut fenced = [(); 2].map(|()| writer(FenceMode::Auto));
            fenced.iter_mut().for_each(swap_until_readers_fence);
            assert!(find_it_refused(&mut found_by));
            let [mut rests, mut swaps] = fenced;
            for _ in 0..300 {
                thread::sleep(Duration::from_millis(2));
                rests.swap_buffers();
                swaps.push(Add);
                swaps.swap_buffers();
                assert_eq!(rests.stats().fence_mode, FenceMode::SeqCst);
                assert_eq!(swaps.stats().fence_mode, FenceMode::SeqCst);
            }
            rests.push(Add);
            rests.swap_buffers();
            assert!(!rests.is_poisoned() && !swaps.is_poisoned());
            work_on(rests);
            work_on(swaps);
        },
    );
}

/// More reads at one version than a reader needs to take the fences off.
fn read_often(writer: &OpWriteHandle<u64, Add>) {
    let reader = writer.read_handle();
    (0..3 << 16).for_each(|_| drop(reader.read()));
}

fn swap_until_readers_fence(writer: &mut OpWriteHandle<u64, Add>) {
    let begin = Instant::now();
    while writer.stats().fence_mode == FenceMode::Membarrier {
        assert!(begin.elapsed() < LIMIT, "never switched");
        writer.push(Add);
        writer.swap_buffers();
    }
}

#[test]
fn readers_take_no_fences_off_once_the_barrier_was_refused() {
    in_own_process(
        "refused::readers_take_no_fences_off_once_the_barrier_was_refused",
        |command| {
            command.env("ASAN_OPTIONS", "detect_odr_violation=0:detect_leaks=0");
        },
        || {
            let mut found_by = writer(FenceMode::Membarrier);
            if found_by.stats().fence_mode == FenceMode::SeqCst {
                return;
            }
            let mut fenced = writer(FenceMode::Auto);
            swap_until_readers_fence(&mut fenced);
            assert!(find_it_refused(&mut found_by));
            read_often(&fenced);
            assert_eq!(fenced.stats().fence_mode, FenceMode::SeqCst);
            fenced.push(Add);
            fenced.swap_buffers();
            assert!(!fenced.is_poisoned());
            work_on(fenced);
        },
    );
}

/// The kernel refuses already, but nobody has asked it since: the readers cannot know.
#[test]
fn fences_that_readers_took_off_too_late_cost_a_copy_and_a_rebuild() {
    in_own_process(
        "refused::fences_that_readers_took_off_too_late_cost_a_copy_and_a_rebuild",
        |command| {
            command.env("ASAN_OPTIONS", "detect_odr_violation=0:detect_leaks=0");
        },
        || {
            let mut late = writer(FenceMode::Auto);
            if late.stats().fence_mode == FenceMode::SeqCst {
                return;
            }
            swap_until_readers_fence(&mut late);
            refuse_membarrier();
            read_often(&late);
            assert_eq!(late.stats().fence_mode, FenceMode::Membarrier);
            let before = late.version().as_u64();
            let reader = late.read_handle();
            let guard = reader.read();
            late.push(Add);
            late.swap_buffers();
            assert!(late.is_poisoned());
            assert!(late.rebuild().unwrap().is_none());
            assert_eq!((*guard, *late.read_handle().read()), (before, before + 1));
            read_often(&late);
            assert_eq!(late.stats().fence_mode, FenceMode::SeqCst);
            work_on(late);
        },
    );
}

fn work_on(mut writer: OpWriteHandle<u64, Add>) {
    let before = writer.version().as_u64();
    writer.push(Add);
    assert_eq!(writer.swap_buffers().as_u64(), before + 1);
    assert_eq!(writer.verify_copies(), Ok(()));
}

/// Counts its clones.
struct Cloned(u64);

static CLONES: AtomicUsize = AtomicUsize::new(0);

impl Clone for Cloned {
    fn clone(&self) -> Self {
        CLONES.fetch_add(1, Ordering::SeqCst);
        Cloned(self.0)
    }
}

impl Operation<Cloned> for Add {
    fn apply(&mut self, target: &mut Cloned) {
        target.0 += 1;
    }
}

/// The readers of the copy swapped out are unknown in this case, too, but those of the published copy are known.
#[test]
fn a_structure_without_fences_loses_one_copy_once_another_was_refused() {
    in_own_process(
        "refused::a_structure_without_fences_loses_one_copy_once_another_was_refused",
        |command| {
            command.env("ASAN_OPTIONS", "detect_odr_violation=0:detect_leaks=0");
        },
        || {
            let build = Builder::new().fence(FenceMode::Membarrier);
            let write = build.build(Cloned(0), Cloned(0));
            let mut late: OpWriteHandle<Cloned, Add> =
                OpWriteHandle::new(DelayWriteHandle::new(write));
            if !find_it_refused(&mut writer(FenceMode::Membarrier)) {
                return;
            }
            let reader = late.read_handle();
            let guard = reader.read();
            late.push(Add);
            assert_eq!(late.swap_buffers().as_u64(), 1);
            assert_eq!(late.stats().fence_mode, FenceMode::SeqCst);
            late.push(Add);
            let error = late.try_swap_buffers().unwrap_err();
            assert!(matches!(error, SwapError::Poisoned(_)));
            assert!(late.rebuild().unwrap().is_none());
            assert_eq!(CLONES.load(Ordering::SeqCst), 1);
            late.swap_buffers();
            late.swap_buffers();
            assert_eq!((guard.0, late.read_handle().read().0), (0, 2));
        },
    );
}

/// Panics in its second clone, and in each drop while it is loud.
struct Loud(u64);

static LOUD_CLONES: AtomicUsize = AtomicUsize::new(0);
static IS_LOUD: AtomicBool = AtomicBool::new(false);

impl Clone for Loud {
    fn clone(&self) -> Self {
        if LOUD_CLONES.fetch_add(1, Ordering::SeqCst) == 1 {
            panic_any("planted in clone");
        }
        Loud(self.0)
    }
}

impl Drop for Loud {
    fn drop(&mut self) {
        if IS_LOUD.load(Ordering::SeqCst) {
            panic_any("planted in drop");
        }
    }
}

impl Operation<Loud> for Add {
    fn apply(&mut self, target: &mut Loud) {
        target.0 += 1;
    }
}

/// A second panic during the first would abort the process, so the panic of the second clone must not drop the first.
#[test]
fn a_rebuild_of_two_lost_copies_whose_second_clone_panics_may_be_tried_again() {
    in_own_process(
        "refused::a_rebuild_of_two_lost_copies_whose_second_clone_panics_may_be_tried_again",
        |command| {
            command.env("ASAN_OPTIONS", "detect_odr_violation=0:detect_leaks=0");
        },
        || {
            let build = Builder::new().fence(FenceMode::Membarrier);
            let write = build.build(Loud(0), Loud(0));
            let mut writer: OpWriteHandle<Loud, Add> =
                OpWriteHandle::new(DelayWriteHandle::new(write));
            if writer.stats().fence_mode == FenceMode::SeqCst {
                return;
            }
            refuse_membarrier();
            let reader = writer.read_handle();
            let guard = reader.read();
            writer.push(Add);
            // Without a tag, since no barrier has been refused yet. So the readers of both copies are unknown.
            writer.swap_buffers();
            writer.push(Add);
            IS_LOUD.store(true, Ordering::SeqCst);
            let rebuilt = catch_unwind(AssertUnwindSafe(|| writer.rebuild().is_ok()));
            let said = rebuilt.expect_err("no panic");
            assert_eq!(said.downcast_ref(), Some(&"planted in clone"));
            assert!(writer.is_poisoned());
            let fresh = writer.read_handle();
            assert_eq!((guard.0, fresh.read().0, writer.pending().len()), (0, 1, 1));

            assert!(writer.rebuild().is_ok_and(|rejected| rejected.is_none()));
            // One for the published copy, one that panicked, and one for the writer's.
            assert_eq!(LOUD_CLONES.load(Ordering::SeqCst), 3);
            assert!(!writer.is_poisoned());
            assert_eq!(writer.swap_buffers().as_u64(), 2);
            assert_eq!((guard.0, fresh.read().0), (0, 2));
            IS_LOUD.store(false, Ordering::SeqCst);
        },
    );
}
