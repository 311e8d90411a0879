"""Writes exo_cca.json: what CCA by SciPy decides in six real recordings, for
tests/exo_recordings.rs.

    pip install mne numpy scipy
    python make_exo_cca.py FOLDER_OF_RECORDINGS

The folder is the one with `ssvep-exo/gdf` in it. Butterworth band-pass of order 4, 4-60 Hz, forward
and backward over the whole recording; windows from 1 s to 5 s after each onset; all channels; two
harmonics. Event positions in the files count from 1; MNE gives them from 0, so that a window starts
at (position - 1) + 256. Decisions are indices into TARGETS_HZ, in the order of the trials.
"""

import json
import sys
from pathlib import Path

import mne
import numpy as np
import scipy
from scipy import signal

ONSET = 32779
REST = 33024
LABELS = {33025: 0, 33027: 1, 33026: 2}
TARGETS_HZ = [13.0, 17.0, 21.0]


def references(frequency_hz, samples, rate_hz):
    turns = frequency_hz * np.arange(samples) / rate_hz
    waves = [wave(2 * np.pi * h * turns) for h in (1, 2) for wave in (np.sin, np.cos)]
    return np.array(waves)


def basis(rows):
    """Orthonormal columns that span rows without their means."""
    u, s, _ = np.linalg.svd((rows - rows.mean(axis=1, keepdims=True)).T, full_matrices=False)
    return u[:, s > 1e-10 * s[0]]


def correlations(x, rate_hz):
    q = basis(x)
    sinusoids = [basis(references(f, x.shape[1], rate_hz)) for f in TARGETS_HZ]
    return [np.linalg.svd(q.T @ r, compute_uv=False)[0] for r in sinusoids]


def trials(raw):
    """Onsets with the label before them; those with a label of rest are left out."""
    _, positions, codes, _, _ = raw._raw_extras[0]["events"]
    label = None
    for position, code in zip(positions, codes):
        if code == REST:
            label = None
        elif code in LABELS:
            label = LABELS[code]
        elif code == ONSET and label is not None:
            yield int(position), label
            label = None


def decided(path):
    raw = mne.io.read_raw_gdf(path, preload=True, verbose="error", stim_channel=None)
    rate_hz = raw.info["sfreq"]
    sos = signal.butter(4, [4, 60], "bandpass", fs=rate_hz, output="sos")
    x = signal.sosfiltfilt(sos, raw.get_data(), axis=1)
    first, samples = round(rate_hz), round(4 * rate_hz)
    labels, decisions = [], []
    for onset, label in trials(raw):
        window = x[:, onset + first : onset + first + samples]
        labels.append(label)
        decisions.append(int(np.argmax(correlations(window, rate_hz))))
    right = sum(a == b for a, b in zip(labels, decisions))
    print(f"{path.name}: {right} of {len(labels)}")
    return {"file": path.name, "labels": labels, "decisions": decisions}


folder = Path(sys.argv[1]) / "ssvep-exo" / "gdf"
files = [json.dumps(decided(path)) for path in sorted(folder.glob("*.gdf"))]
made_by = f"make_exo_cca.py, SciPy {scipy.__version__}, NumPy {np.__version__}"
text = f'{{"made_by": "{made_by}",\n"files": [\n' + ",\n".join(files) + "\n]}\n"
Path(__file__).with_name("exo_cca.json").write_text(text)
