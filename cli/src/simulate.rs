use evoked::frame::write_recording;
use evoked::simulate::{SessionParams, Strength};

use crate::args::SimulateArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::targets;

pub(crate) fn run(args: &SimulateArgs) -> Result<(), Failure> {
    let Some(codebook) = targets::codebook(&args.targets, None)? else {
        let message = "say what the targets are with --targets 13,17,21 or --codebook FILE";
        return Err(Failure::new(message));
    };
    let params = params(args)?;
    let simulated = params.simulate(&codebook)?;
    let output = Output::create(&args.output, args.force)?;
    // The tag follows from the seed, so that the same command writes the same bytes.
    let tag = params.seed as u16;
    let written = write_recording(&simulated.recording, Some(codebook), tag, output)?.keep()?;
    println!(
        "{}: {} trials, {:.1} s, {written} bytes",
        args.output.display(),
        simulated.truth.len(),
        simulated.recording.duration_s()
    );
    Ok(())
}

fn params(args: &SimulateArgs) -> Result<SessionParams, Failure> {
    let mut params = match &args.params {
        None => SessionParams::default(),
        Some(path) => {
            let named = |error: &dyn std::fmt::Display| {
                Failure::new(format!("{}: {error}", path.display()))
            };
            let text = std::fs::read_to_string(path).map_err(|error| named(&error))?;
            serde_json::from_str(&text).map_err(|error| named(&error))?
        }
    };
    if !args.channels.is_empty() {
        params.channels.clone_from(&args.channels);
    }
    params.seed = args.seed.unwrap_or(params.seed);
    params.blocks = args.blocks.unwrap_or(params.blocks);
    params.trial_s = args.trial.unwrap_or(params.trial_s);
    params.rate_hz = args.rate.unwrap_or(params.rate_hz);
    params.strength = args.snr.map_or(params.strength, Strength::Snr);
    Ok(params)
}
