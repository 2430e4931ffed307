//! A price list with the day that it is from.

use evmap_core::{Builder, DefaultHashBuilder, ReadHandle};

fn show(prices: &ReadHandle<String, u32, DefaultHashBuilder, &'static str>, item: &str) -> String {
    let day = *prices.read().meta();
    match prices.get(item) {
        Some(price) => format!("{item} costs {} on {day}", *price),
        None => format!("no {item} on {day}"),
    }
}

pub fn run() -> String {
    let (mut writer, prices) = Builder::new().meta("Sunday").build();
    writer.refresh();
    let before = show(&prices, "milk");

    writer.extend([("milk".to_string(), 120), ("salt".to_string(), 80)]);
    writer.remove("salt");
    writer.set_meta("Monday");
    writer.refresh();
    let after = show(&prices, "milk");
    assert!(!prices.contains_key("salt"));

    format!("{before}; {after}; {}", prices.len())
}
