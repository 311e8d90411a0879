"""Writes simulated subjects in exactly the layouts of 12JFPM, the Tsinghua Benchmark and BETA, so that
the commands of docs/PUBLISHED.md can be tried where the recordings are not at hand.

    python tests/data/make_published.py FOLDER [SUBJECTS]

Needs numpy and scipy. Makes FOLDER/12jfpm, FOLDER/benchmark and FOLDER/beta, about 250 MB a subject.
The responses are three harmonics at the published frequencies and phases, 0.14 s late, over the
back of the head; the noise is pink in time and mixed over channels. Nothing is fitted to real data:
the figures that decoders reach say nothing of real users.
"""

import sys
from pathlib import Path

import numpy as np
from scipy.io import savemat

LATENCY_S = 0.14
CAP = """FP1 FPZ FP2 AF3 AF4 F7 F5 F3 F1 FZ F2 F4 F6 F8 FT7 FC5 FC3 FC1 FCZ FC2 FC4 FC6 FT8 T7 C5 C3 C1 CZ
C2 C4 C6 T8 M1 TP7 CP5 CP3 CP1 CPZ CP2 CP4 CP6 TP8 M2 P7 P5 P3 P1 PZ P2 P4 P6 P8 PO7 PO5 PO3 POZ PO4
PO6 PO8 CB1 O1 OZ O2 CB2""".split()
SNR = 0.05  # power of the response over that of the noise, at the best channel


def noise(rng, trials, channels, samples):
    """Pink in time from 1 Hz on, with a third of its power common to neighbouring channels."""
    spectrum = np.fft.rfft(rng.standard_normal((trials, channels, samples)), axis=-1)
    spectrum /= np.sqrt(np.maximum(np.arange(spectrum.shape[-1]), 2.0))
    own = np.fft.irfft(spectrum, samples, axis=-1)
    own /= own.std()
    return own + 0.5 * (np.roll(own, 1, axis=1) + np.roll(own, -1, axis=1))


def trials(rng, rate_hz, channels, samples, onset, hz, phase, gain, strength):
    """Targets × channels × samples of one block."""
    t = (np.arange(samples) - onset) / rate_hz - LATENCY_S
    x = noise(rng, len(hz), channels, samples)
    for k, (f, phi) in enumerate(zip(hz, phase)):
        wave = sum(np.sin(h * (2 * np.pi * f * t + phi)) / h for h in (1, 2, 3)) * (t >= 0)
        x[k] += strength * np.sqrt(2 * SNR) * gain[:, None] * wave
    return 10 * x


def subject(rng, blocks, *shape):
    strength = np.exp(0.4 * rng.standard_normal())
    return np.stack([trials(rng, *shape, strength) for _ in range(blocks)])


def jfpm_12(rng, path):
    hz = np.array([9.25, 11.25, 13.25, 9.75, 11.75, 13.75, 10.25, 12.25, 14.25, 10.75, 12.75, 14.75])
    phase = 0.5 * np.pi * (np.round((hz - 9.25) / 0.5) % 4)
    gain = 0.1 * np.array([0.5, 0.6, 0.7, 0.6, 0.7, 0.9, 1.0, 0.9])
    x = subject(rng, 15, 256, 8, 1114, 38, hz, phase, gain)
    savemat(path, {"eeg": x.transpose(1, 2, 3, 0)})


def cap():
    """Gains of the 64 electrodes: largest at O1, OZ and O2, small at the front."""
    special = {"PZ": 0.6, "PO5": 0.7, "PO3": 0.7, "POZ": 0.9, "PO4": 0.7, "PO6": 0.7, "O1": 1, "OZ": 1, "O2": 1}
    return np.array([special.get(name, 0.4 * place / 64) for place, name in enumerate(CAP)])


def benchmark(rng, path):
    k = np.arange(40)
    hz = 8 + k % 8 + 0.2 * (k // 8)
    phase = 0.5 * np.pi * np.round((hz - 8) / 0.2)
    x = subject(rng, 6, 250, 64, 1500, 125, hz, phase, cap())
    savemat(path, {"data": x.transpose(2, 3, 1, 0)})


def beta(rng, path):
    hz = (np.arange(40) + 3) % 40 * 0.2 + 8
    phase = 0.5 * np.pi * np.round((hz - 8) / 0.2) % (2 * np.pi)
    x = subject(rng, 4, 250, 64, 750, 125, hz, phase, cap())
    chan = np.empty((64, 4), dtype=object)
    for row, name in enumerate(CAP):
        chan[row] = [row + 1.0, 0.0, 0.0, name]
    info = {"sub": path.stem, "age": 25.0, "gender": "f", "chan": chan, "freqs": hz,
            "phases": phase, "srate": 250.0}
    savemat(path, {"data": {"EEG": x.transpose(2, 3, 0, 1), "suppl_info": info}})


def main():
    folder = Path(sys.argv[1])
    subjects = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    for name, make, file in [("12jfpm", jfpm_12, "s%d"), ("benchmark", benchmark, "S%d"),
                             ("beta", beta, "S%d")]:
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(1, subjects + 1):
            rng = np.random.default_rng([number, len(name)])
            make(rng, folder / name / (file % number + ".mat"))


main()
