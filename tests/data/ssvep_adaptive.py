"""Online adaptive CCA (Wong et al. 2022, IEEE Trans Biomed Eng 69:2018), which learns without labels.

Where the text leaves room, this follows the authors' own published programme (edwin465/SSVEP-OACCA):
which decision feeds which update, and that the three coefficients are added as they are, unsquared,
with the weights of the filter bank.
"""

import numpy as np
from scipy import linalg

from ssvep_formulas import canonical, cca, centred, corr


class Band:
    """What is learned of one sub-band: s, the prototype filter, and the pair (u, v)."""

    def __init__(self):
        self.outer = self.xx = self.xy = 0
        self.s = self.u = self.v = None

    def terms(self, x, y):
        """r1 = CCA(x, y); r2 = corr(u'x, v'y); r3 = CCA(s'x, y). r2 and r3 are 0 at the first trial."""
        r1 = cca(x, y)
        if self.u is None:
            return [r1, 0.0, 0.0]
        return [r1, corr(self.u @ x, self.v @ y), cca(self.s[None] @ x, y)]

    def learn_prototype(self, x, y):
        """s: leading eigenvector of the sum of a a'/|a|^2, a the filter of CCA(x, y) for the decision."""
        a = canonical(x, y)[1]
        self.outer = self.outer + np.outer(a, a) / (a @ a)
        self.s = linalg.eigh(self.outer)[1][:, -1]

    def learn_pair(self, x, y):
        """Cxx += x x', Cxy += x y'; [0 Cxy; Cxy' 0][u; v] = lambda [Cxx 0; 0 I][u; v], the largest."""
        self.xx, self.xy = self.xx + x @ x.T, self.xy + x @ y.T
        c, h = self.xy.shape
        left = np.block([[np.zeros((c, c)), self.xy], [self.xy.T, np.zeros((h, h))]])
        w = linalg.eigh(left, linalg.block_diag(self.xx, np.eye(h)))[1][:, -1]
        self.u, self.v = w[:c], w[c:]


def oacca(s, trials, weights):
    """trials: bands x channels x samples each, in the order they come. Terms (bands x targets x 3) and
    scores (targets) of each trial, given what the trials before it have taught.

    x: rows without mean and over their standard deviation (of n - 1). score = sum over bands of
    weight (r1 + r2 + r3). Then, in every band: where r1 alone and r1 + r2 + r3 decide for the same
    target k, the prototype learns from (x, y_k); the pair always learns from (x, y_j), j being what
    r1 + r3 decide for."""
    bands = [Band() for _ in weights]
    history = []
    for trial in trials:
        x = [centred(b) / b.std(axis=1, ddof=1, keepdims=True) for b in trial]
        terms = np.array([[b.terms(xb, y) for y in s.references] for b, xb in zip(bands, x)])
        fused = np.einsum("b,bkr->kr", weights, terms)
        scores = fused.sum(axis=1)
        history.append((terms, scores))
        plain, with_prototype = np.argmax(fused[:, 0]), np.argmax(fused[:, 0] + fused[:, 2])
        for band, xb in zip(bands, x):
            if plain == np.argmax(scores):
                band.learn_prototype(xb, s.references[plain])
            band.learn_pair(xb, s.references[with_prototype])
    return history
