use evoked::evaluate::Watched;
use serde::{Serialize, Serializer};

/// The rule of a row for a window of each length.
pub(crate) const EACH_LOOK: &str = "each look";

/// All that was found.
#[derive(Debug, Serialize)]
pub(crate) struct Evaluation {
    pub(crate) command: Vec<String>,
    pub(crate) version: &'static str,
    pub(crate) start_s: f64,
    pub(crate) step_s: f64,
    pub(crate) latest_s: f64,
    pub(crate) pause_s: f64,
    pub(crate) split: &'static str,
    pub(crate) watch: Option<Watch>,
    pub(crate) people: Vec<Person>,
}

/// How trials are found without cues.
#[derive(Debug, Serialize)]
pub(crate) struct Watch {
    pub(crate) window_s: f64,
    pub(crate) dwell_s: f64,
    pub(crate) refractory_s: f64,
    pub(crate) activations_per_min: f64,
}

/// A subject.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) rows: Vec<Row>,
    /// Without cues, by method.
    #[serde(serialize_with = "watched")]
    pub(crate) watched: Vec<(String, Watched)>,
}

/// The trials of a subject under one rule.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) method: String,
    pub(crate) rule: String,
    pub(crate) right: usize,
    pub(crate) total: usize,
    pub(crate) accuracy: Option<f64>,
    pub(crate) window_s: f64,
    pub(crate) itr_bits_per_min: Option<f64>,
}

/// Means over subjects.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Mean {
    pub(crate) total: usize,
    pub(crate) accuracy: f64,
    pub(crate) window_s: f64,
    pub(crate) itr_bits_per_min: f64,
}

impl Evaluation {
    /// Methods in the order of the rows.
    pub(crate) fn methods(&self) -> Vec<&str> {
        let mut methods: Vec<&str> = Vec::new();
        for row in self.people.iter().flat_map(|person| &person.rows) {
            if !methods.contains(&row.method.as_str()) {
                methods.push(&row.method);
            }
        }
        methods
    }

    /// The rules of a method, but that of each look.
    pub(crate) fn rules(&self, method: &str) -> Vec<&str> {
        let mut rules: Vec<&str> = Vec::new();
        for row in self.people.iter().flat_map(|person| &person.rows) {
            if row.method == method && row.rule != EACH_LOOK && !rules.contains(&row.rule.as_str())
            {
                rules.push(&row.rule);
            }
        }
        rules
    }

    /// The mean under a rule; of rows for each look those of one length.
    pub(crate) fn mean(&self, method: &str, rule: &str, window_s: Option<f64>) -> Option<Mean> {
        let is_own = |row: &&Row| {
            row.method == method
                && row.rule == rule
                // Sampling rates differ, and the looks with them a little.
                && window_s.is_none_or(|s| (row.window_s - s).abs() < 0.5 * self.step_s)
        };
        let rows: Vec<&Row> =
            self.people.iter().filter_map(|person| person.rows.iter().find(is_own)).collect();
        let rows: Vec<&Row> = rows.into_iter().filter(|row| row.accuracy.is_some()).collect();
        let mean = |of: fn(&Row) -> Option<f64>| {
            rows.iter().filter_map(|row| of(row)).sum::<f64>() / rows.len() as f64
        };
        (!rows.is_empty()).then(|| Mean {
            total: rows.iter().map(|row| row.total).sum(),
            accuracy: mean(|row| row.accuracy),
            window_s: mean(|row| Some(row.window_s)),
            itr_bits_per_min: mean(|row| row.itr_bits_per_min),
        })
    }

    /// The window that is best for all subjects, chosen with hindsight.
    pub(crate) fn best_fixed(&self, method: &str) -> Option<Mean> {
        let first = self.people.first()?;
        let looks = first.rows.iter().filter(|row| row.method == method && row.rule == EACH_LOOK);
        looks
            .filter_map(|row| self.mean(method, EACH_LOOK, Some(row.window_s)))
            .max_by(|a, b| a.itr_bits_per_min.total_cmp(&b.itr_bits_per_min))
    }
}

fn watched<S: Serializer>(found: &[(String, Watched)], to: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Line<'a> {
        method: &'a str,
        hits: usize,
        wrong: usize,
        missed: usize,
        mean_hit_s: Option<f64>,
        false_activations: usize,
        rest_s: f64,
    }
    to.collect_seq(found.iter().map(|(method, own)| Line {
        method,
        hits: own.hits,
        wrong: own.wrong,
        missed: own.missed,
        mean_hit_s: own.mean_hit_s(),
        false_activations: own.false_activations,
        rest_s: own.rest_s,
    }))
}
