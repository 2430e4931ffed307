//! A reader that never leaves, and a writer that does not care.
//!
//! A guard holds up no reader and not the first refresh after it; the next one would wait for it.
//! With a `WriteHandle` the writer is told who is in the way, and goes past that reader by a fresh copy.
//! A `SharedMap` does the same by itself.

use std::{
    error::Error,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use evmap_core::{ReadHandle, SharedMap, WriteHandle};

const KEYS: u32 = 1000;
const WRITES: u32 = 5000;

/// Starts a thread that takes a view and sleeps in it forever; returns once it does.
fn stall(reader: ReadHandle<u32, u32>) {
    let (sender, has_view) = mpsc::channel();
    thread::spawn(move || {
        reader.set_label("the sleeper");
        let view = reader.read();
        sender.send(view.version()).expect("the main thread");
        loop {
            thread::park();
        }
    });
    let version = has_view.recv().expect("the sleeper");
    println!("  the sleeper holds a view of version {version}, and never wakes up");
}

/// The writer is told, and decides.
fn with_one_writer() -> Result<(), Box<dyn Error>> {
    println!("WriteHandle:");
    let (mut write, read): (WriteHandle<u32, u32>, _) = evmap_core::new();
    write.extend((0..KEYS).map(|key| (key, 0)));
    write.refresh();
    stall(write.read_handle());

    write.insert(0, 1);
    let version = write.refresh();
    println!("  the first refresh after that does not wait: version {version}");
    write.insert(0, 2);
    match write.refresh_timeout(Duration::from_millis(100)) {
        Ok(version) => return Err(format!("version {version} waited for nobody").into()),
        Err(error) => println!("  the second one says who is in the way: {error}"),
    }

    // A clone of what is published takes the place of the copy that the sleeper is in.
    write.rebuild()?;
    let started = Instant::now();
    for value in 3..WRITES {
        write.insert(0, value);
        write.refresh();
    }
    println!(
        "  after one rebuild, {} refreshes took {:.0?}: key 0 is {:?} in version {}",
        WRITES - 3,
        started.elapsed(),
        read.get_cloned(&0),
        read.version(),
    );
    println!(
        "  copies set aside for the sleeper: {}",
        write.stats().retired
    );
    Ok(())
}

/// There is nothing to decide.
fn with_a_shared_map() {
    println!("SharedMap:");
    let map: SharedMap<u32, u32> = (0..KEYS).map(|key| (key, 0)).collect();
    stall(map.read_handle());

    let mut longest = Duration::ZERO;
    let started = Instant::now();
    for value in 1..=WRITES {
        let began = Instant::now();
        map.insert(0, value);
        longest = longest.max(began.elapsed());
    }
    println!(
        "  {WRITES} writes took {:.0?}, the longest {longest:.0?} (50 ms is what a reader is waited for)",
        started.elapsed(),
    );
    let stats = map.stats();
    println!(
        "  key 0 is {:?} in version {}; fresh copies made: {}, set aside for the sleeper: {}",
        map.get_cloned(&0),
        stats.version,
        stats.rebuilds,
        stats.retired,
    );
}

fn main() -> Result<(), Box<dyn Error>> {
    with_one_writer()?;
    with_a_shared_map();
    // The sleepers end with the program.
    Ok(())
}
