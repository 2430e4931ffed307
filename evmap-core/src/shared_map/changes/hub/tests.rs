//! Every order of a writer's publications and a subscriber's steps.

use super::*;
use crate::op::Hashed;

/// What one of the two does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// The writer publishes one effect.
    Publish,
    /// The subscriber looks for the next change.
    Look,
    /// It notes that it has read the change that it found. Until then the writer counts that one as unread.
    Note,
}

/// Runs these steps, and checks what the subscriber finds.
fn run(steps: &[Step], capacity: usize) {
    let mut hub = Hub::<u64, u64>::new();
    let Registration {
        subscriber,
        mut position,
        ..
    } = hub.register(capacity, Version::default());
    let mut drops = Vec::new();
    let (mut published, mut seen, mut has_lagged) = (0, 0, false);
    let mut found = None;
    for step in steps {
        match step {
            Step::Publish => {
                let key = Hashed {
                    hash: 0,
                    key: published,
                };
                hub.stage(&[MapOp::Insert(key, published)]);
                published += 1;
                let is_left = hub.publish(Version::from_u64(published), &mut drops);
                // What the writer gives up is gone at once.
                drops.clear();
                has_lagged |= published - seen > capacity as u64;
                assert_eq!(is_left, !has_lagged, "{steps:?}");
            }
            Step::Look => match subscriber.after(&position) {
                Found::Next(node) => {
                    assert!(!has_lagged, "{steps:?}");
                    let version = node.change().map(|change| change.version.as_u64());
                    assert_eq!(version, Some(position.end + 1), "{steps:?}");
                    found = Some(node);
                }
                Found::Nothing => assert!(!has_lagged && position.end == published, "{steps:?}"),
                Found::Lagged => assert!(has_lagged, "{steps:?}"),
            },
            Step::Note => {
                if let Some(node) = found.take() {
                    subscriber.has_read(&node);
                    seen = node.end;
                    position = node;
                }
            }
        }
    }
}

/// Calls `run` with all sequences of this many steps.
fn each_order(steps: &mut Vec<Step>, left: usize, run: &impl Fn(&[Step])) {
    if left == 0 {
        return run(steps);
    }
    for step in [Step::Publish, Step::Look, Step::Note] {
        steps.push(step);
        each_order(steps, left - 1, run);
        steps.pop();
    }
}

/// The accesses of each step are of one thread, and a step of the other one between them is the same as one before or
/// after it: the subscriber looks at `has_lagged` first, and a node that is gone by then means the same (H4).
#[test]
fn a_subscriber_finds_each_change_or_learns_that_it_lags() {
    for capacity in 1..=3 {
        each_order(&mut Vec::new(), 9, &|steps| run(steps, capacity));
    }
}
