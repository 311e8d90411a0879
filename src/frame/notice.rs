use std::ops::Range;

use super::{Frame, Header};

/// What comes out of a stream.
#[derive(Debug, Clone, PartialEq)]
pub enum Item<'a> {
    /// An intact frame, each once and in order.
    Frame(Frame<'a>),
    /// Something that is not as it should be.
    Notice(Notice),
}

/// Something in a stream that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// Bytes between two intact frames that are no intact frame.
    Damaged {
        /// Bytes from the start of the stream.
        bytes: Range<u64>,
    },
    /// A frame of another major version.
    OtherVersion {
        /// Bytes from the start of the stream.
        offset: u64,
        /// The version it claims.
        version: u8,
    },
    /// Frames of a stream that did not arrive.
    FramesLost {
        /// The stream.
        stream: u16,
        /// Sequence number of the first.
        first: u32,
        /// How many.
        frames: u32,
    },
    /// Samples of a stream that did not arrive.
    SamplesLost {
        /// The stream.
        stream: u16,
        /// Their positions.
        samples: Range<u64>,
    },
    /// A frame that arrived before, and is left out.
    Duplicate(Header),
    /// A frame that arrived after later ones and was told as lost; it is left out.
    Late(Header),
    /// Samples that lie before those that have arrived; the frame is left out.
    Overlap {
        /// The frame.
        header: Header,
        /// Lowest position possible.
        expected: u64,
    },
    /// A frame of another session than the last session frame; it is left out.
    OtherSession(Header),
    /// A frame of one stream more than the limits allow; it is left out.
    TooManyStreams(Header),
}
