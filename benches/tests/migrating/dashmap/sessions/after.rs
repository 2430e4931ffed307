//! Sessions of a web server: who is logged in, and until when.

use evmap_core::SharedMap;

#[derive(Clone)]
struct Session {
    user: String,
    expires: u64,
}

#[derive(Clone)]
struct Sessions(SharedMap<String, Session>);

impl Sessions {
    fn new() -> Self {
        Sessions(SharedMap::new())
    }

    fn log_in(&self, token: &str, user: &str, now: u64) {
        let (user, expires) = (user.to_string(), now + 60);
        self.0.insert(token.to_string(), Session { user, expires });
    }

    fn user(&self, token: &str, now: u64) -> Option<String> {
        let session = self.0.get(token)?;
        (session.expires > now).then(|| session.user.clone())
    }

    fn log_out(&self, token: &str) -> bool {
        self.0.remove(token).is_some()
    }

    fn clean(&self, now: u64) {
        self.0.retain(|_, session| session.expires > now);
    }
}

pub fn run() -> String {
    let sessions = Sessions::new();
    sessions.log_in("t1", "ann", 0);
    sessions.log_in("t2", "bob", 50);
    let shared = sessions.clone();
    shared.log_in("t3", "cid", 50);
    shared.log_out("t3");
    let (ann, late) = (sessions.user("t1", 59), sessions.user("t1", 60));
    sessions.clean(70);
    format!("{ann:?} {late:?} {}", sessions.0.len())
}
