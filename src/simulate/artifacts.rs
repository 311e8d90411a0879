//! What disturbs a stretch of some channels, and where the session has it.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::bursts::Bursts;
use super::pops::Pops;
use super::{Random, SessionParams};

/// What an [`Artifact`] comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArtifactKind {
    /// A blink of the eyes.
    Blink,
    /// A burst of muscle activity.
    Burst,
    /// A contact that jumps and returns.
    Pop,
}

/// A disturbance that begins and ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// What it comes from.
    pub kind: ArtifactKind,
    /// The samples that it changes, at most.
    pub samples: Range<u64>,
    /// The channels that it changes, which lie next to each other in the list.
    pub channels: Range<usize>,
}

/// Bursts and pops as they run, and the list of all artefacts.
#[derive(Debug, Clone)]
pub(super) struct Artifacts {
    bursts: Bursts,
    pops: Pops,
    list: Vec<Artifact>,
}

impl Artifacts {
    /// Those of a session that ends before sample `end` and has these blinks, which its background
    /// adds.
    pub(super) fn new(
        params: &SessionParams,
        blinks: impl Iterator<Item = Range<u64>>,
        random: &mut Random,
        end: u64,
    ) -> Self {
        let bursts = Bursts::new(params, random.split(), end);
        let pops = Pops::new(params, random.split(), end);
        let every = 0..params.channels.len();
        let blinks = blinks.take_while(|blink| blink.start < end);
        let blink = |samples: Range<u64>| Artifact {
            kind: ArtifactKind::Blink,
            samples: samples.start..samples.end.min(end),
            channels: every.clone(),
        };
        let burst = |(samples, channels)| Artifact { kind: ArtifactKind::Burst, samples, channels };
        let pop = |(samples, channel)| Artifact {
            kind: ArtifactKind::Pop,
            samples,
            channels: channel..channel + 1,
        };
        let list = blinks.map(blink).chain(bursts.plan().map(burst)).chain(pops.plan().map(pop));
        let mut list: Vec<Artifact> = list.collect();
        list.sort_by_key(|artifact| artifact.samples.start);
        Self { bursts, pops, list }
    }

    /// All of them in the order of their starts.
    pub(super) fn list(&self) -> &[Artifact] {
        &self.list
    }

    /// Adds what lies at a position, which must be the one after the last.
    pub(super) fn add(&mut self, position: u64, frame: &mut [f64]) {
        self.bursts.add(position, frame);
        self.pops.add(position, frame);
    }
}
