//! A price list with the day that it is from.

use evmap::handles::ReadHandle;

fn show(prices: &ReadHandle<String, u32, &'static str>, item: &str) -> String {
    let day = prices.meta().map_or("nobody knows when", |day| *day);
    match prices.get_one(item) {
        Some(price) => format!("{item} costs {} on {day}", *price),
        None => format!("no {item} on {day}"),
    }
}

pub fn run() -> String {
    let (mut writer, prices) = evmap::Options::default().with_meta("Sunday").construct();
    writer.publish();
    let before = show(&prices, "milk");

    writer.extend([("milk".to_string(), 120), ("salt".to_string(), 80)]);
    writer.remove_entry("salt".to_string());
    writer.set_meta("Monday");
    writer.publish();
    let after = show(&prices, "milk");
    assert!(!prices.contains_key("salt"));

    format!("{before}; {after}; {}", prices.len())
}
