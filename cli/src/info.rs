use std::collections::BTreeMap;
use std::io::Write;

use evoked::formats::Opened;
use evoked::stimulus::{Codebook, Modulation};
use serde::Serialize;

use crate::args::InfoArgs;
use crate::failure::Failure;
use crate::open::open;

/// What is in a recording.
#[derive(Serialize)]
struct Info {
    file: String,
    format: String,
    duration_s: f64,
    streams: Vec<StreamInfo>,
    events: Vec<EventInfo>,
    targets: Vec<TargetInfo>,
    /// With all that is needed to show the targets again.
    codebook: Option<Codebook>,
    metadata: BTreeMap<String, String>,
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct StreamInfo {
    name: String,
    rate_hz: f64,
    samples: usize,
    gaps: usize,
    lost_samples: u64,
    channels: Vec<ChannelInfo>,
}

#[derive(Serialize)]
struct ChannelInfo {
    label: String,
    unit: String,
    bits: Option<u8>,
}

/// Events that share a code and a text.
#[derive(Serialize)]
struct EventInfo {
    code: u32,
    label: String,
    count: usize,
    first_s: f64,
}

#[derive(Serialize)]
struct TargetInfo {
    label: String,
    event: Option<String>,
    frequency_hz: Option<f64>,
    /// For people.
    shows: String,
}

pub(crate) fn run(args: &InfoArgs) -> Result<(), Failure> {
    let info = Info::of(args.file.display().to_string(), &open(&args.file, &args.reading, &[])?);
    let mut out = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &info).map_err(std::io::Error::from)?;
        writeln!(out)?;
        return Ok(());
    }
    info.print(&mut out)
}

impl Info {
    fn of(file: String, opened: &Opened) -> Self {
        let recording = &opened.recording;
        let stream = |stream: &evoked::signal::Stream| StreamInfo {
            name: stream.name().to_owned(),
            rate_hz: stream.rate_hz(),
            samples: stream.samples().len(),
            gaps: stream.samples().gaps().count(),
            lost_samples: stream.samples().gaps().map(|gap| gap.end - gap.start).sum(),
            channels: stream
                .channels()
                .iter()
                .map(|channel| ChannelInfo {
                    label: channel.label.clone(),
                    unit: channel.unit.as_str().to_owned(),
                    bits: channel.quantization.map(|q| q.bits),
                })
                .collect(),
        };
        let mut kinds: BTreeMap<(u32, &str), EventInfo> = BTreeMap::new();
        for event in recording.events() {
            let first_s = recording.onset_s(event);
            let (code, label) = (event.code, event.label.clone());
            let new = EventInfo { code, label, count: 0, first_s };
            kinds.entry((code, event.label.as_str())).or_insert(new).count += 1;
        }
        let target = |target: &evoked::stimulus::Target| TargetInfo {
            label: target.label.clone(),
            event: target.event.clone(),
            frequency_hz: target.modulation.frequency_hz(),
            shows: shown(&target.modulation),
        };
        let targets = opened.codebook.iter().flat_map(|codebook| codebook.targets());
        Self {
            file,
            format: opened.format.to_string(),
            duration_s: recording.duration_s(),
            streams: recording.streams().iter().map(stream).collect(),
            events: kinds.into_values().collect(),
            targets: targets.map(target).collect(),
            codebook: opened.codebook.clone(),
            metadata: recording.metadata().clone(),
            warnings: opened.warnings.iter().map(ToString::to_string).collect(),
        }
    }

    fn print(&self, out: &mut impl Write) -> Result<(), Failure> {
        writeln!(out, "{}: {}, {:.3} s", self.file, self.format, self.duration_s)?;
        for (name, value) in &self.metadata {
            let short: String = value.chars().take(80).collect();
            let more = if short.len() < value.len() { "…" } else { "" };
            writeln!(out, "  {name}: {short}{more}")?;
        }
        for stream in &self.streams {
            let StreamInfo { name, rate_hz, samples, channels, .. } = stream;
            let count = channels.len();
            writeln!(
                out,
                "\nstream {name:?}: {count} channels at {rate_hz} Hz, {samples} samples"
            )?;
            if stream.gaps > 0 {
                writeln!(out, "  {} gaps, {} samples lost", stream.gaps, stream.lost_samples)?;
            }
            for ChannelInfo { label, unit, bits } in channels {
                let bits = bits.map_or(String::new(), |bits| format!(", {bits} bits"));
                writeln!(out, "  {label}: {unit}{bits}")?;
            }
        }
        if !self.events.is_empty() {
            writeln!(out, "\n{:>8}  {:>6}  {:>9}  event", "code", "count", "first s")?;
        }
        for EventInfo { code, label, count, first_s } in &self.events {
            writeln!(out, "{code:>8}  {count:>6}  {first_s:>9.3}  {label}")?;
        }
        if !self.targets.is_empty() {
            writeln!(out, "\n{} targets", self.targets.len())?;
        }
        for TargetInfo { label, event, shows, .. } in &self.targets {
            let event = event.as_ref().map_or(String::new(), |event| format!(", event {event}"));
            writeln!(out, "  {label}: {shows}{event}")?;
        }
        for warning in &self.warnings {
            writeln!(out, "\nwarning: {warning}")?;
        }
        Ok(())
    }
}

/// What a target shows, for people.
fn shown(modulation: &Modulation) -> String {
    let hz = |frequency_hz: &f64| format!("{frequency_hz} Hz");
    match modulation {
        Modulation::Sinusoid { frequency_hz, .. } | Modulation::Square { frequency_hz, .. } => {
            hz(frequency_hz)
        }
        Modulation::Code { bits, bit_rate_hz } => {
            format!("code of {} bits at {bit_rate_hz} Hz", bits.len())
        }
        Modulation::Levels { levels, level_rate_hz } => {
            format!("code of {} luminances at {level_rate_hz} Hz", levels.len())
        }
        Modulation::FrequencySum { tones } => {
            let tones: Vec<_> = tones.iter().map(|tone| hz(&tone.frequency_hz)).collect();
            tones.join(" + ")
        }
        Modulation::FrequencySequence { steps } => {
            let steps: Vec<_> = steps.iter().map(|step| hz(&step.frequency_hz)).collect();
            steps.join(", then ")
        }
        Modulation::Blank => "nothing".to_owned(),
        _ => "other light".to_owned(),
    }
}
