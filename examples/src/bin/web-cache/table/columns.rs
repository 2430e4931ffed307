//! Which columns of a source are the keys and the values.

#[derive(Debug, Clone)]
pub struct Columns {
    pub key: String,
    /// All columns, as a JSON object, if none is named.
    pub value: Option<String>,
}
