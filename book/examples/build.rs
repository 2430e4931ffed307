//! Builds the book into `target/book`: `cargo run -p book --example build`.

use std::path::Path;
use std::process::ExitCode;

use mdbook_driver::MDBook;

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let built = MDBook::load(root).and_then(|book| {
        book.build()?;
        Ok(book.build_dir_for("html").canonicalize()?)
    });
    match built {
        Ok(pages) => {
            println!("{}", pages.join("index.html").display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("build: {error:#}");
            ExitCode::FAILURE
        }
    }
}
