"""Writes small MATLAB and NumPy files in the layouts of public data sets, and what SciPy and NumPy
read from real ones.

    python tests/data/make_matlab_numpy.py

Needs numpy and scipy; the recordings are looked for in $EVOKED_DATA, else in ../shared/data. The
files go into tests/data/matlab and tests/data/numpy, what is read from the recordings into
tests/data/matlab_numpy_expected.json. Samples are sums of their indices, so that a test can say what
belongs where: `place` below.
"""

import json
import os
from pathlib import Path

import numpy as np
from scipy.io import loadmat, savemat

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("EVOKED_DATA", HERE.parents[2] / "shared" / "data"))


def place(channel, sample, target=0, block=0):
    """The sample at a place of a set, a small whole number."""
    return (channel + 2 * sample + 3 * target + 5 * block) % 17 - 8.0


def grid(*sizes):
    return np.meshgrid(*[np.arange(size) for size in sizes], indexing="ij")


def matlab(folder):
    folder.mkdir(exist_ok=True)

    def save(name, variables, **options):
        savemat(folder / (name + ".mat"), variables, do_compression=True, **options)

    channel, sample, target, block = grid(64, 150, 40, 2)
    save("benchmark", {"data": place(channel, sample, target, block)})

    channel, sample, block, target = grid(64, 300, 2, 40)
    chan = np.empty((64, 4), dtype=object)
    for row in range(64):
        chan[row] = [row + 1.0, 0.5, 0.25, "E%d" % (row + 1)]
    info = {
        "sub": "S1",
        "chan": chan,
        "freqs": (np.arange(40) + 43.0) / 5.0 % 8.0 + 8.0,
        "phases": np.arange(40) * 0.5 * np.pi % (2 * np.pi),
        "srate": 250.0,
    }
    eeg = place(channel, sample, target, block).astype(np.float32)
    save("beta", {"data": {"EEG": eeg, "suppl_info": info}})

    target, channel, sample, block = grid(12, 8, 60, 3)
    save("jfpm12", {"eeg": place(channel, sample, target, block)})

    channel, sample = grid(3, 500)
    labels = np.zeros(3, dtype=[("labels", object), ("theta", object)])
    for row, name in enumerate(["O1", "Oz", "O2"]):
        labels[row] = (name, float(row))
    events = np.zeros(2, dtype=[("type", object), ("latency", object)])
    events[0] = ("left", 11.0)
    events[1] = (7.0, 101.5)
    eeglab = {"data": place(channel, sample).astype(np.float32), "srate": 250.0,
              "chanlocs": labels, "event": events, "xmin": 0.0, "setname": "Ünïcode"}
    save("eeglab", {"EEG": eeglab})

    trial, channel, sample = grid(6, 4, 100)
    names = np.empty(4, dtype=object)
    names[:] = ["Pz", "O1", "Oz", "O2"]
    save("named", {"X": place(channel, sample, trial), "y": [1, 2, 3, 3, 2, 1], "Fs": 200.0,
                   "freqs": [9.0, 11.0, 13.0], "channels": names, "onset_sample": 20.0,
                   "note": "anything", "f": np.eye(3) > 0})

    sample, channel = grid(400, 2)
    save("table", {"recording": place(channel, sample), "srate": np.int16(500)}, oned_as="row")
    savemat(folder / "plain.mat", {"data": place(*grid(2, 300)).astype(np.int16), "fs": np.uint8(128)})


def numpy(folder):
    folder.mkdir(exist_ok=True)
    trial, channel, sample = grid(4, 2, 50)
    x = place(channel, sample, trial)
    codes = np.repeat([[1, 0, 1, 1], [0, 1, 1, 0]], 4, axis=1)
    np.savez(folder / "codes.npz", X=(x * 1e-6).astype(np.float32), y=np.array([0, 1, 1, 0]),
             V=codes.astype(np.uint8), fs=240)
    np.savez_compressed(folder / "frequencies.npz", data=np.asfortranarray(x.astype(">i2")),
                        freq_hz=[9.0, 0.0, 8.5, 9.0], label=["9", "rest", "8.5", "9"], sfreq=250.0,
                        ch_names=["Oz", "Ω"], onset=10, stim_dur_s=0.1)
    np.save(folder / "table.npy", x[0])


def channels(x):
    """Sum, sum of magnitudes, and some samples of each row."""
    x = np.asarray(x, dtype=np.float32).astype(float)
    spots = [0, 1, x.shape[1] // 3, x.shape[1] - 1]
    return [{"sum": row.sum(), "abs": np.abs(row).sum(), "at": [[int(k), row[k]] for k in spots]}
            for row in x]


def expected():
    out = {}
    for path in sorted(DATA.glob("ssvep-mamem3/*.mat")):
        mat = loadmat(path)
        info = mat["info"][0, 0]
        text = lambda name: [str(cell[0]) for cell in info[name][0]]
        out[path.name] = {
            "rate_hz": float(info["samples"][0, 0]) / float(info["duration"][0, 0]),
            "labels": text("label"),
            "units": text("units"),
            "channels": channels(mat["eeg"]),
            "events": [[int(row[1]), int(row[2]) - 1] for row in mat["events"]],
        }
    for path in sorted(DATA.glob("*/npz/*01.npz")) + sorted(DATA.glob("*/*01.npz")):
        z = np.load(path)
        if "D" in z:
            x = (z["D"].astype(float) + 32768) * z["lsb_uV"][..., None] + z["offset_uV"][..., None]
        else:
            x = z["X"].astype(float) * (1e6 if np.abs(z["X"]).max() < 0.01 else 1.0)
        out[path.name] = {
            "rate_hz": float(z["fs"]),
            "labels": [str(name) for name in z["ch"]] if "ch" in z else [],
            "trials": x.shape[0],
            "trial_len": x.shape[2],
            "onset": int(z["onset_sample"]) if "onset_sample" in z else 0,
            "freq_hz": z["freq_hz"].tolist() if "freq_hz" in z else [],
            "y": z["y"].tolist() if "y" in z else [],
            "channels": channels(np.concatenate(list(x), axis=1)),
        }
    return out


if __name__ == "__main__":
    matlab(HERE / "matlab")
    numpy(HERE / "numpy")
    with open(HERE / "matlab_numpy_expected.json", "w") as file:
        json.dump(expected(), file, separators=(",", ":"))
        file.write("\n")
