//! Scores of players, who come and go.

use evmap_core::SharedMap;

pub fn run() -> String {
    let scores = SharedMap::new();
    for (player, points) in [("ann", 10), ("bob", 20), ("cid", 5)] {
        scores.insert(player, points);
    }
    assert_eq!(scores.len(), 3);

    // A player with 20 points has won, and leaves.
    scores.compute_if_present("ann", |points| Some(points + 1));
    scores.compute_if_present("bob", |points| (*points < 20).then_some(0));
    let is_refused = scores.insert_if_absent("cid", 99).is_err();
    let has_left = scores.remove("cid").is_some();
    scores.insert("dan", 0);
    scores.retain(|_, points| *points > 0);

    let ann = scores.get("ann").map_or(0, |points| *points);
    let (bob, dan) = (scores.contains_key("bob"), scores.contains_key("dan"));
    format!("{is_refused} {has_left} {ann} {bob} {dan} {}", scores.len())
}
