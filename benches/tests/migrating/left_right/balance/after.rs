//! A balance that one thread changes, and that others look at.

use std::thread;

use left_right::{OpWriteHandle, Operation, ReadHandle};

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

impl Operation<i64> for Change {
    fn apply(&mut self, balance: &mut i64) {
        self.make(balance);
    }
}

fn show(account: &ReadHandle<i64>) -> String {
    let balance = *account.read();
    format!("{} in {:?}", balance, thread::current().name().unwrap_or("main"))
}

pub fn run() -> String {
    let mut writer = OpWriteHandle::cloned(0);
    let account = writer.read_handle();
    for change in [Change::Deposit(100), Change::Withdraw(30)] {
        writer.push(change);
    }
    let before = show(&account).len();
    writer.swap_buffers();

    let elsewhere = thread::Builder::new().name("elsewhere".to_string()).spawn({
        let account = account.clone();
        move || show(&account)
    });
    let elsewhere = elsewhere.expect("a thread starts").join();

    writer.push(Change::Withdraw(1_000));
    writer.swap_buffers();
    let rest = show(&account).starts_with("0 in");
    format!("{} {rest} {}", before > 0, elsewhere.expect("it does not panic"))
}
