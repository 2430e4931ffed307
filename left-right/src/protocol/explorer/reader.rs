//! [`Reader`]: a reader of the exploration.

use std::cell::Cell;

use super::tape::{Access, Tape};
use crate::protocol::enter::{Entrance, OwnWord};
use crate::protocol::{Entry, ROUND, Word, enter, leave};
use crate::sync::Ordering;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Reader {
    pub(super) reads_left: usize,
    /// The answers of the read that goes on.
    pub(super) answers: Vec<Word>,
    /// Stores to its word that others do not see yet, the oldest first.
    pub(super) buffer: Vec<Word>,
    /// Its word as others see it.
    pub(super) word: Word,
}

impl Reader {
    pub(super) fn new(reads: usize) -> Self {
        Reader {
            reads_left: reads,
            answers: Vec::new(),
            buffer: Vec::new(),
            word: Word::OUT,
        }
    }

    /// What it does next.
    pub(super) fn next(&self) -> Option<Access> {
        if self.reads_left == 0 {
            return None;
        }
        let tape = Tape::new(&self.answers);
        let own = Own {
            tape: &tape,
            word: Cell::new(Word::OUT),
            entry: (0..self.reads_left as u32 * ROUND).fold(Entry::FIRST, |entry, _| entry.next()),
        };
        let copy = enter(&own, &Current(&tape));
        tape.ask(Access::Read(copy));
        leave(&own);
        tape.wanted()
    }

    /// It has got an answer.
    pub(super) fn go_on(&mut self, answer: Word) {
        self.answers.push(answer);
        if self.next().is_none() {
            self.answers.clear();
            self.reads_left -= 1;
        }
    }

    /// The oldest of its stores becomes visible.
    pub(super) fn drain_one(&mut self) {
        self.word = self.buffer.remove(0);
    }

    /// All of them do.
    pub(super) fn drain(&mut self) {
        if let Some(last) = self.buffer.pop() {
            self.buffer.clear();
            self.word = last;
        }
    }
}

struct Own<'a> {
    tape: &'a Tape<'a>,
    /// As the reader itself sees it. Each read begins outside.
    word: Cell<Word>,
    /// Another one for each read, and the first of a round.
    entry: Entry,
}

impl OwnWord for Own<'_> {
    fn load(&self) -> Word {
        self.word.get()
    }

    fn store(&self, word: Word, _: Ordering) {
        self.word.set(word);
        self.tape.ask(Access::Store(word));
    }

    fn fence(&self) {
        self.tape.ask(Access::Fence);
    }

    fn enter_again(&self) {
        unreachable!("no guard is nested here");
    }

    fn next_entry(&self) -> Entry {
        self.entry
    }

    fn note_version(&self, version: u64) -> Option<u64> {
        Some(version)
    }
}

struct Current<'a>(&'a Tape<'a>);

impl Entrance for Current<'_> {
    fn load(&self) -> Word {
        self.0.ask(Access::Load)
    }

    /// At each entry it may be due or not.
    fn may_lose_tag(&self) -> bool {
        self.0.choose()
    }

    unsafe fn version(&self, copy: Word) -> u64 {
        self.0.ask(Access::Read(copy));
        0
    }

    fn untag(&self, tagged: Word) {
        self.0.ask(Access::Untag(tagged));
    }
}
