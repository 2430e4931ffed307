//! [`Page`]: a product as HTML.

use std::hash::{DefaultHasher, Hasher};

use axum::http::HeaderValue;
use bytes::Bytes;

use crate::{database::Product, etag::Tags};

/// What each page says of every product, so that pages are as long as pages are.
const ABOUT: &str = include_str!("about.html");

/// A page and its entity tag. A clone shares both.
#[derive(Clone)]
pub struct Page {
    pub html: Bytes,
    pub etag: HeaderValue,
}

impl Page {
    /// The entity tag is of what the page shows.
    pub fn of(product: &Product, tags: &Tags) -> Self {
        let name = escape(&product.name);
        let category = escape(&product.category);
        let cents = u64::from(product.price) * u64::from(100 - product.discount.min(100)) / 100;
        let mut price = format!("{}.{:02}", cents / 100, cents % 100);
        if product.discount > 0 {
            price += &format!(" ({} % off)", product.discount);
        }
        let html = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{name}</title></head>\n\
             <body>\n<h1>{name}</h1>\n<p>Category: {category}</p>\n<p>Price: {price}</p>\n{ABOUT}</body>\n</html>\n"
        );
        let mut hasher = DefaultHasher::new();
        hasher.write(html.as_bytes());
        Page {
            html: html.into(),
            etag: tags.tag_of_content(hasher.finish()),
        }
    }

    /// A page of usual length that has nothing to do with the database.
    pub fn constant(tags: &Tags) -> Self {
        let product = Product {
            name: "No. 1234, constant".to_owned(),
            price: 1_234,
            category: "constant".to_owned(),
            discount: 0,
        };
        Page::of(&product, tags)
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}
