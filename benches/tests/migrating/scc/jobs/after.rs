//! Jobs of a queue, with the tries that each has had.

use evmap_core::SharedMap;

const MOST_TRIES: u32 = 3;

struct Jobs(SharedMap<String, u32>);

impl Jobs {
    fn add(&self, name: &str) -> Result<(), String> {
        let added = self.0.insert_if_absent(name.to_string(), 0);
        added.map_err(|_| format!("{name} is queued already"))
    }

    fn fail(&self, name: &str) -> Option<u32> {
        self.0.update(name, |tries| tries + 1)
    }

    fn tries(&self, name: &str) -> u32 {
        self.0.get_cloned(name).unwrap_or(0)
    }

    fn give_up(&self, name: &str) -> Option<(String, u32)> {
        self.0.remove_entry_if(name, |_, tries| *tries >= MOST_TRIES)
    }
}

pub fn run() -> String {
    let jobs = Jobs(SharedMap::new());
    jobs.add("mail").expect("it is new");
    let again = jobs.add("mail");
    let mut log = Vec::new();
    while jobs.tries("mail") < MOST_TRIES {
        log.push(jobs.fail("mail"));
        log.push(jobs.give_up("mail").map(|(_, tries)| tries));
        if jobs.0.is_empty() {
            break;
        }
    }
    format!("{again:?} {log:?} {:?}", jobs.fail("mail"))
}
