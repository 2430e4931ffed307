//! [`Progress`]: a bar on the terminal, for the user who waits.
//!
//! It is drawn between rounds, by the thread that measures, and never while something is measured:
//! nothing ticks.

use std::fmt;
use std::io::{self, IsTerminal};
use std::path::Path;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::args::Args;

/// The bar, or none.
#[derive(Clone)]
pub struct Progress(Option<ProgressBar>);

/// One series of rounds: the bar goes when this does, before a table is printed.
pub struct Rounds<'p>(&'p Progress);

impl Progress {
    /// Nobody watches.
    pub const HIDDEN: Progress = Progress(None);

    /// On stderr, if somebody sees it there and not where the JSON goes.
    pub fn of(args: &Args) -> Self {
        if !io::stderr().is_terminal() || args.json.as_deref().is_some_and(is_stdout) {
            return Progress::HIDDEN;
        }
        Progress::on(ProgressDrawTarget::stderr())
    }

    fn on(target: ProgressDrawTarget) -> Self {
        let template = "{msg}  {bar:40}  round {pos} of {len}, {elapsed}";
        let style = ProgressStyle::with_template(template);
        let bar = ProgressBar::with_draw_target(Some(0), target);
        let bar = match style {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        };
        // Nothing is seen of it before rounds begin.
        bar.finish_and_clear();
        Progress(Some(bar))
    }

    /// What is measured from now on.
    pub fn name(&self, what: &'static str) {
        if let Some(bar) = &self.0 {
            bar.set_message(what);
        }
    }

    /// Shows the bar for this many rounds.
    pub fn begin(&self, rounds: usize) -> Rounds<'_> {
        if let Some(bar) = &self.0 {
            bar.set_length(rounds as u64);
            bar.reset();
        }
        Rounds(self)
    }
}

/// Under its usual names.
fn is_stdout(path: &Path) -> bool {
    ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].contains(&path.to_str().unwrap_or_default())
}

impl Rounds<'_> {
    /// One more is over.
    pub fn next(&self) {
        if let Rounds(Progress(Some(bar))) = self {
            bar.inc(1);
        }
    }
}

impl Drop for Rounds<'_> {
    fn drop(&mut self) {
        if let Rounds(Progress(Some(bar))) = self {
            bar.finish_and_clear();
        }
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let position = self.0.as_ref().map(ProgressBar::position);
        f.debug_tuple("Progress").field(&position).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_round_moves_it_by_one_and_the_next_series_begins_anew() {
        let progress = Progress::on(ProgressDrawTarget::hidden());
        let Progress(Some(bar)) = &progress else {
            panic!("no bar");
        };
        progress.name("read");
        for rounds in [3, 5] {
            let series = progress.begin(rounds);
            assert_eq!((bar.position(), bar.length()), (0, Some(rounds as u64)));
            for round in 1..=rounds {
                series.next();
                assert_eq!(bar.position(), round as u64);
            }
            assert!(!bar.is_finished());
            drop(series);
            assert!(bar.is_finished());
        }
        assert_eq!(bar.message(), "read");
    }

    #[test]
    fn the_json_s_way_to_the_terminal_is_known() {
        assert!(is_stdout(Path::new("/dev/stdout")));
        assert!(!is_stdout(Path::new("figures.json")));
    }
}
