//! Makes sessions with known truth.
//!
//! | file | idea |
//! |---|---|
//! | `args` | what a session is like, for those who write it and those who serve it |
//! | `truth` | what was simulated, for people and as JSON |

mod args;
mod truth;

pub(crate) use args::{SessionArgs, SimulateArgs};
use evoked::frame::write_recording;
use evoked::simulate::{SessionParams, Simulated, Strength};
use evoked::stimulus::Codebook;
pub(crate) use truth::summary;

use crate::args::TargetArgs;
use crate::failure::Failure;
use crate::output::{self, Output};
use crate::targets;

pub(crate) fn run(args: &SimulateArgs) -> Result<(), Failure> {
    let (codebook, params) = asked(&args.targets, &args.session, args.rate)?;
    let simulated = params.simulate(&codebook)?;
    if let Some(path) = &args.truth {
        output::free(path, args.force)?;
    }
    let output = Output::create(&args.output, args.force)?;
    let truth = args.truth.as_ref().map(|path| (path, truth::json(&simulated, &codebook)));
    // The tag follows from the seed, so that the same command writes the same bytes.
    let tag = params.seed as u16;
    let written = write_recording(&simulated.recording, Some(codebook), tag, output)?.keep()?;
    if let Some((path, json)) = truth {
        std::fs::write(path, json?)
            .map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
    }
    println!("{}: {}, {written} bytes", args.output.display(), summary(&simulated));
    Ok(())
}

/// The session that is asked for.
pub(crate) fn session(
    targets: &TargetArgs,
    session: &SessionArgs,
    rate_hz: Option<f64>,
) -> Result<(Simulated, Codebook), Failure> {
    let (codebook, params) = asked(targets, session, rate_hz)?;
    Ok((params.simulate(&codebook)?, codebook))
}

fn asked(
    targets: &TargetArgs,
    session: &SessionArgs,
    rate_hz: Option<f64>,
) -> Result<(Codebook, SessionParams), Failure> {
    let Some(codebook) = targets::codebook(targets, None)? else {
        let message = "say what the targets are with --targets 13,17,21 or --codebook FILE";
        return Err(Failure::new(message));
    };
    let mut params = changed(read(session)?, session);
    params.rate_hz = rate_hz.unwrap_or(params.rate_hz);
    Ok((codebook, params))
}

fn read(session: &SessionArgs) -> Result<SessionParams, Failure> {
    let Some(path) = &session.params else { return Ok(SessionParams::default()) };
    let named =
        |error: &dyn std::fmt::Display| Failure::new(format!("{}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| named(&error))?;
    serde_json::from_str(&text).map_err(|error| named(&error))
}

/// The settings with what the options say in their place.
fn changed(mut params: SessionParams, session: &SessionArgs) -> SessionParams {
    if !session.channels.is_empty() {
        params.channels.clone_from(&session.channels);
    }
    params.seed = session.seed.unwrap_or(params.seed);
    params.blocks = session.blocks.unwrap_or(params.blocks);
    params.strength = session.snr.map_or(params.strength, Strength::Snr);
    params.rest_every = session.rest_every.or(params.rest_every);
    let settings = [
        (session.trial, &mut params.trial_s),
        (session.gap, &mut params.gap_s),
        (session.fade, &mut params.fade),
        (session.slowing, &mut params.slowing_s),
        (session.noise, &mut params.noise_uv),
        (session.alpha, &mut params.alpha_uv),
        (session.drift, &mut params.drift_uv),
        (session.blinks, &mut params.blinks_per_min),
        (session.bursts, &mut params.bursts_per_min),
        (session.pops, &mut params.pops_per_min),
        (session.losses, &mut params.losses_per_min),
        (session.loss_length, &mut params.loss_s),
        (session.rest, &mut params.rest_s),
        (session.rest_alpha, &mut params.rest_alpha),
    ];
    for (asked, setting) in settings {
        *setting = asked.unwrap_or(*setting);
    }
    params
}
