"""Riemannian decoders on covariances of stacked narrow bands (Congedo et al. 2013; Kalunga et al.
2016, Neurocomputing 191:55).

An epoch is filtered once a target, zero phase, to f - 1 .. f + 1 Hz (Butterworth, order 2, that is
two sections; SciPy's sosfiltfilt with its default padding, over the window's samples only); the K
filtered epochs are stacked in the order of the targets to K C rows z without their means, and
S = z z'/N, C = 0.9 S + 0.1 trace(S)/(K C) I. Without such shrinkage the matrix is singular to rounding:
a second of a 2 Hz wide band holds a handful of independent numbers.
"""

import numpy as np
from scipy import linalg, signal

from ssvep_formulas import centred

SHRINKAGE = 0.1


def shrunk(s):
    p = len(s)
    return (1 - SHRINKAGE) * s + SHRINKAGE * np.trace(s) / p * np.eye(p)


def covariance(s, x):
    def band(f):
        sos = signal.butter(2, [f - 1, f + 1], "bandpass", fs=s.rate_hz, output="sos")
        return signal.sosfiltfilt(sos, x[:, : s.samples])

    z = centred(np.vstack([band(f) for f in s.frequencies_hz]))
    return shrunk(z @ z.T / s.samples)


def of_eigenvalues(function, a):
    values, vectors = linalg.eigh((a + a.T) / 2)
    return vectors * function(values) @ vectors.T


def whitened(a, by):
    root = of_eigenvalues(lambda v: v**-0.5, by)
    return root @ a @ root


def logarithm(a, at):
    """log(at^-1/2 a at^-1/2)"""
    return of_eigenvalues(np.log, whitened(a, at))


def mean(matrices):
    """The affine-invariant mean G: sum_i log(G^-1/2 C_i G^-1/2) = 0, by fixed-point steps."""
    g = np.mean(matrices, axis=0)
    for _ in range(200):
        step = np.mean([logarithm(c, g) for c in matrices], axis=0)
        root = of_eigenvalues(np.sqrt, g)
        g = root @ of_eigenvalues(np.exp, step) @ root
        if linalg.norm(step) < 1e-14 * len(g):
            break
    return g


def distance(a, b):
    """|log(a^-1/2 b a^-1/2)|_F"""
    return linalg.norm(logarithm(b, a))


def mdm(train):
    """score = -distance to the mean of the target's training trials; train: targets x trials x p x p."""
    means = [mean(t) for t in train]
    return lambda c: [-distance(m, c) for m in means]


def tangent(c, g):
    """Upper triangle of log(g^-1/2 c g^-1/2), row by row, what is off the diagonal times sqrt 2."""
    rows, columns = np.triu_indices(len(c))
    return logarithm(c, g)[rows, columns] * np.where(rows == columns, 1, np.sqrt(2))


def tangent_lda(train):
    """Barachant et al. 2012, IEEE Trans Biomed Eng 59:920, with a shrunk linear discriminant.

    t = tangent vector at the mean of all training trials; m_k = means of the targets; W = mean over
    all training trials of (t - m_k)(t - m_k)', shrunk as above; score = m_k'W^-1 t - m_k'W^-1 m_k/2."""
    g = mean(train.reshape(-1, *train.shape[2:]))
    t = np.array([[tangent(c, g) for c in trials] for trials in train])
    m = t.mean(axis=1)
    residuals = (t - m[:, None]).reshape(-1, t.shape[2])
    weights = linalg.solve(shrunk(residuals.T @ residuals / len(residuals)), m.T).T
    return lambda c: list(weights @ tangent(c, g) - np.sum(weights * m, axis=1) / 2)
