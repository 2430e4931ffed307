//! Callers that load a key, or wait for another's load, while the key changes.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use loom::sync::Mutex;
use loom::sync::atomic::{AtomicU32, Ordering};
use loom::thread::{self, Thread};

use crate::flights::{Flights, Joined, Label, Waiting};
use crate::model;

const KEY: u64 = 7;

/// A cache with one key, and the database that it is loaded from.
struct Cache {
    flights: Flights<u64, u32>,
    /// What the map has, under its lock.
    map: Mutex<Option<u32>>,
    database: AtomicU32,
    loads: AtomicU32,
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits on this thread.
fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

impl Cache {
    fn new() -> Arc<Self> {
        Arc::new(Cache {
            flights: Flights::default(),
            map: Mutex::new(None),
            database: AtomicU32::new(1),
            loads: AtomicU32::new(0),
        })
    }

    fn found(&self) -> Option<u32> {
        *self.map.lock().expect("no panic")
    }

    /// As `get_with`.
    fn get_with(&self) -> u32 {
        loop {
            if let Some(value) = self.found() {
                return value;
            }
            match self.flights.join(KEY, &KEY, &Label::default(), None) {
                Joined::Wait(flight) => {
                    if let Some(value) = wait(Waiting::new(flight)) {
                        return value;
                    }
                }
                Joined::Lead(lead) => {
                    if let Some(value) = self.found() {
                        return value;
                    }
                    self.loads.fetch_add(1, Ordering::SeqCst);
                    let value = self.database.load(Ordering::SeqCst);
                    let mut map = self.map.lock().expect("no panic");
                    if lead.is_kept() {
                        map.get_or_insert(value);
                    }
                    drop(map);
                    lead.finish(value);
                    return value;
                }
            }
        }
    }

    /// Leads a load that is dropped, if there is none.
    fn fail(&self) {
        if let Joined::Lead(lead) = self.flights.join(KEY, &KEY, &Label::default(), None) {
            drop(lead);
        }
    }

    /// A change in the database, and `invalidate`.
    fn change(&self) {
        self.database.store(2, Ordering::SeqCst);
        self.flights.detach(KEY);
        *self.map.lock().expect("no panic") = None;
    }
}

#[test]
fn callers_of_one_key_share_one_load() {
    model(|| {
        let cache = Cache::new();
        let other = Arc::clone(&cache);
        let caller = thread::spawn(move || other.get_with());
        assert_eq!(cache.get_with(), 1);
        assert_eq!(caller.join().expect("it ends"), 1);
        assert_eq!(cache.loads.load(Ordering::SeqCst), 1);
        assert!(cache.flights.is_empty());
    });
}

#[test]
fn what_was_loaded_before_a_change_is_not_kept() {
    model(|| {
        let cache = Cache::new();
        let other = Arc::clone(&cache);
        let caller = thread::spawn(move || other.get_with());
        cache.change();
        // A caller that asks now gets the new value.
        assert_eq!(cache.get_with(), 2);
        caller.join().expect("it ends");
        // What a load inserted between the two steps of the change is gone, too.
        assert_ne!(cache.found(), Some(1));
        assert!(cache.flights.is_empty());
    });
}

#[test]
fn a_load_that_is_dropped_leaves_nobody_waiting() {
    model(|| {
        let cache = Cache::new();
        let other = Arc::clone(&cache);
        let failing = thread::spawn(move || other.fail());
        assert_eq!(cache.get_with(), 1);
        failing.join().expect("it ends");
        assert!(cache.flights.is_empty());
    });
}
