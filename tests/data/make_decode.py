"""Writes decode.json: epochs and their scores by plain formulas in NumPy, for tests/decode.rs.

    pip install numpy
    python make_decode.py

Each formula is written the way its paper writes it, at the exact frequencies and without an FFT
wherever there is a choice.
"""

import json
from pathlib import Path

import numpy as np

rng = np.random.default_rng(47346)


def epoch(channels, samples, rate_hz, gaze_hz, offset=0.0):
    """A response with two harmonics in noise that the channels partly share."""
    t = np.arange(samples) / rate_hz
    phases = rng.uniform(0, 2 * np.pi, (channels, 2))
    response = sum(
        np.sin(2 * np.pi * (h + 1) * gaze_hz * t + phases[:, h : h + 1]) / (h + 1) for h in (0, 1)
    )
    noise = rng.normal(0, 2, (channels, samples)) + rng.normal(0, 1, (channels, channels)) @ (
        rng.normal(0, 2, (channels, samples))
    )
    return np.round(offset + 1.5 * response + noise, 3)


def harmonics_below(frequency_hz, harmonics, mains_hz, limit_hz):
    all_hz = [h * frequency_hz for h in range(1, harmonics + 1) if h * frequency_hz < limit_hz]
    if mains_hz is None:
        return all_hz
    multiples = mains_hz * np.arange(1, 1 + int(limit_hz / mains_hz + 1))
    return [f for f in all_hz if np.abs(multiples - f).min() >= 1]


def cca(x, rate_hz, frequencies_hz):
    """Bjoerck and Golub 1973: the cosines between two subspaces, by QR and SVD; references of
    Lin et al. 2007."""
    t = np.arange(x.shape[1]) / rate_hz
    y = [wave(2 * np.pi * f * t) for f in frequencies_hz for wave in (np.sin, np.cos)]
    q_x, _ = np.linalg.qr((x - x.mean(axis=1, keepdims=True)).T)
    q_y, _ = np.linalg.qr((np.array(y) - np.mean(y, axis=1, keepdims=True)).T)
    return np.linalg.svd(q_x.T @ q_y, compute_uv=False)[0]


def fourier(x, rate_hz, frequency_hz):
    turns = np.arange(x.shape[-1]) * frequency_hz / rate_hz
    return (x * np.exp(-2j * np.pi * turns)).sum(axis=-1)


def standard(x):
    return (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)


def whitened(x, rate_hz, frequencies_hz, half_width_hz, min_neighbours, shrinkage, lowest_hz):
    """Mean over harmonics of ln(1 + z^H N^-1 z / C), see src/decode/ssvep/whitened.rs."""
    x = standard(x)
    channels, samples = x.shape
    bin_hz = rate_hz / samples
    side = max(min_neighbours, round(half_width_hz / bin_hz))
    count = 2 * min(side, (samples // 2 - 3) // 2)
    lowest_hz = max(lowest_hz, bin_hz)
    total = 0.0
    for f in frequencies_hz:
        places = sorted((k for k in range(-samples, samples + 1) if k), key=lambda k: (abs(k), k))
        inside = [
            f + k * bin_hz
            for k in places
            if lowest_hz - 1e-9 <= f + k * bin_hz <= rate_hz / 2 - bin_hz + 1e-9
        ]
        v = np.array([fourier(x, rate_hz, g) for g in inside[:count]]) / np.sqrt(samples)
        noise = np.mean([np.outer(a, a.conj()).real for a in v], axis=0)
        diagonal = np.diag(np.diag(noise))
        noise = (1 - shrinkage) * noise + shrinkage * diagonal
        noise += 1e-9 * np.trace(noise) / channels * np.eye(channels)
        z = fourier(x, rate_hz, f) / np.sqrt(samples)
        q = (z.conj() @ np.linalg.inv(noise) @ z).real
        total += np.log1p(q / channels)
    return total / len(frequencies_hz)


def power_ratio(x, rate_hz, frequencies_hz, window, padding, neighbours, guard):
    """Cheng et al. 2002 with neighbouring bins as the reference, on a grid of 1/(padding·T)."""
    samples = x.shape[1]
    n = np.arange(samples)
    weights = 0.5 - 0.5 * np.cos(2 * np.pi * n / samples) if window == "hann" else np.ones(samples)
    points = padding * samples
    x = (x - x.mean(axis=1, keepdims=True)) * weights
    power = lambda k: np.abs(fourier(x, points, k)) ** 2
    ratios = []
    for f in frequencies_hz:
        k = round(f * points / rate_hz)
        away = [s * d * padding for d in range(guard, samples) for s in (-1, 1)]
        around = [k + d for d in away if 0 < k + d < points // 2][: 2 * neighbours]
        ratios.append(power(k) / np.mean([power(j) for j in around], axis=0))
    return np.mean(ratios)


def case(x, rate_hz, targets_hz, harmonics, mains_hz, wide, window):
    neighbours = dict(half_width_hz=6.0, min_neighbours=8, shrinkage=0.01, lowest_hz=1.0)
    if wide:
        neighbours = dict(half_width_hz=11.0, min_neighbours=3, shrinkage=0.2, lowest_hz=6.5)
    ratio = dict(window="rectangular", padding=8, neighbours=8, guard=1)
    if window == "hann":
        ratio = dict(window="hann", padding=3, neighbours=5, guard=2)
    usable = lambda limit_hz: [
        harmonics_below(f, harmonics, mains_hz, limit_hz) for f in targets_hz
    ]
    nyquist_hz, bin_hz = rate_hz / 2, rate_hz / x.shape[1]
    return {
        "targets_hz": targets_hz,
        "harmonics": harmonics,
        "mains_hz": mains_hz,
        "cca": [cca(x, rate_hz, f) for f in usable(nyquist_hz)],
        "whitened_params": neighbours,
        "whitened": [whitened(x, rate_hz, f, **neighbours) for f in usable(nyquist_hz - bin_hz)],
        "power_ratio_params": ratio,
        "power_ratio": [power_ratio(x, rate_hz, f, **ratio) for f in usable(nyquist_hz - bin_hz)],
    }


EPOCHS = [
    # channels, samples, rate_hz, offset, targets_hz
    (3, 128, 128.0, 0.0, [8.0, 10.0, 12.0, 15.0]),
    (8, 256, 256.0, 0.0, [13.0, 17.0, 21.0]),
    (1, 200, 100.0, 4200.0, [9.3, 11.5, 25.0]),
    (5, 100, 250.0, -30.0, [8.6, 60 / 7, 13.37, 15.8, 24.9]),
    (4, 81, 200.0, 0.0, [6.1, 9.9, 14.3]),
]


def described(channels, samples, rate_hz, offset, targets_hz):
    x = epoch(channels, samples, rate_hz, targets_hz[1], offset)
    cases = [
        case(x, rate_hz, targets_hz, harmonics, mains_hz, harmonics % 2 == 0, window)
        for harmonics in (1, 2, 3, 4)
        for mains_hz in (None, 50.0)
        for window in ("rectangular", "hann")
    ]
    return {"rate_hz": rate_hz, "channels": x.tolist(), "cases": cases}


result = {
    "made_by": f"make_decode.py, NumPy {np.__version__}",
    "epochs": [described(*e) for e in EPOCHS],
}
path = Path(__file__).with_name("decode.json")
path.write_text(json.dumps(result, separators=(",", ":")).replace("},{", "},\n{") + "\n")
