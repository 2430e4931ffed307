//! `compare stall`: what a guard costs that is held forever.
//!
//! Readers go on in any case; these are the figures of the writer, and of those that come meanwhile.

mod blocked;
mod guard;
mod map;
pub mod peer;
mod rate;

use std::time::Duration;

use serde::Serialize;

use crate::case::Case;
use crate::plan::Plan;
use crate::report::spread;
use crate::table::Table;

pub use blocked::Blocked;
#[cfg(test)]
pub use blocked::Call;
pub use peer::Peer;
pub use rate::{CASE, HELD, Past, UNHELD};

/// The name of what others do meanwhile, among the targets.
pub const BLOCKED: &str = "blocked";

/// Keys in the map.
const ENTRIES: usize = 100_000;

/// What is not in the table of rates.
#[derive(Serialize)]
pub struct Stall {
    /// How long it takes to go past a guard, once.
    pub past: Vec<Past>,
    /// What a refresh does that waits, and what others can do meanwhile.
    pub blocked: Blocked,
    /// What the crates.io left-right does.
    pub peer: Peer,
}

/// The table of rates, and the rest.
pub fn measure(plan: &Plan) -> (Case, Stall) {
    let (case, past) = rate::measure(plan);
    let stall = Stall {
        past,
        blocked: blocked::measure(plan),
        peer: Peer::watch(),
    };
    (case, stall)
}

impl Stall {
    /// For people.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for past in &self.past {
            let (map, how, ms) = (past.map, past.how, spread(past.ms));
            text += &format!("{map}: to go past the guard, once: {ms} ms ({how})\n");
        }
        let Blocked {
            sessions,
            lasting,
            share,
            calls,
        } = &self.blocked;
        text += &format!(
            "\nstall/{BLOCKED}: while a refresh waits for a guard; {sessions} times {lasting:?}\n"
        );
        let mut table = Table::default();
        table.row(["microseconds", "median", "99 of 100 within", "longest"]);
        for call in calls {
            table.row([
                call.name.to_string(),
                format!("{:.2}", call.median.median),
                spread(call.most.scaled(1_000.0)),
                format!("{:.1}", call.longest),
            ]);
        }
        text += &table.text();
        if let Some(share) = share {
            let percent = spread(share.scaled(100.0));
            text += &format!("the waiting thread: {percent} % of a processor\n");
        }
        text + &self.peer.text()
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn us(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000_000.0
}
