use evoked::dsp::{BandPass, Family};

use crate::failure::Failure;

/// The band asked for, or 4–60 Hz as far as the rate carries it.
pub(crate) fn band(text: Option<&str>, rate_hz: f64) -> Result<Option<BandPass>, Failure> {
    let (low_hz, high_hz) = match text {
        Some("none") => return Ok(None),
        Some(text) => {
            let edges = text.split_once('-');
            let parsed =
                edges.and_then(|(low, high)| Some((low.parse().ok()?, high.parse().ok()?)));
            parsed.ok_or_else(|| {
                Failure::new(format!(
                    "--band {text}: expected LOW-HIGH in Hz, such as 4-60, or none"
                ))
            })?
        }
        None => (4.0, f64::min(60.0, 0.45 * rate_hz)),
    };
    Ok(Some(BandPass { family: Family::Butterworth, order: 4, low_hz, high_hz }))
}
