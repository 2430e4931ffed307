//! [`Lane`]: one of the two background threads, and the queue of its requests.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::hint;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use super::{Next, Work};
use crate::fault::planted;
use crate::fork;
use crate::panics::Panics;

/// How long a thread outlives the last structure. A program that makes one structure after another keeps the thread.
const LINGER: Duration = Duration::from_secs(1);

/// How often a call that does not wait tries the lock, which takes a microsecond.
const LOOKS: u32 = 100;

/// What the thread of a lane does.
pub(super) struct Role {
    /// The thread's name, as a debugger shows it. Linux shows 15 characters.
    name: &'static str,
    step: fn(&dyn Work) -> Next,
    /// Whether a structure that leaves waits for its step to end (J1).
    is_short: bool,
}

pub(super) const PUBLISHER: &Role = &Role {
    name: "lr-publisher",
    step: |work| work.publish(),
    is_short: true,
};
pub(super) const JANITOR: &Role = &Role {
    name: "lr-janitor",
    step: |work| work.tidy(),
    is_short: false,
};

thread_local! {
    /// The role that this thread has, by name, and the process in which it has it, since a step may fork.
    static OWN_ROLE: Cell<(&'static str, u64)> = const { Cell::new(("", 0)) };
}

pub(super) struct Lane {
    role: &'static Role,
    generation: u64,
    state: Mutex<State>,
    /// Notified when something is due earlier, and when the last structure has left.
    has_changed: Condvar,
    /// Notified when a step has ended.
    has_stepped: Condvar,
}

#[derive(Default)]
struct State {
    clients: BTreeMap<u64, Client>,
    /// The clients that are due, each at most once. Of clients due at the same time, the first to ask comes first.
    queue: BTreeMap<Due, u64>,
    requests: u64,
    /// The client whose step is under way.
    current: Option<u64>,
    /// How many threads wait for that step to end.
    leaving: usize,
    is_running: bool,
    /// Whether the thread must be woken to see a change.
    is_asleep: bool,
}

/// A structure that has asked for a step.
struct Client {
    work: Weak<dyn Work>,
    /// Its entry in the queue.
    due: Option<Due>,
}

/// A time, and the number of the request for it.
type Due = (Instant, u64);

impl Lane {
    pub(super) fn new(role: &'static Role, generation: u64) -> Self {
        Lane {
            role,
            generation,
            state: Mutex::default(),
            has_changed: Condvar::new(),
            has_stepped: Condvar::new(),
        }
    }

    /// Whether the calling thread has this role.
    pub(super) fn is_own(role: &'static Role) -> bool {
        OWN_ROLE.get() == (role.name, fork::generation())
    }

    /// Asks for a step at this time, or only adds the structure. An earlier request still counts.
    pub(super) fn ask(
        &'static self,
        id: u64,
        work: &Weak<dyn Work>,
        at: Option<Instant>,
    ) -> io::Result<()> {
        self.ask_in(self.lock(), id, work, at)
    }

    /// As [`ask`](Self::ask), but does not wait. Returns `None`, and asks for nothing, while another thread has the
    /// lock.
    pub(super) fn try_ask(
        &'static self,
        id: u64,
        work: &Weak<dyn Work>,
        at: Option<Instant>,
    ) -> Option<io::Result<()>> {
        let state = (0..LOOKS).find_map(|_| {
            let state = match self.state.try_lock() {
                Ok(state) => Some(state),
                Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => None,
            };
            if state.is_none() {
                hint::spin_loop();
            }
            state
        });
        Some(self.ask_in(state?, id, work, at))
    }

    fn ask_in(
        &'static self,
        mut state: MutexGuard<'_, State>,
        id: u64,
        work: &Weak<dyn Work>,
        at: Option<Instant>,
    ) -> io::Result<()> {
        if state.ask(id, work, at) {
            self.wake(&state);
        }
        if !state.is_running {
            thread::Builder::new()
                .name(self.role.name.into())
                .spawn(|| self.run())?;
            state.is_running = true;
        }
        Ok(())
    }

    /// Removes a structure. If steps are short in this lane, waits for its step to end.
    pub(super) fn leave(&self, id: u64) {
        let mut state = self.lock();
        let client = state.clients.remove(&id);
        if let Some(due) = client.as_ref().and_then(|client| client.due) {
            state.queue.remove(&due);
        }
        let waits = self.role.is_short && !Lane::is_own(self.role) && !planted("leave-unwaited");
        while waits && state.current == Some(id) {
            state.leaving += 1;
            state = wait(&self.has_stepped, state, None);
            state.leaving -= 1;
        }
        if state.clients.is_empty() {
            self.wake(&state);
        }
    }

    /// Wakes the thread if it sleeps. Otherwise saves the system call.
    fn wake(&self, state: &State) {
        if state.is_asleep {
            self.has_changed.notify_one();
        }
    }

    fn run(&self) {
        OWN_ROLE.set((self.role.name, self.generation));
        while let Some((id, work)) = self.wait() {
            let next = self.step(work);
            if fork::generation() != self.generation {
                // The step has forked, and this is the child, which never touches this lane (J2).
                return;
            }
            let mut state = self.lock();
            state.current = None;
            if let (Next::After(time), Some(client)) = (next, state.clients.get(&id)) {
                let work = Weak::clone(&client.work);
                state.ask(id, &work, super::due_after(time));
            }
            if state.leaving > 0 {
                self.has_stepped.notify_all();
            }
        }
    }

    /// Runs a step and drops the reference (J1). On the janitor, this may drop the structure.
    fn step(&self, work: Arc<dyn Work>) -> Next {
        // A panic ends here. A structure contains the panics of its user code itself.
        let mut panics = Panics::default();
        let next = panics.catch(|| (self.role.step)(&*work));
        panics.drop_each([work]);
        next.unwrap_or(Next::Idle)
    }

    /// Waits until a structure is due. Returns `None` when the thread is to end.
    fn wait(&self) -> Option<(u64, Arc<dyn Work>)> {
        let mut state = self.lock();
        let mut ends_at = None;
        loop {
            let now = Instant::now();
            if !state.clients.is_empty() {
                ends_at = None;
            } else if *ends_at.get_or_insert(now + LINGER) <= now {
                state.is_running = false;
                return None;
            }
            let due = state.queue.keys().next().map(|&(at, _)| at);
            match due {
                Some(at) if at <= now => {
                    if let Some(client) = state.take_first() {
                        return Some(client);
                    }
                }
                _ => {
                    let until = due.or(ends_at);
                    state.is_asleep = true;
                    state = wait(&self.has_changed, state, until.map(|until| until - now));
                    state.is_asleep = false;
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Adds a structure, and its request. Returns whether the thread must be told.
    fn ask(&mut self, id: u64, work: &Weak<dyn Work>, at: Option<Instant>) -> bool {
        let client = self.clients.entry(id).or_insert_with(|| Client {
            work: Weak::clone(work),
            due: None,
        });
        let is_earlier = |at: Instant| {
            planted("later-request-counts") || client.due.is_none_or(|(due, _)| at < due)
        };
        let Some(at) = at.filter(|at| is_earlier(*at)) else {
            return false;
        };
        let due = (at, self.requests);
        self.requests += 1;
        if let Some(before) = client.due.replace(due).filter(|_| !planted("request-kept")) {
            self.queue.remove(&before);
        }
        self.queue.insert(due, id);
        self.queue.keys().next() == Some(&due)
    }

    /// Removes the first client from the queue. Returns `None` if its structure no longer exists.
    fn take_first(&mut self) -> Option<(u64, Arc<dyn Work>)> {
        let (_, id) = self.queue.pop_first()?;
        let client = self.clients.get_mut(&id)?;
        client.due = None;
        let work = client.work.upgrade()?;
        self.current = Some(id);
        Some((id, work))
    }
}

fn wait<'a, T>(
    condition: &Condvar,
    guard: MutexGuard<'a, T>,
    time: Option<Duration>,
) -> MutexGuard<'a, T> {
    match time {
        None => condition
            .wait(guard)
            .unwrap_or_else(PoisonError::into_inner),
        Some(time) => {
            let waited = condition.wait_timeout(guard, time);
            waited.unwrap_or_else(PoisonError::into_inner).0
        }
    }
}
