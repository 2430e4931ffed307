//! [`Partner`]: another thread, which sleeps while it has no part in what is measured.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

type Job = Box<dyn FnOnce() + Send>;

/// One other thread for the whole run, so that what contenders keep for each thread stays.
pub struct Partner {
    jobs: Sender<Job>,
}

/// A job's result, to be waited for.
pub struct Pending<R>(Receiver<R>);

impl Partner {
    /// A partner, asleep.
    pub fn start() -> Self {
        let (jobs, queue) = mpsc::channel::<Job>();
        // Ends when the partner is dropped.
        thread::spawn(move || queue.into_iter().for_each(|job| job()));
        Partner { jobs }
    }

    /// Lets the other thread do something.
    pub fn begin<R: Send + 'static>(&self, job: impl FnOnce() -> R + Send + 'static) -> Pending<R> {
        let (done, result) = mpsc::channel();
        let job = Box::new(move || {
            // Nobody listens only if the whole run has failed already.
            let _ = done.send(job());
        });
        self.jobs.send(job).expect("the other thread has panicked");
        Pending(result)
    }
}

impl<R> Pending<R> {
    /// Waits for the result.
    pub fn wait(self) -> R {
        self.0.recv().expect("the other thread has panicked")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_partner_is_one_other_thread() {
        let partner = Partner::start();
        let first = partner.begin(|| thread::current().id()).wait();
        let second = partner.begin(|| thread::current().id()).wait();
        assert_eq!(first, second);
        assert_ne!(first, thread::current().id());
    }
}
