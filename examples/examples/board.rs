//! A scoreboard: `left-right` around a data structure of one's own, with operations of one's own.
//!
//! Readers always see a ranking that is sorted and complete, and never wait for the writer.

use std::thread;

use left_right::{DelayWriteHandle, OpWriteHandle, Operation, ReadHandle, WriteHandle};

/// Players by score, best first; those with equal scores by name.
#[derive(Clone, Default)]
struct Board {
    ranking: Vec<(i64, String)>,
}

/// A change as data, so that it can be made to both copies of the board.
struct Score {
    player: String,
    points: i64,
}

impl Operation<Board> for Score {
    fn apply(&mut self, board: &mut Board) {
        let ranking = &mut board.ranking;
        match ranking.iter_mut().find(|(_, name)| *name == self.player) {
            Some((score, _)) => *score += self.points,
            None => ranking.push((self.points, self.player.clone())),
        }
        ranking.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    }
}

/// Reads until the game is over, and returns how many different boards were seen.
fn watch(reader: ReadHandle<Board>) -> usize {
    let mut versions = 0;
    let mut last = None;
    while reader.is_writer_alive() {
        let board = reader.read();
        assert!(board.ranking.is_sorted_by_key(|(score, _)| -score));
        if last.replace(board.version()) != Some(board.version()) {
            versions += 1;
        }
    }
    versions
}

fn main() {
    let write = WriteHandle::cloned(Board::default());
    let mut write = OpWriteHandle::new(DelayWriteHandle::new(write));
    let last_look = write.read_handle();
    let watchers: Vec<_> = (0..2)
        .map(|_| write.read_handle())
        .map(|reader| thread::spawn(move || watch(reader)))
        .collect();

    for round in 1..=1000 {
        for (player, points) in [
            ("Ada", round % 7),
            ("Grace", round % 5),
            ("Linus", round % 11),
        ] {
            let player = player.to_owned();
            write.push(Score { player, points });
        }
        // The three scores of a round become visible together.
        write.swap_buffers();
    }
    let rounds = write.version();
    drop(write);

    for (watcher, seen) in watchers.into_iter().enumerate() {
        let seen = seen.join().expect("the watcher");
        println!("watcher {watcher} saw {seen} of {rounds} boards, each of them sorted");
    }
    // The last published board outlives its writer.
    for (rank, (score, player)) in last_look.read().ranking.iter().enumerate() {
        println!("{}. {player:6} {score:5}", rank + 1);
    }
}
