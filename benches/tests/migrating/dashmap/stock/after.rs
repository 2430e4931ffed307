//! Stock of a shop: orders that need enough of it.

use evmap_core::SharedMap;

type Stock = SharedMap<&'static str, u32>;

/// How many are left after the order, if there are enough.
fn order(stock: &Stock, item: &'static str, pieces: u32) -> Option<u32> {
    let enough = |left: &u32| left.checked_sub(pieces).map(Some).ok_or(());
    stock.try_compute_if_present(item, enough).ok()?
}

pub fn run() -> String {
    let stock: Stock = [("nail", 100), ("nut", 3)].into_iter().collect();
    let orders = [("nail", 30), ("nut", 4), ("nut", 3), ("bolt", 1)];
    let left: Vec<_> = orders
        .into_iter()
        .map(|(item, pieces)| order(&stock, item, pieces))
        .collect();

    // Items that are sold out are no longer offered.
    stock.remove_if("nut", |left| *left == 0);
    stock.update("nail", |left| left + 50);
    let nails = stock.get("nail").map_or(0, |left| *left);
    format!("{left:?}; {} items, {nails} nails", stock.len())
}
