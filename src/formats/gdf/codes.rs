//! Names of event codes.
//!
//! OpenViBE stores its stimulation identifiers (0x8001 to 0x82ff) in GDF. In GDF's own table of
//! codes, the highest bit marks the end of what the code without it starts, so 0x8101 is
//! OpenViBE's `Label_01` or the end of an eye artefact. It is read as an end only where the file
//! holds the start, too.

use std::collections::{BTreeMap, BTreeSet};

/// Bit that marks the end of what a code starts.
const END: u16 = 0x8000;

/// The name of a code in a file with these codes: its own name first, then the tables; empty for
/// a code in none of them.
pub(super) fn label(code: u16, names: &BTreeMap<u16, String>, present: &BTreeSet<u16>) -> String {
    if let Some(name) = names.get(&code) {
        return name.clone();
    }
    if code & END == 0 {
        return gdf(code).unwrap_or_default().to_owned();
    }
    let end = gdf(code & !END).map(|start| format!("end of {start}"));
    let openvibe = openvibe(code);
    let started = present.contains(&(code & !END));
    if started { end.or(openvibe) } else { openvibe.or(end) }.unwrap_or_default()
}

/// OpenViBE's stimulations, named as there without `OVTK_StimulationId_`.
fn openvibe(code: u16) -> Option<String> {
    let name = match code {
        0x8001 => "ExperimentStart",
        0x8002 => "ExperimentStop",
        0x8003 => "SegmentStart",
        0x8004 => "SegmentStop",
        0x8005 => "TrialStart",
        0x8006 => "TrialStop",
        0x8007 => "BaselineStart",
        0x8008 => "BaselineStop",
        0x8009 => "RestStart",
        0x800a => "RestStop",
        0x800b => "VisualStimulationStart",
        0x800c => "VisualStimulationStop",
        0x8010 => "VisualSteadyStateStimulationStart",
        0x8011 => "VisualSteadyStateStimulationStop",
        0x8012 => "Button1_Pressed",
        0x8013 => "Button1_Released",
        0x8014 => "Button2_Pressed",
        0x8015 => "Button2_Released",
        0x8016 => "Button3_Pressed",
        0x8017 => "Button3_Released",
        0x8018 => "Button4_Pressed",
        0x8019 => "Button4_Released",
        0x8100..=0x81ff => return Some(format!("Label_{:02X}", code & 0xff)),
        0x8201 => "Train",
        0x8202 => "Beep",
        0x8203 => "DoubleBeep",
        0x8204 => "EndOfFile",
        0x8205 => "Target",
        0x8206 => "NonTarget",
        0x8207 => "TrainCompleted",
        0x8208 => "Reset",
        _ => return None,
    };
    Some(name.to_owned())
}

/// The codes of GDF's own table that recordings for brain-computer interfaces use.
fn gdf(code: u16) -> Option<&'static str> {
    Some(match code {
        0x0101 => "artifact eye",
        0x0102 => "artifact heart",
        0x0103 => "artifact muscle",
        0x0104 => "artifact movement",
        0x0105 => "artifact electrode",
        0x0106 => "artifact sweat",
        0x0107 => "artifact mains",
        0x0108 => "artifact breathing",
        0x0109 => "artifact pulse",
        0x010a => "artifact eye slow",
        0x010f => "calibration",
        0x0111 => "sleep spindle",
        0x0112 => "K-complex",
        0x0113 => "saw-tooth wave",
        0x0114 => "idle eyes open",
        0x0115 => "idle eyes closed",
        0x0116 => "spike",
        0x0117 => "seizure",
        0x0121 => "visual stimulus",
        0x0122 => "auditory stimulus",
        0x0123 => "somatosensory stimulus",
        0x012f => "magnetic stimulus",
        0x0131 => "steady-state visual stimulus",
        0x0132 => "steady-state auditory stimulus",
        0x0133 => "steady-state somatosensory stimulus",
        0x0300 => "trial start",
        0x0301 => "cue left hand",
        0x0302 => "cue right hand",
        0x0303 => "cue foot",
        0x0304 => "cue tongue",
        0x0305 => "cue class 5",
        0x0306 => "cue down",
        0x0307 => "cue class 7",
        0x0308 => "cue class 8",
        0x0309 => "cue class 9",
        0x030a => "cue class 10",
        0x030b => "cue class 11",
        0x030c => "cue up",
        0x030d => "feedback continuous",
        0x030e => "feedback discrete",
        0x030f => "cue unknown",
        0x0311 => "beep",
        0x0312 => "fixation cross",
        0x0313 => "flash",
        0x0320 => "trial end",
        0x0381 => "hit",
        0x0382 => "miss",
        0x03f2 => "session end",
        0x03ff => "trial rejected",
        0x0430 => "eye movements",
        0x0431 => "eyes left",
        0x0432 => "eyes right",
        0x0433 => "eyes up",
        0x0434 => "eyes down",
        0x0435 => "eyes horizontal",
        0x0436 => "eyes vertical",
        0x0437 => "eyes clockwise",
        0x0438 => "eyes counterclockwise",
        0x0439 => "blink",
        0x0441 => "movement left hand",
        0x0442 => "movement right hand",
        0x0443 => "movement head",
        0x0444 => "movement tongue",
        0x0445 => "swallowing",
        0x0446 => "chewing",
        0x0447 => "movement foot",
        0x7ffe => "new segment",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(code: u16, present: &[u16]) -> String {
        label(code, &BTreeMap::from([(7, "seven".to_owned())]), &present.iter().copied().collect())
    }

    #[test]
    fn codes_are_named_by_the_right_table() {
        // OpenViBE's decimal numbers, as its documentation lists them.
        assert_eq!(name(32769, &[]), "ExperimentStart");
        assert_eq!(name(32779, &[]), "VisualStimulationStart");
        assert_eq!(name(33024, &[]), "Label_00");
        assert_eq!(name(33055, &[]), "Label_1F");
        assert_eq!(name(33281, &[]), "Train");
        // The same number in a file of the other kind.
        assert_eq!(name(0x8101, &[0x8101]), "Label_01");
        assert_eq!(name(0x8101, &[0x0101, 0x8101]), "end of artifact eye");
        assert_eq!(name(0x8301, &[]), "end of cue left hand");
        assert_eq!(name(768, &[]), "trial start");
        assert_eq!(name(1023, &[]), "trial rejected");
        assert_eq!(name(7, &[]), "seven");
        assert_eq!(name(8, &[]), "");
        assert_eq!(name(0xffff, &[]), "");
    }
}
