//! [`Hub`]: the subscribers of a map, and the effects that its writer hands to them.
//!
//! # Invariants
//! - **H1** At each unlock, `staged` holds the effects of each pending operation, in the order of the operations.

use std::mem;
use std::sync::Arc;

use left_right::Version;
use smallvec::{SmallVec, smallvec};

use super::effect::{Change, Effect};
use super::list::{self, List};
use crate::op::MapOp;
use crate::panics::Drops;
use crate::shared_map::deferred_drops::Other;

/// The capacity that is kept for the effects of pending operations.
const KEPT: usize = 1024;

/// The effects of one operation.
type Staged<K, V> = SmallVec<[Effect<K, V>; 1]>;

/// A published change in the list.
pub(in crate::shared_map) type Node<K, V> = list::Node<Published<K, V>>;

/// What the writer and one subscriber share.
pub(super) type Subscriber<K, V> = list::Subscriber<Published<K, V>>;

/// The subscribers of a map. It exists while there are any.
pub(in crate::shared_map) struct Hub<K, V> {
    staged: Vec<Staged<K, V>>,
    list: List<Published<K, V>>,
}

/// A change that drops what it has one by one.
pub(in crate::shared_map) struct Published<K, V>(Change<K, V>);

/// The place of a new subscriber: it reads what comes after `position`.
pub(in crate::shared_map) struct Registration<K, V> {
    pub(super) subscriber: Arc<Subscriber<K, V>>,
    pub(super) position: Arc<Node<K, V>>,
    pub(super) start: Version,
}

impl<K, V> Hub<K, V> {
    pub(in crate::shared_map) fn new() -> Self {
        Hub {
            staged: Vec::new(),
            list: List::new(),
        }
    }

    /// Adds a subscriber, for the changes of the versions after `start`. Nothing may be pending.
    pub(in crate::shared_map) fn register(
        &mut self,
        capacity: usize,
        start: Version,
    ) -> Registration<K, V> {
        debug_assert!(self.staged.is_empty(), "H1");
        let (subscriber, position) = self.list.register(capacity);
        Registration {
            subscriber,
            position,
            start,
        }
    }

    /// Clones the effects of these operations, which are the last that are pending.
    ///
    /// # Panics
    /// If a `Clone` does. The effects of some operations may be staged then.
    pub(in crate::shared_map) fn stage(&mut self, ops: &[MapOp<K, V, ()>])
    where
        K: Clone,
        V: Clone,
    {
        for op in ops {
            let effects = match op {
                MapOp::Insert(key, value) => {
                    smallvec![Effect::Insert(key.key.clone(), value.clone())]
                }
                MapOp::Load(entries) => entries
                    .iter()
                    .map(|(key, value)| Effect::Insert(key.key.clone(), value.clone()))
                    .collect(),
                MapOp::Remove(key) => smallvec![Effect::Remove(key.key.clone())],
                MapOp::Clear => smallvec![Effect::Clear],
                MapOp::Reserve(_) | MapOp::ShrinkToFit | MapOp::SetMeta(()) => SmallVec::new(),
            };
            self.staged.push(effects);
        }
    }

    /// Takes back the effects of the operations from `begin` to `end`, which are rolled back. Those that were not
    /// staged yet are left out.
    pub(in crate::shared_map) fn unstage(
        &mut self,
        begin: usize,
        end: usize,
    ) -> impl Iterator<Item = Effect<K, V>> {
        let staged = self.staged.len();
        self.staged
            .drain(begin.min(staged)..end.min(staged))
            .flatten()
    }

    /// Notes an operation without an effect.
    pub(in crate::shared_map) fn stage_nothing(&mut self) {
        self.staged.push(SmallVec::new());
    }

    /// Appends the effects of everything that was pending to the list, as the change of this version. Gives up subscribers
    /// that are gone or lag, and moves nodes that nobody needs to `drops`. Returns whether any subscriber is left.
    ///
    /// Runs no user code, drops nothing of the user's, and waits for nobody.
    pub(in crate::shared_map) fn publish(
        &mut self,
        version: Version,
        drops: &mut Vec<Other<K, V>>,
    ) -> bool {
        let effects: Vec<_> = self.staged.drain(..).flatten().collect();
        // One large write must not cost its memory forever.
        self.staged.shrink_to(KEPT);
        if !effects.is_empty() {
            let size = effects.len();
            let change = Change {
                version,
                effects: effects.into(),
            };
            self.list
                .append(Published(change), size, |node| give_up(node, drops));
        }
        self.prune(drops)
    }

    /// Gives up subscribers that are gone or lag, and moves nodes that nobody needs to `drops`. Returns whether any
    /// subscriber is left.
    pub(in crate::shared_map) fn prune(&mut self, drops: &mut Vec<Other<K, V>>) -> bool {
        self.list.prune(|node| give_up(node, drops))
    }

    /// Gives each subscriber what it has yet to read, since the map is about to end.
    pub(in crate::shared_map) fn close(&self) {
        self.list.close();
    }

    /// Takes everything that needs to be dropped, when nobody subscribes any more.
    pub(in crate::shared_map) fn into_drops(self) -> impl Iterator<Item = Other<K, V>> {
        let effects = self.staged.into_iter().flatten().map(Other::Effect);
        effects.chain(self.list.into_nodes().map(Other::Node))
    }
}

impl<K, V> Registration<K, V> {
    /// The place of a subscriber to a map that is gone.
    pub(in crate::shared_map) fn closed(start: Version) -> Self {
        let mut hub = Hub::new();
        let registration = hub.register(1, start);
        hub.close();
        registration
    }
}

impl<K, V> Published<K, V> {
    pub(super) fn change(&self) -> &Change<K, V> {
        &self.0
    }

    pub(in crate::shared_map) fn len(&self) -> usize {
        self.0.effects.len()
    }
}

impl<K, V> Drop for Published<K, V> {
    /// Drops each key and value by itself: two panics during one drop would abort the program. If some panic, resumes
    /// the first one.
    fn drop(&mut self) {
        // A subscriber may still have the effects.
        if let Some(effects) = Arc::get_mut(&mut self.0.effects) {
            let mut drops = Drops::default();
            for effect in effects {
                drop_effect(mem::replace(effect, Effect::Clear), &mut drops);
            }
            drops.resume();
        }
    }
}

/// Drops a node, or leaves that to `drops` if it may run user code.
fn give_up<K, V>(node: Arc<Node<K, V>>, drops: &mut Vec<Other<K, V>>) {
    if mem::needs_drop::<Effect<K, V>>() {
        drops.push(Other::Node(node));
    }
}

/// Drops the key and the value by themselves.
pub(in crate::shared_map) fn drop_effect<K, V>(effect: Effect<K, V>, drops: &mut Drops) {
    match effect {
        Effect::Insert(key, value) => {
            drops.drop(key);
            drops.drop(value);
        }
        Effect::Remove(key) => drops.drop(key),
        Effect::Clear => {}
    }
}
