//! Where requests go: a map, and the hosts that are out of service.

use std::collections::{BTreeSet, HashMap};

use left_right_peer::{Absorb, ReadHandle};

#[derive(Clone, Default)]
struct Routes {
    hosts: HashMap<String, Vec<&'static str>>,
    broken: BTreeSet<&'static str>,
}

impl Routes {
    fn host(&self, path: &str) -> Option<&'static str> {
        let hosts = self.hosts.get(path)?;
        let mut working = hosts.iter().filter(|host| !self.broken.contains(*host));
        working.next().copied()
    }
}

enum Change {
    Add(String, &'static str),
    Break(&'static str),
    Repair(&'static str),
}

impl Absorb<Change> for Routes {
    fn absorb_first(&mut self, change: &mut Change, _: &Self) {
        match change {
            Change::Add(path, host) => self.hosts.entry(path.clone()).or_default().push(host),
            Change::Break(host) => _ = self.broken.insert(host),
            Change::Repair(host) => _ = self.broken.remove(host),
        }
    }

    fn sync_with(&mut self, first: &Self) {
        *self = first.clone();
    }
}

fn route(routes: &ReadHandle<Routes>, path: &str) -> &'static str {
    let routes = routes.enter().expect("the writer is alive");
    routes.host(path).unwrap_or("nowhere")
}

pub fn run() -> String {
    let (mut writer, routes) = left_right_peer::new::<Routes, Change>();
    for host in ["one", "two"] {
        writer.append(Change::Add("/".to_string(), host));
    }
    writer.publish();
    let mut seen = vec![route(&routes, "/")];

    for change in [Change::Break("one"), Change::Break("two"), Change::Repair("one")] {
        writer.append(change);
        writer.publish();
        seen.push(route(&routes, "/"));
    }
    seen.join(", ")
}
