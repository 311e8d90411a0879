use std::path::PathBuf;

use clap::{Args as Group, Subcommand, ValueEnum};
use evoked::stimulus::code::Polynomial;
use evoked::stimulus::{Grid, StimulusError, Viewing};

#[derive(Subcommand)]
pub(crate) enum StimulusCommand {
    /// Make a codebook (JSON) of a family of codes or of frequencies.
    Make(Box<MakeArgs>),
    /// Tell what a display makes of a codebook, how alike its targets are, and what the rules on
    /// flashing images say. Exit code 3 if a target can't be shown as it is meant, or if frames were
    /// dropped
    Check(CheckArgs),
    /// Write what each target shows in each display frame, as a table (.csv) or an array (.npy).
    Frames(FramesArgs),
    /// Draw what each target shows, and its spectrum (.svg).
    Preview(PreviewArgs),
    /// Write one HTML page that presents the codebook full-screen and logs when each frame was shown.
    Page(PageArgs),
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    MSequence,
    Gold,
    Kasami,
    DeBruijn,
    Golay,
    Apa,
    Barker,
    Burst,
    NonBinary,
    Jfpm,
    Sinusoid,
    Square,
}

#[derive(Group)]
pub(crate) struct MakeArgs {
    /// What the targets show
    #[arg(value_enum)]
    pub(crate) kind: Kind,
    /// The codebook to write (.json)
    pub(crate) output: PathBuf,
    /// Number of targets
    #[arg(long, value_name = "N")]
    pub(crate) targets: Option<usize>,
    /// Order of the code: an m-sequence of order 6 has 63 bits
    #[arg(long, value_name = "N", default_value_t = 6)]
    pub(crate) order: u32,
    /// Primitive polynomial by its exponents, such as 6,1,0; for Gold codes twice. Default: the
    /// smallest of the order, and its partner
    #[arg(long, value_name = "E,…", value_parser = polynomial)]
    pub(crate) polynomial: Vec<Polynomial>,
    /// First bits of an m-sequence, as a number
    #[arg(long, default_value_t = 1)]
    pub(crate) state: u32,
    /// Bits of a code of the families golay, apa, barker and burst
    #[arg(long, value_name = "BITS")]
    pub(crate) length: Option<usize>,
    /// Luminances of a non-binary code: 3, 5, 7, …
    #[arg(long, value_name = "P", default_value_t = 5)]
    pub(crate) prime: u32,
    /// Flashes of a burst code
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub(crate) bursts: usize,
    /// Bits that a flash of a burst code lasts
    #[arg(long, value_name = "BITS", default_value_t = 3)]
    pub(crate) width: usize,
    /// Least and greatest distance of flashes of a burst code
    #[arg(long, value_name = "MIN-MAX", default_value = "10-30", value_parser = range)]
    pub(crate) gap: (usize, usize),
    /// Frequencies for sinusoid and square, such as 13,17,21
    #[arg(long, value_name = "HZ,…", value_delimiter = ',')]
    pub(crate) frequencies: Vec<f64>,
    /// Bright part of a period of a square
    #[arg(long, default_value_t = 0.5)]
    pub(crate) duty: f64,
    /// First frequency of jfpm
    #[arg(long, value_name = "HZ", default_value_t = 8.0)]
    pub(crate) first: f64,
    /// From one frequency of jfpm to the next
    #[arg(long, value_name = "HZ", default_value_t = 0.2)]
    pub(crate) step: f64,
    /// From one phase of jfpm to the next, in units of π
    #[arg(long, value_name = "PI", default_value_t = 0.5)]
    pub(crate) phase_step: f64,
    /// Bits a second. Default: 60
    #[arg(long, value_name = "HZ")]
    pub(crate) bit_rate: Option<f64>,
    /// Combine each code with the bit clock: no long runs, half of the time bright
    #[arg(long)]
    pub(crate) bit_clock: bool,
    /// All targets show one code, each this many bits further on. Default for families of one code:
    /// as far apart as can be
    #[arg(long, value_name = "BITS")]
    pub(crate) shift: Option<usize>,
    /// Rows and columns of the targets, such as 4x5
    #[arg(long, value_name = "RxC", value_parser = grid)]
    pub(crate) grid: Option<Grid>,
    /// Choose and place the codes so that neighbours are little alike, in this many steps
    #[arg(long, value_name = "STEPS", num_args = 0..=1, default_missing_value = "200000", requires = "grid")]
    pub(crate) search: Option<u64>,
    /// By how many bits codes are shifted against each other to find how alike they are: an answer to
    /// light lasts
    #[arg(long, value_name = "BITS", default_value_t = 6)]
    pub(crate) lags: usize,
    /// Where all that is random comes from
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Frames a second of the display
    #[arg(long, value_name = "HZ", default_value_t = 60.0)]
    pub(crate) refresh: f64,
    /// Luminance of dark, as a share of the screen's white
    #[arg(long, default_value_t = 0.0)]
    pub(crate) dark: f64,
    /// Luminance of bright
    #[arg(long, default_value_t = 1.0)]
    pub(crate) bright: f64,
    /// Gamma of the screen
    #[arg(long, default_value_t = 2.2)]
    pub(crate) gamma: f64,
    /// Replace the output if it exists
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Group)]
pub(crate) struct CheckArgs {
    /// The codebook (JSON)
    pub(crate) codebook: PathBuf,
    /// Frames a second of the display. Default: what the codebook says
    #[arg(long, value_name = "HZ")]
    pub(crate) refresh: Option<f64>,
    #[command(flatten)]
    pub(crate) viewing: ViewingArgs,
    /// A log of the presenter page (JSON): which frames were dropped, and what that means
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Who looks at what from where.
#[derive(Group, Clone)]
pub(crate) struct ViewingArgs {
    /// Luminance of the screen's white in cd/m²
    #[arg(long, value_name = "CD/M2", default_value_t = 250.0)]
    pub(crate) white: f64,
    /// Width and height of the screen in cm
    #[arg(long, value_name = "WxH", default_value = "53x30", value_parser = size)]
    pub(crate) screen: [f64; 2],
    /// Width and height of a target in cm
    #[arg(long, value_name = "WxH", default_value = "4x4", value_parser = size)]
    pub(crate) target: [f64; 2],
    /// From the eyes to the screen in cm
    #[arg(long, value_name = "CM", default_value_t = 60.0)]
    pub(crate) distance: f64,
    /// Colour of a bright target: red, green, blue in linear light, 0 to 1
    #[arg(long, value_name = "R,G,B", default_value = "1,1,1", value_parser = colour)]
    pub(crate) colour: [f64; 3],
}

impl ViewingArgs {
    pub(crate) fn viewing(&self) -> Viewing {
        Viewing {
            white_cd_m2: self.white,
            screen_cm: self.screen,
            target_cm: self.target,
            distance_cm: self.distance,
            bright_rgb: self.colour,
            dark_rgb: [0.0; 3],
        }
    }
}

#[derive(Group)]
pub(crate) struct FramesArgs {
    /// The codebook (JSON)
    pub(crate) codebook: PathBuf,
    /// The file to write: .csv or .npy
    pub(crate) output: PathBuf,
    /// Display frames. Default: until all targets repeat, or 10 s where that is later
    #[arg(long, value_name = "N")]
    pub(crate) count: Option<usize>,
    /// Frames a second of the display. Default: what the codebook says
    #[arg(long, value_name = "HZ")]
    pub(crate) refresh: Option<f64>,
    /// What the screen is driven with, 0 to 255, instead of luminances
    #[arg(long)]
    pub(crate) drive: bool,
    /// Replace the output if it exists
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Group)]
pub(crate) struct PreviewArgs {
    /// The codebook (JSON)
    pub(crate) codebook: PathBuf,
    /// The picture to write (.svg)
    pub(crate) output: PathBuf,
    /// Display frames to draw
    #[arg(long, value_name = "N", default_value_t = 126)]
    pub(crate) count: usize,
    /// Frames a second of the display. Default: what the codebook says
    #[arg(long, value_name = "HZ")]
    pub(crate) refresh: Option<f64>,
    /// Replace the output if it exists
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Group)]
pub(crate) struct PageArgs {
    /// The codebook (JSON)
    pub(crate) codebook: PathBuf,
    /// The page to write (.html)
    pub(crate) output: PathBuf,
    /// Length of a trial in seconds
    #[arg(long, value_name = "S", default_value_t = 4.2)]
    pub(crate) trial: f64,
    /// How long the target to look at is marked before a trial
    #[arg(long, value_name = "S", default_value_t = 1.0)]
    pub(crate) cue: f64,
    /// Rest after a trial
    #[arg(long, value_name = "S", default_value_t = 0.8)]
    pub(crate) pause: f64,
    /// How often every target comes
    #[arg(long, default_value_t = 1)]
    pub(crate) blocks: u32,
    /// Where the order of the targets comes from
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u32,
    /// Frames a second of the display. Default: what the codebook says
    #[arg(long, value_name = "HZ")]
    pub(crate) refresh: Option<f64>,
    /// Replace the output if it exists
    #[arg(long)]
    pub(crate) force: bool,
}

fn polynomial(text: &str) -> Result<Polynomial, StimulusError> {
    text.parse()
}

fn grid(text: &str) -> Result<Grid, String> {
    let parts = text.split_once('x').and_then(|(r, c)| Some((r.parse().ok()?, c.parse().ok()?)));
    let (rows, columns) = parts.ok_or("expected rows and columns, such as 4x5")?;
    Ok(Grid { rows, columns })
}

fn range(text: &str) -> Result<(usize, usize), String> {
    let parts = text.split_once('-').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
    parts.ok_or_else(|| "expected the least and the greatest, such as 10-30".to_owned())
}

fn size(text: &str) -> Result<[f64; 2], String> {
    let parts = text.split_once('x').and_then(|(w, h)| Some([w.parse().ok()?, h.parse().ok()?]));
    parts.ok_or_else(|| "expected width and height in cm, such as 53x30".to_owned())
}

fn colour(text: &str) -> Result<[f64; 3], String> {
    let parts: Option<Vec<f64>> = text.split(',').map(|part| part.trim().parse().ok()).collect();
    let colour = parts.and_then(|parts| parts.try_into().ok());
    colour.ok_or_else(|| "expected red, green and blue, such as 1,0,0".to_owned())
}
