//! Names that several files say: of operations, and of rows.
//!
//! Names that only one table has stand beside that table.

pub const READ: &str = "read";
pub const SHARED: &str = "shared";
pub const FILLED: &str = "filled";
pub const WRITE: &str = "write";
pub const MIXED: &str = "mixed";
pub const MANY: &str = "many";
pub const STALL: &str = "stall";
pub const GROWTH: &str = "growth";
/// The second table of [`GROWTH`].
pub const GROW: &str = "grow";
pub const ENGINES: &str = "engines";
pub const MEMORY: &str = "memory";

/// hashbrown's map, which nobody shares.
pub const BARE: &str = "bare";
/// The second row of each table, made as the first is.
pub const CONTROL: &str = "control";

pub const OURS_AUTO: &str = "ours, Auto";
pub const OURS_MEMBARRIER: &str = "ours, Membarrier";
pub const OURS_SEQ_CST: &str = "ours, SeqCst";

pub const SWISS: &str = "Swiss";
pub const INCREMENTAL: &str = "Incremental";
pub const ROBIN_HOOD: &str = "RobinHood";

pub const ARC_SWAP_CACHE: &str = "arc-swap cache";
pub const ARC_SWAP_LOAD: &str = "arc-swap load";
pub const DASHMAP: &str = "dashmap";
pub const EVMAP: &str = "evmap";
pub const FLASHMAP: &str = "flashmap";
pub const LEFT_RIGHT: &str = "left-right";
pub const PAPAYA: &str = "papaya";
pub const PARKING_LOT: &str = "parking_lot";
pub const SCC: &str = "scc";
pub const STD_RWLOCK: &str = "std RwLock";
