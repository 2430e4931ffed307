//! The traits and small methods of views, readers and their iterators, over every engine.

use evmap_core::table::Engine;

#[macro_use]
#[path = "../each_engine/mod.rs"]
mod each_engine;

mod bags;
mod iterators;
mod own_view;
mod readers;
mod reserve;
mod snapshots;
mod views;
mod writes;

use each_engine::{Reader, Writer};

/// A map with this many entries `(n, n.to_string())`, published.
fn map_of<E: Engine>(entries: u32) -> (Writer<u32, String, E>, Reader<u32, String, E>) {
    let (mut writer, reader) = each_engine::map::<u32, String, E>();
    writer.extend((0..entries).map(|n| (n, n.to_string())));
    writer.refresh();
    (writer, reader)
}
