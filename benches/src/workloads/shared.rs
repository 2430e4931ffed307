//! `compare shared`: lookups through one value that all threads share, as a web framework's state is.
//!
//! The base is what that is not: a `ReadHandle` for each thread.

use super::lookups::Sizes;
use super::{Workload, rows};
use crate::contenders::{HANDLE, Hasher, SHARED_READER};
use crate::paired::{Case, Plan};

/// Of the tables.
pub const NAME: &str = "shared";

/// Which tables to share.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    #[command(flatten)]
    sizes: Sizes,
}

impl Workload for Args {
    fn measure(&self, plan: &Plan, show: &mut dyn FnMut(Case)) {
        let title = "one lookup per guard through one value";
        self.sizes.tables(
            [NAME, title],
            [HANDLE.name, SHARED_READER.name],
            plan,
            show,
            |size| {
                let hasher = Hasher::default();
                rows(&HANDLE, |contender| Some(contender.shares?(size, &hasher)))
            },
        );
    }
}
