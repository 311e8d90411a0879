"""Opens BrainVision files that the tests have written with MNE-Python, and compares.

    EVOKED_WRITTEN=FOLDER cargo test --test brainvision_round_trip files_for_another_reader
    python check_written_brainvision.py FOLDER

Fails where MNE reads other channels, another rate, other samples, other events or another start.
Checked with MNE 1.13.2.
"""

import json
import sys
from pathlib import Path

import mne
import numpy as np

# Positions without gaps, durations and texts, as MNE counts and calls them.
EVENTS = {
    "gaps": [
        (10, 3, "Stimulus/S  1"),
        (200, 0, "Event/254"),
        (300, 1, "New Segment/gap"),
        (350, 0, "Event/left, then right [33025]"),
    ],
    "others": [
        (10, 3, "Stimulus/S  1"),
        (200, 0, "Event/254"),
        (500, 0, "Event/left, then right [33025]"),
    ],
}


def check(path):
    expected = json.loads(path.with_suffix(".json").read_text())
    raw = mne.io.read_raw_brainvision(path, preload=True, verbose="error")
    assert raw.ch_names == expected["channels"], raw.ch_names
    assert raw.info["sfreq"] == expected["rate_hz"]
    samples = np.array(expected["samples"])
    np.testing.assert_allclose(raw.get_data() * 1e6, samples, rtol=1.2e-7, atol=0)
    assert raw.info["meas_date"].isoformat() == "2024-02-29T23:59:59.500000+00:00"
    rate = raw.info["sfreq"]
    events = [
        (round(note["onset"] * rate), round(note["duration"] * rate), note["description"])
        for note in raw.annotations
    ]
    assert events == EVENTS.get(path.stem, EVENTS["others"]), events
    found, ids = mne.events_from_annotations(raw, verbose="error")
    codes = {name: code for name, code in ids.items() if code < 1000}
    assert codes == {"Stimulus/S  1": 1, "Event/254": 254}, ids
    return len(found)


if __name__ == "__main__":
    paths = sorted(Path(sys.argv[1]).glob("*.vhdr"))
    assert len(paths) == 4, paths
    for path in paths:
        print(f"{path.name}: {check(path)} events, equal")
