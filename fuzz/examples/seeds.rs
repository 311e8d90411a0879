//! Writes the seeds into `corpus/`, next to this crate's manifest.

#[path = "../../tests/common/frames.rs"]
mod frames;
#[path = "../../tests/common/models.rs"]
mod models;

use std::error::Error;
use std::path::Path;

use evoked::frame::{ClockReading, Encoding, FileWriter, Gap, GapReason, Session, StreamInfo};
use evoked::signal::{Channel, Decision, Epoch, Event};
use evoked::stimulus::Codebook;

#[path = "../../tests/common/edf_writer.rs"]
mod edf_writer;
#[path = "../../tests/common/gdf_writer.rs"]
mod gdf_writer;
#[path = "../../tests/common/xdf_writer.rs"]
mod xdf_writer;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let streams = [frames::eeg_with_events(), frames::two_streams(), frames::tiny_frames()];
    let mut streams: Vec<_> = streams.into_iter().map(|stream| stream.bytes).collect();
    streams.push(every_kind()?);
    // Mode and pieces, as `tests/common/properties/stream.rs` has them.
    for (place, head) in [[0, 7], [1, 0], [7, 40], [11, 9]].iter().enumerate() {
        for (number, stream) in streams.iter().enumerate() {
            write("stream", &format!("{number}-{place}"), &[head, &stream[..]].concat())?;
        }
    }
    for (number, stream) in streams.iter().enumerate() {
        write("file", &format!("{number}.vep"), stream)?;
        let payload_bytes = u32::from_le_bytes(stream[12..16].try_into()?) as usize;
        write("session", &format!("{number}.json"), &stream[32..32 + payload_bytes])?;
    }
    let named = br#"{"streams":[{"id":1,"name":"E","rate_hz":1e3,"origin_s":-0.5,"first_sample":9,
"channels":[{"label":"a","unit":"V","quantization":{"bits":16,"scale":-1e-3,"offset":2}}]}],
"codebook":{"refresh_hz":60,"targets":[
{"label":"x","event":3,"modulation":{"kind":"square","frequency_hz":7,"duty":0.2}},
{"label":"y","event":"t","modulation":{"kind":"code","bits":"0110","bit_rate_hz":60}}]},"later":[]}"#;
    write("session", "named.json", named)?;
    for (version, layout) in [("GDF 1.25", 0), ("GDF 2.20", 1)] {
        let (name, bytes) = (version.replace(' ', "-"), gdf(version).bytes());
        write("file", &name, &bytes)?;
        for format in 0..5 {
            let choice = format << 2 | layout;
            write("gdf", &format!("{name}-{choice}"), &[&[choice], &bytes[..]].concat())?;
        }
    }
    for (name, width) in [("EDF-D", 2), ("BDF-D", 3)] {
        let bytes = edf(width).bytes();
        write("file", name, &bytes)?;
        for choice in [2, 6, 10, 14] {
            write("edf", &format!("{name}-{choice}"), &[&[choice], &bytes[..]].concat())?;
        }
    }
    tables()?;
    brainvision()?;
    packed()?;
    models()?;
    for (name, file) in [("rates", xdf_rates()), ("clocks", xdf_clocks()), ("pauses", xdf_pauses())]
    {
        write("xdf", name, &file.bytes)?;
        // The same with a chunk cut short and bytes that are none between two others.
        let (cut, end) = (file.chunks[file.chunks.len() / 2] + 12, file.bytes.len() - 30);
        let damaged = [&file.bytes[..cut], &[0xa5; 20], &file.bytes[cut + 9..end]].concat();
        write("xdf", &format!("{name}-damaged"), &damaged)?;
    }
    // Any bytes are a session to this one.
    for seed in 1..8_u32 {
        let bytes = (0..400).map(|i: u32| (i * seed).wrapping_mul(0x9E37_79B9).to_le_bytes()[3]);
        write("round_trip", &seed.to_string(), &bytes.collect::<Vec<_>>())?;
    }
    Ok(())
}

/// The small files of the tests, less what the properties put before them.
fn packed() -> Result<()> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data");
    let plain = std::fs::read(data.join("matlab/plain.mat"))?;
    for name in ["table", "named", "eeglab", "jfpm12"] {
        let bytes = std::fs::read(data.join("matlab").join(name).with_extension("mat"))?;
        write("matlab", name, &[&[0], &bytes[128..]].concat())?;
    }
    write("matlab", "plain", &[&[4], &plain[128..]].concat())?;
    write("matlab", "packed", &[&[2], &plain[128..plain.len() / 2]].concat())?;
    for name in ["codes.npz", "frequencies.npz"] {
        let bytes = std::fs::read(data.join("numpy").join(name))?;
        write("numpy", name, &[&[1, 0], &bytes[4..]].concat())?;
    }
    let array = std::fs::read(data.join("numpy/table.npy"))?;
    write("numpy", "table", &[&[4, 0], &array[6..]].concat())?;
    let header = &array[6..128];
    write("numpy", "archive", &[&[3, 160], header, &[7; 38], header, &[9; 38]].concat())?;
    Ok(())
}

/// Models of every method; length and checksum are made right after each change.
fn models() -> Result<()> {
    for (place, method) in models::METHODS.into_iter().enumerate() {
        let bytes = models::model(method, (place + 1) % 3).to_bytes()?;
        write("model", method.name(), &[&[3], &bytes[..]].concat())?;
    }
    Ok(())
}

/// A file with an index.
fn every_kind() -> Result<Vec<u8>> {
    let channels = vec![Channel::microvolts("Oz")];
    let info = StreamInfo::new(1, "E", 250.0, channels);
    let codebook = Some(Codebook::sinusoids(&[13.0, 17.0])?);
    let metadata = [("subject".to_owned(), "1".to_owned())].into();
    let session = Session { tag: 9, streams: vec![info], codebook, metadata, ..Session::default() };
    let mut file = FileWriter::new(Vec::new(), session)?;
    file.samples(1, 0, Epoch::from_planar(&[0.5, -0.5], 1)?, Encoding::F32)?;
    file.events(1, &[Event::at(1, 33025, "13 Hz")])?;
    file.gap(1, &Gap { first: 2, samples: 3, reason: GapReason::Device })?;
    file.samples(1, 5, Epoch::from_planar(&[1.0], 1)?, Encoding::F32)?;
    file.clock(1, &[ClockReading { sample: 5, host_ns: 1_000_000_000, uncertainty_ns: 1000 }])?;
    let decision = Decision { target: 1, scores: vec![0.1, 0.9], first: 0, end: 6 };
    file.decision(1, &decision, 0.8)?;
    Ok(file.finish()?)
}

fn gdf(version: &'static str) -> gdf_writer::File {
    use gdf_writer::{Channel, File};
    let a = Channel::new("Oz", 3, 2, vec![1; 12]);
    let b = Channel::new("O1", 16, 3, vec![2; 36]);
    let mut file = File::new(version, 3, vec![a, b]);
    (file.mode, file.event_rate_hz) = (3, 3.0);
    file.events = vec![(0, 0x8001, 1), (2, 0x8101, 2), (4, 0x800b, 3)];
    if version == "GDF 2.20" {
        file.tags = vec![(1, b"\0left\0\0".to_vec()), (3, b"Maker\0".to_vec())];
    }
    file
}

/// Two rates, annotations, a gap, samples that were not recorded, a status channel.
fn edf(width: usize) -> edf_writer::File {
    use edf_writer::{Channel, File};
    let counts: Vec<i32> = (0..12).map(|i| 100 * i).collect();
    let lists: [&[u8]; 3] = [
        b"+0.5\x14\x14\0+0.75\x150.1\x14a\x14\0",
        b"+1.5\x14\x14\0+1.6\x150.2\x14BAD_ACQ_SKIP\x14\0",
        b"+9.5\x14\x14\0+9.9\x14left [33025]\x14\0",
    ];
    let channels = vec![
        Channel::new("Oz", width, 4, &counts),
        Channel::annotations(width, &lists),
        Channel::new("Status", width, 4, &counts),
        Channel::new("slow", width, 1, &counts[..3]),
    ];
    let kind = if width == 2 { "EDF+D     evoked" } else { "BDF+D     evoked" };
    File::new(width, 3, channels).kind(kind)
}

/// Tables of every kind.
fn tables() -> Result<()> {
    let table = "# Sampling rate: 250\ntime,Oz (uV),O1,counter,marker\n0.000,1.5,-2,0,0\n\
        0.004,2.5,1e-3,1,7\n0.008,3,,2,go\n0.012,4,2,3,0\n0.020,\"5\",3,5,8\n";
    let german = "Zeit;Oz\n0,000;1,5\n0,004;2,5\n0,012;-3\n";
    let bare = "1 2 0\n3 4 0\n5 6 1\n7 8 0\n";
    let raw = "%OpenBCI Raw EXG Data\n%Number of channels = 2\n%Sample Rate = 250 Hz\n\
        Sample Index, EXG Channel 0, EXG Channel 1, Accel Channel 0, Timestamp, Marker Channel\n\
        254.0, 1.5, 2, 0.5, 1700000000.000, 0\n255.0, 1.5, 2, 0.5, 1700000000.004, 1\n\
        0.0, 1.5, 2, 0.5, 1700000000.008, 0\n3.0, 1.5, 2, 0.5, 1700000000.020, 0\n";
    let old = "%OpenBCI Raw EEG Data\n%\n%Sample Rate = 250.0 Hz\n\
        0, 1,5, 2, 3, 4, 0, 0, 0, 12:00:00.100\n1, 1,5, 2, 3, 4, 0, 0, 0, 12:00:00.104\n";
    for (name, text) in
        [("table", table), ("german", german), ("bare", bare), ("openbci", raw), ("old", old)]
    {
        for choice in [0, 5, 6] {
            let bytes = [&[choice], text.as_bytes()].concat();
            write("text", &format!("{name}-{choice}"), &bytes)?;
        }
    }
    Ok(())
}

/// Headers, markers and samples, as `tests/common/properties/brainvision.rs` takes them apart.
fn brainvision() -> Result<()> {
    let header = "Brain Vision Data Exchange Header File Version 1.0\n[Common Infos]\n\
        DataFile=a.eeg\nMarkerFile=a.vmrk\nDataFormat=BINARY\nDataOrientation=MULTIPLEXED\n\
        NumberOfChannels=2\nDataPoints=4\nSamplingInterval=4000\n[Binary Infos]\n\
        BinaryFormat=INT_16\n[Channel Infos]\nCh1=Oz,,0.5,uV\nCh2=O1,,1,mV\n[Comment]\n\
        #     Name   Phys. Chn.    Resolution / Unit   Low Cutoff [s]   High Cutoff [Hz]\n\
        1     Oz      1             0.5 uV              10               250\n";
    let markers = "Brain Vision Data Exchange Marker File Version 1.0\n[Common Infos]\n\
        DataFile=a.eeg\n[Marker Infos]\nMk1=New Segment,,1,1,0,20240101120000000000\n\
        Mk2=Stimulus,S  1,2,1,0\nMk3=New Segment,,3,1,0,20240101120001000000\n\
        Mk4=Event,left [3],4,2,0\n";
    let own = markers.replacen("[Common", "; Written by evoked\n[Common", 1);
    let counts: Vec<u8> = (0..16).collect();
    let text = "1,5 2\n-3 4e1\n5 6\n7 8\n".as_bytes().to_vec();
    let in_text = header
        .replace("BINARY", "ASCII")
        .replace("[Binary Infos]\nBinaryFormat=INT_16", "[ASCII Infos]\nDecimalSymbol=,");
    let cases = [
        ("multiplexed", header.to_owned(), markers, counts.clone()),
        ("vectorized", header.replace("MULTIPLEXED", "VECTORIZED"), markers, counts.clone()),
        ("floats", header.replace("INT_16", "IEEE_FLOAT_32"), &own, [&counts[..]; 2].concat()),
        ("text", in_text, markers, text),
    ];
    for (choice, (name, header, markers, samples)) in cases.into_iter().enumerate() {
        let parts = [&[choice as u8], header.as_bytes(), b"\0\n", markers.as_bytes(), b"\0\n"];
        write("brainvision", name, &[&parts.concat(), &samples[..]].concat())?;
    }
    Ok(())
}

/// All kinds of values, with a rate and without.
fn xdf_rates() -> xdf_writer::Xdf {
    use xdf_writer::{header, sample, text};
    let mut file = xdf_writer::Xdf::new();
    let sizes =
        [("int8", 1), ("int16", 2), ("int32", 4), ("int64", 8), ("float32", 4), ("double64", 8)];
    for (id, (format, size)) in (1..).zip(sizes) {
        let (kind, rate) = if id % 2 == 0 { ("EEG", 10.0) } else { ("Markers", 0.0) };
        file.header(id, &header(format, kind, format, 1, rate, ""));
        let stamps = [Some(7.0 + f64::from(id)), None, Some(7.2 + f64::from(id))];
        file.samples(id, &stamps.map(|stamp| sample(stamp, &vec![id as u8; size])));
    }
    file.header(9, &header("texts", "Markers", "string", 2, 0.0, ""));
    file.samples(9, &[sample(Some(8.0), &[text("33025"), text("left")].concat())]);
    file.boundary().chunk(77, b"later");
    file.footer(1, 3).footer(9, 1);
    file
}

/// Two clocks, of which one drifts and is set back.
fn xdf_clocks() -> xdf_writer::Xdf {
    use xdf_writer::{header, sample, text};
    let mut file = xdf_writer::Xdf::new();
    file.header(1, &header("amp", "EEG", "int16", 2, 250.0, ""));
    file.header(2, &header("marks", "Markers", "string", 1, 0.0, ""));
    for chunk in 0..12_u32 {
        let at = f64::from(chunk) * 5.0 - if chunk > 6 { 900.0 } else { 0.0 };
        file.offset(1, at, 100.0 - at.min(0.0)).offset(2, at + 100.0, 1e-4);
        file.samples(1, &[sample(Some(at), &[1, 0, 2, 0]), sample(None, &[3, 0, 4, 0])]);
        file.samples(2, &[sample(Some(at + 101.0), &text("m"))]);
    }
    file.footer(1, 24).footer(2, 12);
    file
}

/// Pauses in a stream of plain headers, and another one.
fn xdf_pauses() -> xdf_writer::Xdf {
    use xdf_writer::{header, sample};
    let mut file = xdf_writer::Xdf::new();
    file.header(1, &header("amp", "EEG", "float32", 1, 100.0, ""));
    file.header(2, &header("aux", "Acc", "int16", 1, 0.0, ""));
    for start in [10.0, 10.04, 17.5, 12.0, 30.0] {
        let stamps = [0.0, 0.01, 0.02, 0.03].map(|after| Some(start + after));
        file.samples(1, &stamps.map(|stamp| sample(stamp, &0.5_f32.to_le_bytes())));
        file.samples(2, &[sample(Some(start), &[7, 0])]);
    }
    file.footer(1, 20).footer(2, 5);
    file
}

fn write(target: &str, name: &str, bytes: &[u8]) -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    std::fs::create_dir_all(&folder)?;
    Ok(std::fs::write(folder.join(name), bytes)?)
}
