use std::ops::Range;

use super::sums::Sums;
use crate::decode::DelayedLinear;
use crate::dsp::linalg::dot;

/// A band's filters and templates, and what has been added up.
#[derive(Debug, Clone)]
pub(super) struct Band {
    pub(super) components: usize,
    /// (delay, component) × channels.
    pub(super) weights: Vec<f64>,
    /// Samples × components × targets: mean trials, and projections.
    pub(super) templates: [Vec<f64>; 2],
    /// The channels at the last samples, as `recent`.
    pub(super) recent: Vec<Vec<f64>>,
    pub(super) of_channels: Vec<f64>,
    /// Over the window, components × targets: sums of both templates and of their squares.
    pub(super) of_templates: [Vec<f64>; 4],
    pub(super) whole: Sums,
    /// The same with the samples at the edge.
    pub(super) all: Sums,
    pub(super) u: Vec<f64>,
    pub(super) level: Vec<f64>,
}

impl Band {
    pub(super) fn new(linear: DelayedLinear, delays: usize, columns: usize) -> Self {
        let DelayedLinear { channels, samples, targets, components, weights, templates } = linear;
        let by_sample = |rows: Vec<f64>| {
            let mut out = vec![0.0; rows.len()];
            for (place, row) in rows.chunks_exact(samples).enumerate() {
                let (target, component) = (place / components, place % components);
                for (sample, value) in row.iter().enumerate() {
                    out[(sample * components + component) * targets + target] = *value;
                }
            }
            out
        };
        let sums = Sums {
            count: 0.0,
            of_u: vec![0.0; components],
            squares: vec![0.0; components],
            of_templates: vec![0.0; components * targets],
            with_templates: vec![0.0; components * targets],
            with_sinusoids: vec![0.0; components * columns],
        };
        Self {
            components,
            weights,
            templates: templates.map(by_sample),
            recent: vec![vec![0.0; channels]; delays + 1],
            of_channels: vec![0.0; channels],
            of_templates: [(); 4].map(|()| vec![0.0; components * targets]),
            all: sums.clone(),
            whole: sums,
            u: vec![0.0; components],
            level: vec![0.0; components],
        }
    }

    pub(super) fn restart(&mut self) {
        self.of_channels.fill(0.0);
        self.of_templates.iter_mut().flatten().for_each(|sum| *sum = 0.0);
        self.whole.clear();
    }

    pub(super) fn take(&mut self, x: &[f64], n: usize, targets: usize) {
        let kept = self.recent.len();
        self.recent[n % kept].copy_from_slice(x);
        self.of_channels.iter_mut().zip(x).for_each(|(sum, value)| *sum += value);
        self.count_templates(n, targets, 1.0);
    }

    /// Adds the templates at a sample to their sums, or takes them off with a sign of −1.
    pub(super) fn count_templates(&mut self, n: usize, targets: usize, sign: f64) {
        let len = self.components * targets;
        let [means, projections] = &self.templates;
        let (t, p) = (&means[n * len..(n + 1) * len], &projections[n * len..(n + 1) * len]);
        let [a, b, c, d] = &mut self.of_templates;
        let sums = a.iter_mut().zip(b).zip(c).zip(d);
        for ((t, p), (((a, b), c), d)) in t.iter().zip(p).zip(sums) {
            *a += sign * t;
            *b += sign * p;
            *c += sign * t * t;
            *d += sign * p * p;
        }
    }

    /// Leaves in `u` the filtered signal at a sample, as far as its delayed copies lie before `end`.
    pub(super) fn filter(&mut self, sample: usize, end: usize) {
        let (kept, channels) = (self.recent.len(), self.of_channels.len());
        self.u.fill(0.0);
        let delays = self.weights.chunks_exact(self.components * channels).enumerate();
        for (delay, weights) in delays.take_while(|(delay, _)| sample + delay < end) {
            let x = &self.recent[(sample + delay) % kept];
            for (u, weights) in self.u.iter_mut().zip(weights.chunks_exact(channels)) {
                *u += weights.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
            }
        }
    }

    /// Leaves in `level` what the channels' means make of the filtered signal at a sample.
    pub(super) fn level(&mut self, copies: usize, count: f64) {
        let channels = self.of_channels.len();
        self.level.fill(0.0);
        for weights in self.weights.chunks_exact(self.components * channels).take(copies) {
            for (level, weights) in self.level.iter_mut().zip(weights.chunks_exact(channels)) {
                *level += dot(weights, &self.of_channels) / count;
            }
        }
    }

    /// Leaves in `all` the sums over the window, the channels without their means over the samples
    /// that came.
    pub(super) fn finish(
        &mut self,
        edge: Range<usize>,
        delays: usize,
        came: usize,
        recent: &[Vec<f64>],
        of_whole: &[f64],
    ) {
        let (count, end) = (came as f64, edge.end);
        self.level(delays + 1, count);
        self.all.shifted(&self.whole, &self.level, of_whole);
        for sample in edge {
            self.level(end - sample, count);
            self.filter(sample, end);
            self.u.iter_mut().zip(&self.level).for_each(|(u, level)| *u -= level);
            self.all.add(&self.u, &self.templates, sample, &recent[sample % (delays + 1)]);
        }
    }

    /// The product of the signal with the template of a target, and the template's norm.
    pub(super) fn with_target(&self, target: usize, targets: usize) -> (f64, f64) {
        let all = &self.all;
        let [of_means, of_projections, squares, more] = &self.of_templates;
        let (mut product, mut norm) = (0.0, 0.0);
        for (component, u) in all.of_u.iter().enumerate() {
            let at = component * targets + target;
            product += all.with_templates[at] - u * all.of_templates[at] / all.count;
            norm += squares[at] - of_means[at] * of_means[at] / all.count;
            norm += more[at] - of_projections[at] * of_projections[at] / all.count;
        }
        (product, norm.max(0.0).sqrt())
    }
}
