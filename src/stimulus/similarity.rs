use super::{Frames, StimulusError};

/// Most codes that are compared with each other.
const MAX_CODES: usize = 512;
/// Most products that a comparison takes: some seconds.
const MAX_PRODUCTS: u64 = 1 << 33;

/// How alike every two of some codes are, from −1 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Similarity {
    len: usize,
    values: Vec<f64>,
}

impl Similarity {
    /// Pearson's correlation of what the targets show, both from their onset on. Where one of them does
    /// not change, it is 0.
    ///
    /// ```
    /// use evoked::stimulus::{Codebook, Similarity};
    /// let codebook = Codebook::sinusoids(&[10.0, 12.0])?.with_refresh_hz(60.0)?;
    /// let similarity = Similarity::of_frames(&codebook.frames(60)?)?;
    /// assert!((similarity.get(0, 0) - 1.0).abs() < 1e-12 && similarity.get(0, 1).abs() < 1e-12);
    /// # Ok::<(), evoked::stimulus::StimulusError>(())
    /// ```
    ///
    /// # Errors
    /// [`StimulusError::TooMuch`] for more than 512 targets, or frames that would take long.
    pub fn of_frames(frames: &Frames) -> Result<Self, StimulusError> {
        Self::of_frames_within(frames, 0)
    }

    /// As [`of_frames`](Self::of_frames), the greatest of all shifts of one target against the other by
    /// up to `lags` frames, the rows taken for cycles. An answer to light lasts, so that codes which
    /// differ from their onset on may still be answered alike.
    ///
    /// # Errors
    /// As [`of_frames`](Self::of_frames).
    pub fn of_frames_within(frames: &Frames, lags: usize) -> Result<Self, StimulusError> {
        let len = frames.rows().len();
        check_len(len)?;
        let lags = lags.min(frames.len() / 2);
        let found =
            (len as u64).pow(2).saturating_mul(frames.len() as u64).saturating_mul(1 + lags as u64);
        if found > MAX_PRODUCTS {
            let what = "the comparison of all targets";
            return Err(StimulusError::TooMuch { what, found, limit: MAX_PRODUCTS });
        }
        let rows: Vec<Vec<f64>> = frames.rows().map(normalized).collect();
        let mut values = vec![0.0; len * len];
        for i in 0..len {
            for j in 0..=i {
                let value = if i == j {
                    correlation(&rows[i], &rows[i], 0)
                } else {
                    greatest(&rows[i], &rows[j], lags)
                };
                values[i * len + j] = value;
                values[j * len + i] = value;
            }
        }
        Ok(Self { len, values })
    }

    /// Values of the caller's own, row by row: of responses, say, instead of luminances. Of a pair, the
    /// larger of its two values counts.
    ///
    /// # Errors
    /// [`StimulusError::TooMuch`] for more than 512 codes; [`StimulusError::Setting`] where the number of
    /// values is no square, or one of them is no number.
    pub fn from_values(values: &[f64]) -> Result<Self, StimulusError> {
        let len = values.len().isqrt();
        check_len(len)?;
        if len * len != values.len() || values.iter().any(|value| !value.is_finite()) {
            let expected = "a square of numbers";
            return Err(StimulusError::setting("the similarity", values.len(), expected));
        }
        let value = |place: usize| {
            let (i, j) = (place / len, place % len);
            let (one, other) = (values[i * len + j], values[j * len + i]);
            if one.abs() >= other.abs() { one } else { other }
        };
        Ok(Self { len, values: (0..values.len()).map(value).collect() })
    }

    /// Number of codes.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no codes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The value of two codes; 0 where there is no such code.
    pub fn get(&self, i: usize, j: usize) -> f64 {
        let place = (i < self.len && j < self.len).then_some(i * self.len + j);
        place.map_or(0.0, |place| self.values[place])
    }

    /// The pair that is most alike, up or down, with its value.
    pub fn worst(&self) -> Option<(usize, usize, f64)> {
        let pairs = (0..self.len).flat_map(|i| (0..i).map(move |j| (j, i)));
        pairs
            .map(|(i, j)| (i, j, self.get(i, j)))
            .max_by(|a, b| a.2.abs().total_cmp(&b.2.abs()).then((b.0, b.1).cmp(&(a.0, a.1))))
    }
}

fn check_len(found: usize) -> Result<(), StimulusError> {
    if found > MAX_CODES {
        let (found, limit) = (found as u64, MAX_CODES as u64);
        return Err(StimulusError::TooMuch { what: "codes to compare", found, limit });
    }
    Ok(())
}

/// The correlation of two normalized rows, the second `shift` frames further in its cycle.
fn correlation(a: &[f64], b: &[f64], shift: usize) -> f64 {
    let sum = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (first, last) = b.split_at(shift);
    (sum(a, last) + sum(&a[last.len()..], first)).clamp(-1.0, 1.0)
}

/// The correlation that is farthest from 0, of all shifts up to `lags` either way.
fn greatest(a: &[f64], b: &[f64], lags: usize) -> f64 {
    let either = |shift| [correlation(a, b, shift), correlation(b, a, shift)];
    let farther = |most: f64, value: f64| if value.abs() > most.abs() { value } else { most };
    (0..=lags).flat_map(either).fold(0.0, farther)
}

/// Mean 0, norm 1; zeros where nothing changes.
fn normalized(row: &[f64]) -> Vec<f64> {
    let mean = row.iter().sum::<f64>() / row.len().max(1) as f64;
    let norm = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>().sqrt();
    let scale = if norm > 1e-9 { norm.recip() } else { 0.0 };
    row.iter().map(|x| (x - mean) * scale).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_pearsons() {
        let rows = [[0.0, 1.0, 1.0, 0.0], [0.0, 1.0, 0.0, 1.0], [1.0, 0.0, 0.0, 1.0], [1.0; 4]];
        let similarity = Similarity::of_frames(&Frames::new(rows.concat(), 4)).unwrap();
        let expected =
            [[1.0, 0.0, -1.0, 0.0], [0.0, 1.0, 0.0, 0.0], [-1.0, 0.0, 1.0, 0.0], [0.0; 4]];
        for (i, row) in expected.iter().enumerate() {
            for (j, &value) in row.iter().enumerate() {
                assert!((similarity.get(i, j) - value).abs() < 1e-12, "{i} {j}");
            }
        }
        assert_eq!(similarity.worst().map(|(i, j, _)| (i, j)), Some((0, 2)));
        assert_eq!(similarity.get(4, 0), 0.0);
    }

    #[test]
    fn shifts_are_found_as_far_as_is_looked() {
        // The second is the first, two frames later; the third is the first inverted.
        let rows = [[1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0]];
        let third = rows[0].map(|value| 1.0 - value);
        let frames = Frames::new([rows[0], rows[1], third].concat(), 7);
        let at = |lags, i, j| Similarity::of_frames_within(&frames, lags).unwrap().get(i, j);
        assert!(at(1, 0, 1).abs() < 0.99 && (at(2, 0, 1) - 1.0).abs() < 1e-12);
        assert!((at(2, 1, 2) + 1.0).abs() < 1e-12 && (at(0, 0, 2) + 1.0).abs() < 1e-12);
        assert!((at(usize::MAX, 1, 1) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn values_of_the_callers_own_are_checked() {
        let similarity = Similarity::from_values(&[1.0, 0.2, -0.3, 1.0]).unwrap();
        assert_eq!((similarity.get(0, 1), similarity.get(1, 0)), (-0.3, -0.3));
        assert!(Similarity::from_values(&[1.0, 0.2]).is_err());
        assert!(Similarity::from_values(&[f64::NAN]).is_err());
        assert!(matches!(
            Similarity::of_frames(&Frames::new(vec![0.0; 600], 1)),
            Err(StimulusError::TooMuch { .. })
        ));
    }
}
