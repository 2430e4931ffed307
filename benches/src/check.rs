//! Checks of a contender's answers, before anything of it is timed.
//!
//! The measured loops add up what they find and ask nobody whether the sum is right, since that
//! would be measured too.
//! A contender that answers wrongly may be fast, so each one is asked here first.

use std::borrow::Borrow;

use crate::contender::{Lookup, Upsert};
use crate::kind::Kind;
use crate::stream::Stream;
use crate::value_of;

/// Keys looked up in each contender: enough to meet nearly every key of a small table.
const LOOKUPS: usize = 1 << 16;
/// Keys written in each contender.
const UPSERTS: usize = 1 << 10;

/// Looks up keys of the stream, and one that nobody holds.
///
/// # Panics
/// If an answer is wrong.
pub fn answers(name: &str, reader: &mut impl Lookup, stream: &Stream) {
    for key in stream.keys().take(LOOKUPS) {
        let (found, right) = (reader.get(&key), Some(value_of(key)));
        assert_eq!(found, right, "{name} gives a wrong answer at {key}");
    }
    let found = reader.get(&u64::MAX);
    assert_eq!(found, None, "{name} finds a key that nobody wrote");
}

/// Looks up what will be asked for: these keys, which are all there, or none of them.
///
/// # Panics
/// If an answer is wrong.
pub fn questions<K: Kind>(
    name: &str,
    reader: &mut impl Lookup<K>,
    numbers: impl Iterator<Item = u64>,
    are_there: bool,
) {
    for number in numbers.take(LOOKUPS) {
        let right = are_there.then(|| value_of(number));
        let found = reader.get(K::key(number).borrow());
        assert_eq!(found, right, "{name} gives a wrong answer at {number}");
    }
}

/// Writes other values at keys of the stream, looks for them, and puts the right ones back.
///
/// # Panics
/// If one that was published is not there.
pub fn writes(name: &str, writer: &mut impl Upsert, reader: &mut impl Lookup, stream: &Stream) {
    // The measured loop writes what is there already, so another value has to prove the writing.
    for value in [|key| !value_of(key), value_of] {
        for key in stream.keys().take(UPSERTS) {
            writer.upsert(key, value(key));
        }
        // Twice, so that nothing of this is left to do in the first slice.
        writer.publish();
        writer.publish();
        for key in stream.keys().take(UPSERTS) {
            let (found, right) = (writer.read_back(reader, &key), Some(value(key)));
            assert_eq!(found, right, "{name} lost what was written at {key}");
        }
    }
    answers(name, reader, stream);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Number;

    /// Right but at one key.
    #[derive(Clone)]
    struct Liar(u64);

    impl Lookup for Liar {
        fn get(&mut self, &key: &u64) -> Option<u64> {
            (key < 100 && key != self.0).then(|| value_of(key))
        }
    }

    /// Keeps nothing.
    struct Sieve;

    impl Upsert for Sieve {
        fn upsert(&mut self, _: u64, _: u64) {}
    }

    #[test]
    fn right_answers_pass() {
        answers("honest", &mut Liar(100), &Stream::new(100));
    }

    #[test]
    fn questions_may_be_meant_to_find_nothing() {
        let (mut honest, numbers) = (Liar(100), 0..100);
        questions::<Number>("honest", &mut honest, numbers.clone(), true);
        questions::<Number>("honest", &mut honest, numbers.map(|n| n + 100), false);
    }

    #[test]
    #[should_panic(expected = "liar gives a wrong answer at 43")]
    fn a_key_that_ought_not_to_be_there_is_found() {
        questions::<Number>("liar", &mut Liar(42), 42..44, false);
    }

    #[test]
    #[should_panic(expected = "liar gives a wrong answer at 42")]
    fn one_missing_key_is_found() {
        answers("liar", &mut Liar(42), &Stream::new(100));
    }

    #[test]
    #[should_panic(expected = "sieve lost what was written")]
    fn a_writer_that_keeps_nothing_is_found() {
        writes("sieve", &mut Sieve, &mut Liar(100), &Stream::new(100));
    }
}
