//! Feature flags, which are read with each request and hardly ever change.

use evmap_core::SharedMap;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Flag {
    Off,
    Percent(u8),
    On,
}

struct Flags(SharedMap<&'static str, Flag>);

impl Flags {
    fn is_on(&self, name: &str, user: u8) -> bool {
        match self.0.get_cloned(name) {
            Some(Flag::On) => true,
            Some(Flag::Percent(percent)) => user % 100 < percent,
            Some(Flag::Off) | None => false,
        }
    }

    fn raise(&self, name: &'static str) {
        let flags = &self.0;
        flags.update(name, |flag| match flag {
            Flag::Off => Flag::Percent(10),
            Flag::Percent(percent) if *percent < 50 => Flag::Percent(percent * 2),
            Flag::Percent(_) | Flag::On => Flag::On,
        });
    }
}

pub fn run() -> String {
    let flags = Flags(SharedMap::from([("dark", Flag::Off), ("fast", Flag::On)]));
    let mut seen = vec![flags.is_on("dark", 15), flags.is_on("fast", 15)];
    for _ in 0..4 {
        flags.raise("dark");
        seen.push(flags.is_on("dark", 15));
    }
    flags.0.retain(|_, flag| *flag != Flag::On);
    format!("{seen:?} {}", flags.0.len())
}
