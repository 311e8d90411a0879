use evoked::signal::Recording;
use evoked::stimulus::Codebook;

use super::ServeArgs;
use crate::failure::Failure;
use crate::open::{open, warn};
use crate::simulate::{self, SessionArgs};
use crate::targets;

/// What is served.
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) recording: Recording,
    pub(crate) codebook: Option<Codebook>,
}

impl Source {
    /// The file, or the simulated session.
    pub(crate) fn open(args: &ServeArgs) -> Result<Self, Failure> {
        let Some(file) = &args.file else { return Self::simulate(args) };
        if args.session != SessionArgs::default() {
            return Err(Failure::new(
                "only a simulated session can be told what it is like: give --simulate in place of a file",
            ));
        }
        let opened = open(file, &args.reading, &[])?;
        warn(&opened);
        let codebook = targets::codebook(&args.targets, opened.codebook)?;
        Ok(Self { name: file.display().to_string(), recording: opened.recording, codebook })
    }

    fn simulate(args: &ServeArgs) -> Result<Self, Failure> {
        let (simulated, codebook) =
            simulate::session(&args.targets, &args.session, args.reading.rate)?;
        let name = format!("simulated, {}", simulate::summary(&simulated));
        Ok(Self { name, recording: simulated.recording, codebook: Some(codebook) })
    }
}
