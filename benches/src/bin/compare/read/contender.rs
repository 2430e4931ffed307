//! [`Contender`]: a map with a reader for each of two threads.

use std::any::Any;
use std::sync::Arc;

use benches::check;
use benches::contender::{Lookup, Visit};
use benches::kind::Kind;
use benches::lookups::{Lookups, OneByOne, Visiting, Way};
use benches::slice::{Barrier, Pace, Sample};

use crate::partner::Partner;

/// What is looked up in a table, and how.
pub struct Script<K: Kind> {
    pub numbers: Vec<u64>,
    pub questions: Arc<K::Questions>,
    /// Whether all keys are there, or none.
    pub are_there: bool,
    pub way: Way,
}

impl<K: Kind> Script<K> {
    pub fn new(numbers: Vec<u64>, are_there: bool, way: Way) -> Self {
        Script {
            questions: Arc::new(K::questions(numbers.iter().copied())),
            numbers,
            are_there,
            way,
        }
    }

    fn check(&self, name: &str, reader: &mut impl Lookup<K>) {
        let numbers = self.numbers.iter().copied();
        check::questions::<K>(name, reader, numbers, self.are_there);
    }
}

/// A contender whose readers have been found to answer rightly.
pub struct Contender<K: Kind> {
    pub name: &'static str,
    first: Box<dyn Lookups<K>>,
    /// `None` while the other thread has it.
    second: Option<Box<dyn Lookups<K>>>,
    /// Kept alive: some peers show nothing once their writer is gone.
    _writer: Box<dyn Any>,
}

impl<K: Kind> Contender<K> {
    /// Can look many keys up between entering and leaving.
    pub fn visiting<L: Visit<K>>(
        name: &'static str,
        writer: impl Any,
        reader: L,
        script: &Script<K>,
    ) -> Self {
        Self::new(name, writer, reader, script, Visiting)
    }

    /// Enters and leaves for each lookup.
    pub fn one_by_one<L: Lookup<K>>(
        name: &'static str,
        writer: impl Any,
        reader: L,
        script: &Script<K>,
    ) -> Self {
        Self::new(name, writer, reader, script, OneByOne)
    }

    fn new<L: Lookup<K>, W: Lookups<K> + 'static>(
        name: &'static str,
        writer: impl Any,
        mut reader: L,
        script: &Script<K>,
        way: fn(L) -> W,
    ) -> Self {
        let mut second = reader.clone();
        script.check(name, &mut reader);
        script.check(name, &mut second);
        Contender {
            name,
            first: Box::new(way(reader)),
            second: Some(Box::new(way(second))),
            _writer: Box::new(writer),
        }
    }

    /// One thread's lookups.
    pub fn single(&mut self, script: &Script<K>, pace: Pace) -> Sample {
        self.first.look_up(&script.questions, script.way, pace)
    }

    /// Two threads' lookups at once.
    ///
    /// # Panics
    /// If the other thread has.
    pub fn together(&mut self, script: &Script<K>, pace: Pace, partner: &Partner) -> Sample {
        let mut second = self.second.take().expect("the other thread has the reader");
        let barrier = Arc::new(Barrier::of(2));
        let pending = partner.begin({
            let (questions, barrier) = (Arc::clone(&script.questions), Arc::clone(&barrier));
            let way = script.way;
            // Another part of the keys than the first thread's.
            let seed = pace.seed + 1_000;
            move || {
                barrier.arrive();
                let sample = second.look_up(&questions, way, Pace { seed, ..pace });
                (second, sample)
            }
        });
        barrier.arrive();
        let ours = self.single(script, pace);
        let (second, theirs) = pending.wait();
        self.second = Some(second);
        ours.together(theirs)
    }
}
