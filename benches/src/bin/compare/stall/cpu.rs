//! The processor time of one thread.

use std::time::Duration;

/// What the calling thread has used so far, where the system tells.
#[cfg(unix)]
pub fn used() -> Option<Duration> {
    use rustix::time::{ClockId, clock_gettime};

    let time = clock_gettime(ClockId::ThreadCPUTime);
    let (seconds, nanos) = (time.tv_sec.try_into(), time.tv_nsec.try_into());
    Some(Duration::new(seconds.ok()?, nanos.ok()?))
}

/// What the calling thread has used so far, where the system tells.
#[cfg(not(unix))]
pub fn used() -> Option<Duration> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::thread;
    use std::time::Instant;

    #[test]
    fn work_counts_and_sleep_does_not() {
        let asleep = used().unwrap();
        thread::sleep(Duration::from_millis(50));
        let slept = used().unwrap() - asleep;
        let begin = Instant::now();
        let (start, mut worked) = (used().unwrap(), Duration::ZERO);
        while worked < Duration::from_millis(20) && begin.elapsed() < Duration::from_secs(60) {
            worked = used().unwrap() - start;
        }
        assert!(
            slept < Duration::from_millis(20) && slept < worked,
            "{slept:?}"
        );
    }
}
