use evoked::stimulus::code::{Burst, Gold, NonBinary, Polynomial};
use evoked::stimulus::{Family, Layout, Recipe, Screen, Search};

use super::args::{Kind, MakeArgs};
use super::{short, write};
use crate::failure::Failure;

pub(crate) fn run(args: &MakeArgs) -> Result<(), Failure> {
    let recipe = recipe(args)?;
    let made = recipe.make()?;
    write(&args.output, (made.codebook.to_json() + "\n").as_bytes(), args.force)?;
    let (name, targets) = (args.output.display(), made.codebook.len());
    println!("{name}: {targets} targets for a display of {} Hz", short(args.refresh));
    if let Some(layout) = &made.layout {
        print_layout(layout, args.lags);
    }
    println!("look at it with: evoked stimulus check {name}");
    Ok(())
}

fn print_layout(layout: &Layout, lags: usize) {
    let Layout { before, after, .. } = layout;
    println!(
        "at shifts of up to {lags} bits, neighbours correlate by {:.3} at most, {:.3} in the mean; in the family's order by {:.3}, {:.3}",
        after.worst, after.mean, before.worst, before.mean
    );
    println!("sum of fourth powers: {:.5}, from {:.5}", after.energy, before.energy);
}

fn recipe(args: &MakeArgs) -> Result<Recipe, Failure> {
    let has_bits = !matches!(args.kind, Kind::Jfpm | Kind::Sinusoid | Kind::Square);
    let mut recipe = Recipe {
        targets: args.targets,
        bit_rate_hz: args.bit_rate.or(has_bits.then_some(60.0)),
        bit_clock: args.bit_clock,
        shift: args.shift,
        grid: args.grid,
        search: args.search.map(|steps| Search { seed: args.seed, steps, lags: args.lags }),
        refresh_hz: Some(args.refresh),
        screen: Some(Screen { dark: args.dark, bright: args.bright, gamma: args.gamma }),
        ..Recipe::new(family(args)?)
    };
    if recipe.shift.is_none() {
        recipe.shift = usual_shift(args, &recipe);
    }
    Ok(recipe)
}

/// Targets of a family of one code are as far apart in its cycle as can be.
fn usual_shift(args: &MakeArgs, recipe: &Recipe) -> Option<usize> {
    let targets = args.targets.or(args.grid.map(|grid| grid.places()))?;
    let cycle = match &recipe.family {
        Family::MSequence { polynomial, .. } => (1 << polynomial.order()) - 1,
        Family::DeBruijn { polynomial } => 1 << polynomial.order(),
        Family::Apa { length } | Family::Barker { length } => *length,
        Family::NonBinary { prime, taps } => prime.checked_pow(taps.len() as u32)? as usize - 1,
        _ => return None,
    };
    (targets > 1).then(|| (cycle / targets).max(1))
}

fn family(args: &MakeArgs) -> Result<Family, Failure> {
    let polynomial = || match args.polynomial[..] {
        [] => Ok(Polynomial::of_order(args.order)?),
        [one] => Ok(one),
        _ => Err(Failure::new("--polynomial: this family takes one")),
    };
    let length = || {
        let message = "say how many bits a code has with --length";
        args.length.ok_or_else(|| Failure::new(message))
    };
    Ok(match args.kind {
        Kind::MSequence => Family::MSequence { polynomial: polynomial()?, state: args.state },
        Kind::Gold => Family::Gold { polynomials: pair(args)? },
        Kind::Kasami => Family::Kasami { polynomial: polynomial()? },
        Kind::DeBruijn => Family::DeBruijn { polynomial: polynomial()? },
        Kind::Golay => Family::Golay { length: length()? },
        Kind::Apa => Family::Apa { length: length()? },
        Kind::Barker => Family::Barker { length: length()? },
        Kind::Burst => Family::Burst(Burst {
            len: length()?,
            bursts: args.bursts,
            width: args.width,
            min_gap: args.gap.0,
            max_gap: args.gap.1,
            seed: args.seed,
        }),
        Kind::NonBinary => {
            let code = NonBinary::of_order(args.prime, args.order)?;
            Family::NonBinary { prime: args.prime, taps: code.taps().to_vec() }
        }
        Kind::Jfpm => Family::Jfpm {
            first_hz: args.first,
            step_hz: args.step,
            step_rad: args.phase_step * std::f64::consts::PI,
        },
        Kind::Sinusoid => Family::Frequencies { frequencies_hz: frequencies(args)?, duty: None },
        Kind::Square => {
            Family::Frequencies { frequencies_hz: frequencies(args)?, duty: Some(args.duty) }
        }
    })
}

fn frequencies(args: &MakeArgs) -> Result<Vec<f64>, Failure> {
    if args.frequencies.is_empty() {
        return Err(Failure::new("say which frequencies with --frequencies 13,17,21"));
    }
    Ok(args.frequencies.clone())
}

fn pair(args: &MakeArgs) -> Result<[Polynomial; 2], Failure> {
    match args.polynomial[..] {
        [] => Ok(Gold::of_order(args.order)?.polynomials()),
        [one] => Ok([one, Gold::partner(one)?]),
        [one, other] => Ok([one, other]),
        _ => Err(Failure::new("--polynomial: Gold codes take two")),
    }
}
