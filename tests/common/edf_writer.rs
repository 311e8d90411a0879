//! A plain writer of EDF and BDF files, field by field after the specification, for tests only. It
//! shares nothing with the reader and the writer of the library.
#![allow(dead_code, reason = "not every test program uses all of it")]

/// One channel and its samples, already as stored bytes.
#[derive(Clone)]
pub(crate) struct Channel {
    pub(crate) label: Vec<u8>,
    pub(crate) unit: Vec<u8>,
    pub(crate) physical: (String, String),
    pub(crate) digital: (String, String),
    pub(crate) prefilter: String,
    /// Samples a record as stated, and what it really is.
    pub(crate) stated: String,
    pub(crate) bytes_per_record: usize,
    /// All samples, record after record.
    pub(crate) bytes: Vec<u8>,
}

/// A file; every field as the text that is written.
#[derive(Clone)]
pub(crate) struct File {
    pub(crate) version: Vec<u8>,
    pub(crate) patient: String,
    pub(crate) recording: String,
    pub(crate) date: String,
    pub(crate) time: String,
    pub(crate) header_bytes: String,
    pub(crate) reserved: String,
    pub(crate) records: String,
    pub(crate) duration: String,
    pub(crate) count: String,
    pub(crate) channels: Vec<Channel>,
}

/// Counts of a channel as stored bytes.
pub(crate) fn stored(counts: impl IntoIterator<Item = i32>, width: usize) -> Vec<u8> {
    counts.into_iter().flat_map(|count| count.to_le_bytes()[..width].to_vec()).collect()
}

impl Channel {
    /// Samples of `width` bytes, `per_record` a record, in microvolts.
    pub(crate) fn new(label: &str, width: usize, per_record: usize, counts: &[i32]) -> Self {
        let highest = if width == 2 { 32_767 } else { 8_388_607 };
        Self {
            label: label.as_bytes().to_vec(),
            unit: b"uV".to_vec(),
            physical: ("-200".to_owned(), "200".to_owned()),
            digital: ((-highest).to_string(), highest.to_string()),
            prefilter: String::new(),
            stated: per_record.to_string(),
            bytes_per_record: per_record * width,
            bytes: stored(counts.iter().copied(), width),
        }
    }

    /// Annotations: the bytes of each record, filled up to the longest.
    pub(crate) fn annotations(width: usize, records: &[&[u8]]) -> Self {
        let longest = records.iter().map(|record| record.len()).max().unwrap_or(1).max(1);
        let bytes_per_record = longest.next_multiple_of(width);
        let mut bytes = Vec::new();
        for record in records {
            bytes.extend(filled(record, bytes_per_record, 0));
        }
        let label = if width == 2 { "EDF Annotations" } else { "BDF Annotations" };
        Self {
            unit: Vec::new(),
            physical: ("-1".to_owned(), "1".to_owned()),
            stated: (bytes_per_record / width).to_string(),
            bytes_per_record,
            bytes,
            ..Self::new(label, width, 0, &[])
        }
    }
}

impl File {
    pub(crate) fn new(width: usize, records: usize, channels: Vec<Channel>) -> Self {
        Self {
            version: if width == 2 { b"0       ".to_vec() } else { b"\xffBIOSEMI".to_vec() },
            patient: "X X X X".to_owned(),
            recording: "Startdate 02-MAR-2002 X X X".to_owned(),
            date: "02.03.02".to_owned(),
            time: "10.20.30".to_owned(),
            header_bytes: (256 * (channels.len() + 1)).to_string(),
            reserved: String::new(),
            records: records.to_string(),
            duration: "1".to_owned(),
            count: channels.len().to_string(),
            channels,
        }
    }

    /// The same file with this in the field that names its kind.
    pub(crate) fn kind(mut self, reserved: &str) -> Self {
        self.reserved = reserved.to_owned();
        self
    }

    pub(crate) fn header(&self) -> Vec<u8> {
        let mut out = filled(&self.version, 8, b' ');
        for (text, width) in [
            (&self.patient, 80),
            (&self.recording, 80),
            (&self.date, 8),
            (&self.time, 8),
            (&self.header_bytes, 8),
            (&self.reserved, 44),
            (&self.records, 8),
            (&self.duration, 8),
            (&self.count, 4),
        ] {
            out.extend(filled(text.as_bytes(), width, b' '));
        }
        assert_eq!(out.len(), 256);
        let mut each = |width: usize, field: &dyn Fn(&Channel) -> Vec<u8>| {
            self.channels.iter().for_each(|c| out.extend(filled(&field(c), width, b' ')));
        };
        each(16, &|c| c.label.clone());
        each(80, &|_| Vec::new());
        each(8, &|c| c.unit.clone());
        each(8, &|c| c.physical.0.clone().into_bytes());
        each(8, &|c| c.physical.1.clone().into_bytes());
        each(8, &|c| c.digital.0.clone().into_bytes());
        each(8, &|c| c.digital.1.clone().into_bytes());
        each(80, &|c| c.prefilter.clone().into_bytes());
        each(8, &|c| c.stated.clone().into_bytes());
        each(32, &|_| Vec::new());
        assert_eq!(out.len(), 256 * (self.channels.len() + 1));
        out
    }

    /// All records that the channels have bytes for.
    pub(crate) fn data(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if self.channels.iter().all(|channel| channel.bytes_per_record == 0) {
            return out;
        }
        for record in 0.. {
            for channel in &self.channels {
                let size = channel.bytes_per_record;
                match channel.bytes.get(record * size..(record + 1) * size) {
                    Some(bytes) => out.extend(bytes),
                    None => return out,
                }
            }
        }
        out
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = self.header();
        out.extend(self.data());
        out
    }
}

fn filled(bytes: &[u8], width: usize, with: u8) -> Vec<u8> {
    assert!(bytes.len() <= width, "{:?} is longer than {width}", String::from_utf8_lossy(bytes));
    let mut out = bytes.to_vec();
    out.resize(width, with);
    out
}
