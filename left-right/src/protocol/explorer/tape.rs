//! [`Tape`]: the answers that a thread has got so far, and the access that comes next.

use std::cell::Cell;

use crate::protocol::Word;

/// One access of a thread to what others see, or a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// A reader stores to its word.
    Store(Word),
    /// A reader's full fence.
    Fence,
    /// A reader loads the published pointer.
    Load,
    /// A reader takes the tag off.
    Untag(Word),
    /// A reader reads the copy that it is in.
    Read(Word),
    /// The writer exchanges the published pointer.
    Swap(Word),
    /// The writer's full fence.
    FenceSwap,
    /// The barrier in one reader.
    Flush(usize),
    /// The writer loads the word of one reader.
    Look(usize),
    /// The writer loads the published pointer.
    Peek,
    /// Either answer is possible.
    Choose,
}

/// The answers that a thread has got since the last moment at which nothing else was left to know of it.
pub(super) struct Tape<'a> {
    answers: &'a [Word],
    asked: Cell<usize>,
    wanted: Cell<Option<Access>>,
}

pub(super) const NO: Word = Word::OUT;
pub(super) const YES: Word = Word::ENTERING;

impl<'a> Tape<'a> {
    pub(super) fn new(answers: &'a [Word]) -> Self {
        Tape {
            answers,
            asked: Cell::new(0),
            wanted: Cell::new(None),
        }
    }

    /// Returns the answer to an access, and past the end of the tape a dummy. That is harmless, since a run counts only
    /// up to its first such access.
    pub(super) fn ask(&self, access: Access) -> Word {
        let index = self.asked.replace(self.asked.get() + 1);
        self.answers.get(index).copied().unwrap_or_else(|| {
            if self.wanted.get().is_none() {
                self.wanted.set(Some(access));
            }
            NO
        })
    }

    pub(super) fn choose(&self) -> bool {
        self.ask(Access::Choose) == YES
    }

    /// The first access that had no answer.
    pub(super) fn wanted(&self) -> Option<Access> {
        self.wanted.get()
    }
}
