//! Keys whose `Eq` or `Hash` lies.

use std::cell::Cell;
use std::hash::{Hash, Hasher};

use evmap_core::table::Engine;

use crate::map;

on_each! {
    lying_keys_give_wrong_answers_at_worst,
}

/// A key that is never equal to anything, and one whose hash changes, give wrong answers at worst.
/// `verify_copies` finds differences.
fn lying_keys_give_wrong_answers_at_worst<E: Engine>() {
    #[derive(Clone, Debug)]
    struct Liar(u32);
    impl PartialEq for Liar {
        fn eq(&self, _: &Self) -> bool {
            false
        }
    }
    impl Eq for Liar {}
    impl Hash for Liar {
        fn hash<H: Hasher>(&self, state: &mut H) {
            thread_local!(static CALLS: Cell<u32> = const { Cell::new(0) });
            CALLS.set(CALLS.get() + 1);
            (self.0, CALLS.get() / 3).hash(state);
        }
    }
    let (mut writer, reader) = map::<_, _, E>();
    for n in 0..1000 {
        writer.insert(Liar(n % 10), n);
        writer.remove(&Liar(n % 7));
        if n % 100 == 0 {
            writer.refresh();
        }
    }
    writer.refresh();
    assert!(reader.get(&Liar(1)).is_none(), "never equal, never found");
    assert_eq!(reader.len(), 1000);
    let differing = writer.verify_copies().unwrap_err();
    assert!(differing.to_string().contains("Liar"), "{differing}");
    writer.clear();
    writer.refresh();
    assert!(reader.is_empty());
}
