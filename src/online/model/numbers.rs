use super::super::Statistic;
use super::header::Arrays;
use super::learned::Learned;
use super::{ModelError, ModelParams};
use crate::decode::{DelayedLinear, Linear};

const BYTES: usize = size_of::<f64>();

/// All arrays in the order of the file.
fn arrays(learned: &Learned) -> Vec<&[f64]> {
    match learned {
        Learned::Sinusoids(_) => Vec::new(),
        Learned::Templates(bands) => {
            bands.iter().flat_map(|band| [&band.weights[..], &band.templates]).collect()
        }
        Learned::Components { bands, .. } => {
            let mut all = Vec::new();
            for DelayedLinear { weights, templates: [means, projections], .. } in bands {
                all.extend([weights, means, projections].map(Vec::as_slice));
            }
            all
        }
    }
}

/// How many bytes they take.
pub(super) fn bytes(learned: &Learned) -> usize {
    arrays(learned).iter().map(|array| BYTES * array.len()).sum()
}

pub(super) fn write(learned: &Learned, out: &mut Vec<u8>) {
    for value in arrays(learned).into_iter().flatten() {
        out.extend_from_slice(&value.to_le_bytes());
    }
}

/// The arrays that a description tells of. Nothing is made that the bytes do not hold.
pub(super) fn read(
    shape: &Arrays,
    params: &ModelParams,
    bytes: &[u8],
) -> Result<Learned, ModelError> {
    let (channels, targets) = (params.channels.len(), params.codebook.len());
    let mut left = Left(bytes);
    let learned = match shape {
        Arrays::Cca {} => Learned::Sinusoids(Statistic::Cca),
        Arrays::Msi {} => Learned::Sinusoids(Statistic::Msi),
        Arrays::Mec { kept } => Learned::Sinusoids(Statistic::Mec { kept: *kept }),
        &Arrays::Templates { samples, own_rows, ref rows } => {
            let band = |&rows: &usize| {
                let each = if own_rows { 1 } else { rows };
                let weights = left.take([rows, channels, 1])?;
                let templates = left.take([targets, each, samples])?;
                Ok(Linear { channels, samples, targets, weights, templates, own_rows })
            };
            Learned::Templates(rows.iter().map(band).collect::<Result<_, ModelError>>()?)
        }
        &Arrays::Components { samples, delays, ref components } => {
            let band = |&components: &usize| {
                let weights = left.take([delays.saturating_add(1), components, channels])?;
                let size = [targets, components, samples];
                let templates = [left.take(size)?, left.take(size)?];
                Ok(DelayedLinear { channels, samples, targets, components, weights, templates })
            };
            let bands = components.iter().map(band).collect::<Result<_, ModelError>>()?;
            Learned::Components { delays, bands }
        }
    };
    match left.0 {
        [] => Ok(learned),
        more => Err(refused(bytes.len().to_string(), (bytes.len() - more.len()).to_string())),
    }
}

/// What has not been read.
struct Left<'a>(&'a [u8]);

impl Left<'_> {
    /// The next array, of as many numbers as the product of its sizes.
    fn take(&mut self, sizes: [usize; 3]) -> Result<Vec<f64>, ModelError> {
        let [a, b, c] = sizes;
        let len = a.checked_mul(b).and_then(|ab| ab.checked_mul(c)?.checked_mul(BYTES));
        let Some((own, rest)) = len.and_then(|len| self.0.split_at_checked(len)) else {
            let found = format!("{} left", self.0.len());
            return Err(refused(found, format!("{BYTES} · {a} · {b} · {c}")));
        };
        self.0 = rest;
        Ok(own.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect())
    }
}

fn refused(found: String, expected: String) -> ModelError {
    ModelError::Malformed { what: "bytes of numbers", found, expected }
}
