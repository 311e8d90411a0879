use super::{Cut, EvaluateError};
use crate::simulate::Random;

/// Which trials a decoder is fitted to, and which it is tested on.
///
/// With every split each trial is tested exactly once, by a decoder that has seen neither it nor,
/// where blocks or sessions are left out, any of its block or session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// No training: all trials are tested. For methods that need no calibration.
    Untrained,
    /// Each block in turn is tested, the others are trained on, as with the public SSVEP sets.
    LeaveOneBlockOut,
    /// Each session in turn is tested, the others are trained on: what a user meets who does not
    /// calibrate on the day.
    LeaveOneSessionOut,
    /// So many runs of consecutive trials, each tested in turn with all others, earlier and later,
    /// for training.
    Chronological {
        /// Number of runs.
        folds: usize,
    },
    /// So many folds with about as many trials of each target, drawn at random.
    Stratified {
        /// Number of folds.
        folds: usize,
        /// The same seed draws the same folds.
        seed: u64,
    },
}

/// Trials to train on, and trials to test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// Places of the trials to fit to, in order.
    pub train: Vec<usize>,
    /// Places of the trials to decode, in order.
    pub test: Vec<usize>,
}

impl Split {
    /// The folds of these trials.
    ///
    /// # Errors
    /// [`EvaluateError::Split`] where there is too little to divide.
    pub fn folds(self, trials: &[Cut]) -> Result<Vec<Fold>, EvaluateError> {
        let group_of: Vec<usize> = match self {
            Split::Untrained => {
                return Ok(vec![Fold { train: Vec::new(), test: (0..trials.len()).collect() }]);
            }
            Split::LeaveOneBlockOut => trials.iter().map(|trial| trial.block).collect(),
            Split::LeaveOneSessionOut => trials.iter().map(|trial| trial.session).collect(),
            Split::Chronological { folds } => {
                self.enough(folds.max(2), trials.len())?;
                runs(trials.len(), folds)
            }
            Split::Stratified { folds, seed } => {
                self.enough(folds.max(2), trials.len())?;
                drawn(trials, folds, seed)
            }
        };
        let mut groups = group_of.clone();
        groups.sort_unstable();
        groups.dedup();
        self.enough(2, groups.len())?;
        let fold = |group: usize| {
            let (test, train) = (0..trials.len()).partition(|&place| group_of[place] == group);
            Fold { train, test }
        };
        Ok(groups.into_iter().map(fold).collect())
    }

    /// Its name, for people.
    pub fn name(self) -> &'static str {
        match self {
            Split::Untrained => "no training",
            Split::LeaveOneBlockOut => "leave one block out",
            Split::LeaveOneSessionOut => "leave one session out",
            Split::Chronological { .. } => "chronological folds",
            Split::Stratified { .. } => "stratified folds",
        }
    }

    fn enough(self, needed: usize, found: usize) -> Result<(), EvaluateError> {
        let what = match self {
            Split::LeaveOneBlockOut => "blocks",
            Split::LeaveOneSessionOut => "sessions",
            _ => "trials",
        };
        let split = self.name();
        if found < needed {
            return Err(EvaluateError::Split { split, what, found, needed });
        }
        Ok(())
    }
}

/// For each trial the run it falls into; runs are as long as each other, give or take one.
fn runs(trials: usize, folds: usize) -> Vec<usize> {
    let folds = folds.max(1);
    let run = |place: usize| (place as u128 * folds as u128 / trials.max(1) as u128) as usize;
    (0..trials).map(run).collect()
}

/// For each trial its fold: the trials of each target are shuffled and dealt out, going on where
/// the target before stopped, so that the folds are as large as each other, give or take one.
fn drawn(trials: &[Cut], folds: usize, seed: u64) -> Vec<usize> {
    let folds = folds.max(1);
    let mut random = Random::new(seed);
    let mut fold_of = vec![0; trials.len()];
    let targets = trials.iter().map(|trial| trial.target + 1).max().unwrap_or(0);
    let mut by_target: Vec<Vec<usize>> = vec![Vec::new(); targets];
    trials.iter().enumerate().for_each(|(place, trial)| by_target[trial.target].push(place));
    let mut dealt = 0;
    for places in &mut by_target {
        random.shuffle(places);
        for &place in places.iter() {
            fold_of[place] = dealt % folds;
            dealt += 1;
        }
    }
    fold_of
}

/// How much of the training trials is used: the first of them, as a user would have recorded
/// them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// The first so many trials.
    Trials(usize),
    /// The trials of the first so many blocks: so many of each target.
    Blocks(usize),
}

impl Limit {
    /// The training trials that are left; `train` is in the order of time.
    pub fn of(self, train: &[usize], trials: &[Cut]) -> Vec<usize> {
        match self {
            Limit::Trials(count) => train.iter().copied().take(count).collect(),
            Limit::Blocks(count) => {
                let block = |place: usize| trials.get(place).map_or(usize::MAX, |cut| cut.block);
                let mut blocks: Vec<usize> = train.iter().map(|&place| block(place)).collect();
                blocks.sort_unstable();
                blocks.dedup();
                blocks.truncate(count);
                let used = |place: &usize| blocks.contains(&block(*place));
                train.iter().copied().filter(used).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Trials of sessions with so many of each target; blocks counted on over sessions.
    fn cuts(sessions: &[Vec<usize>]) -> Vec<Cut> {
        let mut cuts: Vec<Cut> = Vec::new();
        let mut blocks = 0;
        for (session, targets) in sessions.iter().enumerate() {
            let mut seen = [0; 5];
            for &target in targets {
                let block = blocks + seen[target];
                seen[target] += 1;
                cuts.push(Cut { target, session, block, onset: 0, own: 0..0, source: 0 });
            }
            blocks += seen.iter().max().unwrap();
        }
        cuts
    }

    fn sessions() -> impl Strategy<Value = Vec<Vec<usize>>> {
        prop::collection::vec(prop::collection::vec(0..5_usize, 1..25), 1..5)
    }

    proptest! {
        #[test]
        fn each_trial_is_tested_once_and_never_trained_on(
            sessions in sessions(), folds in 0..9_usize, seed in any::<u64>(),
        ) {
            let trials = cuts(&sessions);
            for split in [
                Split::Untrained, Split::LeaveOneBlockOut, Split::LeaveOneSessionOut,
                Split::Chronological { folds }, Split::Stratified { folds, seed },
            ] {
                let Ok(found) = split.folds(&trials) else { continue };
                let mut tested: Vec<usize> = found.iter().flat_map(|f| f.test.clone()).collect();
                tested.sort_unstable();
                prop_assert_eq!(tested, (0..trials.len()).collect::<Vec<_>>());
                for Fold { train, test } in &found {
                    prop_assert!(train.is_sorted() && test.is_sorted() && !test.is_empty());
                    let clash = |a: &usize, b: &usize| match split {
                        Split::LeaveOneBlockOut => trials[*a].block == trials[*b].block,
                        Split::LeaveOneSessionOut => trials[*a].session == trials[*b].session,
                        _ => a == b,
                    };
                    prop_assert!(!train.iter().any(|a| test.iter().any(|b| clash(a, b))));
                    if split != Split::Untrained {
                        prop_assert_eq!(train.len() + test.len(), trials.len());
                        prop_assert!(!train.is_empty());
                    }
                }
            }
        }

        #[test]
        fn folds_are_even_and_stratified(
            targets in prop::collection::vec(0..4_usize, 12..60), folds in 2..6_usize, seed in any::<u64>(),
        ) {
            let trials = cuts(&[targets]);
            for split in [Split::Chronological { folds }, Split::Stratified { folds, seed }] {
                let found = split.folds(&trials).unwrap();
                let sizes = found.iter().map(|fold| fold.test.len());
                let (least, most) = (sizes.clone().min().unwrap(), sizes.max().unwrap());
                prop_assert!(found.len() == folds && most - least <= 1);
            }
            let found = Split::Stratified { folds, seed }.folds(&trials).unwrap();
            for target in 0..4 {
                let of_target = |fold: &Fold| fold.test.iter().filter(|&&k| trials[k].target == target).count();
                let counts: Vec<usize> = found.iter().map(of_target).collect();
                prop_assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1);
            }
            prop_assert_eq!(&found, &Split::Stratified { folds, seed }.folds(&trials).unwrap());
        }

        #[test]
        fn a_limit_keeps_the_first(sessions in sessions(), count in 0..9_usize) {
            let trials = cuts(&sessions);
            for fold in Split::LeaveOneBlockOut.folds(&trials).unwrap_or_default() {
                let few = Limit::Trials(count).of(&fold.train, &trials);
                prop_assert_eq!(&few[..], &fold.train[..count.min(fold.train.len())]);
                let blocks = Limit::Blocks(count).of(&fold.train, &trials);
                let last = blocks.iter().map(|&k| trials[k].block).max();
                let left = fold.train.iter().filter(|k| !blocks.contains(k));
                prop_assert!(left.map(|&k| trials[k].block).all(|block| Some(block) > last));
                let mut distinct: Vec<usize> = blocks.iter().map(|&k| trials[k].block).collect();
                distinct.sort_unstable();
                distinct.dedup();
                prop_assert!(distinct.len() <= count);
            }
        }
    }

    #[test]
    fn chronological_folds_are_runs_of_trials() {
        let trials = cuts(&[vec![0, 1, 0, 1, 0, 1]]);
        let folds = Split::Chronological { folds: 3 }.folds(&trials).unwrap();
        assert_eq!(folds[1], Fold { train: vec![0, 1, 4, 5], test: vec![2, 3] });
    }

    #[test]
    fn what_cannot_be_divided_is_refused() {
        let trials = cuts(&[vec![0, 1]]);
        let refused = |split: Split| split.folds(&trials).unwrap_err().to_string();
        assert!(refused(Split::LeaveOneSessionOut).contains("at least 2 sessions, there is 1"));
        assert!(refused(Split::LeaveOneBlockOut).contains("at least 2 blocks"));
        assert!(
            refused(Split::Chronological { folds: 3 }).contains("at least 3 trials, there are 2")
        );
        assert!(refused(Split::Stratified { folds: usize::MAX, seed: 1 }).contains("trials"));
    }
}
