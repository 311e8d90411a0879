use super::{Model, ModelError};
use crate::signal::Channel;
use crate::stimulus::{Codebook, Target};

/// Rates that differ by less than this part are the same: clocks of amplifiers drift.
const RATE_TOLERANCE: f64 = 1e-3;
/// Characters of a target's description.
const MOST_TEXT: usize = 160;

impl Model {
    /// The rows of the model's channels among those of a stream, in the model's order. The stream may
    /// have others, too.
    ///
    /// # Errors
    /// [`ModelError::Channel`] for a channel that is missing, [`ModelError::Twice`],
    /// [`ModelError::Unit`]; [`ModelError::Rate`] for a rate that differs by more than a thousandth;
    /// [`ModelError::Target`] and [`ModelError::Targets`] for a codebook whose targets are called
    /// differently, show something else, or stand in another order. Their events may differ.
    pub fn rows_for(
        &self,
        channels: &[Channel],
        rate_hz: f64,
        codebook: Option<&Codebook>,
    ) -> Result<Vec<usize>, ModelError> {
        let (found, expected) = (rate_hz, self.rate_hz());
        let apart = (found / expected - 1.0).abs();
        if apart.is_nan() || apart > RATE_TOLERANCE {
            return Err(ModelError::Rate { found, expected });
        }
        codebook.map_or(Ok(()), |codebook| self.check_targets(codebook))?;
        self.channels().iter().map(|own| row_of(own, channels)).collect()
    }

    fn check_targets(&self, codebook: &Codebook) -> Result<(), ModelError> {
        let pairs = codebook.targets().iter().zip(self.codebook().targets()).enumerate();
        for (index, (found, expected)) in pairs {
            if found.label != expected.label || found.modulation != expected.modulation {
                let (found, expected) = (text(found), text(expected));
                return Err(ModelError::Target { index, found, expected });
            }
        }
        let (found, expected) = (codebook.len(), self.codebook().len());
        match found == expected {
            true => Ok(()),
            false => Err(ModelError::Targets { found, expected }),
        }
    }
}

fn row_of(own: &Channel, channels: &[Channel]) -> Result<usize, ModelError> {
    let label = || own.label.clone();
    let mut rows = (0..channels.len()).filter(|&row| channels[row].label == own.label);
    let Some(first) = rows.next() else {
        let have = channels.iter().map(|channel| channel.label.clone()).collect();
        return Err(ModelError::Channel { label: label(), have });
    };
    if let Some(second) = rows.next() {
        return Err(ModelError::Twice { label: label(), first, second });
    }
    let unit = &channels[first].unit;
    if *unit != own.unit {
        let (found, expected) = (unit.as_str().to_owned(), own.unit.as_str().to_owned());
        return Err(ModelError::Unit { label: label(), found, expected });
    }
    Ok(first)
}

/// A target for people.
fn text(target: &Target) -> String {
    let shows = serde_json::to_string(&target.modulation).unwrap_or_default();
    let mut text = format!("{:?} {shows}", target.label);
    if let Some((end, _)) = text.char_indices().nth(MOST_TEXT) {
        text.truncate(end);
        text.push('…');
    }
    text
}
