//! The VEP frame: stimulus, samples and events in one checked stream of bytes.
//!
//! `docs/FRAME.md` is the specification. Encoder and decoders do no I/O: bytes go in, frames and
//! notices come out. Files are a few lines on top.
//!
//! | file | idea |
//! |---|---|
//! | `header` | the fixed 32 bytes, kinds, checksums |
//! | `session`, `samples`, `event`, `decision`, `clock`, `gap`, `index`, `end` | payloads, a file each |
//! | `packing`, `wide` | rows of samples to bytes and back; the same with wide vectors |
//! | `content`, `notice` | what comes out: [`Frame`], [`Content`]; [`Item`], [`Notice`] |
//! | `scan` | what stands at the front of some bytes; finding the next frame after garbage |
//! | `ledger` | payload checksums of frames that overlap |
//! | `track` | sequence and sample continuity a stream: what was lost |
//! | `place` | what is to be done with an intact frame |
//! | `decoder` | [`Reader`] of bytes at hand, [`Decoder`] of bytes in pieces |
//! | `datagram` | [`Datagrams`]: frames that overtake each other |
//! | `encoder` | [`Encoder`] |
//! | `writer`, `reader` | files: [`FileWriter`], and [`FileReader`] by index |
//! | `survey` | [`survey`]: what is in a file and what is wrong with it; [`recover`] |
//! | `recording` | a whole [`Recording`](crate::signal::Recording) to frames and back |
//! | `walk` | the parts of a recording in the order in which frames carry them |
//! | `replay` | [`Replay`]: a recording as live frames, each with the time when it is due |
//! | `limits`, `error` | what is accepted, what is refused |

mod clock;
mod content;
mod datagram;
mod decision;
mod decoder;
mod encoder;
mod end;
mod error;
mod event;
mod gap;
mod header;
mod index;
mod ledger;
mod limits;
mod notice;
mod packing;
mod place;
mod reader;
mod recording;
mod replay;
mod samples;
mod scan;
mod session;
mod survey;
mod track;
mod walk;
#[cfg(feature = "simd")]
mod wide;
mod writer;

pub use clock::{ClockReading, ClockView};
pub use content::{Content, Frame};
pub use datagram::Datagrams;
pub use decision::DecisionView;
pub use decoder::{Decoder, Reader};
pub use encoder::Encoder;
pub use end::{End, Total};
pub use error::{FileError, FrameError};
pub use event::{EventView, EventsView};
pub use gap::{Gap, GapReason};
pub use header::{HEADER_BYTES, Header, Kind, SYNC, TRAILER_BYTES, VERSION};
pub use index::{Index, IndexEntry};
pub use limits::Limits;
pub use notice::{Item, Notice};
pub use packing::Encoding;
#[cfg(feature = "formats")]
pub(crate) use packing::unpack_row;
pub use reader::FileReader;
pub use recording::{Assembled, Assembler, write_recording};
pub use replay::{Played, Replay, ReplayParams};
pub use samples::SamplesView;
pub use scan::is_vep;
pub use session::{Session, StreamInfo};
pub use survey::{StreamSurvey, Survey, recover, survey};
pub use writer::FileWriter;
