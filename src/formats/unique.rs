//! Labels that tell channels apart.

use std::collections::{BTreeMap, BTreeSet};

use super::Warning;

/// Adds a running number from 0 to each label that several share, as MNE does.
pub(super) fn number<'a>(
    labels: impl IntoIterator<Item = &'a mut String>,
    warnings: &mut Vec<Warning>,
) {
    let mut owners: BTreeMap<String, Vec<&mut String>> = BTreeMap::new();
    for label in labels {
        owners.entry(label.clone()).or_default().push(label);
    }
    let mut taken: BTreeSet<String> = owners.keys().cloned().collect();
    for (label, owners) in owners.into_iter().filter(|(_, owners)| owners.len() > 1) {
        let (count, mut number) = (owners.len(), 0_usize);
        let mut shown = Vec::new();
        for owner in owners {
            while !taken.insert(format!("{label}-{number}")) {
                number += 1;
            }
            *owner = format!("{label}-{number}");
            number += 1;
            if shown.len() < 3 {
                shown.push(owner.clone());
            }
        }
        let more = if count > shown.len() { " …" } else { "" };
        let message =
            format!("{count} channels have this label; they are called {}{more}", shown.join(", "));
        warnings.push(Warning::new(format!("label {label:?}"), message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_get_numbers_that_are_not_taken() {
        for (given, expected, told) in [
            (&["a", "b", "a"][..], &["a-0", "b", "a-1"][..], 1),
            (&["a", "a-1", "a"], &["a-0", "a-1", "a-2"], 1),
            (&["a", "A"], &["a", "A"], 0),
        ] {
            let mut labels: Vec<String> = given.iter().map(|&label| label.to_owned()).collect();
            let mut warnings = Vec::new();
            number(&mut labels, &mut warnings);
            assert_eq!(labels, expected);
            assert_eq!(warnings.len(), told);
        }
    }
}
