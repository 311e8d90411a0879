//! Filtering forward and then backward, so that no frequency is shifted in time.
//!
//! The amplitude response acts twice. Works on whole recordings or epochs, not on a stream.

use super::{
    error::{DspError, check_len},
    sos::{Section, Sos, run_cascade},
    vectors::with_vectors,
};

/// Channels filtered side by side; their arithmetic fills the processor's vector units.
const LANES: usize = 4;
/// Larger numbers count as this, which leaves room for a filter's overshoot.
const LARGEST: f64 = 1e304;

/// A filter to be run forward and backward, equal to SciPy's `sosfiltfilt`.
///
/// Both ends are extended by [`pad_len`](Self::pad_len) samples, turned about the end point (odd
/// extension), and each pass starts in balance with its first sample. A filter that lets no constant
/// through turns constants into zeros without any rounding. Finite samples, however large, give finite
/// ones: beyond ±1e304 they count as that.
///
/// ```
/// use evoked::dsp::{BandPass, Family, ZeroPhase};
///
/// let band = BandPass { family: Family::Butterworth, order: 4, low_hz: 4.0, high_hz: 60.0 };
/// let filter = ZeroPhase::new(&band.design(256.0)?)?;
/// let signal: Vec<f64> = (0..512).map(|n| 4200.0 + (n as f64 * 0.3).sin()).collect();
/// let clean = filter.filter(&signal);
/// assert!((clean[256] - (256f64 * 0.3).sin()).abs() < 0.01);
/// # Ok::<(), evoked::dsp::DspError>(())
/// ```
#[derive(Debug, Clone)]
pub struct ZeroPhase {
    sections: Vec<Section>,
    steady: Vec<[f64; 2]>,
    full_pad_len: usize,
    blocks_constants: bool,
}

/// Memory that [`ZeroPhase`] reuses from call to call. It grows to the longest signal it has seen.
#[derive(Debug, Clone, Default)]
pub struct ZeroPhaseScratch {
    padded: Vec<[f64; LANES]>,
    memory: Vec<[[f64; LANES]; 2]>,
}

impl ZeroPhase {
    /// Prepares a filter for use in both directions.
    ///
    /// # Errors
    ///
    /// As [`Sos::steady_state`].
    pub fn new(sos: &Sos) -> Result<Self, DspError> {
        let sections = sos.sections().to_vec();
        let first_order = |c: fn(&Section) -> f64| sections.iter().filter(|s| c(s) == 0.0).count();
        let taps = 2 * sections.len() + 1 - first_order(|s| s.b[2]).min(first_order(|s| s.a[2]));
        let blocks_constants = sections.iter().any(|s| s.b.iter().sum::<f64>() == 0.0);
        Ok(Self { steady: sos.steady_state()?, full_pad_len: 3 * taps, sections, blocks_constants })
    }

    /// Samples added at either end of a signal of `len` samples: three times the filter's length,
    /// which is SciPy's default, or all but one sample of the signal where that is fewer.
    pub fn pad_len(&self, len: usize) -> usize {
        self.full_pad_len.min(len.saturating_sub(1))
    }

    /// The filtered signal, as long as `signal`.
    pub fn filter(&self, signal: &[f64]) -> Vec<f64> {
        let mut filtered = signal.to_vec();
        self.filter_in_place(&mut filtered, &mut ZeroPhaseScratch::default());
        filtered
    }

    /// Filters one channel in place.
    pub fn filter_in_place(&self, signal: &mut [f64], scratch: &mut ZeroPhaseScratch) {
        self.load([&*signal, &[], &[], &[]], scratch);
        self.run(scratch);
        scratch.store(0, self.pad_len(signal.len()), signal);
    }

    /// Filters many channels of `samples` samples each, stored one after the other (row-major,
    /// channels × samples), from `rows` into `filtered`. The result for a channel does not depend
    /// on the others.
    ///
    /// # Errors
    ///
    /// [`DspError::Length`] if `rows` is not a whole number of channels, or `filtered` has another
    /// length than `rows`.
    pub fn filter_rows(
        &self,
        rows: &[f64],
        samples: usize,
        filtered: &mut [f64],
        scratch: &mut ZeroPhaseScratch,
    ) -> Result<(), DspError> {
        check_len("filtered rows", filtered.len(), rows.len())?;
        if rows.is_empty() {
            return Ok(());
        }
        let whole = rows.len().checked_div(samples).unwrap_or(0).saturating_mul(samples);
        check_len("rows", rows.len(), whole)?;
        self.filter_channels(rows.chunks_exact(samples), samples, filtered, scratch)
    }

    /// As [`filter_rows`](Self::filter_rows), for channels of `samples` samples that need not lie
    /// one behind the other.
    ///
    /// # Errors
    ///
    /// [`DspError::Length`] if `filtered` does not hold as many values as the channels.
    pub fn filter_channels<'a>(
        &self,
        mut channels: impl ExactSizeIterator<Item = &'a [f64]>,
        samples: usize,
        filtered: &mut [f64],
        scratch: &mut ZeroPhaseScratch,
    ) -> Result<(), DspError> {
        check_len("filtered rows", filtered.len(), channels.len().saturating_mul(samples))?;
        if filtered.is_empty() {
            return Ok(());
        }
        let pad = self.pad_len(samples);
        for to in filtered.chunks_mut(samples.saturating_mul(LANES)) {
            let mut group = [[].as_slice(); LANES];
            for (channel, row) in group.iter_mut().zip(channels.by_ref()) {
                check_len("row", row.len(), samples)?;
                *channel = row;
            }
            self.load(group, scratch);
            self.run(scratch);
            for (lane, row) in to.chunks_exact_mut(samples).enumerate() {
                scratch.store(lane, pad, row);
            }
        }
        Ok(())
    }

    /// Lays the channels side by side with an odd extension at either end. All channels are as long as
    /// the first, or empty; empty ones read as zero.
    fn load(&self, channels: [&[f64]; LANES], scratch: &mut ZeroPhaseScratch) {
        let len = channels[0].len();
        let pad = self.pad_len(len);
        let padded = &mut scratch.padded;
        padded.clear();
        padded.resize(len + 2 * pad, [0.0; LANES]);
        for (lane, channel) in channels.into_iter().enumerate() {
            let (Some(&first), Some(&last)) = (channel.first(), channel.last()) else { continue };
            let level = if self.blocks_constants { bounded(first) } else { 0.0 };
            let value = |x: &f64| bounded(*x) - level;
            let (first, last) = (value(&first), value(&last));
            let head = channel.iter().skip(1).take(pad).rev().map(|x| 2.0 * first - value(x));
            let tail = channel.iter().rev().skip(1).take(pad).map(|x| 2.0 * last - value(x));
            let extended = head.chain(channel.iter().map(value)).chain(tail);
            for (sample, value) in padded.iter_mut().zip(extended) {
                sample[lane] = value;
            }
        }
    }

    fn run(&self, scratch: &mut ZeroPhaseScratch) {
        let ZeroPhaseScratch { padded, memory } = scratch;
        with_vectors(
            #[inline(always)]
            || {
                if let Some(&start) = padded.first() {
                    self.balance(memory, start);
                    run_cascade::<LANES, false>(&self.sections, memory, padded);
                }
                if let Some(&start) = padded.last() {
                    self.balance(memory, start);
                    run_cascade::<LANES, true>(&self.sections, memory, padded);
                }
            },
        );
    }

    /// Puts the memory in balance with an input of `level`.
    fn balance(&self, memory: &mut Vec<[[f64; LANES]; 2]>, level: [f64; LANES]) {
        memory.clear();
        let balanced = |steady: &[f64; 2]| steady.map(|memory| level.map(|value| memory * value));
        memory.extend(self.steady.iter().map(balanced));
    }
}

/// What is no number stays what it is.
fn bounded(value: f64) -> f64 {
    value.clamp(-LARGEST, LARGEST)
}

impl ZeroPhaseScratch {
    fn store(&self, lane: usize, pad: usize, channel: &mut [f64]) {
        for (value, sample) in channel.iter_mut().zip(self.padded.iter().skip(pad)) {
            *value = sample[lane];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::{BandPass, Family};
    use proptest::prelude::*;

    fn filter() -> ZeroPhase {
        let band = BandPass { family: Family::Butterworth, order: 3, low_hz: 4.0, high_hz: 60.0 };
        ZeroPhase::new(&band.design(256.0).unwrap()).unwrap()
    }

    #[test]
    fn short_signals_are_padded_with_what_there_is() {
        let filter = filter();
        assert_eq!([0, 1, 2, 21, 22, 500].map(|n| filter.pad_len(n)), [0, 0, 1, 20, 21, 21]);
        assert!(filter.filter(&[]).is_empty());
        for len in 1..40 {
            let found = filter.filter(&vec![4200.0; len]);
            assert!(found.iter().all(|y| y.abs() < 1e-7), "{len} {found:?}");
        }
    }

    #[test]
    fn constants_leave_nothing_and_no_number_is_too_large() {
        for family in [Family::Butterworth, Family::Chebyshev1 { ripple_db: 0.5 }] {
            for (low_hz, high_hz) in [(8.0, 90.0), (40.0, 90.0), (12.5, 14.5)] {
                let band = BandPass { family, order: 4, low_hz, high_hz };
                let filter = ZeroPhase::new(&band.design(256.0).unwrap()).unwrap();
                for level in [0.1, -4200.3, 1e300, f64::MAX] {
                    assert_eq!(filter.filter(&[level; 100]), [0.0; 100], "{low_hz} {level}");
                }
                let ends: Vec<f64> =
                    (0..300).map(|n| if n * n % 7 < 3 { f64::MAX } else { -f64::MAX }).collect();
                assert!(filter.filter(&ends).iter().all(|y| y.is_finite()), "{low_hz}");
            }
        }
        // A notch lets constants through.
        let notch = ZeroPhase::new(&crate::dsp::notch_harmonics(50.0, 35.0, 2, 256.0).unwrap());
        let found = notch.unwrap().filter(&[7.25; 100]);
        assert!(found.iter().all(|y| (y - 7.25).abs() < 1e-9), "{found:?}");
    }

    #[test]
    fn a_symmetric_signal_stays_symmetric() {
        let mut signal = vec![0.0; 801];
        signal[400] = 1.0;
        let found = filter().filter(&signal);
        for n in 0..400 {
            assert!((found[n] - found[800 - n]).abs() < 1e-9);
        }
    }

    proptest! {
        #[test]
        fn channels_do_not_depend_on_their_neighbours(
            channels in 1..10usize,
            samples in 1..60usize,
            seed in prop::collection::vec(-50.0..50.0f64, 600),
        ) {
            let rows = &seed[..channels * samples];
            let (filter, mut scratch) = (filter(), ZeroPhaseScratch::default());
            let mut found = vec![f64::NAN; rows.len()];
            filter.filter_rows(rows, samples, &mut found, &mut scratch).unwrap();
            let expected: Vec<f64> =
                rows.chunks(samples).flat_map(|row| filter.filter(row)).collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn refuses_ragged_rows() {
        let (filter, mut scratch) = (filter(), ZeroPhaseScratch::default());
        let mut run = |rows: usize, samples, out: usize| {
            filter.filter_rows(&vec![0.0; rows], samples, &mut vec![0.0; out], &mut scratch)
        };
        assert!(run(10, 3, 10).is_err());
        assert!(run(10, 0, 10).is_err());
        assert!(run(10, usize::MAX, 10).is_err());
        assert!(run(10, 5, 9).is_err());
        assert!(run(0, 0, 0).is_ok());
        assert!(run(10, 5, 10).is_ok());
    }
}
