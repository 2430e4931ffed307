//! Tests over every engine: a macro that generates them, and the handles of a map by its engine.

use evmap_core::table::Engine;
use evmap_core::{Builder, DefaultHashBuilder, ReadHandle, WriteHandle};

/// Runs each of these tests over every engine.
macro_rules! on_each {
    ($($test:ident,)*) => {
        on_each! { @engine swiss Swiss $($test)* }
        on_each! { @engine incremental Incremental $($test)* }
        on_each! { @engine robin_hood RobinHood $($test)* }
    };
    (@engine $name:ident $Engine:ident $($test:ident)*) => {
        mod $name {
            $(#[test]
            fn $test() {
                super::$test::<evmap_core::table::$Engine>();
            })*
        }
    };
}

pub type Writer<K, V, E> = WriteHandle<K, V, DefaultHashBuilder, (), E>;
pub type Reader<K, V, E> = ReadHandle<K, V, DefaultHashBuilder, (), E>;

pub fn map<K, V, E: Engine>() -> (Writer<K, V, E>, Reader<K, V, E>) {
    Builder::new().engine::<E>().build()
}
