//! Which code goes where, so that neighbours are as little alike as can be.
//!
//! A user who looks at one target sees its neighbours, too, and their answers mix. So of all codes as
//! many are chosen as there are places, and placed so that `Σ ρ⁴` over all neighbours is small: the
//! fourth power weighs the worst pairs most, without forgetting the others. Correlations up and down
//! count alike: what leaks from an inverted neighbour weakens the answer.

use serde::{Deserialize, Serialize};

use super::random::Random;
use super::{Similarity, StimulusError};

/// Most places of a grid.
const MAX_PLACES: usize = 512;
/// Most steps of a search.
const MAX_STEPS: u64 = 50_000_000;

/// Places of targets, row by row. Neighbours are the up to eight around a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grid {
    /// Rows.
    pub rows: usize,
    /// Places in a row.
    pub columns: usize,
}

impl Grid {
    /// Number of places.
    pub fn places(self) -> usize {
        self.rows.saturating_mul(self.columns)
    }

    /// Every two neighbours, once.
    pub fn neighbours(self) -> Vec<(usize, usize)> {
        let (rows, columns) = (self.rows.min(MAX_PLACES), self.columns.min(MAX_PLACES));
        let mut pairs = Vec::new();
        for row in 0..rows {
            for column in 0..columns {
                let place = row * columns + column;
                let is_last = (column + 1 == columns, row + 1 == rows);
                if !is_last.0 {
                    pairs.push((place, place + 1));
                }
                if !is_last.1 {
                    pairs.push((place, place + columns));
                }
                if is_last == (false, false) {
                    pairs.push((place, place + columns + 1));
                    pairs.push((place + 1, place + columns));
                }
            }
        }
        pairs
    }
}

/// How the best layout is looked for: simulated annealing (Kirkpatrick, Gelatt & Vecchi 1983, Science
/// 220:671), the exchange of two codes its step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// Where all that is random comes from.
    pub seed: u64,
    /// Exchanges that are tried.
    pub steps: u64,
    /// By how many bits or frames codes are shifted against each other to find how alike they are.
    /// [`lay_out`] itself is given that.
    #[serde(default)]
    pub lags: usize,
}

impl Default for Search {
    fn default() -> Self {
        Self { seed: 1, steps: 200_000, lags: 0 }
    }
}

/// How alike neighbours are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Objective {
    /// What is made small: `Σ ρ⁴` over all neighbours.
    pub energy: f64,
    /// The greatest `|ρ|` of two neighbours.
    pub worst: f64,
    /// The mean `|ρ|` of two neighbours.
    pub mean: f64,
}

/// A layout that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// The code of each place.
    pub codes: Vec<usize>,
    /// Of the codes in the order they came, as many as there are places.
    pub before: Objective,
    /// Of the layout.
    pub after: Objective,
}

/// Chooses a code for each place.
///
/// ```
/// use evoked::stimulus::{Grid, Search, Similarity, lay_out};
/// // Codes 0 and 1 are alike, and so are 2 and 3.
/// let values = [1.0, 0.9, 0.0, 0.0, 0.9, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.9, 0.0, 0.0, 0.9, 1.0];
/// let similarity = Similarity::from_values(&values)?;
/// let layout = lay_out(&similarity, Grid { rows: 1, columns: 4 }, Search::default())?;
/// assert_eq!((layout.before.worst, layout.after.worst), (0.9, 0.0));
/// # Ok::<(), evoked::stimulus::StimulusError>(())
/// ```
///
/// # Errors
/// [`StimulusError::Setting`] for a grid without places, with more than 512 or more than there are
/// codes, or for too many steps.
pub fn lay_out(
    similarity: &Similarity,
    grid: Grid,
    search: Search,
) -> Result<Layout, StimulusError> {
    let places = grid.places();
    if !(1..=MAX_PLACES.min(similarity.len())).contains(&places) {
        let found = format!("{} × {}", grid.rows, grid.columns);
        let expected = "1 to 512 places, and no more than there are codes";
        return Err(StimulusError::setting("the grid", found, expected));
    }
    if search.steps > MAX_STEPS {
        return Err(StimulusError::setting("the search's steps", search.steps, "50000000 at most"));
    }
    let neighbours = grid.neighbours();
    let mut state = State::new(similarity, &neighbours, places);
    let before = state.objective(&neighbours);
    state.anneal(search);
    let after = state.objective(&neighbours);
    let codes = state.codes[..places].to_vec();
    Ok(Layout { codes, before, after })
}

struct State<'a> {
    similarity: &'a Similarity,
    /// Codes in their places, then those that are not used.
    codes: Vec<usize>,
    /// Neighbours of each place; none of a place outside of the grid.
    around: Vec<Vec<usize>>,
    places: usize,
}

impl<'a> State<'a> {
    fn new(similarity: &'a Similarity, neighbours: &[(usize, usize)], places: usize) -> Self {
        let mut around = vec![Vec::new(); similarity.len()];
        for &(a, b) in neighbours {
            around[a].push(b);
            around[b].push(a);
        }
        Self { similarity, codes: (0..similarity.len()).collect(), around, places }
    }

    fn pair(&self, a: usize, b: usize) -> f64 {
        self.similarity.get(self.codes[a], self.codes[b])
    }

    fn objective(&self, neighbours: &[(usize, usize)]) -> Objective {
        let values = neighbours.iter().map(|&(a, b)| self.pair(a, b).abs());
        let mean = values.clone().sum::<f64>() / neighbours.len().max(1) as f64;
        Objective {
            energy: values.clone().map(|value| value.powi(4)).sum(),
            worst: values.fold(0.0, f64::max),
            mean,
        }
    }

    /// Energy of all pairs around two places. A pair of both counts twice, which an exchange does not
    /// change.
    fn energy_around(&self, a: usize, b: usize) -> f64 {
        let around = |place: usize| {
            self.around[place].iter().map(|&other| self.pair(place, other).powi(4)).sum::<f64>()
        };
        around(a) + around(b)
    }

    /// The change of energy by an exchange, which is done.
    fn exchange(&mut self, a: usize, b: usize) -> f64 {
        let before = self.energy_around(a, b);
        self.codes.swap(a, b);
        self.energy_around(a, b) - before
    }

    fn anneal(&mut self, search: Search) {
        let mut random = Random::new(search.seed);
        let start = self.typical_change(&mut random);
        if start == 0.0 {
            return;
        }
        let (mut energy, mut least, mut best) = (0.0, 0.0, self.codes.clone());
        let cooling = (1e-4_f64).powf(1.0 / search.steps.max(1) as f64);
        let mut temperature = start;
        for _ in 0..search.steps {
            let (a, b) = self.draw(&mut random);
            let change = self.exchange(a, b);
            if change <= 0.0 || random.uniform() < (-change / temperature).exp() {
                energy += change;
                // Rounding alone is no progress.
                if energy < least - 1e-12 {
                    least = energy;
                    best.clone_from(&self.codes);
                }
            } else {
                self.codes.swap(a, b);
            }
            temperature *= cooling;
        }
        self.codes = best;
        self.descend();
    }

    /// Takes every exchange that makes it better, until none does.
    fn descend(&mut self) {
        let mut is_better = true;
        while is_better {
            is_better = false;
            for a in 0..self.places {
                for b in a + 1..self.codes.len() {
                    if self.exchange(a, b) < -1e-12 {
                        is_better = true;
                    } else {
                        self.codes.swap(a, b);
                    }
                }
            }
        }
    }

    /// A place and another place or a code that is not used.
    fn draw(&self, random: &mut Random) -> (usize, usize) {
        let a = random.below(self.places);
        let b = random.below(self.codes.len() - 1);
        (a, if b < a { b } else { b + 1 })
    }

    /// The mean size of a change, which the search starts as hot as.
    fn typical_change(&mut self, random: &mut Random) -> f64 {
        if self.codes.len() < 2 {
            return 0.0;
        }
        let mut sum = 0.0;
        for _ in 0..100 {
            let (a, b) = self.draw(random);
            sum += self.exchange(a, b).abs();
            self.codes.swap(a, b);
        }
        sum / 100.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn similarity(len: usize, seed: u64) -> Similarity {
        let mut random = Random::new(seed);
        let mut values = vec![1.0; len * len];
        for i in 0..len {
            for j in 0..i {
                let value = 2.0 * random.uniform() - 1.0;
                (values[i * len + j], values[j * len + i]) = (value, value);
            }
        }
        Similarity::from_values(&values).unwrap()
    }

    fn energy(similarity: &Similarity, grid: Grid, codes: &[usize]) -> f64 {
        let pair = |&(a, b): &(usize, usize)| similarity.get(codes[a], codes[b]).powi(4);
        grid.neighbours().iter().map(pair).sum()
    }

    /// The least energy of all choices and orders.
    fn least(similarity: &Similarity, grid: Grid, codes: &mut Vec<usize>) -> f64 {
        if codes.len() == grid.places() {
            return energy(similarity, grid, codes);
        }
        let mut best = f64::INFINITY;
        for code in 0..similarity.len() {
            if !codes.contains(&code) {
                codes.push(code);
                best = best.min(least(similarity, grid, codes));
                codes.pop();
            }
        }
        best
    }

    #[test]
    fn the_best_of_all_layouts_is_found() {
        for (seed, rows, columns, codes) in [(1, 2, 3, 6), (2, 1, 5, 8), (3, 2, 2, 9), (4, 3, 2, 7)]
        {
            let (similarity, grid) = (similarity(codes, seed), Grid { rows, columns });
            let search = Search { seed, steps: 50_000, lags: 0 };
            let layout = lay_out(&similarity, grid, search).unwrap();
            let least = least(&similarity, grid, &mut Vec::new());
            assert!((layout.after.energy - least).abs() < 1e-9, "{layout:?}, least {least}");
            assert!((energy(&similarity, grid, &layout.codes) - least).abs() < 1e-9);
            let mut sorted = layout.codes.clone();
            sorted.sort_unstable();
            sorted.dedup();
            assert_eq!(sorted.len(), grid.places());
            assert_eq!(lay_out(&similarity, grid, search).unwrap(), layout);
        }
    }

    #[test]
    fn a_layout_is_never_worse_than_none() {
        for seed in 0..20 {
            let similarity = similarity(12, seed);
            let search = Search { seed, steps: 10, lags: 0 };
            let layout = lay_out(&similarity, Grid { rows: 3, columns: 4 }, search).unwrap();
            assert!(layout.after.energy <= layout.before.energy);
        }
    }

    #[test]
    fn every_place_has_its_neighbours() {
        let pairs = Grid { rows: 3, columns: 4 }.neighbours();
        let is_near =
            |a: usize, b: usize| (a / 4).abs_diff(b / 4).max((a % 4).abs_diff(b % 4)) == 1;
        let mut expected: Vec<_> = (0..12)
            .flat_map(|a| (a + 1..12).map(move |b| (a, b)))
            .filter(|&(a, b)| is_near(a, b))
            .collect();
        let mut found = pairs;
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected);
    }

    #[test]
    fn grids_that_do_not_fit_are_refused() {
        let similarity = similarity(5, 1);
        for (rows, columns) in [(0, 3), (2, 3), (usize::MAX, 2)] {
            assert!(lay_out(&similarity, Grid { rows, columns }, Search::default()).is_err());
        }
        let one = lay_out(&similarity, Grid { rows: 1, columns: 1 }, Search::default()).unwrap();
        assert_eq!(one.after.energy, 0.0);
    }
}
