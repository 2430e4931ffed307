//! A balance that one thread changes, and that others look at.

use std::thread;

use left_right_peer::{Absorb, ReadHandle};

enum Change {
    Deposit(i64),
    Withdraw(i64),
}

impl Change {
    fn make(&self, balance: &mut i64) {
        match self {
            Change::Deposit(amount) => *balance += *amount,
            Change::Withdraw(amount) => *balance -= (*amount).min(*balance),
        }
    }
}

impl Absorb<Change> for i64 {
    fn absorb_first(&mut self, change: &mut Change, _: &Self) {
        change.make(self);
    }

    fn sync_with(&mut self, first: &Self) {
        *self = *first;
    }
}

fn show(account: &ReadHandle<i64>) -> String {
    let balance = account.enter().map_or(0, |balance| *balance);
    format!("{} in {:?}", balance, thread::current().name().unwrap_or("main"))
}

pub fn run() -> String {
    let (mut writer, account) = left_right_peer::new::<i64, Change>();
    for change in [Change::Deposit(100), Change::Withdraw(30)] {
        writer.append(change);
    }
    let before = show(&account).len();
    writer.publish();

    let elsewhere = thread::Builder::new().name("elsewhere".to_string()).spawn({
        let account = account.clone();
        move || show(&account)
    });
    let elsewhere = elsewhere.expect("a thread starts").join();

    writer.append(Change::Withdraw(1_000));
    writer.publish();
    let rest = show(&account).starts_with("0 in");
    format!("{} {rest} {}", before > 0, elsewhere.expect("it does not panic"))
}
