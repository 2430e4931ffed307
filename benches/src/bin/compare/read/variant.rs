//! [`Variant`]: which lookups a table is about.

use benches::lookups::Way;
use benches::stream::Stream;
use clap::ValueEnum;

use crate::report::count;

/// What a lookup is asked for, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant {
    pub keys: Keys,
    pub order: Order,
    /// Whether none of the keys is there, or all are.
    pub misses: bool,
    pub way: Way,
}

/// A kind of keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Keys {
    #[default]
    U64,
    String,
}

/// How often a key is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Order {
    /// All alike.
    #[default]
    Uniform,
    /// By Zipf's law.
    Zipf,
}

/// Lookups in one entry, where nobody says otherwise.
const SIXTEEN: usize = 16;

impl Variant {
    /// One lookup per guard, all hits.
    pub const PLAIN: Variant = Variant {
        keys: Keys::U64,
        order: Order::Uniform,
        misses: false,
        way: Way::Single,
    };
    pub const MISSES: Variant = Variant {
        misses: true,
        ..Variant::PLAIN
    };
    pub const SIXTEEN_PER_GUARD: Variant = Variant {
        way: Way::Together(SIXTEEN),
        ..Variant::PLAIN
    };

    /// All that are measured when everything is.
    pub const ALL: [Variant; 7] = [
        Variant::PLAIN,
        Variant::MISSES,
        Variant::SIXTEEN_PER_GUARD,
        Variant {
            order: Order::Zipf,
            ..Variant::PLAIN
        },
        Variant {
            way: Way::Dependent,
            ..Variant::PLAIN
        },
        Variant {
            keys: Keys::String,
            ..Variant::PLAIN
        },
        Variant {
            keys: Keys::String,
            ..Variant::MISSES
        },
    ];

    /// What its tables are called, with this many keys.
    pub fn case(self, entries: usize) -> String {
        let mut name = count(entries);
        for (is_said, word) in self.words() {
            if is_said {
                name += &format!("/{word}");
            }
        }
        name
    }

    /// What sets it apart from the plain one.
    fn words(self) -> [(bool, String); 5] {
        let together = match self.way {
            Way::Together(lookups) => lookups,
            _ => 1,
        };
        [
            (self.keys == Keys::String, "string".to_string()),
            (self.order == Order::Zipf, "zipf".to_string()),
            (self.misses, "misses".to_string()),
            (self.way == Way::Dependent, "dependent".to_string()),
            (together > 1, format!("{together}-per-guard")),
        ]
    }

    /// For people.
    pub fn title(self, entries: usize) -> String {
        let how = match self.way {
            Way::Together(lookups) => format!("{lookups} lookups per guard"),
            Way::Single => "one lookup per guard".to_string(),
            Way::Dependent => {
                "one lookup per guard, each key known by the value before".to_string()
            }
        };
        let mut title = format!("{how}, {} keys", count(entries));
        if self.keys == Keys::String {
            title += " (String)";
        }
        if self.order == Order::Zipf {
            title += ", a few of them most of the time";
        }
        if self.misses {
            title += ", none of them there";
        }
        title
    }

    /// The keys, by their numbers.
    pub fn numbers(self, entries: usize) -> Vec<u64> {
        let stream = match self.order {
            Order::Uniform => Stream::new(entries),
            Order::Zipf => Stream::skewed(entries),
        };
        let first = if self.misses { entries as u64 } else { 0 };
        stream.keys().map(|number| first + number).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_says_how_it_differs_from_the_plain_one() {
        assert_eq!(Variant::PLAIN.case(1_000), "1k");
        assert_eq!(Variant::MISSES.case(4_000_000), "4M/misses");
        assert_eq!(Variant::SIXTEEN_PER_GUARD.case(1_000), "1k/16-per-guard");
        let odd = Variant {
            keys: Keys::String,
            order: Order::Zipf,
            misses: false,
            way: Way::Dependent,
        };
        assert_eq!(odd.case(100_000), "100k/string/zipf/dependent");
    }

    #[test]
    fn all_variants_differ() {
        for (number, one) in Variant::ALL.iter().enumerate() {
            assert!(!Variant::ALL[..number].contains(one), "{one:?}");
        }
    }

    #[test]
    fn misses_are_of_keys_that_nobody_holds() {
        assert!(Variant::PLAIN.numbers(100).iter().all(|&n| n < 100));
        assert!(Variant::MISSES.numbers(100).iter().all(|&n| n >= 100));
    }
}
