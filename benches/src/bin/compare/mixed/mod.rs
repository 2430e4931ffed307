//! `compare mixed`: a reader while a writer refreshes now and then.

mod contender;
mod kept;
mod sweep;

use crate::case::Case;
use crate::partner::Partner;
use crate::plan::Plan;

pub use kept::{DISTURBED, OURS};
pub use sweep::{AUTO, BOTH, CASES as SWEPT, MEMBARRIER, SEQ_CST};

/// What a reader keeps of its rate, by contender; and what each fence mode costs, by interval.
pub fn measure<'a>(plan: &'a Plan, partner: &'a Partner) -> impl Iterator<Item = Case> + 'a {
    let kept = kept::SIZES.into_iter();
    let swept = sweep::INTERVALS.into_iter().zip(SWEPT);
    kept.map(move |size| kept::measure(size, plan, partner))
        .chain(swept.map(move |(every, name)| sweep::measure(every, name, plan, partner)))
}
