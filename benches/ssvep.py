"""Accuracy and speed on a simulated speller of 40 targets: tuned NumPy beside this crate, in one run.

    pip install numpy scipy
    python benches/ssvep.py               # NumPy, `evoked evaluate`, `cargo bench --bench ssvep`, NumPy
    python benches/ssvep.py --accuracy    # no times
    python benches/ssvep.py --out SET.npz # write the set and stop
    python benches/ssvep.py --accuracy --alpha 0 --methods mec,fbmec   # without alpha waves

The set is like the Benchmark's (Wang et al. 2017): 6 blocks of 40 targets from 8 to 15.8 Hz, neighbours
half a turn apart, 9 channels, one second at 250 Hz. Methods with a filter bank have five bands
[8i, 90] Hz, every window is filtered by itself, references have five harmonics, and each block is decided
by what the five others teach. Times are medians of one trial a call on one thread, filters included.
Ends with an error where accuracies differ by more than two trials.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
from scipy import signal

ROOT = Path(__file__).resolve().parent.parent
RATE_HZ, CHANNELS, SAMPLES = 250, 9, 250
BLOCKS, TARGETS, HARMONICS, BANDS = 6, 40, 5, 5
FREQUENCIES_HZ = 8 + 0.2 * np.arange(TARGETS)
PHASES_RAD = np.pi / 2 * np.arange(TARGETS) % (2 * np.pi)
LATENCY_S = 0.14
AFTER = 5
ALPHA = 0.3
"""Amplitude of the alpha waves over the deviation of the background."""


# The set


class User:
    """Three sources whose harmonics spread over the channels, in coloured noise that the channels share
    in part, alpha waves that all of them share, and the noise of each sensor."""

    def __init__(self, seed, strength, alpha):
        self.rng, self.strength, self.alpha = np.random.default_rng(seed), strength, alpha
        self.spread = self.rng.normal(size=(3, CHANNELS)) * [[1], [0.5], [0.3]]
        self.angles = self.rng.uniform(-np.pi, np.pi, (HARMONICS, 3))
        amplitudes = np.array([[1], [0.55], [0.35], [0.2], [0.1]])
        self.amplitudes = amplitudes * self.rng.uniform(0.6, 1.2, (HARMONICS, 3))
        self.mixing = 0.5 * self.rng.normal(size=(CHANNELS, CHANNELS)) + np.eye(CHANNELS)
        self.time_s = np.arange(SAMPLES + AFTER) / RATE_HZ

    def response(self, target):
        turns = 2 * np.pi * FREQUENCIES_HZ[target] * (self.time_s - LATENCY_S) + PHASES_RAD[target]
        order = np.arange(1, HARMONICS + 1)[:, None, None]
        waves = self.amplitudes[..., None] * np.sin(order * turns + self.angles[..., None])
        return self.spread.T @ waves.sum(axis=0)

    def background(self):
        count = self.time_s.size
        frequencies = np.fft.rfftfreq(count, 1 / RATE_HZ)
        frequencies[0] = frequencies[1]
        size = (CHANNELS, frequencies.size)
        spectrum = self.rng.normal(size=size) + 1j * self.rng.normal(size=size)
        pink = self.mixing @ np.fft.irfft(spectrum / frequencies**0.55, count)
        alpha_hz, alpha_rad = 10 + 0.3 * self.rng.normal(), self.rng.uniform(0, 2 * np.pi)
        alpha = self.alpha * np.sin(2 * np.pi * alpha_hz * self.time_s + alpha_rad)
        gain = 1 + 0.15 * self.rng.normal()
        return gain, pink / pink.std() + alpha + 0.2 * self.rng.normal(size=(CHANNELS, count))

    def trials(self):
        """Microvolts, [block, target, channel, sample]."""
        responses = np.array([self.response(target) for target in range(TARGETS)])
        responses *= self.strength / responses.std()
        trials = np.empty((BLOCKS,) + responses.shape)
        for block in trials:
            for trial, response in zip(block, responses):
                gain, background = self.background()
                trial[:] = 10 * (gain * response + background)
        return trials[..., :SAMPLES]


def save(path, trials):
    """Trials one after the other, as `evoked` reads them."""
    np.savez(
        path,
        X=trials.reshape(-1, CHANNELS, SAMPLES),
        y=np.tile(np.arange(TARGETS), BLOCKS),
        freqs=FREQUENCIES_HZ,
        phases=PHASES_RAD,
        fs=RATE_HZ,
        ch=[f"E{channel}" for channel in range(1, CHANNELS + 1)],
        unit="uV",
    )


# The methods in NumPy


def references(frequency_hz):
    turns = 2 * np.pi * frequency_hz * np.arange(SAMPLES) / RATE_HZ
    rows = np.array([wave(h * turns) for h in range(1, HARMONICS + 1) for wave in (np.sin, np.cos)])
    return np.linalg.qr((rows - rows.mean(axis=1, keepdims=True)).T)[0]


REFERENCES = np.array([references(frequency_hz) for frequency_hz in FREQUENCIES_HZ])
FILTERS = [
    signal.cheby1(4, 0.5, [8 * i, 90], "bandpass", fs=RATE_HZ, output="sos")
    for i in range(1, BANDS + 1)
]
WEIGHTS = np.arange(1, BANDS + 1) ** -1.25 + 0.25


def canonical_correlations(x):
    """The largest with the references of each target."""
    basis = np.linalg.qr((x - x.mean(axis=1, keepdims=True)).T)[0]
    return np.linalg.svd(basis.T @ REFERENCES, compute_uv=False)[:, 0]


class Cca:
    fit = None

    def scores(self, x):
        return canonical_correlations(x)


class FilterBankCca:
    fit = None

    def scores(self, x):
        bands = (signal.sosfiltfilt(sos, x, axis=-1) for sos in FILTERS)
        return sum(w * canonical_correlations(band) ** 2 for w, band in zip(WEIGHTS, bands))


class FilterBankEnsembleTrca:
    def fit(self, trials):
        self.bands = []
        for sos in FILTERS:
            band = signal.sosfiltfilt(sos, trials, axis=-1)
            band -= band.mean(axis=-1, keepdims=True)
            filters = np.array([self.component(band[:, target]) for target in range(TARGETS)])
            templates = (filters @ band.mean(axis=0)).reshape(TARGETS, -1)
            templates -= templates.mean(axis=1, keepdims=True)
            templates /= np.linalg.norm(templates, axis=1, keepdims=True)
            self.bands.append((filters, templates))

    @staticmethod
    def component(trials):
        """w that makes w'Sw / w'Qw largest, S of pairs of different trials and Q of each with itself."""
        total = trials.sum(axis=0)
        own = np.einsum("tcn,tdn->cd", trials, trials)
        values, vectors = np.linalg.eig(np.linalg.solve(own, total @ total.T - own))
        return vectors[:, np.argmax(values.real)].real

    def scores(self, x):
        total = np.zeros(TARGETS)
        for weight, sos, (filters, templates) in zip(WEIGHTS, FILTERS, self.bands):
            filtered = (filters @ signal.sosfiltfilt(sos, x, axis=-1)).ravel()
            filtered -= filtered.mean()
            r = templates @ filtered / np.linalg.norm(filtered)
            total += weight * np.sign(r) * r**2
        return total


NUMPY = {"cca": Cca, "fbcca": FilterBankCca, "fbetrca": FilterBankEnsembleTrca}


def run_numpy(method, trials):
    """Share of right decisions, and the median milliseconds of one."""
    right, times = 0, []
    for block, tested in enumerate(trials):
        if method.fit:
            method.fit(np.delete(trials, block, axis=0))
        for target, x in enumerate(tested):
            x = np.ascontiguousarray(x)
            start = time.perf_counter()
            decided = np.argmax(method.scores(x))
            times.append((time.perf_counter() - start) * 1e3)
            right += decided == target
    return right / (BLOCKS * TARGETS), statistics.median(times)


# This crate


def run_evaluate(path, methods, folder):
    """Share of right decisions of each method by `evoked evaluate`."""
    found = Path(folder) / "found.json"
    command = ["cargo", "run", "--release", "--quiet", "--package", "evoked-cli", "--"]
    command += ["evaluate", str(path), "--methods", ",".join(methods), "--start", "0", "--windows", "1"]
    command += ["--scope", "window", "--bank", f"{BANDS},8,90", "--band", "none"]
    command += ["--harmonics", str(HARMONICS), "--json", str(found)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    cells = json.loads(found.read_text())["subjects"][0]["cells"]
    return {cell["method"]: cell["accuracy"] for cell in cells}


def bench_name(method):
    banked = method.removeprefix("fb")
    return method if banked == method else f"{banked}, 5 bands"


def run_bench(methods):
    """Median milliseconds of each method by criterion."""
    names = {bench_name(method): method for method in methods}
    start = time.time()
    command = ["cargo", "bench", "--no-default-features", "--features", "simd", "--bench", "ssvep", "--"]
    command += ["/(" + "|".join(names) + ")$"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    times = {}
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    for about in target.glob("criterion/*/*/new/benchmark.json"):
        estimates = about.with_name("estimates.json")
        name = json.loads(about.read_text())["function_id"]
        if name in names and estimates.stat().st_mtime >= start:
            nanoseconds = json.loads(estimates.read_text())["median"]["point_estimate"]
            times[names[name]] = nanoseconds / 1e6
    return times


def shown(value, form):
    return "–" if value is None else format(value, form)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", help="write the set here and stop")
    parser.add_argument("--accuracy", action="store_true", help="no times")
    parser.add_argument("--alpha", type=float, default=ALPHA)
    parser.add_argument("--strength", type=float, default=0.13, help="of responses over the background")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--methods", default="cca,fbcca,fbetrca")
    args = parser.parse_args()
    trials = User(args.seed, args.strength, args.alpha).trials()
    if args.out:
        save(args.out, trials)
        return
    methods = args.methods.split(",")
    numpy = {name: run_numpy(NUMPY[name](), trials) for name in methods if name in NUMPY}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speller.npz"
        save(path, trials)
        accuracy = run_evaluate(path, methods, folder)
    ms = {} if args.accuracy else run_bench(methods)
    # Once more, and the better of the two counts: what else the machine does changes from minute to minute.
    for name in [] if args.accuracy else numpy:
        right, before = numpy[name]
        numpy[name] = right, min(before, run_numpy(NUMPY[name](), trials)[1])
    apart = [name for name in numpy if abs(numpy[name][0] - accuracy[name]) > 2.5 / (BLOCKS * TARGETS)]
    print("            accuracy          ms a trial")
    print("            NumPy    ours     NumPy     ours   ratio")
    for name in methods:
        theirs, their_ms = numpy.get(name, (None, None))
        ratio = their_ms / ms[name] if name in ms and their_ms else None
        figures = [(theirs, "8.3f"), (accuracy[name], "8.3f")]
        figures += [(None if args.accuracy else their_ms, "9.4f"), (ms.get(name), "9.4f"), (ratio, "7.1f")]
        print(f"{name:9}" + "".join(f"{shown(value, form):>9}" for value, form in figures))
    if apart:
        raise SystemExit(f"accuracies differ by more than two trials: {', '.join(apart)}")


if __name__ == "__main__":
    main()
