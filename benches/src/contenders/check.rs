//! Checks of a contender's answers, before anything of it is timed.
//!
//! The measured loops add up what they find and ask nobody whether the sum is right, since that would be measured too.
//! A contender that answers wrongly may be fast, so each one is asked here first.

use std::borrow::Borrow;

use super::contender::{Read, Write};
use crate::keys::{Kind, Number, value_of};

/// Keys that are looked up in each contender: enough to meet nearly every key of a small table.
const CHECKED: usize = 1 << 16;
/// Keys that are written in each contender.
const WRITTEN: usize = 1 << 10;

/// Looks these keys up, all of which are there, or none; and one that nobody holds.
///
/// # Panics
/// If an answer is wrong.
pub fn check<K: Kind>(name: &str, reader: &mut dyn Read<K>, keys: &[u32], are_there: bool) {
    for number in keys.iter().take(CHECKED).map(|&key| u64::from(key)) {
        let right = are_there.then(|| value_of(number, 0));
        let found = reader.find(K::key(number).borrow());
        assert_eq!(found, right, "{name} gives a wrong answer at {number}");
    }
    let found = reader.find(K::key(u64::from(u32::MAX)).borrow());
    assert_eq!(found, None, "{name} finds a key that nobody wrote");
}

/// Writes other values at some of these keys, looks for them, and restores the right ones; then looks all of them up.
///
/// # Panics
/// If one that was published is not there, or an answer is wrong.
pub fn check_writes(
    name: &str,
    writer: &mut dyn Write<Number>,
    reader: &mut dyn Read<Number>,
    keys: &[u32],
) {
    let written = &keys[..keys.len().min(WRITTEN)];
    // The measured loop writes what is there already, so another value has to prove the writing.
    for stamp in [1, 0] {
        writer.upsert(written, stamp, written.len());
        // Twice, so that nothing of this is left to do in the first slice.
        writer.publish();
        writer.publish();
        for key in written.iter().map(|&key| u64::from(key)) {
            let found = writer.kept(&key).or_else(|| reader.find(&key));
            assert_eq!(
                found,
                Some(value_of(key, stamp)),
                "{name} lost what was written at {key}"
            );
        }
    }
    check(name, reader, keys, true);
}
