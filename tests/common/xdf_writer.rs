//! XDF files built chunk by chunk, without the library.

/// What boundary chunks hold.
pub(crate) const BOUNDARY: [u8; 16] = [
    0x43, 0xA5, 0x46, 0xDC, 0xCB, 0xF5, 0x41, 0x0F, 0xB3, 0x0E, 0xD5, 0x46, 0x73, 0x83, 0xCB, 0xE4,
];

/// A file in the making; remembers where each chunk starts.
#[derive(Debug, Clone)]
pub(crate) struct Xdf {
    pub bytes: Vec<u8>,
    pub chunks: Vec<usize>,
}

/// A number in so many bytes: 1, 4 or 8.
pub(crate) fn number(value: u64, bytes: usize) -> Vec<u8> {
    let mut number = vec![bytes as u8];
    number.extend(&value.to_le_bytes()[..bytes]);
    number
}

/// A number in as few bytes as it takes.
pub(crate) fn varlen(value: usize) -> Vec<u8> {
    number(value as u64, if value < 256 { 1 } else { 4 })
}

/// The header of a stream, with `inner` inside of its `desc`.
pub(crate) fn header(
    name: &str,
    kind: &str,
    format: &str,
    channels: usize,
    rate: f64,
    inner: &str,
) -> String {
    format!(
        "<?xml version=\"1.0\"?><info><name>{name}</name><type>{kind}</type>\
         <channel_count>{channels}</channel_count><nominal_srate>{rate}</nominal_srate>\
         <channel_format>{format}</channel_format><desc>{inner}</desc></info>"
    )
}

/// A sample: a time stamp or none, and the bytes of its values.
pub(crate) fn sample(stamp: Option<f64>, values: &[u8]) -> Vec<u8> {
    let mut bytes = match stamp {
        None => vec![0],
        Some(stamp) => [&[8][..], &stamp.to_le_bytes()].concat(),
    };
    bytes.extend(values);
    bytes
}

/// The bytes of a text value.
pub(crate) fn text(text: &str) -> Vec<u8> {
    [varlen(text.len()), text.as_bytes().to_vec()].concat()
}

impl Xdf {
    /// Magic bytes and file header.
    pub(crate) fn new() -> Self {
        let mut file = Self { bytes: b"XDF:".to_vec(), chunks: Vec::new() };
        file.chunk(1, b"<?xml version=\"1.0\"?><info><version>1.0</version></info>");
        file
    }

    pub(crate) fn chunk(&mut self, tag: u16, content: &[u8]) -> &mut Self {
        let length = varlen(content.len() + 2);
        self.raw(&[&length, &tag.to_le_bytes()[..], content].concat())
    }

    /// Bytes as they are.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.chunks.push(self.bytes.len());
        self.bytes.extend(bytes);
        self
    }

    pub(crate) fn of_stream(&mut self, tag: u16, id: u32, content: &[u8]) -> &mut Self {
        self.chunk(tag, &[&id.to_le_bytes()[..], content].concat())
    }

    pub(crate) fn header(&mut self, id: u32, xml: &str) -> &mut Self {
        self.of_stream(2, id, xml.as_bytes())
    }

    pub(crate) fn samples(&mut self, id: u32, samples: &[Vec<u8>]) -> &mut Self {
        self.of_stream(3, id, &[varlen(samples.len()), samples.concat()].concat())
    }

    pub(crate) fn offset(&mut self, id: u32, time_s: f64, value_s: f64) -> &mut Self {
        self.of_stream(4, id, &[time_s.to_le_bytes(), value_s.to_le_bytes()].concat())
    }

    pub(crate) fn boundary(&mut self) -> &mut Self {
        self.chunk(5, &BOUNDARY)
    }

    pub(crate) fn footer(&mut self, id: u32, samples: usize) -> &mut Self {
        let xml =
            format!("<?xml version=\"1.0\"?><info><sample_count>{samples}</sample_count></info>");
        self.of_stream(6, id, xml.as_bytes())
    }
}
