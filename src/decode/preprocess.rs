use super::{DecodeError, FilterBank, SubBands};
use crate::dsp::{BandPass, Sos, SosState, ZeroPhase, ZeroPhaseScratch, notch_harmonics};
use crate::signal::{Samples, Stream};

/// Quality factor of the mains notch: 50 Hz is cut by 3 dB at ±0.7 Hz.
const NOTCH_QUALITY: f64 = 35.0;

/// In which direction a filter runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// Forward and backward over the whole recording: no delay, and twice the attenuation. It
    /// looks into the future, so it serves recordings only.
    #[default]
    ZeroPhase,
    /// Forward: what an online decoder sees, with the filter's delay.
    Causal,
}

/// What is done to a stream before it is cut into epochs.
///
/// Each stretch without a gap is filtered as a whole, so that the edges of the filter lie outside
/// of most epochs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Preprocess {
    /// Rows of the channels to keep, in this order; all of them when `None`.
    pub channels: Option<Vec<usize>>,
    /// Bands to keep; the signal as it is when `None`. With several, the output has the rows of all
    /// channels in the first band, then those in the second, and so on.
    pub bank: Option<FilterBank>,
    /// Mains frequency to remove, with its harmonics below the upper edge of the bands.
    pub notch_hz: Option<f64>,
    /// Direction of both filters.
    pub direction: Direction,
}

impl Preprocess {
    /// The filtered channels of a stream.
    ///
    /// ```
    /// use evoked::decode::{FilterBank, Preprocess};
    /// use evoked::dsp::{BandPass, Family};
    /// use evoked::signal::{Channel, Samples, Stream};
    ///
    /// let samples = Samples::from_planar(1, vec![4200.0; 2560])?;
    /// let stream = Stream::new("EEG", 256.0, vec![Channel::microvolts("Oz")], samples)?;
    /// let band = BandPass { family: Family::Butterworth, order: 4, low_hz: 4.0, high_hz: 60.0 };
    /// let bank = Some(FilterBank::single(band));
    /// let filtered = Preprocess { bank, ..Preprocess::default() }.apply(&stream)?;
    /// assert!(filtered.channel(0).iter().all(|sample| sample.abs() < 1e-6));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`DecodeError::NotFinite`] for samples that are no number, [`DecodeError::Dsp`] for a filter
    /// that the stream's rate can't carry, [`DecodeError::Shape`] for a row that is not there.
    pub fn apply(&self, stream: &Stream) -> Result<Samples<f64>, DecodeError> {
        let source = stream.samples();
        let rows = self.rows(source.channels())?;
        let filters = self.filters(stream.rate_hz())?;
        let mut output = Samples::new(rows.len() * filters.len());
        output.reserve(source.len());
        for (place, segment) in source.segments().iter().enumerate() {
            let Some(epoch) = source.segment_epoch(place) else { continue };
            let mut filtered = Vec::with_capacity(filters.len() * rows.len() * segment.len);
            for (filter, &channel) in filters.iter().flat_map(|f| rows.iter().map(move |r| (f, r)))
            {
                let start = filtered.len();
                filtered.extend(epoch.channel(channel).iter().copied().map(f64::from));
                let row = &mut filtered[start..];
                if let Some(bad) = row.iter().position(|sample| !sample.is_finite()) {
                    let (sample, value) = (segment.first + bad as u64, row[bad]);
                    return Err(DecodeError::NotFinite { channel, sample, value });
                }
                filter.run(row)?;
            }
            output.append(segment.first, &filtered)?;
        }
        Ok(output)
    }

    /// Rows of the output for so many channels of the input: bands × channels kept.
    pub fn rows_out(&self, channels: usize) -> usize {
        let kept = self.channels.as_ref().map_or(channels, Vec::len);
        kept * self.bank.as_ref().map_or(1, |bank| bank.bands().len())
    }

    /// The filters at a rate, to be run as samples come; `None` where there is neither a bank nor a
    /// notch.
    ///
    /// # Errors
    /// [`DecodeError::Dsp`] for filters that the rate can't carry.
    pub fn design(&self, rate_hz: f64) -> Result<Option<SubBands>, DecodeError> {
        if self.bank.is_none() && self.notch_hz.is_none() {
            return Ok(None);
        }
        SubBands::of(self.sections(rate_hz)?).map(Some)
    }

    fn rows(&self, channels: usize) -> Result<Vec<usize>, DecodeError> {
        let rows = self.channels.clone().unwrap_or_else(|| (0..channels).collect());
        if rows.is_empty() {
            let (found, expected) = ("none".into(), "at least one");
            return Err(DecodeError::Setting { name: "channels", found, expected });
        }
        match rows.iter().find(|&&row| row >= channels) {
            Some(&found) => {
                Err(DecodeError::Shape { what: "a channel's row", found, expected: channels })
            }
            None => Ok(rows),
        }
    }

    /// One filter a band.
    fn filters(&self, rate_hz: f64) -> Result<Vec<Filter>, DecodeError> {
        let filter = |sos: Sos| {
            Ok(match self.direction {
                _ if sos.sections().is_empty() => Filter::None,
                Direction::ZeroPhase => Filter::ZeroPhase(ZeroPhase::new(&sos)?),
                Direction::Causal => Filter::Causal(sos),
            })
        };
        self.sections(rate_hz)?.into_iter().map(filter).collect()
    }

    fn sections(&self, rate_hz: f64) -> Result<Vec<Sos>, DecodeError> {
        let bands = self.bank.as_ref().map_or(&[][..], FilterBank::bands);
        if bands.is_empty() {
            return Ok(vec![self.of_band(None, rate_hz)?]);
        }
        bands.iter().map(|band| self.of_band(Some(band), rate_hz)).collect()
    }

    fn of_band(&self, band: Option<&BandPass>, rate_hz: f64) -> Result<Sos, DecodeError> {
        let mut sos = Sos::new(Vec::new())?;
        if let Some(notch_hz) = self.notch_hz {
            let highest = band.map_or(rate_hz / 2.0, |band| band.high_hz);
            // At least one, so that a frequency that is no number is refused.
            let harmonics = ((highest / notch_hz).min(16.0) as usize).max(1);
            sos = sos.then(&notch_harmonics(notch_hz, NOTCH_QUALITY, harmonics, rate_hz)?);
        }
        if let Some(band) = band {
            sos = sos.then(&band.design(rate_hz)?);
        }
        Ok(sos)
    }
}

enum Filter {
    None,
    ZeroPhase(ZeroPhase),
    Causal(Sos),
}

impl Filter {
    fn run(&self, row: &mut [f64]) -> Result<(), DecodeError> {
        match self {
            Filter::None => {}
            Filter::ZeroPhase(filter) => {
                filter.filter_in_place(row, &mut ZeroPhaseScratch::default());
            }
            // In balance with the first sample, so that a DC level makes no step.
            Filter::Causal(sos) => {
                let level = row.first().copied().unwrap_or(0.0);
                SosState::settled(sos, level)?.filter_in_place(row);
            }
        }
        Ok(())
    }
}
