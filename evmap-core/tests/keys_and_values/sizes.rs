//! Keys and values that are large or zero-sized.

use evmap_core::table::Engine;

use crate::map;

on_each! {
    values_of_any_size_and_alignment_are_kept,
}

fn values_of_any_size_and_alignment_are_kept<E: Engine>() {
    #[derive(Clone, Debug, PartialEq)]
    #[repr(align(128))]
    struct Aligned(u8);

    let (mut writer, reader) = map::<u32, (), E>();
    writer.extend((0..100).map(|n| (n, ())));
    writer.refresh();
    assert_eq!(reader.len(), 100);
    assert_eq!(reader.get_cloned(&7), Some(()));

    let (mut writer, reader) = map::<(), u32, E>();
    writer.extend([((), 1), ((), 2)]);
    writer.refresh();
    assert_eq!((reader.len(), reader.get_cloned(&())), (1, Some(2)));

    let (mut writer, reader) = map::<u32, [u8; 65_536], E>();
    for n in 0..20 {
        writer.insert(n, [n as u8; 65_536]);
        writer.refresh();
    }
    assert!((0..20).all(|n| reader.get(&n).unwrap().iter().all(|&byte| byte == n as u8)));

    let (mut writer, reader) = map::<u8, Aligned, E>();
    writer.extend((0..100).map(|n| (n, Aligned(n))));
    writer.refresh();
    for n in 0..100 {
        let value = reader.get(&n).unwrap();
        assert_eq!(*value, Aligned(n));
        assert_eq!(std::ptr::from_ref(&*value).addr() % 128, 0);
    }
    assert_eq!(writer.verify_copies(), Ok(()));
}
