use super::oscillators::Oscillators;
use super::running::{Running, Span, check_chunk};
use super::sliding::Sliding;
use super::statistic::{Statistic, Work};
use super::sums::Layout;
use crate::decode::ssvep::usable_harmonics;
use crate::decode::{DecodeError, Shape};
use crate::dsp::linalg::LANES;
use crate::signal::Epoch;
use crate::stimulus::Codebook;

/// Most sums of a window, or of all blocks of a sliding one: 1 GiB.
const MAX_SUMS: usize = 1 << 27;

/// Settings of [`Sinusoids`].
#[derive(Debug, Clone, PartialEq)]
pub struct SinusoidsParams {
    /// The score.
    pub statistic: Statistic,
    /// Harmonics of each target, the fundamental being the first.
    pub harmonics: usize,
    /// Mains frequency: harmonics within 1 Hz of it or of its multiples are left out.
    pub mains_hz: Option<f64>,
    /// Weights of the bands of a [`FilterBank`](crate::decode::FilterBank); empty where there is a
    /// single band.
    pub weights: Vec<f64>,
    /// The window.
    pub span: Span,
}

impl Default for SinusoidsParams {
    fn default() -> Self {
        Self {
            statistic: Statistic::Cca,
            harmonics: 2,
            mains_hz: None,
            weights: Vec::new(),
            span: Span::Growing,
        }
    }
}

/// CCA, MSI or MEC over a window that grows or slides, alone or in a filter bank.
///
/// It keeps the sums of products of the channels with each other and with the sinusoids of all
/// targets. A sample costs `bands · channels · (channels + columns)` multiplications, where columns is
/// two for each harmonic of each target, and scores cost the same whatever the window's length. Scores
/// are those of [`Cca`](crate::decode::ssvep::Cca), [`Msi`](crate::decode::ssvep::Msi) or
/// [`Mec`](crate::decode::ssvep::Mec) for the samples in the window, and with weights those of
/// [`Banked`](crate::decode::Banked) decoders: the rows of the first band first. The phase of the
/// sinusoids plays no part in them, so that a window may start anywhere.
///
/// ```
/// use evoked::online::{Running, SinusoidsParams};
/// use evoked::signal::Epoch;
/// use evoked::stimulus::Codebook;
///
/// let codebook = Codebook::sinusoids(&[13.0, 17.0, 21.0])?;
/// let mut decoder = SinusoidsParams::default().build(&codebook, 1, 256.0)?;
/// let mut scores = [0.0; 3];
/// for n in 0..256 {
///     let sample = (std::f64::consts::TAU * 17.0 * n as f64 / 256.0).sin();
///     decoder.push(Epoch::from_planar(&[sample], 1)?)?;
/// }
/// decoder.score_into(&mut scores)?;
/// assert!(scores[1] > 0.999 && scores[0] < 0.1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Sinusoids {
    params: SinusoidsParams,
    layout: Layout,
    /// Sinusoids of each target.
    own: Vec<usize>,
    needed: usize,
    oscillators: Oscillators,
    /// The first sample of the window, which is taken off all: constants are exactly zero then.
    first: Option<Vec<f64>>,
    first_kept: Vec<f64>,
    /// Sums since the start of the window, or of the block.
    current: Vec<f64>,
    sliding: Option<Sliding>,
    in_block: usize,
    total: Vec<f64>,
    x: Vec<f64>,
    y: Vec<f64>,
    of_band: Vec<f64>,
    work: Work,
}

impl SinusoidsParams {
    /// A decoder of chunks of so many rows, those of all bands.
    ///
    /// # Errors
    /// [`DecodeError::NoFrequency`], [`DecodeError::Nyquist`], [`DecodeError::OnlyMains`];
    /// [`DecodeError::Setting`], also for a sliding window without blocks or samples in them;
    /// [`DecodeError::Shape`] for rows that do not divide into the bands; [`DecodeError::TooLarge`].
    pub fn build(
        &self,
        codebook: &Codebook,
        rows: usize,
        rate_hz: f64,
    ) -> Result<Sinusoids, DecodeError> {
        Shape { channels: rows, samples: 4, rate_hz }.check()?;
        let bands = self.weights.len().max(1);
        if !rows.is_multiple_of(bands) {
            let (what, found) = ("rows of all bands", rows);
            return Err(DecodeError::Shape { what, found, expected: bands });
        }
        self.check()?;
        let (limit_hz, harmonics) = (rate_hz / 2.0, self.harmonics);
        let frequencies = usable_harmonics(codebook, harmonics, self.mains_hz, limit_hz, rate_hz)?;
        let own: Vec<usize> = frequencies.iter().map(|own| 2 * own.len()).collect();
        let most = own.iter().copied().max().unwrap_or(0);
        let groups = frequencies.len().div_ceil(LANES);
        let layout = Layout { bands, channels: rows / bands, rows: most, groups };
        let blocks = match self.span {
            Span::Growing => 1,
            Span::Sliding { blocks, .. } => blocks,
        };
        let found = layout.len().saturating_mul(blocks.saturating_add(3));
        if found > MAX_SUMS {
            let what = "sums of products with sinusoids, over all blocks";
            return Err(DecodeError::TooLarge { what, found, limit: MAX_SUMS });
        }
        let sliding = match self.span {
            Span::Growing => None,
            Span::Sliding { blocks, .. } => Some(Sliding::new(layout.len(), blocks)),
        };
        let oscillators = Oscillators::new(&frequencies, rate_hz);
        Ok(Sinusoids {
            params: self.clone(),
            needed: layout.channels + most + 2,
            first: None,
            first_kept: vec![0.0; rows],
            current: vec![0.0; layout.len()],
            total: vec![0.0; layout.len()],
            sliding,
            in_block: 0,
            x: vec![0.0; rows],
            y: vec![0.0; oscillators.columns()],
            of_band: vec![0.0; own.len()],
            work: Work::new(&layout),
            own,
            oscillators,
            layout,
        })
    }

    fn check(&self) -> Result<(), DecodeError> {
        let refused =
            |name, found: String, expected| Err(DecodeError::Setting { name, found, expected });
        if let Statistic::Mec { kept } = self.statistic
            && !(kept > 0.0 && kept < 1.0)
        {
            return refused("kept", kept.to_string(), "a number between 0 and 1");
        }
        if let Some(weight) = self.weights.iter().find(|weight| !weight.is_finite()) {
            return refused("weights", weight.to_string(), "finite numbers");
        }
        match self.span {
            Span::Sliding { block: 0, .. } => {
                refused("samples of a block", "0".into(), "at least 1")
            }
            Span::Sliding { blocks: 0, .. } => refused("blocks", "0".into(), "at least 1"),
            _ => Ok(()),
        }
    }
}

impl Sinusoids {
    fn take(&mut self, chunk: Epoch<'_>, sample: usize) {
        for (x, row) in self.x.iter_mut().zip(chunk.rows()) {
            *x = row[sample];
        }
        let x = &mut self.x;
        let first = self.first.get_or_insert_with(|| {
            let mut first = std::mem::take(&mut self.first_kept);
            first.copy_from_slice(x);
            first
        });
        x.iter_mut().zip(first).for_each(|(x, first)| *x -= *first);
        self.oscillators.next(&mut self.y);
        self.layout.add(&mut self.current, &self.x, &self.y);
        self.in_block += 1;
        self.close_block();
    }

    /// Hands a block on that has all its samples.
    fn close_block(&mut self) {
        if let (Some(sliding), Span::Sliding { block, .. }) = (&mut self.sliding, self.params.span)
            && self.in_block >= block
        {
            sliding.push(&self.current);
            self.current.fill(0.0);
            self.in_block = 0;
            sliding.total(&mut self.total);
        }
    }
}

impl Running for Sinusoids {
    fn channels(&self) -> usize {
        self.layout.bands * self.layout.channels
    }

    fn targets(&self) -> usize {
        self.own.len()
    }

    fn push(&mut self, chunk: Epoch<'_>) -> Result<(), DecodeError> {
        check_chunk(chunk, self.channels())?;
        (0..chunk.len()).for_each(|sample| self.take(chunk, sample));
        Ok(())
    }

    fn skip(&mut self, samples: u64) {
        self.oscillators.skip(samples);
        let Span::Sliding { block, blocks } = self.params.span else { return };
        let window = (block as u64).saturating_mul(blocks as u64);
        if samples >= window {
            // Nothing of the last window is left.
            let place = (self.in_block as u64 + samples % block as u64) % block as u64;
            self.restart();
            self.in_block = place as usize;
            return;
        }
        let mut left = samples;
        while left > 0 {
            let step = left.min((block - self.in_block) as u64);
            self.in_block += step as usize;
            left -= step;
            self.close_block();
        }
    }

    fn starts_anywhere(&self) -> bool {
        true
    }

    fn span(&self) -> Span {
        self.params.span
    }

    fn len(&self) -> u64 {
        let sums = if self.sliding.is_some() { &self.total } else { &self.current };
        self.layout.count(sums) as u64
    }

    fn restart(&mut self) {
        if let Some(first) = self.first.take() {
            self.first_kept = first;
        }
        self.current.fill(0.0);
        self.total.fill(0.0);
        self.in_block = 0;
        self.sliding.iter_mut().for_each(Sliding::clear);
        self.oscillators.restart();
    }

    fn score_into(&mut self, scores: &mut [f64]) -> Result<(), DecodeError> {
        let expected = self.own.len();
        if scores.len() != expected {
            return Err(DecodeError::Shape { what: "scores", found: scores.len(), expected });
        }
        let (found, needed) = (self.len() as usize, self.needed);
        if found < needed {
            return Err(DecodeError::TooShort { found, what: "a running window", needed });
        }
        let sums = if self.sliding.is_some() { &self.total } else { &self.current };
        let (layout, statistic) = (&self.layout, self.params.statistic);
        self.work.factor(layout, sums);
        if self.params.weights.is_empty() {
            return self.work.score(statistic, layout, sums, 0, &self.own, scores);
        }
        scores.fill(0.0);
        let fusion = statistic.fusion();
        for (band, weight) in self.params.weights.iter().enumerate() {
            self.work.score(statistic, layout, sums, band, &self.own, &mut self.of_band)?;
            for (score, value) in scores.iter_mut().zip(&self.of_band) {
                *score += weight * fusion.apply(*value);
            }
        }
        Ok(())
    }
}
