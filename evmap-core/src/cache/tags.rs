//! [`TagIndex`]: which entries have a tag.

use std::collections::{HashMap, HashSet};

use super::sync::Tag;

/// The entries of each tag, by their indices in the policy.
#[derive(Debug, Default)]
pub(super) struct TagIndex {
    slots: HashMap<Tag, HashSet<u32>>,
}

impl TagIndex {
    pub(super) fn insert(&mut self, slot: u32, tags: &[Tag]) {
        for tag in tags {
            self.slots.entry(Tag::clone(tag)).or_default().insert(slot);
        }
    }

    pub(super) fn remove(&mut self, slot: u32, tags: &[Tag]) {
        for tag in tags {
            if let Some(slots) = self.slots.get_mut(tag) {
                slots.remove(&slot);
                if slots.is_empty() {
                    self.slots.remove(tag);
                }
            }
        }
    }

    /// The entries that have this tag, in no order to rely on.
    pub(super) fn of(&self, tag: &str) -> Vec<u32> {
        let slots = self.slots.get(tag);
        slots.map_or_else(Vec::new, |slots| slots.iter().copied().collect())
    }

    pub(super) fn clear(&mut self) {
        *self = TagIndex::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_found_by_each_of_its_tags_until_it_is_removed() {
        let tags = |names: &[&str]| -> Vec<Tag> { names.iter().map(|it| Tag::from(*it)).collect() };
        let mut index = TagIndex::default();
        index.insert(1, &tags(&["red", "round", "red"]));
        index.insert(2, &tags(&["red"]));
        let mut red = index.of("red");
        red.sort_unstable();
        assert_eq!(
            (red, index.of("round"), index.of("blue")),
            (vec![1, 2], vec![1], vec![])
        );
        index.remove(1, &tags(&["red", "round", "red"]));
        assert_eq!((index.of("red"), index.of("round")), (vec![2], vec![]));
        index.remove(2, &tags(&["red", "blue"]));
        assert!(index.slots.is_empty());
        index.insert(3, &tags(&["red"]));
        index.clear();
        assert!(index.of("red").is_empty());
    }
}
