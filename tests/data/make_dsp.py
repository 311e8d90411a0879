"""Writes dsp.json: filters, filtered signals and spectra by SciPy and NumPy, for tests/dsp.rs.

    pip install numpy scipy
    python make_dsp.py
"""

import json
from pathlib import Path

import numpy as np
import scipy
from scipy import signal

rng = np.random.default_rng(47346)


def filter_bank(rate_hz):
    return [("chebyshev1", 0.5, 4, "bandpass", [8.0 * i, 90.0], rate_hz) for i in range(1, 6)]


DESIGNS = [
    ("butterworth", None, 4, "bandpass", [4.0, 60.0], 256.0),
    *filter_bank(250.0),
    ("butterworth", None, 1, "lowpass", [30.0], 250.0),
    ("butterworth", None, 5, "lowpass", [30.0], 250.0),
    ("butterworth", None, 4, "highpass", [0.5], 1000.0),
    ("butterworth", None, 3, "bandpass", [1.0, 40.0], 500.0),
    ("butterworth", None, 3, "bandpass", [0.5, 100.0], 256.0),
    ("butterworth", None, 12, "bandpass", [6.0, 80.0], 512.0),
    ("butterworth", None, 4, "bandstop", [48.0, 52.0], 250.0),
    ("butterworth", None, 3, "bandstop", [10.0, 100.0], 300.0),
    ("chebyshev1", 1.0, 7, "lowpass", [45.0], 200.0),
    ("chebyshev1", 0.1, 6, "highpass", [6.0], 128.0),
    ("chebyshev1", 0.5, 5, "bandpass", [7.0, 9.0], 250.0),
    ("chebyshev1", 3.0, 2, "bandstop", [58.0, 62.0], 512.0),
]
# Designs whose outputs are stored too, by index.
FILTERED = {0, 1, 5, 7, 8, 12}


def sections(family, ripple_db, order, shape, edges, rate_hz):
    edges = edges[0] if len(edges) == 1 else edges
    if family == "butterworth":
        return signal.butter(order, edges, shape, fs=rate_hz, output="sos")
    return signal.cheby1(order, ripple_db, edges, shape, fs=rate_hz, output="sos")


def described(index, design, x):
    sos = sections(*design)
    keys = ["family", "ripple_db", "order", "shape", "edges_hz", "rate_hz"]
    out = dict(zip(keys, design)) | {"sos": sos.tolist()}
    if index in FILTERED:
        out["steady_state"] = signal.sosfilt_zi(sos).tolist()
        out["causal"] = signal.sosfilt(sos, x).tolist()
        out["zero_phase"] = signal.sosfiltfilt(sos, x).tolist()
        out["zero_phase_short"] = signal.sosfiltfilt(sos, x[:12], padlen=11).tolist()
    return out


def notch(freq_hz, quality, rate_hz):
    b, a = signal.iirnotch(freq_hz, quality, fs=rate_hz)
    return {"freq_hz": freq_hz, "quality": quality, "rate_hz": rate_hz, "sos": [*b, *a]}


def spectrum(window, scipy_name, x, fft_len):
    w = signal.get_window(scipy_name, len(x), fftbins=True)
    bins = np.fft.rfft(x * w, fft_len)
    return {
        "window": window,
        "fft_len": fft_len,
        "coherent_gain": w.mean(),
        "noise_bandwidth_bins": len(x) * (w**2).sum() / w.sum() ** 2,
        "re": bins.real.tolist(),
        "im": bins.imag.tolist(),
    }


def snr(freq_hz, rate_hz, x):
    """The formulas of Liu et al. 2020 (BETA), bin by bin."""
    n = round(rate_hz / 0.2)
    y = np.abs(np.fft.rfft(x, n))
    k = round(freq_hz / 0.2)
    around = [y[k + s * i] for i in range(1, 6) for s in (-1, 1) if 0 <= k + s * i < len(y)]
    power = y**2
    harmonics = [power[h * k] for h in range(1, 6) if h * freq_hz < rate_hz / 2]
    return {
        "freq_hz": freq_hz,
        "rate_hz": rate_hz,
        "signal": x.tolist(),
        "narrow_db": 20 * np.log10(y[k] / np.mean(around)),
        "wide_db": 10 * np.log10(sum(harmonics) / (power.sum() - sum(harmonics))),
    }


def response(freq_hz, rate_hz, samples):
    t = np.arange(samples) / rate_hz
    wave = sum(np.sin(2 * np.pi * h * freq_hz * t + h) / h for h in (1, 2, 3))
    return np.round(wave + rng.normal(0, 1, samples), 3)


x = np.round(4200 + 20 * rng.standard_normal(96), 3)
short = x[:20] - 4200
result = {
    "made_by": f"make_dsp.py, SciPy {scipy.__version__}, NumPy {np.__version__}",
    "signal": x.tolist(),
    "designs": [described(i, d, x) for i, d in enumerate(DESIGNS)],
    "notches": [notch(50.0, 30.0, 250.0), notch(60.0, 35.0, 256.0), notch(50.0, 2.0, 128.0)],
    "spectrum_signal": short.tolist(),
    "spectra": [
        spectrum("rectangular", "boxcar", short, 20),
        spectrum("hann", "hann", short, 25),
        spectrum("hamming", "hamming", short, 32),
        spectrum("blackman", "blackman", short, 20),
    ],
    "snr": [
        snr(8.0, 250.0, response(8.0, 250.0, 250)),
        snr(15.6, 256.0, response(15.6, 256.0, 128)),
        snr(0.6, 100.0, response(0.6, 100.0, 200)),
        snr(49.8, 100.0, response(49.8, 100.0, 100)),
    ],
}
path = Path(__file__).with_name("dsp.json")
path.write_text(json.dumps(result, separators=(",", ":")).replace("},{", "},\n{") + "\n")
