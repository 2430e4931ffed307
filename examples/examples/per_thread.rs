//! One read handle for each thread: the fastest way to read a map from many threads.
//!
//! A handle belongs to one thread at a time; a factory, which is shared freely, makes one wherever a thread begins.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

const KEYS: u64 = 10_000;
const REFRESHES: u64 = 100;

/// Looks keys up until `done`, and returns how many lookups there were.
fn look_up(map: &evmap_core::ReadHandle<u64, u64>, done: &AtomicBool) -> u64 {
    let mut lookups = 0;
    let mut newest = 0;
    while !done.load(Ordering::Relaxed) {
        // One view is one version of the whole map, for as many lookups as one likes.
        let view = map.read();
        let generation = *view.get(&0).expect("key 0");
        for key in (0..KEYS).step_by(100) {
            assert_eq!(view.get(&key), Some(&generation), "a torn snapshot");
            lookups += 1;
        }
        assert!(generation >= newest, "a version went back");
        newest = generation;
    }
    lookups
}

fn main() {
    let (mut write, read) = evmap_core::new();
    write.extend((0..KEYS).map(|key| (key, 0)));
    write.refresh();

    let factory = write.factory();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let from_factory = scope.spawn(|| look_up(&factory.handle(), &done));
        // A clone serves as well, where a handle is at hand.
        let clone = read.clone();
        let from_clone = scope.spawn(|| {
            let map = clone;
            look_up(&map, &done)
        });

        for generation in 1..=REFRESHES {
            write.extend((0..KEYS).map(|key| (key, generation)));
            write.refresh();
        }
        done.store(true, Ordering::Relaxed);
        for (name, reader) in [("factory", from_factory), ("clone", from_clone)] {
            let lookups = reader.join().expect("the reader");
            println!("the thread with a handle of the {name} did {lookups} lookups");
        }
    });
    println!(
        "{REFRESHES} refreshes changed all of {KEYS} keys; {} is the last generation",
        read.get(&0).expect("key 0")
    );
}
