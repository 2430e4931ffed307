//! [`Contender`]: a map that one thread reads and another refreshes.

use std::sync::Arc;
use std::time::Duration;

use benches::check;
use benches::contender::{Lookup, Upsert};
use benches::rhythm::{RefreshSlice, Refreshes, Rhythm, Signal};
use benches::slice::{Barrier, Pace, ReadSlice, Sample};
use benches::stream::Stream;

use crate::partner::Partner;

/// A contender that has been found to keep what is written.
pub struct Contender {
    pub name: &'static str,
    reader: Box<dyn ReadSlice>,
    /// `None` while the other thread has it.
    writer: Option<Box<dyn RefreshSlice>>,
}

impl Contender {
    pub fn new(
        name: &'static str,
        (mut writer, mut reader): (impl Upsert + Send, impl Lookup),
        stream: &Stream,
    ) -> Self {
        check::writes(name, &mut writer, &mut reader, stream);
        Contender {
            name,
            reader: Box::new(reader),
            writer: Some(Box::new(writer)),
        }
    }

    /// Lookups while nobody writes.
    pub fn undisturbed(&mut self, stream: &Stream, pace: Pace) -> Sample {
        self.reader.read(stream, pace)
    }

    /// Lookups while another thread refreshes.
    ///
    /// # Panics
    /// If the other thread has.
    pub fn disturbed(
        &mut self,
        stream: &Arc<Stream>,
        rhythm: Rhythm,
        pace: Pace,
        partner: &Partner,
    ) -> (Sample, Refreshes) {
        let mut writer = self.writer.take().expect("the other thread has the writer");
        let (barrier, signal) = (Arc::new(Barrier::of(2)), Arc::new(Signal::default()));
        let pending = partner.begin({
            let (stream, barrier) = (Arc::clone(stream), Arc::clone(&barrier));
            let signal = Arc::clone(&signal);
            move || {
                barrier.arrive();
                let done = writer.refresh(&stream, rhythm, &signal);
                (writer, done)
            }
        });
        barrier.arrive();
        let warm_up = Pace {
            timed: Duration::ZERO,
            ..pace
        };
        self.reader.read(stream, warm_up);
        signal.begin();
        let timed = Pace {
            warm_up: Duration::ZERO,
            ..pace
        };
        let sample = self.reader.read(stream, timed);
        signal.end();
        let (writer, done) = pending.wait();
        self.writer = Some(writer);
        (sample, done)
    }
}
