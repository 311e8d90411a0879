//! A plain writer of GDF files, field by field after the specification, for tests only. It shares
//! nothing with the reader.

/// One channel and its samples, already as stored bytes.
#[derive(Clone)]
pub(crate) struct Channel {
    pub(crate) label: Vec<u8>,
    /// Unit as text (1.x).
    pub(crate) unit: Vec<u8>,
    /// Unit as code (2.x).
    pub(crate) unit_code: u16,
    pub(crate) physical: (f64, f64),
    pub(crate) digital: (f64, f64),
    pub(crate) samples_per_record: u32,
    pub(crate) kind: u32,
    /// All samples, record after record.
    pub(crate) bytes: Vec<u8>,
}

impl Channel {
    pub(crate) fn new(label: &str, kind: u32, samples_per_record: u32, bytes: Vec<u8>) -> Self {
        Self {
            label: label.as_bytes().to_vec(),
            unit: b"uV".to_vec(),
            unit_code: 4275,
            physical: (-100.0, 100.0),
            digital: (-1000.0, 1000.0),
            samples_per_record,
            kind,
            bytes,
        }
    }
}

/// Position (from 0), code, duration.
pub(crate) type Event = (u32, u16, u32);

#[derive(Clone)]
pub(crate) struct File {
    pub(crate) version: &'static str,
    pub(crate) patient: &'static str,
    pub(crate) recording: &'static str,
    /// Sixteen bytes in 1.x, a number in 2.x.
    pub(crate) start: Vec<u8>,
    pub(crate) records: i64,
    /// Length of a record: two u32 or one f64.
    pub(crate) duration: [u8; 8],
    pub(crate) channels: Vec<Channel>,
    /// Third header of 2.x.
    pub(crate) tags: Vec<(u8, Vec<u8>)>,
    pub(crate) mode: u8,
    pub(crate) event_rate_hz: f32,
    pub(crate) events: Vec<Event>,
    pub(crate) has_table: bool,
}

impl File {
    pub(crate) fn new(version: &'static str, records: i64, channels: Vec<Channel>) -> Self {
        Self {
            version,
            patient: "X",
            recording: "X",
            start: Vec::new(),
            records,
            duration: seconds(1, 1),
            channels,
            tags: Vec::new(),
            mode: 1,
            event_rate_hz: 0.0,
            events: Vec::new(),
            has_table: true,
        }
    }

    fn is_v2(&self) -> bool {
        self.version[4..].parse::<f64>().unwrap() >= 1.9
    }

    pub(crate) fn header(&self) -> Vec<u8> {
        let count = self.channels.len();
        let mut tags = Vec::new();
        for (tag, value) in &self.tags {
            tags.push(*tag);
            tags.extend(&(value.len() as u32).to_le_bytes()[..3]);
            tags.extend(value);
        }
        if !tags.is_empty() {
            tags.push(0);
        }
        tags.resize(tags.len().next_multiple_of(256), 0);

        let mut out = self.version.as_bytes().to_vec();
        if self.is_v2() {
            out.extend(padded(self.patient.as_bytes(), 66));
            out.extend([0; 14]);
            out.extend(padded(self.recording.as_bytes(), 64));
            out.extend([0; 16]);
            out.extend(zeroed(&self.start, 8));
            out.extend([0; 8]);
            out.extend((1 + count as u16 + (tags.len() / 256) as u16).to_le_bytes());
            out.extend([0; 50]);
        } else {
            out.extend(padded(self.patient.as_bytes(), 80));
            out.extend(padded(self.recording.as_bytes(), 80));
            out.extend(padded(&self.start, 16));
            out.extend((256 * (1 + count as i64)).to_le_bytes());
            out.extend([0; 44]);
        }
        out.extend(self.records.to_le_bytes());
        out.extend(self.duration);
        out.extend((count as u32).to_le_bytes());
        assert_eq!(out.len(), 256);
        self.channel_headers(&mut out);
        assert_eq!(out.len(), 256 * (1 + count));
        out.extend(tags);
        out
    }

    fn channel_headers(&self, out: &mut Vec<u8>) {
        let mut each = |field: &dyn Fn(&Channel) -> Vec<u8>| {
            self.channels.iter().for_each(|channel| out.extend(field(channel)));
        };
        let v2 = self.is_v2();
        let limit =
            |value: f64| if v2 { value.to_le_bytes() } else { (value as i64).to_le_bytes() };
        each(&|c| padded(&c.label, 16));
        each(&|_| vec![b' '; 80]);
        if v2 {
            each(&|_| vec![0; 6]);
            each(&|c| c.unit_code.to_le_bytes().to_vec());
        } else {
            each(&|c| padded(&c.unit, 8));
        }
        each(&|c| c.physical.0.to_le_bytes().to_vec());
        each(&|c| c.physical.1.to_le_bytes().to_vec());
        each(&|c| limit(c.digital.0).to_vec());
        each(&|c| limit(c.digital.1).to_vec());
        each(&|_| vec![0; 80]);
        each(&|c| c.samples_per_record.to_le_bytes().to_vec());
        each(&|c| c.kind.to_le_bytes().to_vec());
        each(&|_| vec![0; 32]);
    }

    pub(crate) fn table(&self) -> Vec<u8> {
        let count = self.events.len() as u32;
        let mut out = vec![self.mode];
        if self.version[4..].parse::<f64>().unwrap() < 1.94 {
            out.extend(&(self.event_rate_hz as u32).to_le_bytes()[..3]);
            out.extend(count.to_le_bytes());
        } else {
            out.extend(&count.to_le_bytes()[..3]);
            out.extend(self.event_rate_hz.to_le_bytes());
        }
        self.events.iter().for_each(|event| out.extend((event.0 + 1).to_le_bytes()));
        self.events.iter().for_each(|event| out.extend(event.1.to_le_bytes()));
        if self.mode == 3 {
            self.events.iter().for_each(|_| out.extend(0_u16.to_le_bytes()));
            self.events.iter().for_each(|event| out.extend(event.2.to_le_bytes()));
        }
        out
    }

    /// All records that the channels have bytes for.
    pub(crate) fn data(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let size = |c: &Channel| c.samples_per_record as usize * width(c.kind);
        for record in 0.. {
            for channel in &self.channels {
                let part = record * size(channel)..(record + 1) * size(channel);
                match channel.bytes.get(part) {
                    Some(bytes) => out.extend(bytes),
                    None => return out,
                }
            }
            if self.channels.iter().all(|channel| size(channel) == 0) {
                return out;
            }
        }
        out
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = self.header();
        out.extend(self.data());
        if self.has_table {
            out.extend(self.table());
        }
        out
    }
}

/// Length of a record as two integers.
pub(crate) fn seconds(numerator: u32, denominator: u32) -> [u8; 8] {
    (u64::from(denominator) << 32 | u64::from(numerator)).to_le_bytes()
}

/// Bytes of a sample type.
pub(crate) fn width(kind: u32) -> usize {
    match kind {
        1 | 2 => 1,
        3 | 4 => 2,
        279 | 535 => 3,
        5 | 6 | 16 => 4,
        7 | 8 | 17 => 8,
        other => panic!("no type {other}"),
    }
}

fn padded(text: &[u8], width: usize) -> Vec<u8> {
    filled(text, width, b' ')
}

fn zeroed(text: &[u8], width: usize) -> Vec<u8> {
    filled(text, width, 0)
}

fn filled(text: &[u8], width: usize, with: u8) -> Vec<u8> {
    let mut out = text.to_vec();
    out.resize(width, with);
    out
}
