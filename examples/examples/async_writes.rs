//! A web server whose handlers write, and a look at what each poll of them costs its thread.
//!
//! Every tenth request counts a visit, by `merge_async` or, with `--sync`, by `merge`. Meanwhile another thread takes views
//! of the map and keeps each for 100 milliseconds, as a slow report does. A handler that writes by `merge` waits for that
//! reader inside a poll, and clones the map to go past it, while all other tasks of its thread wait.
//!
//! ```sh
//! cargo run --release -p examples --example async_writes -- --seconds 20
//! wrk -t1 -c64 -d18s http://127.0.0.1:3456/page
//! ```
//!
//! An allocator may have locks of its own, as glibc's has, for which a poll then waits now and then. To leave that out, begin
//! the program with another allocator, such as `LD_PRELOAD=libmimalloc.so.2`.
//!
//! At the end it prints what the worst polls did, and fails if one of them waited, cloned the map, or replayed more than a
//! thousand changes, or if more than one in a thousand took over a millisecond of processor time.

use std::{
    cell::Cell,
    future::Future,
    hash::{Hash, Hasher},
    pin::Pin,
    process::ExitCode,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
    thread,
    time::Duration,
};

use axum::{Router, extract::State, http::Uri, routing::get};
use clap::Parser;
use evmap_core::SharedMap;

/// A web server whose handlers write, and a look at what each poll of them costs its thread.
#[derive(Clone, Parser)]
struct Options {
    /// The port on 127.0.0.1.
    #[arg(long, default_value_t = 3456)]
    port: u16,
    /// How long the server runs.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Write by the methods that may wait.
    #[arg(long)]
    sync: bool,
}

/// Pages in the map before the first request. A poll that clones the map clones all of them.
const PAGES: u64 = 10_000;

thread_local! {
    /// Clones and comparisons of keys by this thread.
    static CLONES: Cell<u64> = const { Cell::new(0) };
    static COMPARISONS: Cell<u64> = const { Cell::new(0) };
}

/// A page's number, which counts what a thread does with it.
struct Page(u64);

impl Clone for Page {
    fn clone(&self) -> Self {
        CLONES.set(CLONES.get() + 1);
        Page(self.0)
    }
}

impl PartialEq for Page {
    fn eq(&self, other: &Self) -> bool {
        COMPARISONS.set(COMPARISONS.get() + 1);
        self.0 == other.0
    }
}

impl Eq for Page {}

impl Hash for Page {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.0.hash(hasher);
    }
}

/// What polls have done.
#[derive(Default)]
struct Polls {
    count: u64,
    /// Polls that gave the processor up, to sleep or to wait for a lock.
    waited: u64,
    most_clones: u64,
    most_comparisons: u64,
    over_a_millisecond: u64,
    longest: Duration,
}

struct Server {
    visits: SharedMap<Page, u64>,
    is_sync: bool,
    requests: AtomicU64,
    writes: AtomicU64,
    polls: Mutex<Polls>,
}

impl Server {
    async fn answer(&self, uri: Uri) -> String {
        let request = self.requests.fetch_add(1, Ordering::Relaxed);
        let page = request * 7 % PAGES;
        if !request.is_multiple_of(10) {
            let visits = self.visits.get_cloned(&Page(page)).unwrap_or(0);
            return format!("{}: {visits} visits\n", uri.path());
        }
        self.writes.fetch_add(1, Ordering::Relaxed);
        let add = |sum: &u64, more: u64| Some(sum + more);
        let visits = match self.is_sync {
            true => self.visits.merge(Page(page), 1, add),
            false => self.visits.merge_async(Page(page), 1, add).await,
        };
        format!("{}: {} visits\n", uri.path(), visits.unwrap_or(0))
    }
}

/// A future whose polls are looked at.
struct Watched<F> {
    future: Pin<Box<F>>,
    server: Arc<Server>,
}

impl<F: Future> Future for Watched<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let (clones, comparisons) = (CLONES.get(), COMPARISONS.get());
        let before = usage();
        let polled = self.future.as_mut().poll(context);
        let after = usage();
        let (time, switches) = (after.0 - before.0, after.1 - before.1);
        let (clones, comparisons) = (CLONES.get() - clones, COMPARISONS.get() - comparisons);
        let mut polls = self.server.polls.lock().expect("no poll panics here");
        polls.count += 1;
        polls.waited += u64::from(switches > 0);
        polls.most_clones = polls.most_clones.max(clones);
        polls.most_comparisons = polls.most_comparisons.max(comparisons);
        polls.over_a_millisecond += u64::from(time > Duration::from_millis(1));
        polls.longest = polls.longest.max(time);
        polled
    }
}

/// The processor time of this thread, and how often it has given its processor up, to sleep or to wait for a lock.
#[cfg(target_os = "linux")]
fn usage() -> (Duration, u64) {
    use nix::sys::resource::{UsageWho, getrusage};

    let usage = getrusage(UsageWho::RUSAGE_THREAD).expect("Linux has figures of each thread");
    let micros = |time: nix::sys::time::TimeVal| time.tv_sec() * 1_000_000 + time.tv_usec();
    let micros = micros(usage.user_time()) + micros(usage.system_time());
    let switches = usage.voluntary_context_switches();
    (Duration::from_micros(micros as u64), switches as u64)
}

/// Other systems have no such figures.
#[cfg(not(target_os = "linux"))]
fn usage() -> (Duration, u64) {
    (Duration::ZERO, 0)
}

#[tokio::main(flavor = "multi_thread")]
async fn main() -> ExitCode {
    let options = Options::parse();
    let visits = SharedMap::builder().build_from((0..PAGES).map(|page| (Page(page), 0)));
    let server = Arc::new(Server {
        visits: visits.clone(),
        is_sync: options.sync,
        requests: AtomicU64::new(0),
        writes: AtomicU64::new(0),
        polls: Mutex::default(),
    });
    let is_over = Arc::new(AtomicBool::new(false));
    let report = thread::spawn({
        let is_over = Arc::clone(&is_over);
        move || {
            while !is_over.load(Ordering::Relaxed) {
                let view = visits.read();
                thread::sleep(Duration::from_millis(100));
                assert_eq!(view.len() as u64, PAGES);
            }
        }
    });

    let answer = |State(server): State<Arc<Server>>, uri: Uri| Watched {
        server: Arc::clone(&server),
        future: Box::pin(async move { server.answer(uri).await }),
    };
    let app = Router::new()
        .fallback(get(answer))
        .with_state(Arc::clone(&server));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", options.port)).await;
    let listener = match listener {
        Ok(listener) => listener,
        Err(error) => {
            eprintln!("cannot listen on port {}: {error}", options.port);
            return ExitCode::FAILURE;
        }
    };
    println!("http://127.0.0.1:{}/", options.port);
    let end = tokio::time::sleep(Duration::from_secs(options.seconds));
    tokio::select! {
        _ = axum::serve(listener, app) => {}
        () = end => {}
    }
    is_over.store(true, Ordering::Relaxed);
    if report.join().is_err() {
        return ExitCode::FAILURE;
    }
    judge(&server)
}

fn judge(server: &Server) -> ExitCode {
    let polls = server.polls.lock().expect("no poll panics here");
    let stats = server.visits.stats();
    println!(
        "{} requests, {} writes, {} polls; the map went past readers {} times",
        server.requests.load(Ordering::Relaxed),
        server.writes.load(Ordering::Relaxed),
        polls.count,
        stats.rebuilds
    );
    println!(
        "polls that waited: {}; most clones in a poll: {}; most comparisons: {}",
        polls.waited, polls.most_clones, polls.most_comparisons
    );
    println!(
        "polls of over a millisecond: {}; the longest: {:?}",
        polls.over_a_millisecond, polls.longest
    );
    let is_good = polls.count > 0
        && polls.waited == 0
        && polls.most_clones < 100
        // The lookup of the write itself, and what it replays.
        && polls.most_comparisons <= 1_010
        && polls.over_a_millisecond * 1000 <= polls.count;
    println!("{}", if is_good { "good" } else { "BAD" });
    if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
