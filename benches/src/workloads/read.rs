//! `compare read`: lookups, keys in random order; one per guard, unless the arguments say otherwise.

use clap::ValueEnum;

use super::lookups::{CONDITIONS, Lookups, PIECE};
use super::{MOST, Workload, number, or, rows};
use crate::contenders::{BARE, Build, Contender, GUARD, Hasher, Map, Way};
use crate::keys::{Kind, Number, Order, Text, draw};
use crate::paired::{Case, Head, Plan, count};

pub use super::lookups::{ONE, TWO};

/// Of the tables.
pub const NAME: &str = "read";
/// Of the tables of keys that are not there.
pub const MISSES: &str = "misses";
/// Of the tables of sixteen lookups in one entry.
pub const SIXTEEN: &str = "16-per-guard";

/// From this many entries on, only plain lookups are measured by themselves.
const LARGE: usize = 1_000_000;

/// Which tables to read from, and how.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    /// Table sizes, such as 1k,100k,4M
    #[arg(long, value_delimiter = ',', value_parser = number::<1, MOST>, value_name = "N,..")]
    sizes: Vec<usize>,

    /// What the keys are: numbers, or short texts that are looked up by &str
    #[arg(long, value_enum, default_value_t)]
    keys: Keys,

    /// How often each key is asked for
    #[arg(long, value_enum, default_value_t)]
    order: Order,

    /// None of the keys is there
    #[arg(long)]
    misses: bool,

    /// Which key is next depends on the value just read
    #[arg(long, conflicts_with_all = ["misses", "per_guard"])]
    dependent: bool,

    /// This many lookups between entering and leaving once, for those that can
    #[arg(long, value_parser = number::<1, PIECE>, value_name = "N")]
    per_guard: Option<usize>,

    /// Each kind of keys, order and way that has a table of its own
    #[arg(long, conflicts_with_all = ["keys", "order", "misses", "dependent", "per_guard"])]
    all: bool,
}

/// A kind of keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, ValueEnum)]
enum Keys {
    #[default]
    U64,
    String,
}

/// What a lookup is asked for, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Variant {
    keys: Keys,
    order: Order,
    misses: bool,
    way: Way,
}

/// One lookup per guard, all hits.
const PLAIN: Variant = Variant {
    keys: Keys::U64,
    order: Order::Uniform,
    misses: false,
    way: Way::Single,
};
/// Those that are measured by themselves, and those that `--all` adds.
#[rustfmt::skip]
const USUAL: [Variant; 3] = [PLAIN, Variant { misses: true, ..PLAIN }, Variant { way: Way::Together(16), ..PLAIN }];
#[rustfmt::skip]
const OTHERS: [Variant; 4] = [
    Variant { order: Order::Zipf, ..PLAIN },
    Variant { way: Way::Dependent, ..PLAIN },
    Variant { keys: Keys::String, ..PLAIN },
    Variant { keys: Keys::String, misses: true, ..PLAIN },
];

impl Workload for Args {
    fn measure(&self, plan: &Plan, show: &mut dyn FnMut(Case)) {
        for (variant, size) in self.tables(plan) {
            show(match variant.keys {
                Keys::U64 => {
                    variant.table::<Number>(size, plan, |contender| Some(contender.reads?.0))
                }
                Keys::String => {
                    variant.table::<Text>(size, plan, |contender| Some(contender.reads?.1))
                }
            });
        }
    }
}

impl Args {
    /// By themselves: plain lookups at all sizes, and misses and sixteen per guard at small ones.
    ///
    /// Quick runs leave out the table that takes longest to build, and texts the one that takes most memory, unless
    /// that is asked for.
    fn tables(&self, plan: &Plan) -> Vec<(Variant, usize)> {
        let chosen = Variant {
            keys: self.keys,
            order: self.order,
            misses: self.misses,
            way: match self.per_guard {
                _ if self.dependent => Way::Dependent,
                None | Some(1) => Way::Single,
                Some(lookups) => Way::Together(lookups),
            },
        };
        let variants = match chosen {
            _ if self.all => [&USUAL[..], &OTHERS].concat(),
            PLAIN => USUAL.to_vec(),
            _ => vec![chosen],
        };
        let sizes = |variant: Variant| {
            let is_small = plan.is_quick || variant.keys == Keys::String;
            let usual = [1_000, 100_000, 4_000_000];
            let mut sizes = or(&self.sizes, if is_small { &usual[..2] } else { &usual });
            sizes.retain(|&size| self.all || variant == chosen || size < LARGE);
            sizes.into_iter().map(move |size| (variant, size))
        };
        variants.into_iter().flat_map(sizes).collect()
    }
}

impl Variant {
    fn table<K: Kind>(
        self,
        entries: usize,
        plan: &Plan,
        can: impl Fn(&Contender) -> Option<Build<Map<K>>>,
    ) -> Case {
        // Building large maps takes longer than reading them.
        let builds = if entries < LARGE { usize::MAX } else { 3 };
        let plan = plan.at_most(usize::MAX, builds);
        let mut keys = draw(entries, 1, self.order);
        if self.misses {
            keys.iter_mut().for_each(|key| *key += entries as u32);
        }
        let lookups = Lookups::<K>::new(keys, !self.misses, self.way);
        // What a second thread changes, it changes whatever the keys are.
        let conditions = if self == PLAIN {
            &CONDITIONS[..]
        } else {
            &CONDITIONS[..1]
        };
        let head = Head::new(
            self.name(entries),
            self.title(entries),
            [BARE.name, GUARD.name],
            conditions,
        );
        lookups.table(head, &plan, || {
            let hasher = Hasher::default();
            let mut all = rows(&BARE, |contender| Some(can(contender)?(entries, &hasher)));
            if matches!(self.way, Way::Together(_)) {
                all.retain(|(_, map)| map.reader.has_view());
            }
            all
        })
    }

    fn name(self, entries: usize) -> String {
        let mut name = format!("{NAME}/{}", count(entries));
        let mut add = |is_said: bool, word: &str| {
            if is_said {
                name += &format!("/{word}");
            }
        };
        add(self.keys == Keys::String, "string");
        add(self.order == Order::Zipf, "zipf");
        add(self.misses, MISSES);
        match self.way {
            Way::Single => {}
            Way::Dependent => add(true, "dependent"),
            Way::Together(16) => add(true, SIXTEEN),
            Way::Together(lookups) => add(true, &format!("{lookups}-per-guard")),
        }
        name
    }

    fn title(self, entries: usize) -> String {
        let how = match self.way {
            Way::Together(lookups) => format!("{lookups} lookups per guard"),
            Way::Single => "one lookup per guard".to_string(),
            Way::Dependent => {
                "one lookup per guard, each key known by the value before".to_string()
            }
        };
        let kind = if self.keys == Keys::String {
            " (String)"
        } else {
            ""
        };
        let order = if self.order == Order::Zipf {
            ", a few of them most of the time"
        } else {
            ""
        };
        let there = if self.misses {
            ", none of them there"
        } else {
            ""
        };
        format!("{how}, {} keys{kind}{order}{there}", count(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        read: Args,
    }

    fn tables(arguments: &str) -> Vec<String> {
        let program = Program::parse_from(arguments.split(' '));
        let tables = program.read.tables(&Plan::new(false)).into_iter();
        tables.map(|(variant, size)| variant.name(size)).collect()
    }

    #[test]
    fn plain_lookups_have_others_beside_them_and_a_variant_that_is_named_is_alone() {
        let usual = "read/1k read/100k read/4M read/1k/misses read/100k/misses \
                     read/1k/16-per-guard read/100k/16-per-guard";
        assert_eq!(tables("read").join(" "), usual);
        assert_eq!(tables("read --sizes 4M"), ["read/4M"]);
        assert_eq!(tables("read --misses --sizes 4M"), ["read/4M/misses"]);
        let odd = tables("read --keys string --order zipf --per-guard 8");
        assert_eq!(
            odd,
            [
                "read/1k/string/zipf/8-per-guard",
                "read/100k/string/zipf/8-per-guard"
            ]
        );
        assert_eq!(tables("read --dependent --sizes 5"), ["read/5/dependent"]);
        assert_eq!(tables("read --all --sizes 4M").len(), 7);
        assert!(Program::try_parse_from(["read", "--dependent", "--misses"]).is_err());
    }
}
