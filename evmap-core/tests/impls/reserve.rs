//! Capacity that a table reserves, or refuses.

use evmap_core::table::{Engine, Table};

on_each! {
    reserved_capacity_is_there,
    more_than_memory_holds_is_refused,
    nothing_is_refused_to_a_table_that_has_the_capacity,
}

fn rehash(key: &u64) -> u64 {
    key.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn table_of<E: Engine>(len: u64) -> E::Table<u64, [u8; 16]> {
    let mut table = E::Table::with_capacity(0);
    for key in 0..len {
        table.insert(rehash(&key), key, [7; 16], rehash);
    }
    table
}

fn reserved_capacity_is_there<E: Engine>() {
    for len in [0, 10, 900] {
        let mut table = table_of::<E>(len);
        table.try_reserve(5_000, rehash).unwrap();
        let capacity = table.capacity();
        assert!(capacity >= 5_000 + len as usize);
        for key in len..len + 5_000 {
            table.insert(rehash(&key), key, [8; 16], rehash);
        }
        assert_eq!(
            (table.capacity(), table.len() as u64),
            (capacity, len + 5_000)
        );
    }
}

fn more_than_memory_holds_is_refused<E: Engine>() {
    for len in [0, 1, 10, 900] {
        let mut table = table_of::<E>(len);
        let before = (table.len(), table.capacity());
        for additional in [
            usize::MAX,
            usize::MAX - 1,
            usize::MAX / 2,
            isize::MAX as usize / 24,
        ] {
            let error = table.try_reserve(additional, rehash).unwrap_err();
            assert_eq!(error.additional, additional);
            let told = error.to_string();
            assert!(told.contains(&additional.to_string()), "{told}");
            table.reserve(additional, rehash);
            assert_eq!((table.len(), table.capacity()), before);
        }
        for key in 0..len {
            assert!(table.find(rehash(&key), &key).is_some());
        }
        table.try_reserve(10, rehash).expect("less is possible");
    }
}

fn nothing_is_refused_to_a_table_that_has_the_capacity<E: Engine>() {
    let mut table = table_of::<E>(10);
    let capacity = table.capacity();
    for additional in [0, capacity - 10] {
        table
            .try_reserve(additional, |_| panic!("no hash"))
            .unwrap();
        assert_eq!(table.capacity(), capacity);
    }
}
