//! [`Pool`]: the threads that write at once.

use std::sync::Arc;

use benches::shared_slice::SharedSlice;

use crate::partner::Partner;

/// This many other threads, for the whole run.
pub struct Pool(Vec<Partner>);

impl Pool {
    /// Threads, asleep.
    pub fn start(threads: usize) -> Self {
        Pool((0..threads).map(|_| Partner::start()).collect())
    }

    /// Lets each writer do its job, numbered from 0, in a thread of its own: the results, in order.
    ///
    /// # Panics
    /// If a thread has, or if there are more writers than threads.
    pub fn run<R: Send + 'static>(
        &self,
        writers: &mut [Option<Box<dyn SharedSlice>>],
        job: impl Fn(usize, &mut dyn SharedSlice) -> R + Send + Sync + 'static,
    ) -> Vec<R> {
        assert!(writers.len() <= self.0.len(), "too few threads");
        let job = Arc::new(job);
        let begin = |(number, place): (usize, &mut Option<Box<dyn SharedSlice>>)| {
            let mut writer = place.take().expect("another thread has the writer");
            let job = Arc::clone(&job);
            self.0[number].begin(move || {
                let result = job(number, &mut *writer);
                (writer, result)
            })
        };
        let pending: Vec<_> = writers.iter_mut().enumerate().map(begin).collect();
        let ended = pending.into_iter().zip(writers);
        ended
            .map(|(pending, place)| {
                let (writer, result) = pending.wait();
                *place = Some(writer);
                result
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use benches::contender::{Hasher, Lookup, dashmap};
    use benches::shared_slice::Starts;
    use benches::value_of;

    #[test]
    fn each_writer_has_its_number_and_comes_back() {
        let (map, mut reader) = dashmap::pair(10, &Hasher::default());
        let clone = || Some(Box::new(map.clone()) as Box<dyn SharedSlice>);
        let (pool, mut writers) = (Pool::start(3), [clone(), clone()]);
        let starts = Arc::new(Starts::of(2));
        let results = pool.run(&mut writers, move |number, writer| {
            writer.insert(&[number as u32], 5, &starts);
            number
        });
        assert_eq!(results, [0, 1]);
        assert!(writers.iter().all(Option::is_some));
        for key in [0, 1] {
            assert_eq!(reader.get(&key), Some(value_of(key) + 5));
        }
    }
}
