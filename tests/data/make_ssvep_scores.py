"""Writes ssvep_scores.json: epochs, and their scores by the formulas of ssvep_formulas.py,
ssvep_adaptive.py and ssvep_riemann.py.

    pip install numpy scipy
    python make_ssvep_scores.py
    python make_ssvep_scores.py --check   # needs meegkit, pyriemann and scikit-learn; writes nothing

Scores are lists [gazed target][trial][target]; `train` and `test` are [target][trial][channel][sample].
A sample's value is exact in the file. Filters are those of SciPy, over the samples named below only.
"""

import json
import sys
from pathlib import Path

import numpy as np
from scipy import signal

import ssvep_formulas as f
import ssvep_riemann as riemann
from ssvep_adaptive import oacca

BANDS = 3
WEIGHTS = [i**-1.25 + 0.25 for i in range(1, BANDS + 1)]


def simulated(seed, rate_hz, samples, channels, frequencies_hz, trials, strength):
    """Phase-locked harmonics, mixed differently over the channels, in noise with a 1/f-like spectrum."""
    rng = np.random.default_rng(seed)
    rank = np.argsort(np.argsort(frequencies_hz))
    phases_rad = [round(0.35 * np.pi * r % (2 * np.pi), 6) for r in rank]
    t = np.arange(samples) / rate_hz - 0.13
    spread = rng.normal(0, 1, (3, channels)) + [[2], [1], [0.5]]
    mixing = np.eye(channels) + rng.normal(0, 0.6, (channels, channels))

    def trial(k):
        angle = [h * (2 * np.pi * frequencies_hz[k] * t + phases_rad[k]) for h in (1, 2, 3)]
        gain = strength * rng.uniform(0.6, 1.4)
        response = sum(np.outer(spread[h], np.sin(angle[h])) / (h + 1) for h in range(3))
        white = rng.normal(0, 3, (channels, samples + 300))
        coloured = signal.lfilter([1, 0.3], [1, -0.85], white, axis=1)[:, 300:]
        return np.round(gain * response + mixing @ coloured + 20 * rng.normal(0, 1, (channels, 1)), 3)

    every = [[trial(k) for _ in range(trials)] for k in range(len(frequencies_hz))]
    return np.array(every), phases_rad


def degenerate(x):
    """The same epochs with channels that add nothing: the second flat, the last equal to the first,
    all against their average."""
    flat, equal = x.copy(), x.copy()
    flat[..., 1, :] = 7.25
    equal[..., -1, :] = x[..., 0, :]
    return {"flat": flat, "equal": equal, "average": x - x.mean(axis=-2, keepdims=True)}


def each(score, tests):
    return np.array([[score(x) for x in trials] for trials in tests])


def free_scores(method, s, tests):
    """A trial is turned into its own row space first."""

    def scores(x):
        x = f.centred(x[:, : s.samples])
        x = f.reduction(x) @ x
        return [method(x, y) for y in s.references]

    return each(scores, tests)


def fitted_scores(fit, s, train, tests, after=0, **params):
    """Training and test trials are turned into the row space of the windows of all training trials.
    The mean over the window is also taken off the `after` samples after it."""
    used = slice(0, s.samples + after)
    own_mean = lambda x: x[..., : s.samples].mean(axis=-1, keepdims=True)
    train, tests = ((x - own_mean(x))[..., used] for x in (train, tests))
    windows = train[..., : s.samples].transpose(2, 0, 1, 3).reshape(train.shape[2], -1)
    u = f.reduction(windows)
    score = fit(s, [u @ t for t in train], **params)
    return each(lambda x: score(u @ x), tests)


FREE = {"cca": f.cca, "msi": f.msi, "mec": f.mec}
FITTED = {
    "it_cca": (f.it_cca, {}),
    "e_cca_terms": (f.e_cca_terms, {}),
    "e_cca_5": (f.e_cca, {"count": 5}),
    "e_cca_4": (f.e_cca, {"count": 4}),
    "ms_cca_2": (f.ms_cca, {"d": 2}),
    "ms_cca_3": (f.ms_cca, {"d": 3}),
    "ms_e_cca_2": (f.ms_e_cca, {"d": 2}),
    "ms_e_cca_3": (f.ms_e_cca, {"d": 3}),
    "mset_cca": (f.mset_cca, {}),
    "trca": (f.trca, {}),
    "e_trca": (f.e_trca, {}),
    "ms_e_trca_2": (f.ms_e_trca, {"d": 2}),
    "ms_e_trca_3": (f.ms_e_trca, {"d": 3}),
    "sscor": (f.sscor, {}),
    "e_sscor": (f.e_sscor, {}),
}
PADDED = {"padded": (True, True), "padded_test": (False, True), "after_window": (False, False)}


def all_scores(s, train, tests, delays):
    scores = {name: free_scores(method, s, tests) for name, method in FREE.items()}
    for name, (fit, params) in FITTED.items():
        scores[name] = fitted_scores(fit, s, train, tests, **params)
    for name, padded in PADDED.items():
        for components in (1, 4):
            params = {"delays": delays, "padded": padded, "components": components}
            after = 0 if all(padded) else delays
            scores[f"tdca_{name}_{components}"] = fitted_scores(
                f.tdca, s, train, tests, after, **params
            )
    return scores


def band(x, i, rate_hz):
    """Sub-band i = 1, 2, .. of Chen et al. 2015: 8 i .. 90 Hz, zero phase."""
    sos = signal.cheby1(4, 0.5, [8 * i, 90], "bandpass", fs=rate_hz, output="sos")
    return signal.sosfiltfilt(sos, x, axis=-1)


def fused(bands):
    """squared: sum_i a_i sign(r_i) r_i^2, a_i = i^-1.25 + 0.25 (Chen et al. 2015); linear: sum_i a_i r_i,
    for scores that are powers already."""
    bands = np.array(bands)
    return {
        "bands": bands,
        "squared": np.tensordot(WEIGHTS, f.signed_square(bands), 1),
        "linear": np.tensordot(WEIGHTS, bands, 1),
    }


def filter_bank(s, train, tests, delays):
    """Filtered over the window's samples only; for tdca_after_window over these and all after them."""
    numbers = range(1, BANDS + 1)
    cut = [[band(x[..., : s.samples], i, s.rate_hz) for x in (train, tests)] for i in numbers]
    whole = [[band(x, i, s.rate_hz) for x in (train, tests)] for i in numbers]
    result = {name: fused([free_scores(m, s, b) for _, b in cut]) for name, m in FREE.items()}
    for name in ("e_cca_5", "trca", "e_trca", "sscor"):
        fit, params = FITTED[name]
        result[name] = fused([fitted_scores(fit, s, a, b, **params) for a, b in cut])
    tdca = lambda data, after, padded: fused(
        [
            fitted_scores(f.tdca, s, a, b, after, delays=delays, components=4, padded=padded)
            for a, b in data
        ]
    )
    result["tdca_padded_4"] = tdca(cut, 0, (True, True))
    result["tdca_after_window_4"] = tdca(whole, delays, (False, False))
    return result


def adaptive(s, every, seed):
    """All trials of the set as one session, in a shuffled order of [target, trial], where trials
    after the training trials are the test trials."""
    targets, trials = every.shape[:2]
    order = [divmod(int(i), trials) for i in np.random.default_rng(seed).permutation(targets * trials)]
    windows = [every[k, i, :, : s.samples] for k, i in order]
    one = oacca(s, [[x] for x in windows], [1.0])
    bank = oacca(
        s, [[band(x, i, s.rate_hz) for i in range(1, BANDS + 1)] for x in windows], WEIGHTS
    )
    return {
        "order": order,
        "terms": [terms[0] for terms, _ in one],
        "scores": [scores for _, scores in one],
        "filter_bank_scores": [scores for _, scores in bank],
    }


def riemannian(s, train, tests):
    stacked = lambda trials: np.array([[riemann.covariance(s, x) for x in t] for t in trials])
    train, tests = stacked(train), stacked(tests)
    return {
        "mdm": each(riemann.mdm(train), tests),
        "tangent_lda": each(riemann.tangent_lda(train), tests),
        "first_covariance": tests[0, 0],
    }


SETS = {
    # The targets of the first set are not in the order of their frequencies, as on many screens.
    "a": {
        "seed": 47,
        "rate_hz": 250.0,
        "samples": 100,
        "channels": 4,
        "frequencies_hz": [8.0, 11.0, 9.5, 14.0, 12.5],
        "harmonics": 3,
        "train_trials": 4,
        "test_trials": 3,
        "tdca_delays": 3,
        "strength": 1.6,
    },
    "b": {
        "seed": 48,
        "rate_hz": 200.0,
        "samples": 125,
        "channels": 6,
        "frequencies_hz": [9.0, 10.7, 13.1],
        "harmonics": 2,
        "train_trials": 3,
        "test_trials": 2,
        "tdca_delays": 5,
        "strength": 1.2,
    },
}
SAMPLES_AFTER = 10


def data(c):
    trials = c["train_trials"] + c["test_trials"]
    every, phases_rad = simulated(
        c["seed"],
        c["rate_hz"],
        c["samples"] + SAMPLES_AFTER,
        c["channels"],
        c["frequencies_hz"],
        trials,
        c["strength"],
    )
    s = f.Setting(c["rate_hz"], c["samples"], c["harmonics"], c["frequencies_hz"], phases_rad)
    return s, every


def described(c):
    s, every = data(c)
    split = lambda x: (x[:, : c["train_trials"]], x[:, c["train_trials"] :])
    train, tests = split(every)
    return c | {
        "phases_rad": s.phases_rad,
        "train": train,
        "test": tests,
        "scores": all_scores(s, train, tests, c["tdca_delays"]),
        "filter_bank": {"weights": WEIGHTS} | filter_bank(s, train, tests, c["tdca_delays"]),
        "oacca": adaptive(s, every, c["seed"]),
        "riemann": riemannian(s, train, tests),
        "degenerate": {
            name: all_scores(s, *split(x), c["tdca_delays"]) for name, x in degenerate(every).items()
        },
    }


def plain(x):
    if isinstance(x, dict):
        return {key: plain(value) for key, value in x.items()}
    if isinstance(x, (list, tuple)):
        return [plain(value) for value in x]
    return x.tolist() if isinstance(x, np.ndarray) else x


if __name__ == "__main__":
    if "--check" in sys.argv:
        import ssvep_check

        ssvep_check.run()
    else:
        result = {"made_by": f"make_ssvep_scores.py, NumPy {np.__version__}"}
        result |= {name: described(c) for name, c in SETS.items()}
        text = json.dumps(plain(result), separators=(",", ":")).replace("]],[[", "]],\n[[")
        Path(__file__).with_name("ssvep_scores.json").write_text(text + "\n")
