/// What a reader accepts, so that hostile bytes can't make it allocate without bound.
///
/// Every length in a stream is held against these before memory is taken for it.
///
/// ```
/// use evoked::frame::Limits;
/// let tight = Limits { payload_bytes: 64 * 1024, ..Limits::default() };
/// assert!(tight.payload_bytes < Limits::default().payload_bytes);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a frame's payload. Default 16 MiB.
    pub payload_bytes: u32,
    /// Streams of a session. Default 64.
    pub streams: usize,
    /// Channels of a stream. Default 4096.
    pub channels: usize,
    /// Samples a channel in one frame. Default 65,535, the most a header can say.
    pub samples: u16,
    /// Bytes of a text: a label, a name, a metadata value. Default 64 KiB.
    pub text_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            payload_bytes: 16 << 20,
            streams: 64,
            channels: 4096,
            samples: u16::MAX,
            text_bytes: 64 << 10,
        }
    }
}
