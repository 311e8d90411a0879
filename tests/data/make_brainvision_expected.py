"""Writes brainvision_expected.json: what MNE-Python reads from BrainVision files.

    EVOKED_DATA=FOLDER python make_brainvision_expected.py

The folder is the one with `interop/mne-brainvision` in it. Voltages are microvolts, other samples
are in the file's unit. Onsets and durations are samples. Made with MNE 1.13.2.
"""

import json
import os
import re
import warnings
from pathlib import Path

import mne
import numpy as np

HERE = Path(__file__).parent
INDICES = [0, 1, 99, 123, -1]
VOLTS = {"V", "mV", "uV", "µV", "nV"}


def describe(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        raw = mne.io.read_raw_brainvision(path, preload=True, verbose="error")
        # The annotations of `raw` leave out those past the end.
        marker_file = next(line for line in lines(path) if line.startswith("MarkerFile="))
        marker_path = path.with_name(marker_file.split("=")[1])
        notes = mne.read_annotations(marker_path, sfreq=raw.info["sfreq"])
    units = stated_units(path)
    factors = np.array([1e6 if unit in VOLTS else 1.0 for unit in units])
    # What MNE scales to SI, the file does not.
    factors = np.where(np.isin(units, ["µS", "uS"]), 1e6, factors)
    x = raw.get_data() * factors[:, None]
    date = raw.info["meas_date"]
    return {
        "file": path.name,
        "channels": raw.ch_names,
        "units": ["uV" if unit in VOLTS else unit for unit in units],
        "rate_hz": raw.info["sfreq"],
        "samples": x.shape[1],
        "start_time": date and date.strftime("%Y-%m-%dT%H:%M:%S.%f"),
        "highpass_hz": raw.info["highpass"],
        "lowpass_hz": raw.info["lowpass"],
        "sum": x.sum(axis=1).tolist(),
        "sum_of_sizes": np.abs(x).sum(axis=1).tolist(),
        "indices": INDICES,
        "values": x[:, INDICES].tolist(),
        "events": [
            [*(round(note[key] * raw.info["sfreq"]) for key in ("onset", "duration")), note["description"]]
            for note in notes
        ],
        "codes": codes(raw),
    }


def lines(path):
    content = path.read_bytes()
    try:
        return content.decode().splitlines()
    except UnicodeDecodeError:
        return content.decode("latin-1").splitlines()


def stated_units(path):
    """MNE gives other names to units that it does not know."""
    channels = [line.split("=")[1].split(",") for line in lines(path) if re.match(r"Ch\d+=.*,.*,[^-]+", line)]
    channels = [fields for fields in channels if not re.match(r"[-\d.]+$", fields[0])]
    return [fields[3] if len(fields) > 3 and fields[3] else "µV" for fields in channels]


def codes(raw):
    """Numbers of the annotations within the recording that MNE takes from the text itself."""
    events, ids = mne.events_from_annotations(raw, verbose="error")
    made_up = {code for name, code in ids.items() if code > 9999}
    return [[int(at - raw.first_samp), int(code)] for at, _, code in events if code not in made_up]


if __name__ == "__main__":
    folder = Path(os.environ["EVOKED_DATA"]) / "interop" / "mne-brainvision"
    content = [describe(path) for path in sorted(folder.glob("*.vhdr"))]
    lines = ",\n".join(json.dumps(item) for item in content)
    (HERE / "brainvision_expected.json").write_text(f"[\n{lines}\n]\n")
