use serde::{Deserialize, Serialize};

/// One channel of a stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Channel {
    /// Name of the electrode or input, such as `Oz`.
    pub label: String,
    /// Unit of the samples.
    pub unit: Unit,
    /// How the samples were stored as integers, if they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantization: Option<Quantization>,
}

impl Channel {
    /// A channel in microvolts that was not quantized.
    pub fn microvolts(label: impl Into<String>) -> Self {
        Self { label: label.into(), unit: Unit::Microvolt, quantization: None }
    }
}

/// Unit of a channel's samples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Unit {
    /// Microvolts: every voltage is converted to this when it is read.
    Microvolt,
    /// Anything else, as the source names it; the numbers are the source's.
    Other(String),
}

impl Unit {
    /// The unit as text: `uV`, or the source's own name.
    pub fn as_str(&self) -> &str {
        match self {
            Unit::Microvolt => "uV",
            Unit::Other(name) => name,
        }
    }
}

impl From<String> for Unit {
    fn from(name: String) -> Self {
        if name == "uV" { Unit::Microvolt } else { Unit::Other(name) }
    }
}

impl From<Unit> for String {
    fn from(unit: Unit) -> Self {
        unit.as_str().to_owned()
    }
}

/// An affine map from stored integers to samples: `sample = count · scale + offset`, computed in
/// `f32`.
///
/// A reader sets it only where the map can be undone exactly, so that a writer can give back the
/// counts of the source bit for bit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Quantization {
    /// Bits of a stored count: 8, 16, 24 or 32, two's complement.
    pub bits: u8,
    /// Sample units a count.
    pub scale: f32,
    /// Sample value of count zero.
    #[serde(default)]
    pub offset: f32,
}

impl Quantization {
    /// The sample that a count stands for.
    pub fn sample(&self, count: i32) -> f32 {
        count as f32 * self.scale + self.offset
    }

    /// The count nearest to a sample, or `None` where it does not fit the bits.
    ///
    /// ```
    /// use evoked::signal::Quantization;
    /// let q = Quantization { bits: 16, scale: 0.1, offset: 5.0 };
    /// assert_eq!(q.count(q.sample(-32768)), Some(-32768));
    /// assert_eq!(q.count(1e9), None);
    /// ```
    pub fn count(&self, sample: f32) -> Option<i32> {
        let count = (f64::from(sample) - f64::from(self.offset)) / f64::from(self.scale);
        let (count, (lowest, highest)) = (count.round(), self.range());
        (count >= f64::from(lowest) && count <= f64::from(highest)).then_some(count as i32)
    }

    /// The lowest and the highest count that the bits can hold.
    pub fn range(&self) -> (i32, i32) {
        let unused = 32 - u32::from(self.bits.clamp(1, 32));
        (i32::MIN >> unused, i32::MAX >> unused)
    }

    /// Whether every count of its range comes back from its sample.
    ///
    /// Rounding is worst where the sample is largest, so both ends and their neighbours decide.
    pub fn is_exact(&self) -> bool {
        let (lowest, highest) = self.range();
        let back = |count: i32| self.count(self.sample(count)) == Some(count);
        self.scale.is_finite()
            && self.offset.is_finite()
            && self.scale != 0.0
            && [lowest, lowest + 1, lowest + 2, -1, 0, 1, highest - 2, highest - 1, highest]
                .into_iter()
                .all(back)
    }
}
