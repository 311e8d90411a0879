//! How long a record is.

use super::text;

/// Bytes of a record that the specification asks for at most.
const RECOMMENDED_BYTES: u64 = 61_440;
/// Bytes of a record that EDFlib, and so most viewers, take at most.
const MOST_BYTES: u64 = 10 << 20;
/// Lengths at which samples may be cut into whole records, so that nothing has to be filled up.
const USUAL_S: std::ops::RangeInclusive<f64> = 0.1..=60.0;
/// Lengths that a reader believes.
const LENGTHS_S: std::ops::Range<f64> = 1e-9..1e9;
/// Records of so many samples of the first stream are tried where no length fits all rates.
const MOST_SAMPLES: u32 = 20_000;

/// What a stream asks of the records.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
    pub rate_hz: f64,
    /// Bytes of one sample of all channels.
    pub bytes: u64,
    /// The largest number that divides all positions where samples begin or end.
    pub divisor: u64,
}

/// The length of records.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    /// Seconds, as the header has them.
    pub text: String,
    pub record_s: f64,
    /// Samples a record of each stream.
    pub samples: Vec<u32>,
}

/// How well a length fits, worst things first.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
struct Misfit {
    /// Largest relative error of a rate.
    error: f64,
    is_large: bool,
    must_fill: bool,
    /// How far from one second, as a factor.
    distance: f64,
}

impl Plan {
    /// The length that gives every rate exactly, fits the recommended size, cuts the samples into
    /// whole records, and is near one second, in this order. `None` where a record would be too
    /// large whatever its length.
    pub(super) fn of(wishes: &[Wish]) -> Option<Self> {
        let usual = (1..=100_000_u32).map(|ms| f64::from(ms) / 1000.0);
        let halves = (4..=7).map(|n| 0.5_f64.powi(n));
        let best = best(usual.chain(halves), wishes);
        let (misfit, record_s) = match best {
            Some((misfit, record_s)) if misfit.error == 0.0 => (misfit, record_s),
            rough => {
                let rate_hz = wishes.first()?.rate_hz;
                let lengths = (1..=MOST_SAMPLES)
                    .filter_map(|n| text::nearest(f64::from(n) / rate_hz)?.parse().ok());
                let fine = best_of(best_of(None, rough), self::best(lengths, wishes));
                fine?
            }
        };
        debug_assert!(misfit.error.is_finite());
        let samples = wishes.iter().map(|wish| samples(wish, record_s)).collect::<Option<_>>()?;
        Some(Self { text: text::nearest(record_s)?, record_s, samples })
    }
}

fn best_of(a: Option<(Misfit, f64)>, b: Option<(Misfit, f64)>) -> Option<(Misfit, f64)> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b.0 < a.0 { b } else { a }),
        (a, b) => a.or(b),
    }
}

fn best(lengths: impl Iterator<Item = f64>, wishes: &[Wish]) -> Option<(Misfit, f64)> {
    lengths.fold(None, |found, record_s| {
        best_of(found, misfit(wishes, record_s).map(|misfit| (misfit, record_s)))
    })
}

/// Samples a record; `None` where there would be none.
fn samples(wish: &Wish, record_s: f64) -> Option<u32> {
    let samples = (wish.rate_hz * record_s).round();
    (1.0..1e8).contains(&samples).then_some(samples as u32)
}

fn misfit(wishes: &[Wish], record_s: f64) -> Option<Misfit> {
    if !LENGTHS_S.contains(&record_s) {
        return None;
    }
    let (mut error, mut bytes, mut must_fill) = (0.0_f64, 0_u64, !USUAL_S.contains(&record_s));
    for wish in wishes {
        let samples = samples(wish, record_s)?;
        error = error.max((f64::from(samples) / record_s / wish.rate_hz - 1.0).abs());
        bytes = bytes.saturating_add(wish.bytes.saturating_mul(u64::from(samples)));
        must_fill |= !wish.divisor.is_multiple_of(u64::from(samples));
    }
    // A single sample of many channels may be large, too.
    let is_smallest = wishes.iter().all(|wish| samples(wish, record_s) == Some(1));
    let fits = bytes <= MOST_BYTES || is_smallest;
    fits.then(|| Misfit {
        error,
        is_large: bytes > RECOMMENDED_BYTES,
        must_fill,
        distance: record_s.ln().abs(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(wishes: &[(f64, u64, u64)]) -> Plan {
        let wish = |&(rate_hz, bytes, divisor)| Wish { rate_hz, bytes, divisor };
        Plan::of(&wishes.iter().map(wish).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn records_hold_whole_samples_of_every_rate() {
        for (wishes, text, samples) in [
            (&[(256.0, 16, 0)][..], "1", &[256][..]),
            (&[(250.48, 16, 0)], "12.5", &[3131]),
            (&[(128.03, 8, 0)], "100", &[12_803]),
            (&[(1000.0, 10, 0), (12.8, 2, 0)], "1.25", &[1250, 16]),
            (&[(0.5, 2, 0)], "2", &[1]),
            // 64 channels of 24 bits at 2048 Hz: 61 440 bytes are 156 ms.
            (&[(2048.0, 192, 0)], "0.125", &[256]),
        ] {
            let found = plan(wishes);
            assert_eq!((found.text.as_str(), &found.samples[..]), (text, samples));
            for (wish, &samples) in wishes.iter().zip(samples) {
                assert_eq!(f64::from(samples) / found.record_s, wish.0, "{found:?}");
            }
        }
    }

    #[test]
    fn samples_are_cut_into_whole_records_where_they_can_be() {
        // 10.5 s.
        assert_eq!(plan(&[(240.0, 16, 2520)]).text, "1.05");
        // A prime number of samples.
        assert_eq!(plan(&[(256.0, 16, 1537)]).text, "1");
        assert_eq!(plan(&[(250.0, 4, 2500), (100.0, 2, 1000)]).text, "1");
    }

    #[test]
    fn rates_that_fit_nothing_are_met_closely() {
        for wishes in
            [&[(250.483_172_9, 16, 0)][..], &[(127.3_f64.sqrt(), 4, 0), (3e2_f64.sqrt(), 4, 0)]]
        {
            let found = plan(wishes);
            for (wish, &samples) in wishes.iter().zip(&found.samples) {
                let rate_hz = f64::from(samples) / found.record_s;
                assert!((rate_hz / wish.0 - 1.0).abs() < 1e-6, "{found:?}");
            }
        }
    }

    #[test]
    fn what_fits_no_record_is_refused() {
        let wish = |rate_hz, bytes| Wish { rate_hz, bytes, divisor: 0 };
        assert_eq!(Plan::of(&[wish(1e18, 2)]), None);
        assert_eq!(Plan::of(&[wish(1e-9, 2)]), None);
        assert!(Plan::of(&[wish(100.0, 20_000_000)]).is_some());
    }
}
