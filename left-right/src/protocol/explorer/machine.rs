//! [`Machine`]: a state of the exploration, and the steps from it.

use super::reader::Reader;
use super::tape::{Access, NO, YES};
use super::writer::{Met, Own, Writer, has_left, swap};
use crate::fault::planted;
use crate::protocol::Word;

/// How much there is to explore.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) readers: usize,
    /// Of each reader.
    pub(super) reads: usize,
    pub(super) swaps: usize,
    pub(super) rebuilds: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Machine {
    readers: Vec<Reader>,
    writer: Writer,
    /// The pointer as readers see it.
    published: Word,
    /// The writer's store to it, while it is in the writer's buffer.
    pending: Option<Word>,
}

/// The addresses of copies: one is published, one is the writer's, one is set aside, and one is fresh.
const COPIES: [Word; 4] = [
    Word::made_up(8),
    Word::made_up(16),
    Word::made_up(24),
    Word::made_up(32),
];

impl Machine {
    pub(super) fn new(size: Size) -> Self {
        Machine {
            readers: vec![Reader::new(size.reads); size.readers],
            writer: Writer {
                own: Own::Ready(COPIES[1]),
                retired: None,
                swaps_left: size.swaps,
                rebuilds_left: size.rebuilds,
            },
            published: COPIES[0].with_tag(true),
            pending: None,
        }
    }

    /// Whether a reader reads a copy that is the writer's alone, or is freed.
    pub(super) fn is_violation(&self) -> bool {
        self.readers.iter().any(|reader| match reader.next() {
            Some(Access::Read(copy)) => !self.may_be_read(copy),
            _ => false,
        })
    }

    fn may_be_read(&self, copy: Word) -> bool {
        self.is_in_use(copy) && self.writer.own != Own::Ready(copy)
    }

    fn is_in_use(&self, copy: Word) -> bool {
        let is_own = match &self.writer.own {
            Own::Ready(own) | Own::Draining(own, _) => *own == copy,
            Own::Swapping(new, _, old) => *new == copy || *old == Some(copy),
        };
        let is_retired = |(retired, _): &(Word, Met)| *retired == copy;
        is_own
            || self.published.with_tag(false) == copy
            || self.writer.retired.as_ref().is_some_and(is_retired)
    }

    /// Adds every state that is one step away.
    pub(super) fn steps(&self, next: &mut Vec<Machine>) {
        for (index, reader) in self.readers.iter().enumerate() {
            if !reader.buffer.is_empty() {
                next.push(self.with(|machine| machine.readers[index].drain_one()));
            }
            if let Some(access) = reader.next() {
                self.step_reader(index, access, next);
            }
        }
        if let Some(pending) = self.pending {
            next.push(self.with(|machine| {
                machine.published = pending;
                machine.pending = None;
            }));
        }
        self.step_writer(next);
    }

    fn with(&self, change: impl FnOnce(&mut Machine)) -> Machine {
        let mut machine = self.clone();
        change(&mut machine);
        machine
    }

    fn step_reader(&self, index: usize, access: Access, next: &mut Vec<Machine>) {
        let mut go_on = |answer: Word, change: &dyn Fn(&mut Machine)| {
            next.push(self.with(|machine| {
                change(machine);
                machine.readers[index].go_on(answer);
            }));
        };
        match access {
            Access::Store(word) => {
                go_on(NO, &|machine| machine.readers[index].buffer.push(word));
            }
            Access::Fence if !self.readers[index].buffer.is_empty() => {}
            Access::Fence | Access::Read(_) => go_on(NO, &|_| {}),
            Access::Load => go_on(self.published, &|_| {}),
            Access::Untag(tagged) => {
                if planted("untag-by-store") {
                    go_on(NO, &|machine| machine.published = tagged.with_tag(false));
                    return;
                }
                if self.published == tagged && self.pending.is_none() {
                    go_on(NO, &|machine| machine.published = tagged.with_tag(false));
                }
                // It may fail for no reason.
                go_on(NO, &|_| {});
            }
            Access::Choose => {
                go_on(NO, &|_| {});
                go_on(YES, &|_| {});
            }
            _ => unreachable!("a reader does not {access:?}"),
        }
    }

    fn step_writer(&self, next: &mut Vec<Machine>) {
        // Between swaps the published pointer may lose its tag.
        if !matches!(self.writer.own, Own::Swapping(..)) && self.published.is_tagged() {
            next.push(self.with(|machine| {
                machine.published = machine.published.with_tag(false);
            }));
        }
        match &self.writer.own {
            Own::Ready(new) if self.writer.swaps_left > 0 => next.push(self.with(|machine| {
                machine.writer.swaps_left -= 1;
                machine.writer.own = Own::Swapping(*new, Vec::new(), None);
            })),
            Own::Ready(_) => {}
            Own::Swapping(new, answers, _) => self.step_swap(*new, answers, next),
            Own::Draining(copy, met) => {
                self.look(*copy, met, next, |machine, met| {
                    machine.writer.own = if met.iter().all(Option::is_none) {
                        Own::Ready(*copy)
                    } else {
                        Own::Draining(*copy, met)
                    };
                });
                if self.writer.rebuilds_left > 0 && self.writer.retired.is_none() {
                    let is_free = |copy: &Word| !self.is_in_use(*copy);
                    let fresh = COPIES.into_iter().find(is_free);
                    next.extend(fresh.map(|fresh| {
                        self.with(|machine| {
                            machine.writer.rebuilds_left -= 1;
                            machine.writer.retired = Some((*copy, met.clone()));
                            machine.writer.own = Own::Ready(fresh);
                        })
                    }));
                }
            }
        }
        if let Some((copy, met)) = &self.writer.retired {
            if planted("retired-freed-early") {
                next.push(self.with(|machine| machine.writer.retired = None));
            }
            self.look(*copy, met, next, |machine, met| {
                let is_free = met.iter().all(Option::is_none);
                machine.writer.retired = (!is_free).then_some((*copy, met));
            });
        }
    }

    /// One look at each reader that is waited for, each a step of its own.
    fn look(
        &self,
        copy: Word,
        met: &Met,
        next: &mut Vec<Machine>,
        mut set: impl FnMut(&mut Machine, Met),
    ) {
        for (index, reader) in self.readers.iter().enumerate() {
            if met[index].is_some_and(|word| has_left(word, reader.word, copy)) {
                let mut met = met.clone();
                met[index] = None;
                next.push(self.with(|machine| set(machine, met)));
            }
        }
    }

    fn step_swap(&self, new: Word, answers: &[Word], next: &mut Vec<Machine>) {
        let readers = self.readers.len();
        let mut go_on = |answer: Word, change: &dyn Fn(&mut Machine)| {
            let mut answers = answers.to_vec();
            answers.push(answer);
            let swap = swap(new, &answers, readers);
            next.push(self.with(|machine| {
                change(machine);
                machine.writer.own = match (swap.wanted, swap.old) {
                    (Some(_), old) => Own::Swapping(new, answers, old),
                    (None, Some(old)) if swap.met.iter().all(Option::is_none) => Own::Ready(old),
                    (None, Some(old)) => Own::Draining(old, swap.met),
                    (None, None) => unreachable!("a swap that is over has swapped"),
                };
            }));
        };
        let Some(access) = swap(new, answers, readers).wanted else {
            unreachable!("a swap that is over is no longer `Swapping`");
        };
        match access {
            Access::Choose => {
                go_on(NO, &|_| {});
                go_on(YES, &|_| {});
            }
            // One store to the pointer at a time.
            Access::Peek | Access::Swap(_) if self.pending.is_some() => {}
            Access::Peek => go_on(self.published, &|_| {}),
            Access::Swap(word) => {
                go_on(self.published, &|machine| machine.pending = Some(word));
            }
            // The writer's store drains first.
            Access::FenceSwap | Access::Flush(_) if self.pending.is_some() => {}
            Access::FenceSwap => go_on(NO, &|_| {}),
            Access::Flush(index) => go_on(NO, &|machine| machine.readers[index].drain()),
            Access::Look(index) => go_on(self.readers[index].word, &|_| {}),
            _ => unreachable!("a writer does not {access:?}"),
        }
    }
}
