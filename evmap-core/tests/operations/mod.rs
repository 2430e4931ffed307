//! The list of the map's operations: what each does to std's map, and how each writer is asked for it.
//!
//! The tests that try every operation take them from here: `model`, `shared_map` and `panic_matrix`. A new operation is
//! one more entry.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};

use evmap_core::shared_map::Batch;
use evmap_core::table::Engine;
use evmap_core::{SharedMap, WriteHandle};

/// Keys and values of one suite, made from numbers.
pub trait Things {
    type Key: Hash + Eq + Clone + Number;
    type Value: Clone + Number;

    fn key(&self, number: u32) -> Self::Key;
    fn value(&self, number: u32) -> Self::Value;

    /// Called in each closure.
    fn inside(&self) {}
}

/// What a key or a value was made from.
pub trait Number {
    fn number(&self) -> u32;
}

impl Number for u32 {
    fn number(&self) -> u32 {
        *self
    }
}

/// An operation with its arguments. Each kind takes those that it needs.
#[derive(Clone, Debug)]
pub struct Op {
    pub kind: Kind,
    pub key: u32,
    pub value: u32,
    pub option: Option<u32>,
    pub entries: Vec<(u32, u32)>,
}

/// What an operation is done to: std's map, or one of the writers.
pub trait Apply<T: Things> {
    /// Does the operation. Returns its result as a text.
    fn apply(self, things: &T, op: &Op) -> String;
}

pub type Model = HashMap<u32, u32>;

/// The result of an operation as a text, which does not depend on the types of keys and values.
pub trait Show {
    fn show(&self) -> String;
}

/// A writer that only logs an operation returns this.
pub const LOGGED: &str = "()";

impl Show for () {
    fn show(&self) -> String {
        LOGGED.to_owned()
    }
}

impl Show for bool {
    fn show(&self) -> String {
        self.to_string()
    }
}

impl<T: Number> Show for T {
    fn show(&self) -> String {
        self.number().to_string()
    }
}

impl<T: Show> Show for Option<T> {
    fn show(&self) -> String {
        self.as_ref()
            .map_or("None".to_owned(), |it| format!("Some({})", it.show()))
    }
}

impl<T: Show, X: Show> Show for Result<T, X> {
    fn show(&self) -> String {
        match self {
            Ok(it) => format!("Ok({})", it.show()),
            Err(error) => format!("Err({})", error.show()),
        }
    }
}

impl<T: Show> Show for Vec<T> {
    fn show(&self) -> String {
        let shown: Vec<_> = self.iter().map(Show::show).collect();
        format!("[{}]", shown.join(", "))
    }
}

impl<T: Show, U: Show> Show for (T, U) {
    fn show(&self) -> String {
        format!("({}, {})", self.0.show(), self.1.show())
    }
}

/// Shows a result, and then drops it. If a drop panics while a text is the value of a block already, the text leaks.
fn show_and_drop(result: impl Show) -> String {
    let shown = result.show();
    drop(result);
    shown
}

fn is_odd(value: &impl Number) -> bool {
    value.number() % 2 == 1
}

/// Sets or removes a value. Returns it.
fn set(model: &mut Model, key: u32, value: Option<u32>) -> Option<u32> {
    match value {
        Some(value) => model.insert(key, value),
        None => model.remove(&key),
    };
    value
}

/// Writes the list: an enum, what each operation does to std's map, and how it is called on each writer.
///
/// An entry is `weight Name model |model, op| result, ours |writer, things, op| result`. The results must show alike;
/// that of a writer which only logs is not compared.
macro_rules! operations {
    ($(
        $weight:literal $Kind:ident
        model |$model:ident, $op:ident| $expected:expr,
        ours |$w:ident, $things:ident| $result:expr,
    )*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind {
            $($Kind,)*
        }

        /// Each operation, with how often it is tried, and its name.
        pub const KINDS: &[(u32, &str, Kind)] = &[$(($weight, stringify!($Kind), Kind::$Kind),)*];

        impl<T: Things> Apply<T> for &mut Model {
            fn apply(self, _things: &T, op: &Op) -> String {
                match op.kind {
                    $(Kind::$Kind => {
                        let ($model, $op) = (self, op);
                        Show::show(&$expected)
                    })*
                }
            }
        }

        apply! { [&mut WriteHandle<T::Key, T::Value, S, (), E>] [BuildHasher] $(
            $Kind |$op, $w, $things| $result,
        )* }
        apply! { [&mut Batch<'_, T::Key, T::Value, S, E>] [BuildHasher] $(
            $Kind |$op, $w, $things| $result,
        )* }
        apply! { [&SharedMap<T::Key, T::Value, S, E>] [BuildHasher + Clone] $(
            $Kind |$op, $w, $things| $result,
        )* }
    };
}

/// Writes how one kind of writer does an operation.
macro_rules! apply {
    ([$Writer:ty] [$($Hasher:tt)+] $(
        $Kind:ident |$op:ident, $w:ident, $things:ident| $result:expr,
    )*) => {
        impl<T: Things, S: $($Hasher)+, E: Engine> Apply<T> for $Writer {
            fn apply(self, things: &T, op: &Op) -> String {
                match op.kind {
                    $(Kind::$Kind => {
                        let ($w, $things, $op) = (self, things, op);
                        let _ = ($things, $op);
                        // The keys that it borrows are dropped before it is shown: see `show_and_drop`.
                        let result = $result;
                        show_and_drop(result)
                    })*
                }
            }
        }
    };
}

operations! {
    8 Insert
    model |model, op| model.insert(op.key, op.value),
    ours |w, things| w.insert(things.key(op.key), things.value(op.value)),

    4 Remove
    model |model, op| model.remove(&op.key),
    ours |w, things| w.remove(&things.key(op.key)),

    2 Extend
    model |model, op| model.extend(op.entries.iter().copied()),
    ours |w, things| {
        let entries = op.entries.iter();
        w.extend(entries.map(|&(key, value)| (things.key(key), things.value(value))));
    },

    1 Clear
    model |model, _op| model.clear(),
    ours |w, _things| w.clear(),

    1 Reserve
    model |_model, op| _ = op,
    ours |w, _things| w.reserve(op.value as usize % 512),

    1 TryReserve
    model |_model, op| {
        _ = op;
        Ok::<_, ()>(())
    },
    ours |w, _things| w.try_reserve(op.value as usize % 512).map_err(|_| ()),

    1 ShrinkToFit
    model |_model, _op| (),
    ours |w, _things| w.shrink_to_fit(),

    1 RetainLess
    model |model, op| model.retain(|_, value| *value < op.value),
    ours |w, things| w.retain(|_, value| {
        things.inside();
        value.number() < op.value
    }),

    2 Compute
    model |model, op| {
        let before = model.get(&op.key).copied();
        (set(model, op.key, op.option), vec![before])
    },
    ours |w, things| {
        let mut seen = Vec::new();
        let after = w.compute(things.key(op.key), |old| {
            things.inside();
            seen.push(old.map(Number::number));
            op.option.map(|value| things.value(value))
        });
        (after, seen)
    },

    1 ComputeIfAbsent
    model |model, op| match model.get(&op.key) {
        Some(value) => (Some(*value), vec![]),
        None => (set(model, op.key, op.option), vec![()]),
    },
    ours |w, things| {
        let mut calls = Vec::new();
        let after = w.compute_if_absent(things.key(op.key), || {
            things.inside();
            calls.push(());
            op.option.map(|value| things.value(value))
        });
        (after, calls)
    },

    1 ComputeIfPresent
    model |model, op| match model.get(&op.key).copied() {
        Some(value) => (set(model, op.key, op.option), vec![value]),
        None => (None, vec![]),
    },
    ours |w, things| {
        let mut seen = Vec::new();
        let after = w.compute_if_present(things.key(op.key), |old| {
            things.inside();
            seen.push(old.number());
            op.option.map(|value| things.value(value))
        });
        (after, seen)
    },

    // An odd sum removes the key.
    2 Merge
    model |model, op| {
        let new = match model.get(&op.key) {
            Some(old) => Some(old.wrapping_add(op.value)).filter(|sum| !is_odd(sum)),
            None => Some(op.value),
        };
        set(model, op.key, new)
    },
    ours |w, things| {
        // The closure drops what it owns, inside the write.
        let mut given = None;
        let after = w.merge(things.key(op.key), things.value(op.value), |old, new| {
            things.inside();
            let sum = old.number().wrapping_add(new.number());
            given = Some(new);
            (!is_odd(&sum)).then(|| things.value(sum))
        });
        drop(given);
        after
    },

    1 GetOrInsertWith
    model |model, op| {
        let calls = if model.contains_key(&op.key) { vec![] } else { vec![()] };
        (*model.entry(op.key).or_insert(op.value), calls)
    },
    ours |w, things| {
        let mut calls = Vec::new();
        let value = w.get_or_insert_with(things.key(op.key), || {
            things.inside();
            calls.push(());
            things.value(op.value)
        });
        (value, calls)
    },

    1 FailToCompute
    model |_model, op| Err::<Option<u32>, _>(op.value),
    ours |w, things| w.try_compute(things.key(op.key), |_| {
        things.inside();
        Err(things.value(op.value))
    }),

    1 FailToComputeIfAbsent
    model |model, op| model.get(&op.key).copied().map(Some).ok_or(op.value),
    ours |w, things| w.try_compute_if_absent(things.key(op.key), || {
        things.inside();
        Err(things.value(op.value))
    }),

    1 FailToComputeIfPresent
    model |model, op| match model.get(&op.key) {
        Some(_) => Err(op.value),
        None => Ok(None::<u32>),
    },
    ours |w, things| w.try_compute_if_present(things.key(op.key), |_| {
        things.inside();
        Err(things.value(op.value))
    }),

    1 FailToMerge
    model |model, op| match model.get(&op.key) {
        Some(_) => Err(op.value),
        None => Ok(set(model, op.key, Some(op.value))),
    },
    ours |w, things| w.try_merge(things.key(op.key), things.value(op.value), |_, new| {
        things.inside();
        Err(new)
    }),

    1 FailToGetOrInsertWith
    model |model, op| model.get(&op.key).copied().ok_or(op.value),
    ours |w, things| w.try_get_or_insert_with(things.key(op.key), || {
        things.inside();
        Err(things.value(op.value))
    }),

    1 InsertIfAbsent
    model |model, op| match model.get(&op.key) {
        Some(_) => Err(op.value),
        None => {
            model.insert(op.key, op.value);
            Ok(())
        }
    },
    ours |w, things| w.insert_if_absent(things.key(op.key), things.value(op.value)),

    1 Replace
    model |model, op| {
        let old = model.get(&op.key).copied();
        old.inspect(|_| _ = model.insert(op.key, op.value))
    },
    ours |w, things| w.replace(things.key(op.key), things.value(op.value)),

    1 ReplaceIfOdd
    model |model, op| {
        let expected = model.get(&op.key).is_some_and(is_odd);
        if expected {
            model.insert(op.key, op.value);
        }
        expected
    },
    ours |w, things| {
        let condition = |value: &_| {
            things.inside();
            is_odd(value)
        };
        w.replace_if(things.key(op.key), condition, things.value(op.value))
    },

    1 Update
    model |model, op| model.get_mut(&op.key).map(|value| {
        *value = value.wrapping_mul(op.value);
        *value
    }),
    ours |w, things| w.update(&things.key(op.key), |value| {
        things.inside();
        things.value(value.number().wrapping_mul(op.value))
    }),

    1 RemoveIfOdd
    model |model, op| {
        let expected = model.get(&op.key).is_some_and(is_odd);
        expected && model.remove(&op.key).is_some()
    },
    ours |w, things| w.remove_if(&things.key(op.key), |value| {
        things.inside();
        is_odd(value)
    }),

    1 RemoveEntry
    model |model, op| model.remove_entry(&op.key),
    ours |w, things| w.remove_entry(&things.key(op.key)),

    1 RemoveEntryIfOdd
    model |model, op| {
        let expected = model.get(&op.key).is_some_and(is_odd);
        expected.then(|| model.remove_entry(&op.key)).flatten()
    },
    ours |w, things| w.remove_entry_if(&things.key(op.key), |key, value| {
        things.inside();
        assert_eq!(key.number(), op.key);
        is_odd(value)
    }),
}
