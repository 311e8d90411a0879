//! What `evoked decode` prints: as text for people, as JSON for programs.

use std::io::{self, Write};

use evoked::evaluate::{Accuracy, Confusion, itr_bits_per_min};
use serde::Serialize;

/// Everything that one run found.
#[derive(Serialize)]
pub(crate) struct Report {
    pub(crate) file: String,
    pub(crate) format: String,
    pub(crate) method: String,
    /// `None` where the targets show no frequencies.
    pub(crate) harmonics: Option<usize>,
    /// How many trials with a known target the method was fitted to; they are not among the trials.
    pub(crate) calibrated_on: usize,
    pub(crate) channels: Vec<String>,
    pub(crate) rate_hz: f64,
    pub(crate) band_hz: Option<(f64, f64)>,
    pub(crate) filter: &'static str,
    pub(crate) onset: String,
    pub(crate) window_start_s: f64,
    pub(crate) window_length_s: f64,
    pub(crate) targets: Vec<String>,
    pub(crate) trials: Vec<TrialLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) summary: Option<Summary>,
}

/// One trial.
#[derive(Serialize)]
pub(crate) struct TrialLine {
    pub(crate) onset_s: f64,
    pub(crate) truth: Option<usize>,
    pub(crate) decision: Option<usize>,
    pub(crate) margin: Option<f64>,
    pub(crate) scores: Option<Vec<f64>>,
    /// Why there is no decision.
    pub(crate) skipped: Option<String>,
}

/// How good it was, over the trials whose truth is known.
#[derive(Serialize)]
pub(crate) struct Summary {
    pub(crate) right: usize,
    pub(crate) total: usize,
    pub(crate) accuracy: f64,
    pub wilson_95: (f64, f64),
    pub(crate) chance: f64,
    pub(crate) itr_bits_per_min: Option<f64>,
    pub(crate) itr_selection_s: f64,
    /// Row: truth, column: decision.
    pub(crate) confusion: Vec<Vec<usize>>,
}

impl Summary {
    /// `None` where no truth is known.
    pub(crate) fn of(trials: &[TrialLine], targets: usize, selection_s: f64) -> Option<Self> {
        let mut confusion = Confusion::new(targets);
        let known = trials.iter().filter_map(|trial| Some((trial.truth?, trial.decision?)));
        known.for_each(|(truth, decision)| confusion.add(truth, decision));
        let accuracy: Accuracy = confusion.accuracy();
        let rate = accuracy.rate()?;
        let row = |truth| (0..targets).map(|decided| confusion.count(truth, decided)).collect();
        Some(Self {
            right: accuracy.right,
            total: accuracy.total,
            accuracy: rate,
            wilson_95: accuracy.wilson_95()?,
            chance: 1.0 / targets as f64,
            itr_bits_per_min: itr_bits_per_min(targets, rate, selection_s),
            itr_selection_s: selection_s,
            confusion: (0..targets).map(row).collect(),
        })
    }
}

impl Report {
    /// As text.
    pub(crate) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        self.print_setting(out)?;
        self.print_trials(out)?;
        match &self.summary {
            Some(summary) => self.print_summary(summary, out),
            None => writeln!(
                out,
                "\nNo trial says which target is the true one, so there is no accuracy. Tell which \
                 events do with --label EVENT=TARGET."
            ),
        }
    }

    fn print_setting(&self, out: &mut impl Write) -> io::Result<()> {
        let band = self.band_hz.map_or("no band".into(), |(low, high)| format!("{low}–{high} Hz"));
        let end_s = self.window_start_s + self.window_length_s;
        writeln!(out, "{}: {}", self.file, self.format)?;
        writeln!(
            out,
            "{} channels at {} Hz, {band}, {}: {}",
            self.channels.len(),
            self.rate_hz,
            self.filter,
            self.channels.join(" ")
        )?;
        let harmonics =
            self.harmonics.map_or(String::new(), |count| format!("{count} harmonics, "));
        let calibrated = match self.calibrated_on {
            0 => String::new(),
            count => format!("fitted to the first {count} trials with a known target, "),
        };
        writeln!(
            out,
            "{}, {calibrated}{harmonics}{} targets, {:.2}–{end_s:.2} s after {}\n",
            self.method,
            self.targets.len(),
            self.window_start_s,
            self.onset
        )
    }

    fn print_trials(&self, out: &mut impl Write) -> io::Result<()> {
        let width =
            self.targets.iter().map(|label| label.chars().count()).max().unwrap_or(0).max(8);
        let head = ["trial", "onset s", "true", "decision", "margin"];
        let [trial, onset, truth, decision, margin] = head;
        writeln!(out, "{trial:>5}  {onset:>9}  {truth:<width$}  {decision:<width$}  {margin:>7}")?;
        for (number, trial) in self.trials.iter().enumerate() {
            let name = |target: Option<usize>| {
                target.and_then(|k| self.targets.get(k)).map_or("–", String::as_str)
            };
            let (number, truth) = (number + 1, name(trial.truth));
            write!(out, "{number:>5}  {:>9.3}  {truth:<width$}  ", trial.onset_s)?;
            match (&trial.skipped, trial.margin) {
                (Some(reason), _) => writeln!(out, "skipped: {reason}")?,
                (None, margin) => {
                    let wrong = trial.truth.is_some() && trial.truth != trial.decision;
                    let (mark, decision) = (if wrong { "  ✗" } else { "" }, name(trial.decision));
                    let margin = margin.unwrap_or(0.0);
                    writeln!(out, "{decision:<width$}  {margin:>7.4}{mark}")?;
                }
            }
        }
        Ok(())
    }

    fn print_summary(&self, summary: &Summary, out: &mut impl Write) -> io::Result<()> {
        let Summary { right, total, wilson_95: (low, high), .. } = summary;
        let percent = |rate: f64| 100.0 * rate;
        writeln!(
            out,
            "\naccuracy  {right} of {total} right: {:.1} % (95 % interval {:.1}–{:.1} %, chance {:.1} %)",
            percent(summary.accuracy),
            percent(*low),
            percent(*high),
            percent(summary.chance)
        )?;
        if let Some(rate) = summary.itr_bits_per_min {
            let selection_s = summary.itr_selection_s;
            writeln!(out, "ITR       {rate:.1} bits/min at {selection_s:.2} s a selection")?;
        }
        let unknown = self.trials.iter().filter(|trial| trial.truth.is_none()).count();
        let skipped = self.trials.iter().filter(|trial| trial.skipped.is_some()).count();
        if unknown + skipped > 0 {
            writeln!(
                out,
                "not counted: {unknown} trials without a known target, {skipped} skipped"
            )?;
        }
        self.print_confusion(&summary.confusion, out)
    }

    fn print_confusion(&self, confusion: &[Vec<usize>], out: &mut impl Write) -> io::Result<()> {
        if self.targets.len() > 12 {
            return self.print_errors(confusion, out);
        }
        let width =
            self.targets.iter().map(|label| label.chars().count()).max().unwrap_or(0).max(6);
        write!(out, "\n{:<width$}", "true \\ decided")?;
        let first = "true \\ decided".len().max(width);
        for label in &self.targets {
            write!(out, "  {label:>width$}")?;
        }
        writeln!(out)?;
        for (label, row) in self.targets.iter().zip(confusion) {
            write!(out, "{label:<first$}")?;
            for count in row {
                write!(out, "  {count:>width$}")?;
            }
            writeln!(out)?;
        }
        Ok(())
    }

    /// Large tables are nearly empty: only what went wrong is listed.
    fn print_errors(&self, confusion: &[Vec<usize>], out: &mut impl Write) -> io::Result<()> {
        for (truth, row) in confusion.iter().enumerate() {
            for (decided, &count) in row.iter().enumerate() {
                if truth != decided && count > 0 {
                    let (truth, decided) = (&self.targets[truth], &self.targets[decided]);
                    writeln!(out, "confused  {truth} taken for {decided}: {count}")?;
                }
            }
        }
        Ok(())
    }
}
