//! [`Timers`]: when each entry is due to expire, in order of time.

use std::collections::BTreeSet;

use super::clock::NEVER;

/// The times at which entries are due, in milliseconds of the clock. Each entry has one, by its index, or none.
///
/// Setting and removing one takes O(log n); where nothing is due, nothing is stored.
#[derive(Debug, Default)]
pub(super) struct Timers {
    order: BTreeSet<(u64, u32)>,
    /// The time of each entry, or [`NEVER`]. It ends at the last entry that has had one.
    times: Vec<u64>,
}

impl Timers {
    /// Sets the time of an entry. [`NEVER`] removes it.
    pub(super) fn set(&mut self, slot: u32, time: u64) {
        let old = self.remove(slot);
        if time == NEVER {
            return;
        }
        let index = slot as usize;
        if old.is_none() && self.times.len() <= index {
            self.times.resize(index + 1, NEVER);
        }
        self.times[index] = time;
        self.order.insert((time, slot));
    }

    /// Removes the time of an entry. Returns it, if there was one.
    pub(super) fn remove(&mut self, slot: u32) -> Option<u64> {
        let time = std::mem::replace(self.times.get_mut(slot as usize)?, NEVER);
        (time != NEVER && self.order.remove(&(time, slot))).then_some(time)
    }

    /// Returns the entry that is due first, if it is due at this time.
    pub(super) fn first_due(&self, now: u64) -> Option<u32> {
        let (time, slot) = self.order.first()?;
        (*time <= now).then_some(*slot)
    }

    /// Returns the first time after this one at which an entry is due, or [`NEVER`].
    pub(super) fn next_after(&self, now: u64) -> u64 {
        let later = (now.saturating_add(1), 0)..;
        self.order
            .range(later)
            .next()
            .map_or(NEVER, |(time, _)| *time)
    }

    pub(super) fn clear(&mut self) {
        *self = Timers::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_due_in_order_of_time_and_each_once() {
        let mut timers = Timers::default();
        for (slot, time) in [(0, 30), (7, 10), (2, 20), (3, 10), (4, NEVER)] {
            timers.set(slot, time);
        }
        timers.set(2, 40);
        assert_eq!(timers.remove(0), Some(30));
        assert_eq!(
            (timers.remove(0), timers.remove(4), timers.remove(99)),
            (None, None, None)
        );
        assert_eq!((timers.first_due(9), timers.next_after(0)), (None, 10));
        assert_eq!(timers.next_after(10), 40);
        let mut due = Vec::new();
        while let Some(slot) = timers.first_due(39) {
            timers.remove(slot);
            due.push(slot);
        }
        assert_eq!((due, timers.first_due(40)), (vec![3, 7], Some(2)));
        timers.clear();
        assert_eq!(
            (timers.first_due(u64::MAX), timers.next_after(0)),
            (None, NEVER)
        );
        assert_eq!(timers.next_after(u64::MAX), NEVER);
    }
}
