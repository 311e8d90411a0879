use std::collections::BTreeMap;

use super::code::Code;

/// The events that a code is taken apart into, each kind with a response of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum EventModel {
    /// Flashes, told apart by the bits that they last: a kind for each duration that occurs.
    #[default]
    Duration,
    /// Changes from dark to bright, and from bright to dark: two kinds.
    RiseFall,
}

/// The events of all codes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Events {
    /// Kinds of events.
    pub kinds: usize,
    /// For each target and each kind, the samples at which such an event happens, in order.
    pub times: Vec<Vec<Vec<usize>>>,
}

impl Events {
    /// The events before sample `samples`. With `onset`, the start of the stimulation is an event
    /// of the last kind.
    pub(super) fn new(codes: &[Code<'_>], model: EventModel, onset: bool, samples: usize) -> Self {
        let mut times = match model {
            EventModel::Duration => by_duration(codes, samples),
            EventModel::RiseFall => codes.iter().map(|code| edges(code, samples)).collect(),
        };
        if onset {
            times.iter_mut().for_each(|kinds| kinds.push(vec![0]));
        }
        Self { kinds: times.first().map_or(0, Vec::len), times }
    }
}

fn by_duration(codes: &[Code<'_>], samples: usize) -> Vec<Vec<Vec<usize>>> {
    let mut kinds = BTreeMap::new();
    for code in codes {
        kinds.extend(code.flashes(samples).map(|(_, lasts)| (lasts, 0)));
    }
    kinds.values_mut().enumerate().for_each(|(kind, place)| *place = kind);
    let of_code = |code: &Code<'_>| {
        let mut times = vec![Vec::new(); kinds.len()];
        for (place, lasts) in code.flashes(samples) {
            if let Some(&kind) = kinds.get(&lasts) {
                times[kind].push(code.start(place));
            }
        }
        times
    };
    codes.iter().map(of_code).collect()
}

fn edges(code: &Code<'_>, samples: usize) -> Vec<Vec<usize>> {
    let mut times = vec![Vec::new(); 2];
    let period = code.bits().len();
    for (place, lasts) in code.flashes(samples) {
        times[0].push(code.start(place));
        let end = code.start(place + lasts);
        if lasts < period && end < samples {
            times[1].push(end);
        }
    }
    times
}

#[cfg(test)]
mod tests {
    use super::super::code::codes;
    use super::*;
    use crate::decode::Shape;
    use crate::stimulus::{Bits, Codebook, Modulation, Target};

    fn events(texts: &[&str], model: EventModel, onset: bool) -> Events {
        let target = |text: &&str| Target {
            label: (*text).into(),
            event: None,
            modulation: Modulation::Code {
                bits: Bits::try_from((*text).to_owned()).unwrap(),
                bit_rate_hz: 60.0,
            },
        };
        let codebook = Codebook::new(texts.iter().map(target).collect()).unwrap();
        let shape = Shape { channels: 1, samples: 16, rate_hz: 120.0 };
        Events::new(&codes(&codebook, shape).unwrap(), model, onset, 16)
    }

    #[test]
    fn flashes_are_told_apart_by_duration() {
        let found = events(&["1101", "0100"], EventModel::Duration, true);
        // The last bit of the first code runs on into its first two.
        assert_eq!(found.times[0], [vec![], vec![0], vec![6, 14], vec![0]]);
        assert_eq!(found.times[1], [vec![2, 10], vec![], vec![], vec![0]]);
        assert_eq!(found.kinds, 4);
    }

    #[test]
    fn edges_rise_and_fall() {
        let found = events(&["1101", "0100", "11"], EventModel::RiseFall, false);
        assert_eq!(found.times[0], [vec![0, 6, 14], vec![4, 12]]);
        assert_eq!(found.times[1], [vec![2, 10], vec![4, 12]]);
        assert_eq!(found.times[2], [vec![0], vec![]]);
    }
}
