//! The read path, as machine code: no loop, no lock, no fence, no call, three stores.
//!
//! Builds `examples/read_probe.rs` in release mode, disassembles its probes, and walks their control
//! flow from entry to return without the edges into the cold functions. Those handle a nested guard, a pointer whose
//! tag asks the reader for a fence of its own, and a thread's first read.
//! The cold functions are named below. Any other call, jump or store counts as part of the read.
#![cfg(all(target_arch = "x86_64", target_os = "linux", not(loom), not(mutants)))]

mod program;
mod walk;

use std::collections::BTreeSet;

use program::Program;
use walk::{Fault, HotPath};

/// The functions that a read calls only when it is nested or must fence, by the ends of their paths.
const COLD: [&str; 3] = [
    "Slot::nest",
    "guard::leave_otherwise",
    "enter::enter_fenced",
];
/// The function that a thread's first read through its list also calls.
const FIRST: [&str; 1] = ["local::first_read"];

#[test]
fn a_read_has_no_loop_lock_fence_or_call_and_stores_three_times() {
    let program = Program::build();
    let with_first: Vec<_> = COLD.iter().chain(&FIRST).copied().collect();
    for (probe, cold, most) in [
        ("probe_guard", &COLD[..], 40),
        ("probe_with", &COLD[..], 40),
        ("probe_shared", &with_first[..], 60),
    ] {
        let path = HotPath::walk(&program, probe, cold);
        assert_eq!(path.faults, BTreeSet::new(), "{probe}");
        assert_eq!(path.stores, 3, "{probe}");
        assert!(path.instructions < most, "{probe}: {}", path.instructions);
        // The list names all cold functions, and no others.
        assert_eq!(path.cold, BTreeSet::from_iter(cold.iter().copied()));
    }
}

/// A count is an addition in memory, or a load, an addition and a store.
#[test]
fn a_read_that_counts_has_one_store_more_and_no_lock_or_call() {
    let program = Program::build();
    let plain = HotPath::walk(&program, "probe_guard", &COLD);
    let counting = HotPath::walk(&program, "probe_counting", &COLD);
    assert_eq!(counting.faults, BTreeSet::new(), "{counting:?}");
    assert_eq!((counting.locked, counting.stores), (0, plain.stores + 1));
    assert!(
        counting.instructions <= plain.instructions + 3,
        "{counting:?}, without: {plain:?}"
    );
}

/// A read that fences for itself: one fence, and once in many such reads one compare-and-swap.
#[test]
fn a_read_with_a_fence_has_one_and_no_loop_or_call() {
    let program = Program::build();
    let fenced = HotPath::walk(&program, "enter::enter_fenced", &[]);
    assert_eq!(fenced.locked + fenced.fences, 1, "{fenced:?}");
    // The number of the entry, twice, and the copy.
    assert_eq!(fenced.stores, 3, "{fenced:?}");
    assert!(fenced.instructions < 20, "{fenced:?}");
    for fault in &fenced.faults {
        match fault {
            Fault::ReadModifyWrite | Fault::Fence => {}
            Fault::Call(callee) => assert!(callee.ends_with("enter::untag_if_due"), "{callee}"),
            _ => panic!("{fault:?}"),
        }
    }

    let untag = HotPath::walk(&program, "enter::untag_if_due", &[]);
    assert_eq!(untag.locked, 1, "{untag:?}");
    assert_eq!(untag.fences, 0, "{untag:?}");
    for fault in &untag.faults {
        match fault {
            Fault::ReadModifyWrite => {}
            // Whether the system has the barrier is asked once for the process.
            Fault::Call(callee) => assert!(callee.ends_with("backend::ask"), "{callee}"),
            _ => panic!("{fault:?}"),
        }
    }
}

/// The controls: the check finds what it looks for.
#[test]
fn the_check_finds_locks_loops_and_fences_where_they_are() {
    let program = Program::build();
    let faults = |probe| HotPath::walk(&program, probe, &COLD).faults;
    let locking = faults("probe_locking");
    assert!(locking.contains(&Fault::ReadModifyWrite), "{locking:?}");
    let looping = HotPath::walk(
        &program,
        "probe_looping",
        &[COLD[0], COLD[1], COLD[2], FIRST[0]],
    );
    assert!(looping.faults.contains(&Fault::Loop), "{looping:?}");
    let fenced = faults("enter::enter_fenced");
    assert!(
        fenced.contains(&Fault::ReadModifyWrite) || fenced.contains(&Fault::Fence),
        "the cold path pays for the order: {fenced:?}"
    );
}

#[test]
fn the_check_counts_stores_of_any_kind_except_to_the_stack() {
    let program = Program::build();
    for (probe, stores) in [
        ("probe_adding", 1),
        ("probe_clearing", 2),
        ("probe_spilling", 0),
    ] {
        let path = HotPath::walk(&program, probe, &COLD);
        assert_eq!(path.faults, BTreeSet::new(), "{probe}");
        assert_eq!(path.stores, stores, "{probe}");
        let is_plain = path.mnemonics.contains("Mov");
        assert!(
            !is_plain || probe == "probe_spilling",
            "{probe} proves nothing: {path:?}"
        );
    }
}

#[test]
fn the_check_finds_calls_by_any_instruction_and_of_any_library() {
    let program = Program::build();
    let calls = |probe: &str, cold: &[&'static str]| -> Vec<String> {
        let faults = HotPath::walk(&program, probe, cold).faults;
        let call = |fault| match fault {
            Fault::Call(name) => Some(name),
            _ => None,
        };
        faults.into_iter().filter_map(call).collect()
    };
    // Std registers a destructor when a thread-local value is first used.
    let registering = calls("probe_registering", &COLD);
    assert!(
        registering
            .iter()
            .any(|name| name.contains("::destructors::")),
        "{registering:?}"
    );
    assert_eq!(calls("probe_calling", &COLD), ["probe_called"]);
    assert_eq!(calls("probe_jumping", &COLD), ["probe_called"]);
    assert!(!calls("probe_calling_unknown", &COLD).is_empty());
    for probe in ["probe_cold", "probe_cold_by_jump"] {
        assert_eq!(calls(probe, &COLD), ["probe_called"]);
        assert_eq!(calls(probe, &["probe_called"]), [""; 0]);
    }
    // A call before that of a cold function still counts.
    assert_eq!(
        calls("probe_cold_too_late", &["probe_called"]),
        ["probe_called", "probe_called_first"]
    );
}

/// A list that names a function which does not exist is out of date.
#[test]
#[should_panic = "no function is called enter::enter_fence"]
fn a_part_of_a_name_names_no_function() {
    HotPath::walk(&Program::build(), "probe_guard", &["enter::enter_fence"]);
}

#[test]
#[should_panic = "no function is called linux_like::register"]
fn the_standard_librarys_functions_are_never_cold() {
    HotPath::walk(
        &Program::build(),
        "probe_registering",
        &["linux_like::register"],
    );
}
