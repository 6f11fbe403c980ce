"""How sure one may be that a passage answers: how far it stands out from the whole collection."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.evidence import Nominated
from index.fusion import read_model, read_weights

FILE = "calibration.json"

SHRINK = 30
"""Passages at which the collection's own background counts as much as the usual one."""

HIGHEST = 0.99
"""Background at most, so that there is always some way left from it to a cosine of 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A logistic curve over the share of the way that a passage goes from the background to the query (Platt 1999).

    The background is the query's mean cosine with the whole collection: a query that means nothing is about as near
    to everything, and in a collection with one subject everything is near. `usual` is what to expect of a collection
    of which little is known; below `threshold` a hit is rather none. All this holds for the encoder named `model`.
    """

    model: str
    slope: float
    intercept: float
    usual: float
    threshold: float

    def probabilities(self, nominated: Nominated) -> NDArray[np.float64]:
        """Probability that each candidate answers, (n,), in 0..1 and rising with its cosine.

        `mean` is the query's mean cosine with all `count` passages; of a few passages one may be the answer itself,
        so their mean is shrunk towards the usual one.
        """
        cosines, sample = nominated.evidence.cosines, nominated.background.cosines
        mean, count = float(sample.mean()) if sample.size else 0.0, sample.size
        background = min((count * mean + SHRINK * self.usual) / (count + SHRINK), HIGHEST)
        standing = (cosines.astype(np.float64) - background) / (1 - background)
        odds = np.clip(self.slope * standing + self.intercept, -50, 50)
        return np.asarray(1 / (1 + np.exp(-odds)), dtype=np.float64)

    @classmethod
    def load(cls, settings: Path) -> Calibration:
        """Read the curve from the folder of search settings; raises `InvalidSetting` when it cannot."""
        names = tuple(name for name in cls.__dataclass_fields__ if name != "model")
        return cls(model=read_model(settings / FILE), **read_weights(settings / FILE, names))
