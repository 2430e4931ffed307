//! [`ReadArgs`]: which tables `compare read` shows.

use benches::lookups::Way;
use benches::slice::PIECE;

use super::variant::{Keys, Order, Variant};
use crate::args::{parse_count, parse_size};
use crate::plan::Plan;

/// Which tables to read from, and how.
#[derive(Clone, Default, clap::Args)]
pub struct ReadArgs {
    /// Table sizes, such as 1k,100k,4M
    #[arg(long, value_delimiter = ',', value_parser = parse_size, value_name = "N,..")]
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
    #[arg(long, value_parser = parse_per_guard, value_name = "N", default_value = "1")]
    per_guard: Lookups,

    /// Each kind of keys, order and way that has a table of its own
    #[arg(long, conflicts_with_all = ["keys", "order", "misses", "dependent", "per_guard"])]
    all: bool,
}

/// Lookups per guard.
#[derive(Clone, Copy)]
struct Lookups(usize);

impl Default for Lookups {
    fn default() -> Self {
        Lookups(1)
    }
}

/// Tables up to this size are built in no time.
const SMALL: usize = 100_000;

impl ReadArgs {
    /// The tables to measure, each a variant and a size.
    ///
    /// By itself, plain lookups at all sizes, and misses and sixteen per guard at small ones.
    pub fn tables(&self, plan: &Plan) -> Vec<(Variant, usize)> {
        let chosen = self.variant();
        let variants = match (self.all, chosen == Variant::PLAIN) {
            (true, _) => Variant::ALL.to_vec(),
            (false, false) => vec![chosen],
            (false, true) => vec![Variant::PLAIN, Variant::MISSES, Variant::SIXTEEN_PER_GUARD],
        };
        let sizes = |variant: Variant| {
            let is_beside = !self.all && variant != chosen;
            let all = self.sizes(plan, variant).into_iter();
            all.filter(move |&size| !is_beside || size <= SMALL)
        };
        let tables = variants.into_iter();
        tables
            .flat_map(|variant| sizes(variant).map(move |size| (variant, size)))
            .collect()
    }

    fn variant(&self) -> Variant {
        Variant {
            keys: self.keys,
            order: self.order,
            misses: self.misses,
            way: match (self.dependent, self.per_guard.0) {
                (true, _) => Way::Dependent,
                (false, 1) => Way::Single,
                (false, lookups) => Way::Together(lookups),
            },
        }
    }

    /// Quick runs leave out the table that takes longest to build, and texts the table that takes
    /// most memory, unless one asks for it.
    fn sizes(&self, plan: &Plan, variant: Variant) -> Vec<usize> {
        if !self.sizes.is_empty() {
            self.sizes.clone()
        } else if plan.is_quick || variant.keys == Keys::String {
            vec![1_000, 100_000]
        } else {
            vec![1_000, 100_000, 4_000_000]
        }
    }
}

/// Lookups per guard, at most as many as there are between two looks at the clock.
fn parse_per_guard(text: &str) -> Result<Lookups, String> {
    parse_count(text, 1..=PIECE).map(Lookups)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        read: ReadArgs,
    }

    fn tables(arguments: &[&str]) -> Vec<String> {
        let program = Program::parse_from([&["compare"], arguments].concat());
        let tables = program.read.tables(&Plan::THOROUGH).into_iter();
        tables.map(|(variant, size)| variant.case(size)).collect()
    }

    #[test]
    fn plain_lookups_have_misses_and_sixteen_per_guard_beside_them() {
        let usual = [
            "1k",
            "100k",
            "4M",
            "1k/misses",
            "100k/misses",
            "1k/16-per-guard",
            "100k/16-per-guard",
        ];
        assert_eq!(tables(&[]), usual);
        assert_eq!(tables(&["--sizes", "4M"]), ["4M"]);
    }

    #[test]
    fn a_variant_that_is_named_is_the_only_one() {
        let sizes = ["1k/misses", "100k/misses", "4M/misses"];
        assert_eq!(tables(&["--misses"]), sizes);
        let texts = tables(&["--keys", "string", "--order", "zipf", "--per-guard", "8"]);
        let right = ["1k/string/zipf/8-per-guard", "100k/string/zipf/8-per-guard"];
        assert_eq!(texts, right);
        assert_eq!(tables(&["--dependent", "--sizes", "5"]), ["5/dependent"]);
        assert_eq!(tables(&["--all", "--sizes", "4M"]).len(), 7);
        let both = ["compare", "--dependent", "--misses"];
        assert!(Program::try_parse_from(both).is_err());
    }
}
