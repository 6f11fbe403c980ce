"""What a text is about, by meaning: its passages compared with what each term of a vocabulary stands for."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kb import vocabulary
from kb.protocols import Vectors

NAMES = ("themes", "sdgs")
"""Vocabularies whose terms are described, each in a file of that name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaning:
    """How much more a text leans to a term than to the others, and the passage, by its row, that does most.

    `nearness` is the same cosine before the others' mean is taken away.
    """

    term: str
    score: float
    nearness: float
    row: int


def described(folder: Path, name: str) -> dict[str, list[str]]:
    """Term → its names and what it stands for, in sentences."""
    sentences = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return {term: [*labels.values(), *sentences[term]] for term, labels in vocabulary.terms(name).items()}


def leanings(passages: Vectors, terms: Mapping[str, Vectors]) -> list[Leaning]:
    """How much the passages lean to each term; all rows are of length 1 and in one neutral space.

    A passage's nearness to a term is the mean of its cosine with the nearest sentence of the term and with all of them.
    What all terms have in common is taken away, for some texts are near to everything.
    """
    near = np.stack([_nearness(passages, vectors) for vectors in terms.values()], axis=1)
    own = near - near.mean(axis=1, keepdims=True)
    return [
        Leaning(
            term=term,
            score=float(own[:, column].mean()),
            nearness=float(near[:, column].mean()),
            row=int(own[:, column].argmax()),
        )
        for column, term in enumerate(terms)
    ]


def _nearness(passages: Vectors, sentences: Vectors) -> NDArray[np.float32]:
    cosines = passages @ sentences.T
    nearness: NDArray[np.float32] = (cosines.max(axis=1) + cosines.mean(axis=1)) / 2
    return nearness


def to_bytes(vectors: Mapping[str, Vectors]) -> bytes:
    """Named vectors as the bytes of a NumPy archive."""
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, **vectors)
    return stream.getvalue()


def from_bytes(data: bytes) -> dict[str, Vectors]:
    """Read what `to_bytes` wrote."""
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}
