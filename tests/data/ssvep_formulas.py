"""What SSVEP decoders make of epochs, by the papers' formulas in NumPy and SciPy.

Conventions of all methods. An epoch is channels x samples; its rows are without their means over the
window of N samples. References of a target are sin and cos of 2 pi h f n/fs + h phi, h = 1 .. H,
n = 0 .. N-1, without their means. `corr` is Pearson's correlation of all entries of two arrays, the
mean of all entries taken off. Every score is higher for a likelier target. Every trial and template is
first turned into the row space of the data (`reduction`), so flat, equal or referenced channels are
no special case.

Eigenvectors have no sign, and no score knows it: a filter either works on both sides of a correlation,
or comes in a pair whose joint sign is fixed by a positive canonical correlation.
Their scale matters where several filters share one correlation (ensembles, TDCA): there w' Q w = 1,
Q being the matrix on the right of the eigenproblem, which makes scores blind to the unit of a channel.
"""

import numpy as np
from scipy import linalg

RANK_TOLERANCE = 1e-10


class Setting:
    """Everything the formulas need beside the trials."""

    def __init__(self, rate_hz, samples, harmonics, frequencies_hz, phases_rad):
        self.rate_hz, self.samples, self.harmonics = rate_hz, samples, harmonics
        self.frequencies_hz, self.phases_rad = frequencies_hz, phases_rad
        self.targets = range(len(frequencies_hz))
        self.references = [self.reference(f, phi) for f, phi in zip(frequencies_hz, phases_rad)]

    def reference(self, frequency_hz, phase_rad):
        n = np.arange(self.samples)
        rows = []
        for h in range(1, self.harmonics + 1):
            angle = 2 * np.pi * h * frequency_hz * n / self.rate_hz + h * phase_rad
            rows += [np.sin(angle), np.cos(angle)]
        return centred(np.array(rows))

    def neighbours(self, k, d):
        """Wong et al. 2020: d targets in the order of frequency, the target itself among them,
        floor(d/2) of them below it; at the edges the block is shifted, never shortened."""
        order = list(np.argsort(self.frequencies_hz))
        first = min(max(order.index(k) - d // 2, 0), len(order) - d)
        return order[first : first + d]


# Building blocks


def centred(x):
    return x - x.mean(axis=-1, keepdims=True)


def thin_svd(x):
    u, s, vt = linalg.svd(x, full_matrices=False)
    keep = s > RANK_TOLERANCE * s[0]
    return u[:, keep], s[keep], vt[keep]


def reduction(x):
    """Orthonormal channel mixtures (rank x channels) of all that x holds."""
    return thin_svd(x)[0].T


def corr(a, b):
    a, b = a.ravel() - a.mean(), b.ravel() - b.mean()
    return a @ b / np.sqrt((a @ a) * (b @ b))


def canonical(x, y):
    """Largest canonical correlation and its pair of filters, each of unit variance over the window."""
    (ux, sx, vx), (uy, sy, vy) = thin_svd(x), thin_svd(y)
    a, rho, bt = linalg.svd(vx @ vy.T)
    return rho[0], ux / sx @ a[:, 0], uy / sy @ bt[0]


def leading(a, b, count=1):
    """Eigenvectors w of a w = lambda b w with the largest lambda, w' b w = 1."""
    _, w = linalg.eigh((a + a.T) / 2, (b + b.T) / 2)
    return w[:, ::-1][:, :count]


def signed_square(r):
    return np.sign(r) * r**2


# Without calibration: one trial x and the references y of one target


def cca(x, y):
    """Lin et al. 2007, IEEE Trans Biomed Eng 54:1172: the largest canonical correlation, 0 .. 1."""
    return canonical(x, y)[0]


def msi(x, y):
    """Zhang et al. 2014, J Neurosci Methods 221:32.

    C = [x; y][x; y]'/N, U = diag(Cxx^-1/2, Cyy^-1/2), R = U C U, l_i = eigenvalues of R over their sum,
    S = 1 + sum l_i ln l_i / ln P, P = rows of R. 0 .. 1."""
    n = x.shape[1]
    half = lambda z: np.real(linalg.inv(linalg.sqrtm(z @ z.T / n)))
    u = linalg.block_diag(half(x), half(y))
    z = np.vstack([x, y])
    values = linalg.eigvalsh(u @ (z @ z.T / n) @ u)
    shares = values[values > 1e-14] / values.sum()
    return 1 + np.sum(shares * np.log(shares)) / np.log(len(values))


def mec(x, y, kept=0.1):
    """Friman et al. 2007, IEEE Trans Biomed Eng 54:742, without the AR model of the noise.

    Nuisance e = x - x y'(y y')^-1 y; e e' = sum_i l_i v_i v_i', l ascending (sums over samples, not
    means); w_i = v_i/sqrt(l_i); M = least number with l_1 + .. + l_M > 0.1 (l_1 + .. + l_C);
    score = 1/(M H) sum_{i<=M} sum_h |y_h x' w_i|^2, y_h = the sin and cos rows of harmonic h.
    Positive, grows with N."""
    e = x - linalg.lstsq(y.T, x.T)[0].T @ y
    values, vectors = linalg.eigh(e @ e.T)
    count = 1 + np.argmax(np.cumsum(values) > kept * values.sum())
    w = vectors[:, :count] / np.sqrt(values[:count])
    harmonics = len(y) // 2
    return np.sum((y @ x.T @ w) ** 2) / (count * harmonics)


# With calibration: train[k] is trials x channels x samples, centred; `s` the setting


def it_cca(s, train):
    """Bin et al. 2011, J Neural Eng 8:025015: CCA of the trial and the mean training trial."""
    return lambda x: [cca(x, t.mean(axis=0)) for t in train]


def e_cca_terms(s, train):
    """Chen et al. 2015, PNAS 112:E6058; Nakanishi et al. 2015, PLoS ONE 10:e0140703. m: template.

    r1 = CCA(x, y); r2 = corr(a'x, a'm), a = w_x of CCA(x, m); r3 = corr(b'x, b'm), b = w_x of
    CCA(x, y); r4 = corr(c'x, c'm), c = w_m of CCA(m, y); r5 = corr(a'm, d'm), d = w_m of CCA(x, m)."""

    def terms(x, k):
        m, y = train[k].mean(axis=0), s.references[k]
        (r1, b, _), (_, a, d), (_, c, _) = canonical(x, y), canonical(x, m), canonical(m, y)
        return [r1, corr(a @ x, a @ m), corr(b @ x, b @ m), corr(c @ x, c @ m), corr(a @ m, d @ m)]

    return lambda x: [terms(x, k) for k in s.targets]


def e_cca(s, train, count=5):
    """score = sum_{l <= count} sign(r_l) r_l^2; count 5 as in Nakanishi et al. 2015, 4 without r5."""
    terms = e_cca_terms(s, train)
    return lambda x: [np.sum(signed_square(np.array(r[:count]))) for r in terms(x)]


def ms_filters(s, train, d):
    """Wong et al. 2020, J Neural Eng 17:016026: one CCA over the templates and references of d
    neighbours, laid side by side in time; their phases matter here."""
    blocks = [s.neighbours(k, d) for k in s.targets]
    beside = lambda rows, block: np.hstack([rows[j] for j in block])
    means = [t.mean(axis=0) for t in train]
    return [canonical(beside(means, b), beside(s.references, b))[1:] for b in blocks]


def ms_cca(s, train, d=2):
    """r1 of `ms_e_cca` alone: corr(u_k'x, v_k'y_k), signed."""
    pairs = ms_filters(s, train, d)
    return lambda x: [corr(u @ x, v @ s.references[k]) for k, (u, v) in enumerate(pairs)]


def ms_e_cca(s, train, d=2):
    """Wong et al. 2020: score = sign(r1) r1^2 + sign(r2) r2^2, r1 = corr(u_k'x, v_k'y_k),
    r2 = corr(u_k'x, u_k'm_k)."""
    pairs = ms_filters(s, train, d)

    def score(x, k):
        u, v = pairs[k]
        r = corr(u @ x, v @ s.references[k]), corr(u @ x, u @ train[k].mean(axis=0))
        return signed_square(r[0]) + signed_square(r[1])

    return lambda x: [score(x, k) for k in s.targets]


def mset_cca(s, train):
    """Zhang et al. 2014, Int J Neural Syst 24:1450013.

    R = all blocks X_i X_j', S = its diagonal blocks; (R - S) w = rho S w, the largest rho; the pieces
    w_i of w give the reference [w_1'X_1; ..; w_T'X_T]; score = CCA(x, reference)."""

    def reference(trials):
        tall = np.vstack(trials)
        s_blocks = linalg.block_diag(*[t @ t.T for t in trials])
        w = leading(tall @ tall.T - s_blocks, s_blocks)[:, 0].reshape(len(trials), -1)
        return np.array([a @ t for a, t in zip(w, trials)])

    references = [reference(t) for t in train]
    return lambda x: [cca(x, r) for r in references]


def trca_filter(groups):
    """S = sum over groups and pairs i != j of X_i X_j', Q = sum of X_i X_i'; w' Q w = 1."""
    q = sum(t @ t.T for trials in groups for t in trials)
    both = sum(trials.sum(axis=0) @ trials.sum(axis=0).T for trials in groups)
    return leading(both - q, q)[:, 0]


def by_templates(train, filters):
    """corr of W'x and W'm_k, W being one filter a target or all of them."""
    means = [t.mean(axis=0) for t in train]
    return lambda x: [corr(w.T @ x, w.T @ m) for w, m in zip(filters, means)]


def trca(s, train):
    """Nakanishi et al. 2018, IEEE Trans Biomed Eng 65:104: corr(w_k'x, w_k'm_k), signed."""
    return by_templates(train, [trca_filter([t]) for t in train])


def e_trca(s, train):
    """Nakanishi et al. 2018: corr(W'x, W'm_k) with W = [w_1 .. w_K], w_k' Q_k w_k = 1."""
    return by_templates(train, [np.array([trca_filter([t]) for t in train]).T] * len(train))


def ms_e_trca(s, train, d=2):
    """Wong et al. 2020: as e_trca, but S and Q of filter k are summed over d neighbours of k."""
    w = [trca_filter([train[j] for j in s.neighbours(k, d)]) for k in s.targets]
    return by_templates(train, [np.array(w).T] * len(train))


def sscor_filter(trials):
    """m = mean trial; m m' = K'K, X_i X_i' = K_i'K_i; G_i = K'^-1 (m X_i') K_i^-1; v the leading
    eigenvector of sum G_i G_i', |v| = 1; w = K^-1 v. It maximises the sum over trials of the squared
    canonical correlations of w'm with X_i."""
    m = trials.mean(axis=0)
    k = linalg.cholesky(m @ m.T)
    g = [linalg.inv(k).T @ m @ t.T @ linalg.inv(linalg.cholesky(t @ t.T)) for t in trials]
    v = linalg.svd(np.hstack(g))[0][:, 0]
    return linalg.solve(k, v)


def sscor(s, train):
    """Kumar and Reddy 2019, IEEE Trans Neural Syst Rehabil Eng 27:2044: corr(w_k'x, w_k'm_k)."""
    return by_templates(train, [sscor_filter(t) for t in train])


def e_sscor(s, train):
    """The same with all filters: corr(W'x, W'm_k), w_k' (m_k m_k') w_k = 1."""
    return by_templates(train, [np.array([sscor_filter(t) for t in train]).T] * len(train))


def delayed(x, samples, delays, padded):
    """[x; x one sample later; ..], each of the window's length. What lies after the window is either
    there or zero. x comes without its mean over the window, also after it; each row of the result is
    without its own mean, too, else the mean that `corr` takes off would know the signs of filters."""
    x = np.pad(x[:, :samples], ((0, 0), (0, delays))) if padded else x
    return centred(np.vstack([x[:, d : d + samples] for d in range(delays + 1)]))


def tdca(s, train, delays=3, components=4, padded=(True, True)):
    """Liu et al. 2021, IEEE Trans Neural Syst Rehabil Eng 29:1998. padded: (training, testing).

    z = delayed copies; a_k(z) = [z, z P_k], P_k = y_k'(y_k y_k')^-1 y_k; A_k = mean of a_k over the
    training trials of k, A = mean of A_k; Sb = sum_k (A_k - A)(A_k - A)';
    Sw = sum_k sum_i (a_k(z_ki) - A_k)(..)'; Sb w = lambda Sw w, the `components` largest, w' Sw w = 1;
    score = corr(W'a_k(z), W'A_k)."""
    bases = [thin_svd(y)[2] for y in s.references]
    wide = lambda z, k: np.hstack([z, z @ bases[k].T @ bases[k]])
    embed = lambda x, stage: delayed(x, s.samples, delays, padded[stage])
    a = np.array([[wide(embed(x, 0), k) for x in train[k]] for k in s.targets])
    means = a.mean(axis=1)
    between = (means - means.mean(axis=0)).transpose(1, 0, 2).reshape(a.shape[2], -1)
    within = (a - means[:, None]).transpose(2, 0, 1, 3).reshape(a.shape[2], -1)
    w = leading(between @ between.T, within @ within.T, components)
    return lambda x: [corr(w.T @ wide(embed(x, 1), k), w.T @ means[k]) for k in s.targets]
