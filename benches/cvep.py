"""Times pyntbci on what `benches/cvep.rs` decodes, then runs that bench: both in one run.

    pip install numpy pyntbci==1.9.0
    python benches/cvep.py            # pyntbci, then `cargo bench --bench cvep`
    python benches/cvep.py --alone    # pyntbci only

Medians in milliseconds, one thread: fitting to 80 trials of 8 channels at 240 Hz and 20 codes of 126
bits, and deciding one trial a call.
"""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
from pyntbci.classifiers import eCCA, rCCA

RATE_HZ, CHANNELS, TARGETS, TRIALS = 240, 8, 20, 80


def median_ms(work, runs):
    work()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def main():
    rng = np.random.default_rng(1)
    half = rng.integers(0, 2, (TARGETS, 63))
    bits = np.stack((1 - half, half), 2).reshape(TARGETS, 126)
    codes = np.repeat(bits, 4, axis=1)
    labels = np.arange(TRIALS) % TARGETS
    for window_s in (1.05, 2.1, 4.2):
        samples = round(window_s * RATE_HZ)
        trials = 10 * rng.standard_normal((TRIALS, CHANNELS, samples))
        trial = 10 * rng.standard_normal((1, CHANNELS, samples))
        event = dict(stimulus=codes, fs=RATE_HZ, encoding_length=0.3, onset_event=True)
        decoders = {
            "rcca": rCCA(event="duration", **event),
            "rcca-refe": rCCA(event="refe", **event),
            "cvep-ecca": eCCA(lags=None, fs=RATE_HZ, cycle_size=min(2.1, window_s)),
        }
        for name, decoder in decoders.items():
            fit = median_ms(lambda: decoder.fit(trials, labels), 9)
            one = median_ms(lambda: decoder.predict(trial), 500)
            print(f"{window_s:5} s  pyntbci {name:10} fit {fit:8.2f} ms   one trial {one:.4f} ms", flush=True)


if __name__ == "__main__":
    main()
    if "--alone" not in sys.argv:
        root = Path(__file__).resolve().parent.parent
        subprocess.run(["cargo", "bench", "--no-default-features", "--features", "simd", "--bench", "cvep"], cwd=root, check=True)
