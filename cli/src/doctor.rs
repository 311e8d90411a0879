use std::io::Write;
use std::path::Path;

use evoked::doctor::{Case, Finding, Severity};
use evoked::formats::Opened;
use evoked::frame::{Limits, Survey, survey};
use evoked::signal::Stream;
use serde::Serialize;

use crate::Finish;
use crate::args::DoctorArgs;
use crate::failure::Failure;
use crate::open::{open, warn};
use crate::survey::{find_frames, print, readings};
use crate::{targets, trials};

#[derive(Serialize)]
struct Line<'a> {
    topic: String,
    severity: String,
    what: &'a str,
    why: &'a str,
    advice: &'a str,
}

impl<'a> Line<'a> {
    fn of(finding: &'a Finding) -> Self {
        let Finding { topic, severity, what, why, advice } = finding;
        Self { topic: format!("{topic:?}"), severity: severity.to_string(), what, why, advice }
    }
}

pub(crate) fn run(args: &DoctorArgs) -> Result<Finish, Failure> {
    let name = args.file.display();
    let survey = frames(&args.file)?;
    if let Some(survey) = &survey {
        if !args.json {
            println!("{name}: VEP frames, {} bytes, {} intact frames", survey.bytes, survey.frames);
            print(survey);
        }
        if survey.session.is_none() {
            let message = "no intact session frame is left, so no sample can be read";
            return Err(Failure::new(format!("{name}: {message}")));
        }
    }
    let opened = open(&args.file, &args.reading, &[])?;
    if survey.is_none() {
        warn(&opened);
    }
    let findings = examine(args, &opened, survey.as_ref())?;
    if args.json {
        print_json(&findings)?;
    } else {
        print_findings(args, &opened, &findings)?;
    }
    let whole = survey.as_ref().is_none_or(Survey::is_clean);
    if !whole && !args.json {
        println!("\nsave what is left with: evoked recover {name} OUT.vep");
    }
    let well = findings.iter().all(|finding| finding.severity == Severity::Note);
    Ok(if whole && well { Finish::Clean } else { Finish::WithLoss })
}

/// The survey of a file of frames; `None` for other files.
fn frames(path: &Path) -> Result<Option<Survey>, Failure> {
    let file = find_frames(path)?;
    Ok(file.map(|mut file| survey(&mut file, Limits::default())).transpose()?)
}

fn examine(
    args: &DoctorArgs,
    opened: &Opened,
    survey: Option<&Survey>,
) -> Result<Vec<Finding>, Failure> {
    let recording = &opened.recording;
    let codebook = targets::codebook(&args.targets, opened.codebook.clone())?;
    let rule = match &codebook {
        Some(codebook) => match trials::rule(&args.onset, recording, codebook) {
            Ok(rule) => Some(rule),
            Err(failure) if !args.onset.is_empty() => return Err(failure),
            Err(_) => None,
        },
        None => None,
    };
    let found = rule.map_or_else(Vec::new, |rule| rule.find(recording, 0));
    let stream = recording.streams().first();
    let ends = stream.map_or_else(Vec::new, |stream| trials::ends(recording, stream, &found));
    let clock = survey.and_then(|survey| survey.streams.iter().find(|stream| stream.id != 0));
    let readings = clock.map_or_else(Vec::new, readings);
    let mut case = Case::new(recording).trials(&found).trial_ends(&ends).readings(&readings);
    if let Some(codebook) = &codebook {
        case = case.codebook(codebook);
    }
    if let Some(length_s) = args.length {
        case = case.window_s(args.start, length_s);
    }
    if let Some(mains_hz) = args.mains {
        case = case.mains_hz(mains_hz);
    }
    if let Some(refresh_hz) = args.refresh {
        case = case.refresh_hz(refresh_hz);
    }
    Ok(case.findings())
}

fn print_findings(args: &DoctorArgs, opened: &Opened, findings: &[Finding]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let recording = &opened.recording;
    let size = |stream: &Stream| {
        let rate_hz = (stream.rate_hz() * 1000.0).round() / 1000.0;
        format!("{} channels at {rate_hz} Hz", stream.channels().len())
    };
    let size = recording.streams().first().map_or_else(|| "no samples".to_owned(), size);
    let duration_s = recording.duration_s();
    writeln!(out, "\n{}: {}, {size}, {duration_s:.1} s", args.file.display(), opened.format)?;
    for finding in findings {
        writeln!(out, "\n{:<8} {}", finding.severity.to_string(), finding.what)?;
        writeln!(out, "   why   {}", finding.why)?;
        writeln!(out, "   do    {}", finding.advice)?;
    }
    let serious = findings.iter().filter(|f| f.severity > Severity::Note).count();
    match serious {
        0 => writeln!(out, "\nnothing is wrong")?,
        1 => writeln!(out, "\n1 finding matters")?,
        _ => writeln!(out, "\n{serious} findings matter")?,
    }
    if targets::codebook(&args.targets, opened.codebook.clone())?.is_none() {
        writeln!(out, "targets, trials and labels were not looked at: give --targets 13,17,21")?;
    }
    Ok(())
}

fn print_json(findings: &[Finding]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let lines: Vec<Line<'_>> = findings.iter().map(Line::of).collect();
    serde_json::to_writer_pretty(&mut out, &lines).map_err(std::io::Error::from)?;
    writeln!(out)?;
    Ok(())
}
