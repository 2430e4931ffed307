//! [`Database`]: products in SQLite. Each call to SQLite runs on a thread that may block.
//!
//! The journal is a rollback journal. With it, a write transaction that is `EXCLUSIVE`, or that commits, blocks readers, so
//! a database that is locked is easy to show. A real shop would choose `PRAGMA journal_mode = WAL`, where readers go on
//! beside a writer, and where a lock that blocks them is rare.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, TransactionBehavior};
use tokio::{sync, task, time::timeout};

/// How many queries run at the same time, each with its own connection.
const READERS: usize = 4;
/// For how long a query waits for a lock. Short, since an old page is at hand, or the client may ask again.
const READ_PATIENCE: Duration = Duration::from_millis(50);
/// For how long a write waits for other writes, and then for a lock.
const WRITE_PATIENCE: Duration = Duration::from_millis(500);
/// For how long queries fail at once after one has found the database locked. Otherwise each of them would wait, and those
/// behind it, too. The cache itself does not remember that a load has failed.
const PAUSE: Duration = Duration::from_millis(200);

const CATEGORIES: [&str; 8] = [
    "fruit",
    "vegetables",
    "bread",
    "cheese",
    "tea",
    "spices",
    "honey",
    "oil",
];

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS product (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        -- In cents.
        price INTEGER NOT NULL,
        category TEXT NOT NULL,
        -- In percent.
        discount INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX IF NOT EXISTS product_category ON product (category);
";

/// A row.
pub struct Product {
    pub name: String,
    pub price: u32,
    pub category: String,
    pub discount: u32,
}

/// Why something could not be read or written.
#[derive(Clone, Debug)]
pub enum Failure {
    /// Another program has locked the database.
    Busy,
    /// The product is not of the category any more that its page was to be loaded for.
    Moved,
    Other(String),
}

pub struct Database {
    path: PathBuf,
    permits: Arc<sync::Semaphore>,
    readers: Mutex<Readers>,
    writer: Arc<sync::Mutex<Connection>>,
    pub queries: AtomicU64,
    /// Those of the queries that found the database locked.
    pub busy: AtomicU64,
}

#[derive(Default)]
struct Readers {
    /// Connections that are not in use.
    idle: Vec<Connection>,
    paused_until: Option<Instant>,
}

impl Database {
    /// Opens a database. If it has no products, it gets this number of them.
    pub fn open(path: &Path, products: u32) -> rusqlite::Result<Self> {
        let mut writer = Connection::open(path)?;
        writer.busy_timeout(WRITE_PATIENCE)?;
        writer.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(SCHEMA)?;
        if !transaction.query_row("SELECT EXISTS (SELECT 1 FROM product)", (), |row| {
            row.get(0)
        })? {
            fill(&transaction, products)?;
        }
        transaction.commit()?;
        // A table with this name and other columns is found now.
        read_product(&writer, 1)?;
        Ok(Database {
            path: path.to_owned(),
            permits: Arc::new(sync::Semaphore::new(READERS)),
            readers: Mutex::default(),
            writer: Arc::new(sync::Mutex::new(writer)),
            queries: AtomicU64::new(0),
            busy: AtomicU64::new(0),
        })
    }

    /// Reads a product, if it exists.
    pub async fn product(self: &Arc<Self>, id: u32) -> Result<Option<Product>, Failure> {
        self.read(move |connection| read_product(connection, id))
            .await
    }

    /// Reads the category of a product, if it exists.
    pub async fn category(self: &Arc<Self>, id: u32) -> Result<Option<String>, Failure> {
        self.read(move |connection| {
            connection
                .prepare_cached("SELECT category FROM product WHERE id = ?1")?
                .query_row([id], |row| row.get(0))
                .optional()
        })
        .await
    }

    /// Runs a write, one at a time. Once it has begun it is not cancelled, even if the caller is.
    pub async fn write<R: Send + 'static>(
        &self,
        write: impl FnOnce(&mut Connection) -> rusqlite::Result<R> + Send + 'static,
    ) -> Result<R, Failure> {
        let lock = Arc::clone(&self.writer).lock_owned();
        let Ok(mut writer) = timeout(WRITE_PATIENCE, lock).await else {
            return Err(Failure::Busy);
        };
        let written = task::spawn_blocking(move || write(&mut writer)).await?;
        if written.is_ok() {
            self.lock_readers().paused_until = None;
        }
        Ok(written?)
    }

    async fn read<R: Send + 'static>(
        self: &Arc<Self>,
        query: impl FnOnce(&Connection) -> rusqlite::Result<R> + Send + 'static,
    ) -> Result<R, Failure> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|error| Failure::Other(error.to_string()))?;
        let idle = self.lock_readers().begin()?;
        let this = Arc::clone(self);
        let work = move || {
            let connection = idle.map_or_else(|| this.connect(), Ok)?;
            let result = this.run(connection, query);
            // Only now, though the caller may have been cancelled before.
            drop(permit);
            result
        };
        task::spawn_blocking(work).await?
    }

    fn run<R>(
        &self,
        connection: Connection,
        query: impl FnOnce(&Connection) -> rusqlite::Result<R>,
    ) -> Result<R, Failure> {
        self.queries.fetch_add(1, Ordering::Relaxed);
        let result = query(&connection).map_err(Failure::from);
        if let Err(Failure::Other(error)) = &result {
            // Here, since an old page may hide it.
            eprintln!("a query failed: {error}");
        }
        let is_busy = matches!(result, Err(Failure::Busy));
        self.busy.fetch_add(u64::from(is_busy), Ordering::Relaxed);
        let mut readers = self.lock_readers();
        readers.idle.push(connection);
        readers.paused_until = is_busy.then(|| Instant::now() + PAUSE);
        result
    }

    fn connect(&self) -> rusqlite::Result<Connection> {
        // One that may write can undo what a program has left half done that ended in the middle of a write.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(READ_PATIENCE)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    }

    fn lock_readers(&self) -> MutexGuard<'_, Readers> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Readers {
    /// Begins a query. Returns a connection if one is idle.
    ///
    /// In a pause, queries fail. Once it is over, one query finds out whether the lock is, and the others still fail.
    fn begin(&mut self) -> Result<Option<Connection>, Failure> {
        if let Some(end) = self.paused_until {
            let now = Instant::now();
            if now < end {
                return Err(Failure::Busy);
            }
            self.paused_until = Some(now + PAUSE);
        }
        Ok(self.idle.pop())
    }
}

/// Inserts or changes a product. Returns whether it is new.
pub fn set_product(
    connection: &mut Connection,
    id: u32,
    name: &str,
    price: u32,
    category: &str,
) -> rusqlite::Result<bool> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let is_old: bool = transaction.query_row(
        "SELECT EXISTS (SELECT 1 FROM product WHERE id = ?1)",
        [id],
        |row| row.get(0),
    )?;
    transaction.execute(
        "INSERT INTO product (id, name, price, category) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, price = excluded.price, category = excluded.category",
        (id, name, price, category),
    )?;
    transaction.commit()?;
    Ok(!is_old)
}

/// Sets the discount of all products of a category. Returns how many there are.
pub fn set_discount(
    connection: &mut Connection,
    category: &str,
    percent: u32,
) -> rusqlite::Result<usize> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let changed = transaction.execute(
        "UPDATE product SET discount = ?2 WHERE category = ?1",
        (category, percent),
    )?;
    transaction.commit()?;
    Ok(changed)
}

/// Whether the database may have changed. A commit that fails may have been made, unless it did not get its lock.
pub fn may_be_made<R>(written: &rusqlite::Result<R>) -> bool {
    written.as_ref().err().is_none_or(|error| !is_busy(error))
}

/// Locks a database, so that no other connection can read it. The lock ends with the transaction.
pub fn lock(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.execute_batch("BEGIN EXCLUSIVE")?;
    Ok(connection)
}

fn read_product(connection: &Connection, id: u32) -> rusqlite::Result<Option<Product>> {
    connection
        .prepare_cached("SELECT name, price, category, discount FROM product WHERE id = ?1")?
        .query_row([id], |row| {
            Ok(Product {
                name: row.get(0)?,
                price: row.get(1)?,
                category: row.get(2)?,
                discount: row.get(3)?,
            })
        })
        .optional()
}

fn fill(connection: &Connection, products: u32) -> rusqlite::Result<()> {
    let mut insert = connection
        .prepare("INSERT INTO product (id, name, price, category) VALUES (?1, ?2, ?3, ?4)")?;
    for (id, category) in (1..=products).zip(CATEGORIES.iter().cycle()) {
        let price = 100 + id.wrapping_mul(37) % 1_900;
        insert.execute((id, format!("No. {id}, {category}"), price, category))?;
    }
    Ok(())
}

fn is_busy(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(
        code,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        if is_busy(&error) {
            Failure::Busy
        } else {
            Failure::Other(error.to_string())
        }
    }
}

impl From<task::JoinError> for Failure {
    fn from(error: task::JoinError) -> Self {
        Failure::Other(error.to_string())
    }
}
