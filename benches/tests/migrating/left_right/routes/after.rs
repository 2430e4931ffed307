//! Where requests go: a map, and the hosts that are out of service.

use std::collections::{BTreeSet, HashMap};

use left_right::{OpWriteHandle, Operation, ReadHandle};

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

impl Operation<Routes> for Change {
    fn apply(&mut self, routes: &mut Routes) {
        match self {
            Change::Add(path, host) => routes.hosts.entry(path.clone()).or_default().push(host),
            Change::Break(host) => _ = routes.broken.insert(host),
            Change::Repair(host) => _ = routes.broken.remove(host),
        }
    }
}

fn route(routes: &ReadHandle<Routes>, path: &str) -> &'static str {
    let routes = routes.read();
    routes.host(path).unwrap_or("nowhere")
}

pub fn run() -> String {
    let mut writer = OpWriteHandle::cloned(Routes::default());
    let routes = writer.read_handle();
    for host in ["one", "two"] {
        writer.push(Change::Add("/".to_string(), host));
    }
    writer.swap_buffers();
    let mut seen = vec![route(&routes, "/")];

    for change in [Change::Break("one"), Change::Break("two"), Change::Repair("one")] {
        writer.push(change);
        writer.swap_buffers();
        seen.push(route(&routes, "/"));
    }
    seen.join(", ")
}
