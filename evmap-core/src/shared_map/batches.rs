//! [`Batches`]: groups the pending operations by write.

/// Identifies a batch whose caller waits for its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket(pub(super) u64);

/// The recorded batches, in order. An operation outside of them is a batch by itself.
pub(super) struct Batches(Vec<Batch>);

/// The operations from `begin` to `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Batch {
    pub(super) begin: usize,
    pub(super) end: usize,
    /// Set if the caller waits for the outcome of the batch.
    pub(super) ticket: Option<Ticket>,
}

impl Batches {
    pub(super) const fn new() -> Self {
        Batches(Vec::new())
    }

    /// Returns the batch of the operation at `at`.
    pub(super) fn of(&self, at: usize) -> Batch {
        let after = self.0.partition_point(|batch| batch.begin <= at);
        let before = after.checked_sub(1).map(|index| self.0[index]);
        before.filter(|batch| at < batch.end).unwrap_or(Batch {
            begin: at,
            end: at + 1,
            ticket: None,
        })
    }

    /// Records the last batch.
    pub(super) fn record(&mut self, batch: Batch) {
        self.0.push(batch);
    }

    /// Removes a batch that is rolled back. Later batches move forward.
    pub(super) fn remove(&mut self, removed: Batch) {
        self.0.retain(|batch| batch.begin != removed.begin);
        let length = removed.end - removed.begin;
        for batch in self
            .0
            .iter_mut()
            .filter(|batch| batch.begin > removed.begin)
        {
            batch.begin -= length;
            batch.end -= length;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unrecorded_operation_is_a_batch_by_itself_and_removal_moves_later_batches_forward() {
        let mut batches = Batches::new();
        let batch = |begin, end, ticket| Batch {
            begin,
            end,
            ticket: Some(Ticket(ticket)),
        };
        let single = |at| Batch {
            begin: at,
            end: at + 1,
            ticket: None,
        };
        batches.record(batch(1, 4, 1));
        batches.record(batch(6, 7, 2));
        batches.record(batch(7, 9, 3));
        assert_eq!(batches.of(0), single(0));
        assert_eq!(batches.of(3), batch(1, 4, 1));
        assert_eq!([batches.of(4), batches.of(5)], [single(4), single(5)]);
        assert_eq!(batches.of(6), batch(6, 7, 2));
        batches.remove(single(5));
        assert_eq!(batches.of(5), batch(5, 6, 2));
        batches.remove(batch(1, 4, 1));
        assert_eq!(batches.of(1), single(1));
        assert_eq!(
            [batches.of(2), batches.of(4)],
            [batch(2, 3, 2), batch(3, 5, 3)]
        );
        assert_eq!(batches.of(5), single(5));
        batches.clear();
        assert_eq!(batches.of(2), single(2));
    }
}
