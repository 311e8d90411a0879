//! Which targets lie next to each other in frequency.

use crate::decode::DecodeError;
use crate::stimulus::Codebook;

/// For each target the `count` targets around it in the order of their frequencies, itself among
/// them, half of them (rounded down) below it. At the edges the block is shifted, never shortened,
/// but there are no more than all targets (Wong et al. 2020, J Neural Eng 17:016026).
///
/// # Errors
/// [`DecodeError::NoFrequency`]; [`DecodeError::Setting`] for a count of 0.
pub(super) fn neighbours(
    codebook: &Codebook,
    count: usize,
) -> Result<Vec<Vec<usize>>, DecodeError> {
    if count == 0 {
        let (name, expected) = ("neighbours", "at least 1, the target itself");
        return Err(DecodeError::Setting { name, found: "0".into(), expected });
    }
    let frequency = |target: &crate::stimulus::Target| {
        let label = || target.label.clone();
        let found = target.modulation.frequency_hz();
        found.ok_or_else(|| DecodeError::NoFrequency { label: label() })
    };
    let frequencies = codebook.targets().iter().map(frequency).collect::<Result<Vec<f64>, _>>()?;
    let mut order: Vec<usize> = (0..frequencies.len()).collect();
    order.sort_by(|&i, &j| frequencies[i].total_cmp(&frequencies[j]));
    let count = count.min(order.len());
    let mut blocks = vec![Vec::new(); order.len()];
    for (place, &target) in order.iter().enumerate() {
        let first = place.saturating_sub(count / 2).min(order.len() - count);
        blocks[target] = order[first..first + count].to_vec();
    }
    Ok(blocks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_shift_at_the_edges() {
        let codebook = Codebook::sinusoids(&[8.0, 11.0, 9.5, 14.0, 12.5]).unwrap();
        let two = [[0, 2], [2, 1], [0, 2], [4, 3], [1, 4]];
        assert_eq!(neighbours(&codebook, 2).unwrap(), two);
        let three = [[0, 2, 1], [2, 1, 4], [0, 2, 1], [1, 4, 3], [1, 4, 3]];
        assert_eq!(neighbours(&codebook, 3).unwrap(), three);
        assert_eq!(neighbours(&codebook, 1).unwrap(), [[0], [1], [2], [3], [4]]);
        assert_eq!(neighbours(&codebook, 99).unwrap(), vec![vec![0, 2, 1, 4, 3]; 5]);
        assert!(neighbours(&codebook, 0).is_err());
    }
}
