//! A MATLAB variable as a tree.

use crate::formats::array::Array;

/// The value of a variable, of a cell, or of a field.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// Numbers, logical values among them.
    Numbers(Array),
    /// The rows of a char array.
    Text(Vec<String>),
    /// The cells, first index fastest.
    Cells(Vec<Value>),
    /// Each field of a struct or object with its values, one an element.
    Struct(Vec<(String, Vec<Value>)>),
    /// What is not read: its class.
    Other(&'static str),
}

impl Value {
    pub(super) fn array(&self) -> Option<&Array> {
        match self {
            Value::Numbers(array) => Some(array),
            _ => None,
        }
    }

    pub(super) fn scalar(&self) -> Option<f64> {
        self.array()?.scalar()
    }

    /// A field of a struct of one element.
    pub(super) fn field(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Struct(fields) => {
                let (_, values) =
                    fields.iter().find(|(field, _)| field.eq_ignore_ascii_case(name))?;
                values.first()
            }
            _ => None,
        }
    }

    /// One text a cell, or a row: labels of channels, say.
    pub(super) fn texts(&self) -> Vec<String> {
        match self {
            Value::Text(rows) => rows.iter().map(|row| row.trim().to_owned()).collect(),
            Value::Cells(cells) => {
                // A cell may hold a cell that holds the text.
                cells
                    .iter()
                    .map(|cell| cell.texts().into_iter().next().unwrap_or_default())
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// What it is and how large, for people.
    pub(super) fn describe(&self) -> String {
        match self {
            Value::Numbers(array) => array.shape_text(),
            Value::Text(rows) => format!("text of {} rows", rows.len()),
            Value::Cells(cells) => format!("{} cells", cells.len()),
            Value::Struct(fields) => {
                let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
                format!("struct with {}", names.join(", "))
            }
            Value::Other(class) => format!("a {class}, which is not read"),
        }
    }
}
