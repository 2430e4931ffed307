//! [`Writer`]: the writer of the exploration.

use super::tape::{Access, Tape};
use crate::fault::planted;
use crate::protocol::fence::Refused;
use crate::protocol::pins::{is_held, is_remembered};
use crate::protocol::swap::{Memory, exchange};
use crate::protocol::{Listed, Policy, SlotList, Word};

/// The words with which the readers to wait for were met.
pub(super) type Met = Vec<Option<Word>>;

/// The copy that is not published.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Own {
    /// The writer's alone.
    Ready(Word),
    /// Being published, with the answers so far, and the copy that it has taken the place of, once it has.
    Swapping(Word, Vec<Word>, Option<Word>),
    Draining(Word, Met),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Writer {
    pub(super) own: Own,
    /// A copy that was set aside.
    pub(super) retired: Option<(Word, Met)>,
    pub(super) swaps_left: usize,
    pub(super) rebuilds_left: usize,
}

/// What comes of a swap.
pub(super) struct Swap {
    pub(super) wanted: Option<Access>,
    /// The copy swapped out, once it is.
    pub(super) old: Option<Word>,
    pub(super) met: Met,
}

/// Runs a swap as far as its answers go.
pub(super) fn swap(new: Word, answers: &[Word], readers: usize) -> Swap {
    let tape = Tape::new(answers);
    let mut old = None;
    let memory = Traced {
        tape: &tape,
        readers,
    };
    let mut policy = Asked(&tape, SlotList::with_capacity(0));
    let (_, met) = exchange(&memory, new, &mut policy, |copy| {
        old = tape.wanted().is_none().then_some(copy);
    });
    Swap {
        wanted: tape.wanted(),
        old,
        met: met.unwrap_or_default(),
    }
}

/// Looks at one reader that is waited for: whether it need not be any more.
pub(super) fn has_left(met: Word, now: Word, copy: Word) -> bool {
    !is_held(met.address(), now, copy.address()) || planted("wait-skipped")
}

struct Traced<'a> {
    tape: &'a Tape<'a>,
    readers: usize,
}

impl Memory for Traced<'_> {
    type Pins = Met;

    fn swap(&self, new: Word) -> Word {
        self.tape.ask(Access::Swap(new))
    }

    fn fence(&self) {
        self.tape.ask(Access::FenceSwap);
    }

    fn flush(&self) -> Result<(), Refused> {
        if !planted("flush-gone") {
            for reader in 0..self.readers {
                self.tape.ask(Access::Flush(reader));
            }
        }
        Ok(())
    }

    fn scan(&self, copy: Word, _: &mut impl Policy) -> Met {
        let mut met = vec![None; self.readers];
        let looked_at = if planted("scan-truncated") {
            1
        } else {
            self.readers
        };
        for (reader, met) in met.iter_mut().enumerate().take(looked_at) {
            let word = self.tape.ask(Access::Look(reader));
            *met = is_remembered(word, copy.address()).then_some(word);
        }
        met
    }

    fn peek(&self) -> Word {
        self.tape.ask(Access::Peek)
    }
}

/// Every policy at once: each answer is possible.
struct Asked<'a>(&'a Tape<'a>, SlotList);

impl Policy for Asked<'_> {
    fn tags_next(&mut self) -> bool {
        self.0.choose()
    }

    fn swapped(&mut self, _: bool) {}

    fn refused(&mut self) {}

    fn list(&self) -> &SlotList {
        &self.1
    }

    fn prepare(&mut self) -> usize {
        0
    }

    fn listed(&mut self, _: Listed<'_>) {}

    fn scanned(&mut self, _: usize, _: bool) {}
}
