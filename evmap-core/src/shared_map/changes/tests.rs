//! Every order of a publisher's and a subscriber's calls of the list.

use super::list::{Found, List};

/// What one of the two does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// The publisher appends one item.
    Publish,
    /// The subscriber looks for the next item.
    Look,
    /// It notes that it has read the item that it found. Until then the publisher counts that one as unread.
    Note,
}

/// Runs these steps, and checks what the subscriber finds.
fn run(steps: &[Step], capacity: usize) {
    let mut list = List::new();
    let (subscriber, mut position) = list.register(capacity);
    let mut drops = Vec::new();
    let (mut published, mut seen, mut has_lagged) = (0, 0, false);
    let mut found = None;
    for step in steps {
        match step {
            Step::Publish => {
                published += 1;
                list.append(published, 1, |node| drops.push(node));
                let is_left = list.prune(|node| drops.push(node));
                // What the publisher gives up is gone at once.
                drops.clear();
                has_lagged |= published - seen > capacity as u64;
                assert_eq!(is_left, !has_lagged, "{steps:?}");
            }
            Step::Look => match subscriber.after(&position) {
                Found::Next(node) => {
                    assert!(!has_lagged, "{steps:?}");
                    assert_eq!(node.item(), Some(&(position.end + 1)), "{steps:?}");
                    found = Some(node);
                }
                Found::Nothing => assert!(!has_lagged && position.end == published, "{steps:?}"),
                Found::Lagged => assert!(has_lagged, "{steps:?}"),
                Found::Closed => panic!("{steps:?}"),
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
/// after it: the subscriber looks at `has_lagged` first, and a node that is gone by then means the same (list.rs H5).
#[test]
fn a_subscriber_finds_each_item_or_learns_that_it_lags() {
    for capacity in 1..=3 {
        each_order(&mut Vec::new(), 9, &|steps| run(steps, capacity));
    }
}
