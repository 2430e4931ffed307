//! Which shops sell a fruit: many values for each key.

pub fn run() -> String {
    let (mut shops, reader) = evmap_core::multimap::new();
    shops.insert("apple", "north");
    shops.insert("apple", "south");
    shops.insert("pear", "north");
    shops.refresh();

    let apples = reader.get("apple").map_or(0, |shops| shops.len());
    assert!(reader.contains_value("apple", &"south"));

    // The south has no more apples, and only the east has pears.
    shops.remove_value("apple", "south");
    shops.update("pear", "east");
    assert_eq!(reader.get_one("pear").as_deref(), Some(&"north"));
    shops.refresh();

    let left = reader.get("apple").map_or(0, |shops| shops.len());
    let pears = reader.get_one("pear").map_or("nobody", |shop| *shop);
    format!("apples in {apples} shops, then in {left}; pears in the {pears}")
}
