//! [`Batches`]: which pending operations are one write's.

/// Tells a batch from all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket(pub(super) u64);

/// Which pending operations are one write's, in order: each is a batch by itself, unless it is in one that was
/// noted.
pub(super) struct Batches(Vec<Batch>);

/// The operations from `begin` to `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Batch {
    pub(super) begin: usize,
    pub(super) end: usize,
    /// Its caller waits to be told what becomes of it.
    pub(super) ticket: Option<Ticket>,
}

impl Batches {
    pub(super) const fn new() -> Self {
        Batches(Vec::new())
    }

    /// The batch of the operation at `at`.
    pub(super) fn of(&self, at: usize) -> Batch {
        let after = self.0.partition_point(|batch| batch.begin <= at);
        let before = after.checked_sub(1).map(|index| self.0[index]);
        before.filter(|batch| at < batch.end).unwrap_or(Batch {
            begin: at,
            end: at + 1,
            ticket: None,
        })
    }

    /// Notes the last batch.
    pub(super) fn note(&mut self, batch: Batch) {
        self.0.push(batch);
    }

    /// A batch is undone: those behind it move up.
    pub(super) fn remove(&mut self, undone: Batch) {
        self.0.retain(|batch| batch.begin != undone.begin);
        let length = undone.end - undone.begin;
        for batch in self.0.iter_mut().filter(|batch| batch.begin > undone.begin) {
            batch.begin -= length;
            batch.end -= length;
        }
    }

    #[inline]
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_noted_is_a_batch_by_itself_and_those_behind_an_undone_one_move_up() {
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
        batches.note(batch(1, 4, 1));
        batches.note(batch(6, 7, 2));
        batches.note(batch(7, 9, 3));
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
