"""Writes edf_expected.json: what edfio, MNE-Python and pyEDFlib read from EDF and BDF files.

    EVOKED_DATA=FOLDER python make_edf_expected.py

The folder is the one with `interop` in it. Needs edfio, mne and pyedflib; made with edfio 0.4.18,
MNE 1.13.2 and pyEDFlib 0.1.42. Values are edfio's, in the file's units; the script stops where
MNE's or pyEDFlib's differ from them by more than rounding, in every file that these open. Events are
edfio's annotations, held against pyEDFlib's, and MNE's `find_events` on the trigger lines of
`Status` with `consecutive=True`. pyEDFlib's own reading of annotations (`readAnnotations`) fails
under NumPy 2, so that the call below it is used.
"""

import json
import os
import warnings
from pathlib import Path

import edfio
import mne
import numpy as np
import pyedflib

HERE = Path(__file__).parent
DATA = Path(os.environ.get("EVOKED_DATA", HERE / "../../../shared/data")) / "interop"
SHARES = [0.0, 0.1, 0.333, 0.5, 0.77, 1.0]


def by_mne(path):
    read = mne.io.read_raw_bdf if path.suffix == ".bdf" else mne.io.read_raw_edf
    try:
        return read(path, preload=True, stim_channel=None, verbose="error")
    except ValueError:
        return None  # a file of annotations only


def by_pyedflib(path):
    try:
        return pyedflib.EdfReader(str(path))
    except OSError:
        return None


def hold_against(values, others, what):
    """Both are the same numbers, computed in another order."""
    size = np.abs(values).max() + 1e-30
    assert np.abs(values - others).max() <= 1e-9 * size, what


def annotations(file, other, path):
    found = [[a.onset, a.duration or 0.0, a.text] for a in file.annotations]
    if other is not None:
        theirs = [
            [onset * 1e-7, float(duration or 0), text.decode()]
            for onset, duration, text in other.read_annotation()
        ]
        theirs.sort()
        assert len(theirs) == len(found), path
        for a, b in zip(sorted(found), theirs):
            assert abs(a[0] - b[0]) < 1e-6 and a[1:] == b[1:], (path, a, b)
    return found


def triggers(path):
    """Trigger lines are those of 24-bit files only."""
    if path.suffix != ".bdf" or by_mne(path) is None:
        return []
    raw = mne.io.read_raw_bdf(path, preload=True, verbose="error")
    if "Status" not in raw.ch_names:
        return []
    how = dict(consecutive=True, shortest_event=1, mask=0xFFFF, mask_type="and", verbose="error")
    return [[int(e[0]), int(e[2])] for e in mne.find_events(raw, "Status", **how)]


def start_time(file):
    try:
        return file.startdatetime.isoformat(timespec="microseconds")
    except ValueError:
        return None


def describe(path):
    read = edfio.read_bdf if path.suffix == ".bdf" else edfio.read_edf
    file, raw, other = read(path), by_mne(path), by_pyedflib(path)
    labels = raw.ch_names if raw else []
    channels = []
    assert len(labels) == len(file.signals)
    for i, signal in enumerate(file.signals):
        # Three formulas that are the same but for rounding.
        gain = (signal.physical_max - signal.physical_min) / (
            signal.digital_max - signal.digital_min
        )
        x = (signal.digital - float(signal.digital_min)) * gain + signal.physical_min
        hold_against(x, signal.data, path)
        if signal.sampling_frequency == raw.info["sfreq"]:
            scale = raw._raw_extras[0]["units"][i]
            hold_against(x, raw.get_data([i])[0] / scale, path)
        if other is not None:
            hold_against(x, other.readSignal(i), path)
        if 8 <= i < len(labels) - 2:
            continue
        indices = [int(share * (len(x) - 1)) for share in SHARES]
        channels.append(
            {
                "place": i,
                "unit": signal._physical_dimension.decode("latin-1").strip(),
                "rate_hz": signal.sampling_frequency,
                "samples": len(x),
                "range": [signal.physical_min, signal.physical_max],
                "sum": x.sum(),
                "sum_of_sizes": np.abs(x).sum(),
                "digital_sum": int(signal.digital.astype(np.int64).sum()),
                "indices": indices,
                "values": x[indices].tolist(),
            }
        )
    return {
        "file": f"{path.parent.name}/{path.name}",
        "labels": labels,
        "channels": channels,
        "annotations": annotations(file, other, path),
        "triggers": triggers(path),
        "start_time": start_time(file),
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    paths = sorted(path for path in DATA.glob("*/*") if path.suffix in (".edf", ".bdf"))
    content = [describe(path) for path in paths]
    lines = ",\n".join(json.dumps(item, ensure_ascii=False) for item in content)
    (HERE / "edf_expected.json").write_text(f"[\n{lines}\n]\n")
