"""How sure one may be that a passage answers: how far it stands out from what does not answer the query."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.fusion import read_model, read_weights

FILE = "calibration.json"

SHRINK = 30
"""Passages at which a collection's own background counts as much as the usual one."""

NAMES = ("lift", "length")
"""What the log-odds of an answer are the weighted sum of, beside an intercept."""

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A logistic curve over how far a passage's score lies above the collection's (Platt 1999).

    A query that means nothing scores about as much with everything, and in a collection with one subject everything
    scores high: what counts is the lift above the mean of a sample. A long query gathers more of it by chance than a
    short one. `usual` is the mean to expect of a collection of which little is known; below `threshold` a hit is rather
    none. All this holds for the encoder named `model`.
    """

    model: str
    lift: float
    length: float
    intercept: float
    usual: float
    threshold: float

    def probabilities(self, scores: Scores, background: Scores, length: int) -> Scores:
        """Probability that each candidate answers, (n,), in 0..1 and rising with its score.

        `background` holds the scores of a sample of the collection, `length` the number of the query's letters.
        """
        columns = signs(scores, background, length, self.usual)
        odds = np.clip(columns @ np.array([self.lift, self.length]) + self.intercept, -50, 50)
        return np.asarray(1 / (1 + np.exp(-odds)), dtype=np.float64)

    @classmethod
    def load(cls, settings: Path) -> Calibration:
        """Read the curve from the folder of search settings; raises `InvalidSetting` when it cannot."""
        names = tuple(name for name in cls.__dataclass_fields__ if name != "model")
        return cls(model=read_model(settings / FILE), **read_weights(settings / FILE, names))


def signs(scores: Scores, background: Scores, length: int, usual: float) -> Scores:
    """What tells an answer, a row for each score and a column for each of `NAMES`.

    Of a few passages one may be the answer itself, so that their mean is shrunk towards the usual one.
    """
    mean = (float(background.sum()) + SHRINK * usual) / (background.size + SHRINK)
    return np.column_stack([scores - mean, np.full(scores.size, math.log1p(length))])
