//! Models of a map's list of changes, explored by loom: a publisher beside subscribers that read, lag, join and leave.
//!
//! ```sh
//! LOOM_MAX_PREEMPTIONS=3 RUSTFLAGS="--cfg mutants" cargo test --release -p evmap-core --test subscribe_model
//! ```
//!
//! The list is the map's own, compiled here with loom's atomics. That each model can fail is shown by `.ci/mutants`.
#![cfg(mutants)]

#[path = "../../src/shared_map/changes/list.rs"]
mod list;
mod sync;

use loom::sync::Mutex;
use loom::thread;

use self::list::{Found, List, Node, Subscriber};
use self::sync::Arc;

/// The last item that a publisher appends.
const LAST: u64 = 3;

/// Appends the next items, each of size 1, and drops what is no longer needed at once.
fn publish(list: &mut List<u64>, items: impl IntoIterator<Item = u64>) {
    for item in items {
        list.append(item, 1, drop);
        list.prune(drop);
    }
}

/// As the end of a map.
fn close(list: List<u64>) {
    list.close();
    list.into_nodes().for_each(drop);
}

/// Explores all orders with at most three preemptions, unless the environment says otherwise.
fn model(body: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(3);
    builder.check(body);
}

/// What one subscriber has read.
struct Reader {
    subscriber: Arc<Subscriber<u64>>,
    position: Arc<Node<u64>>,
    last: u64,
}

/// How a subscription has ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Closed,
    Lagged,
}

impl Reader {
    /// Subscribes to what comes after item number `last`.
    fn new(list: &mut List<u64>, capacity: usize, last: u64) -> Self {
        let (subscriber, position) = list.register(capacity);
        Reader {
            subscriber,
            position,
            last,
        }
    }

    /// Looks once. Fails if an item is missing or comes twice.
    fn look(&mut self) -> Option<End> {
        match self.subscriber.after(&self.position) {
            Found::Next(node) => {
                self.last += 1;
                assert_eq!(node.item(), Some(&self.last));
                self.subscriber.has_read(&node);
                self.position = node;
            }
            Found::Nothing => thread::yield_now(),
            Found::Lagged => return Some(End::Lagged),
            Found::Closed => {
                assert_eq!(self.last, LAST, "it has not read everything");
                return Some(End::Closed);
            }
        }
        None
    }

    fn read_to_end(&mut self) -> End {
        loop {
            if let Some(end) = self.look() {
                return end;
            }
        }
    }
}

#[test]
fn a_subscriber_within_its_capacity_reads_everything() {
    model(|| {
        let mut list = List::new();
        let mut reader = Reader::new(&mut list, LAST as usize, 0);
        let publisher = thread::spawn(move || {
            publish(&mut list, 1..=LAST);
            close(list);
        });
        assert_eq!(reader.read_to_end(), End::Closed);
        publisher.join().unwrap();
    });
}

/// No item is missing before it lags, and it learns of its end.
#[test]
fn a_subscriber_that_lags_learns_of_it() {
    model(|| {
        let mut list = List::new();
        let mut reader = Reader::new(&mut list, 1, 0);
        // While this one keeps nodes for itself, the other one finds them, too.
        let mut other = Reader::new(&mut list, LAST as usize, 0);
        let publisher = thread::spawn(move || {
            publish(&mut list, 1..=LAST);
            close(list);
        });
        reader.read_to_end();
        publisher.join().unwrap();
        assert_eq!(other.read_to_end(), End::Closed);
    });
}

#[test]
fn a_subscriber_that_leaves_keeps_nothing_from_the_others() {
    model(|| {
        let mut list = List::new();
        let mut reader = Reader::new(&mut list, LAST as usize, 0);
        let mut leaver = Reader::new(&mut list, 1, 0);
        let leaver = thread::spawn(move || _ = leaver.look());
        publish(&mut list, 1..=LAST);
        leaver.join().unwrap();
        // Nobody but the reader is left, whatever the other one has read.
        list.prune(drop);
        assert!(list.prune(drop));
        close(list);
        assert_eq!(reader.read_to_end(), End::Closed);
    });
}

/// It begins right after what was there when it registered.
#[test]
fn a_subscriber_joins_beside_the_publisher() {
    model(|| {
        let list = sync_list();
        let publisher = {
            let list = loom::sync::Arc::clone(&list);
            thread::spawn(move || {
                for _ in 0..LAST {
                    let (list, last) = &mut *list.lock().unwrap();
                    *last += 1;
                    publish(list, [*last]);
                }
                let (list, _) = &mut *list.lock().unwrap();
                list.close();
            })
        };
        let mut reader = {
            let (list, last) = &mut *list.lock().unwrap();
            Reader::new(list, LAST as usize, *last)
        };
        // Registered after the end, it is not told of it: the map's writer answers for that.
        while reader.last < LAST {
            assert_ne!(reader.look(), Some(End::Lagged));
        }
        publisher.join().unwrap();
    });
}

/// A list, with the number of its last item, behind the lock that a map's writers take.
fn sync_list() -> loom::sync::Arc<Mutex<(List<u64>, u64)>> {
    loom::sync::Arc::new(Mutex::new((List::new(), 0)))
}
