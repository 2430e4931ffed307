//! Processor time: of the calling thread, and of the whole process.

use std::time::Duration;

/// What some threads have used, and the whole process meanwhile.
///
/// The process has threads of its own that work for a map: their part is the difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spent {
    /// Of the threads that did the measured work.
    pub workers: Duration,
    /// Of the process, at the first of their begins.
    from: Duration,
    /// Of the process, at the last of their ends.
    to: Duration,
}

/// A stretch of the calling thread's work that has begun.
#[derive(Clone, Copy, Debug)]
pub struct Begun {
    thread: Duration,
    process: Duration,
}

impl Begun {
    /// Now, where the system tells.
    pub fn now() -> Option<Self> {
        Some(Begun {
            thread: of_thread()?,
            process: of_process()?,
        })
    }

    /// What was used until now.
    pub fn end(self) -> Option<Spent> {
        Some(Spent {
            workers: of_thread()?.checked_sub(self.thread)?,
            from: self.process,
            to: of_process()?,
        })
    }
}

impl Spent {
    /// Two threads' work at once.
    pub fn together(self, other: Spent) -> Spent {
        Spent {
            workers: self.workers + other.workers,
            from: self.from.min(other.from),
            to: self.to.max(other.to),
        }
    }

    /// With all that the process has used until now.
    pub fn until_now(self) -> Option<Spent> {
        Some(Spent {
            to: of_process()?,
            ..self
        })
    }

    /// Of all threads of the process.
    pub fn all(self) -> Duration {
        self.to.saturating_sub(self.from)
    }
}

/// What the calling thread has used so far, where the system tells.
pub fn of_thread() -> Option<Duration> {
    #[cfg(unix)]
    return used(rustix::time::ClockId::ThreadCPUTime);
    #[cfg(not(unix))]
    None
}

/// What all threads of the process have used so far, where the system tells.
pub fn of_process() -> Option<Duration> {
    #[cfg(unix)]
    return used(rustix::time::ClockId::ProcessCPUTime);
    #[cfg(not(unix))]
    None
}

#[cfg(unix)]
fn used(clock: rustix::time::ClockId) -> Option<Duration> {
    let time = rustix::time::clock_gettime(clock);
    let (seconds, nanos) = (time.tv_sec.try_into(), time.tv_nsec.try_into());
    Some(Duration::new(seconds.ok()?, nanos.ok()?))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::thread;
    use std::time::Instant;

    fn work(time: Duration) {
        let (begin, start) = (Instant::now(), of_thread().unwrap());
        while of_thread().unwrap() - start < time {
            assert!(begin.elapsed() < Duration::from_secs(60), "no processor");
        }
    }

    #[test]
    fn work_counts_and_sleep_does_not() {
        let asleep = of_thread().unwrap();
        thread::sleep(Duration::from_millis(50));
        let slept = of_thread().unwrap() - asleep;
        assert!(slept < Duration::from_millis(20), "{slept:?}");
        let begun = Begun::now().unwrap();
        work(Duration::from_millis(20));
        let spent = begun.end().unwrap();
        assert!(spent.workers >= Duration::from_millis(20), "{spent:?}");
    }

    #[test]
    fn the_process_pays_for_its_other_threads() {
        let begun = Begun::now().unwrap();
        let other = thread::spawn(|| {
            let begun = Begun::now().unwrap();
            work(Duration::from_millis(20));
            begun.end().unwrap()
        });
        let other = other.join().unwrap();
        let own = begun.end().unwrap();
        assert!(own.all() >= own.workers + other.workers, "{own:?}");
        let both = own.together(other);
        assert_eq!(both.workers, own.workers + other.workers);
        assert_eq!(both.all(), own.all());
        work(Duration::from_millis(1));
        assert!(both.until_now().unwrap().all() > both.all());
    }
}
