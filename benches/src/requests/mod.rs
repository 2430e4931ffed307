//! What a cache is asked for: a file for each kind of requests.
//!
//! Each kind makes a list of keys beforehand, the same for every cache.

mod cycle;
mod scan;
mod shift;
mod trace;
mod zipf;

pub use self::cycle::cycle;
pub use self::scan::scan;
pub use self::shift::shift;
pub use self::trace::{NAMES, Trace, directory, file_name};
pub use self::zipf::{zipf, zipf_keys};
