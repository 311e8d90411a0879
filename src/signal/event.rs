use std::str::FromStr;

/// Something with an onset on the sample clock of a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Index of the stream on whose clock it stands.
    pub stream: usize,
    /// The sample it falls on, or the last one before it.
    pub sample: u64,
    /// How far past that sample it falls, 0 up to 1 of a sample.
    pub fraction: f32,
    /// Length in samples; 0 for an instant.
    pub duration: f64,
    /// Numeric code; 0 where the source has only a text.
    pub code: u32,
    /// Text; empty where the source has only a code.
    pub label: String,
}

impl Event {
    /// An instant on a sample of stream 0.
    pub fn at(sample: u64, code: u32, label: impl Into<String>) -> Self {
        Self { stream: 0, sample, fraction: 0.0, duration: 0.0, code, label: label.into() }
    }

    /// Position on the sample clock, with the part between samples.
    pub fn position(&self) -> f64 {
        self.sample as f64 + f64::from(self.fraction)
    }
}

/// A way to name events: by numeric code or by text.
///
/// A pattern of digits matches the code or a label of the same digits; any other text matches the
/// label.
///
/// ```
/// use evoked::signal::{Event, EventPattern};
/// let start: EventPattern = "32779".parse()?;
/// assert!(start.matches(&Event::at(0, 32779, "trial start")));
/// let left: EventPattern = "left".parse()?;
/// assert!(left.matches(&Event::at(0, 0, "left")));
/// # Ok::<(), std::convert::Infallible>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventPattern {
    text: String,
    code: Option<u32>,
}

impl EventPattern {
    /// Whether the event is one of those named.
    pub fn matches(&self, event: &Event) -> bool {
        self.code.is_some_and(|code| code == event.code && code != 0)
            || (!self.text.is_empty() && event.label == self.text)
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for EventPattern {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        Ok(Self { text: text.to_owned(), code: text.parse().ok() })
    }
}

impl From<u32> for EventPattern {
    fn from(code: u32) -> Self {
        Self { text: code.to_string(), code: Some(code) }
    }
}
