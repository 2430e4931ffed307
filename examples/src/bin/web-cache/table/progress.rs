//! A progress bar for tables that take more than a moment to read.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Shown once reading has taken this long.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two looks at the clock.
const STEP: usize = 256 * 1024;

pub struct Progress {
    state: State,
    total: usize,
    next_look: usize,
}

enum State {
    Silent,
    Waiting(Instant),
    Shown(ProgressBar),
}

impl Progress {
    pub fn silent() -> Self {
        Progress {
            state: State::Silent,
            total: 0,
            next_look: usize::MAX,
        }
    }

    /// To standard error, if that is a terminal.
    pub fn on_terminal() -> Self {
        Progress {
            state: State::Waiting(Instant::now()),
            total: 0,
            next_look: 0,
        }
    }

    /// There are this many bytes to read.
    pub fn expect(&mut self, bytes: usize) {
        self.total = bytes;
    }

    /// This many bytes have been read.
    pub fn reached(&mut self, bytes: usize) {
        if bytes < self.next_look {
            return;
        }
        self.next_look = bytes.saturating_add(STEP);
        if let State::Waiting(since) = self.state
            && since.elapsed() > PATIENCE
        {
            self.state = State::Shown(bar(self.total));
        }
        if let State::Shown(bar) = &self.state {
            bar.set_position(bytes as u64);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let State::Shown(bar) = &self.state {
            bar.finish_and_clear();
        }
    }
}

/// A bar draws to standard error, and draws nothing where that is no terminal.
fn bar(total: usize) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{msg} {wide_bar} {bytes} of {total_bytes}, {eta} left")
            .expect("the template is valid");
    ProgressBar::new(total as u64)
        .with_style(style)
        .with_message("reading the table")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_shown(progress: &Progress) -> bool {
        matches!(progress.state, State::Shown(_))
    }

    #[test]
    fn a_bar_is_shown_only_after_a_while() {
        let mut progress = Progress::on_terminal();
        progress.expect(10 * STEP);
        progress.reached(STEP);
        // However long the line above took.
        progress.state = State::Waiting(Instant::now() + 3600 * PATIENCE);
        progress.reached(2 * STEP);
        assert!(!is_shown(&progress));
        let long_ago = Instant::now().checked_sub(2 * PATIENCE);
        progress.state = State::Waiting(long_ago.expect("a machine that has run for two seconds"));
        progress.reached(3 * STEP);
        assert!(is_shown(&progress));
    }

    #[test]
    fn a_reload_shows_no_bar() {
        let mut progress = Progress::silent();
        progress.reached(usize::MAX);
        assert!(!is_shown(&progress));
    }
}
