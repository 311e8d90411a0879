"""Holds the formulas against meegkit, pyriemann, scikit-learn and against what must be true of them."""

import contextlib
import io

import meegkit.trca
import numpy as np
from meegkit.cca import nt_cca
from pyriemann.classification import MDM
from pyriemann.geometry.distance import distance_riemann
from pyriemann.geometry.mean import mean_riemann
from pyriemann.geometry.tangentspace import tangent_space
from scipy import linalg
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

import make_ssvep_scores as make
import ssvep_formulas as f
import ssvep_riemann as riemann


def near(what, found, expected, tolerance=1e-9):
    found, expected = np.asarray(found), np.asarray(expected)
    off = np.abs(found - expected).max() / np.abs(expected).max()
    print(f"{what}: {off:.1e}")
    assert off < tolerance, what


def centred_parts(c, s, every):
    x = f.centred(every[..., : s.samples])
    return x[:, : c["train_trials"]], x[:, c["train_trials"] :]


def against_meegkit(s, train, tests):
    x, y = tests[0, 0], s.references[1]
    found = nt_cca(x.T.copy(), y.T.copy())[2]
    near("CCA, meegkit", f.cca(x, y), found.max())
    for trials in train:
        w = meegkit.trca.trca(trials.transpose(2, 1, 0).copy())
        ours = f.trca_filter([trials])
        near("TRCA filter, meegkit", abs(w @ ours) / linalg.norm(w) / linalg.norm(ours), 1.0)
    meegkit.trca.bandpass = lambda eeg, *args, **kwargs: eeg.copy()
    model = meegkit.trca.TRCA(s.rate_hz, [[(8, 90), (6, 100)]], ensemble=False)
    labels = np.repeat(np.arange(len(train)), train.shape[1])
    model.fit(train.reshape(-1, *train.shape[2:]).transpose(2, 1, 0).copy(), labels)
    decided = model.predict(tests.reshape(-1, *tests.shape[2:]).transpose(2, 1, 0).copy())
    ours = np.argmax(make.fitted_scores(f.trca, s, train, tests), axis=2).ravel()
    assert list(decided) == list(ours), "TRCA decisions, meegkit"


def against_other_formulas(s, train, tests):
    x, y = tests[1, 0], s.references[1]
    near("MSI of the canonical correlations", f.msi(x, y), msi_of_correlations(x, y))
    for trials in train:
        near("SSCOR filter", *sscor_without_cholesky(trials))
    near("MEC by orthonormal bases", f.mec(x, y), mec_by_bases(x, y))


def msi_of_correlations(x, y):
    a, b = linalg.qr(x.T, mode="economic")[0], linalg.qr(y.T, mode="economic")[0]
    rho = linalg.svdvals(a.T @ b)
    rest = len(x) + len(y) - 2 * len(rho)
    shares = np.concatenate([1 + rho, 1 - rho, np.ones(rest)]) / (len(x) + len(y))
    return 1 + np.sum(shares * np.log(shares)) / np.log(len(shares))


def mec_by_bases(x, y):
    basis = linalg.qr(y.T, mode="economic")[0]
    u, s, _ = linalg.svd(x - x @ basis @ basis.T, full_matrices=False)
    u, energy = u[:, ::-1], s[::-1] ** 2
    count = next(m for m in range(1, len(s) + 1) if energy[:m].sum() > 0.1 * energy.sum())
    powers = [((u[:, i] @ x) @ row) ** 2 / energy[i] for i in range(count) for row in y]
    return sum(powers) / (count * len(y) / 2)


def sscor_without_cholesky(trials):
    m = trials.mean(axis=0)
    left = sum(m @ t.T @ linalg.inv(t @ t.T) @ t @ m.T for t in trials)
    w = f.leading(left, m @ m.T)[:, 0]
    return np.abs(f.sscor_filter(trials)), np.abs(w)


def signs_do_not_matter(c, s, every):
    """Every eigenvector is given a random sign."""
    rng = np.random.default_rng(1)
    split = every[:, : c["train_trials"]], every[:, c["train_trials"] :]
    expected = make.all_scores(s, *split, c["tdca_delays"])
    kept = f.leading, f.canonical, f.sscor_filter
    sign = lambda *shape: rng.choice([-1, 1], shape)

    def canonical(x, y):
        rho, u, v = kept[1](x, y)
        common = sign()
        return rho, common * u, common * v

    f.leading = lambda *a: kept[0](*a) * sign(a[2] if len(a) > 2 else 1)
    f.canonical, f.sscor_filter = canonical, lambda t: kept[2](t) * sign()
    found = make.all_scores(s, *split, c["tdca_delays"])
    f.leading, f.canonical, f.sscor_filter = kept
    for name in expected:
        near(f"signs, {name}", found[name], expected[name])


def channels_that_add_nothing(c, s, every):
    """All but MEC (which weighs channels by their power) do not see them."""
    split = lambda x: (x[:, : c["train_trials"]], x[:, c["train_trials"] :])
    changed = make.degenerate(every)
    channels = every.shape[2]
    kept = {
        "flat": [i for i in range(channels) if i != 1],
        "equal": list(range(channels - 1)),
        "average": list(range(channels - 1)),
    }
    for name, x in changed.items():
        found = make.all_scores(s, *split(x), c["tdca_delays"])
        expected = make.all_scores(s, *split(x[:, :, kept[name]]), c["tdca_delays"])
        for method in found:
            if method != "mec" or name == "flat":
                near(f"{name}, {method}", found[method], expected[method], 1e-8)


def against_pyriemann(s, train, tests):
    stacked = lambda trials: np.array([[riemann.covariance(s, x) for x in t] for t in trials])
    train, tests = stacked(train), stacked(tests)
    flat = lambda x: x.reshape(-1, *x.shape[2:])
    labels = np.repeat(np.arange(len(train)), train.shape[1])
    g = riemann.mean(flat(train))
    near("mean, pyriemann", g, mean_riemann(flat(train), tol=1e-13, maxiter=500), 1e-8)
    near("distance, pyriemann", riemann.distance(g, tests[0, 0]), distance_riemann(g, tests[0, 0]))
    ours = np.array([riemann.tangent(x, g) for x in flat(tests)])
    near("tangent space, pyriemann", ours, tangent_space(flat(tests), g))
    scores = make.each(riemann.mdm(train), tests).reshape(len(ours), -1)
    model = MDM().fit(flat(train), labels)
    near("MDM, pyriemann", scores, -model.transform(flat(tests)), 1e-5)
    lda = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=riemann.SHRINKAGE)
    lda.fit(np.array([riemann.tangent(x, g) for x in flat(train)]), labels)
    expected = lda.decision_function(ours) + np.log(len(train))
    found = make.each(riemann.tangent_lda(train), tests).reshape(len(ours), -1)
    near("tangent space and LDA, scikit-learn", found, expected)


def run():
    for c in make.SETS.values():
        s, every = make.data(c)
        train, tests = centred_parts(c, s, every)
        with contextlib.redirect_stderr(io.StringIO()):
            against_meegkit(s, train, tests)
        against_other_formulas(s, train, tests)
        signs_do_not_matter(c, s, every)
        channels_that_add_nothing(c, s, every)
        against_pyriemann(s, train, tests)
