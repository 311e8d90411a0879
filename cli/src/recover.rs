use evoked::frame::{Limits, recover};

use crate::Finish;
use crate::args::RecoverArgs;

use crate::failure::Failure;
use crate::output::Output;
use crate::survey::{open_frames, print};

pub(crate) fn run(args: &RecoverArgs) -> Result<Finish, Failure> {
    let mut input = open_frames(&args.input)?;
    let output = Output::create(&args.output, args.force)?;
    let (survey, output) = recover(&mut input, output, Limits::default())?;
    let bytes = output.keep()?;
    println!("{}: {bytes} bytes saved of {}", args.output.display(), survey.bytes);
    print(&survey);
    Ok(if survey.is_clean() { Finish::Clean } else { Finish::WithLoss })
}
