"""Scores of decoders of codes, by the papers' formulas written plainly in NumPy, into cvep_scores.json.

Everything is dense here: the design matrix is written out, events are found by walking over samples.
"""

import json
from pathlib import Path

import numpy as np
from scipy.linalg import eigh, solve

RATE_HZ, BIT_RATE_HZ, SAMPLES, WINDOW = 100.0, 30.0, 120, 90
CODES = ["110100010", "0011101", "1001011"]
SHIFTED = ["1110100", "0111010", "1010011"]
CHANNELS, TRIALS = 3, 2
RESPONSE_S, MEMORY_S, BITWISE_S = 0.1, 0.03, 0.08


def bright(code, n):
    return code[int(n * BIT_RATE_HZ / RATE_HZ + 1e-9) % len(code)] == "1"


def events(codes, kind, samples):
    """Targets × kinds × samples of 0 and 1."""
    far = samples + 200
    light = np.array([[bright(c, n) for n in range(far)] for c in codes], dtype=int)
    before = np.hstack((np.zeros((len(codes), 1), int), light[:, :-1]))
    rise, fall = light > before, light < before
    onset = np.zeros((len(codes), far))
    onset[:, 0] = 1
    if kind == "refe":
        kinds = [rise, fall, onset]
    else:
        # How many bits each flash lasts, from the bits themselves.
        lasting = {}
        for k, code in enumerate(codes):
            bits = code * 40
            for place in range(len(bits) - len(code)):
                if bits[place] == "1" and (place == 0 or bits[place - 1] == "0"):
                    lasts = 1
                    while bits[place + lasts] == "1":
                        lasts += 1
                    start = int(np.ceil(place * RATE_HZ / BIT_RATE_HZ - 1e-9))
                    if start < samples:
                        lasting.setdefault(lasts, np.zeros((len(codes), far)))[k, start] = 1
        kinds = [lasting[d] for d in sorted(lasting)] + [onset]
    return np.stack(kinds, 1).astype(float)[:, :, :samples]


def design(codes, kind, samples, response_s=RESPONSE_S):
    e = events(codes, kind, samples)
    lags = round(response_s * RATE_HZ)
    rows = [np.pad(e, ((0, 0), (0, 0), (l, 0)))[:, :, :samples] for l in range(lags)]
    m = np.stack(rows, 2)
    return m.reshape(len(codes), -1, samples), m.shape[1], lags


def correlations(x, templates):
    a = x - x.mean()
    b = templates - templates.mean(1, keepdims=True)
    return (b @ a / np.sqrt((a @ a) * (b**2).sum(1))).tolist()


def embed(x, delays):
    return np.vstack([np.pad(x[:, d:], ((0, 0), (0, d))) for d in range(delays)])


def cca(x, y, shrink_x=0.0, shrink_y=0.0):
    """First pair of canonical weights between the rows of x and y."""
    x, y = x - x.mean(1, keepdims=True), y - y.mean(1, keepdims=True)
    shrink = lambda c, s: (1 - s) * c + s * np.trace(c) / len(c) * np.eye(len(c))
    cxx, cyy, cxy = shrink(x @ x.T, shrink_x), shrink(y @ y.T, shrink_y), x @ y.T
    w = eigh(cxy @ solve(cyy, cxy.T), cxx)[1][:, -1]
    return w, solve(cyy, cxy.T @ w)


def rcca(trials, labels, test, codes, kind, delays, shrink):
    m, _, _ = design(codes, kind, SAMPLES)
    trials = trials - trials.mean((0, 2))[:, None]
    x = np.hstack([embed(t, delays) for t in trials])
    w, r = cca(x, np.hstack([m[k] for k in labels]), *shrink)
    return correlations(w @ embed(test - test.mean(1, keepdims=True), delays), np.einsum("f,kft->kt", r, m[:, :, :WINDOW]))


def ecca(trials, labels, test, codes):
    trials = trials - trials.mean((0, 2))[:, None]
    starts = lambda k: [round(c * len(codes[k]) * RATE_HZ / BIT_RATE_HZ) for c in range(9)]
    length = lambda k: int(len(codes[k]) * RATE_HZ / BIT_RATE_HZ)
    pieces = [(k, t[:, s : s + length(k)]) for t, k in zip(trials, labels) for s in starts(k) if s + length(k) <= SAMPLES]
    templates = [np.mean([p for j, p in pieces if j == k], 0) for k in range(len(codes))]
    w, _ = cca(np.hstack([p for _, p in pieces]), np.hstack([templates[k] for k, _ in pieces]))
    rows = []
    for k, template in enumerate(templates):
        piece = lambda n: max(c for c, s in enumerate(starts(k)) if s <= n)
        rows.append([w @ template[:, min(n - starts(k)[piece(n)], length(k) - 1)] for n in range(WINDOW)])
    return correlations(w @ test, np.array(rows))


def shifted(trials, labels, test, codes):
    trials = trials - trials.mean((0, 2))[:, None]
    period = len(codes[0]) * RATE_HZ / BIT_RATE_HZ
    length = int(period)
    shift = [next(s for s in range(len(codes[0])) if codes[0][-s:] + codes[0][:-s] == c or s == 0 and c == codes[0]) for c in codes]
    shift = [round(s * RATE_HZ / BIT_RATE_HZ) for s in shift]
    starts = [round(c * period) for c in range(9)]
    pieces = [(k, t[:, s : s + length]) for t, k in zip(trials, labels) for s in starts if s + length <= SAMPLES]
    base = np.mean([np.roll(p, -shift[k], 1) for k, p in pieces], 0)
    templates = [np.roll(base, s, 1) for s in shift]
    w, _ = cca(np.hstack([p for _, p in pieces]), np.hstack([templates[k] for k, _ in pieces]))
    piece = lambda n: max(c for c, s in enumerate(starts) if s <= n)
    place = [min(n - starts[piece(n)], length - 1) for n in range(WINDOW)]
    return correlations(w @ test, np.array([(w @ t)[place] for t in templates]))


def bitwise(trials, labels, test, codes, ridge):
    delays = round(BITWISE_S * RATE_HZ)
    trials = trials - trials.mean(2, keepdims=True)
    scale = 1 / np.sqrt((trials**2).mean((0, 2)))
    level = np.array([[float(bright(c, n)) for n in range(SAMPLES)] for c in codes])
    gram, cross = 0, 0
    for t, k in zip(trials * scale[:, None], labels):
        power = (t**2).mean()
        e = embed(t, delays)
        gram, cross = gram + e @ e.T / power, cross + e @ (level[k] - level[k].mean()) / power
    gram += ridge * np.trace(gram) / len(gram) * np.eye(len(gram))
    w = solve(gram, cross)
    return correlations(w @ embed((test - test.mean(1, keepdims=True)) * scale[:, None], delays), level[:, :WINDOW])


def penalty(kinds, lags, size, roughness):
    d = np.diff(np.eye(lags), 2, axis=0)
    return size * np.eye(kinds * lags) + roughness * np.kron(np.eye(kinds), d.T @ d)


def whitened(x, taps):
    out = np.zeros_like(x)
    for lag, tap in enumerate(taps):
        out[:, lag:] += tap @ x[:, : x.shape[1] - lag]
    return out


def whitener(trials, weights, order):
    c, n = trials[0].shape
    total = weights.sum() * n
    g = [sum(w * t[:, j:] @ t[:, : n - j].T for t, w in zip(trials, weights)) / total for j in range(order + 1)]
    scale = 1 / np.sqrt(np.diag(g[0]))
    g = [scale[:, None] * lag * scale for lag in g]
    normal = np.block([[g[b - a] if b >= a else g[a - b].T for b in range(order)] for a in range(order)])
    normal += 1e-2 * np.trace(normal) / len(normal) * np.eye(len(normal))
    after = np.hstack(g[1:])
    a = solve(normal, after.T).T
    error = g[0] - (a @ after.T + after @ a.T) / 2
    error += 1e-3 * np.trace(error) / c * np.eye(c)
    w = np.linalg.inv(np.linalg.cholesky(error))
    return [tap * scale for tap in [w] + [-w @ a[:, j * c : (j + 1) * c] for j in range(order)]]


def reconvolution(trials, labels, test, codes, kind):
    m, kinds, lags = design(codes, kind, SAMPLES)
    trials = trials - trials.mean(2, keepdims=True)
    scale = 1 / np.sqrt((trials**2).mean((0, 2)))
    trials = trials * scale[:, None]
    power = lambda ts: np.array([1 / (t**2).mean() for t in ts])

    gram = sum(m[k] @ m[k].T for k in labels)
    cross = sum(t @ m[k].T for t, k in zip(trials, labels))
    mean = np.trace(gram) / len(gram)
    first = solve(gram + mean * penalty(kinds, lags, 0.01, 0.1), cross.T).T
    rest = np.array([t - first @ m[k] for t, k in zip(trials, labels)])
    taps = whitener(rest, power(rest), round(MEMORY_S * RATE_HZ))

    white = [whitened(t, taps) for t in trials]
    weights = power(white)
    gram = sum(w * m[k] @ m[k].T for w, k in zip(weights, labels))
    cross = sum(w * t @ m[k].T for w, t, k in zip(weights, white, labels))
    # Posterior of vec(response) with prior covariance psi ⊗ precision⁻¹, written out whole.
    precision = penalty(kinds, lags, 0.01, 1.0)
    psi = 0.01 * np.eye(CHANNELS)
    f = len(gram)
    for round_ in range(21):
        cov = np.linalg.inv(np.kron(np.eye(CHANNELS), gram) + np.kron(np.linalg.inv(psi), precision))
        response = (cov @ cross.ravel()).reshape(CHANNELS, f)
        if round_ < 20:
            cov = cov.reshape(CHANNELS, f, CHANNELS, f)
            psi = (response @ precision @ response.T + np.einsum("ifjg,gf->ij", cov, precision)) / f
    templates = np.einsum("cf,kft->kct", response, m[:, :, :WINDOW])
    x = whitened((test - test.mean(1, keepdims=True)) * scale[:, None], taps)
    return [float((x * t).sum() / np.sqrt((t**2).sum())) for t in templates]


def session(rng, codes):
    """Trials of every code, with a response to each edge, in noise with a memory."""
    m, _, lags = design(codes, "refe", SAMPLES)
    shape = np.concatenate([np.sin(np.arange(lags) * f) for f in (0.7, 1.1, 0.3)])
    labels = np.repeat(np.arange(len(codes)), TRIALS)
    noise = rng.standard_normal((len(labels) + 1, CHANNELS, SAMPLES + 1))
    noise = noise[:, :, 1:] + 0.6 * noise[:, :, :-1] + 0.4 * noise[:, ::-1, 1:]
    pattern = np.array([1.0, 0.5, -0.3])[:, None]
    signal = [pattern * (shape @ m[k]) for k in list(labels) + [1]]
    epochs = np.round((noise + 0.5 * np.array(signal)) * 5 + 3.0, 3)
    return epochs[:-1], labels, epochs[-1][:, :WINDOW]


if __name__ == "__main__":
    rng = np.random.default_rng(5)
    trials, labels, test = session(rng, CODES)
    turned, turned_labels, turned_test = session(rng, SHIFTED)
    scores = {}
    for kind in ("duration", "refe"):
        # The onset's lags are the same in every trial, so the events' covariance needs shrinkage.
        for delays, shrink in ((1, (0.0, 0.1)), (3, (0.2, 0.05))):
            key = f"rcca {kind} {delays} {shrink[0]} {shrink[1]}"
            scores[key] = rcca(trials, labels, test, CODES, kind, delays, shrink)
        scores[f"reconvolution {kind}"] = reconvolution(trials, labels, test, CODES, kind)
    scores["ecca"] = ecca(trials, labels, test, CODES)
    scores["bitwise"] = bitwise(trials, labels, test, CODES, 0.1)
    document = {
        "rate_hz": RATE_HZ,
        "bit_rate_hz": BIT_RATE_HZ,
        "response_s": RESPONSE_S,
        "memory_s": MEMORY_S,
        "bitwise_s": BITWISE_S,
        "codes": CODES,
        "labels": labels.tolist(),
        "trials": trials.tolist(),
        "test": test.tolist(),
        "scores": scores,
        "shifted": {
            "codes": SHIFTED,
            "labels": turned_labels.tolist(),
            "trials": turned.tolist(),
            "test": turned_test.tolist(),
            "scores": shifted(turned, turned_labels, turned_test, SHIFTED),
        },
    }
    path = Path(__file__).with_name("cvep_scores.json")
    path.write_text(json.dumps(document, separators=(",", ":")) + "\n")
