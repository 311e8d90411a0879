//! `evoked stimulus`: make a codebook, check it, look at it, present it.

mod args;
mod check;
mod frames;
mod log;
mod make;
mod page;
mod preview;

use std::path::Path;

use evoked::stimulus::{Codebook, Grid};

use crate::Finish;
use crate::failure::Failure;
use crate::output::free;

pub(crate) use args::StimulusCommand;

pub(crate) fn run(command: &StimulusCommand) -> Result<Finish, Failure> {
    let clean = |()| Finish::Clean;
    match command {
        StimulusCommand::Make(args) => make::run(args).map(clean),
        StimulusCommand::Check(args) => check::run(args),
        StimulusCommand::Frames(args) => frames::run(args).map(clean),
        StimulusCommand::Preview(args) => preview::run(args).map(clean),
        StimulusCommand::Page(args) => page::run(args).map(clean),
    }
}

fn read_text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

/// The codebook of a file, for a display of this rate where one is given.
fn read_codebook(path: &Path, refresh_hz: Option<f64>) -> Result<Codebook, Failure> {
    let named = |error| Failure::new(format!("{}: {error}", path.display()));
    let codebook = Codebook::from_json(&read_text(path)?).map_err(named)?;
    match refresh_hz {
        Some(refresh_hz) => Ok(codebook.with_refresh_hz(refresh_hz)?),
        None if codebook.refresh_hz().is_none() => {
            let message = "it does not say for which display it is; give --refresh 60";
            Err(Failure::new(format!("{}: {message}", path.display())))
        }
        None => Ok(codebook),
    }
}

/// The places of the targets: those of the codebook's origin, else a grid that is a little wider than
/// high.
fn grid(codebook: &Codebook) -> Grid {
    let own = codebook.origin().and_then(|origin| origin.grid);
    if let Some(grid) = own.filter(|grid| grid.places() >= codebook.len()) {
        return grid;
    }
    let columns = ((1.6 * codebook.len() as f64).sqrt().ceil() as usize).max(1);
    Grid { rows: codebook.len().div_ceil(columns), columns }
}

fn write(path: &Path, bytes: &[u8], force: bool) -> Result<(), Failure> {
    free(path, force)?;
    std::fs::write(path, bytes)
        .map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

/// A number with as many digits as tell something.
fn short(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
