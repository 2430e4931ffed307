//! `verify_copies` finds a difference, in either copy.

use std::cell::Cell;
use std::hash::{Hash, Hasher};

thread_local! {
    static IS_HONEST: Cell<bool> = const { Cell::new(true) };
}

/// Equal to itself only while it is honest.
#[derive(Clone, Debug)]
struct Fickle(u32);

impl Hash for Fickle {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl PartialEq for Fickle {
    fn eq(&self, other: &Self) -> bool {
        IS_HONEST.get() && self.0 == other.0
    }
}

impl Eq for Fickle {}

/// The two copies hold different entries of one key, and each lookup finds an equal entry in the other copy.
#[test]
fn an_entry_that_one_copy_has_twice_is_found() {
    for lies_at_first in [true, false] {
        let (mut writer, reader) = evmap_core::new();
        writer.insert(Fickle(1), 5);
        writer.refresh();
        writer.refresh();
        writer.insert(Fickle(1), 5);
        IS_HONEST.set(!lies_at_first);
        writer.refresh();
        IS_HONEST.set(lies_at_first);
        writer.refresh();
        IS_HONEST.set(true);
        assert_eq!(reader.len(), if lies_at_first { 2 } else { 1 });
        let error = writer.verify_copies().unwrap_err();
        assert_eq!(error.key, Fickle(1));
    }
}

#[test]
fn a_value_whose_clone_differs_is_found() {
    #[derive(Debug, PartialEq)]
    struct Aging(u32);
    impl Clone for Aging {
        fn clone(&self) -> Self {
            Aging(self.0 + 1)
        }
    }
    let (mut writer, _reader) = evmap_core::new();
    writer.extend([("young", Aging(1))]);
    let error = writer.verify_copies().unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"the two copies differ at the key "young""#
    );
}
