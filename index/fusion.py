"""One score from meaning and words: a linear log-odds, because ranks throw away how sure each side is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.evidence import NAMES, Evidence
from kb.errors import InvalidSetting

FILE = "fusion.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fusion:
    """Weight of each column of `Evidence`, whose weighted sum is the score."""

    cosine: float
    sentence: float
    other_sentence: float
    letters: float
    same: float
    same_cosine: float
    same_lexical: float
    same_best: float
    other_lexical: float
    pairs: float

    def scores(self, evidence: Evidence) -> NDArray[np.float64]:
        """Log-odds of each candidate, (n,)."""
        weights = np.array([getattr(self, name) for name in NAMES])
        return np.asarray(evidence.columns() @ weights, dtype=np.float64)

    @classmethod
    def load(cls, settings: Path) -> Fusion:
        """Read the weights from the folder of search settings.

        Raises:
            InvalidSetting: the file is missing or lacks a weight.
        """
        return cls(**read_weights(settings / FILE, tuple(cls.__dataclass_fields__)))


def read_model(path: Path) -> str:
    """The encoder that a file's weights were fitted for; raises `InvalidSetting` when it does not say."""
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["model"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidSetting(
            f"{path}: names no model ({error!r}). Put the shipped file back.", path=str(path)
        ) from error


def read_weights(path: Path, names: tuple[str, ...]) -> dict[str, float]:
    """The named numbers under `weights` in a JSON file; raises `InvalidSetting` when one is missing."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))["weights"]
        return {name: float(stored[name]) for name in names}
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{path}: the weights {', '.join(names)} cannot be read ({error!r}). Put the shipped file back."
        raise InvalidSetting(message, path=str(path)) from error
