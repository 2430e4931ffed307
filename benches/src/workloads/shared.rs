//! `compare shared`: lookups through one value that all threads share, as a web framework's state is.
//!
//! The base is what that is not: a `ReadHandle` for each thread.

use super::lookups::{CONDITIONS, Lookups};
use super::{MOST, Workload, number, or, rows};
use crate::contenders::{HANDLE, Hasher, SHARED_READER, Way};
use crate::keys::{Number, Order, draw};
use crate::paired::{Case, Head, Plan, count};

/// Of the tables.
pub const NAME: &str = "shared";

/// Which tables to share.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    /// Table sizes, such as 1k,100k
    #[arg(long, value_delimiter = ',', value_parser = number::<1, MOST>, value_name = "N,..")]
    sizes: Vec<usize>,
}

impl Workload for Args {
    fn measure(&self, plan: &Plan, show: &mut dyn FnMut(Case)) {
        for size in or(&self.sizes, &[1_000, 100_000]) {
            let lookups = Lookups::<Number>::new(draw(size, 1, Order::Uniform), true, Way::Single);
            let head = Head::new(
                format!("{NAME}/{}", count(size)),
                format!(
                    "one lookup per guard through one value, {} keys",
                    count(size)
                ),
                [HANDLE.name, SHARED_READER.name],
                CONDITIONS,
            );
            show(lookups.table(head, plan, || {
                let hasher = Hasher::default();
                rows(&HANDLE, |contender| Some(contender.shares?(size, &hasher)))
            }));
        }
    }
}
