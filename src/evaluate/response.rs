use super::{Filtered, Subject};
use crate::decode::DecodeError;
use crate::dsp::{
    SpectrumPlan, SpectrumScratch, Window, bci_quotient, narrow_band_snr_db, wide_band_snr_db,
};
use crate::stimulus::Codebook;

/// Spacing of the spectra, for windows short enough.
const GRID_HZ: f64 = 0.1;

/// How strongly a subject answers to each target, at the channel that shows it best.
///
/// That channel is the one with the highest narrow-band ratio, mean over all trials. All ratios are
/// those of Liu et al. 2020 (Front Neurosci 14:627) of single trials, in dB, then averaged; they
/// hold for the band that was filtered and the window that was taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Responses {
    /// Place of the channel among those used.
    pub channel: usize,
    /// Spacing of the spectra.
    pub step_hz: f64,
    /// One a target; `None` for targets without a frequency or without whole trials.
    pub targets: Vec<Option<Response>>,
}

/// The response to one target.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// Trials it is the mean of.
    pub trials: usize,
    /// Narrow-band signal-to-noise ratio.
    pub narrow_snr_db: f64,
    /// Wide-band signal-to-noise ratio.
    pub wide_snr_db: f64,
    /// BCI quotient, of the wide-band ratio.
    pub bci_quotient: f64,
    /// Mean amplitude spectrum (Hann window), from 0 Hz on in steps of `step_hz`, in the unit of the
    /// samples.
    pub amplitude: Vec<f64>,
}

impl Responses {
    /// The responses in windows of `len` samples that start `start` samples after the onsets.
    /// `filtered` has a single band, so that its rows are the subject's channels.
    ///
    /// `None` where no target has a frequency with whole trials that can be measured.
    pub fn of(
        subject: &Subject<'_>,
        filtered: &Filtered,
        codebook: &Codebook,
        start: u64,
        len: usize,
    ) -> Option<Self> {
        let rate_hz = subject.rate_hz()?;
        let measured = Measured::new(subject, filtered, codebook, start, len);
        let channel = measured.best_channel(subject.channels(), rate_hz)?;
        let points = ((rate_hz / GRID_HZ).round() as usize).max(len);
        let plan = SpectrumPlan::new(len, points, Window::Hann).ok()?;
        let target = |target| measured.response(target, channel, &plan, rate_hz);
        let targets: Vec<_> = (0..codebook.len()).map(target).collect();
        let any = targets.iter().any(Option::is_some);
        any.then(|| Self { channel, step_hz: plan.frequency_hz(1, rate_hz), targets })
    }
}

/// The windows that there are, with target and frequency.
struct Measured<'a> {
    windows: Vec<(usize, f64, crate::signal::Epoch<'a>)>,
}

impl<'a> Measured<'a> {
    fn new(
        subject: &Subject<'_>,
        filtered: &'a Filtered,
        codebook: &Codebook,
        start: u64,
        len: usize,
    ) -> Self {
        let window = |(place, cut): (usize, &super::Cut)| {
            let hz = codebook.targets().get(cut.target)?.modulation.frequency_hz()?;
            Some((cut.target, hz, filtered.epoch(place, start, len).ok()?))
        };
        Self { windows: subject.trials().iter().enumerate().filter_map(window).collect() }
    }

    /// The channel with the highest mean ratio; the first of equals.
    fn best_channel(&self, channels: usize, rate_hz: f64) -> Option<usize> {
        let ratio = |channel: usize| {
            let of = |&(_, hz, epoch): &(usize, f64, crate::signal::Epoch<'_>)| {
                narrow_band_snr_db(epoch.channel(channel), rate_hz, hz).ok()
            };
            mean(self.windows.iter().filter_map(of).filter(|ratio| ratio.is_finite()))
        };
        let ratios = (0..channels).filter_map(|channel| Some((channel, ratio(channel)?)));
        let best = ratios.reduce(|best, next| if next.1 > best.1 { next } else { best });
        best.map(|(channel, _)| channel)
    }

    fn response(
        &self,
        target: usize,
        channel: usize,
        plan: &SpectrumPlan,
        rate_hz: f64,
    ) -> Option<Response> {
        let mut amplitude = vec![0.0; plan.bins()];
        let mut scratch = SpectrumScratch::default();
        let mut one = vec![0.0; plan.bins()];
        let (mut narrow, mut wide) = (Vec::new(), Vec::new());
        for &(_, hz, epoch) in self.windows.iter().filter(|(own, ..)| *own == target) {
            let row = epoch.channel(channel);
            let ratios = || -> Result<_, DecodeError> {
                let narrow = narrow_band_snr_db(row, rate_hz, hz)?;
                Ok((narrow, wide_band_snr_db(row, rate_hz, hz)?))
            };
            let Ok((narrow_db, wide_db)) = ratios() else { continue };
            if !(narrow_db.is_finite() && wide_db.is_finite()) {
                continue;
            }
            plan.amplitude_with_scratch(row, &mut one, &mut scratch).ok()?;
            amplitude.iter_mut().zip(&one).for_each(|(sum, value)| *sum += value);
            narrow.push(narrow_db);
            wide.push(wide_db);
        }
        let trials = narrow.len();
        let (narrow_snr_db, wide_snr_db) = (mean(narrow.into_iter())?, mean(wide.into_iter())?);
        amplitude.iter_mut().for_each(|sum| *sum /= trials as f64);
        let bci_quotient = bci_quotient(wide_snr_db);
        Some(Response { trials, narrow_snr_db, wide_snr_db, bci_quotient, amplitude })
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_usize), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / count as f64)
}
