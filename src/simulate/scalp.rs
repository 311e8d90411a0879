//! How strongly a channel sees what is at the back of the head and what is at the front.

use super::Random;
use super::response::SOURCES;

/// Gains of one channel, judged by its label in the 10–20 system.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    /// For the visual cortex and the alpha rhythm: 1 over the occiput.
    pub(super) posterior: f64,
    /// For the eyes: 1 at the forehead.
    pub(super) frontal: f64,
}

/// The place of a label such as `Oz` or `PO7`. A label that says nothing counts as occipital for
/// the visual cortex, since who names channels `ch1` still puts them where the signal is.
pub(super) fn place(label: &str) -> Place {
    let letters: String =
        label.trim().chars().take_while(char::is_ascii_alphabetic).collect::<String>();
    let letters = letters.to_ascii_uppercase();
    let (posterior, frontal) = match letters.strip_suffix('Z').unwrap_or(&letters) {
        "FP" => (0.05, 1.0),
        "AF" => (0.05, 0.7),
        "F" => (0.07, 0.4),
        "FC" | "FT" => (0.1, 0.25),
        "C" | "T" => (0.15, 0.15),
        "CP" | "TP" => (0.3, 0.1),
        "P" => (0.55, 0.06),
        "PO" => (0.85, 0.04),
        "O" | "I" => (1.0, 0.03),
        _ => (1.0, 0.1),
    };
    Place { posterior, frontal }
}

/// Gains from the sources of the visual response to one channel.
///
/// The first source has the same sign everywhere; the others take any sign, as patches of cortex
/// that face different ways do.
pub(super) fn response_gains(random: &mut Random, place: Place) -> [f64; SOURCES] {
    std::array::from_fn(|source| {
        let spread = random.normal();
        place.posterior * if source == 0 { (1.0 + 0.2 * spread).max(0.2) } else { spread }
    })
}

/// A direction drawn at random, of length 1.
pub(super) fn unit_vector<const N: usize>(random: &mut Random) -> [f64; N] {
    let vector: [f64; N] = std::array::from_fn(|_| random.normal());
    let length = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
    if length > 0.0 { vector.map(|x| x / length) } else { vector }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_from_front_to_back() {
        let posterior = |label| place(label).posterior;
        let order = ["Fp1", "Fz", "FC3", "Cz", "CP4", "Pz", "POz", "Oz"];
        assert!(order.windows(2).all(|pair| posterior(pair[0]) < posterior(pair[1])));
        let frontal = |label| place(label).frontal;
        assert!(order.windows(2).all(|pair| frontal(pair[0]) > frontal(pair[1])));
        assert_eq!(place("oz"), place("O2"));
        assert_eq!(place("PO7"), place("POz"));
        assert_eq!(posterior("ch1"), 1.0);
        assert_eq!(posterior(""), 1.0);
    }

    #[test]
    fn directions_have_length_one() {
        let mut random = Random::new(1);
        for _ in 0..100 {
            let vector: [f64; 4] = unit_vector(&mut random);
            assert!((vector.iter().map(|x| x * x).sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }
}
