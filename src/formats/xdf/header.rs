//! What the header of a stream says.

use super::xml::{Document, Element};

/// How samples are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Int8,
    Int16,
    Int32,
    Int64,
    Float32,
    Double64,
    Text,
}

impl Kind {
    fn from_text(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().as_str() {
            "int8" => Kind::Int8,
            "int16" => Kind::Int16,
            "int32" => Kind::Int32,
            "int64" => Kind::Int64,
            "float32" => Kind::Float32,
            "double64" => Kind::Double64,
            "string" => Kind::Text,
            _ => return None,
        })
    }

    /// Bytes of a value; 0 for text, whose length varies.
    pub(super) fn size(self) -> u64 {
        match self {
            Kind::Text => 0,
            Kind::Int8 => 1,
            Kind::Int16 => 2,
            Kind::Int32 | Kind::Float32 => 4,
            Kind::Int64 | Kind::Double64 => 8,
        }
    }

    /// Bits of a count, where values are integers that a quantization can describe.
    pub(super) fn count_bits(self) -> Option<u8> {
        match self {
            Kind::Int8 => Some(8),
            Kind::Int16 => Some(16),
            Kind::Int32 | Kind::Int64 => Some(32),
            Kind::Float32 | Kind::Double64 | Kind::Text => None,
        }
    }
}

/// A channel as the header describes it; what it leaves out is empty.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct ChannelInfo {
    pub label: String,
    pub unit: String,
}

/// What a sample is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A text a channel.
    Texts { channels: u64 },
    /// Values of fixed size: so many bytes together.
    Numbers { row_bytes: u64 },
}

/// A stream's header.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Header {
    pub name: String,
    /// Such as `EEG` or `Markers`.
    pub content: String,
    pub kind: Kind,
    pub channel_count: u64,
    /// 0 where samples come at no rate.
    pub nominal_rate_hz: f64,
    /// Whether the device leaves out samples, so that counting them tells no time.
    pub drops_samples: bool,
    pub channels: Vec<ChannelInfo>,
    /// Who, where and with what: names and texts.
    pub facts: Vec<(String, String)>,
    /// Length of the header in bytes.
    pub bytes: usize,
    /// What is odd about it.
    pub oddities: Vec<String>,
}

impl Header {
    /// # Errors
    /// What is missing that no sample can be read without.
    pub(super) fn parse(xml: &[u8]) -> Result<Self, String> {
        let document = Document::parse(xml);
        let root = document.root();
        let mut oddities = Vec::new();
        if !document.whole {
            oddities.push("its header is damaged; what could be read of it counts".to_owned());
        }
        let text_of = |name: &str| root.text_of(name).unwrap_or_default();
        let format = text_of("channel_format");
        let kind =
            Kind::from_text(format).ok_or_else(|| format!("no channel format ({format:?})"))?;
        let desc = root.child("desc");
        let channels: Vec<_> = desc.iter().flat_map(channels).collect();
        let count = text_of("channel_count");
        let channel_count = match count.parse() {
            Ok(count) => count,
            Err(_) if channels.is_empty() => return Err(format!("no channel count ({count:?})")),
            Err(_) => {
                let described = channels.len();
                oddities.push(format!("its channel count is {count:?}; {described} are described"));
                described as u64
            }
        };
        let rate = text_of("nominal_srate");
        let nominal_rate_hz = rate.parse().unwrap_or(f64::NAN);
        if !(nominal_rate_hz.is_finite() && nominal_rate_hz >= 0.0) {
            oddities.push(format!("its nominal rate is {rate:?}; taken for irregular"));
        }
        Ok(Self {
            name: text_of("name").to_owned(),
            content: text_of("type").to_owned(),
            kind,
            channel_count,
            nominal_rate_hz: if nominal_rate_hz.is_finite() {
                nominal_rate_hz.max(0.0)
            } else {
                0.0
            },
            drops_samples: desc.is_some_and(|desc| drops_samples(&desc)),
            channels,
            facts: facts(&root),
            bytes: xml.len(),
            oddities,
        })
    }

    pub(super) fn shape(&self) -> Shape {
        let channels = self.channel_count;
        match self.kind {
            Kind::Text => Shape::Texts { channels },
            kind => Shape::Numbers { row_bytes: channels.saturating_mul(kind.size()) },
        }
    }

    pub(super) fn is_regular(&self) -> bool {
        self.nominal_rate_hz > 0.0
    }

    pub(super) fn is_text(&self) -> bool {
        self.kind == Kind::Text
    }
}

fn channels<'a>(desc: &Element<'a>) -> impl Iterator<Item = ChannelInfo> + use<'a> {
    let lists = desc.child("channels");
    let entries = lists.into_iter().flat_map(|list| list.children());
    entries.filter(|entry| entry.name() == "channel").map(|entry| {
        let text_of = |name| entry.text_of(name).unwrap_or_default().to_owned();
        ChannelInfo { label: text_of("label"), unit: text_of("unit") }
    })
}

fn drops_samples(desc: &Element<'_>) -> bool {
    let says = desc.child("synchronization").and_then(|s| s.text_of("can_drop_samples"));
    says.is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

/// The texts that tell a stream's origin.
fn facts(root: &Element<'_>) -> Vec<(String, String)> {
    let known = ["type", "source_id", "hostname", "uid", "session_id", "created_at"].into_iter();
    let mut facts: Vec<_> =
        known.filter_map(|name| Some((name.to_owned(), root.text_of(name)?.to_owned()))).collect();
    let Some(desc) = root.child("desc") else { return facts };
    for place in [Some(desc), desc.child("acquisition")].into_iter().flatten() {
        let leaves = place.children().filter(|leaf| leaf.is_leaf() && !leaf.text().is_empty());
        facts.extend(leaves.map(|leaf| (leaf.name().to_owned(), leaf.text().to_owned())));
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(inner: &str) -> Result<Header, String> {
        Header::parse(format!("<?xml version=\"1.0\"?><info>{inner}</info>").as_bytes())
    }

    #[test]
    fn all_that_a_header_says() {
        let header = parse(
            "<name>A</name><type>EEG</type><channel_count>2</channel_count>\
             <nominal_srate>250.00000</nominal_srate><channel_format>float32</channel_format>\
             <hostname>h</hostname><desc><manufacturer>M</manufacturer><channels><channel>\
             <label>Oz</label><unit>microvolts</unit></channel><channel/></channels>\
             <synchronization><can_drop_samples>true</can_drop_samples></synchronization>\
             <acquisition><model>X</model></acquisition></desc>",
        )
        .unwrap();
        assert_eq!((header.kind, header.channel_count), (Kind::Float32, 2));
        assert_eq!(header.nominal_rate_hz, 250.0);
        assert_eq!(header.shape(), Shape::Numbers { row_bytes: 8 });
        assert!(header.drops_samples && header.oddities.is_empty());
        assert_eq!(header.channels[0].label, "Oz");
        assert_eq!(header.channels[1], ChannelInfo::default());
        let facts: Vec<_> = header.facts.iter().map(|(n, v)| format!("{n}={v}")).collect();
        assert_eq!(facts, ["type=EEG", "hostname=h", "manufacturer=M", "model=X"]);
    }

    #[test]
    fn what_is_missing_is_told() {
        let base = "<channel_format>int8</channel_format>";
        assert!(parse("<channel_count>1</channel_count>").unwrap_err().contains("format"));
        assert!(parse(base).unwrap_err().contains("count"));
        let described = "<desc><channels><channel/><channel/></channels></desc>";
        let header = parse(&format!("{base}{described}")).unwrap();
        assert_eq!((header.channel_count, header.nominal_rate_hz), (2, 0.0));
        assert_eq!(header.oddities.len(), 2);
    }
}
