use super::{Finding, channels, clock, gaps, labels, mains, targets, trials};
use crate::dsp::ClockFit;
use crate::signal::{Recording, Stream, Trial};
use crate::stimulus::Codebook;

/// A recording to be examined, and what is known about it. The more is known, the more is found.
///
/// ```
/// use evoked::doctor::{Case, Topic};
/// use evoked::simulate::SessionParams;
/// use evoked::stimulus::Codebook;
///
/// let codebook = Codebook::sinusoids(&[20.0, 30.0])?;
/// let params =
///     SessionParams { blocks: 4, mains_hz: 60.0, mains_uv: 5.0, ..SessionParams::default() };
/// let simulated = params.simulate(&codebook)?;
/// let case = Case::new(&simulated.recording).codebook(&codebook).trials(&simulated.truth);
/// let findings = case.findings();
/// let mains = findings.iter().find(|finding| finding.topic == Topic::TargetOnMains).unwrap();
/// assert!(mains.what.contains("30 Hz"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    pub(super) recording: &'a Recording,
    pub(super) codebook: Option<&'a Codebook>,
    pub(super) trials: &'a [Trial],
    pub(super) trial_ends: &'a [u64],
    pub(super) window_s: Option<(f64, f64)>,
    pub(super) readings: &'a [(f64, f64)],
    pub(super) mains_hz: Option<f64>,
    pub(super) refresh_hz: Option<f64>,
}

impl<'a> Case<'a> {
    /// A recording of which nothing else is known.
    pub fn new(recording: &'a Recording) -> Self {
        Self {
            recording,
            codebook: None,
            trials: &[],
            trial_ends: &[],
            window_s: None,
            readings: &[],
            mains_hz: None,
            refresh_hz: None,
        }
    }

    /// The targets the user was shown.
    pub fn codebook(mut self, codebook: &'a Codebook) -> Self {
        self.codebook = Some(codebook);
        self
    }

    /// The trials, on the clock of the first stream, in the order of time.
    pub fn trials(mut self, trials: &'a [Trial]) -> Self {
        self.trials = trials;
        self
    }

    /// Where the trials end, one sample position a trial.
    pub fn trial_ends(mut self, ends: &'a [u64]) -> Self {
        self.trial_ends = ends;
        self
    }

    /// The window that will be decoded: its start after the onset and its length, in seconds.
    pub fn window_s(mut self, start_s: f64, length_s: f64) -> Self {
        self.window_s = Some((start_s, length_s));
        self
    }

    /// Readings of another clock: sample positions of the first stream, and seconds at each.
    pub fn readings(mut self, readings: &'a [(f64, f64)]) -> Self {
        self.readings = readings;
        self
    }

    /// Frequency of the mains. Where it is not given it is looked for, 50 or 60 Hz.
    pub fn mains_hz(mut self, mains_hz: f64) -> Self {
        self.mains_hz = Some(mains_hz);
        self
    }

    /// Frames a second of the screen. Default: what the codebook says.
    pub fn refresh_hz(mut self, refresh_hz: f64) -> Self {
        self.refresh_hz = Some(refresh_hz);
        self
    }

    /// Everything that is odd, what matters most first.
    ///
    /// Only the first stream is examined. Checks that need what is not known, or more signal than
    /// there is, are left out.
    pub fn findings(&self) -> Vec<Finding> {
        let Some(stream) = self.stream() else { return Vec::new() };
        let mut findings = Vec::new();
        let mains = mains::measure(stream, self.mains_hz);
        clock::examine(self, stream, mains.as_ref(), &mut findings);
        gaps::examine(self, stream, &mut findings);
        channels::examine(stream, &mut findings);
        mains::examine(stream, mains.as_ref(), &mut findings);
        targets::examine(self, stream, mains.as_ref(), &mut findings);
        trials::examine(self, stream, &mut findings);
        labels::examine(self, stream, mains.as_ref(), &mut findings);
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        findings
    }

    fn stream(&self) -> Option<&'a Stream> {
        self.recording.streams().first()
    }

    /// The line through the readings of the other clock.
    pub(super) fn clock(&self) -> Option<ClockFit> {
        let (positions, times_s): (Vec<f64>, Vec<f64>) = self.readings.iter().copied().unzip();
        ClockFit::new(&positions, &times_s).ok()
    }
}
