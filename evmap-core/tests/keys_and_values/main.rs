//! Keys and values that panic, lie, are large, are nothing, or count their lives, in every engine.

#[macro_use]
#[path = "../each_engine/mod.rs"]
mod each_engine;
mod drops;
mod lies;
mod lives;
mod panics;
mod sizes;

use each_engine::map;
