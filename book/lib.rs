//! The book's chapters as doctests: `cargo test` runs every sample in them.
//!
//! The book itself is built and served by `cargo run -p book`.

#![expect(
    clippy::needless_doctest_main,
    reason = "chapters show programs as a reader's `main.rs` has them"
)]

use std::path::Path;

// A chapter has the same name.
use ::axum::Router;
use tower_http::services::{ServeDir, ServeFile};

/// Declares the chapters: each becomes an item whose documentation, and so whose doctests, are the
/// chapter's text.
macro_rules! chapters {
    ($($name:ident: $file:literal,)*) => {
        $(
            #[doc = include_str!(concat!("src/", $file))]
            pub mod $name {}
        )*

        /// The files in `src/` whose samples are run.
        pub const CHAPTERS: &[&str] = &[$($file),*];
    };
}

chapters! {
    index: "index.md",
    five_minutes: "five-minutes.md",
    axum: "axum.md",
    which_map: "which-map.md",
    guards: "guards.md",
    recipes: "recipes.md",
    many_writers: "many-writers.md",
    moving: "moving.md",
    consistency: "consistency.md",
    evidence: "evidence.md",
    performance: "performance.md",
    operations: "operations.md",
    errors: "errors.md",
    how_a_read_works: "how-a-read-works.md",
    inside: "inside.md",
    decisions: "decisions.md",
}

/// The pages that were built into this directory, for a server.
pub fn site(pages: &Path) -> Router {
    let missing = ServeFile::new(pages.join("404.html"));
    Router::new().fallback_service(ServeDir::new(pages).not_found_service(missing))
}

/// The repository's front page, whose sample is run too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub mod readme {}
