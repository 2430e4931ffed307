//! Keys and values that panic, lie, are large or zero-sized, or count their drops, in every engine.

#[macro_use]
#[path = "../each_engine/mod.rs"]
mod each_engine;
mod drop_counts;
mod drops;
mod lying_keys;
mod panics;
mod sizes;

use each_engine::map;
