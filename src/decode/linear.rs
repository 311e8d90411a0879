/// Task-discriminant components as what they are to a single sample.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DelayedLinear {
    pub(crate) channels: usize,
    pub(crate) samples: usize,
    pub(crate) targets: usize,
    pub(crate) components: usize,
    /// (delay, component) × channels.
    pub(crate) weights: Vec<f64>,
    /// Targets × components × samples: mean trials behind the filters, and their projections on the
    /// target's sinusoids; both together of norm 1.
    pub(crate) templates: [Vec<f64>; 2],
}

/// A decoder by correlation with templates, as what it is to a single sample: weights of the channels,
/// and what is expected behind them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Linear {
    pub(crate) channels: usize,
    pub(crate) samples: usize,
    pub(crate) targets: usize,
    /// Rows × channels.
    pub(crate) weights: Vec<f64>,
    /// Targets × rows × samples; with a row of its own for each target, targets × samples.
    pub(crate) templates: Vec<f64>,
    /// Whether row k is looked at for target k only.
    pub(crate) own_rows: bool,
}
