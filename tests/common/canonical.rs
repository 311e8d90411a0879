//! What a reader of a whole stream reports, in the canonical form of `fixtures/frames/README.md`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "all of it is test code")]

use evoked::frame::{
    Content, Encoding, Frame, GapReason, Header, Item, Kind, Limits, Notice, Reader, SamplesView,
    Session, StreamInfo,
};
use evoked::signal::Channel;
use serde_json::{Value, json};

use super::frames::crc32c;

/// One line an item, each ended by `\n`.
pub(crate) fn canonical(bytes: &[u8]) -> String {
    let mut lines = String::new();
    Reader::new(bytes, Limits::default()).for_each(|item| {
        let value = match &item {
            Item::Frame(frame) => told(frame),
            Item::Notice(notice) => noticed(notice),
        };
        lines.push_str(&serde_json::to_string(&value).expect("plain values"));
        lines.push('\n');
    });
    lines
}

fn noticed(notice: &Notice) -> Value {
    match notice {
        Notice::Damaged { bytes } => {
            json!({"item": "damaged", "start": bytes.start, "end": bytes.end})
        }
        Notice::OtherVersion { offset, version } => {
            json!({"item": "other_version", "offset": offset, "version": version})
        }
        Notice::FramesLost { stream, first, frames } => {
            json!({"item": "frames_lost", "stream": stream, "first": first, "frames": frames})
        }
        Notice::SamplesLost { stream, samples } => {
            let (first, end) = (samples.start, samples.end);
            json!({"item": "samples_lost", "stream": stream, "first": first, "end": end})
        }
        Notice::Duplicate(header) => left_out("duplicate", header),
        Notice::Late(header) => left_out("late", header),
        Notice::OtherSession(header) => left_out("other_session", header),
        Notice::TooManyStreams(header) => left_out("too_many_streams", header),
        Notice::Overlap { header, expected } => join(
            left_out("overlap", header),
            json!({"sample": header.sample, "expected": expected}),
        ),
        other => json!({"item": format!("{other:?}")}),
    }
}

fn left_out(item: &str, header: &Header) -> Value {
    json!({"item": item, "stream": header.stream, "sequence": header.sequence})
}

fn told(frame: &Frame<'_>) -> Value {
    let header = &frame.header;
    let place = json!({
        "kind": name(header.kind), "stream": header.stream, "sequence": header.sequence,
        "offset": frame.offset,
    });
    let Ok(content) = frame.content() else {
        return join(json!({"item": "malformed"}), place);
    };
    let rest = json!({
        "item": "frame", "sample": header.sample, "count": header.count, "tag": header.tag,
    });
    join(join(place, rest), inside(frame, &content))
}

fn inside(frame: &Frame<'_>, content: &Content<'_>) -> Value {
    match content {
        Content::Session(session) => described(session, frame.payload()),
        Content::Samples(view) => json!({
            "encoding": encoding(view.encoding()),
            "channels": view.channels(),
            "values_crc": checksum(&values(view)),
        }),
        Content::Events(events) => {
            let event = |event: evoked::frame::EventView<'_>| {
                json!({
                    "sample": event.sample, "fraction": bits32(event.fraction), "code": event.code,
                    "duration": bits64(event.duration), "label": event.label,
                })
            };
            json!({"events": events.iter().map(event).collect::<Vec<_>>()})
        }
        Content::Decision(decision) => json!({
            "target": decision.target,
            "confidence": bits32(decision.confidence),
            "first": decision.first,
            "scores": decision.scores().map(bits64).collect::<Vec<_>>(),
        }),
        Content::Clock(clock) => {
            let reading = |reading: evoked::frame::ClockReading| {
                json!({
                    "sample": reading.sample, "host_time": reading.host_ns,
                    "uncertainty": reading.uncertainty_ns,
                })
            };
            json!({"readings": clock.iter().map(reading).collect::<Vec<_>>()})
        }
        Content::Gap(gap) => json!({"samples": gap.samples, "reason": reason(gap.reason)}),
        Content::Index(index) => {
            let entry = |entry: &evoked::frame::IndexEntry| {
                json!({
                    "offset": entry.offset, "sample": entry.sample, "stream": entry.stream,
                    "kind": entry.kind.code(), "code": entry.code,
                })
            };
            json!({"entries": index.entries.iter().map(entry).collect::<Vec<_>>()})
        }
        Content::End(end) => {
            let total = |total: &evoked::frame::Total| {
                json!({
                    "stream": total.stream, "next_sequence": total.next_sequence, "end": total.end,
                })
            };
            let totals: Vec<_> = end.totals.iter().map(total).collect();
            json!({"index_offset": end.index_offset, "totals": totals})
        }
        _ => json!({}),
    }
}

fn described(session: &Session, payload: &[u8]) -> Value {
    let stream = |info: &StreamInfo| {
        let labels: Vec<_> = info.channels.iter().map(|channel| channel.label.as_str()).collect();
        json!({
            "id": info.id, "name": info.name, "rate_hz": bits64(info.rate_hz),
            "first_sample": info.first_sample, "channels": labels,
        })
    };
    let streams: Vec<_> = session.streams.iter().map(stream).collect();
    json!({"payload_crc": checksum(payload), "streams": streams})
}

/// The values of a samples frame, channel after channel, four bytes each.
fn values(view: &SamplesView<'_>) -> Vec<u8> {
    let len = view.channels() * view.len();
    if view.encoding() == Encoding::F32 {
        let channels = vec![Channel::microvolts("x"); view.channels()];
        let mut out = vec![0.0_f32; len];
        view.decode_into(&StreamInfo::new(1, "x", 1.0, channels), &mut out).expect("their shape");
        return out.iter().flat_map(|value| value.to_le_bytes()).collect();
    }
    let mut out = vec![0_i32; len];
    view.counts_into(&mut out).expect("counts");
    out.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn name(kind: Kind) -> String {
    match kind {
        Kind::Session => "session".into(),
        Kind::Samples => "samples".into(),
        Kind::Event => "event".into(),
        Kind::Decision => "decision".into(),
        Kind::Clock => "clock".into(),
        Kind::Gap => "gap".into(),
        Kind::Index => "index".into(),
        Kind::End => "end".into(),
        other => format!("unknown({})", other.code()),
    }
}

fn encoding(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::I16 => "i16",
        Encoding::I24 => "i24",
        Encoding::I32 => "i32",
        Encoding::F32 => "f32",
        _ => "unknown",
    }
}

fn reason(reason: GapReason) -> u32 {
    reason.code()
}

fn bits32(value: f32) -> String {
    format!("{:08x}", value.to_bits())
}

fn bits64(value: f64) -> String {
    format!("{:016x}", value.to_bits())
}

fn checksum(bytes: &[u8]) -> String {
    format!("{:08x}", crc32c(bytes))
}

fn join(mut a: Value, b: Value) -> Value {
    let more = b.as_object().cloned().unwrap_or_default();
    a.as_object_mut().expect("an object").extend(more);
    a
}
