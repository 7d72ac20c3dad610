"""The upper tail of the negative binomial distribution, which counts of callers follow: a Poisson rate that itself varies.

Belongs here: arithmetic. Does not belong here: what is usual (usual.py), what is too much (contacts.py).
"""

from math import exp, lgamma, log, log1p
from typing import Final

TERMS: Final = 20_000
"""Bounds the sum; what is beyond it is less than anybody asks for."""
LEAST_SPREAD: Final = 1e-6


def at_least(count: int, mean: float, spread: float) -> float:
    """P(X >= count) where X has this mean and the variance mean + spread * mean². 1 for what is not above the mean: nobody
    asks how unlikely the usual is."""
    if count <= mean or count <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    size = 1 / max(spread, LEAST_SPREAD)
    above = log(mean) - log(mean + size)
    term = exp(lgamma(count + size) - lgamma(size) - lgamma(count + 1) - size * log1p(mean / size) + count * above)
    total, ratio = 0.0, exp(above)
    for k in range(count, count + TERMS):
        total += term
        term *= ratio * (k + size) / (k + 1)
        if term < total * 1e-9:
            break
    return min(total, 1.0)
