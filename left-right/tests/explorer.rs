//! An exhaustive exploration of the read protocol under store buffers.
//!
//! Loom cannot run a fence in other threads, which is what the membarrier does.
//! So here is the protocol once more, as a machine small enough to visit every state of: one
//! writer, two readers with two reads each, and one swap for each entry of a list of fence modes.
//! Each thread has a store buffer; what is in it, the thread itself sees and others do not, and it
//! drains one store at a time, whenever it likes.
//! The barrier drains all of them.
//!
//! A violation is a writer that changes a copy which a reader is in.
//! Each planted fault must lead to one, else the exploration proves nothing.

use std::collections::HashSet;

const READERS: usize = 2;
const READS: u8 = 2;

/// A copy of the data. There are two, and each may be published with a tag or without.
type Copy = u8;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Pointer {
    copy: Copy,
    is_tagged: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Word {
    Out,
    Entering,
    /// With the number of the entry.
    Fencing(u8),
    In(Copy),
}

/// What a reader does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Reading {
    Announce,
    Load,
    /// The pointer was tagged: the buffer must drain, with a number in it, then the pointer is loaded
    /// again.
    AnnounceFence,
    Fence,
    Reload,
    Settle(Copy),
    Inside(Copy),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Reader {
    next: Reading,
    reads_left: u8,
    /// Stores to its word that others do not see yet, the oldest first.
    buffer: Vec<Word>,
    /// Its word as others see it.
    word: Word,
}

/// What the writer does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Writing {
    /// Changes its own copy: no reader may be in it.
    Change,
    Swap,
    Flush(Pointer),
    Scan(Pointer, usize),
    Wait(Copy, usize),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Machine {
    readers: [Reader; READERS],
    writer: Writing,
    own: Copy,
    /// The pointer as readers see it.
    current: Pointer,
    /// The writer's store to it, while it is in the writer's buffer.
    pending: Option<Pointer>,
    /// The words that the scan met of readers to wait for.
    remembered: [Option<Word>; READERS],
    swaps_done: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    NoBarrier,
    NoReaderFence,
    NoWriterFence,
    NoAnnouncement,
    EnteringIgnored,
    /// Who fences is elsewhere, whatever the number.
    NumberIgnored,
    ScanBeforeSwap,
    NoWait,
    /// Whether to flush is asked of the new pointer instead of the old one.
    ModeOfTheNewPointer,
    /// The second reader is never looked at.
    OnlyOneReaderScanned,
}

/// Which pointers are tagged: the first one, and that of each swap.
type Modes = [bool; 4];

struct Exploration {
    modes: Modes,
    fault: Fault,
}

impl Exploration {
    fn start(&self) -> Machine {
        let reader = Reader {
            next: Reading::Announce,
            reads_left: READS,
            buffer: Vec::new(),
            word: Word::Out,
        };
        Machine {
            readers: [reader.clone(), reader],
            writer: Writing::Change,
            own: 1,
            current: Pointer {
                copy: 0,
                is_tagged: self.modes[0],
            },
            pending: None,
            remembered: [None; READERS],
            swaps_done: 0,
        }
    }

    /// Visits every state: how many there are, or the first that is a violation.
    fn run(&self) -> Result<usize, Box<Machine>> {
        let mut seen = HashSet::from([self.start()]);
        let mut open = vec![self.start()];
        let mut next = Vec::new();
        while let Some(machine) = open.pop() {
            for (index, reader) in machine.readers.iter().enumerate() {
                self.step_reader(&machine, index, reader, &mut next);
            }
            self.step_writer(&machine, &mut next)?;
            for machine in next.drain(..) {
                if !seen.contains(&machine) {
                    seen.insert(machine.clone());
                    open.push(machine);
                }
            }
        }
        Ok(seen.len())
    }

    fn step_reader(
        &self,
        machine: &Machine,
        index: usize,
        reader: &Reader,
        next: &mut Vec<Machine>,
    ) {
        let mut push = |change: &dyn Fn(&mut Reader)| {
            let mut machine = machine.clone();
            change(&mut machine.readers[index]);
            next.push(machine);
        };
        if !reader.buffer.is_empty() {
            push(&|reader| reader.word = reader.buffer.remove(0));
        }
        let loaded = |pointer: Pointer| {
            if pointer.is_tagged {
                Reading::AnnounceFence
            } else {
                Reading::Settle(pointer.copy)
            }
        };
        match reader.next {
            Reading::Announce if reader.reads_left == 0 => {}
            Reading::Announce => push(&|reader| {
                if self.fault != Fault::NoAnnouncement {
                    reader.buffer.push(Word::Entering);
                }
                reader.next = Reading::Load;
            }),
            Reading::Load => push(&|reader| reader.next = loaded(machine.current)),
            Reading::AnnounceFence => push(&|reader| {
                reader.buffer.push(Word::Fencing(reader.reads_left));
                reader.next = Reading::Fence;
            }),
            Reading::Fence => {
                if reader.buffer.is_empty() || self.fault == Fault::NoReaderFence {
                    push(&|reader| reader.next = Reading::Reload);
                }
            }
            Reading::Reload => {
                push(&|reader| reader.next = Reading::Settle(machine.current.copy));
            }
            Reading::Settle(copy) => push(&|reader| {
                reader.buffer.push(Word::In(copy));
                reader.next = Reading::Inside(copy);
            }),
            Reading::Inside(_) => push(&|reader| {
                reader.buffer.push(Word::Out);
                reader.reads_left -= 1;
                reader.next = Reading::Announce;
            }),
        }
    }

    fn step_writer(&self, machine: &Machine, next: &mut Vec<Machine>) -> Result<(), Box<Machine>> {
        let mut after = machine.clone();
        if let Some(pointer) = after.pending.take() {
            after.current = pointer;
            next.push(after.clone());
        }
        // Between swaps the published pointer may lose its tag.
        if machine.writer == Writing::Change
            && machine.pending.is_none()
            && machine.current.is_tagged
        {
            let mut after = machine.clone();
            after.pending = Some(Pointer {
                is_tagged: false,
                ..machine.current
            });
            next.push(after);
        }
        // Without the store buffer's say: what the writer does by itself.
        let mut after = machine.clone();
        match machine.writer {
            Writing::Change => {
                let is_inside = |reader: &Reader| reader.next == Reading::Inside(machine.own);
                if machine.readers.iter().any(is_inside) {
                    return Err(Box::new(after));
                }
                if machine.swaps_done + 1 == self.modes.len() {
                    return Ok(());
                }
                after.writer = Writing::Swap;
                if self.fault == Fault::ScanBeforeSwap {
                    for (index, reader) in machine.readers.iter().enumerate() {
                        after.remembered[index] = self.remember(reader.word, published(machine));
                    }
                }
            }
            Writing::Swap => {
                let old = Pointer {
                    copy: published(machine),
                    is_tagged: machine.pending.unwrap_or(machine.current).is_tagged,
                };
                after.swaps_done += 1;
                // Stores drain in order.
                if machine.pending.is_some() {
                    return Ok(());
                }
                after.pending = Some(Pointer {
                    copy: machine.own,
                    is_tagged: self.modes[after.swaps_done],
                });
                after.own = old.copy;
                after.writer = Writing::Flush(old);
            }
            Writing::Flush(old) => {
                let decides = match self.fault {
                    Fault::ModeOfTheNewPointer => machine.pending.unwrap_or(machine.current),
                    _ => old,
                };
                let needs_own_drain = if decides.is_tagged {
                    self.fault != Fault::NoWriterFence
                } else {
                    self.fault != Fault::NoBarrier
                };
                if needs_own_drain && machine.pending.is_some() {
                    return Ok(());
                }
                if !decides.is_tagged && self.fault != Fault::NoBarrier {
                    for reader in &mut after.readers {
                        if let Some(&last) = reader.buffer.last() {
                            reader.word = last;
                            reader.buffer.clear();
                        }
                    }
                }
                after.writer = match self.fault {
                    Fault::ScanBeforeSwap => Writing::Wait(old.copy, 0),
                    _ => Writing::Scan(old, 0),
                };
            }
            Writing::Scan(old, READERS) => after.writer = Writing::Wait(old.copy, 0),
            Writing::Scan(_, 1) if self.fault == Fault::OnlyOneReaderScanned => {
                after.writer = Writing::Wait(machine.own, 0);
            }
            Writing::Scan(old, index) => {
                after.remembered[index] = self.remember(machine.readers[index].word, old.copy);
                after.writer = Writing::Scan(old, index + 1);
            }
            Writing::Wait(_, READERS) => {
                after.remembered = [None; READERS];
                after.writer = Writing::Change;
            }
            Writing::Wait(old, index) => {
                let word = machine.readers[index].word;
                let stays = match (machine.remembered[index], word) {
                    (None, _) => false,
                    (Some(met), Word::Fencing(_)) => {
                        met == word && self.fault != Fault::NumberIgnored
                    }
                    (Some(_), word) => self.may_be_in(word, old),
                };
                if stays && self.fault != Fault::NoWait {
                    return Ok(());
                }
                after.writer = Writing::Wait(old, index + 1);
            }
        }
        next.push(after);
        Ok(())
    }

    fn remember(&self, word: Word, copy: Copy) -> Option<Word> {
        self.may_be_in(word, copy).then_some(word)
    }

    fn may_be_in(&self, word: Word, copy: Copy) -> bool {
        match word {
            Word::Out => false,
            Word::Entering | Word::Fencing(_) => self.fault != Fault::EnteringIgnored,
            Word::In(inside) => inside == copy,
        }
    }
}

/// The copy that the writer has published last, whoever can see it.
fn published(machine: &Machine) -> Copy {
    machine.pending.unwrap_or(machine.current).copy
}

fn all_modes() -> impl Iterator<Item = Modes> {
    (0..16u8).map(|bits| std::array::from_fn(|index| bits >> index & 1 == 1))
}

#[test]
fn no_state_of_the_protocol_is_a_violation_in_any_order_of_modes() {
    let mut states = 0;
    for modes in all_modes() {
        match (Exploration {
            modes,
            fault: Fault::None,
        })
        .run()
        {
            Ok(visited) => states += visited,
            Err(violation) => panic!("modes {modes:?}: {violation:#?}"),
        }
    }
    assert!(states > 100_000, "only {states} states were visited");
}

#[test]
fn each_planted_fault_leads_to_a_violation() {
    for fault in [
        Fault::NoBarrier,
        Fault::NoReaderFence,
        Fault::NoWriterFence,
        Fault::NoAnnouncement,
        Fault::EnteringIgnored,
        Fault::NumberIgnored,
        Fault::ScanBeforeSwap,
        Fault::NoWait,
        Fault::ModeOfTheNewPointer,
        Fault::OnlyOneReaderScanned,
    ] {
        let is_found = all_modes().any(|modes| Exploration { modes, fault }.run().is_err());
        assert!(is_found, "{fault:?} goes unnoticed");
    }
}
