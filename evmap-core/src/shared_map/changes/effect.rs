//! [`Effect`]: what a write did to one key, and [`Change`]: what one version changed.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use left_right::Version;

/// What a write did.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Effect<K, V> {
    /// The key has this value now.
    Insert(K, V),
    /// The key was removed.
    Remove(K),
    /// All keys were removed.
    Clear,
}

impl<K, V> Effect<K, V> {
    /// The key that has changed, or `None` if all have.
    pub fn key(&self) -> Option<&K> {
        match self {
            Effect::Insert(key, _) | Effect::Remove(key) => Some(key),
            Effect::Clear => None,
        }
    }
}

/// What one version of a map changed: see [`Changes`](super::Changes).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change<K, V> {
    /// The version that shows these effects. Versions that had none, or none that the subscriber asked for, are left
    /// out.
    pub version: Version,
    /// The effects, in the order in which the writes made them. All subscribers share them.
    pub effects: Arc<[Effect<K, V>]>,
}

/// There is no next change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChangesError {
    /// More changes were made than the subscriber's capacity holds, so changes are lost. The stream goes on after
    /// [`start`](super::Changes::start), which is a later version now.
    Lagged,
    /// The map is gone, and all its changes were returned.
    Closed,
}

impl fmt::Display for ChangesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ChangesError::Lagged => {
                "changes are lost, since more were made than the subscriber's capacity holds"
            }
            ChangesError::Closed => "there are no more changes, since the map is gone",
        })
    }
}

impl Error for ChangesError {}
