//! Other people's files → [`Recording`](crate::signal::Recording), and back.
//!
//! [`open`] recognises a file by its content, never by its name. [`save`] writes the format that it
//! is told, and says what that could not hold.
//!
//! | file | idea |
//! |---|---|
//! | `open` | [`open`], [`open_with`], [`read`] and the table of formats |
//! | `reader` | what a format's reader gets and gives: [`Options`], [`Opened`], [`Format`], [`Warning`] |
//! | `save` | [`save`], [`WriteFormat`] and the table of writers |
//! | `target` | files that appear only when they are whole |
//! | `sniff` | words for content that nobody here can read |
//! | `fields` | numbers and text at fixed places of a header |
//! | `text` | lines, cells and times of tables in text files |
//! | `gzip` | files that are packed whole |
//! | `window` | the part of a recording's time that is read |
//! | `unique` | labels that tell channels apart |
//! | `unit` | units as files write them, and the way to microvolts |
//! | `calendar` | dates and times of day |
//! | `decimal` | numbers as text |
//! | `label` | codes and labels of events as texts |
//! | `sheet` | what a format with a single sampling rate can hold of a recording |
//! | `pieces` | samples that touch in a file, but not in time |
//! | `array` | arrays of numbers of any type and order |
//! | `trial_set` | recordings that come cut into trials |
//! | `exact` | which integer channels can be given back bit for bit |
//! | `brainvision` | BrainVision 1.0 and 2.0: header, markers, samples |
//! | `csv` | tables of numbers as text |
//! | `edf` | EDF, EDF+, BDF, BDF+ |
//! | `gdf` | GDF 1.x and 2.x |
//! | `matlab` | MATLAB v5, in the layouts of public data sets |
//! | `numpy` | NPY and NPZ |
//! | `openbci` | text files of the OpenBCI GUI |
//! | `vep` | our own frames |
//! | `xdf` | XDF, the files of the Lab Streaming Layer |
//!
//! A new format is one file or folder with a `READER`, one line in the table of `open`, and one
//! variant of [`Format`]; one that can be written has a `WRITER`, too, one line in the table of
//! `save`, and one variant of [`WriteFormat`].

mod array;
mod brainvision;
mod calendar;
mod csv;
mod decimal;
mod edf;
mod error;
mod exact;
mod fields;
mod gdf;
mod gzip;
mod label;
mod matlab;
mod memory;
mod numpy;
mod open;
mod openbci;
mod pieces;
mod planar;
mod reader;
mod save;
mod sheet;
mod sniff;
mod target;
mod text;
mod trial_set;
mod unique;
mod unit;
mod vep;
mod window;
mod xdf;

pub use error::FormatError;
pub use open::{open, open_with, read};
pub use reader::{Format, Opened, Options, Warning};
pub use save::{WriteFormat, save};
