//! MATLAB files of version 5 (`save -v6`, `-v7`), in the layouts that recordings come in.
//!
//! | layout | variables | becomes |
//! |---|---|---|
//! | MAMEM SSVEP | `eeg` \[channels, samples\], `events` \[events, 4\], `info` | a stream as it was recorded, with its events |
//! | Benchmark (Wang et al. 2017) | `data` \[64, samples, 40, blocks\] | trials of 250 Hz, the onset after 0.5 s |
//! | BETA (Liu et al. 2020) | `data` with `EEG` \[64, samples, blocks, 40\] and `suppl_info` | the same |
//! | 12JFPM (Nakanishi et al. 2015) | `eeg` \[12, 8, samples, trials\] | trials of 256 Hz, the onset at the 39th sample |
//! | EEGLAB | `EEG` with `data`, `srate`, `chanlocs`, `event` | a stream with its events, or trials |
//! | trials | an array of three dimensions, a rate, labels | trials; see `trial_set::named` for the names |
//! | anything else | the only large table of two dimensions, and a rate | a stream; the longer dimension is time |
//!
//! Trials lie one behind the other in one stream, with a second missing between them, and an event
//! at each onset: its code is the number of the target from 1, its label the target's.
//!
//! Decided here, where files leave it open: the third column of MAMEM's `events` counts samples from
//! 1, since the pulses of the recorded channel `Status` lie one sample before what it says as a
//! number from 0; EEGLAB's latencies count from 1, too. Numbers without a unit are taken
//! for microvolts, unless all of them are so small that they must be volts; a warning says which.
//! Complex numbers, sparse matrices, function handles and objects of new
//! kinds are not read. Where a target was shown is not in the files of Benchmark and 12JFPM: their
//! frequencies and phases are those of the papers, `Freq_Phase.mat` beside the file where it is.

mod element;
mod layout;
mod value;
mod variables;

use super::reader::{Reader, Source};
use super::{FormatError, Opened, Options};
use variables::Variables;

/// Name in messages.
const NAME: &str = "MATLAB";

pub(super) const READER: Reader = Reader { name: NAME, recognises, read };

fn recognises(head: &[u8]) -> bool {
    head.starts_with(b"MATLAB 5.0 MAT-file")
}

fn read(source: &mut Source<'_>, options: Options<'_>) -> Result<Opened, FormatError> {
    let variables = Variables::find(source)?;
    layout::read(source, variables, options)
}
