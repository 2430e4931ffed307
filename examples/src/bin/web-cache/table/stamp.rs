//! What tells one state of a file from another without reading it.

use std::{fs, io, path::Path, time::SystemTime};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    modified: Option<SystemTime>,
    len: u64,
    /// Changes when another file takes the name.
    inode: u64,
    /// When the file or what is known of it last changed; nobody can set it back, as they can `modified`.
    changed: (i64, i64),
}

impl Stamp {
    pub fn of(metadata: &fs::Metadata) -> Self {
        Stamp {
            modified: metadata.modified().ok(),
            len: metadata.len(),
            inode: inode(metadata),
            changed: changed(metadata),
        }
    }

    pub fn of_path(path: &Path) -> io::Result<Self> {
        fs::metadata(path).map(|metadata| Stamp::of(&metadata))
    }

    /// Whether both are states of one file, not of two that had the name in turn.
    pub fn same_file(&self, other: &Stamp) -> bool {
        self.inode == other.inode
    }
}

#[cfg(unix)]
fn inode(metadata: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(unix)]
fn changed(metadata: &fs::Metadata) -> (i64, i64) {
    use std::os::unix::fs::MetadataExt as _;

    (metadata.ctime(), metadata.ctime_nsec())
}

#[cfg(not(unix))]
fn changed(_: &fs::Metadata) -> (i64, i64) {
    (0, 0)
}

#[cfg(not(unix))]
fn inode(_: &fs::Metadata) -> u64 {
    0
}
